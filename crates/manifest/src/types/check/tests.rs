use std::fmt::Write as _;

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::types::kubernetes::{CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT_SPEC, MUTATING_WEBHOOK, OBJECT_META};
use crate::types::operators::CLUSTER_SERVICE_VERSION;
use crate::types::{MAX_DEPTH, PathStep, Struct};

/// A definition with one schema.
fn definition(schema: &Value) -> Value {
    json!({ "spec": { "versions": [{ "schema": { "openAPIV3Schema": schema } }] } })
}

fn container(fields: &Value) -> Value {
    json!({ "template": { "spec": { "containers": [fields] } } })
}

#[rstest]
#[case::null_everywhere(
    &DEPLOYMENT_SPEC,
    json!({ "replicas": null, "template": { "spec": { "containers": [null] } } }),
)]
#[case::unknown_fields(&DEPLOYMENT_SPEC, json!({ "replica": "two", "template": { "foo": [1] } }))]
#[case::the_case_of_letters_counts(&DEPLOYMENT_SPEC, json!({ "Replicas": "two" }))]
#[case::integral_float(&DEPLOYMENT_SPEC, json!({ "replicas": 2.0 }))]
#[case::negative(&DEPLOYMENT_SPEC, json!({ "replicas": -1 }))]
#[case::port_by_number(
    &DEPLOYMENT_SPEC,
    container(&json!({ "livenessProbe": { "httpGet": { "port": 8080 } } })),
)]
#[case::port_by_name(
    &DEPLOYMENT_SPEC,
    container(&json!({ "livenessProbe": { "httpGet": { "port": "http" } } })),
)]
#[case::quantities(
    &DEPLOYMENT_SPEC,
    container(&json!({ "resources": { "limits": { "cpu": 1, "memory": " 1Gi ", "any/thing": 0.5 } } })),
)]
#[case::time(&OBJECT_META, json!({ "creationTimestamp": "2024-02-29T12:34:56.7+02:00" }))]
#[case::managed_fields(&OBJECT_META, json!({ "managedFields": [{ "fieldsV1": { "f:a": {} } }] }))]
#[case::base64_in_lines(&MUTATING_WEBHOOK, json!({ "clientConfig": { "caBundle": "LS0t\nLS0t\n" } }))]
#[case::content_of_a_schema(&CUSTOM_RESOURCE_DEFINITION, definition(&json!({
    "default": { "replicas": "two", "type": [5] }, "example": 1.5, "enum": [1, "a", null, { "type": 3 }],
})))]
#[case::additional_properties(&CUSTOM_RESOURCE_DEFINITION, definition(&json!({
    "additionalProperties": true, "additionalItems": { "type": "string" },
})))]
#[case::items(&CUSTOM_RESOURCE_DEFINITION, definition(&json!({
    "items": [{ "items": { "type": "string" } }, {}], "dependencies": { "a": ["b"], "c": { "type": "object" } },
})))]
#[case::status_of_a_csv(&CLUSTER_SERVICE_VERSION, json!({ "status": { "phase": 5 } }))]
#[case::descriptor_value(&CLUSTER_SERVICE_VERSION, json!({ "spec": { "customresourcedefinitions": {
    "owned": [{ "specDescriptors": [{ "path": "a", "value": [1, { "b": null }] }] }],
} } }))]
fn fits(#[case] ty: &'static Struct, #[case] value: Value) {
    assert_eq!(check(&value, ty), []);
}

