//! What is waited for, for how long, and what is not.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rukpak_apply::engine::{DeletionPolicy, Done, EngineError};
use rukpak_apply::probe::Probes;
use serde_json::json;
use tokio::time::sleep;

use super::bench::{Bench, text};
use super::definitions::gadgets;

const HELD: &str =
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: held, finalizers: [example.com/wait]}}";

async fn let_go(bench: &Bench) {
    sleep(Duration::from_secs(1)).await;
    bench.change("v1/ConfigMap", "held", json!({"metadata": {"finalizers": null}})).await;
}

#[tokio::test]
async fn a_namespace_that_is_being_deleted_is_named() {
    let Some(bench) = Bench::new("terminating").await else { return };
    bench.put(HELD).await;
    bench.store().await;
    bench.delete("v1/Namespace", &bench.namespace).await;
    // Another time changes nothing, and is no failure.
    bench.delete("v1/Namespace", &bench.namespace).await;
    let set = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    let start = Instant::now();
    let error = loop {
        // It takes a moment until the server goes by it.
        match bench.look(set).await {
            Err(error) => break text(&error),
            Ok(_) if start.elapsed() < Duration::from_secs(20) => sleep(Duration::from_millis(50)).await,
            Ok(checked) => panic!("{:?}", checked.steps()),
        }
    };
    let namespace = &bench.namespace;
    assert!(error.starts_with(&format!("cannot create ConfigMap {namespace}/a: ")), "{error}");
    assert!(error.contains(&format!("namespace {namespace} because it is being terminated")), "{error}");
    let_go(&bench).await;
}

/// With all that is in it.
#[tokio::test]
async fn a_namespace_of_the_set_that_is_being_deleted_is_made_anew() {
    let Some(bench) = Bench::new("terminating-ours").await else { return };
    let name = format!("{}-inner", bench.namespace);
    let set = format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: held, namespace: {name}, finalizers: [example.com/wait]}}}}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: elsewhere}}}}"
    );
    bench.apply(&set).await.unwrap();
    let inner = bench.inside(&name);
    inner.delete("v1/Namespace", &name).await;
    bench.done();
    let (applied, ()) = tokio::join!(bench.apply(&set), let_go(&inner));
    applied.unwrap();
    let expected = [
        ("ConfigMap elsewhere".to_owned(), Done::Unchanged),
        ("ConfigMap held".to_owned(), Done::Created),
        (format!("Namespace {name}"), Done::Replaced),
    ];
    assert_eq!(bench.done(), BTreeMap::from(expected));
    assert_eq!(bench.apply(&set).await.unwrap().written, 0);
}

#[tokio::test]
async fn an_object_that_is_being_deleted_is_made_anew_when_it_is_gone() {
    let Some(mut bench) = Bench::new("going").await else { return };
    bench.apply(HELD).await.unwrap();
    bench.delete("v1/ConfigMap", "held").await;
    let patience = std::mem::replace(&mut bench.options.patience, Duration::from_secs(1));
    let error = bench.apply(HELD).await.unwrap_err();
    assert!(matches!(error, EngineError::NotGone { .. }), "{error:?}");
    let held = format!("ConfigMap {}/held (finalizers example.com/wait)", bench.namespace);
    assert!(text(&error).contains(&held), "{}", text(&error));
    bench.options.patience = patience;
    bench.done();
    let (applied, ()) = tokio::join!(bench.apply(HELD), let_go(&bench));
    applied.unwrap();
    assert_eq!(bench.done()["ConfigMap held"], Done::Replaced);
}

#[tokio::test]
async fn a_claim_that_is_never_bound_is_not_healthy_and_holds_nothing_up() {
    let Some(mut bench) = Bench::new("claim").await else { return };
    let set = "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1Gi}}}
---
{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}
";
    let applied = bench.apply(set).await.unwrap();
    assert_eq!(applied.written, 2);
    bench.options.patience = Duration::from_secs(1);
    let error = bench.engine().wait_until_healthy(&applied, &Probes::default(), &()).await.unwrap_err();
    let expected = format!("PersistentVolumeClaim {}/data is not ready after ", bench.namespace);
    assert!(text(&error).starts_with(&expected), "{}", text(&error));
}

/// No dry run counts what others of the set will take.
#[tokio::test]
async fn a_quota_that_is_used_up_in_the_midst() {
    let Some(bench) = Bench::new("midst").await else { return };
    let secret = |name| format!("{{apiVersion: v1, kind: Secret, metadata: {{name: {name}}}}}\n---\n");
    let set = ["a", "b", "c"].map(secret).concat();
    let hard = async |secrets: &str, is_passing| {
        let change = json!({"spec": {"hard": {"count/secrets": secrets}}});
        bench.change("v1/ResourceQuota", "q", change).await;
        bench.until(&secret("another"), is_passing).await;
    };
    bench
        .put("{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {count/secrets: '0'}}}")
        .await;
    bench.until(&secret("another"), false).await;
    hard("2", true).await;
    let error = bench.apply(&set).await.unwrap_err();
    assert!(!error.is_permanent());
    let text = text(&error);
    assert!(text.contains("Secret ") && text.contains("exceeded quota: q"), "{text}");
    assert_eq!(bench.inventory().await, ["Secret a", "Secret b", "Secret c"]);
    hard("3", true).await;
    assert_eq!(bench.apply(&set).await.unwrap().written, 1);
}

