//! How many deployments wait and are worked on, asked for when somebody reads the figures: so they are true also while nothing ends.

use std::fmt;
use std::sync::{Arc, OnceLock};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::gauge::ConstGauge;

use super::table::{Description, FETCHES_WAITING, QUEUE_LENGTH, RECONCILES_RUNNING};
use super::tell;

/// How many deployments there are in each place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lengths {
    /// Those that wait for their turn.
    pub waiting: usize,
    /// Those that are being reconciled.
    pub running: usize,
    /// Those that wait for others to be fetched.
    pub waiting_for_fetches: usize,
}

/// Whoever knows them; nobody at first, when there are none.
#[derive(Clone, Default)]
pub(super) struct Queues(pub(super) Arc<OnceLock<Box<Ask>>>);

pub(super) type Ask = dyn Fn() -> Lengths + Send + Sync;

impl fmt::Debug for Queues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queues").field(&self.lengths()).finish()
    }
}

impl Queues {
    fn lengths(&self) -> Lengths {
        self.0.get().map(|ask| ask()).unwrap_or_default()
    }
}

impl Collector for Queues {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let Lengths { waiting, running, waiting_for_fetches } = self.lengths();
        let mut tell = |about: &Description, count: usize| {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            tell(&mut encoder, about, &ConstGauge::new(count))
        };
        tell(&QUEUE_LENGTH, waiting)?;
        tell(&RECONCILES_RUNNING, running)?;
        tell(&FETCHES_WAITING, waiting_for_fetches)
    }
}
