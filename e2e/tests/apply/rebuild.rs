//! What an owner has, found out by the marks.

use std::time::Duration;

use e2e::controlplane::{Asked, Cluster, Fault, FaultProxy};
use rukpak_apply::engine::{Done, Found, Live, Rebuilt};
use rukpak_apply::{Owner, ServedKinds};
use serde_json::json;

use super::bench::Bench;
use super::definitions::gadgets;

/// What the owner of a bench has, as `Kind name`.
async fn rebuilt(bench: &Bench) -> Vec<String> {
    let (store, _) = bench.store().await;
    let Rebuilt { inventory, unknown } =
        bench.engine().rebuild(store.owner(), &bench.served().await).await.unwrap();
    assert!(unknown.is_empty(), "{unknown:?}");
    inventory.iter().map(|(id, _)| format!("{} {}", id.kind, id.name)).collect()
}

#[tokio::test]
async fn all_kinds_are_found_and_copies_and_others_objects_are_not() {
    let Some(bench) = Bench::new("rebuild").await else { return };
    let group = format!("rebuild.{}.example.com", bench.namespace);
    let set = format!(
        "{}---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}}}
---
{{apiVersion: v1, kind: Service, metadata: {{name: a}}, spec: {{ports: [{{port: 80}}]}}}}",
        gadgets(&group)
    );
    bench.apply(&set).await.unwrap();
    bench
        .other("rebuild-other")
        .apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: theirs}}")
        .await
        .unwrap();
    // A copy, as whoever copies objects makes it.
    let mut copy = bench.get("v1/ConfigMap", "a").await.unwrap();
    copy.metadata_mut().retain(|key, _| ["annotations", "labels", "namespace"].contains(&key.as_str()));
    copy.metadata_mut().insert("name".into(), json!("copy"));
    bench.put(&copy.clone().into_value().to_string()).await;
    bench.lose_inventory().await;
    let definition = format!("CustomResourceDefinition gadgets.{group}");
    assert_eq!(rebuilt(&bench).await, ["ConfigMap a", "Service a", &definition, "Gadget one"]);
}

#[tokio::test]
async fn what_cannot_be_listed_now_may_be_ours_and_what_we_may_not_read_is_not() {
    let Some(mut bench) = Bench::new("rebuild-unknown").await else { return };
    bench.options.patience = Duration::from_millis(100);
    bench.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}").await.unwrap();
    let proxy = FaultProxy::start(&Cluster::current().await.unwrap().kubeconfig());
    let behind = bench.behind(&proxy).await;
    let (store, served) = (bench.store().await.0, bench.served().await);
    for (fault, expected) in [(Fault::Status(503), "cannot list Service"), (Fault::Status(403), "")] {
        proxy.inject(fault, |asked| asked.path.starts_with("/api/v1/services?"));
        let found = behind.engine().rebuild(store.owner(), &served).await.unwrap();
        assert_eq!((found.inventory.len(), found.unknown.len()), (1, 1), "{fault:?}");
        let told = found.whole().map_or_else(|error| error.to_string(), |_| String::new());
        assert!(told.starts_with(expected) && told.is_empty() == expected.is_empty(), "{fault:?}: {told}");
    }
}

#[tokio::test]
async fn what_an_owner_elsewhere_has_is_not_ours() {
    let Some(bench) = Bench::new("rebuild-alive").await else { return };
    bench.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}").await.unwrap();
    let (store, _) = bench.store().await;
    let namesake = Owner { uid: "another".into(), ..store.owner().clone() };
    let Rebuilt { inventory, .. } = bench.engine().rebuild(&namesake, &bench.served().await).await.unwrap();
    assert!(inventory.is_empty(), "{inventory:?}");
}

#[tokio::test]
async fn a_set_tells_that_its_inventory_was_lost() {
    let Some(bench) = Bench::new("predecessor").await else { return };
    let set = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    assert!(!bench.look(set).await.unwrap().has_predecessor());
    bench.apply(set).await.unwrap();
    assert!(!bench.look(set).await.unwrap().has_predecessor());
    bench.lose_inventory().await;
    assert!(bench.look(set).await.unwrap().has_predecessor());
}

#[tokio::test]
async fn what_was_made_where_absent_is_still_ours_when_the_inventory_was_lost() {
    let Some(bench) = Bench::new("absent-lost").await else { return };
    let set = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, annotations: {core.rukpak.io/create-if-absent: 'true'}}}";
    bench.apply(set).await.unwrap();
    bench.lose_inventory().await;
    bench.done();
    bench.apply(set).await.unwrap();
    assert_eq!(bench.done()["ServiceAccount a"], Done::Configured);
    assert_eq!(bench.inventory().await, ["ServiceAccount a"]);
}

/// The kinds of an aggregated API that is away may be missing in what is served.
#[tokio::test]
async fn what_is_not_known_to_be_served_is_asked_for() {
    let Some(bench) = Bench::new("live").await else { return };
    bench.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}").await.unwrap();
    let (_, inventory) = bench.store().await;
    let live = bench.engine().live(&inventory, &ServedKinds::default()).await.unwrap();
    assert!(matches!(live.as_slice(), [Live { found: Found::There(_), .. }]), "{live:?}");
}

/// A list is more than a page, and the server forgets how it began.
#[tokio::test]
async fn lists_of_many_objects_are_whole() {
    let Some(bench) = Bench::new("pages").await else { return };
    let maps: Vec<_> = (0..600)
        .map(|number| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: m-{number}}}}}"))
        .collect();
    bench.apply(&maps.join("\n---\n")).await.unwrap();
    let proxy = FaultProxy::start(&Cluster::current().await.unwrap().kubeconfig());
    let behind = bench.behind(&proxy).await;
    assert_eq!(rebuilt(&behind).await.len(), 600);
    let is_next = |asked: &Asked| asked.path.contains("/configmaps?") && asked.path.contains("continue=");
    assert_eq!(proxy.asked().into_iter().filter(is_next).count(), 1);
    let mut is_forgotten = false;
    proxy.inject(Fault::Status(410), move |asked| {
        is_next(asked) && !std::mem::replace(&mut is_forgotten, true)
    });
    assert_eq!(rebuilt(&behind).await.len(), 600);
    assert_eq!(proxy.asked().into_iter().filter(is_next).count(), 3);
}
