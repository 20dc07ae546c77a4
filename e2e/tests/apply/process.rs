//! A long-lived process with one owner: its watches, and the loop that a controller has.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::controlplane::{Audit, eventually, unique};
use futures_util::future::BoxFuture;
use kube::client::{Client, ClientBuilder};
use rukpak_apply::cluster::{ApiError, Cluster};
use rukpak_apply::engine::{Engine, Options, Owners, Store};
use rukpak_apply::probe::{Probes, Summary};
use rukpak_apply::watch::{Trigger, Triggers, Watches};
use rukpak_apply::{Discovery, Input, Inventory, Owner, ServedKinds, plan};
use rukpak_manifest::ManifestSet;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::bench::{Bench, manifests, text};

/// The process. Its loop ends when it is dropped.
pub(crate) struct Process {
    pub(crate) parts: Arc<Parts>,
    task: JoinHandle<()>,
}

/// What it is made of.
pub(crate) struct Parts {
    pub(crate) watches: Watches,
    pub(crate) owner: Owner,
    /// How its requests are told from others.
    pub(crate) agent: String,
    engine: Engine,
    discovery: Arc<Discovery>,
    manifests: ManifestSet,
    namespace: String,
    inventory: Kept,
    runs: AtomicUsize,
    busy: AtomicUsize,
}

/// An inventory that costs no request.
#[derive(Default)]
struct Kept(Mutex<Inventory>);

impl Store for Kept {
    fn save<'a>(&'a self, inventory: &'a Inventory) -> BoxFuture<'a, Result<(), ApiError>> {
        *self.0.lock().unwrap() = inventory.clone();
        Box::pin(async { Ok(()) })
    }
}

/// All owners are alive.
struct Everybody;

impl Owners for Everybody {
    fn is_alive<'a>(&'a self, _: &'a Owner) -> BoxFuture<'a, Result<bool, ApiError>> {
        Box::pin(async { Ok(true) })
    }
}

/// An owner of a kind that no other test has.
pub(crate) fn owner() -> Owner {
    Owner { kind: format!("Test{}", unique()), name: "web".into(), uid: "1".into() }
}

/// A client that asks once, of the cluster of the tests or of another way to it, with a name of its own.
pub(crate) async fn client(agent: &str, kubeconfig: Option<&Path>) -> Client {
    let mut config = match kubeconfig {
        Some(kubeconfig) => e2e::controlplane::config(kubeconfig).await,
        None => e2e::controlplane::Cluster::current().await.unwrap().config(),
    };
    config.default_retry = false;
    config.headers = vec![(hyper::header::USER_AGENT, agent.parse().unwrap())];
    ClientBuilder::try_from(config).unwrap().build()
}

pub(crate) async fn audit() -> Option<Audit> {
    e2e::controlplane::Cluster::current().await?.audit()
}

impl Process {
    /// Applies a set in the namespace of a bench, and keeps it so.
    pub(crate) async fn start(bench: &Bench, set: &str) -> Self {
        Self::start_as(bench, set, owner(), Inventory::default(), None).await
    }

    /// The same through a kubeconfig, as an owner that may have something already.
    pub(crate) async fn start_as(
        bench: &Bench,
        set: &str,
        owner: Owner,
        inventory: Inventory,
        kubeconfig: Option<&Path>,
    ) -> Self {
        let agent = format!("process-{}/", unique());
        let cluster = Cluster::new(client(&agent, kubeconfig).await);
        let discovery = Discovery::new(cluster.clone());
        let (watches, triggers) =
            Watches::start(cluster.clone(), Arc::clone(&discovery), &owner.kind, Probes::default());
        let options = Options { patience: Duration::from_secs(20), ..Options::default() };
        let parts = Arc::new(Parts {
            engine: Engine::new(cluster, Arc::new(Everybody), options).knowing(watches.known()),
            watches,
            owner,
            agent,
            discovery,
            manifests: manifests(set),
            namespace: bench.namespace.clone(),
            inventory: Kept(Mutex::new(inventory)),
            runs: AtomicUsize::new(0),
            busy: AtomicUsize::new(1),
        });
        let task = tokio::spawn(follow(Arc::clone(&parts), triggers));
        let process = Self { parts, task };
        process.quiet().await;
        process
    }

    /// Waits until nothing happens any more.
    pub(crate) async fn quiet(&self) {
        let runs = || self.parts.runs.load(Ordering::SeqCst);
        eventually("the process is quiet", async || {
            let before = runs();
            // Longer than an owner is left alone.
            sleep(Duration::from_millis(1500)).await;
            (before == runs() && self.parts.busy.load(Ordering::SeqCst) == 0).then_some(())
        })
        .await;
    }

    /// How often it has looked.
    pub(crate) fn runs(&self) -> usize {
        self.parts.runs.load(Ordering::SeqCst)
    }

    pub(crate) fn inventory(&self) -> Inventory {
        self.parts.inventory.0.lock().unwrap().clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A look at first, and one after each trigger; what fails is tried again, but for what waits for a trigger.
async fn follow(parts: Arc<Parts>, mut triggers: Triggers) {
    loop {
        while let Err(error) = parts.run().await {
            let waits_for_a_trigger = error.contains("not serve");
            println!("{}: {error}", parts.agent);
            if waits_for_a_trigger {
                break;
            }
            sleep(Duration::from_millis(300)).await;
        }
        parts.busy.store(0, Ordering::SeqCst);
        let Some(trigger) = triggers.next().await else { return };
        parts.busy.store(1, Ordering::SeqCst);
        if let Trigger::Owner { name, .. } = &trigger {
            assert_eq!(*name, parts.owner.name);
        }
    }
}

impl Parts {
    /// One look, and what follows from it: what was written, and how everything is doing.
    pub(crate) async fn run(&self) -> Result<(usize, Summary), String> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let inventory = self.inventory.0.lock().unwrap().clone();
        let mut served = self.discovery.served().await.map_err(|error| error.to_string())?;
        let plan = |served: &ServedKinds| {
            plan(Input {
                manifests: &self.manifests,
                owner: &self.owner,
                inventory: &inventory,
                served,
                namespace: &self.namespace,
                namespace_is_absent: false,
            })
        };
        let mut planned = plan(&served);
        if planned.is_err() {
            served = self.discovery.missed(&served).await.map_err(|error| error.to_string())?;
            planned = plan(&served);
        }
        let planned = planned.map_err(|error| error.to_string())?;
        self.watches.need(&self.owner.name, &planned.inventory().union(&inventory).kinds());
        let tell = |error| text(&error);
        let checked = self.engine.look(planned, &served).await.map_err(tell)?;
        let applied = self.engine.write(checked, &self.inventory, &()).await.map_err(tell)?;
        let summary = self.engine.observe(&applied, &Probes::default()).await;
        let (written, summary) = (applied.written, summary.map_err(|error| error.to_string())?);
        let inventory = self.engine.prune(applied, &served, &self.inventory, &()).await.map_err(tell)?;
        self.watches.need(&self.owner.name, &inventory.kinds());
        Ok((written, summary))
    }
}

/// Does something, waits for what has to follow, and says how long it took.
pub(crate) async fn within<T>(what: &str, follows: impl AsyncFn() -> Option<T>) -> T {
    let start = Instant::now();
    let answer = eventually(what, follows).await;
    let took = start.elapsed();
    println!("{what}: {} ms", took.as_millis());
    assert!(took < Duration::from_secs(10), "{what} took {took:?}");
    answer
}
