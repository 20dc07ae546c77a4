//! `ServiceAccounts` that may do something with paths.

use e2e::controlplane::Cluster;
use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{Api, PostParams};
use serde_json::{Value, json};

/// A token of a new `ServiceAccount`, which may do this with a path.
pub(crate) async fn token(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    verbs: &[&str],
    path: &str,
) -> String {
    let uid = Api::<Namespace>::all(cluster.client()).get(namespace).await.unwrap().metadata.uid;
    // What belongs to no namespace goes with ours.
    let owner = json!({ "apiVersion": "v1", "kind": "Namespace", "name": namespace, "uid": uid });
    let metadata = json!({ "name": format!("{namespace}-{name}"), "ownerReferences": [owner] });
    create::<ServiceAccount>(
        &Api::namespaced(cluster.client(), namespace),
        json!({ "metadata": { "name": name } }),
    )
    .await;
    let rules = json!([{ "nonResourceURLs": [path], "verbs": verbs }]);
    create::<ClusterRole>(&Api::all(cluster.client()), json!({ "metadata": metadata, "rules": rules })).await;
    let role =
        json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": metadata["name"] });
    let subjects = json!([{ "kind": "ServiceAccount", "name": name, "namespace": namespace }]);
    let binding = json!({ "metadata": metadata, "roleRef": role, "subjects": subjects });
    create::<ClusterRoleBinding>(&Api::all(cluster.client()), binding).await;
    let accounts = Api::<ServiceAccount>::namespaced(cluster.client(), namespace);
    let request = TokenRequest::default();
    let answer = accounts.create_token_request(name, &PostParams::default(), &request).await.unwrap();
    answer.status.unwrap().token
}

async fn create<K>(api: &Api<K>, object: Value)
where
    K: Clone + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
{
    api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap();
}
