//! Giving everything back.

use std::time::{Duration, Instant};

use e2e::controlplane::{Cluster, Fault, FaultProxy, eventually};
use rukpak_apply::CollisionProtection;
use rukpak_apply::engine::{DeletionPolicy, Done, EngineError};
use serde_json::json;
use tokio::time::sleep;

use super::bench::{Bench, text};
use super::definitions::gadgets;

#[tokio::test]
async fn everything_goes_and_what_others_have_stays() {
    let Some(bench) = Bench::new("all").await else { return };
    let group = format!("three.{}.example.com", bench.namespace);
    bench.apply(&gadgets(&group)).await.unwrap();
    bench.put(&format!("{{apiVersion: {group}/v1, kind: Gadget, metadata: {{name: made-by-a-user}}}}")).await;
    bench.put("{apiVersion: v1, kind: ConfigMap, metadata: {name: theirs}}").await;
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    let definition = format!("gadgets.{group}");
    assert_eq!(bench.get("apiextensions.k8s.io/v1/CustomResourceDefinition", &definition).await, None);
    assert!(bench.get("v1/ConfigMap", "theirs").await.is_some());
    assert_eq!(bench.inventory().await, [""; 0]);
    assert_eq!(bench.done()["Gadget made-by-a-user"], Done::Deleted);
}

#[tokio::test]
async fn no_role_that_is_gathered_comes_back() {
    let Some(bench) = Bench::new("gathered").await else { return };
    let name = &bench.namespace;
    let gathered = format!("{name}-gathered");
    let piece = |number| {
        format!(
            "---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: {name}-{number}, labels: {{example.com/gathered-in: {name}}}}}
rules: [{{apiGroups: [''], resources: [configmaps], resourceNames: [c-{number}], verbs: [get]}}]
"
        )
    };
    let pieces = (0..6).map(piece).collect::<Vec<_>>().concat();
    let whole = format!(
        "---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: {gathered}}}
aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{example.com/gathered-in: {name}}}}}]}}
rules: []
"
    );
    let kind = "rbac.authorization.k8s.io/v1/ClusterRole";
    for is_pruned in [false, true, false, true] {
        bench.apply(&format!("{pieces}{whole}")).await.unwrap();
        eventually("it is gathered", async || {
            let role = bench.get(kind, &gathered).await?;
            let rules = role.get(&["rules"])?.as_array()?.len();
            (rules == 6).then_some(())
        })
        .await;
        if is_pruned {
            bench.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: else}}").await.unwrap();
        } else {
            bench.tear_down(DeletionPolicy::Delete).await.unwrap();
        }
        // Whoever makes it anew needs some milliseconds.
        sleep(Duration::from_millis(300)).await;
        assert_eq!(bench.get(kind, &gathered).await, None);
    }
}

#[tokio::test]
async fn a_finalizer_is_for_its_operator_to_take_off() {
    let Some(mut bench) = Bench::new("finalizer").await else { return };
    let group = format!("four.{}.example.com", bench.namespace);
    let set =
        format!("{}---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: operator}}}}", gadgets(&group));
    bench.apply(&set).await.unwrap();
    let kind = format!("{group}/v1/Gadget");
    bench.change(&kind, "one", json!({"metadata": {"finalizers": ["example.com/wait"]}})).await;
    bench.options.patience = Duration::from_secs(1);
    let error = bench.tear_down(DeletionPolicy::Delete).await.unwrap_err();
    assert!(matches!(error, EngineError::NotGone { .. }));
    assert!(text(&error).contains("(finalizers example.com/wait)"), "{}", text(&error));
    // What may take care of it still runs.
    assert!(bench.get("v1/ConfigMap", "operator").await.is_some());
    bench.options.patience = Duration::from_secs(20);
    let operator = async {
        sleep(Duration::from_millis(500)).await;
        bench.change(&kind, "one", json!({"metadata": {"finalizers": null}})).await;
    };
    let (gone, ()) = tokio::join!(bench.tear_down(DeletionPolicy::Delete), operator);
    gone.unwrap();
    assert_eq!(bench.get("v1/ConfigMap", "operator").await, None);
}

