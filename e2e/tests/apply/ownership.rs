//! Objects that are there already, and whose they are.

use rukpak_apply::CollisionProtection;
use rukpak_apply::engine::{DeletionPolicy, Done};
use serde_json::json;

use super::bench::{Bench, text};

const MAPS: &str = "
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: ours}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {x: ours}}
";

const THEIRS: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {x: theirs, z: theirs}}";

#[tokio::test]
async fn what_is_nobodys_is_not_taken_and_nothing_is_written() {
    let Some(bench) = Bench::new("collision").await else { return };
    bench.put(THEIRS).await;
    let error = text(&bench.apply(MAPS).await.unwrap_err());
    let expected = format!(
        "ConfigMap {}/b cannot be taken: it exists and belongs to nobody; collision protection is Prevent",
        bench.namespace
    );
    assert_eq!(error, expected);
    assert_eq!(bench.get("v1/ConfigMap", "a").await, None);
    assert_eq!(bench.inventory().await, [""; 0]);
}

#[tokio::test]
async fn what_is_nobodys_is_adopted_where_that_is_asked_for() {
    let Some(mut bench) = Bench::new("adopt").await else { return };
    bench.put(THEIRS).await;
    bench.options.collision_protection = CollisionProtection::IfNoController;
    bench.apply(MAPS).await.unwrap();
    assert_eq!(bench.done()["ConfigMap b"], Done::Adopted);
    let map = bench.get("v1/ConfigMap", "b").await.unwrap();
    assert_eq!(map.get(&["data"]), Some(&json!({"x": "ours", "z": "theirs"})));
    bench.options.collision_protection = CollisionProtection::Prevent;
    assert_eq!(bench.apply(MAPS).await.unwrap().written, 0);
}

#[tokio::test]
async fn of_what_we_gave_back_and_take_again_what_is_not_planned_any_more_goes() {
    let Some(mut bench) = Bench::new("again").await else { return };
    let map = |data| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {data}}}");
    bench.apply(&map("{x: '1', y: '2'}")).await.unwrap();
    bench.tear_down(DeletionPolicy::Orphan).await.unwrap();
    bench.lose_inventory().await;
    bench.change("v1/ConfigMap", "a", json!({"data": {"theirs": "3"}})).await;
    bench.done();
    bench.options.collision_protection = CollisionProtection::IfNoController;
    bench.apply(&map("{x: '1'}")).await.unwrap();
    assert_eq!(bench.done()["ConfigMap a"], Done::Adopted);
    let map = bench.get("v1/ConfigMap", "a").await.unwrap();
    assert_eq!(map.get(&["data"]), Some(&json!({"x": "1", "theirs": "3"})));
}

#[tokio::test]
async fn what_is_anothers_is_named() {
    let Some(bench) = Bench::new("two").await else { return };
    let other = bench.other("the-other");
    other.apply(THEIRS).await.unwrap();
    let error = text(&bench.apply(MAPS).await.unwrap_err());
    assert!(error.contains("it belongs to Inventory the-other"), "{error}");
}

/// Makes the ConfigMap `b`, which another one controls.
async fn put_controlled(bench: &Bench) {
    bench.put("{apiVersion: v1, kind: ConfigMap, metadata: {name: parent}}").await;
    let parent = bench.get("v1/ConfigMap", "parent").await.unwrap();
    let uid = parent.get(&["metadata", "uid"]).unwrap();
    bench.put(&format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: b, ownerReferences: [{{apiVersion: v1, kind: ConfigMap, \
         name: parent, uid: {uid}, controller: true}}]}}}}"
    )).await;
}

#[tokio::test]
async fn what_a_controller_has_is_left_alone() {
    let Some(mut bench) = Bench::new("controller").await else { return };
    put_controlled(&bench).await;
    bench.options.collision_protection = CollisionProtection::IfNoController;
    let error = text(&bench.apply(MAPS).await.unwrap_err());
    assert!(error.contains("it is controlled by ConfigMap parent"), "{error}");
}

#[tokio::test]
async fn what_a_controller_has_is_ours_alone_where_that_is_asked_for() {
    let Some(mut bench) = Bench::new("controller-none").await else { return };
    put_controlled(&bench).await;
    bench.options.collision_protection = CollisionProtection::None;
    bench.apply(MAPS).await.unwrap();
    assert_eq!(bench.done()["ConfigMap b"], Done::Adopted);
    assert_eq!(bench.apply(MAPS).await.unwrap().written, 0);
    let map = bench.get("v1/ConfigMap", "b").await.unwrap();
    assert_eq!(map.get(&["metadata", "ownerReferences"]).unwrap()[0].get("controller"), None);
    // Whoever takes it back has it, without our marks.
    let mut references = map.get(&["metadata", "ownerReferences"]).unwrap().clone();
    references[0]["controller"] = true.into();
    bench.change("v1/ConfigMap", "b", json!({"metadata": {"ownerReferences": references}})).await;
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    let map = bench.get("v1/ConfigMap", "b").await.unwrap();
    assert_eq!(map.get(&["metadata", "labels"]), None);
    assert_eq!(bench.get("v1/ConfigMap", "a").await, None);
}

#[tokio::test]
async fn what_another_owner_has_is_not_taken_whatever_is_asked_for() {
    let Some(mut bench) = Bench::new("two-none").await else { return };
    bench.other("the-other-one").apply(THEIRS).await.unwrap();
    bench.options.collision_protection = CollisionProtection::None;
    let error = text(&bench.apply(MAPS).await.unwrap_err());
    assert!(error.contains("it belongs to Inventory the-other-one"), "{error}");
}

#[tokio::test]
async fn what_was_ours_before_we_were_restored_is_ours() {
    let Some(bench) = Bench::new("restored").await else { return };
    bench.apply(MAPS).await.unwrap();
    bench.lose_inventory().await;
    bench.done();
    bench.apply(MAPS).await.unwrap();
    assert_eq!(bench.done()["ConfigMap a"], Done::Configured, "the new UID is written");
    assert_eq!(bench.inventory().await, ["ConfigMap a", "ConfigMap b"]);
}

#[tokio::test]
async fn what_is_made_where_absent_is_used_as_it_is() {
    let Some(bench) = Bench::new("absent").await else { return };
    bench.put("{apiVersion: v1, kind: ServiceAccount, metadata: {name: there, labels: {a: theirs}}}").await;
    let account = |name| {
        format!(
            "{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {name}, annotations: {{core.rukpak.io/create-if-absent: 'true'}}}}}}"
        )
    };
    let set = [account("there"), account("absent")].join("\n---\n");
    bench.apply(&set).await.unwrap();
    assert_eq!(bench.done()["ServiceAccount there"], Done::Used);
    assert_eq!(bench.inventory().await, ["ServiceAccount absent"]);
    assert_eq!(bench.apply(&set).await.unwrap().written, 0);
}
