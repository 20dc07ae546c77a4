//! Definitions and their resources: in one bundle, in two of them in either order, and when they go.

use std::time::Duration;

use e2e::provisioners::bundle::{Files, definition, definition_of, gadget, map, operator, plain, resource};
use e2e::provisioners::{Place, Which};
use serde_json::{Value, json};

#[tokio::test]
async fn a_definition_and_its_resources_may_be_in_one_bundle() {
    let Some(place) = Place::anywhere("combined").await else { return };
    let group = place.group();
    let web = place.install_plain(&plain(&[gadget(&group, "one"), definition(&group)])).await;
    assert!(place.objects(&format!("{group}/v1/Gadget")).has("one").await);
    assert_eq!(web.see().await.inventory().len(), 2);
}

#[tokio::test]
async fn who_depends_on_a_definition_waits_for_its_provider() {
    let Some(place) = Place::anywhere("dependent").await else { return };
    let group = place.group();
    let dependent = place.push("dependent", &plain(&[map("a", "1"), gadget(&group, "one")]));
    let dependent = place.create_other("dependent", place.spec(Which::Plain, &dependent)).await;
    let seen = dependent.until_says("Installed", "False/KindNotServed").await;
    assert!(seen.message("Installed").contains("the server does not serve Gadget in "), "{seen}");
    assert_eq!(
        (seen.says("Healthy").as_str(), seen.says("Stalled").as_str()),
        ("False/InstallationStatusFalse", "False/Progressing")
    );
    assert!(!place.objects("v1/ConfigMap").has("a").await, "nothing is written");
    let provider = place.push("provider", &plain(&[definition(&group)]));
    let provider = place.create_other("provider", place.spec(Which::Plain, &provider)).await;
    provider.until_settled().await;
    dependent.until_settled().await;
    assert!(place.objects(&format!("{group}/v1/Gadget")).has("one").await);
}

#[tokio::test]
async fn a_provider_may_be_there_before_who_depends_on_it() {
    let Some(place) = Place::anywhere("provider").await else { return };
    let group = place.group();
    let provider = place.push("provider", &plain(&[definition(&group)]));
    let provider = place.create_other("provider", place.spec(Which::Plain, &provider)).await;
    provider.until_settled().await;
    place.install_plain(&plain(&[gadget(&group, "one")])).await;
}

/// One after the other would be found out with one attempt each.
#[tokio::test]
async fn all_kinds_that_are_not_served_are_named() {
    let Some(place) = Place::anywhere("kinds").await else { return };
    let group = place.group();
    let kinds = ["Cog", "Gear", "Lever", "Wheel"];
    let objects = kinds.map(|kind| resource(&group, kind, "one"));
    let image = place.push("v1", &plain(&objects));
    let web = place.create(place.spec(Which::Plain, &image)).await;
    let seen = web.until_says("Installed", "False/KindNotServed").await;
    for kind in kinds {
        let expected = format!("the server does not serve {kind} in {group}/v1");
        assert_eq!(seen.message("Installed").matches(&expected).count(), 1, "{seen}");
    }
    // All but one are not enough.
    let some = [("Cog", "cogs"), ("Gear", "gears"), ("Lever", "levers")];
    place.apply(some.map(|(kind, plural)| definition_of(&group, kind, plural)).to_vec());
    let seen = web
        .until("three kinds are served", |seen| !seen.message("Installed").contains("serve Gear in"))
        .await;
    assert_eq!(seen.says("Installed"), "False/KindNotServed");
    place.apply(vec![definition_of(&group, "Wheel", "wheels")]);
    web.until_settled().await;
}

/// What v1beta1 keeps by default, at every depth.
#[tokio::test]
async fn resources_of_an_old_definition_keep_fields_that_it_does_not_list() {
    let Some(place) = Place::anywhere("old-definition").await else { return };
    let group = place.group();
    let mut files = operator(&group, "1.0.0");
    let old = json!({
        "apiVersion": "apiextensions.k8s.io/v1beta1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("gadgets.{group}")},
        "spec": {
            "group": group,
            "version": "v1",
            "names": {"kind": "Gadget", "plural": "gadgets"},
            "validation": {"openAPIV3Schema": {"properties": {"spec": {"type": "object", "properties": {
                "empty": {"type": "object"},
                "list": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "object"}}}},
                "map": {"type": "object", "additionalProperties": {"type": "object"}},
                "any": {"type": "object", "additionalProperties": true},
            }}}}},
        },
    });
    files[1].1 = old.to_string();
    let image = place.push("v1", &files);
    place.create(place.spec(Which::RegistryV1, &image)).await.until_settled().await;
    let spec = json!({
        "x": 1,
        "empty": {"x": {"y": 1}},
        "list": [{"x": 1, "a": {"x": 1}}],
        "map": {"x": {"y": 1}},
        "any": {"x": {"y": {"z": 1}}},
    });
    let gadgets = place.objects(&format!("{group}/v1/Gadget"));
    gadgets.create(json!({"metadata": {"name": "one"}, "spec": spec.clone()})).await;
    assert_eq!(gadgets.get("one").await.unwrap()["spec"], spec);
}