/// Who has no more than a moment for each look has it once, and not for each sixteen of them.
#[tokio::test]
async fn many_that_do_not_go_are_waited_for_together() {
    let Some(mut bench) = Bench::new("held-together").await else { return };
    let map = |number: usize| {
        let metadata = json!({"name": format!("m-{number:02}"), "finalizers": ["example.com/wait"]});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}).to_string()
    };
    let gone = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    let set: Vec<_> = (0..80).map(map).chain([gone.to_owned()]).collect();
    bench.apply(&set.join("\n---\n")).await.unwrap();
    bench.options.wait = Some(Duration::from_secs(1));
    let start = Instant::now();
    let error = text(&bench.tear_down(DeletionPolicy::Delete).await.unwrap_err());
    let spent = start.elapsed();
    assert!(error.starts_with("80 objects are still there: ConfigMap "), "{error}");
    assert!(error.ends_with("(finalizers example.com/wait) and 75 more"), "{error}");
    assert!(spent < Duration::from_secs(6), "{spent:?}");
    let inventory = bench.inventory().await;
    assert!(inventory.len() == 80 && !inventory.contains(&"ConfigMap a".to_owned()), "{inventory:?}");
    for number in 0..80 {
        bench
            .change("v1/ConfigMap", &format!("m-{number:02}"), json!({"metadata": {"finalizers": null}}))
            .await;
    }
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!(bench.inventory().await, [""; 0]);
}

#[tokio::test]
async fn of_many_that_do_not_go_some_are_named() {
    let Some(mut bench) = Bench::new("held").await else { return };
    let group = format!("twelve.{}.example.com", bench.namespace);
    bench.apply(&gadgets(&group)).await.unwrap();
    for number in 0..20 {
        let metadata = json!({"name": format!("g-{number}"), "finalizers": ["example.com/wait"]});
        let gadget = json!({"apiVersion": format!("{group}/v1"), "kind": "Gadget", "metadata": metadata});
        bench.put(&gadget.to_string()).await;
    }
    bench.options.patience = Duration::from_secs(1);
    let error = text(&bench.tear_down(DeletionPolicy::Delete).await.unwrap_err());
    assert!(error.starts_with("20 objects are still there after "), "{error}");
    assert!(error.ends_with("(finalizers example.com/wait) and 15 more"), "{error}");
    for number in 0..20 {
        bench
            .change(
                &format!("{group}/v1/Gadget"),
                &format!("g-{number}"),
                json!({"metadata": {"finalizers": null}}),
            )
            .await;
    }
    bench.options.patience = Duration::from_secs(20);
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
}

#[tokio::test]
async fn definitions_and_what_they_define_are_kept_where_that_is_asked_for() {
    let Some(bench) = Bench::new("keep").await else { return };
    let group = format!("five.{}.example.com", bench.namespace);
    let set = format!("{}---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}}}", gadgets(&group));
    bench.apply(&set).await.unwrap();
    bench.put(&format!("{{apiVersion: {group}/v1, kind: Gadget, metadata: {{name: precious}}}}")).await;
    let kind = format!("{group}/v1/Gadget");
    bench.change(&kind, "one", json!({"spec": {"size": 7}})).await;
    bench.tear_down(DeletionPolicy::KeepCRDs).await.unwrap();
    for kept in ["one", "precious"] {
        assert!(bench.get(&kind, kept).await.is_some(), "{kept}");
    }
    assert_eq!(bench.get("v1/ConfigMap", "a").await, None);
    // Whoever installs it again has them again.
    bench.lose_inventory().await;
    bench.done();
    bench.apply(&set).await.unwrap();
    let definition = format!("CustomResourceDefinition gadgets.{group}");
    let done = bench.done();
    assert_eq!((done[&definition], done["Gadget one"]), (Done::Configured, Done::Configured));
    assert_eq!(bench.inventory().await, ["ConfigMap a", definition.as_str(), "Gadget one"]);
    let gadget = bench.get(&kind, "one").await.unwrap();
    assert_eq!(gadget.get(&["spec", "size"]), Some(&json!(1)));
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!(bench.inventory().await, [""; 0]);
}

