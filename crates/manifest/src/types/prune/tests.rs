use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::types::kubernetes::{CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT_SPEC, MUTATING_WEBHOOK, OBJECT_META};
use crate::types::{MAX_DEPTH, Struct, check};

fn definition(schema: &Value) -> Value {
    json!({ "spec": { "versions": [{ "schema": { "openAPIV3Schema": schema } }] } })
}

fn pod(fields: &Value) -> Value {
    json!({ "template": { "spec": fields } })
}

#[rstest]
#[case::known(
    pod(&json!({ "hostNetwork": false, "containers": [] })),
    pod(&json!({ "hostNetwork": false, "containers": [] })),
)]
#[case::unknown(json!({ "replicas": 1, "replica": 2, "Replicas": 3 }), json!({ "replicas": 1 }))]
#[case::unknown_in_a_list(
    pod(&json!({ "containers": [{ "name": "a", "imagePull": "x" }] })),
    pod(&json!({ "containers": [{ "name": "a" }] })),
)]
#[case::nothing_known(json!({ "strategy": { "a": 1 } }), json!({ "strategy": {} }))]
#[case::keys_of_a_map_are_free(
    pod(&json!({ "nodeSelector": { "a/b": "c" } })),
    pod(&json!({ "nodeSelector": { "a/b": "c" } })),
)]
#[case::null_field(
    json!({ "replicas": null, "template": { "metadata": { "creationTimestamp": null } } }),
    json!({ "template": { "metadata": {} } }),
)]
#[case::null_in_a_map(
    pod(&json!({ "nodeSelector": { "gpu": null } })),
    pod(&json!({ "nodeSelector": { "gpu": "" } })),
)]
#[case::null_quantity(
    pod(&json!({ "overhead": { "cpu": null } })),
    pod(&json!({ "overhead": { "cpu": "0" } })),
)]
#[case::null_in_a_list(
    pod(&json!({ "containers": [null, { "args": [null, "-v"] }] })),
    pod(&json!({ "containers": [{}, { "args": ["", "-v"] }] })),
)]
#[case::quantities(
    pod(&json!({ "overhead": { "cpu": 0.5, "memory": "1024Mi", "pods": 3, "x": "250m" } })),
    pod(&json!({ "overhead": { "cpu": "500m", "memory": "1Gi", "pods": "3", "x": "250m" } })),
)]
#[case::integral_float(json!({ "replicas": 2.0 }), json!({ "replicas": 2 }))]
#[case::wrong_types_stay(
    json!({ "replicas": "two", "selector": [], "template": { "spec": { "containers": "none", "foo": 1 } } }),
    json!({ "replicas": "two", "selector": [], "template": { "spec": { "containers": "none" } } }),
)]
#[case::a_value_that_is_no_struct(json!("spec"), json!("spec"))]
#[case::null_itself(json!(null), json!(null))]
fn deployments(#[case] mut value: Value, #[case] expected: Value) {
    prune(&mut value, &DEPLOYMENT_SPEC);
    assert_eq!(value, expected);
}

#[rstest]
#[case::small(json!(-5), "-5")]
#[case::exact(json!(9_007_199_254_740_992_u64), "9007199254740992")]
#[case::not_exact(json!(9_007_199_254_740_993_u64), "9007199254740992")]
#[case::largest_signed(json!(i64::MAX), "9223372036854776000")]
#[case::smallest_signed(json!(i64::MIN), "-9.223372036854776e+18")]
#[case::largest_unsigned(json!(u64::MAX), "1.8446744073709552e+19")]
#[case::fraction(json!(0.1), "0.1")]
fn an_integer_in_the_place_of_a_float_is_written_as_a_float(#[case] limit: Value, #[case] expected: &str) {
    let mut value = definition(&json!({ "maximum": limit }));
    assert_eq!(prune(&mut value, &CUSTOM_RESOURCE_DEFINITION).mismatches, []);
    let written = value.pointer("/spec/versions/0/schema/openAPIV3Schema/maximum").unwrap();
    assert_eq!(written.to_string(), expected);
}

