//! Objects that are there already, and whose they are.

use e2e::controlplane::eventually;
use rstest::rstest;
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

const LOST: &str = "
{apiVersion: v1, kind: Secret, metadata: {name: a, labels: {app: web, old: x}}, stringData: {a: '1', b: '2'}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {storageClassName: '', accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
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
      - {name: web, image: a, env: [{name: KEPT, value: x}, {name: DROPPED, value: z}]}
";

/// What others have filled in before stays.
#[rstest]
#[case::fields_that_were_emptied(false)]
#[case::objects_that_were_restored(true)]
#[tokio::test]
async fn what_a_new_version_does_not_have_is_gone_though_nobody_knew_any_more_it_was_ours(
    #[case] is_restored: bool,
) {
    let Some(bench) = Bench::new("lost").await else { return };
    bench.apply(LOST).await.unwrap();
    bench.change("v1/Secret", "a", json!({"data": {"password": "c2VjcmV0"}})).await;
    bench.change("v1/PersistentVolumeClaim", "data", json!({"spec": {"volumeName": "theirs"}})).await;
    bench.change("apps/v1/Deployment", "web", json!({"spec": {"minReadySeconds": 3}})).await;
    for (kind, name) in
        [("v1/Secret", "a"), ("v1/PersistentVolumeClaim", "data"), ("apps/v1/Deployment", "web")]
    {
        if is_restored {
            let mut live = bench.get(kind, name).await.unwrap();
            bench.change(kind, name, json!({"metadata": {"finalizers": null}})).await;
            bench.delete_object(&live).await;
            eventually("it is gone", async || bench.get(kind, name).await.is_none().then_some(())).await;
            live.fields_mut().remove("status");
            live.metadata_mut()
                .retain(|field, _| ["name", "namespace", "labels", "annotations"].contains(&field.as_str()));
            bench.put_object_as("velero", &live).await;
        } else {
            bench.change(kind, name, json!({"metadata": {"managedFields": [{}]}})).await;
        }
    }

    assert_eq!(bench.apply(LOST).await.unwrap().written, 3, "what is planned is ours again");
    assert_eq!(bench.apply(LOST).await.unwrap().written, 0);
    let next =
        LOST.replace(", old: x", "").replace(", b: '2'", "").replace(", {name: DROPPED, value: z}", "");
    let checked = bench.look(&next).await.unwrap();
    let told = format!("{:?}", checked.steps());
    assert!(told.contains("DROPPED"), "{told}");
    bench.apply(&next).await.unwrap();
    let secret = bench.get("v1/Secret", "a").await.unwrap();
    assert_eq!(secret.get(&["data"]), Some(&json!({"a": "MQ==", "password": "c2VjcmV0"})));
    assert_eq!(secret.get(&["metadata", "labels", "old"]), None);
    let claim = bench.get("v1/PersistentVolumeClaim", "data").await.unwrap();
    assert_eq!(claim.get(&["spec", "volumeName"]), Some(&json!("theirs")));
    let deployment = bench.get("apps/v1/Deployment", "web").await.unwrap();
    let containers = &deployment.get(&["spec", "template", "spec", "containers"]).unwrap()[0];
    assert_eq!(containers["env"], json!([{"name": "KEPT", "value": "x"}]));
    assert_eq!(deployment.get(&["spec", "minReadySeconds"]), Some(&json!(3)));
    assert_eq!(bench.apply(&next).await.unwrap().written, 0);
}

/// Nobody can tell what was ours then, and what an operator has made.
#[tokio::test]
async fn an_upgrade_right_after_a_restore_takes_nothing_away_that_is_not_planned() {
    let Some(bench) = Bench::new("restored-upgrade").await else { return };
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: '1'}}";
    bench.apply(map).await.unwrap();
    bench.change("v1/ConfigMap", "a", json!({"data": {"theirs": "x"}})).await;
    let mut live = bench.get("v1/ConfigMap", "a").await.unwrap();
    bench.delete_object(&live).await;
    live.metadata_mut()
        .retain(|field, _| ["name", "namespace", "labels", "annotations"].contains(&field.as_str()));
    bench.put_object_as("velero", &live).await;
    bench.apply(&map.replace("'1'", "'2'")).await.unwrap();
    let live = bench.get("v1/ConfigMap", "a").await.unwrap();
    assert_eq!(live.get(&["data"]), Some(&json!({"a": "2", "theirs": "x"})));
}

/// What is repaired keeps what others have added.
#[tokio::test]
async fn of_fields_that_were_emptied_no_more_is_ours_than_what_was_planned_last() {
    let Some(bench) = Bench::new("emptied").await else { return };
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: '1', b: '2'}}";
    bench.apply(map).await.unwrap();
    bench.change("v1/ConfigMap", "a", json!({"data": {"b": "drifted", "theirs": "x"}})).await;
    bench.change("v1/ConfigMap", "a", json!({"metadata": {"managedFields": [{}]}})).await;
    bench.apply(map).await.unwrap();
    bench.apply(&map.replace(", b: '2'", "")).await.unwrap();
    let live = bench.get("v1/ConfigMap", "a").await.unwrap();
    assert_eq!(live.get(&["data"]), Some(&json!({"a": "1", "theirs": "x"})));
}
