//! From one version to the next, and back: what is replaced, what goes, and what goes on running where the next one fails.

use std::time::Duration;

use e2e::controlplane::eventually;
use e2e::provisioners::bundle::{Files, definition, map, maps, operator, plain, workload};
use e2e::provisioners::{Deployment, Place, Seen, Which};
use serde_json::json;

#[tokio::test]
async fn the_next_version_replaces_the_one_before_and_takes_away_what_it_left() {
    let Some(place) = Place::new("next").await else { return };
    let web = place.install_plain(&plain(&[map("both", "1"), map("old", "1")])).await;
    let maps = place.objects("v1/ConfigMap");
    let before = maps.get("both").await.unwrap();
    let next = place.push("v2", &plain(&[map("both", "2"), map("new", "1")]));
    web.switch_to(&next).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.generation(), 2);
    let expected = ["both", "new"].map(|name| format!("{}_{name}__ConfigMap", place.name()));
    assert_eq!(seen.inventory(), expected);
    assert_eq!(seen.at("/status/activeSource"), seen.at("/status/resolvedSource"));
    let after = maps.get("both").await.unwrap();
    assert_eq!(
        (&after["data"]["value"], &after["metadata"]["uid"]),
        (&json!("2"), &before["metadata"]["uid"])
    );
    assert!(maps.has("new").await && !maps.has("old").await);
}

#[tokio::test]
async fn a_version_before_can_be_gone_back_to() {
    let Some(place) = Place::new("back").await else { return };
    let group = place.group();
    let [first, next] = ["1.0.0", "2.0.0"].map(|version| place.push(version, &operator(&group, version)));
    let web = place.create(place.spec(Which::RegistryV1, &first)).await;
    let before = web.until_settled().await;
    web.switch_to(&next).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.text("/status/bundle/version"), "2.0.0");
    web.switch_to(&first).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.text("/status/bundle/version"), "1.0.0");
    assert_eq!(seen.inventory(), before.inventory());
    assert_eq!(seen.at("/status/activeSource"), before.at("/status/activeSource"));
}

/// What was installed before goes on, and says so of itself: its conditions keep their generation.
fn assert_still_runs(before: &Seen, seen: &Seen, failing: &str, says: &str) {
    assert_eq!(seen.generation(), before.generation() + 1);
    assert_eq!(seen.at("/status/observedGeneration"), &json!(seen.generation()));
    for kind in ["Installed", "Healthy"] {
        assert_eq!(seen.says(kind), before.says(kind), "{seen}");
        assert_eq!(seen.generation_of(kind), Some(before.generation()), "{seen}");
    }
    assert_eq!(seen.says(failing), says, "{seen}");
    for kind in [failing, "Reconciling", "Stalled"] {
        assert_eq!(seen.generation_of(kind), Some(seen.generation()), "{kind}\n{seen}");
    }
    assert_eq!(seen.at("/status/activeSource"), before.at("/status/activeSource"));
    assert_eq!(seen.inventory(), before.inventory());
}

/// Installs a version, goes on to another one, and back to a good one in the end.
async fn attempted(place: &Place, files: &Files, reason: &str) -> (Seen, Seen) {
    let web = place.install_plain(&plain(&[map("one", "1"), workload("web")])).await;
    let before = web.see().await;
    let image = place.push("v2", files);
    web.switch_to(&image).await;
    let seen = web.until("the attempt failed", |seen| seen.says("Stalled") == format!("True/{reason}")).await;
    (before, seen)
}

#[tokio::test]
async fn a_version_that_is_no_bundle_leaves_the_one_before_running() {
    let Some(place) = Place::new("bad").await else { return };
    let (before, seen) =
        attempted(&place, &vec![("manifests/a.yaml".into(), "not: an object".into())], "BundleLoadFailed")
            .await;
    assert_still_runs(&before, &seen, "HasValidBundle", "False/BundleLoadFailed");
    assert_eq!(seen.says("Reconciling"), "False/BundleLoadFailed");
    let maps = place.objects("v1/ConfigMap");
    assert_eq!(maps.get("one").await.unwrap()["data"]["value"], "1");
    // And a good one is the active one then.
    let good = place.push("v3", &plain(&[map("one", "3")]));
    let web = place.deployment(place.name());
    web.switch_to(&good).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.at("/status/activeSource/image/ref"), seen.at("/status/resolvedSource/image/ref"));
    assert_eq!(maps.get("one").await.unwrap()["data"]["value"], "3");
    assert!(!place.objects("apps/v1/Deployment").has("web").await);
}

#[tokio::test]
async fn a_version_whose_image_is_missing_leaves_the_one_before_running() {
    let Some(place) = Place::new("gone").await else { return };
    let web = place.install_plain(&maps(1, "1")).await;
    let before = web.see().await;
    web.switch_to(&place.image("v2")).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    assert_still_runs(&before, &seen, "Unpacked", "False/UnpackFailed");
    assert_eq!(seen.says("Reconciling"), "True/UnpackFailed");
    assert_eq!(seen.says("Stalled"), "False/Progressing");
}

