//! Waiting for what later phases need.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use rukpak_manifest::Object;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{AT_ONCE, Action, Engine, EngineError, Event, Observer, Step, is_definition};
use crate::ObjectId;
use crate::cluster::Address;
use crate::probe;

/// How long is waited between two looks, at first and at last.
const LOOKS: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(500));

/// How long it is waited for a definition to be served before it is asked what holds it up.
const SERVED: Duration = Duration::from_secs(3);

/// How long is waited at most between two looks at what is served.
const SERVED_LOOK: Duration = Duration::from_millis(100);

impl Engine {
    /// Waits until the gates of a phase are open.
    pub(super) async fn wait_for_gates(
        &self,
        phase: &[Step],
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
                let is_served = is_definition(&step.planned.id) && !unserved.contains(&step.planned.id);
                std::future::ready(!is_served)
            })
            .map(|step| self.wait_for_gate(step, observer))
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
        for step in gates.iter().filter(|step| is_definition(&step.planned.id)) {
            for (group, version, plural) in served_by(&step.planned.object) {
                wanted.entry((group, version)).or_default().insert(plural, &step.planned.id);
            }
        }
        let (start, mut pause, mut told) = (Instant::now(), LOOKS.0, None);
        loop {
            for ((group, version), plurals) in &mut wanted {
                let served = self.cluster.served_in(group, version).await?;
                plurals.retain(|plural, _| !served.contains(plural));
            }
            wanted.retain(|_, plurals| !plurals.is_empty());
            let Some(first) = wanted.values().flat_map(BTreeMap::values).next().copied() else {
                return Ok(BTreeSet::new());
            };
            if told.replace(first) != Some(first) {
                observer.event(Event::Waiting(first, "it is not served yet"));
            }
            if start.elapsed() > SERVED.min(self.options.patience) {
                return Ok(wanted.values().flat_map(BTreeMap::values).copied().cloned().collect());
            }
            sleep(pause).await;
            pause = (pause * 2).min(SERVED_LOOK);
        }
    }

    async fn wait_for_gate(&self, step: &Step, observer: &dyn Observer) -> Result<(), EngineError> {
        let (address, start) = (Address::of(&step.planned), Instant::now());
        let (mut pause, mut told) = (LOOKS.0, String::new());
        loop {
            let live = self.cluster.get(&address).await?;
            let health = probe::gate(live.as_ref());
            if health.is_healthy() {
                return Ok(());
            }
            let message = health.message().to_owned();
            if message != told {
                observer.event(Event::Waiting(&step.planned.id, &message));
                told.clone_from(&message);
            }
            // Some failures pass, most do not; either way they are worth to be told soon.
            if start.elapsed() > self.options.patience || health.is_failed() {
                let (id, patience) = (step.planned.id.clone().into(), start.elapsed());
                return Err(EngineError::NotReady { id, message, patience });
            }
            sleep(pause).await;
            pause = (pause * 2).min(LOOKS.1);
        }
    }
}

/// Group, version and plural of all that a definition wants to be served.
fn served_by(definition: &Object) -> Vec<(String, String, String)> {
    let text = |path: &[&str]| definition.get(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (group, plural) = (text(&["spec", "group"]), text(&["spec", "names", "plural"]));
    let versions = definition.get(&["spec", "versions"]).and_then(Value::as_array).into_iter().flatten();
    let served = versions.filter(|version| version.get("served") == Some(&Value::Bool(true)));
    let names = served.filter_map(|version| version.get("name")?.as_str());
    names.map(|name| (group.clone(), name.to_owned(), plural.clone())).collect()
}
