//! An API server that crashes and starts again, on a control plane of its own.

use std::io::ErrorKind;
use std::time::Duration;

use e2e::controlplane::ControlPlane;
use e2e::programs;
use rukpak_apply::engine::{DeletionPolicy, Options};
use tokio::time::sleep;

use super::bench::Bench;
use super::definitions::gadgets;

#[tokio::test]
async fn a_restart_of_the_server_is_waited_for() {
    let control_plane = match ControlPlane::start(None, |_| {}).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return programs::skipped(&error.to_string()),
        started => started.unwrap(),
    };
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