#[tokio::test]
async fn a_namespace_with_what_is_kept_is_kept() {
    let Some(bench) = Bench::new("keep-home").await else { return };
    let group = format!("eight.{}.example.com", bench.namespace);
    let home = format!("{}-home", bench.namespace);
    let set = format!(
        "{}---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {home}}}}}\n---\n\
         {{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, namespace: {home}}}}}",
        gadgets(&group)
    );
    bench.apply(&set).await.unwrap();
    let inside = bench.inside(&home);
    inside.put(&format!("{{apiVersion: {group}/v1, kind: Gadget, metadata: {{name: precious}}}}")).await;
    bench.tear_down(DeletionPolicy::KeepCRDs).await.unwrap();
    assert_eq!(bench.done()[&format!("Namespace {home}")], Done::Released);
    assert!(inside.get(&format!("{group}/v1/Gadget"), "precious").await.is_some());
    assert_eq!(inside.get("v1/ConfigMap", "a").await, None);
    let namespace = bench.get("v1/Namespace", &home).await.unwrap();
    assert_eq!(namespace.get(&["metadata", "deletionTimestamp"]), None);
    assert_eq!(namespace.get(&["metadata", "labels", "core.rukpak.io/owner-name"]), None);
}

#[tokio::test]
async fn a_namespace_without_what_is_kept_goes() {
    let Some(bench) = Bench::new("keep-none").await else { return };
    let group = format!("nine.{}.example.com", bench.namespace);
    let home = format!("{}-home", bench.namespace);
    let set =
        format!("{}---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {home}}}}}", gadgets(&group));
    bench.apply(&set).await.unwrap();
    bench.tear_down(DeletionPolicy::KeepCRDs).await.unwrap();
    assert_eq!(bench.get("v1/Namespace", &home).await, None);
}

/// Whoever may not look does not know, and what users have is not to go.
#[tokio::test]
async fn a_namespace_stays_where_it_cannot_be_told_what_is_in_it() {
    let Some(bench) = Bench::new("keep-unseen").await else { return };
    let group = format!("twenty.{}.example.com", bench.namespace);
    let home = format!("{}-home", bench.namespace);
    let set =
        format!("{}---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {home}}}}}", gadgets(&group));
    bench.apply(&set).await.unwrap();
    let proxy = FaultProxy::start(&Cluster::current().await.unwrap().kubeconfig());
    proxy.inject(Fault::Status(403), |asked| asked.path.contains("/gadgets?"));
    let behind = bench.behind(&proxy).await;
    behind.tear_down(DeletionPolicy::KeepCRDs).await.unwrap();
    assert_eq!(behind.done()[&format!("Namespace {home}")], Done::Released);
    let namespace = bench.get("v1/Namespace", &home).await.unwrap();
    assert_eq!(namespace.get(&["metadata", "deletionTimestamp"]), None);
}

#[tokio::test]
async fn what_is_released_stays_and_is_nobodys() {
    let Some(bench) = Bench::new("orphan").await else { return };
    bench
        .apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {app: web}}, data: {x: '1'}}")
        .await
        .unwrap();
    bench.tear_down(DeletionPolicy::Orphan).await.unwrap();
    let map = bench.get("v1/ConfigMap", "a").await.unwrap();
    assert_eq!(map.get(&["metadata", "labels"]), Some(&json!({"app": "web"})));
    assert_eq!(map.get(&["metadata", "annotations"]), None);
    assert_eq!(map.get(&["data", "x"]), Some(&json!("1")));
}

/// What was taken or has gone since is not ours to release.
#[tokio::test]
async fn what_is_not_ours_any_more_is_not_released() {
    let Some(bench) = Bench::new("orphan-taken").await else { return };
    let map = |name| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}\n---\n");
    bench.apply(&["gone", "ours", "theirs"].map(map).concat()).await.unwrap();
    bench.delete("v1/ConfigMap", "gone").await;
    let taken = json!({"metadata": {"labels": {"core.rukpak.io/owner-name": "other"}}});
    bench.change("v1/ConfigMap", "theirs", taken).await;
    bench.tear_down(DeletionPolicy::Orphan).await.unwrap();
    let owner = async |name| {
        let map = bench.get("v1/ConfigMap", name).await.unwrap();
        map.get(&["metadata", "labels", "core.rukpak.io/owner-name"]).cloned()
    };
    assert_eq!((owner("ours").await, owner("theirs").await), (None, Some(json!("other"))));
    // Whoever wants them has to say so.
    let error = text(&bench.other("next").apply(&map("ours")).await.unwrap_err());
    assert!(error.contains("it exists and belongs to nobody"), "{error}");
}

