//! Old schemas in a form that API servers take.
//!
//! Three habits of v1beta1 have an exact counterpart in v1 and get it: a schema without a type, which takes anything; an
//! integer or a string as a choice of two types; and a description of `metadata`, which every server knows. A schema that is still not structural is replaced by one that
//! takes anything: the definition can then be created and its resources are all valid, which is better than a definition
//! that no server takes, and no guess at what its author meant.

use std::collections::BTreeSet;

use rukpak_manifest::Object;
use serde_json::{Map, Value, json};

use super::PRESERVE;

const INT_OR_STRING: &str = "x-kubernetes-int-or-string";

/// Rewrites what has an exact counterpart in v1.
pub(crate) fn rewrite(definition: &mut Object) {
    for (_, root) in schemas(definition) {
        if let Some(Value::Object(metadata)) = root.pointer_mut("/properties/metadata") {
            metadata.retain(|keyword, _| keyword == "type");
            metadata.insert("type".into(), "object".into());
        }
        mend(root, true);
    }
}

/// Replaces the schemas of some versions, given by their index, by one that takes anything.
pub(crate) fn replace(definition: &mut Object, versions: &BTreeSet<usize>) {
    for (index, root) in schemas(definition) {
        if versions.contains(&index) {
            *root = json!({"type": "object", PRESERVE: true});
        }
    }
}

fn schemas(definition: &mut Object) -> impl Iterator<Item = (usize, &mut Value)> {
    let spec = definition.fields_mut().get_mut("spec");
    let versions = spec.and_then(|spec| spec.get_mut("versions")).and_then(Value::as_array_mut);
    versions.into_iter().flatten().enumerate().filter_map(|(index, version)| {
        version.pointer_mut("/schema/openAPIV3Schema").map(|schema| (index, schema))
    })
}

/// Mends a schema and those below it. `is_value`: it says what a value is, and not only a condition on it. A value's depth
/// is bounded by the loader.
fn mend(schema: &mut Value, is_value: bool) {
    let Value::Object(keywords) = schema else { return };
    let junctor = ["anyOf", "oneOf"].into_iter().find(|junctor| is_int_or_string(keywords, junctor));
    let format = keywords.get("format").and_then(Value::as_str) == Some("int-or-string");
    if let Some(junctor) = junctor {
        keywords.remove(junctor);
    }
    if junctor.is_some() || format {
        keywords.remove("type");
        keywords.retain(|keyword, value| keyword != "format" || value.as_str() != Some("int-or-string"));
        keywords.insert(INT_OR_STRING.into(), true.into());
    }
    let says_what = ["type", INT_OR_STRING, PRESERVE].iter().any(|keyword| keywords.contains_key(*keyword));
    if is_value && !says_what {
        keywords.insert(PRESERVE.into(), true.into());
    }
    for below in ["allOf", "anyOf", "oneOf", "not", "items", "additionalProperties", "properties"] {
        let is_value = is_value && !["allOf", "anyOf", "oneOf", "not"].contains(&below);
        match keywords.get_mut(below) {
            Some(Value::Array(schemas)) => schemas.iter_mut().for_each(|schema| mend(schema, is_value)),
            Some(Value::Object(schemas)) if below == "properties" => {
                schemas.values_mut().for_each(|schema| mend(schema, is_value));
            }
            Some(schema) => mend(schema, is_value),
            None => {}
        }
    }
}

/// Whether a junctor is the choice between an integer and a string, and nothing more.
fn is_int_or_string(keywords: &Map<String, Value>, junctor: &str) -> bool {
    let Some(Value::Array(choice)) = keywords.get(junctor) else { return false };
    let types = choice.iter().map(|schema| match schema {
        Value::Object(only) if only.len() == 1 => only.get("type").and_then(Value::as_str),
        _ => None,
    });
    let mut types: Vec<_> = types.collect();
    types.sort_unstable();
    types == [Some("integer"), Some("string")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn definition(schema: &Value) -> Object {
        Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "x")
            .with("spec", json!({"versions": [{"schema": {"openAPIV3Schema": schema}}]}))
    }

    #[rstest]
    #[case::any_of(json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}), json!({INT_OR_STRING: true}))]
    #[case::one_of(
        json!({"type": "string", "description": "d", "oneOf": [{"type": "integer"}, {"type": "string"}]}),
        json!({"description": "d", INT_OR_STRING: true})
    )]
    #[case::format(json!({"type": "string", "format": "int-or-string"}), json!({INT_OR_STRING: true}))]
    #[case::no_type(json!({"description": "d"}), json!({"description": "d", PRESERVE: true}))]
    #[case::no_type_in_a_condition(
        json!({"type": "object", "not": {"properties": {"b": {"maximum": 1}}}}),
        json!({"type": "object", "not": {"properties": {"b": {"maximum": 1}}}})
    )]
    #[case::in_items(
        json!({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}),
        json!({"type": "array", "items": {INT_OR_STRING: true}})
    )]
    #[case::another_choice(
        json!({"type": "string", "anyOf": [{"type": "string"}, {"type": "boolean"}]}),
        json!({"type": "string", "anyOf": [{"type": "string"}, {"type": "boolean"}]})
    )]
    #[case::a_choice_with_conditions(
        json!({"type": "string", "anyOf": [{"type": "string", "pattern": "x"}, {"type": "integer"}]}),
        json!({"type": "string", "anyOf": [{"type": "string", "pattern": "x"}, {"type": "integer"}]})
    )]
    fn habits_are_rewritten(#[case] before: Value, #[case] after: Value) {
        let below = |schema: Value| json!({"type": "object", "properties": {"anyOf": {"type": "string"}, "a": schema}});
        let mut definition = definition(&below(before));
        rewrite(&mut definition);
        assert_eq!(
            definition.get(&["spec"]).unwrap().pointer("/versions/0/schema/openAPIV3Schema"),
            Some(&below(after))
        );
    }

    #[test]
    fn metadata_is_what_servers_know() {
        let schema =
            json!({"type": "object", "properties": {"metadata": {"description": "x", "properties": {}}}});
        let mut definition = definition(&schema);
        rewrite(&mut definition);
        let metadata = definition
            .get(&["spec"])
            .unwrap()
            .pointer("/versions/0/schema/openAPIV3Schema/properties/metadata");
        assert_eq!(metadata, Some(&json!({"type": "object"})));
    }

    #[test]
    fn only_the_versions_given_are_replaced() {
        let refused = json!({"openAPIV3Schema": {"type": "object", "properties": {"a": {}}}});
        let good = json!({"openAPIV3Schema": {"type": "object"}});
        let versions = json!({"versions": [{"schema": refused}, {"schema": good}]});
        let mut definition = Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "x")
            .with("spec", versions);
        let found = super::super::structural::violations(&definition);
        replace(&mut definition, &found.versions);
        let versions = json!([
            {"schema": {"openAPIV3Schema": {"type": "object", PRESERVE: true}}},
            {"schema": {"openAPIV3Schema": {"type": "object"}}},
        ]);
        assert_eq!(definition.get(&["spec", "versions"]), Some(&versions));
        assert_eq!(super::super::structural::violations(&definition).count, 0);
    }
}