#[tokio::test]
async fn a_definition_whose_names_are_taken_is_named_at_once() {
    let Some(bench) = Bench::new("names").await else { return };
    let group = format!("eight.{}.example.com", bench.namespace);
    let taken = gadgets(&group).split("---").next().unwrap().to_owned();
    bench.other("first").apply(&taken).await.unwrap();
    let set = gadgets(&group)
        .replace("name: gadgets.", "name: gizmos.")
        .replace("plural: gadgets", "plural: gizmos");
    // A read waits until it is served.
    assert_eq!(bench.get(&format!("{group}/v1/Gadget"), "none").await, None);
    let problems = bench.problems(&set).await;
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].ends_with(&format!("the server has Gadget already, as gadgets.{group}")),
        "{problems:?}"
    );
    // Other names are not told by what is served.
    let set = set.replace("kind: Gadget", "kind: Gizmo");
    let (start, error) = (Instant::now(), bench.apply(&set).await.unwrap_err());
    let text = text(&error);
    let expected = format!(
        "CustomResourceDefinition.apiextensions.k8s.io gizmos.{group} is not ready after 0 s: NamesAccepted is False"
    );
    assert!(text.starts_with(&expected) && text.contains("is already in use"), "{text}");
    assert!(start.elapsed() < bench.options.patience, "after {:?}", start.elapsed());
    assert_eq!(bench.inventory().await.len(), 2);
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
}

#[tokio::test]
async fn a_kind_that_nobody_serves_is_named() {
    let Some(bench) = Bench::new("unserved").await else { return };
    let set = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n\
        {apiVersion: nowhere.example.com/v1, kind: Thing, metadata: {name: a}}";
    let problems = bench.problems(set).await;
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].ends_with("the server does not serve Thing in nowhere.example.com/v1"),
        "{problems:?}"
    );
}

/// Its definition went after the server was asked what it serves.
#[tokio::test]
async fn a_kind_that_is_not_served_any_more_is_named() {
    let Some(bench) = Bench::new("unserved-soon").await else { return };
    let group = format!("nine.{}.example.com", bench.namespace);
    let (definition, gadget) =
        gadgets(&group).split_once("---").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let other = bench.other("definer");
    other.apply(&definition).await.unwrap();
    bench.put(&gadget.replace("name: one", "name: waits-until-it-is-served")).await;
    let checked = bench.look(&gadget).await.unwrap();
    other.tear_down(DeletionPolicy::Delete).await.unwrap();
    let error = text(&bench.write(checked).await.unwrap_err());
    let expected = format!("cannot create Gadget.{group} {}/one: ", bench.namespace);
    assert!(error.starts_with(&expected) && error.contains("404 page not found"), "{error}");
}

/// An upgrade may be what makes it good.
#[tokio::test]
async fn a_failure_from_before_an_upgrade_has_time_to_pass() {
    let Some(bench) = Bench::new("stalled").await else { return };
    let group = format!("ten.{}.example.com", bench.namespace);
    let any = "x-kubernetes-preserve-unknown-fields: true, properties: {spec";
    let set = gadgets(&group).replace("properties: {spec", any);
    let kind = format!("{group}/v1/Gadget");
    bench.apply(&set).await.unwrap();
    let stalled =
        json!([{"type": "Stalled", "status": "True", "reason": "NoAccount", "message": "no account"}]);
    bench.change(&kind, "one", json!({"status": {"conditions": stalled}})).await;
    let waits = async |applied| bench.engine().wait_until_healthy(&applied, &Probes::default(), &()).await;
    // Where nothing was written, nothing will make it good.
    let (start, unchanged) = (Instant::now(), bench.apply(&set).await.unwrap());
    assert_eq!(unchanged.written, 0);
    let error = text(&waits(unchanged).await.unwrap_err());
    assert!(error.ends_with("is not ready after 0 s: no account"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(20), "after {:?}", start.elapsed());
    let next = format!("{set}---\n{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: a}}}}\n");
    let applied = bench.apply(&next).await.unwrap();
    let controller = async {
        sleep(Duration::from_secs(2)).await;
        bench.change(&kind, "one", json!({"status": null})).await;
    };
    let (healthy, ()) = tokio::join!(waits(applied), controller);
    assert!(healthy.unwrap().is_healthy());
}

#[tokio::test]
async fn a_namespace_that_does_not_go_says_what_is_left_in_it() {
    let Some(mut bench) = Bench::new("left").await else { return };
    let name = format!("{}-inner", bench.namespace);
    bench.apply(&format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}")).await.unwrap();
    let inner = bench.inside(&name);
    inner.put(HELD).await;
    // For five seconds its controller lets be what is in it.
    bench.options.patience = Duration::from_secs(10);
    let error = text(&bench.tear_down(DeletionPolicy::Delete).await.unwrap_err());
    let expected = format!("1 object is still there after 10 s: Namespace {name} (");
    assert!(error.starts_with(&expected) && error.contains("configmaps. has 1 resource"), "{error}");
    assert!(error.contains("example.com/wait in 1 resource"), "{error}");
    bench.options.patience = Duration::from_mins(1);
    let (gone, ()) = tokio::join!(bench.tear_down(DeletionPolicy::Delete), let_go(&inner));
    gone.unwrap();
}
