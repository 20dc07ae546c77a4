//! Which kinds the server serves, asked once and shared.
//!
//! In: a cluster. Out: its [`ServedKinds`], from memory. The server is asked at first, when somebody misses a kind, and when definitions
//! or aggregated APIs change (see [`crate::watch`]); whoever asks meanwhile waits for the same answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use crate::ServedKinds;
use crate::cluster::{ApiError, Cluster};

/// How old an answer must be before a kind that is not in it is asked for again.
const MISSES: Duration = Duration::from_secs(5);

/// What a server serves, for everybody in a process.
pub struct Discovery {
    cluster: Cluster,
    served: watch::Sender<Option<Arc<ServedKinds>>>,
    /// Held while the server is asked.
    asked: Mutex<Asked>,
}

/// What was asked.
#[derive(Default)]
struct Asked {
    /// When, the last time.
    at: Option<Instant>,
    /// What was said last to whoever tells of changes.
    told: Option<Arc<ServedKinds>>,
}

impl Discovery {
    /// One that has not asked yet.
    #[must_use]
    pub fn new(cluster: Cluster) -> Arc<Self> {
        Arc::new(Self { cluster, served: watch::Sender::new(None), asked: Mutex::default() })
    }

    /// What the server serves, as it said last. The same value as long as it says the same.
    pub async fn served(&self) -> Result<Arc<ServedKinds>, ApiError> {
        if let Some(served) = self.current() {
            return Ok(served);
        }
        let mut asked = self.asked.lock().await;
        match self.current() {
            Some(served) => Ok(served),
            None => self.ask(&mut asked).await,
        }
    }

    /// What the server serves now, for one who misses a kind in what it said before. Unless that is old enough, it is all there is.
    pub async fn missed(&self, seen: &Arc<ServedKinds>) -> Result<Arc<ServedKinds>, ApiError> {
        let mut asked = self.asked.lock().await;
        match self.current() {
            Some(served) if !Arc::ptr_eq(&served, seen) => Ok(served),
            Some(served) if asked.at.is_some_and(|at| at.elapsed() < MISSES) => Ok(served),
            _ => self.ask(&mut asked).await,
        }
    }

    /// Asks the server. Whether it says something else than when this was asked last, whoever has learned it in between.
    pub(crate) async fn refresh(&self) -> Result<bool, ApiError> {
        let mut asked = self.asked.lock().await;
        let before = asked.told.take().or_else(|| self.current());
        let served = self.ask(&mut asked).await;
        asked.told = served.as_ref().ok().or(before.as_ref()).cloned();
        let served = served?;
        Ok(before.is_none_or(|before| !Arc::ptr_eq(&before, &served)))
    }

    /// Waits until the server says something else.
    pub(crate) async fn changed(&self, seen: &Arc<ServedKinds>) {
        let mut served = self.served.subscribe();
        let is_new = |served: &Option<Arc<ServedKinds>>| {
            served.as_ref().is_some_and(|served| !Arc::ptr_eq(served, seen))
        };
        // It cannot close while this is borrowed.
        let _ = served.wait_for(is_new).await;
    }

    fn current(&self) -> Option<Arc<ServedKinds>> {
        self.served.borrow().clone()
    }

    async fn ask(&self, asked: &mut Asked) -> Result<Arc<ServedKinds>, ApiError> {
        let served = Arc::new(self.cluster.discover().await?);
        asked.at = Some(Instant::now());
        if let Some(current) = self.current().filter(|current| *current == served) {
            return Ok(current);
        }
        self.served.send_replace(Some(Arc::clone(&served)));
        Ok(served)
    }
}
