//! What an inventory names, as it is now.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream;
use rukpak_manifest::{Object, Phase};

use super::looks::{Failures, LATER, Looks};
use super::{AT_ONCE, Engine, EngineError, Event, Observer};
use crate::cluster::{Address, ApiError, Refusal};
use crate::probe::{Health, Probes, Summary};
use crate::{Inventory, ObjectId, ServedKinds};

/// An object of an inventory, as it is.
#[derive(Debug, Clone)]
pub struct Live {
    /// What the inventory names.
    pub id: ObjectId,
    /// In which version.
    pub version: String,
    /// What is there.
    pub found: Found,
}

/// What is there of an object.
#[derive(Debug, Clone)]
pub enum Found {
    /// It.
    There(Box<Object>),
    /// Nothing.
    Nothing,
    /// It cannot be read for now, as the server says: what converts it is away.
    Unread(String),
}

impl Live {
    /// How it is doing. A job that is not there counts as done: whether it was to be removed then (`ttlSecondsAfterFinished`) stood in
    /// it alone, and it would be missed for ever.
    #[must_use]
    pub fn health(&self, probes: &Probes) -> Health {
        match &self.found {
            Found::There(object) => probes.judge(Some(object)),
            Found::Nothing if (self.id.group.as_str(), self.id.kind.as_str()) == ("batch", "Job") => {
                Health::Healthy
            }
            Found::Nothing => Health::NotFound,
            Found::Unread(error) => Health::in_progress(error),
        }
    }

    /// The phase in which it is written. Of a custom resource whether its definition is in the inventory is not known.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.id.phase()
    }
}

impl Engine {
    /// Every object of an inventory, by one read of each, in the order of the inventory.
    pub async fn live(&self, inventory: &Inventory, served: &ServedKinds) -> Result<Vec<Live>, ApiError> {
        let reads = stream::iter(inventory.iter())
            .map(|(id, version)| async move {
                let found = match self.address_of(id, version, served).await? {
                    Some(address) => self.found(&address).await?,
                    // What nobody serves cannot be there.
                    None => Found::Nothing,
                };
                Ok(Live { id: id.clone(), version: version.to_owned(), found })
            })
            .buffered(AT_ONCE)
            .boxed();
        reads.collect::<Vec<_>>().await.into_iter().collect()
    }

    /// What is there of an object, for who goes on where what converts it is away.
    pub(super) async fn found(&self, address: &Address) -> Result<Found, ApiError> {
        match self.cluster.get(address).await {
            Ok(Some(object)) => Ok(Found::There(object.into())),
            Ok(None) => Ok(Found::Nothing),
            Err(error) if error.refusal() == Refusal::ConversionAway => Ok(Found::Unread(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Waits until everything in an inventory is healthy, or one object has failed for good. What is healthy once is not looked
    /// at again.
    pub async fn wait_for_inventory(
        &self,
        inventory: &Inventory,
        served: &ServedKinds,
        probes: &Probes,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        let (mut looks, mut left) = (Looks::new(LATER), inventory.clone());
        let mut failures = Failures::new();
        loop {
            let live = self.live(&left, served).await?;
            let summary: Summary = live.into_iter().map(|one| (one.id.clone(), one.health(probes))).collect();
            let unhealthy: Vec<_> = summary.unhealthy().collect();
            let open: BTreeSet<&ObjectId> = unhealthy.iter().map(|(id, _)| *id).collect();
            left.retain(|id| open.contains(id));
            let Some((id, health)) = unhealthy.first() else { return Ok(()) };
            observer.event(Event::Waiting(id, health.message()));
            self.may_wait(&unhealthy, &mut failures, &looks)?;
            looks.next().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::a_job_that_may_have_been_removed("a_b_batch_Job", Health::Healthy)]
    #[case::a_job_of_another_group("a_b_example.org_Job", Health::NotFound)]
    #[case::of_another_kind("a_b_batch_CronJob", Health::NotFound)]
    fn what_is_not_there(#[case] id: &str, #[case] expected: Health) {
        let live = Live { id: id.parse().unwrap(), version: "v1".into(), found: Found::Nothing };
        assert_eq!(live.health(&Probes::default()), expected);
    }
}
