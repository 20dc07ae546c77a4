//! An API server that is away for long. It takes a minute, beside which the tests that come after it run.

use std::time::Duration;

use e2e::controlplane::{Cluster, FaultProxy, eventually};
use rukpak_apply::Inventory;
use tokio::time::sleep;

use super::bench::Bench;
use super::process::{Process, owner};
use super::watches::SET;

#[tokio::test]
async fn what_happens_in_a_minute_without_a_server_is_made_up_for() {
    let Some(bench) = Bench::new("minute").await else { return };
    let cluster = Cluster::current().await.unwrap();
    let proxy = FaultProxy::start(&cluster.kubeconfig());
    let way = proxy.kubeconfig();
    let _process = Process::start_as(&bench, SET, owner(), Inventory::default(), Some(&way)).await;
    proxy.leave();
    bench.delete("v1/ConfigMap", "pages").await;
    sleep(Duration::from_mins(1)).await;
    assert_eq!(bench.get("v1/ConfigMap", "pages").await, None);
    proxy.come_back();
    eventually("the map is back", async || bench.get("v1/ConfigMap", "pages").await).await;
}
