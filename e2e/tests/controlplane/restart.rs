//! The API server can be stopped and started, and two control planes have nothing to do with each other.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{Api, PostParams};

use crate::{cluster, config_map};
use e2e::controlplane::{ControlPlane, eventually};

#[tokio::test]
async fn a_stopped_api_server_comes_back_with_its_data() {
    let Some(control_plane) = ControlPlane::if_built().await else { return };
    let cluster = control_plane.cluster().await;
    let mut config = cluster.config();
    config.default_retry = false;
    let client = kube::client::ClientBuilder::try_from(config).unwrap().build();
    let maps = Api::<ConfigMap>::namespaced(client, "default");
    maps.create(&PostParams::default(), &config_map("kept")).await.unwrap();

    cluster.stop_apiserver().await.unwrap();
    maps.get("kept").await.unwrap_err();
    cluster.start_apiserver().await.unwrap();
    maps.get("kept").await.unwrap();

    cluster.restart_apiserver().await.unwrap();
    maps.get("kept").await.unwrap();
    let audit = cluster.audit().unwrap();
    let mark = audit.mark().await;
    maps.get("kept").await.unwrap();
    let seen = audit.since(mark).await.filter(|request| request.name == "kept");
    assert_eq!(seen.to_string(), "get configmaps default/kept 200\n");
    // The controllers have found it again.
    let namespace = cluster.namespace("restart").await;
    let maps = Api::<ConfigMap>::namespaced(cluster.client(), namespace.name());
    eventually("controllers work", async || maps.get("kube-root-ca.crt").await.ok()).await;
}

#[tokio::test]
async fn two_control_planes_do_not_collide() {
    let Some(first) = cluster().await else { return };
    let Some(second) = ControlPlane::if_built().await else { return };
    let second = second.cluster().await;
    assert_ne!(first.config().cluster_url, second.config().cluster_url);
    let namespace = first.namespace("first").await;
    let find = async |cluster: &e2e::controlplane::Cluster| {
        Api::<Namespace>::all(cluster.client()).get_opt(namespace.name()).await.unwrap().is_some()
    };
    assert_eq!((find(&first).await, find(&second).await), (true, false));
}