/// One value of a wrong type for every type, and how it is told.
#[test]
fn messages() {
    let cases: [(&'static Struct, Value); 28] = [
        (&DEPLOYMENT_SPEC, json!([])),
        (&DEPLOYMENT_SPEC, json!({ "replicas": "two" })),
        (&DEPLOYMENT_SPEC, json!({ "replicas": 1.5 })),
        (&DEPLOYMENT_SPEC, json!({ "replicas": true })),
        (&DEPLOYMENT_SPEC, json!({ "replicas": 2_147_483_648_u32 })),
        (&DEPLOYMENT_SPEC, json!({ "replicas": u64::MAX })),
        (&DEPLOYMENT_SPEC, json!({ "paused": "true" })),
        (&DEPLOYMENT_SPEC, json!({ "template": { "metadata": { "labels": { "a": 1, "b.c/d": true } } } })),
        (&DEPLOYMENT_SPEC, json!({ "template": { "metadata": [] } })),
        (&DEPLOYMENT_SPEC, json!({ "template": { "spec": { "containers": {} } } })),
        (&DEPLOYMENT_SPEC, container(&json!("image"))),
        (&DEPLOYMENT_SPEC, container(&json!({ "args": ["-v", 5, ["a"]] }))),
        (&DEPLOYMENT_SPEC, container(&json!({ "env": [{ "name": "A", "value": true }, { "value": 1.5 }] }))),
        (&DEPLOYMENT_SPEC, container(&json!({ "livenessProbe": { "httpGet": { "port": 1.5 } } }))),
        (
            &DEPLOYMENT_SPEC,
            container(&json!({ "livenessProbe": { "httpGet": { "port": 3_000_000_000_u32 } } })),
        ),
        (&DEPLOYMENT_SPEC, container(&json!({ "livenessProbe": { "httpGet": { "port": {} } } }))),
        (&DEPLOYMENT_SPEC, container(&json!({ "resources": { "limits": { "cpu": "1 core" } } }))),
        (
            &DEPLOYMENT_SPEC,
            container(&json!({ "resources": { "limits": { "cpu": "1gb", "memory": "Pi" } } })),
        ),
        (
            &DEPLOYMENT_SPEC,
            container(&json!({ "resources": { "limits": { "cpu": true, "memory": "1Gi\n" } } })),
        ),
        (&OBJECT_META, json!({ "creationTimestamp": "yesterday", "deletionTimestamp": 5 })),
        (&MUTATING_WEBHOOK, json!({ "clientConfig": { "caBundle": "-----BEGIN" } })),
        (&MUTATING_WEBHOOK, json!({ "clientConfig": { "caBundle": [45, 45] } })),
        (
            &CUSTOM_RESOURCE_DEFINITION,
            definition(&json!({ "maximum": "1", "maxLength": "1", "required": true })),
        ),
        (&CUSTOM_RESOURCE_DEFINITION, definition(&json!({ "additionalProperties": "false" }))),
        (&CUSTOM_RESOURCE_DEFINITION, definition(&json!({ "items": "string", "dependencies": { "a": 1 } }))),
        (
            &CUSTOM_RESOURCE_DEFINITION,
            definition(&json!({ "items": [{ "type": 1 }, 5], "dependencies": { "a": [1] } })),
        ),
        (
            &CUSTOM_RESOURCE_DEFINITION,
            definition(
                &json!({ "properties": { "a": "string" }, "x-kubernetes-validations": [{ "rule": 1 }] }),
            ),
        ),
        (
            &CLUSTER_SERVICE_VERSION,
            json!({ "spec": { "version": 1.0, "description": "x".repeat(50), "keywords": "a\nb", "provider": "x".repeat(50) } }),
        ),
    ];
    let mut out = String::new();
    for (ty, value) in cases {
        writeln!(out, "{}", ty.name).unwrap();
        for mismatch in check(&value, ty) {
            let note = if mismatch.refused { "" } else { " (not refused)" };
            writeln!(out, "  {mismatch}{note}").unwrap();
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn the_path_leads_to_the_value() {
    let value = container(&json!({ "env": [{}, { "name": 5 }] }));
    let found = check(&value, &DEPLOYMENT_SPEC);
    let end = found[0].path.iter().fold(&value, |value, step| match step {
        PathStep::Key(key) => &value[key],
        PathStep::Index(index) => &value[index],
    });
    assert_eq!(*end, json!(5));
}

#[test]
fn the_number_of_mismatches_is_bounded() {
    let many = json!({ "template": { "spec": { "containers": vec![1; 1000] } } });
    assert_eq!(check(&many, &DEPLOYMENT_SPEC).len(), MAX_FINDINGS);
}

#[test]
fn the_depth_is_bounded() {
    let nested = |levels| definition(&(0..levels).fold(json!({}), |inner, _| json!({ "not": inner })));
    assert_eq!(check(&nested(MAX_DEPTH / 2), &CUSTOM_RESOURCE_DEFINITION), []);
    let found = check(&nested(2 * MAX_DEPTH), &CUSTOM_RESOURCE_DEFINITION);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path.len(), MAX_DEPTH);
    assert_eq!(found[0].expected, "at most 500 levels");
}
