//! What it costs to know.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use e2e::controlplane::{Audit, Mark};
use e2e::server::{Request, Response, Server};
use kube::{Client, Config};
use rukpak_apply::Unverified;
use rukpak_apply::cluster::Cluster;
use rukpak_apply::engine::EngineError;
use serde_json::{Value, json};

use super::{Installer, everything};
use crate::bench::Bench;

/// A hundred objects of four kinds.
fn hundred() -> String {
    let mut set = String::new();
    for number in 0..25 {
        for kind in ["ConfigMap", "Secret", "ServiceAccount"] {
            let _ = writeln!(set, "---\n{{apiVersion: v1, kind: {kind}, metadata: {{name: o{number}}}}}");
        }
        let ports = "spec: {ports: [{port: 80}]}";
        let _ =
            writeln!(set, "---\n{{apiVersion: v1, kind: Service, metadata: {{name: o{number}}}, {ports}}}");
    }
    set
}

/// The reviews of rights since a mark, of those for whom something holds.
async fn reviews(
    audit: &Audit,
    mark: Mark,
    is_ours: impl Fn(&e2e::controlplane::Request) -> bool,
) -> Vec<String> {
    let reviews =
        audit.since(mark).await.filter(|request| is_ours(request) && request.resource.ends_with("reviews"));
    reviews.iter().map(|request| request.resource.clone()).collect()
}

#[tokio::test]
async fn a_hundred_objects_in_a_namespace_take_three_reviews() {
    let Some(installer) = Installer::new("hundred").await else { return };
    let Some(audit) = installer.server.audit() else { return };
    let user = installer.account.user();
    let is_ours = |request: &e2e::controlplane::Request| request.impersonated.as_ref() == Some(&user);
    let set = hundred();
    let expected = ["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectrulesreviews"];
    // What is missing takes no more than what is there.
    let mark = audit.mark().await;
    let missing = installer.missing(&set).await.unwrap();
    assert_eq!(reviews(&audit, mark, is_ours).await, expected);
    let Some(()) = installer.grant(missing.to_manifests()) else { return };
    installer.until_nothing_is_missing(&set).await;
    let mark = audit.mark().await;
    installer.bench.look(&set).await.unwrap();
    assert_eq!(reviews(&audit, mark, is_ours).await, expected);
}

#[tokio::test]
async fn whoever_may_do_everything_is_known_by_one_review() {
    let Some(mut bench) = Bench::new("administrator").await else { return };
    let server = e2e::controlplane::Cluster::current().await.unwrap();
    let Some(audit) = server.audit() else { return };
    let mut config = server.config();
    let agent = bench.namespace.clone();
    config.headers.retain(|(name, _)| name != "user-agent");
    config.headers.push(("user-agent".parse().unwrap(), agent.parse().unwrap()));
    bench.acting = Some(Cluster::new(Client::try_from(config).unwrap()));
    let mark = audit.mark().await;
    bench.look(&hundred()).await.unwrap();
    let asked = reviews(&audit, mark, |request| request.agent == agent).await;
    assert_eq!(asked, ["selfsubjectaccessreviews"]);
}

#[tokio::test]
async fn whoever_may_do_everything_by_a_binding_may_grant_everything_too() {
    let Some(installer) = Installer::new("bound").await else { return };
    let Some(audit) = installer.server.audit() else { return };
    let namespace = &installer.bench.namespace;
    let rbac = "rbac.authorization.k8s.io";
    let binding = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": format!("{namespace}-admin")},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "namespace": namespace, "name": "installer"}],
    });
    installer.bench.put(&binding.to_string()).await;
    let gathers = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRole", "metadata": {"name": format!("{namespace}-gathers")},
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"example.com/none": namespace}}]},
    });
    let set = format!("{}\n---\n{gathers}", everything(namespace));
    installer.until_nothing_is_missing(&set).await;
    let mark = audit.mark().await;
    let checked = installer.bench.look(&set).await.unwrap();
    let user = installer.account.user();
    let asked = reviews(&audit, mark, |request| request.impersonated.as_ref() == Some(&user)).await;
    assert_eq!(asked, ["selfsubjectaccessreviews"]);
    assert!(checked.steps().iter().all(|step| step.planned.unverified != Some(Unverified::Role)));
    assert_eq!(installer.bench.apply(&set).await.unwrap().written, 11);
}

/// An API server that authorizes by more than rules: `ConfigMaps` may be made and changed, of Secrets one may be read.
fn webhook(request: &Request) -> Response {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let attributes = &body["spec"]["resourceAttributes"];
    let of = |field: &str| attributes[field].as_str().unwrap_or_default();
    let status = match request.path().rsplit('/').next().unwrap() {
        "selfsubjectaccessreviews" => {
            let allowed = match (of("resource"), of("verb"), of("name")) {
                ("configmaps", "create" | "patch", _) => true,
                ("secrets", "get", name) => name == "a",
                _ => false,
            };
            json!({"allowed": allowed})
        }
        "selfsubjectrulesreviews" => {
            let rule = json!({"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"]});
            json!({"incomplete": true, "resourceRules": [rule], "nonResourceRules": []})
        }
        "selfsubjectreviews" => json!({"userInfo": {"username": "alice"}}),
        _ => return Response::new(404, b"{}".as_slice()),
    };
    let answer =
        json!({"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": {}, "status": status});
    Response::new(201, answer.to_string().into_bytes()).header("Content-Type", "application/json")
}

#[tokio::test]
async fn what_no_rule_gives_is_asked_for_where_rules_are_not_all() {
    let Some(mut bench) = Bench::new("webhook").await else { return };
    let server = Server::start(None, webhook);
    let config = Config::new(server.url("").parse().unwrap());
    bench.acting = Some(Cluster::new(Client::try_from(config).unwrap()));
    let objects = ["ConfigMap", "Secret"].map(|kind| {
        ["a", "b"]
            .map(|name| format!("---\n{{apiVersion: v1, kind: {kind}, metadata: {{name: {name}}}}}\n"))
            .concat()
    });
    let error = bench.look(&objects.concat()).await.unwrap_err();
    let EngineError::MissingRights(missing) = &error else { panic!("{error}") };
    let told = missing.to_string().replace(&bench.namespace, "NS");
    assert_eq!(
        told,
        "user alice may not do all that the set needs, and nothing was written\n\
         in namespace NS, it may not:\n  \
         create, patch secrets, for Secret NS/a, Secret NS/b\n  \
         get secrets, for Secret NS/b"
    );
    let asked: Vec<Value> = server
        .requests()
        .iter()
        .filter(|request| request.path().ends_with("accessreviews"))
        .map(|request| {
            serde_json::from_slice::<Value>(&request.body).unwrap()["spec"]["resourceAttributes"].clone()
        })
        .collect();
    let asked: BTreeSet<String> = asked
        .iter()
        .map(|one| format!("{} {} {}", one["verb"], one["resource"], one["name"]).replace('"', ""))
        .collect();
    // One by one only where all together are refused; what is made has no name.
    let expected = [
        "* * ",
        "create configmaps ",
        "create secrets ",
        "get secrets ",
        "get secrets a",
        "get secrets b",
        "patch configmaps ",
        "patch secrets ",
        "patch secrets a",
        "patch secrets b",
    ];
    assert_eq!(asked, expected.map(str::to_owned).into());
}
