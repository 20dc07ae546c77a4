//! How what was written is doing.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::looks::{Failures, LATER, Looks};
use super::{AT_ONCE, Applied, Checked, Engine, EngineError, Event, Found, Observer};
use crate::cluster::{Address, ApiError};
use crate::probe::{Health, Probes, Summary, absent};
use crate::{ObjectId, Planned};

impl Engine {
    /// The health of every object that was applied, by one read of each that has any and is not known.
    pub async fn observe(&self, applied: &Applied, probes: &Probes) -> Result<Summary, ApiError> {
        self.observe_all(applied.plan().objects(), probes).await
    }

    /// The same of what was looked at; `None` where that is still to be written, or leaves something to delete.
    pub async fn observe_settled(
        &self,
        checked: &Checked,
        probes: &Probes,
    ) -> Result<Option<Summary>, ApiError> {
        if !checked.is_settled() || !checked.plan().prune().is_empty() {
            return Ok(None);
        }
        self.observe_all(checked.plan().objects(), probes).await.map(Some)
    }

    async fn observe_all<'a>(
        &'a self,
        objects: impl IntoIterator<Item = &'a Planned>,
        probes: &'a Probes,
    ) -> Result<Summary, ApiError> {
        let objects: Vec<_> = objects.into_iter().collect();
        let looks = stream::iter(objects)
            .map(|planned| async { Ok((planned.id.clone(), self.health(planned, probes).await?)) })
            .buffered(AT_ONCE)
            .boxed();
        let all: Vec<Result<(ObjectId, Health), ApiError>> = looks.collect().await;
        all.into_iter().collect()
    }

    async fn health(&self, planned: &Planned, probes: &Probes) -> Result<Health, ApiError> {
        if !probes.is_probed(&planned.id.group, &planned.id.kind) {
            return Ok(Health::Healthy);
        }
        if let Some(health) = self.known.health(planned, probes) {
            return Ok(health);
        }
        Ok(match self.found(&Address::of(planned)).await? {
            Found::There(live) => {
                self.known.recognise(planned, &live);
                probes.judge(Some(&live))
            }
            Found::Nothing => absent(&planned.object),
            // What converts it may be one of those that are not up yet.
            Found::Unread(error) => Health::in_progress(error),
        })
    }

    /// Waits until everything that was applied is healthy, or one object has failed for good. What is healthy once is not looked
    /// at again. What had failed before something was written may pass first.
    pub async fn wait_until_healthy(
        &self,
        applied: &Applied,
        probes: &Probes,
        observer: &dyn Observer,
    ) -> Result<Summary, EngineError> {
        let mut looks = Looks::new(LATER);
        let mut failures = Failures::after(applied.written, &applied.made);
        let mut summary = self.observe(applied, probes).await?;
        loop {
            let unhealthy: Vec<_> = summary.unhealthy().collect();
            let Some((id, health)) = unhealthy.first() else { return Ok(summary) };
            observer.event(Event::Waiting(id, health.message()));
            self.may_wait(&unhealthy, &mut failures, &looks)?;
            looks.next().await;
            let open: BTreeSet<&ObjectId> = unhealthy.iter().map(|(id, _)| *id).collect();
            let open = applied.plan().objects().iter().filter(|planned| open.contains(&planned.id));
            let again = self.observe_all(open, probes).await?;
            summary = summary.followed_by(again);
        }
    }
}
