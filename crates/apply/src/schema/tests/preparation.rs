//! What a resource is before it is judged.

use rstest::rstest;
use serde_json::{Value, json};

use super::*;

fn prepared(schema: &str, value: &str) -> Value {
    let definition = definition(schema);
    let version = Version::of(&definition, "v1").unwrap();
    let value = prepare::prepared(resource(value).into_value(), &version, &Budget::default()).unwrap();
    value.get("x").cloned().unwrap_or(json!("nothing"))
}

#[rstest]
#[case::unknown_is_dropped("{properties: {a: {}}}", "{a: 1, b: 2}", "{a: 1}")]
#[case::unknown_below_anything("{additionalProperties: true}", "{a: {b: 1}}", "{a: {}}")]
#[case::entries_are_known(
    "{additionalProperties: {properties: {a: {}}}}",
    "{z: {a: 1, b: 2}}",
    "{z: {a: 1}}"
)]
#[case::what_is_kept(
    "{x-kubernetes-preserve-unknown-fields: true, properties: {a: {}}}",
    "{b: {c: 1}, a: {c: 1}}",
    "{b: {c: 1}, a: {}}"
)]
#[case::items("{items: {properties: {a: {}}}}", "[{a: 1, b: 2}]", "[{a: 1}]")]
#[case::items_that_are_kept(
    "{x-kubernetes-preserve-unknown-fields: true, items: {properties: {a: {}}}}",
    "[{a: {c: 1}, b: 2}]",
    "[{a: {}, b: 2}]"
)]
#[case::resource(
    "{x-kubernetes-embedded-resource: true}",
    "{apiVersion: v1, kind: A, metadata: {name: a}, spec: 1}",
    "{apiVersion: v1, kind: A, metadata: {name: a}}"
)]
#[case::conditions_know_nothing("{anyOf: [{properties: {a: {}}}]}", "{a: 1}", "{}")]
#[case::default(
    "{properties: {a: {default: {b: 1}, properties: {b: {}, c: {default: 2}}}}}",
    "{}",
    "{a: {b: 1, c: 2}}"
)]
#[case::default_for_null(
    "{properties: {a: {default: 1}, b: {default: 1, nullable: true}}}",
    "{a: null, b: null}",
    "{a: 1, b: null}"
)]
#[case::default_of_an_item("{items: {default: 1}}", "[null, 2]", "[1, 2]")]
#[case::default_of_an_entry("{additionalProperties: {default: 1}}", "{a: null}", "{a: 1}")]
#[case::null_is_dropped("{properties: {a: {}, b: {nullable: true}}}", "{a: null, b: null}", "{b: null}")]
#[case::null_in_a_list_is_not("{items: {type: string}}", "[null]", "[null]")]
fn of_x(#[case] schema: &str, #[case] value: &str, #[case] expected: &str) {
    assert_eq!(prepared(schema, value), yaml(expected));
}

#[test]
fn the_status_is_nobodys_where_it_is_written_apart() {
    let mut root = json!({"type": "object", "properties": {"status": {"type": "string"}}});
    root["required"] = json!(["status"]);
    let resource = resource("1").with("status", 7);
    let judged = |definition: &Object| lines(&Judge::default().created(definition, &resource));
    let mut definition = definition_of(&root);
    assert_eq!(
        judged(&definition),
        ["status: Invalid value: \"integer\": status in body must be of type string: \"integer\""]
    );
    let mut spec = definition.get(&["spec"]).unwrap().clone();
    spec["versions"][0]["subresources"] = json!({"status": {}});
    definition = definition.with("spec", spec);
    assert_eq!(judged(&definition), ["status: Required value"]);
}

#[rstest]
#[case::no_such_version(json!({"versions": []}))]
#[case::keeps_all(json!({"preserveUnknownFields": true, "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"required": ["a"]}}}]}))]
#[case::no_schema(json!({"versions": [{"name": "v1"}]}))]
fn definitions_that_judge_nothing(#[case] spec: Value) {
    let definition = definition("{}").with("spec", spec);
    assert_eq!(Judge::default().created(&definition, &resource("1")), []);
}
