//! Kubeconfigs with the rights of a `ServiceAccount`.

#![expect(clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::path::PathBuf;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Api, PostParams};
use kube::config::Kubeconfig;
use serde_json::json;

use super::Cluster;
use super::credentials::write_kubeconfig;

/// How long tokens are good.
const LIFE_SECONDS: i64 = 3600;

pub(super) async fn kubeconfig(cluster: &Cluster, namespace: &str, name: &str) -> PathBuf {
    let accounts = Api::<ServiceAccount>::namespaced(cluster.client(), namespace);
    let spec = TokenRequestSpec { expiration_seconds: Some(LIFE_SECONDS), ..TokenRequestSpec::default() };
    let request = TokenRequest { spec, ..TokenRequest::default() };
    let answer = accounts.create_token_request(name, &PostParams::default(), &request).await.unwrap();
    let user = json!({ "token": answer.status.unwrap().token });
    let cluster_of = current_cluster(&Kubeconfig::read_from(cluster.kubeconfig()).unwrap());
    let file = format!("{namespace}-{name}-{}.kubeconfig", super::unique());
    cluster.write(&file, |path| write_kubeconfig(path, &cluster_of, &user))
}

/// Where a kubeconfig leads.
fn current_cluster(kubeconfig: &Kubeconfig) -> serde_json::Value {
    let current = kubeconfig.current_context.as_ref().unwrap();
    let context = kubeconfig.contexts.iter().find(|context| context.name == *current).unwrap();
    let name = &context.context.as_ref().unwrap().cluster;
    let cluster = kubeconfig.clusters.iter().find(|cluster| cluster.name == *name).unwrap();
    serde_json::to_value(cluster.cluster.as_ref().unwrap()).unwrap()
}
