//! What in an old schema keeps API servers from taking it.
//!
//! In v1 every schema is *structural*: the type of each value is said once, outside of `allOf`, `anyOf`, `oneOf` and
//! `not`. The rules are those of `pkg/apiserver/schema/{convert,validation}.go` of apiextensions-apiserver, as far as old
//! definitions are known to break them.

use std::collections::BTreeSet;

use rukpak_manifest::Object;
use rukpak_manifest::types::PathStep;
use serde_json::{Map, Value};

/// How many violations are told for one definition.
const TOLD: usize = 3;

/// How deep a schema is looked into; what is deeper was refused where its types were checked.
const MAX_DEPTH: usize = 500;

/// Keywords that no schema of v1 may have.
const FORBIDDEN: [&str; 7] =
    ["$ref", "$schema", "additionalItems", "definitions", "dependencies", "id", "patternProperties"];

/// Keywords that must stand outside of `allOf`, `anyOf`, `oneOf` and `not`.
const OUTSIDE_ONLY: [&str; 6] =
    ["additionalProperties", "default", "description", "nullable", "title", "type"];

/// A place in a definition that a server refuses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Where, from the definition.
    pub(crate) path: Vec<PathStep>,
    /// What is wrong there.
    pub(crate) message: &'static str,
}

/// What is wrong with the schemas of a definition.
#[derive(Debug, Default)]
pub(crate) struct Violations {
    /// The first ones.
    pub(crate) told: Vec<Violation>,
    /// How many there are.
    pub(crate) count: usize,
    /// The versions that have some, by their index.
    pub(crate) versions: BTreeSet<usize>,
}

/// What is wrong with the schemas of a definition of v1.
pub(crate) fn violations(definition: &Object) -> Violations {
    let mut walk = Walk { path: Vec::new(), found: Violations::default() };
    let versions = definition.get(&["spec", "versions"]).and_then(Value::as_array);
    for (index, version) in versions.into_iter().flatten().enumerate() {
        if let Some(Value::Object(root)) =
            version.get("schema").and_then(|schema| schema.get("openAPIV3Schema"))
        {
            walk.path = ["spec", "versions"].map(|key| PathStep::Key(key.into())).into();
            walk.path.push(PathStep::Index(index));
            walk.path.extend(["schema", "openAPIV3Schema"].map(|key| PathStep::Key(key.into())));
            let before = walk.found.count;
            walk.root(root);
            if walk.found.count > before {
                walk.found.versions.insert(index);
            }
        }
    }
    walk.found
}

/// A walk through a schema.
struct Walk {
    path: Vec<PathStep>,
    found: Violations,
}

