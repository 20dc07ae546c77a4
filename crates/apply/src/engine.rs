//! Making a cluster as it is planned, and giving it back.
//!
//! ```text
//! Plan ──look──▶ Checked ──write──▶ Applied ──prune──▶ nothing is left over
//!     (cluster: reads, dry runs)  (cluster: writes)  (cluster: deletions)
//! ```
//!
//! [`Engine::look`] writes nothing: whether we may do all that is needed, whose each object is and what the server says to it is
//! found out for the whole set, and any refusal is everybody's. [`Engine::write`] goes phase by phase; an inventory of old and new together is stored before the
//! first write, so that whatever happens afterwards, everything that was written is in it. [`Engine::prune`] takes away what the
//! set does not have any more, and only what is in the inventory, has our marks, and is the object that was looked at.
//! An inventory that is lost is put together again by [`Engine::rebuild`].
//!
//! Every step may be the last one of this process. Run again, it comes to the same end.

mod admission;
mod error;
mod gate;
mod known;
mod live;
mod look;
mod looks;
mod observe;
mod observer;
mod order;
mod prune;
mod rebuild;
mod resources;
mod rights;
mod safety;
mod store;
mod teardown;
mod thread;
mod versions;
mod write;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::cluster::{ApiError, Cluster};
use crate::crd_upgrade::{Enforcement, Waiver};
use crate::{CollisionProtection, Owner};

pub use error::{EngineError, Obstacle};
pub use known::Known;
pub use live::{Found, Live};
pub(crate) use look::is_kept;
pub use look::{Action, Checked, Step};
pub use observer::{Done, Event, Observer};
pub use rebuild::Rebuilt;
pub use store::{ConfigMapStore, Store};
pub use teardown::DeletionPolicy;
pub use write::Applied;

/// Requests that are made at the same time. Streams of them are boxed: of what a closure makes of references, the compiler does not
/// see otherwise that it may go from thread to thread.
const AT_ONCE: usize = 16;

/// How a set is applied.
#[derive(Debug, Clone)]
pub struct Options {
    /// What may be taken over from others.
    pub collision_protection: CollisionProtection,
    /// Whether an object is made anew where a field of it cannot be changed.
    pub force: bool,
    /// Whether a definition may take something away from what is there.
    pub enforcement: Enforcement,
    /// What it may take away all the same.
    pub waivers: Vec<Waiver>,
    /// Whether the rights for all of the plan are asked for even where nothing is to be written: who acts is another one than before.
    pub verify_rights: bool,
    /// How long a later phase waits for an earlier one, a deletion for its object to be gone, and a write for a webhook to answer; and
    /// for how long a request is made again that the server does not answer, or has no time for. One that it takes and says nothing to
    /// lasts longer: as long as a server may take for one.
    pub patience: Duration,
    /// How long a phase waits for an earlier one, and a deletion for its object to be gone, where somebody waits on for them: who hears
    /// of them otherwise need not do so here.
    pub wait: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            collision_protection: CollisionProtection::default(),
            force: false,
            enforcement: Enforcement::Strict,
            waivers: Vec::new(),
            verify_rights: false,
            patience: Duration::from_mins(5),
            wait: None,
        }
    }
}

/// Tells whether owners are still there. Whoever knows what owners are implements it.
pub trait Owners: Send + Sync {
    /// Whether there is an owner of this kind, name and UID.
    fn is_alive<'a>(&'a self, owner: &'a Owner) -> BoxFuture<'a, Result<bool, ApiError>>;
}

/// Applies plans to a cluster.
#[derive(Clone)]
pub struct Engine {
    cluster: Cluster,
    owners: Arc<dyn Owners>,
    options: Options,
    known: Arc<dyn Known>,
}

impl Engine {
    /// An engine that has asked for nothing yet, and knows nothing.
    #[must_use]
    pub fn new(cluster: Cluster, owners: Arc<dyn Owners>, options: Options) -> Self {
        let cluster = cluster.with_patience(options.patience);
        Self { cluster, owners, options, known: Arc::new(()) }
    }

    /// The same, which does not ask for what is known.
    #[must_use]
    pub fn knowing(self, known: Arc<dyn Known>) -> Self {
        Self { known, ..self }
    }

    /// How long an object is waited for.
    fn wait(&self) -> Duration {
        self.options.wait.unwrap_or(self.options.patience)
    }

    /// What it makes its requests of.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}
