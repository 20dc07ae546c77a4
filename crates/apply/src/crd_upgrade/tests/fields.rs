//! Fields, items and entries of maps, both ways.

use rstest::rstest;
use serde_json::json;

use super::{both_ways, check, definition, lines};

#[rstest]
#[case::field("{type: object}", "{type: object, properties: {b: {type: object, properties: {c: {type: string}}}}}",
    &[], &["existingFieldRemoval: removed field : v1.^.a.b"])]
#[case::one_of_two("{properties: {b: {type: string}, c: {type: string}}}", "{properties: {c: {type: string}}}",
    &["existingFieldRemoval: removed field : v1.^.a.b"], &[])]
#[case::far_below("{items: {additionalProperties: {properties: {b: {maxLength: 2}}}}}",
    "{items: {additionalProperties: {properties: {b: {maxLength: 1}}}}}",
    &["^.a.items.additionalProperties.b: maxLength: maximum decreased : 2 -> 1"], &[])]
#[case::items("{type: array}", "{type: array, items: {type: string}}",
    &["^.a.items: type: type changed : \"\" -> \"string\""],
    &["existingFieldRemoval: removed field : v1.^.a.items"])]
#[case::kept_as_unknown("{type: object, properties: {b: {type: string}}}",
    "{type: object, x-kubernetes-preserve-unknown-fields: true}",
    &[], &["^.a: x-kubernetes-preserve-unknown-fields: preserve-unknown-fields changed : true -> false"])]
#[case::kept_as_unknown_less_its_default(
    "{type: object, properties: {b: {type: array, items: {type: object, properties: {c: {default: 1}}}}}}",
    "{type: object, x-kubernetes-preserve-unknown-fields: true}",
    &["existingFieldRemoval: removed field : v1.^.a.b"],
    &["^.a: x-kubernetes-preserve-unknown-fields: preserve-unknown-fields changed : true -> false"])]
#[case::kept_as_an_entry("{type: object, properties: {b: {type: string}}}", "{type: object, additionalProperties: true}",
    &[], &["^.a: additionalProperties: additionalProperties changed : true -> none"])]
#[case::named_like_a_keyword("{properties: {title: {type: string}}}", "{properties: {title: {type: integer}}}",
    &["^.a.title: type: type changed : \"string\" -> \"integer\""],
    &["^.a.title: type: type changed : \"integer\" -> \"string\""])]
#[case::with_control_characters("{properties: {\"b\\e[2J\": {type: string}}}", "{type: ''}",
    &["existingFieldRemoval: removed field : v1.^.a.b\\u{1b}[2J"], &[])]
fn fields(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}

#[rstest]
#[case::none_to_schema("{type: object}", "{type: object, additionalProperties: {type: string}}",
    &[], &["^.a: additionalProperties: additionalProperties changed : schema -> none"])]
#[case::false_is_none("{type: object}", "{type: object, additionalProperties: false}", &[], &[])]
#[case::none_to_any("{type: object, additionalProperties: false}", "{type: object, additionalProperties: true}",
    &[], &["^.a: additionalProperties: additionalProperties changed : true -> false"])]
#[case::any_to_schema("{additionalProperties: true}", "{additionalProperties: {type: string}}",
    &["^.a: additionalProperties: additionalProperties changed : true -> schema"], &[])]
#[case::a_schema_that_asks_nothing("{additionalProperties: true}",
    "{additionalProperties: {x-kubernetes-preserve-unknown-fields: true, description: x}}", &[], &[])]
#[case::schema_with_a_default_to_any(
    "{additionalProperties: {type: object, properties: {b: {default: 1}}}}", "{additionalProperties: true}",
    &["^.a: additionalProperties: additionalProperties changed : schema -> true"],
    &["^.a: additionalProperties: additionalProperties changed : true -> schema"])]
#[case::schema_to_unknown_fields("{type: object, additionalProperties: {type: string}}",
    "{type: object, x-kubernetes-preserve-unknown-fields: true}",
    &[],
    &["^.a: additionalProperties: additionalProperties changed : none -> schema",
      "^.a: x-kubernetes-preserve-unknown-fields: preserve-unknown-fields changed : true -> false"])]
#[case::schema_to_schema("{additionalProperties: {type: string}}", "{additionalProperties: {type: integer}}",
    &["^.a.additionalProperties: type: type changed : \"string\" -> \"integer\""],
    &["^.a.additionalProperties: type: type changed : \"integer\" -> \"string\""])]
#[case::neither("{additionalProperties: a}", "{additionalProperties: b}",
    &["^.a: unhandled: unhandled changes found (additionalProperties \"a\" -> \"b\")"],
    &["^.a: unhandled: unhandled changes found (additionalProperties \"b\" -> \"a\")"])]
fn entries(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}

#[test]
fn fields_of_every_resource_need_not_be_described() {
    let mut old = definition(&json!({"type": "string"}));
    let new = old.clone();
    let root = &mut old["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
    for name in ["apiVersion", "kind", "metadata", "spec"] {
        root[name] = json!({"type": "object"});
    }
    assert_eq!(lines(&check(&old, &new, &[])), ["existingFieldRemoval: removed field : v1.^.spec"]);
}
