use rstest::rstest;
use serde_json::{Value, json};

use super::*;

/// `spec` of the definition that a `spec` of v1beta1 becomes.
fn converted(spec: Value) -> Value {
    let mut definition = Object::new(API_VERSION, "CustomResourceDefinition", None, "widgets.example.org")
        .with("spec", spec)
        .with("status", json!({"storedVersions": []}));
    convert(&mut definition, &mut Budget::of(1000)).unwrap();
    assert_eq!(definition.api_version(), "apiextensions.k8s.io/v1");
    assert_eq!(definition.get(&["status"]), None);
    definition.get(&["spec"]).unwrap().clone()
}

#[rstest]
#[case::version_alone(
    json!({"version": "v1", "scope": "Cluster"}),
    json!({
        "scope": "Cluster",
        "preserveUnknownFields": false,
        "versions": [{
            "name": "v1", "served": true, "storage": true,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
        }],
    })
)]
#[case::what_stands_at_the_top_goes_into_the_versions_without_their_own(
    json!({
        "version": "v1",
        "versions": [{"name": "v1"}, {"name": "v2", "subresources": {"scale": {}}, "schema": null}],
        "validation": {"openAPIV3Schema": {"properties": {"a": {"type": "string"}}}},
        "subresources": {"status": {}},
        "preserveUnknownFields": false,
    }),
    json!({
        "scope": "Namespaced",
        "preserveUnknownFields": false,
        "versions": [
            {
                "name": "v1",
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"a": {"type": "string"}}}},
                "subresources": {"status": {}},
            },
            {
                "name": "v2",
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"a": {"type": "string"}}}},
                "subresources": {"scale": {}},
            },
        ],
    })
)]
#[case::unknown_fields_are_kept_unless_the_definition_says_otherwise(
    json!({
        "preserveUnknownFields": true,
        "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object"}}}, {"name": "v2", "schema": {}}],
    }),
    json!({
        "scope": "Namespaced",
        "preserveUnknownFields": false,
        "versions": [
            {"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}},
            {"name": "v2", "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}},
        ],
    })
)]
#[case::what_is_listed_keeps_unknown_fields_too(
    json!({
        "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"properties": {
            "name": {"type": "string"},
            "empty": {"type": "object"},
            "list": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "object"}}}},
            "map": {"type": "object", "additionalProperties": {"type": "object"}},
            "any": {"type": "object", "additionalProperties": true},
        }}}}],
    }),
    json!({
        "scope": "Namespaced",
        "preserveUnknownFields": false,
        "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", PRESERVE: true, "properties": {
            "name": {"type": "string"},
            "empty": {"type": "object", PRESERVE: true},
            "list": {"type": "array", "items": {"type": "object", PRESERVE: true, "properties": {
                "a": {"type": "object", PRESERVE: true},
            }}},
            "map": {"type": "object", "additionalProperties": {"type": "object", PRESERVE: true}},
            "any": {"type": "object", "additionalProperties": {PRESERVE: true}},
        }}}}],
    })
)]
#[case::a_missing_schema_keeps_everything(
    json!({"preserveUnknownFields": false, "version": "v1"}),
    json!({
        "scope": "Namespaced",
        "preserveUnknownFields": false,
        "versions": [{
            "name": "v1", "served": true, "storage": true,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
        }],
    })
)]
#[case::printer_columns(
    json!({
        "preserveUnknownFields": false,
        "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object"}}}],
        "additionalPrinterColumns": [{"name": "Age", "type": "date", "JSONPath": ".metadata.creationTimestamp"}],
    }),
    json!({
        "scope": "Namespaced",
        "preserveUnknownFields": false,
        "versions": [{
            "name": "v1",
            "schema": {"openAPIV3Schema": {"type": "object"}},
            "additionalPrinterColumns": [{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}],
        }],
    })
)]
#[case::conversion_webhook(
    json!({
        "versions": [],
        "conversion": {"strategy": "Webhook", "webhookClientConfig": {"url": "https://example.org"}},
    }),
    json!({
        "scope": "Namespaced",
        "preserveUnknownFields": false,
        "versions": [],
        "conversion": {
            "strategy": "Webhook",
            "webhook": {"clientConfig": {"url": "https://example.org"}, "conversionReviewVersions": ["v1beta1"]},
        },
    })
)]
#[case::conversion_review_versions(
    json!({
        "versions": [],
        "conversion": {"strategy": "Webhook", "conversionReviewVersions": ["v1", "v1beta1"]},
    }),
    json!({
        "scope": "Namespaced",
        "preserveUnknownFields": false,
        "versions": [],
        "conversion": {"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v1", "v1beta1"]}},
    })
)]
#[case::no_conversion(
    json!({"versions": [], "conversion": {}}),
    json!({"scope": "Namespaced", "preserveUnknownFields": false, "versions": [], "conversion": {"strategy": "None"}})
)]
#[case::wrong_types_are_left_alone(
    json!({"versions": ["v1"], "validation": [], "conversion": "None", "scope": 1}),
    json!({"versions": ["v1"], "conversion": "None", "scope": 1, "preserveUnknownFields": false})
)]
fn conversion(#[case] v1beta1: Value, #[case] v1: Value) {
    assert_eq!(converted(v1beta1), v1);
}

/// A definition with many versions that have one schema.
fn with_versions(number: usize, schema: &Value) -> Object {
    let versions: Vec<_> = (0..number).map(|number| json!({"name": format!("v{number}")})).collect();
    Object::new(API_VERSION, "CustomResourceDefinition", None, "widgets.example.org")
        .with("spec", json!({"validation": {"openAPIV3Schema": schema}, "versions": versions}))
}

#[rstest]
#[case::values(with_versions(110, &json!({"enum": vec![0; 10_000]})))]
#[case::text(with_versions(100, &json!({"description": "x".repeat(1 << 20)})))]
#[case::schemas_of_none(with_versions(70_000, &Value::Null))]
fn what_is_copied_into_versions_is_bounded(#[case] mut definition: Object) {
    let before = definition.clone();
    let versions = before.get(&["spec", "versions"]).and_then(Value::as_array).unwrap().len();
    assert_eq!(convert(&mut definition, &mut Budget::of(1_000_000)), Err(TooMuch { versions }));
    assert_eq!(definition, before);
}

#[test]
fn all_definitions_of_a_bundle_have_one_budget() {
    let mut budget = Budget::of(250_000);
    let mut convert = || convert(&mut with_versions(11, &json!({"enum": vec![0; 10_000]})), &mut budget);
    assert_eq!([convert(), convert(), convert()], [Ok(()), Ok(()), Err(TooMuch { versions: 11 })]);
}
