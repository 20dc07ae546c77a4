//! How long is waited for bytes.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout};

/// Bytes that must arrive before the clock starts anew: a server that sends one byte a second makes no progress.
const STEP_BYTES: u64 = 4 << 10;

/// The wait that is left for the next bytes. Only time that is spent waiting counts, not what a reader takes to deal with
/// what has arrived.
#[derive(Debug)]
pub(crate) struct Pace {
    idle: Duration,
    left: Duration,
    arrived: u64,
}

/// Nothing came in time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Late;

impl Pace {
    pub(crate) fn new(idle: Duration) -> Self {
        Self { idle, left: idle, arrived: 0 }
    }

    /// Waits for something as long as there is time left.
    pub(crate) async fn wait<T>(&mut self, next: impl Future<Output = T>) -> Result<T, Late> {
        let start = Instant::now();
        let result = timeout(self.left, next).await;
        self.left = self.left.saturating_sub(start.elapsed());
        result.map_err(|_| Late)
    }

    /// Counts bytes that came.
    pub(crate) fn arrived(&mut self, bytes: usize) {
        self.arrived = self.arrived.saturating_add(bytes as u64);
        if self.arrived >= STEP_BYTES {
            *self = Self::new(self.idle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn a_trickle_is_no_progress() {
        let mut pace = Pace::new(Duration::from_secs(20));
        for _ in 0..19 {
            pace.wait(sleep(Duration::from_secs(1))).await.unwrap();
            pace.arrived(1);
        }
        assert_eq!(pace.wait(sleep(Duration::from_secs(2))).await, Err(Late));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_starts_the_clock_anew() {
        let mut pace = Pace::new(Duration::from_secs(20));
        for _ in 0..10 {
            pace.wait(sleep(Duration::from_secs(19))).await.unwrap();
            pace.arrived(4096);
            // What the reader does meanwhile is not the server's.
            sleep(Duration::from_mins(1)).await;
        }
    }
}
