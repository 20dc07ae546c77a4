//! Waiting for what later phases need.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::looks::{Failures, Looks, SOON};
use super::{AT_ONCE, Action, Engine, EngineError, Event, Observer, Step};
use crate::ObjectId;
use crate::cluster::Address;
use crate::definition::{self, Defined};
use crate::probe;

/// How long it is waited for a definition to be served before it is asked what holds it up.
const SERVED: Duration = Duration::from_secs(3);

/// How long is waited between two looks at what is served, at first and at last: it costs little.
const SERVED_LOOKS: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(100));

impl Engine {
    /// Waits until the gates of a phase are open, after so many objects were written, of which these were made.
    pub(super) async fn wait_for_gates(
        &self,
        phase: &[Step],
        written: usize,
        made: &BTreeSet<ObjectId>,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        let gates: Vec<_> = phase
            .iter()
            .filter(|step| !matches!(step.action, Action::Use) && probe::is_gate(&step.planned.object))
            .collect();
        // What is served is established, and nobody has to read large definitions again and again to see it.
        let unserved = self.wait_until_served(&gates, observer).await?;
        let mut waits = stream::iter(gates)
            .filter(|step| {
                let is_served = step.planned.id.is_definition() && !unserved.contains(&step.planned.id);
                std::future::ready(!is_served)
            })
            .map(|step| self.wait_for_gate(step, Failures::after(written, made), observer))
            .buffer_unordered(AT_ONCE)
            .boxed();
        while let Some(open) = waits.next().await {
            open?;
        }
        Ok(())
    }

    /// Waits for a while until what definitions define is served, in all versions that they say. Those of which it is not yet.
    async fn wait_until_served(
        &self,
        gates: &[&Step],
        observer: &dyn Observer,
    ) -> Result<BTreeSet<ObjectId>, EngineError> {
        let mut wanted: BTreeMap<(String, String), BTreeMap<String, &ObjectId>> = BTreeMap::new();
        for step in gates.iter().filter(|step| step.planned.id.is_definition()) {
            for Defined { gvk, resource, .. } in definition::served(&step.planned.object) {
                let plurals = wanted.entry((gvk.group, gvk.version)).or_default();
                plurals.insert(resource.plural, &step.planned.id);
            }
        }
        let (mut looks, mut told) = (Looks::new(SERVED_LOOKS), None);
        loop {
            for ((group, version), plurals) in &mut wanted {
                let served = self.cluster.served_in(group, version).await?;
                plurals.retain(|plural, _| served.iter().all(|(_, resource)| resource.plural != *plural));
            }
            wanted.retain(|_, plurals| !plurals.is_empty());
            let Some(first) = wanted.values().flat_map(BTreeMap::values).next().copied() else {
                return Ok(BTreeSet::new());
            };
            if told.replace(first) != Some(first) {
                observer.event(Event::Waiting(first, "it is not served yet"));
            }
            if looks.spent() > SERVED.min(self.wait()) {
                return Ok(wanted.values().flat_map(BTreeMap::values).copied().cloned().collect());
            }
            looks.next().await;
        }
    }

    async fn wait_for_gate(
        &self,
        step: &Step,
        mut failures: Failures<'_>,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        let address = Address::of(&step.planned);
        let (mut looks, mut told) = (Looks::new(SOON), String::new());
        loop {
            let live = self.cluster.get(&address).await?;
            let health = probe::gate(live.as_ref());
            if health.is_healthy() {
                return Ok(());
            }
            if health.message() != told {
                health.message().clone_into(&mut told);
                observer.event(Event::Waiting(&step.planned.id, &told));
            }
            self.may_wait(&[(&step.planned.id, &health)], &mut failures, &looks)?;
            looks.next().await;
        }
    }
}
