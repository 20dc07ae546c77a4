//! Waiting for what later phases need.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::{Instant, sleep};

use super::{AT_ONCE, Action, Engine, EngineError, Event, Observer, Step};
use crate::cluster::Address;
use crate::probe;

/// How long is waited between two looks, at first and at last.
const LOOKS: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(500));

impl Engine {
    /// Waits until the gates of a phase are open.
    pub(super) async fn wait_for_gates(
        &self,
        phase: &[Step],
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        let gates = phase
            .iter()
            .filter(|step| !matches!(step.action, Action::Use) && probe::is_gate(&step.planned.object));
        let mut waits = stream::iter(gates)
            .map(|step| self.wait_for_gate(step, observer))
            .buffer_unordered(AT_ONCE)
            .boxed();
        while let Some(open) = waits.next().await {
            open?;
        }
        Ok(())
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
