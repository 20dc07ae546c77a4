//! Who works at the same time.
//!
//! There are few turns, since what is worked on is in memory. Whoever waits for a registry or another server has none meanwhile: a server
//! that says little for long holds up those who want something of it ([`Places`](crate::places::Places)), and nobody else.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::places::Kept;

/// The turns that there are.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

/// One of them, until this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    permit: Mutex<Option<OwnedSemaphorePermit>>,
}

/// Whoever works on a name.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) turn: Turn,
    pub(crate) kept: Kept,
    /// Whether it is not yet time to try again what failed.
    pub(crate) is_early: bool,
    /// Cancelled when something else is asked for than the work is about.
    pub(crate) renewed: CancellationToken,
}

impl Turns {
    /// So many.
    pub(crate) fn new(number: u16) -> Self {
        Self(Arc::new(Semaphore::new(number.into())))
    }

    /// Waits for one. Whoever came first is served first.
    pub(crate) async fn take(&self) -> Turn {
        Turn { turns: self.clone(), permit: Mutex::new(self.permit().await) }
    }

    /// It is never closed.
    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}

impl Turn {
    /// Waits for something while others have the turn. What comes of it, when the turn is back.
    pub(crate) async fn meanwhile<T>(&self, work: impl Future<Output = T>) -> T {
        self.set(None);
        let done = work.await;
        self.set(self.turns.permit().await);
        done
    }

    fn set(&self, permit: Option<OwnedSemaphorePermit>) {
        *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_a_source_leaves_the_turn_to_others_and_gets_it_back() {
        let turns = Turns::new(1);
        let turn = turns.take().await;
        let other = || timeout(Duration::from_secs(1), turns.take());
        assert!(other().await.is_err());
        let fetched = turn.meanwhile(sleep(Duration::from_secs(5)));
        let (other_ended, ()) = tokio::join!(
            async {
                let turn = other().await.expect("the turn is free");
                sleep(Duration::from_mins(1)).await;
                drop(turn);
                tokio::time::Instant::now()
            },
            fetched
        );
        assert!(tokio::time::Instant::now() >= other_ended, "there is one turn");
        assert!(other().await.is_err());
        drop(turn);
        other().await.expect("the turn is free");
    }
}
