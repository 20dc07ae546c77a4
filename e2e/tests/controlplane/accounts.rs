//! A `ServiceAccount` has the rights that it was given, and no others.

use k8s_openapi::api::core::v1::{ConfigMap, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::Error;
use kube::api::{Api, ListParams, PostParams};
use serde_json::json;

use crate::{cluster, config_map, create};
use e2e::controlplane::{client, eventually};

#[tokio::test]
async fn a_service_account_may_do_what_its_role_says() {
    let Some(cluster) = cluster().await else { return };
    let namespace = cluster.namespace("accounts").await;
    let name = namespace.name();
    let accounts = Api::<ServiceAccount>::namespaced(cluster.client(), name);
    create(&accounts, json!({ "metadata": { "name": "reader" } })).await.unwrap();
    let may_list = json!([{ "apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"] }]);
    let roles = Api::<Role>::namespaced(cluster.client(), name);
    create(&roles, json!({ "metadata": { "name": "reader" }, "rules": may_list })).await.unwrap();
    let bindings = Api::<RoleBinding>::namespaced(cluster.client(), name);
    let role = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader" });
    let subjects = json!([{ "kind": "ServiceAccount", "name": "reader", "namespace": name }]);
    let binding = json!({ "metadata": { "name": "reader" }, "roleRef": role, "subjects": subjects });
    create(&bindings, binding).await.unwrap();

    let kubeconfig = cluster.kubeconfig_for_service_account(name, "reader").await;
    let reader = client(&kubeconfig).await;

    let maps = Api::<ConfigMap>::namespaced(reader.clone(), name);
    eventually("it may list ConfigMaps", async || maps.list(&ListParams::default()).await.ok()).await;
    let denied = maps.create(&PostParams::default(), &config_map("own")).await;
    assert_forbidden(denied, name, "create resource \"configmaps\"");
    let secrets = Api::<Secret>::namespaced(reader.clone(), name);
    assert_forbidden(secrets.list(&ListParams::default()).await, name, "list resource \"secrets\"");
    let elsewhere = Api::<ConfigMap>::namespaced(reader, "kube-system");
    assert_forbidden(elsewhere.list(&ListParams::default()).await, name, "list resource \"configmaps\"");
}

fn assert_forbidden<T: std::fmt::Debug>(denied: kube::Result<T>, namespace: &str, what: &str) {
    let Err(Error::Api(status)) = denied else { panic!("not denied: {denied:?}") };
    let expected = format!("User \"system:serviceaccount:{namespace}:reader\" cannot {what}");
    assert!(status.code == 403 && status.message.contains(&expected), "{status:?}");
}
