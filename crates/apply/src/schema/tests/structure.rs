//! Resources in resources, lists that are sets or maps, and the scale.

use rstest::rstest;
use serde_json::json;

use super::*;

const SET: &str = "{type: array, x-kubernetes-list-type: set}";
const MAP: &str = "{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [a], \
    items: {properties: {a: {}, b: {}}}}";
const MAP_OF_TWO: &str = "{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [a, b], \
    items: {properties: {a: {}, b: {}}}}";
const RESOURCE: &str = "{type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true, \
    properties: {metadata: {type: object, required: [zzz]}}}";

#[rstest]
#[case::set(SET, "[\"a\", 1, 1.0, \"1\", true, null]", &[])]
#[case::repeated(SET, "[a, b, a, a, {x: [1]}, {x: [1]}]", &["x[2]: Duplicate value: \"a\"", "x[5]: Duplicate value: {}"])]
#[case::map(MAP, "[{a: 1}, {a: 2, b: 1}, {a: '1'}, {}]", &[])]
#[case::repeated_key(MAP, "[{a: 1}, {a: 2}, {a: 1, b: 7}]", &["x[2]: Duplicate value: {\"a\":1}"])]
#[case::repeated_without_key(MAP, "[{}, {b: 1}]", &["x[1]: Duplicate value: {}"])]
#[case::repeated_keys(MAP_OF_TWO, "[{a: 1, b: 2}, {a: 1, b: 3}, {a: 1, b: 2.0}]", &["x[2]: Duplicate value: {\"a\":1,\"b\":2}"])]
#[case::no_object(MAP, "[{a: 1}, 7]", &["x[1]: Invalid value: 7: must be an object for an array of list-type map"])]
#[case::resource(RESOURCE, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: ''}, spec: {}}", &[])]
#[case::no_type(RESOURCE, "{}", &["x.apiVersion: Required value", "x.kind: Required value"])]
#[case::empty_type(RESOURCE, "{apiVersion: '', kind: ''}",
    &["x.apiVersion: Invalid value: \"\": must not be empty", "x.kind: Invalid value: \"\": must not be empty"])]
#[case::odd_version(RESOURCE, "{apiVersion: a/b/c, kind: A}",
    &["x.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c"])]
#[case::no_texts(RESOURCE, "{apiVersion: 1, kind: A}", &["x.apiVersion: Invalid value: 1: must be a string"])]
fn of_x(#[case] schema: &str, #[case] value: &str, #[case] expected: &[&str]) {
    assert_eq!(refused(schema, value), expected);
}

#[test]
fn kinds_are_labels() {
    for kind in ["_", "1a", "a-", "ä", &"a".repeat(64)] {
        let lines = refused(RESOURCE, &format!("{{apiVersion: v1, kind: {kind}}}"));
        assert!(lines[0].starts_with("x.kind: Invalid value: "), "{kind}: {lines:?}");
    }
}

#[test]
fn metadata_is_left_to_the_server() {
    let root = json!({"properties": {"metadata": {"properties": {"name": {"maxLength": 1}}}}, "required": ["metadata"]});
    assert_eq!(Judge::default().created(&definition_of(&root), &resource("1")), []);
    let not = json!({"not": root});
    assert_eq!(Judge::default().created(&definition_of(&not), &resource("1")), []);
}

#[rstest]
#[case::number("{r: 3}", &[])]
#[case::missing("{}", &[])]
#[case::negative("{r: -1}", &["x.r: Invalid value: -1: should be a non-negative integer"])]
#[case::too_many("{r: 3000000000}", &["x.r: Invalid value: 3000000000: should be less than or equal to 2147483647"])]
#[case::text("{r: a}", &["x.r: Invalid value: \"a\": should be an integer"])]
#[case::no_object("7", &["x.r: Invalid value: 7: should be an object"])]
fn replicas(#[case] value: &str, #[case] expected: &[&str]) {
    let mut spec = definition("{x-kubernetes-preserve-unknown-fields: true}").get(&["spec"]).unwrap().clone();
    spec["versions"][0]["subresources"] = json!({"scale": {"specReplicasPath": ".x.r"}});
    let violations = Judge::default().created(&definition("{}").with("spec", spec), &resource(value));
    assert_eq!(lines(&violations), expected);
}
