//! What happens to objects after they were written.
//!
//! ```text
//! owner ──need──▶ Watches ──follow──▶ one watch for each kind that anybody needs
//!                    │                  │ metadata only, selected by our label
//!                    │                  ▼
//! Engine ◀──Known── what is known of each object ──▶ Triggers ──▶ who looks at the owner again
//! ```
//!
//! In: which owners need which kinds. Out: a [`Trigger`] for an owner one of whose objects is not as it was found to be, and, for an
//! [`Engine`](crate::engine::Engine), what need not be asked for ([`Known`]). An object is never judged by what a watch tells: a
//! trigger only says that somebody should look.
//!
//! Whatever happens, it is told: a watch that ends goes on where it was, one that cannot is compared with a list. What was told and
//! is not taken yet is kept once for each owner. Nothing here knows what owners are; their kind is a text on objects.

mod follow;
mod needs;
mod objects;
mod pace;
mod pending;
mod served;
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::task::JoinHandle;
use tokio::time::sleep;

pub use follow::State;
pub use pace::Pace;

use follow::{Follower, Sink};
use needs::Turn;
use served::OfMaker;
use shared::{OfKind, Shared};

use crate::cluster::Cluster;
use crate::engine::Known;
use crate::owner::OWNER_KIND;
use crate::probe::{GroupKind, Probes};
use crate::{Discovery, ObjectId};

/// How long after a kind is needed its watch begins. Who needs it is about to make objects of it, and nobody learns from a watch that
/// they are made; what happens before it begins, its list tells.
const UNHURRIED: Duration = Duration::from_millis(250);

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// Objects of an owner are not as they were found to be.
    Owner {
        /// The name of the owner.
        name: String,
        /// The objects.
        objects: BTreeSet<ObjectId>,
        /// Whether there are more than are named.
        more: bool,
    },
    /// Other kinds are served than before: whoever missed one may try again.
    Served,
}

/// A kind that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The kind.
    pub kind: GroupKind,
    /// How its watch is doing.
    pub state: State,
    /// How many objects of it are known.
    pub objects: usize,
}

/// Watches the kinds that owners need. All watches end when this is dropped, and then nothing is known any more.
pub struct Watches {
    cluster: Cluster,
    discovery: Arc<Discovery>,
    shared: Arc<Shared>,
    selector: String,
    kinds: Mutex<BTreeMap<GroupKind, Task>>,
    /// Those that notice other served kinds.
    _served: Vec<Task>,
}

/// Where triggers are taken. Each one asks for a look that begins after it was taken: one that goes on meanwhile may have read
/// before what it is about.
pub struct Triggers(Arc<Shared>);

impl Watches {
    /// Watches for the owners of a kind (`BundleDeployment`), judging objects by these probes. Nothing is needed yet. Has to be called
    /// on a runtime.
    #[must_use]
    pub fn start(
        cluster: Cluster,
        discovery: Arc<Discovery>,
        owners: &str,
        probes: Probes,
    ) -> (Self, Triggers) {
        // Who watches decides when to ask again, and is not to take a server that is away for one that is slow.
        let cluster = cluster.with_patience(Duration::ZERO);
        let shared = Arc::new(Shared::new(owners, probes));
        let changes = tokio::sync::watch::Sender::new(());
        let refresh = served::refresh(Arc::clone(&discovery), Arc::clone(&shared), changes.subscribe());
        let mut served = vec![Task::spawn(refresh)];
        served.extend(served::makers().map(|kind| {
            let sink = OfMaker(changes.clone());
            Task::spawn(follow(&cluster, &discovery, kind, None, sink))
        }));
        let watches = Self {
            cluster,
            discovery,
            shared: Arc::clone(&shared),
            selector: format!("{OWNER_KIND}={owners}"),
            kinds: Mutex::default(),
            _served: served,
        };
        (watches, Triggers(shared))
    }

    /// Sets the kinds that an owner needs, all of them: those of its [`Inventory`](crate::Inventory) and its plan. To be called
    /// before the engine looks at its objects.
    pub fn need(&self, owner: &str, kinds: &BTreeSet<GroupKind>) {
        let mut tasks = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let Turn { begins, ends } = self.shared.need(owner, kinds);
        for kind in ends {
            tasks.remove(&kind);
        }
        for kind in begins {
            let sink = OfKind { shared: Arc::clone(&self.shared), kind: kind.clone() };
            let selector = Some(self.selector.clone());
            let watch = follow(&self.cluster, &self.discovery, kind.clone(), selector, sink);
            tasks.insert(kind, Task::spawn(sleep(UNHURRIED).then(|()| watch)));
        }
    }

    /// An owner is gone: it needs nothing.
    pub fn forget(&self, owner: &str) {
        self.need(owner, &BTreeSet::new());
    }

    /// What is known of objects, for an engine.
    #[must_use]
    pub fn known(&self) -> Arc<dyn Known> {
        Arc::clone(&self.shared) as Arc<dyn Known>
    }

    /// The kinds that are watched.
    #[must_use]
    pub fn watched(&self) -> Vec<Watched> {
        self.shared.watched()
    }
}

impl Drop for Watches {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Triggers {
    /// Waits for the next one. `None` when the watches have ended.
    pub async fn next(&mut self) -> Option<Trigger> {
        self.0.next().await
    }
}

fn follow(
    cluster: &Cluster,
    discovery: &Arc<Discovery>,
    kind: GroupKind,
    selector: Option<String>,
    sink: impl Sink + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    let (cluster, discovery) = (cluster.clone(), Arc::clone(discovery));
    Follower { cluster, discovery, kind, selector, sink }.run()
}

/// A task that ends when this is dropped.
struct Task(JoinHandle<()>);

impl Task {
    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(future))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