impl Walk {
    /// The schema of a whole resource.
    fn root(&mut self, schema: &Map<String, Value>) {
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            self.tell("type", "must be object at the root");
        }
        if schema.contains_key("additionalProperties") {
            self.tell("additionalProperties", "must not stand at the root");
        }
        if let Some(Value::Object(properties)) = schema.get("properties") {
            self.below("properties", |walk| walk.known_to_every_resource(properties));
        }
        self.schema(schema);
    }

    /// The properties that Kubernetes itself says something about.
    fn known_to_every_resource(&mut self, properties: &Map<String, Value>) {
        for name in ["apiVersion", "kind"] {
            let of_type = properties.get(name).map(|property| property.get("type").and_then(Value::as_str));
            if of_type.is_some_and(|of_type| of_type != Some("string")) {
                self.below(name, |walk| walk.tell("type", "must be string"));
            }
        }
        let Some(Value::Object(metadata)) = properties.get("metadata") else { return };
        self.below("metadata", |walk| {
            if metadata.get("type").and_then(Value::as_str) != Some("object") {
                walk.tell("type", "must be object");
            }
            let names = metadata.get("properties").and_then(Value::as_object);
            let only_names =
                names.is_none_or(|names| names.keys().all(|key| key == "name" || key == "generateName"));
            let nothing_else =
                metadata.keys().all(|key| ["default", "properties", "type"].contains(&key.as_str()));
            if !only_names || !nothing_else {
                walk.tell("", "must say nothing but of name and generateName, since all else is known");
            }
        });
    }

    /// A schema that says what type a value has.
    fn schema(&mut self, schema: &Map<String, Value>) {
        self.forbidden(schema);
        let int_or_string = is_true(schema, "x-kubernetes-int-or-string");
        let preserve = is_true(schema, "x-kubernetes-preserve-unknown-fields");
        let has_type = schema.get("type").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        if int_or_string && has_type {
            self.tell("type", "must be empty where x-kubernetes-int-or-string is true");
        }
        if !int_or_string && !preserve && !has_type {
            self.tell("", "has no type");
        }
        if schema.get("type").and_then(Value::as_str) == Some("array") && !schema.contains_key("items") {
            self.tell("items", "is missing, and the type is array");
        }
        if schema.contains_key("properties") && schema.contains_key("additionalProperties") {
            self.tell("additionalProperties", "must not stand beside properties");
        }
        match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => self.tell("additionalProperties", "must not be false"),
            Some(Value::Object(values)) => self.below("additionalProperties", |walk| walk.schema(values)),
            _ => {}
        }
        match schema.get("items") {
            Some(Value::Array(_)) => self.tell("items", "must be one schema, not a list"),
            Some(Value::Object(items)) => self.below("items", |walk| walk.schema(items)),
            _ => {}
        }
        self.properties(schema, Self::schema);
        self.junctors(schema, int_or_string);
    }

    /// A schema below `allOf`, `anyOf`, `oneOf` or `not`, which only adds conditions.
    ///
    /// For an int-or-string `anyOf: [{type: integer}, {type: string}]` is allowed, there or in one `allOf`.
    fn condition(&mut self, schema: &Map<String, Value>, may_have_type: bool) {
        self.forbidden(schema);
        for keyword in OUTSIDE_ONLY {
            let allowed = keyword == "type" && may_have_type;
            if schema.get(keyword).is_some_and(|value| !value.is_null()) && !allowed {
                self.tell(keyword, "must not stand below allOf, anyOf, oneOf or not");
            }
        }
        if let Some(Value::Object(items)) = schema.get("items") {
            self.below("items", |walk| walk.condition(items, false));
        }
        self.properties(schema, |walk, property| walk.condition(property, false));
        self.junctors(schema, may_have_type);
    }

    fn properties(&mut self, schema: &Map<String, Value>, visit: fn(&mut Self, &Map<String, Value>)) {
        let Some(Value::Object(properties)) = schema.get("properties") else { return };
        self.below("properties", |walk| {
            for (name, property) in properties {
                if let Value::Object(property) = property {
                    walk.below(name, |walk| visit(walk, property));
                }
            }
        });
    }

    fn junctors(&mut self, schema: &Map<String, Value>, int_or_string: bool) {
        for junctor in ["allOf", "anyOf", "oneOf"] {
            let Some(Value::Array(conditions)) = schema.get(junctor) else { continue };
            self.below(junctor, |walk| {
                for (index, condition) in conditions.iter().enumerate() {
                    if let Value::Object(condition) = condition {
                        let may_have_type = int_or_string && junctor != "oneOf";
                        walk.step(PathStep::Index(index), |walk| walk.condition(condition, may_have_type));
                    }
                }
            });
        }
        if let Some(Value::Object(condition)) = schema.get("not") {
            self.below("not", |walk| walk.condition(condition, false));
        }
    }

    fn forbidden(&mut self, schema: &Map<String, Value>) {
        for keyword in FORBIDDEN {
            if schema.contains_key(keyword) {
                self.tell(keyword, "is not supported");
            }
        }
        if is_true(schema, "uniqueItems") {
            self.tell("uniqueItems", "must not be true");
        }
    }

    fn below(&mut self, key: &str, visit: impl FnOnce(&mut Self)) {
        self.step(PathStep::Key(key.into()), visit);
    }

    fn step(&mut self, step: PathStep, visit: impl FnOnce(&mut Self)) {
        if self.path.len() < MAX_DEPTH {
            self.path.push(step);
            visit(self);
            self.path.pop();
        }
    }

    /// Notes a violation at a keyword of the schema, or at the schema itself where the keyword is empty.
    fn tell(&mut self, keyword: &str, message: &'static str) {
        self.found.count += 1;
        if self.found.told.len() < TOLD {
            let mut path = self.path.clone();
            if !keyword.is_empty() {
                path.push(PathStep::Key(keyword.into()));
            }
            self.found.told.push(Violation { path, message });
        }
    }
}

