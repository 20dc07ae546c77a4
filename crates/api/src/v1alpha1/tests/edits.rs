//! What was changed in one version, or was no annotation of ours to begin with, does not come back from an annotation.

use rstest::rstest;
use serde_json::{Value, json};

use super::{annotated, new, old};
use super::{from_v1alpha2, to_v1alpha2};
use crate::names::{TEMPLATE_CLASS, TEMPLATE_METADATA, V1ALPHA2_SPEC};

/// A source of v1alpha2, and how somebody changes it in v1alpha1.
#[rstest]
#[case::another_tag(
    json!({"type": "image", "pollIntervalMinutes": 5, "image": {"ref": "r.example.com:5000/web:v1", "certificateData": "PEM"}}),
    json!({"type": "image", "image": {"ref": "r.example.com:5000/web:v2"}}),
    json!({"type": "image", "pollIntervalMinutes": 5, "image": {"ref": "r.example.com:5000/web:v2", "certificateData": "PEM"}}),
)]
#[case::another_registry(
    json!({"type": "image", "pollIntervalMinutes": 5, "image": {"ref": "r.example.com/web:v1", "insecureSkipTLSVerify": true}}),
    json!({"type": "image", "image": {"ref": "s.example.com/web:v1"}}),
    json!({"type": "image", "pollIntervalMinutes": 5, "image": {"ref": "s.example.com/web:v1"}}),
)]
#[case::from_a_registry_to_the_default(
    json!({"type": "image", "image": {"ref": "r.example.com/web:v1", "insecureSkipTLSVerify": true}}),
    json!({"type": "image", "image": {"ref": "web:v1"}}),
    json!({"type": "image", "image": {"ref": "web:v1"}}),
)]
#[case::another_url(
    json!({"type": "http", "http": {"url": "https://example.com/a.tgz", "sha256": "0"}}),
    json!({"type": "http", "http": {"url": "https://example.com/b.tgz"}}),
    json!({"type": "http", "http": {"url": "https://example.com/b.tgz"}}),
)]
#[case::credentials_for_the_same_url(
    json!({"type": "http", "http": {"url": "https://example.com/a.tgz", "sha256": "0"}}),
    json!({"type": "http", "http": {"url": "https://example.com/a.tgz", "auth": {"secret": {"name": "s"}}}}),
    json!({"type": "http", "http": {"url": "https://example.com/a.tgz", "sha256": "0", "auth": {"secret": {"name": "s"}}}}),
)]
#[case::another_type(
    json!({"type": "image", "pollIntervalMinutes": 5, "image": {"ref": "web", "certificateData": "PEM"}}),
    json!({"type": "configMaps", "configMaps": [{"configMap": {"name": "a"}}]}),
    json!({"type": "configMaps", "configMaps": [{"configMap": {"name": "a"}}]}),
)]
fn of_a_source(#[case] before: Value, #[case] edited: Value, #[case] after: Value) {
    let mut converted = from_v1alpha2(new(json!({"source": before, "paused": true}))).unwrap();
    converted["spec"]["template"]["spec"]["source"] = edited;
    assert_eq!(to_v1alpha2(converted).unwrap(), new(json!({"source": after, "paused": true})));
}

#[test]
fn of_the_classes_in_v1alpha1() {
    let before = to_v1alpha2(old("core-rukpak-io-helm", "core-rukpak-io-registry")).unwrap();
    let mut edited = from_v1alpha2(before).unwrap();
    edited["spec"]["provisionerClassName"] = "core-rukpak-io-plain".into();
    assert_eq!(to_v1alpha2(edited).unwrap(), new(json!({})));
}

#[test]
fn of_the_class_in_v1alpha2() {
    let mut edited = to_v1alpha2(old("core-rukpak-io-helm", "org-example-a")).unwrap();
    edited["spec"]["provisionerClassName"] = "core-rukpak-io-registry".into();
    assert_eq!(from_v1alpha2(edited).unwrap(), old("core-rukpak-io-plain", "core-rukpak-io-registry"));
}

#[test]
fn of_the_template_and_the_rest() {
    let mut given = old("core-rukpak-io-plain", "core-rukpak-io-registry");
    given["spec"]["template"]["metadata"] = json!({"labels": {"app": "web"}});
    let converted = to_v1alpha2(given.clone()).unwrap();
    let mut edited = from_v1alpha2(converted).unwrap();
    edited["spec"]["template"].as_object_mut().unwrap().remove("metadata");
    assert_eq!(to_v1alpha2(edited).unwrap(), new(json!({})));

    let mut edited = from_v1alpha2(new(json!({"paused": true, "config": {"a": 1}}))).unwrap();
    edited["spec"]["config"] = json!({"b": 2});
    assert_eq!(to_v1alpha2(edited).unwrap(), new(json!({"paused": true, "config": {"b": 2}})));
}

#[rstest]
#[case::of_another_class(TEMPLATE_CLASS, json!("org-example-a/org-example-b"))]
#[case::another_pair_of_ours(TEMPLATE_CLASS, json!("core-rukpak-io-plain/core-rukpak-io-registry"))]
#[case::no_pair(TEMPLATE_CLASS, json!("core-rukpak-io-registry"))]
#[case::no_template(TEMPLATE_CLASS, json!("core-rukpak-io-registry/"))]
#[case::of_three(TEMPLATE_CLASS, json!("core-rukpak-io-registry/a/b"))]
#[case::no_text(TEMPLATE_CLASS, json!(5))]
#[case::no_json(TEMPLATE_METADATA, json!("{"))]
#[case::no_object(TEMPLATE_METADATA, json!("[]"))]
#[case::deep(TEMPLATE_METADATA, json!("[".repeat(100_000)))]
#[case::of_the_other_version(V1ALPHA2_SPEC, json!(r#"{"paused":true}"#))]
fn an_annotation_of_v1alpha2_that_says_nothing(#[case] name: &str, #[case] value: Value) {
    let converted = from_v1alpha2(annotated(new(json!({})), name, value)).unwrap();
    assert_eq!(converted, old("core-rukpak-io-plain", "core-rukpak-io-registry"));
}

#[rstest]
#[case::classes(TEMPLATE_CLASS, json!("core-rukpak-io-registry/a"))]
#[case::metadata(TEMPLATE_METADATA, json!(r#"{"labels":{"a":"b"}}"#))]
#[case::what_v1alpha1_has(
    V1ALPHA2_SPEC,
    json!(r#"{"provisionerClassName":"a","source":{"git":{}},"config":{},"template":1,"unknown":{},"paused":null}"#),
)]
#[case::what_v1alpha1_has_of_the_source(
    V1ALPHA2_SPEC,
    json!(r#"{"source":{"type":"image","image":{"ref":"registry.example.com/x","pullSecret":"s"}}}"#),
)]
#[case::another_part_of_the_source(V1ALPHA2_SPEC, json!(r#"{"source":{"http":{"url":"https://a","sha256":"0"}}}"#))]
fn an_annotation_of_v1alpha1_that_says_nothing(#[case] name: &str, #[case] value: Value) {
    let given = annotated(old("core-rukpak-io-plain", "core-rukpak-io-registry"), name, value);
    assert_eq!(to_v1alpha2(given).unwrap(), new(json!({})));
}
