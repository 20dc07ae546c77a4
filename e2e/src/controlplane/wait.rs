//! Waiting for what a cluster does in its own time.

use std::panic::Location;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// How long it may take. It should take a tenth of it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The same, of what may take minutes.
pub(crate) const LONG: Duration = Duration::from_mins(3);

/// How often it is asked.
const TICK: Duration = Duration::from_millis(20);

/// Asks until there is an answer, and fails where there is none in half a minute.
#[track_caller]
pub fn eventually<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> impl Future<Output = T> {
    until(Location::caller(), PATIENCE, what, ask)
}

/// Asks until there is an answer, and fails where there is none in some minutes.
#[track_caller]
pub fn at_last<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> impl Future<Output = T> {
    until(Location::caller(), LONG, what, ask)
}

async fn until<T>(
    place: &Location<'_>,
    patience: Duration,
    what: &str,
    ask: impl AsyncFn() -> Option<T>,
) -> T {
    let start = Instant::now();
    loop {
        if let Ok(Some(answer)) = timeout(patience, ask()).await {
            return answer;
        }
        assert!(start.elapsed() < patience, "{place}: waited {patience:?} for: {what}");
        sleep(TICK).await;
    }
}
