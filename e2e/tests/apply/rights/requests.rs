//! What it costs to know.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use e2e::controlplane::{Audit, Fault, FaultProxy, Mark};
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

#[tokio::test]
async fn where_reviews_are_not_for_everybody_the_server_judges_alone() {
    let Some(mut bench) = Bench::new("no-reviews").await else { return };
    let server = e2e::controlplane::Cluster::current().await.unwrap();
    let proxy = FaultProxy::start(&server.kubeconfig());
    proxy.inject(Fault::Status(403), |asked| asked.path.contains("/selfsubject"));
    bench.acting = Some(Cluster::new(e2e::controlplane::client(&proxy.kubeconfig()).await));
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    assert_eq!(bench.apply(map).await.unwrap().written, 1);
    // Any other trouble is one.
    proxy.heal();
    proxy.inject(Fault::Status(500), |asked| asked.path.contains("/selfsubject"));
    let error = bench.look(map).await.unwrap_err().to_string();
    assert!(error.contains("SelfSubjectAccessReview"), "{error}");
}

/// An API server that authorizes by more than rules: ConfigMaps may be made and changed, of Secrets one may be read, roles may
/// have any rules.
fn webhook(request: &Request) -> Response {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let attributes = &body["spec"]["resourceAttributes"];
    let of = |field: &str| attributes[field].as_str().unwrap_or_default();
    let status = match request.path().rsplit('/').next().unwrap() {
        "selfsubjectaccessreviews" => {
            let allowed = match (of("resource"), of("verb"), of("name")) {
                ("configmaps", "create" | "patch", _) | ("roles", "escalate", _) => true,
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

/// A cluster as the webhook's server has it.
fn cluster_of(server: &Server) -> Cluster {
    Cluster::new(Client::try_from(Config::new(server.url("").parse().unwrap())).unwrap())
}

/// The report for a set, with `NS` for the namespace.
async fn told(bench: &Bench, set: &str) -> String {
    let error = bench.look(set).await.unwrap_err();
    let EngineError::MissingRights(missing) = &error else { panic!("{error}") };
    missing.to_string().replace(&bench.namespace, "NS")
}

#[tokio::test]
async fn what_no_rule_gives_is_asked_for_where_rules_are_not_all() {
    let Some(mut bench) = Bench::new("webhook").await else { return };
    let server = Server::start(None, webhook);
    bench.acting = Some(cluster_of(&server));
    let objects = ["ConfigMap", "Secret"].map(|kind| {
        ["a", "b"]
            .map(|name| format!("---\n{{apiVersion: v1, kind: {kind}, metadata: {{name: {name}}}}}\n"))
            .concat()
    });
    assert_eq!(
        told(&bench, &objects.concat()).await,
        "user alice may not do all that the set needs, and nothing was written\n\
         in namespace NS, it may not:\n  \
         create, patch secrets, for Secret NS/a, Secret NS/b\n  \
         get secrets, for Secret NS/b"
    );
    let asked: BTreeSet<String> = server
        .requests()
        .iter()
        .filter(|request| request.path().ends_with("accessreviews"))
        .map(|request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let one = &body["spec"]["resourceAttributes"];
            format!("{} {} {}", one["verb"], one["resource"], one["name"]).replace('"', "")
        })
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

#[tokio::test]
async fn what_makes_up_for_rules_is_asked_for_and_rules_are_not() {
    let Some(mut bench) = Bench::new("webhook-roles").await else { return };
    let server = Server::start(None, webhook);
    bench.acting = Some(cluster_of(&server));
    let set = "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules: [{apiGroups: [''], resources: [configmaps], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
";
    // ConfigMaps may be made, but RBAC does not know.
    assert_eq!(
        told(&bench, set).await,
        "user alice may not do all that the set needs, and nothing was written\n\
         in namespace NS, it may not:\n  \
         create, get, patch rolebindings.rbac.authorization.k8s.io, for RoleBinding.rbac.authorization.k8s.io NS/web\n  \
         create, get, patch roles.rbac.authorization.k8s.io, for Role.rbac.authorization.k8s.io NS/web\n\
         in namespace NS, it may not grant what it does not hold itself (or `escalate` on the role, `bind` for a \
         binding):\n  \
         create configmaps, for RoleBinding.rbac.authorization.k8s.io NS/web"
    );
}
