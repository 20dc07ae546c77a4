//! Sets that come, change and lose objects.

use rukpak_apply::engine::{DeletionPolicy, Done};
use serde_json::json;

use super::bench::Bench;

const SET: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: web}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: pages, labels: {app: web, old: label}}
data: {a: '1', b: '2'}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules:
- {apiGroups: [''], resources: [configmaps], verbs: [get]}
- {apiGroups: [''], resources: [secrets], verbs: [get]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.k8s.io/pause:3.10
        env: [{name: KEPT, value: x}, {name: DROPPED, value: z}]
";

#[tokio::test]
async fn a_first_install_and_a_second_run_without_a_write() {
    let Some(bench) = Bench::new("first").await else { return };
    let applied = bench.apply(SET).await.unwrap();
    assert_eq!(applied.written, 4);
    assert!(bench.done().values().all(|done| *done == Done::Created));
    assert_eq!(
        bench.inventory().await,
        ["ConfigMap pages", "ServiceAccount web", "Deployment web", "Role web"]
    );
    let before = bench.get("v1/ConfigMap", "pages").await.unwrap();

    let checked = bench.look(SET).await.unwrap();
    assert!(checked.is_settled(), "{:?}", checked.steps());
    let applied = bench.apply(SET).await.unwrap();
    assert_eq!(applied.written, 0);
    assert!(bench.done().values().all(|done| *done == Done::Unchanged));
    assert_eq!(bench.get("v1/ConfigMap", "pages").await.unwrap(), before);
}

#[tokio::test]
async fn what_a_new_version_does_not_have_is_gone() {
    let Some(bench) = Bench::new("fields").await else { return };
    bench.apply(SET).await.unwrap();
    let next = SET
        .replace(", old: label", "")
        .replace(", {name: DROPPED, value: z}", "")
        .replace("- {apiGroups: [''], resources: [secrets], verbs: [get]}\n", "")
        .replace(", b: '2'", "");
    let applied = bench.apply(&next).await.unwrap();
    assert_eq!(applied.written, 3);
    let map = bench.get("v1/ConfigMap", "pages").await.unwrap();
    assert_eq!(map.get(&["data"]), Some(&json!({"a": "1"})));
    assert_eq!(map.get(&["metadata", "labels", "old"]), None);
    assert_eq!(map.get(&["metadata", "labels", "app"]), Some(&json!("web")));
    let role = bench.get("rbac.authorization.k8s.io/v1/Role", "web").await.unwrap();
    assert_eq!(role.get(&["rules"]).and_then(|rules| rules.as_array()).map(Vec::len), Some(1));
    let deployment = bench.get("apps/v1/Deployment", "web").await.unwrap();
    let containers = &deployment.get(&["spec", "template", "spec", "containers"]).unwrap()[0];
    assert_eq!(containers["env"], json!([{"name": "KEPT", "value": "x"}]));
}

#[tokio::test]
async fn drift_is_taken_back_and_what_others_add_stays() {
    let Some(bench) = Bench::new("drift").await else { return };
    bench.apply(SET).await.unwrap();
    bench.change("v1/ConfigMap", "pages", json!({"data": {"a": "changed", "theirs": "x"}})).await;
    bench.done();
    let applied = bench.apply(SET).await.unwrap();
    assert_eq!(applied.written, 1);
    assert_eq!(bench.done()["ConfigMap pages"], Done::Configured);
    let map = bench.get("v1/ConfigMap", "pages").await.unwrap();
    assert_eq!(map.get(&["data"]), Some(&json!({"a": "1", "b": "2", "theirs": "x"})));
}

#[tokio::test]
async fn what_is_not_in_the_set_any_more_is_deleted() {
    let Some(bench) = Bench::new("prune").await else { return };
    bench.apply(SET).await.unwrap();
    let without =
        SET.split("---").filter(|part| !part.contains("kind: ConfigMap")).collect::<Vec<_>>().join("---");
    bench.done();
    bench.apply(&without).await.unwrap();
    assert_eq!(bench.done()["ConfigMap pages"], Done::Deleted);
    assert_eq!(bench.get("v1/ConfigMap", "pages").await, None);
    assert_eq!(bench.inventory().await, ["ServiceAccount web", "Deployment web", "Role web"]);
}

#[tokio::test]
async fn a_text_that_a_secret_has_no_more_is_gone() {
    let Some(bench) = Bench::new("texts").await else { return };
    let secret = |texts| {
        format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: s}}, data: {{a: eA==}}, stringData: {texts}}}"
        )
    };
    for (texts, data) in [
        ("{b: x, c: z}", json!({"a": "eA==", "b": "eA==", "c": "eg=="})),
        ("{b: z, c: z}", json!({"a": "eA==", "b": "eg==", "c": "eg=="})),
        ("{c: z}", json!({"a": "eA==", "c": "eg=="})),
        ("{}", json!({"a": "eA=="})),
    ] {
        assert_eq!(bench.apply(&secret(texts)).await.unwrap().written, 1);
        let live = bench.get("v1/Secret", "s").await.unwrap();
        assert_eq!(live.get(&["data"]), Some(&data));
        assert_eq!(bench.apply(&secret(texts)).await.unwrap().written, 0);
    }
}