/// A name may be used in two namespaces of inventories.
#[tokio::test]
async fn what_a_namesake_has_stays() {
    let Some(bench) = Bench::new("namesake").await else { return };
    let elsewhere = format!("{}-elsewhere", bench.namespace);
    bench.put(&format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {elsewhere}}}}}")).await;
    let namesake = bench.namesake(&elsewhere);
    let map = |name| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}");
    namesake.apply(&map("a")).await.unwrap();
    bench.apply(&map("a")).await.unwrap();
    let uid = namesake.store().await.0.owner().uid.clone();
    let taken = json!({"metadata": {"annotations": {"core.rukpak.io/owner-uid": uid}}});
    bench.change("v1/ConfigMap", "a", taken).await;
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert!(bench.get("v1/ConfigMap", "a").await.is_some());
    assert_eq!(bench.done()["ConfigMap a"], Done::Released);
}

/// The server would refuse its deletion for ever.
#[tokio::test]
async fn a_namespace_of_the_cluster_itself_stays() {
    let Some(mut bench) = Bench::new("undeletable").await else { return };
    bench.options.collision_protection = CollisionProtection::IfNoController;
    bench.apply("{apiVersion: v1, kind: Namespace, metadata: {name: kube-public}}").await.unwrap();
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!(bench.done()["Namespace kube-public"], Done::Released);
    let namespace = bench.get("v1/Namespace", "kube-public").await.unwrap();
    assert_eq!(namespace.get(&["metadata", "labels", "core.rukpak.io/owner-name"]), None);
    assert_eq!(bench.inventory().await, [""; 0]);
}

/// The server stores more levels than a value that is read may have.
#[tokio::test]
async fn what_others_nested_too_deep_to_be_read_goes_all_the_same() {
    let Some(bench) = Bench::new("deep").await else { return };
    let group = format!("seventeen.{}.example.com", bench.namespace);
    let anything = "size: {x-kubernetes-preserve-unknown-fields: true}";
    let set = gadgets(&group).replace("size: {type: integer}", anything);
    bench.apply(&set).await.unwrap();
    let deep = (0..200).fold(json!("x"), |inner, _| json!({"x": inner}));
    let deep = json!({"spec": {"size": deep}});
    bench.change_unread(&format!("{group}/v1/Gadget"), "one", deep.clone()).await;
    let object = |inner| json!({"type": "object", "properties": {"x": inner}});
    let schema = (0..64).fold(json!({"type": "string"}), |inner, _| object(inner));
    let version =
        json!({"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}});
    let (kind, name) = ("apiextensions.k8s.io/v1/CustomResourceDefinition", format!("gadgets.{group}"));
    bench.change_unread(kind, &name, json!({"spec": {"versions": [version]}})).await;

    let error = text(&bench.look(&set).await.unwrap_err());
    assert!(error.contains("nested deeper than 127 levels"), "{error}");
    let (store, inventory) = bench.store().await;
    let found = bench.engine().rebuild(store.owner(), &bench.served().await).await.unwrap();
    assert_eq!(found.inventory, inventory);
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!(bench.inventory().await, [""; 0]);
    assert_eq!(bench.done()["Gadget one"], Done::Deleted);

    // And what only loses its marks.
    let group = format!("eighteen.{}.example.com", bench.namespace);
    let set = gadgets(&group).replace("size: {type: integer}", anything);
    bench.apply(&set).await.unwrap();
    bench.change_unread(&format!("{group}/v1/Gadget"), "one", deep).await;
    bench.tear_down(DeletionPolicy::Orphan).await.unwrap();
    assert_eq!(bench.done()["Gadget one"], Done::Released);
}
