//! Who may change what is logged, and which tokens are none.

use e2e::controlplane::{self, Cluster, FaultProxy, eventually};
use hyper::{Method, StatusCode};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Api, DeleteParams};
use rukpak_provisioner::server::Limits;

use crate::{Running, SERVICE, people};

#[tokio::test]
async fn the_level_of_the_log_is_changed_by_whoever_may() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("level").await;
    let running = Running::start(&cluster, namespace.name(), Limits::default()).await;
    let operator = people::token(&cluster, namespace.name(), "operator", &["get", "put"], "/log-level").await;
    let viewer = people::token(&cluster, namespace.name(), "viewer", &["get"], "/log-level").await;
    for token in [&operator, &viewer] {
        eventually("the right to look", async || {
            let answer = running.connect().await.get("/log-level", Some(token)).await;
            (answer.status == StatusCode::OK).then_some(())
        })
        .await;
    }
    let mut connection = running.connect().await;
    assert_eq!(connection.get("/log-level", Some(&operator)).await.text, "error\n");
    let mut put = async |token: Option<&str>, filter: &str| {
        connection.ask(Method::PUT, "/log-level", token, filter).await.unwrap()
    };
    assert_eq!(put(None, "debug").await.status, StatusCode::UNAUTHORIZED);
    let refused = put(Some(&viewer), "debug").await;
    assert!(refused.status == 403 && refused.text.contains("may not put /log-level"), "{refused:?}");
    let wrong = put(Some(&operator), "loud").await;
    assert!(wrong.status == 400 && wrong.text.contains("cannot log \"loud\""), "{wrong:?}");
    assert_eq!(put(Some(&operator), "error,rukpak_apply=warn").await.text, "error,rukpak_apply=warn\n");
    let now = running.connect().await.get("/log-level", Some(&viewer)).await;
    assert_eq!(now.text, "error,rukpak_apply=warn\n");
    assert_eq!(put(Some(&operator), &"x".repeat(5000)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_token_whose_account_is_gone_is_none() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("gone").await;
    let running = Running::start(&cluster, namespace.name(), Limits::default()).await;
    let reader = people::token(&cluster, namespace.name(), "reader", &["get"], "/bundles/*").await;
    let accounts = Api::<ServiceAccount>::namespaced(cluster.client(), namespace.name());
    accounts.delete("reader", &DeleteParams::default()).await.unwrap();
    eventually("the token to be nobody's", async || {
        let answer = running.connect().await.get("/bundles/web.tgz", Some(&reader)).await;
        (answer.status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
}

#[tokio::test]
async fn whose_token_it_is_nobody_knows_while_the_api_server_is_away() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("away").await;
    let proxy = FaultProxy::start(&cluster.kubeconfig());
    let config = controlplane::config(&proxy.kubeconfig()).await;
    let limits = Limits::default();
    let running = Running::start_as(config, &cluster, namespace.name(), SERVICE, limits).await.unwrap();
    proxy.leave();
    let mut connection = running.connect().await;
    assert_eq!(connection.get("/livez", None).await.status, StatusCode::OK);
    let answer = connection.get("/bundles/web.tgz", Some("a.b.c")).await;
    assert!(answer.status == 503 && answer.headers.contains_key("retry-after"), "{answer:?}");
}
