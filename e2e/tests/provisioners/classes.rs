//! Who takes care of what: classes, and objects that more than one lays claim to.

use std::time::Duration;

use e2e::faults::{Faults, Times, late};
use e2e::image::Image;
use e2e::provisioners::bundle::{map, maps, operator, plain};
use e2e::provisioners::{Place, Which};
use serde_json::{Value, json};

#[tokio::test]
async fn one_of_another_class_is_never_touched() {
    let Some(place) = Place::new("foreign").await else { return };
    place.make_namespace().await;
    let image = place.push("v1", &maps(1, "1"));
    let mut spec = place.spec(Which::Plain, &image);
    spec["provisionerClassName"] = "somebody-elses-class".into();
    let audit = place.audit();
    let mark = audit.mark().await;
    let web = place.create(spec).await;
    let before = web.see().await;
    // Whatever event may lead to it.
    let marked = json!({
        "metadata": {
            "name": "map-0",
            "labels": {"core.rukpak.io/owner-kind": "BundleDeployment", "core.rukpak.io/owner-name": web.name()},
            "annotations": {"core.rukpak.io/owner-uid": before.at("/metadata/uid")},
        },
    });
    let maps = place.objects("v1/ConfigMap");
    maps.create(marked).await;
    maps.change("map-0", json!({"data": {"value": "theirs"}})).await;
    maps.delete("map-0").await;
    place.wait(Duration::from_secs(8)).await;
    assert_eq!(web.see().await, before);
    assert_eq!(before.at("/status"), &Value::Null);
    assert_eq!(before.at("/metadata/finalizers"), &Value::Null);
    let requests = place.of_provisioners(&audit.since(mark).await);
    assert!(requests.is_empty(), "{requests}");
    // A deletion, too, is its provisioner's.
    web.delete().await;
    web.until_gone().await;
}

#[tokio::test]
async fn a_class_that_changes_hands_everything_over() {
    let Some(place) = Place::anywhere("handover").await else { return };
    let web = place.install_plain(&maps(2, "1")).await;
    let before = web.see().await;
    let image = place.push("operator", &operator(&place.group(), "1.0.0"));
    let class = Which::RegistryV1.class();
    web.respec(json!({"provisionerClassName": class, "source": {"image": {"ref": image}}})).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.at("/metadata/uid"), before.at("/metadata/uid"));
    assert_eq!(seen.at("/metadata/finalizers"), &json!(["core.rukpak.io/teardown"]));
    // What the old one had made is in the inventory, and goes.
    assert!(!seen.inventory().iter().any(|id| id.ends_with("_ConfigMap")), "{seen}");
    assert!(!place.objects("v1/ConfigMap").has("map-0").await);
    // And back, which takes the definition away.
    let image = place.push("v1", &maps(2, "1"));
    let spec = json!({
        "provisionerClassName": Which::Plain.class(),
        "source": {"image": {"ref": image}},
        "preflight": {"crdUpgradeSafety": {"disabled": true}},
    });
    web.respec(spec).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.inventory(), before.inventory());
    web.delete().await;
    web.until_gone().await;
}

/// The definition of what an operator's bundle has, as a cluster with Operator Lifecycle Manager has it.
fn definition_of_bundles() -> Value {
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({
        "metadata": {"name": "clusterserviceversions.operators.coreos.com"},
        "spec": {
            "group": "operators.coreos.com",
            "names": {"kind": "ClusterServiceVersion", "plural": "clusterserviceversions"},
            "scope": "Namespaced",
            "versions": [{
                "name": "v1alpha1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema},
            }],
        },
    })
}