/// A selector of a Deployment is for good.
#[tokio::test]
async fn a_version_that_the_cluster_does_not_take_leaves_the_one_before_running() {
    let Some(place) = Place::new("selector").await else { return };
    let mut other = workload("web");
    other["spec"]["selector"]["matchLabels"] = json!({"app": "other"});
    other["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
    let (before, seen) = attempted(&place, &plain(&[map("one", "2"), other]), "UpgradeFailed").await;
    assert_still_runs(&before, &seen, "Stalled", "True/UpgradeFailed");
    assert!(seen.message("Stalled").contains("web"), "{seen}");
    assert_eq!(
        place.objects("v1/ConfigMap").get("one").await.unwrap()["data"]["value"],
        "1",
        "nothing is written"
    );
    let web = place.deployment(place.name());
    web.respec(json!({"force": true})).await;
    web.until_settled().await;
    let selector = &place.objects("apps/v1/Deployment").get("web").await.unwrap()["spec"]["selector"];
    assert_eq!(selector["matchLabels"]["app"], "other");
}

/// Who has resources with a field must not lose it.
#[tokio::test]
async fn a_definition_that_takes_something_away_is_refused_unless_that_is_wished() {
    let Some(place) = Place::new("safety").await else { return };
    let group = place.group();
    let web = place.install_plain(&plain(&[definition(&group)])).await;
    let before = web.see().await;
    let mut narrow = definition(&group);
    let schema = &mut narrow["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    schema["properties"] = json!({"colour": {"type": "string"}});
    let image = place.push("v2", &plain(&[narrow]));
    web.switch_to(&image).await;
    let seen = web.until("it is refused", |seen| seen.message("Stalled").contains("size")).await;
    assert_still_runs(&before, &seen, "Stalled", "True/UpgradeFailed");
    web.respec(json!({"preflight": {"crdUpgradeSafety": {"disabled": true}}})).await;
    web.until_settled().await;
    let live = place
        .global("apiextensions.k8s.io/v1/CustomResourceDefinition")
        .get(&format!("gadgets.{group}"))
        .await;
    let live = &live.unwrap()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
    assert_eq!(live["colour"]["type"], "string");
}

#[tokio::test]
async fn a_tag_that_moves_is_followed_when_somebody_asks_for_it() {
    let Some(place) = Place::new("moving").await else { return };
    let web = place.install_plain(&maps(1, "1")).await;
    let before = web.see().await;
    let _ = place.push("v1", &maps(1, "2"));
    place.wait(Duration::from_secs(2)).await;
    assert_eq!(web.see().await, before, "nobody asked");
    web.look_again("once").await;
    let seen = web.until_settled().await;
    assert_ne!(seen.at("/status/activeSource"), before.at("/status/activeSource"));
    assert_eq!((seen.generation(), seen.at("/spec")), (before.generation(), before.at("/spec")));
    assert_eq!(seen.text("/status/lastHandledReconcileAt"), "once");
    assert_eq!(place.objects("v1/ConfigMap").get("map-0").await.unwrap()["data"]["value"], "2");
}

/// A tag that leads to what cannot be had changes nothing about what is there, and this is said.
#[tokio::test]
async fn a_tag_that_cannot_be_looked_at_changes_nothing() {
    let Some(place) = Place::new("unlooked").await else { return };
    let faults = e2e::faults::Faults::new();
    let files = maps(1, "1");
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    faults.put("web:v1", &e2e::image::Image::of_files(&files));
    let web = place.create(place.spec(Which::Plain, &faults.image("web:v1"))).await;
    let before = web.until_settled().await;
    drop(faults);
    web.look_again("once").await;
    let seen = web.until_says("Reconciling", "True/Retrying").await;
    for kind in ["Unpacked", "HasValidBundle", "Installed", "Healthy"] {
        assert_eq!(seen.says(kind), before.says(kind), "{seen}");
    }
    assert_eq!(seen.at("/status/activeSource"), before.at("/status/activeSource"));
}

/// Health is that of the objects, and follows them.
#[tokio::test]
async fn health_follows_the_objects() {
    let Some(place) = Place::new("health").await else { return };
    let mut sick = workload("web");
    sick["spec"]["template"]["spec"]["nodeSelector"] = json!({"nowhere": "true"});
    let image = place.push("v1", &plain(&[map("one", "1"), sick]));
    let web = place.create(place.spec(Which::Plain, &image)).await;
    let seen = web.until_says("Healthy", "False/Unhealthy").await;
    assert_eq!(seen.says("Installed"), "True/InstallationSucceeded");
    assert_eq!(seen.says("Reconciling"), "True/Progressing");
    assert!(seen.message("Healthy").contains("web"), "{seen}");
    let well = place.push("v2", &plain(&[map("one", "1"), workload("web")]));
    web.switch_to(&well).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.says("Healthy"), "True/Healthy");
    told(&place, "InstallationSucceeded").await;
}

async fn told(place: &Place, reason: &str) {
    eventually("an event", async || {
        place.events().await.iter().any(|event| event["reason"] == reason).then_some(())
    })
    .await;
}

/// What the version before had goes only when the next one is well.
#[tokio::test]
async fn what_is_left_over_stays_until_the_next_version_is_healthy() {
    let Some(place) = Place::new("left-over").await else { return };
    let web: Deployment<'_> = place.install_plain(&plain(&[map("one", "1"), map("old", "1")])).await;
    let mut sick = workload("web");
    sick["spec"]["template"]["spec"]["nodeSelector"] = json!({"nowhere": "true"});
    let image = place.push("v2", &plain(&[map("one", "2"), sick]));
    web.switch_to(&image).await;
    let seen = web.until_says("Healthy", "False/Unhealthy").await;
    assert!(place.objects("v1/ConfigMap").has("old").await);
    assert_eq!(seen.inventory().len(), 3, "{seen}");
    let image = place.push("v3", &plain(&[map("one", "2"), workload("web")]));
    web.switch_to(&image).await;
    let seen = web.until_settled().await;
    assert!(!place.objects("v1/ConfigMap").has("old").await);
    assert_eq!(seen.inventory().len(), 2, "{seen}");
}

#[tokio::test]
async fn the_next_version_is_healthy_while_what_is_left_over_goes() {
    let Some(place) = Place::anywhere("slow-to-go").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1"), map("old", "1")])).await;
    let maps = place.objects("v1/ConfigMap");
    maps.change("old", json!({"metadata": {"finalizers": ["example.com/held"]}})).await;
    web.switch_to(&place.push("v2", &plain(&[map("one", "1"), map("new", "1")]))).await;
    let seen = web.until_says("Reconciling", "True/Pruning").await;
    for (kind, says) in [("Installed", "True/InstallationSucceeded"), ("Healthy", "True/Healthy")] {
        assert_eq!((seen.says(kind).as_str(), seen.generation_of(kind)), (says, Some(2)), "{seen}");
    }
    maps.change("old", json!({"metadata": {"finalizers": null}})).await;
    web.until_settled().await;
    assert!(!maps.has("old").await);
}

/// A quota counts what is written, and not what would be: the first objects are there when it says no.
#[tokio::test]
async fn an_installation_that_is_cut_off_by_a_quota_says_so_and_goes_on_when_it_may() {
    let Some(place) = Place::new("quota").await else { return };
    place.make_namespace().await;
    let quotas = place.objects("v1/ResourceQuota");
    // Secrets: nobody else makes one here, while the namespace's own ConfigMap comes in its time.
    quotas.create(json!({"metadata": {"name": "few"}, "spec": {"hard": {"count/secrets": "1"}}})).await;
    eventually("the quota is counted", async || {
        let used = quotas.get("few").await?["status"]["used"]["count/secrets"].clone();
        (used == "0").then_some(())
    })
    .await;
    let secret = |name| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
    let image = place.push("v1", &plain(&["a", "b", "c"].map(secret)));
    let web = place.create(place.spec(Which::Plain, &image)).await;
    let seen = web.until_says("Installed", "False/InstallFailed").await;
    assert!(seen.message("Installed").contains("exceeded quota"), "{seen}");
    assert_eq!(seen.says("Reconciling"), "True/InstallFailed");
    assert_eq!(seen.at("/status/activeSource"), &json!(null));
    quotas.delete("few").await;
    let seen = web.until_settled().await;
    assert_eq!(seen.inventory().len(), 3);
}

#[tokio::test]
async fn a_definition_that_takes_something_away_is_refused_unless_that_is_waived() {
    let Some(place) = Place::anywhere("waivers").await else { return };
    let group = place.group();
    let web = place.install_plain(&plain(&[definition(&group)])).await;
    let mut stricter = definition(&group);
    stricter["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"] =
        json!({"type": "string"});
    web.switch_to(&place.push("v2", &plain(&[stricter]))).await;
    let seen = web.until_says("Stalled", "True/UpgradeFailed").await;
    assert!(seen.message("Stalled").contains("^.spec.size"), "{seen}");
    let waive = |rule: &str, path: &str| {
        let waiver = json!({"crd": format!("gadgets.{group}"), "rule": rule, "path": path});
        json!({"preflight": {"crdUpgradeSafety": {"waivers": [waiver]}}})
    };
    web.respec(waive("nonsense", "^.spec.size")).await;
    let seen = web.until_says("Stalled", "True/InvalidSpec").await;
    assert!(seen.message("Stalled").contains("nonsense"), "{seen}");
    // Of another field.
    web.respec(waive("type", "^.spec.colour")).await;
    web.until_says("Stalled", "True/UpgradeFailed").await;
    web.respec(waive("type", "^.spec.size")).await;
    web.until_settled().await;
    let definitions = place.global("apiextensions.k8s.io/v1/CustomResourceDefinition");
    let live = definitions.get(&format!("gadgets.{group}")).await.unwrap();
    let spec = &live["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    assert_eq!(spec["properties"]["size"]["type"], "string");
}
