//! Where a field of one version is in the other.

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::{Value, json};

use super::super::{self as conversion, lacking};
use super::{annotated, new, old, read};
use super::{from_v1alpha2, to_v1alpha2};
use crate::names::{TEMPLATE_CLASS, TEMPLATE_METADATA, V1ALPHA2_SPEC};

#[rstest]
#[case::plain("core-rukpak-io-plain", "core-rukpak-io-plain", "core-rukpak-io-plain", None)]
#[case::registry("core-rukpak-io-plain", "core-rukpak-io-registry", "core-rukpak-io-registry", None)]
#[case::helm("core-rukpak-io-helm", "core-rukpak-io-helm", "core-rukpak-io-helm", None)]
#[case::of_others("org-example-a", "org-example-a", "org-example-a", None)]
#[case::registry_twice(
    "core-rukpak-io-registry",
    "core-rukpak-io-registry",
    "core-rukpak-io-registry",
    Some("core-rukpak-io-registry/core-rukpak-io-registry")
)]
#[case::no_pair(
    "core-rukpak-io-helm",
    "core-rukpak-io-plain",
    "core-rukpak-io-helm",
    Some("core-rukpak-io-helm/core-rukpak-io-plain")
)]
#[case::the_other_way_round(
    "core-rukpak-io-registry",
    "core-rukpak-io-plain",
    "core-rukpak-io-registry",
    Some("core-rukpak-io-registry/core-rukpak-io-plain")
)]
fn classes(#[case] class: &str, #[case] template: &str, #[case] hub: &str, #[case] annotation: Option<&str>) {
    let given = old(class, template);
    let converted = to_v1alpha2(given.clone()).unwrap();
    assert_eq!(converted["spec"]["provisionerClassName"], hub);
    let found = converted["metadata"]["annotations"].get(TEMPLATE_CLASS);
    assert_eq!(found, annotation.map(Value::from).as_ref());
    assert_eq!(from_v1alpha2(converted).unwrap(), given);
}

#[test]
fn a_whole_object_of_v1alpha1() {
    let mut given = annotated(old("core-rukpak-io-plain", "core-rukpak-io-registry"), "mine", "kept");
    given["spec"]["config"] = json!({"values": "a: b\n", "c": [null, 1.5]});
    given["spec"]["template"]["metadata"] = json!({"labels": {"app": "web"}, "creationTimestamp": null});
    given["status"] =
        json!({"activeBundle": "web-abc", "conditions": [{"type": "Installed"}], "observedGeneration": 3});
    let mut expected = new(json!({"config": {"values": "a: b\n", "c": [null, 1.5]}}));
    expected["status"] = given["status"].clone();
    expected["metadata"]["annotations"] =
        json!({"mine": "kept", TEMPLATE_METADATA: r#"{"creationTimestamp":null,"labels":{"app":"web"}}"#});
    assert_eq!(to_v1alpha2(given.clone()).unwrap(), expected);
    assert_eq!(from_v1alpha2(expected).unwrap(), given);
}

#[test]
fn a_whole_object_of_v1alpha2() {
    let image = json!({
        "ref": "registry.example.com/web:v1", "pullSecret": "s", "insecureSkipTLSVerify": true, "certificateData": "PEM",
    });
    let mut given = new(json!({
        "installNamespace": "web",
        "deletionPolicy": "KeepCRDs",
        "paused": false,
        "preflight": {"crdUpgradeSafety": {"enforcement": "None", "waivers": [{"crd": "a"}]}},
        "config": {"watchNamespace": ""},
        "source": {"type": "image", "image": image, "pollIntervalMinutes": 5},
    }));
    given["status"] =
        json!({"inventory": {"entries": [{"id": "_web__Namespace", "v": "v1"}]}, "installNamespace": "web"});
    let converted = from_v1alpha2(given.clone()).unwrap();

    let mut expected = old("core-rukpak-io-plain", "core-rukpak-io-registry");
    expected["spec"]["config"] = json!({"watchNamespace": ""});
    expected["spec"]["template"]["spec"]["source"]["image"]["pullSecret"] = "s".into();
    expected["status"] = given["status"].clone();
    expected["metadata"]["annotations"] = converted["metadata"]["annotations"].clone();
    assert_eq!(converted, expected);
    let lacking = json!({
        "installNamespace": "web",
        "deletionPolicy": "KeepCRDs",
        "paused": false,
        "preflight": {"crdUpgradeSafety": {"enforcement": "None", "waivers": [{"crd": "a"}]}},
        "source": {
            "type": "image",
            "pollIntervalMinutes": 5,
            "image": {"ref": "registry.example.com/web:v1", "insecureSkipTLSVerify": true, "certificateData": "PEM"},
        },
    });
    assert_eq!(read(&converted, V1ALPHA2_SPEC), lacking);
    assert_eq!(to_v1alpha2(converted).unwrap(), given);
}

#[rstest]
#[case::image(json!({"type": "image", "image": {"ref": "a", "pullSecret": "b"}}))]
#[case::git(json!({
    "type": "git",
    "git": {"repository": "r", "directory": "d", "ref": {"tag": "v1"}, "auth": {"secret": {"name": "s"}, "insecureSkipVerify": true}},
}))]
#[case::config_maps(json!({"type": "configMaps", "configMaps": [{"configMap": {"name": "a"}, "path": "manifests"}]}))]
#[case::http(json!({"type": "http", "http": {"url": "https://example.com/a.tgz", "auth": {"secret": {"name": "s"}}}}))]
fn a_source_of_both_is_the_same_in_both(#[case] source: Value) {
    let given = new(json!({"source": source}));
    let converted = from_v1alpha2(given.clone()).unwrap();
    assert_eq!(converted["spec"]["template"]["spec"]["source"], source);
    assert_eq!(converted["metadata"].get("annotations"), None);
    assert_eq!(to_v1alpha2(converted).unwrap(), given);
}

