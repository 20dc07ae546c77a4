//! What an inventory names, as it is now.

use futures_util::StreamExt as _;
use futures_util::stream;
use rukpak_manifest::{Object, Phase};
use tokio::time::{Instant, sleep};

use super::prune::{LOOKS, address};
use super::{AT_ONCE, Engine, EngineError, Event, Observer};
use crate::cluster::ApiError;
use crate::probe::{Health, Probes, Summary, absent};
use crate::{Inventory, ObjectId, ServedKinds};

/// An object of an inventory, as it is.
#[derive(Debug, Clone)]
pub struct Live {
    /// What the inventory names.
    pub id: ObjectId,
    /// In which version.
    pub version: String,
    /// What is there; `None` where nothing is.
    pub object: Option<Object>,
}

impl Live {
    /// How it is doing.
    #[must_use]
    pub fn health(&self, probes: &Probes) -> Health {
        match &self.object {
            Some(object) => probes.judge(Some(object)),
            None => absent(&self.skeleton()),
        }
    }

    /// The phase in which it is written. Of a custom resource whether its definition is in the inventory is not known.
    #[must_use]
    pub fn phase(&self) -> Phase {
        Phase::of(&self.skeleton(), &std::collections::BTreeSet::new())
    }

    fn skeleton(&self) -> Object {
        let ObjectId { group, kind, namespace, name } = &self.id;
        let api_version =
            if group.is_empty() { self.version.clone() } else { format!("{group}/{}", self.version) };
        Object::new(&api_version, kind, Some(namespace.as_str()).filter(|text| !text.is_empty()), name)
    }
}

impl Engine {
    /// Every object of an inventory, by one read of each, in the order of the inventory.
    pub async fn live(&self, inventory: &Inventory, served: &ServedKinds) -> Result<Vec<Live>, ApiError> {
        let reads = stream::iter(inventory.iter())
            .map(|(id, version)| async move {
                let object = match address(id, version, served) {
                    Some(address) => self.cluster.get(&address).await?,
                    // What nobody serves cannot be there.
                    None => None,
                };
                Ok(Live { id: id.clone(), version: version.to_owned(), object })
            })
            .buffered(AT_ONCE);
        reads.collect::<Vec<_>>().await.into_iter().collect()
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
        let (start, mut pause, mut left) = (Instant::now(), LOOKS.0, inventory.clone());
        loop {
            let live = self.live(&left, served).await?;
            let summary: Summary = live.into_iter().map(|one| (one.id.clone(), one.health(probes))).collect();
            let unhealthy: Vec<_> = summary.unhealthy().map(|(id, _)| id.clone()).collect();
            for id in left.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>() {
                if !unhealthy.contains(&id) {
                    left.remove(&id);
                }
            }
            let Some((id, health)) = summary.unhealthy().next() else { return Ok(()) };
            observer.event(Event::Waiting(id, health.message()));
            if start.elapsed() > self.options.patience || health.is_failed() {
                let (id, message) = (id.clone().into(), health.message().to_owned());
                return Err(EngineError::NotReady { id, message, patience: start.elapsed() });
            }
            sleep(pause).await;
            pause = (pause * 2).min(LOOKS.1);
        }
    }
}