#[rstest]
#[case::unknown_deep_inside(
    json!({ "properties": { "a": { "items": { "additionalProperties": { "type": "object", "const": 1 } }, "if": {} } } }),
    json!({ "properties": { "a": { "items": { "additionalProperties": { "type": "object" } } } } }),
)]
#[case::content_stays_as_it_is(
    json!({ "default": { "bogus": null, "a": [null, 1.0] }, "example": { "x": "0.5" }, "enum": [null, { "y": 1 }] }),
    json!({ "default": { "bogus": null, "a": [null, 1.0] }, "example": { "x": "0.5" }, "enum": [null, { "y": 1 }] }),
)]
#[case::null_default(json!({ "default": null, "nullable": true }), json!({ "nullable": true }))]
#[case::names_of_properties_are_free(
    json!({ "properties": { "const": { "const": 1 } } }),
    json!({ "properties": { "const": {} } }),
)]
#[case::extensions(
    json!({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"], "x-kubernetes-bogus": 1, "x-foo": 2 }),
    json!({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"] }),
)]
#[case::booleans_for_schemas(
    json!({ "additionalProperties": false, "additionalItems": true }),
    json!({ "additionalProperties": false, "additionalItems": true }),
)]
#[case::schema_instead_of_boolean(
    json!({ "additionalProperties": { "x": 1 } }),
    json!({ "additionalProperties": {} }),
)]
#[case::items_as_a_list(
    json!({ "items": [{ "x": 1 }, { "type": "string" }] }),
    json!({ "items": [{}, { "type": "string" }] }),
)]
#[case::items_that_are_dropped(json!({ "items": "string", "type": "array" }), json!({ "type": "array" }))]
#[case::dependencies(
    json!({ "dependencies": { "a": ["b"], "c": { "x": 1, "type": "object" }, "d": 5 } }),
    json!({ "dependencies": { "a": ["b"], "c": { "type": "object" }, "d": null } }),
)]
fn schemas(#[case] schema: Value, #[case] expected: Value) {
    let mut value = definition(&schema);
    prune(&mut value, &CUSTOM_RESOURCE_DEFINITION);
    assert_eq!(value, definition(&expected));
}

#[rstest]
#[case::time_in_utc(
    &OBJECT_META,
    json!({ "creationTimestamp": "2024-03-01T01:30:00.5+02:00" }),
    json!({ "creationTimestamp": "2024-02-29T23:30:00Z" }),
)]
#[case::base64_in_one_line(
    &MUTATING_WEBHOOK,
    json!({ "clientConfig": { "caBundle": "LS0t\nLS0t\n" } }),
    json!({ "clientConfig": { "caBundle": "LS0tLS0t" } }),
)]
#[case::base64_with_bits_left(
    &MUTATING_WEBHOOK,
    json!({ "clientConfig": { "caBundle": "LR==" } }),
    json!({ "clientConfig": { "caBundle": "LQ==" } }),
)]
fn forms(#[case] ty: &'static Struct, #[case] mut value: Value, #[case] expected: Value) {
    assert_eq!(prune(&mut value, ty), Pruned::default());
    assert_eq!(value, expected);
}

#[test]
fn what_was_found_is_told() {
    let mut value =
        json!({ "a.b": 1, "replicas": true, "template": { "spec": { "volumes": [{}, { "disk": 1 }] } } });
    let found = prune(&mut value, &DEPLOYMENT_SPEC);
    let unknown: Vec<_> = found.unknown.iter().map(ToString::to_string).collect();
    assert_eq!(
        unknown,
        [
            r#"["a.b"]: DeploymentSpec has no such field"#,
            "template.spec.volumes[1].disk: Volume has no such field"
        ]
    );
    assert_eq!(found.unknown_count, 2);
    let mismatches: Vec<_> = found.mismatches.iter().map(ToString::to_string).collect();
    assert_eq!(mismatches, ["replicas: expected an integer, got a boolean true"]);
}

#[test]
fn all_unknown_fields_go_and_the_first_are_told() {
    let fields: serde_json::Map<_, _> = (0..1000).map(|n| (format!("f{n}"), json!(n))).collect();
    let mut value = Value::Object(fields);
    let found = prune(&mut value, &DEPLOYMENT_SPEC);
    assert_eq!((value, found.unknown.len(), found.unknown_count), (json!({}), MAX_FINDINGS, 1000));
}

#[test]
fn the_depth_is_bounded() {
    let mut value = definition(&(0..2 * MAX_DEPTH).fold(json!({}), |inner, _| json!({ "not": inner })));
    let before = value.clone();
    let found = prune(&mut value, &CUSTOM_RESOURCE_DEFINITION);
    assert_eq!(value, before);
    assert_eq!(found.mismatches, check(&before, &CUSTOM_RESOURCE_DEFINITION));
    assert_eq!(found.mismatches.len(), 1);
}

/// Values that look like schemas: their keys, with anything below them.
fn schema_like() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9.]{0,5}".prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "additionalProperties",
        "default",
        "dependencies",
        "enum",
        "items",
        "maxLength",
        "not",
        "properties",
        "type",
        "x",
    ]);
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn a_second_time_changes_nothing(schema in schema_like()) {
        let mut once = definition(&schema);
        let found = prune(&mut once, &CUSTOM_RESOURCE_DEFINITION);
        prop_assert_eq!(found.mismatches, check(&definition(&schema), &CUSTOM_RESOURCE_DEFINITION));
        let mut twice = once.clone();
        prop_assert_eq!(prune(&mut twice, &CUSTOM_RESOURCE_DEFINITION).unknown_count, 0);
        prop_assert_eq!(twice, once);
    }
}