fn is_true(schema: &Map<String, Value>, keyword: &str) -> bool {
    schema.get(keyword).and_then(Value::as_bool).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    /// What is found in a schema, by its keywords.
    fn found(schema: &Value) -> Vec<String> {
        let definition = Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "x")
            .with("spec", json!({"versions": [{"schema": {"openAPIV3Schema": schema}}]}));
        let Violations { told, count, .. } = violations(&definition);
        assert_eq!(told.len(), count);
        let keys = |path: &[PathStep]| {
            let keys = path.iter().skip(5).map(|step| match step {
                PathStep::Key(key) => key.clone(),
                PathStep::Index(index) => index.to_string(),
            });
            keys.collect::<Vec<_>>().join(".")
        };
        told.iter().map(|violation| format!("{} {}", keys(&violation.path), violation.message)).collect()
    }

    /// The schema of a resource with one property, `a`.
    fn below_root(schema: &Value) -> Value {
        json!({"type": "object", "properties": {"a": schema}})
    }

    #[rstest]
    #[case::typed(json!({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}))]
    #[case::int_or_string(below_root(&json!({
        "x-kubernetes-int-or-string": true,
        "anyOf": [{"type": "integer"}, {"type": "string"}],
    })))]
    #[case::int_or_string_in_all_of(below_root(&json!({
        "x-kubernetes-int-or-string": true,
        "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"pattern": "^x"}],
    })))]
    #[case::anything(below_root(&json!({"x-kubernetes-preserve-unknown-fields": true})))]
    #[case::names_in_metadata(json!({"type": "object", "properties": {
        "apiVersion": {"type": "string"},
        "metadata": {"type": "object", "properties": {"name": {"type": "string"}}},
    }}))]
    #[case::conditions(json!({"type": "object", "oneOf": [{"required": ["a"]}, {"not": {"required": ["b"]}}]}))]
    #[case::a_property_called_like_a_keyword(json!({"type": "object", "properties": {"$ref": {"type": "string"}}}))]
    fn structural(#[case] schema: Value) {
        assert_eq!(found(&schema), [""; 0]);
    }

    #[rstest]
    #[case::root_of_another_type(json!({"type": "array", "items": {"type": "string"}}), "type must be object at the root")]
    #[case::map_at_the_root(
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
        "additionalProperties must not stand at the root"
    )]
    #[case::described_metadata(
        json!({"type": "object", "properties": {"metadata": {"type": "object", "description": "x"}}}),
        "properties.metadata must say nothing but of name and generateName, since all else is known"
    )]
    #[case::labels(
        json!({"type": "object", "properties": {
            "metadata": {"type": "object", "properties": {"labels": {"type": "object"}}},
        }}),
        "properties.metadata must say nothing but of name and generateName, since all else is known"
    )]
    #[case::kind_of_a_wrong_type(
        json!({"type": "object", "properties": {"kind": {"type": "integer"}}}),
        "properties.kind.type must be string"
    )]
    #[case::no_type(json!({"type": "object", "properties": {"a": {}}}), "properties.a has no type")]
    #[case::type_in_a_condition(
        below_root(&json!({"x-kubernetes-preserve-unknown-fields": true, "oneOf": [{"type": "string"}]})),
        "properties.a.oneOf.0.type must not stand below allOf, anyOf, oneOf or not"
    )]
    #[case::description_in_a_condition(
        json!({"type": "object", "not": {"properties": {"a": {"description": "x"}}}}),
        "not.properties.a.description must not stand below allOf, anyOf, oneOf or not"
    )]
    #[case::reference(json!({"type": "object", "$ref": "#/x"}), "$ref is not supported")]
    #[case::tuple(
        below_root(&json!({"type": "array", "items": [{"type": "string"}]})),
        "properties.a.items must be one schema, not a list"
    )]
    #[case::array_of_nothing(
        below_root(&json!({"type": "array"})),
        "properties.a.items is missing, and the type is array"
    )]
    #[case::closed(
        below_root(&json!({"type": "object", "additionalProperties": false})),
        "properties.a.additionalProperties must not be false"
    )]
    #[case::unique(
        below_root(&json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true})),
        "properties.a.uniqueItems must not be true"
    )]
    #[case::both(
        below_root(&json!({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}})),
        "properties.a.additionalProperties must not stand beside properties"
    )]
    #[case::typed_int_or_string(
        below_root(&json!({"type": "string", "x-kubernetes-int-or-string": true})),
        "properties.a.type must be empty where x-kubernetes-int-or-string is true"
    )]
    fn not_structural(#[case] schema: Value, #[case] violation: &str) {
        assert_eq!(found(&schema), [violation]);
    }

    #[test]
    fn many_violations_are_counted_and_the_first_told() {
        let properties: Map<_, _> = (0..40).map(|index| (index.to_string(), json!({}))).collect();
        let definition = Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "x").with(
            "spec",
            json!({"versions": [{"schema": {"openAPIV3Schema": {"type": "object", "properties": properties}}}]}),
        );
        let Violations { told, count, .. } = violations(&definition);
        assert_eq!((told.len(), count), (TOLD, 40));
    }
}
