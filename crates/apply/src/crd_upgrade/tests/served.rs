//! Versions of the new definition compared with each other.

use rstest::rstest;
use serde_json::{Value, json};

use super::{check, lines, yaml};

/// A definition that serves versions, each with the schema of its field `a`.
fn serving(versions: &[(&str, &str)], strategy: &str) -> Value {
    let version = |(name, field): &(&str, &str)| {
        let root = json!({"type": "object", "properties": {"a": yaml(field)}});
        json!({"name": name, "served": true, "storage": *name == "v1", "schema": {"openAPIV3Schema": root}})
    };
    json!({
        "metadata": {"name": "w.example.org"},
        "spec": {
            "conversion": {"strategy": strategy},
            "versions": versions.iter().map(version).collect::<Value>(),
        },
        "status": {"storedVersions": ["v1"]},
    })
}

const V1: (&str, &str) = ("v1", "{type: string, maxLength: 5, enum: [x, z]}");
const V2: (&str, &str) = ("v2", "{type: string, maxLength: 4, enum: [x]}");

#[rstest]
#[case::new_version(serving(&[V1], "None"), serving(&[V2, V1], "None"),
    &["v1 -> v2: ^.a: enum: allowed enum values removed : [\"z\"]", "v1 -> v2: ^.a: maxLength: maximum decreased : 5 -> 4"])]
#[case::a_webhook_converts(serving(&[V1], "None"), serving(&[V1, V2], "Webhook"), &[])]
#[case::a_webhook_converted(serving(&[V1, V2], "Webhook"), serving(&[V1, V2], "None"),
    &["v1 -> v2: ^.a: enum: allowed enum values removed : [\"z\"]", "v1 -> v2: ^.a: maxLength: maximum decreased : 5 -> 4"])]
#[case::it_was_so_before(serving(&[V1, V2], "None"), serving(&[V1, V2], "None"), &[])]
#[case::it_got_worse(serving(&[V1, V2], "None"), serving(&[V1, ("v2", "{type: string, maxLength: 3, enum: [x]}")], "None"),
    &["v2: ^.a: maxLength: maximum decreased : 4 -> 3", "v1 -> v2: ^.a: maxLength: maximum decreased : 5 -> 3"])]
#[case::it_got_better(serving(&[V1, V2], "None"), serving(&[V1, ("v2", "{type: string, maxLength: 5, enum: [x]}")], "None"), &[])]
#[case::the_stable_version_reads_the_other(
    serving(&[V1], "None"), serving(&[V1, ("v1alpha1", "{type: string, maxLength: 4}")], "None"),
    &["v1alpha1 -> v1: ^.a: enum: enum constraint added when there was none previously : [\"x\" \"z\"]"])]
#[case::a_field_is_not_in_the_other(
    serving(&[("v1", "{type: object, properties: {b: {type: string}}}")], "None"),
    serving(&[("v1", "{type: object, properties: {b: {type: string}}}"), ("v2", "{type: object}")], "None"),
    &["v1 -> v2: ^.a.b: existingFieldRemoval: removed field : v2.^.a.b"])]
#[case::a_field_was_not_in_the_other(
    serving(&[("v1", "{properties: {b: {type: string}}}"), ("v2", "{properties: {}}")], "None"),
    serving(&[("v1", "{properties: {b: {type: string}, c: {type: string}}}"), ("v2", "{properties: {}}")], "None"),
    &["v1 -> v2: ^.a.c: existingFieldRemoval: removed field : v2.^.a.c"])]
#[case::a_condition_was_so_before(
    serving(&[("v1", "{anyOf: [{minimum: 1}, {maximum: 0}]}"), ("v2", "{anyOf: [{maximum: 0}, {minimum: 2}]}")], "None"),
    serving(&[("v1", "{anyOf: [{minimum: 1}, {maximum: 0}]}"), ("v2", "{anyOf: [{maximum: 0}, {minimum: 2}]}")], "None"), &[])]
fn pairs(#[case] old: Value, #[case] new: Value, #[case] findings: &[&str]) {
    assert_eq!(lines(&check(&old, &new, &[])), findings);
}

#[test]
fn only_served_versions_are_compared() {
    let old = serving(&[V1], "None");
    let mut new = serving(&[V1, V2], "None");
    new["spec"]["versions"][1]["served"] = false.into();
    assert_eq!(check(&old, &new, &[]), []);
}

#[test]
fn all_pairs_are_compared() {
    let old = serving(&[V1], "None");
    let new = serving(&[V1, ("v3", "{type: integer}"), ("v2", "{type: boolean}")], "None");
    let types: Vec<_> =
        lines(&check(&old, &new, &[])).into_iter().filter(|line| line.contains("type changed")).collect();
    assert_eq!(
        types,
        [
            "v1 -> v2: ^.a: type: type changed : \"string\" -> \"boolean\"",
            "v1 -> v3: ^.a: type: type changed : \"string\" -> \"integer\"",
            "v2 -> v3: ^.a: type: type changed : \"boolean\" -> \"integer\"",
        ]
    );
}