/// A namespace of a set, and a map in it.
fn home(name: &str) -> [String; 2] {
    [
        format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}\n---\n"),
        format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, namespace: {name}}}}}"),
    ]
}

#[tokio::test]
async fn a_namespace_that_objects_of_the_set_are_in_is_released_and_not_deleted() {
    let Some(bench) = Bench::new("home").await else { return };
    let name = format!("{}-home", bench.namespace);
    let [namespace, map] = home(&name);
    bench.apply(&format!("{namespace}{map}")).await.unwrap();
    let inside = bench.inside(&name);
    let uids = async || {
        let namespace = bench.get("v1/Namespace", &name).await.unwrap();
        let map = inside.get("v1/ConfigMap", "a").await.unwrap();
        [namespace, map].map(|object| object.get(&["metadata", "uid"]).cloned().unwrap())
    };
    let before = uids().await;
    bench.done();
    bench.apply(&map).await.unwrap();
    assert_eq!(bench.done()[&format!("Namespace {name}")], Done::Released);
    assert_eq!(uids().await, before);
    assert_eq!(bench.inventory().await, ["ConfigMap a"]);
    let namespace = bench.get("v1/Namespace", &name).await.unwrap();
    assert_eq!(namespace.get(&["metadata", "labels", "core.rukpak.io/owner-name"]), None);
}

#[tokio::test]
async fn a_namespace_that_no_object_of_the_set_is_in_is_deleted() {
    let Some(bench) = Bench::new("left").await else { return };
    let name = format!("{}-left", bench.namespace);
    let [namespace, map] = home(&name);
    bench.apply(&format!("{namespace}{map}")).await.unwrap();
    bench.done();
    bench.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}").await.unwrap();
    assert_eq!(bench.done()[&format!("Namespace {name}")], Done::Deleted);
    assert_eq!(bench.get("v1/Namespace", &name).await, None);
}

#[tokio::test]
async fn what_somebody_else_took_is_not_deleted() {
    let Some(bench) = Bench::new("taken").await else { return };
    bench.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}").await.unwrap();
    bench
        .change("v1/ConfigMap", "a", json!({"metadata": {"labels": {"core.rukpak.io/owner-name": "other"}}}))
        .await;
    bench.done();
    bench.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}").await.unwrap();
    assert_eq!(bench.done()["ConfigMap a"], Done::Released);
    assert!(bench.get("v1/ConfigMap", "a").await.is_some());
    assert_eq!(bench.inventory().await, ["ConfigMap b"]);
}

#[tokio::test]
async fn a_look_writes_nothing() {
    let Some(bench) = Bench::new("look").await else { return };
    let checked = bench.look(SET).await.unwrap();
    assert_eq!(checked.steps().len(), 4);
    assert_eq!(bench.get("v1/ConfigMap", "pages").await, None);
    assert_eq!(bench.inventory().await, [""; 0]);
}

/// The cluster writes the rules of a role that gathers others.
#[tokio::test]
async fn what_a_role_gathers_is_no_drift() {
    let Some(bench) = Bench::new("gathers").await else { return };
    let (name, label) = (format!("gathers-{}", bench.namespace), format!("gathered-{}", bench.namespace));
    let set = format!(
        "{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {{name: {name}}}, \
          aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{{label}: 'true'}}}}]}}, rules: []}}\n---\n\
         {{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {{name: {name}-part, labels: {{{label}: 'true'}}}}, \
          rules: [{{apiGroups: [''], resources: [pods], verbs: [get]}}]}}"
    );
    bench.apply(&set).await.unwrap();
    let kind = "rbac.authorization.k8s.io/v1/ClusterRole";
    let start = std::time::Instant::now();
    loop {
        let live = bench.get(kind, &name).await.unwrap();
        let rules = live.get(&["rules"]).and_then(|rules| rules.as_array()).map_or(0, Vec::len);
        if rules > 0 {
            break;
        }
        assert!(start.elapsed().as_secs() < 20, "nothing is gathered");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(bench.apply(&set).await.unwrap().written, 0);
}

#[tokio::test]
async fn names_that_mean_something_in_paths_are_names() {
    let Some(bench) = Bench::new("names").await else { return };
    let names = ["q?x", "h#x", "x?dryRun=All", "sp ace", "q\"+&\\", "a:b_c", "ä"];
    let role = |name: &str, verb: &str| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": name},
            "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": [verb]}],
        })
        .to_string()
    };
    let set = |verb| names.map(|name| role(name, verb)).join("\n---\n");
    assert_eq!(bench.apply(&set("get")).await.unwrap().written, names.len());
    assert_eq!(bench.apply(&set("get")).await.unwrap().written, 0);
    assert_eq!(bench.apply(&set("list")).await.unwrap().written, names.len());
    assert!(bench.get("rbac.authorization.k8s.io/v1/Role", names[0]).await.is_some());
    bench.apply(&role(names[0], "list")).await.unwrap();
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    for name in names {
        assert_eq!(bench.get("rbac.authorization.k8s.io/v1/Role", name).await, None, "{name}");
    }
    assert_eq!(bench.inventory().await, [""; 0]);
}