/// Read by the format of the new class, what runs would be other objects.
#[tokio::test]
async fn what_runs_is_left_alone_by_another_class_until_that_one_has_something_to_install() {
    let Some(place) = Place::alone("other-class").await else { return };
    let definitions = place.global("apiextensions.k8s.io/v1/CustomResourceDefinition");
    definitions.create(definition_of_bundles()).await;
    let first = place.push("v1", &operator(&place.group(), "1.0.0"));
    let web = place.create(place.spec(Which::RegistryV1, &first)).await;
    let before = web.until_settled().await;
    assert_eq!(before.at("/status/activeClass"), Which::RegistryV1.class());
    let workloads = place.objects("apps/v1/Deployment");
    let workload = workloads.get(place.name()).await.unwrap();
    let (class, missing) = (Which::Plain.class(), place.image("missing"));
    web.respec(json!({"provisionerClassName": class, "source": {"image": {"ref": missing}}})).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    assert!(seen.message("Reconciling").contains(Which::RegistryV1.class()), "{seen}");
    place.wait(Duration::from_secs(3)).await;
    assert!(place.objects("operators.coreos.com/v1alpha1/ClusterServiceVersion").list().await.is_empty());
    let uid = |object: &Value| object["metadata"]["uid"].clone();
    assert_eq!(uid(&workloads.get(place.name()).await.unwrap()), uid(&workload));
    let seen = web.see().await;
    assert_eq!(seen.inventory(), before.inventory());
    for kind in ["Installed", "Healthy"] {
        assert_eq!((seen.says(kind), seen.generation_of(kind)), (before.says(kind), Some(1)), "{seen}");
    }
    // What goes meanwhile is missed.
    workloads.delete(place.name()).await;
    let seen = web.until("it is missed", |seen| seen.says("Healthy") == "False/Unhealthy").await;
    assert!(seen.message("Healthy").contains(place.name()), "{seen}");
    assert_eq!(seen.generation_of("Healthy"), Some(1), "{seen}");
    // Nor is the same bundle a plain one.
    web.switch_to(&first).await;
    let seen = web.until_says("HasValidBundle", "False/BundleLoadFailed").await;
    assert!(seen.message("HasValidBundle").contains("ClusterServiceVersion"), "{seen}");
    assert_eq!(seen.inventory(), before.inventory());
    web.respec(json!({"provisionerClassName": Which::RegistryV1.class()})).await;
    web.until_settled().await;
    assert!(workloads.has(place.name()).await);
    definitions.delete("clusterserviceversions.operators.coreos.com").await;
}

/// What is in flight when the class changes comes to nothing.
#[tokio::test]
async fn who_lost_the_class_while_fetching_writes_nothing() {
    let Some(place) = Place::new("in-flight").await else { return };
    let files = maps(1, "old");
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    let faults = Faults::serving(&Image::of_files(&files));
    faults.on("GET", "/blobs/", Times::Always, late(Duration::from_secs(3)));
    let web = place.create(place.spec(Which::Plain, &faults.image("bundle:v1"))).await;
    web.until_says("Unpacked", "False/Unpacking").await;
    let image = place.push("operator", &operator(&place.group(), "1.0.0"));
    let class = Which::RegistryV1.class();
    web.respec(json!({"provisionerClassName": class, "source": {"image": {"ref": image}}})).await;
    web.until_settled().await;
    place.quiet_but_for_watches(Duration::from_secs(4)).await;
    assert!(!place.objects("v1/ConfigMap").has("map-0").await);
}

#[tokio::test]
async fn an_object_has_one_owner_and_the_next_one_waits_for_it() {
    let Some(place) = Place::anywhere("claimed").await else { return };
    let image = place.push("first", &plain(&[map("shared", "1"), map("first", "1")]));
    let first = place.create_other("first", place.spec(Which::Plain, &image)).await;
    first.until_settled().await;
    let image = place.push("second", &plain(&[map("shared", "2"), map("second", "1")]));
    let second = place.create_other("second", place.spec(Which::Plain, &image)).await;
    let seen = second.until_says("Installed", "False/InstallFailed").await;
    let message = seen.message("Installed");
    assert!(message.contains("shared") && message.contains(first.name()), "{seen}");
    let maps = place.objects("v1/ConfigMap");
    assert!(!maps.has("second").await, "nothing is written");
    assert_eq!(maps.get("shared").await.unwrap()["data"]["value"], "1");
    assert!(first.see().await.is_settled());
    first.delete().await;
    first.until_gone().await;
    second.until_settled().await;
    assert_eq!(maps.get("shared").await.unwrap()["data"]["value"], "2");
}

#[tokio::test]
async fn what_is_there_is_taken_over_where_that_is_asked_for() {
    let Some(place) = Place::anywhere("adopted").await else { return };
    place.make_namespace().await;
    let maps = place.objects("v1/ConfigMap");
    let before = maps.create(json!({"metadata": {"name": "one"}, "data": {"value": "theirs"}})).await;
    let image = place.push("v1", &plain(&[map("one", "ours"), map("two", "ours")]));
    let web = place.create(place.spec(Which::Plain, &image)).await;
    let seen = web.until_says("Installed", "False/InstallFailed").await;
    assert!(seen.message("Installed").contains("one"), "{seen}");
    assert_eq!(maps.get("one").await.unwrap(), before);
    assert!(!maps.has("two").await, "nothing is written");
    web.respec(json!({"collisionProtection": "IfNoController"})).await;
    web.until_settled().await;
    let after = maps.get("one").await.unwrap();
    assert_eq!(
        (&after["data"]["value"], &after["metadata"]["uid"]),
        (&json!("ours"), &before["metadata"]["uid"])
    );
}