#[rstest]
#[case("rukpak-system")]
#[case("operators")]
fn a_plain_bundle_goes_where_it_went(#[case] system: &str) {
    let given = old("core-rukpak-io-plain", "core-rukpak-io-plain");
    let converted = conversion::to_v1alpha2(given.clone(), system).unwrap();
    assert_eq!(converted["spec"]["installNamespace"], system);
    assert_eq!(conversion::from_v1alpha2(converted, system).unwrap(), given);

    let given = new(json!({"provisionerClassName": "core-rukpak-io-plain", "installNamespace": "web"}));
    assert_eq!(to_v1alpha2(from_v1alpha2(given.clone()).unwrap()).unwrap(), given);
}

/// What v1alpha1 has is what rukpak v0.16 had.
#[rstest]
#[case::of_the_spec("", &["config", "provisionerClassName", "source"], &lacking::OF_SPEC)]
#[case::of_a_source("/source", &["configMaps", "git", "http", "image", "type"], lacking::OF_SOURCE[0].1)]
#[case::of_an_image("/source/image", &["pullSecret", "ref"], lacking::OF_SOURCE[1].1)]
#[case::of_an_archive("/source/http", &["auth", "url"], lacking::OF_SOURCE[2].1)]
#[case::of_a_repository("/source/git", &["auth", "directory", "ref", "repository"], &[])]
#[case::of_a_revision("/source/git/ref", &["branch", "commit", "tag"], &[])]
fn what_v1alpha1_lacks_is_what_the_definition_has_besides(
    #[case] path: &str,
    #[case] both: &[&str],
    #[case] lacking: &[&str],
) {
    let path = path.replace('/', "/properties/");
    let path = format!("/spec/versions/0/schema/openAPIV3Schema/properties/spec{path}/properties");
    let definition = &crate::definitions()[0];
    let found: BTreeSet<_> =
        definition.pointer(&path).unwrap().as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(found, both.iter().chain(lacking).copied().collect());
}

#[test]
fn fields_of_a_spec_that_nobody_knows_are_dropped() {
    let given = new(json!({"unknown": 1, "template": {}, "paused": null, "config": null}));
    let converted = from_v1alpha2(given).unwrap();
    assert_eq!(converted, old("core-rukpak-io-plain", "core-rukpak-io-registry"));

    let mut given = old("core-rukpak-io-plain", "core-rukpak-io-registry");
    for path in ["/spec", "/spec/template", "/spec/template/spec"] {
        given.pointer_mut(path).unwrap()["unknown"] = 1.into();
    }
    given["spec"]["template"]["metadata"] = Value::Null;
    assert_eq!(to_v1alpha2(given).unwrap(), new(json!({})));
}
