//! What is refused, by small schemas and values.

mod bounds;
mod changes;
mod conditions;
mod corpus;
mod keywords;
mod preparation;
mod properties;
mod structure;
mod undeclared;

use rukpak_manifest::Object;
use serde_json::{Value, json};

use super::*;

/// The value that one document of YAML stands for.
fn yaml(text: &str) -> Value {
    let (documents, _) = rukpak_manifest::read(text.as_bytes()).unwrap();
    documents.into_iter().next().map_or(Value::Null, |document| document.value)
}

/// A definition with one version, `v1`, whose resources have this schema.
fn definition_of(root: &Value) -> Object {
    let spec = json!({
        "group": "example.org",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "kind": "Widget"},
        "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": root}}],
    });
    Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "widgets.example.org")
        .with("spec", spec)
}

/// One whose resources have one field, `x`.
fn definition(x: &str) -> Object {
    definition_of(&json!({"type": "object", "properties": {"x": yaml(x)}}))
}

/// A resource with that field. What is JSON is read as that, where `1.0` is no integer.
fn resource(x: &str) -> Object {
    let x = serde_json::from_str(x).unwrap_or_else(|_| yaml(x));
    Object::new("example.org/v1", "Widget", Some("default"), "one").with("x", x)
}

fn lines(violations: &[Violation]) -> Vec<String> {
    violations.iter().map(ToString::to_string).collect()
}

/// What is wrong with a value of `x`.
fn refused(schema: &str, value: &str) -> Vec<String> {
    lines(&Judge::default().created(&definition(schema), &resource(value)))
}
