//! Fields that a schema does not declare.

use rstest::rstest;
use serde_json::json;

use super::*;

const KEEPS: &str = "{x-kubernetes-preserve-unknown-fields: true, properties: {a: {properties: {b: {}}}}}";
const RESOURCE: &str = "{type: object, x-kubernetes-embedded-resource: true, properties: {spec: {type: object, properties: {a: {}}}}}";

fn undeclared(definition: &Object, resource: &Object) -> Vec<String> {
    Judge::default()
        .undeclared(definition, resource)
        .into_iter()
        .map(|Violation { path, message }| {
            assert_eq!(message, "field not declared in schema");
            path
        })
        .collect()
}

#[rstest]
#[case::declared("{properties: {a: {properties: {b: {}}}}}", "{a: {b: 1}}", &[])]
#[case::one("{properties: {a: {properties: {b: {}}}}}", "{a: {b: 1, c: 1}, d: null}", &["x.a.c", "x.d"])]
#[case::in_what_may_have_any("{type: object}", "{a: {b: 1}}", &[])]
#[case::in_entries_that_may_have_any("{type: object, additionalProperties: {type: object}}", "{a: {b: 1}}", &[])]
#[case::in_entries_that_may_have_nothing("{type: object, additionalProperties: {type: string}}", "{a: {b: 1}}", &["x.a.b"])]
#[case::in_a_list("{items: {properties: {a: {}}}}", "[{a: 1}, {b: 1}]", &["x[1].b"])]
#[case::entries("{additionalProperties: {properties: {a: {}}}}", "{y: {a: 1}, z: {b: 1}}", &["x.z.b"])]
#[case::entries_of_any_kind("{additionalProperties: true}", "{y: 1, z: {b: 1}}", &["x.z.b"])]
#[case::kept(KEEPS, "{a: {b: 1, d: 1}, c: {d: 1}}", &["x.a.d"])]
#[case::kept_in_a_list(
    "{x-kubernetes-preserve-unknown-fields: true, items: {properties: {a: {properties: {b: {}}}}}}",
    "[{c: {d: 1}}, {a: {d: 1}}]",
    &["x[1].a.d"]
)]
#[case::a_number_or_a_text("{x-kubernetes-int-or-string: true}", "1", &[])]
#[case::below_a_condition("{anyOf: [{properties: {a: {}}}]}", "{a: 1}", &["x.a"])]
#[case::a_resource(RESOURCE, "{apiVersion: v1, kind: A, metadata: {name: a}, spec: {a: 1}}", &[])]
#[case::of_a_resource(RESOURCE, "{apiVersion: v1, kind: A, metadata: {nam: a}, spec: {b: 1}, c: 1}",
    &["x.c", "x.metadata.nam", "x.spec.b"])]
fn of_x(#[case] schema: &str, #[case] value: &str, #[case] expected: &[&str]) {
    assert_eq!(undeclared(&definition(schema), &resource(value)), expected);
}

#[test]
fn metadata_is_declared_by_nobody_and_its_fields_are() {
    let mut resource = resource("1").with("y", 1);
    resource.metadata_mut().insert("finalisers".into(), json!([]));
    resource.metadata_mut().insert("finalizers".into(), json!([]));
    assert_eq!(undeclared(&definition("{type: integer}"), &resource), ["metadata.finalisers", "y"]);
}

#[test]
fn a_definition_of_old_that_keeps_everything() {
    let definition = definition("{type: integer}");
    let mut spec = definition.get(&["spec"]).unwrap().clone();
    spec["preserveUnknownFields"] = json!(true);
    assert_eq!(undeclared(&definition.with("spec", spec), &resource("1").with("y", 1)), [""; 0]);
}
