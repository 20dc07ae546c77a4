//! A server that crashes and starts again, and one that another one is behind which is away: on control planes of their own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use e2e::controlplane::{Cluster, ControlPlane, eventually};
use rukpak_apply::engine::{DeletionPolicy, Event, Observer, Options, Store as _};
use rukpak_apply::{Inventory, Resource};
use rukpak_manifest::{GroupVersionKind, Object};
use serde_json::json;
use tokio::sync::Notify;

use super::bench::{Bench, text};
use super::definitions::gadgets;

/// Who waits until so many objects are done.
struct Crash {
    after: usize,
    done: AtomicUsize,
    reached: Notify,
}

impl Crash {
    fn after(objects: usize) -> Self {
        Self { after: objects, done: AtomicUsize::new(0), reached: Notify::new() }
    }

    /// Crashes the server when it is time, and starts it again. How many objects were done when it was gone.
    async fn happen(&self, cluster: &Cluster) -> usize {
        self.happen_when(cluster, self.reached.notified()).await
    }

    /// The same, when something has happened.
    async fn happen_when(&self, cluster: &Cluster, reached: impl Future) -> usize {
        reached.await;
        cluster.stop_apiserver().await.unwrap();
        let done = self.done.load(Ordering::SeqCst);
        cluster.start_apiserver().await.unwrap();
        done
    }
}

impl Observer for Crash {
    fn event(&self, event: Event<'_>) {
        if matches!(event, Event::Object(..)) && self.done.fetch_add(1, Ordering::SeqCst) + 1 == self.after {
            self.reached.notify_one();
        }
    }
}

#[tokio::test]
async fn a_restart_of_the_server_is_waited_for() {
    const MAPS: usize = 300;
    let Some(control_plane) = ControlPlane::if_built().await else { return };
    let cluster = control_plane.cluster().await;
    let mut bench = Bench::on(&cluster, "restart").await;
    bench.options = Options { patience: Duration::from_mins(1), ..Options::default() };
    let map = |name| format!("---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}\n");

    // After the first object, and in the midst.
    for after in [1, MAPS / 3] {
        let bench = bench.other(&format!("after-{after}"));
        let maps = (0..MAPS).map(|number| map(format!("map-{after}-{number}"))).collect::<String>();
        let set = gadgets(&format!("restart-{after}.example.com")) + &maps;
        let checked = bench.look(&set).await.unwrap();
        let (store, _) = bench.store().await;
        let (engine, crash) = (bench.engine(), Crash::after(after));
        let (written, done) = tokio::join!(engine.write(checked, &store, &crash), crash.happen(&cluster));
        assert_eq!(written.unwrap().written, MAPS + 2);
        assert!((after..MAPS).contains(&done), "the server was gone after {done} objects");
        assert_eq!(bench.apply(&set).await.unwrap().written, 0);

        let (store, inventory) = bench.store().await;
        let (served, crash) = (bench.served().await, Crash::after(after));
        let (owner, policy) = (store.owner(), DeletionPolicy::Delete);
        let torn_down = engine.tear_down(owner, inventory, &served, policy, &store, &crash);
        // That something is gone is told when all was asked to go, so it is looked at how many there are.
        let (maps, selector) = (["", "v1", "ConfigMap", "configmaps"], owner.selector());
        let left = async || {
            let left = bench.cluster.list_known(maps, Some(&bench.namespace), Some(&selector)).await;
            left.unwrap().len()
        };
        let some_are_gone = async { while left().await + after > MAPS {} };
        let (gone, done) = tokio::join!(torn_down, crash.happen_when(&cluster, some_are_gone));
        gone.unwrap();
        assert!(done < MAPS, "the server was gone after {done} objects");
        assert_eq!(bench.inventory().await, [""; 0]);
        assert_eq!(bench.get("v1/ConfigMap", &format!("map-{after}-39")).await, None);
    }
}

/// Discovery leaves the kinds of an aggregated API out that has not answered since the server started.
#[tokio::test]
async fn a_kind_whose_api_is_away_is_not_taken_for_gone() {
    let Some(control_plane) = ControlPlane::if_built().await else { return };
    let mut bench = Bench::on(&control_plane.cluster().await, "away").await;
    bench.cluster = bench.cluster.with_patience(Duration::from_millis(100));
    bench.options.patience = Duration::from_millis(100);
    bench.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}").await.unwrap();
    let (store, inventory) = bench.store().await;
    let thing = Object::new("away.example.com/v1", "Thing", None, "one");
    store.save(&inventory.union(&Inventory::of([&thing]))).await.unwrap();
    let service = json!({"namespace": bench.namespace, "name": "nobody"});
    let api = json!({
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1.away.example.com"},
        "spec": {
            "group": "away.example.com", "version": "v1", "service": service, "insecureSkipTLSVerify": true,
            "groupPriorityMinimum": 1000, "versionPriority": 10,
        },
    });
    bench.put(&api.to_string()).await;
    let gvk =
        GroupVersionKind { group: "away.example.com".into(), version: "v1".into(), kind: "Thing".into() };
    let things = Resource { plural: "things".into(), namespaced: false };
    let things = async || bench.cluster.list(&gvk, &things, None).await;
    eventually("the API is away", async || things().await.err()).await;
    for policy in [DeletionPolicy::Orphan, DeletionPolicy::Delete] {
        let error = text(&bench.tear_down(policy).await.unwrap_err());
        assert!(error.starts_with("cannot discover API.away.example.com v1: service unavailable"), "{error}");
    }
    assert_eq!(bench.inventory().await, ["ConfigMap a", "Thing one"]);
    bench.delete("apiregistration.k8s.io/v1/APIService", "v1.away.example.com").await;
    eventually("nobody serves it", async || things().await.ok()).await;
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!(bench.inventory().await, [""; 0]);
}
