//! A server that crashes and starts again, and one that another one is behind which is away: on control planes of their own.

use std::io::ErrorKind;
use std::time::Duration;

use e2e::controlplane::{ControlPlane, eventually};
use e2e::programs;
use rukpak_apply::engine::{DeletionPolicy, Options, Store as _};
use rukpak_apply::{Inventory, Resource};
use rukpak_manifest::{GroupVersionKind, Object};
use serde_json::json;
use tokio::time::sleep;

use super::bench::{Bench, text};
use super::definitions::gadgets;

/// `None`, and a line that says so, where there is none to be started.
async fn own_control_plane() -> Option<ControlPlane> {
    match ControlPlane::start(None, |_| {}).await {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            programs::skipped(&error.to_string());
            None
        }
        started => Some(started.unwrap()),
    }
}

#[tokio::test]
async fn a_restart_of_the_server_is_waited_for() {
    let Some(control_plane) = own_control_plane().await else { return };
    let cluster = control_plane.cluster().await;
    let mut bench = Bench::on(&cluster, "restart").await;
    bench.options = Options { patience: Duration::from_mins(1), ..Options::default() };
    let group = "restart.example.com";
    let map = |name| format!("---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}\n");
    let set = gadgets(group) + &(0..40).map(|number| map(format!("map-{number}"))).collect::<String>();

    // Before the first write, in the midst, and before and during the last.
    let checked = bench.look(&set).await.unwrap();
    for pause in [0, 50] {
        let (store, _) = bench.store().await;
        let engine = bench.engine();
        let crash = async {
            sleep(Duration::from_millis(pause)).await;
            cluster.restart_apiserver().await.unwrap();
        };
        let (written, ()) = tokio::join!(engine.write(checked.clone(), &store, &()), crash);
        written.unwrap();
    }
    assert_eq!(bench.apply(&set).await.unwrap().written, 0);
    let crash = async {
        sleep(Duration::from_millis(50)).await;
        cluster.restart_apiserver().await.unwrap();
    };
    let (gone, ()) = tokio::join!(bench.tear_down(DeletionPolicy::Delete), crash);
    gone.unwrap();
    assert_eq!(bench.inventory().await, [""; 0]);
    assert_eq!(bench.get("v1/ConfigMap", "map-39").await, None);
}

/// Discovery leaves the kinds of an aggregated API out that has not answered since the server started.
#[tokio::test]
async fn a_kind_whose_api_is_away_is_not_taken_for_gone() {
    let Some(control_plane) = own_control_plane().await else { return };
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