/// An operator of which the spec says something more.
fn operator_with(group: &str, field: &str, value: Value) -> Files {
    let mut files = operator(group, "1.0.0");
    let mut csv: Value = serde_json::from_str(&files[0].1).unwrap();
    csv["spec"][field] = value;
    files[0].1 = csv.to_string();
    files
}

/// It is the cluster that lacks something, and the same bundle can be installed when it comes.
#[tokio::test]
async fn an_operator_waits_for_a_native_api_that_is_not_served() {
    let Some(place) = Place::anywhere("native").await else { return };
    let (group, other) = (place.group(), format!("other.{}", place.group()));
    let api = json!({"group": other, "version": "v1", "kind": "Cog"});
    let image = place.push("v1", &operator_with(&group, "nativeAPIs", json!([api])));
    let web = place.create(place.spec(Which::RegistryV1, &image)).await;
    let seen = web.until_says("Installed", "False/KindNotServed").await;
    assert!(
        seen.message("Installed").contains("native-api-missing") && seen.message("Installed").contains("Cog"),
        "{seen}"
    );
    assert_eq!(seen.says("HasValidBundle"), "False/KindNotServed");
    assert_eq!(seen.says("Stalled"), "False/Progressing", "it is tried again");
    place.apply(vec![definition_of(&other, "Cog", "cogs")]);
    let seen = web.until_settled().await;
    assert_eq!(seen.says("HasValidBundle"), "True/BundleLoaded");
}

#[tokio::test]
async fn a_cluster_that_is_too_old_for_an_operator_is_looked_at_again() {
    let Some(place) = Place::anywhere("old").await else { return };
    let image = place.push("v1", &operator_with(&place.group(), "minKubeVersion", "99.0.0".into()));
    let web = place.create(place.spec(Which::RegistryV1, &image)).await;
    let seen = web.until_says("Installed", "False/InstallFailed").await;
    assert!(seen.message("Installed").contains("needs Kubernetes 99.0.0 or later"), "{seen}");
    assert_eq!(seen.says("Reconciling"), "True/BundleLoadFailed");
    assert_eq!(seen.says("Stalled"), "False/Progressing", "it is tried again");
}

#[tokio::test]
async fn the_definitions_of_a_bundle_go_with_it() {
    let Some(place) = Place::anywhere("go").await else { return };
    let group = place.group();
    let web = place.install_plain(&plain(&[definition(&group), gadget(&group, "one")])).await;
    let definitions = place.global("apiextensions.k8s.io/v1/CustomResourceDefinition");
    let name = format!("gadgets.{group}");
    let labels = &definitions.get(&name).await.unwrap()["metadata"]["labels"];
    assert_eq!(labels["core.rukpak.io/owner-kind"], "BundleDeployment");
    assert_eq!(labels["core.rukpak.io/owner-name"], place.name());
    web.delete().await;
    web.until_gone().await;
    assert!(!definitions.has(&name).await);
}

/// A definition that goes takes its kind with it: who has resources of it says so, and comes back with it.
#[tokio::test]
async fn a_definition_that_is_deleted_by_somebody_comes_back_with_its_resources() {
    let Some(place) = Place::new("robbed").await else { return };
    let group = place.group();
    place.install_plain(&plain(&[definition(&group), gadget(&group, "one")])).await;
    let definitions = place.global("apiextensions.k8s.io/v1/CustomResourceDefinition");
    let name = format!("gadgets.{group}");
    let before = definitions.get(&name).await.unwrap()["metadata"]["uid"].clone();
    definitions.delete(&name).await;
    e2e::controlplane::eventually("both are back", async || {
        let is_back = definitions.get(&name).await.is_some_and(|back| back["metadata"]["uid"] != before);
        (is_back && place.objects(&format!("{group}/v1/Gadget")).try_has("one").await).then_some(())
    })
    .await;
    place.wait(Duration::from_millis(500)).await;
    place.deployment(place.name()).until_settled().await;
}
