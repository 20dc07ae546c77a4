//! Waiting for what a cluster does in its own time.

#![expect(clippy::missing_panics_doc, reason = "a harness fails by panicking")]

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// How long it may take. It should take a tenth of it.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is asked.
const TICK: Duration = Duration::from_millis(20);

/// Asks until there is an answer, and fails where there is none in half a minute.
#[track_caller]
pub fn eventually<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> impl Future<Output = T> {
    let place = std::panic::Location::caller();
    async move {
        let start = Instant::now();
        loop {
            if let Ok(Some(answer)) = timeout(PATIENCE, ask()).await {
                return answer;
            }
            assert!(start.elapsed() < PATIENCE, "{place}: waited {PATIENCE:?} for: {what}");
            sleep(TICK).await;
        }
    }
}
