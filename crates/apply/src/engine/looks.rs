//! Waiting for something that comes about by itself: looks at it, ever less often.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Engine, EngineError};
use crate::ObjectId;
use crate::probe::Health;

/// How long is waited between two looks, at first and at last: at what is written, and at what goes.
pub(super) const SOON: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(500));
/// The same where it takes longer as a rule.
pub(super) const LATER: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// The looks at something.
pub(super) struct Looks {
    start: Instant,
    pause: Duration,
    longest: Duration,
}

impl Looks {
    /// From now on, with as much between two of them at first and at last.
    pub(super) fn new((pause, longest): (Duration, Duration)) -> Self {
        Self { start: Instant::now(), pause, longest }
    }

    /// How long it has taken until now.
    pub(super) fn spent(&self) -> Duration {
        self.start.elapsed()
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(self.longest);
    }
}

impl Engine {
    /// Refuses to wait any longer for an object that is not healthy: it has failed, or our patience is at an end. Some failures
    /// pass, most do not; either way they are worth to be told soon.
    pub(super) fn may_wait(&self, id: &ObjectId, health: &Health, looks: &Looks) -> Result<(), EngineError> {
        let spent = looks.spent();
        if spent <= self.wait() && !health.is_failed() {
            return Ok(());
        }
        let waited = self.options.wait.is_none().then_some(spent);
        Err(EngineError::NotReady { id: id.clone().into(), message: health.message().to_owned(), waited })
    }
}
