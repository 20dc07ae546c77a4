//! The rules by what they say of small definitions.

mod bounds;
mod conditions;
mod corpus;
mod definition;
mod everything;
mod fields;
mod keywords;
mod kubernetes;
mod properties;
mod removed;
mod served;
mod waivers;

use serde_json::{Value, json};

use super::*;

/// The value that one document of YAML stands for.
fn yaml(text: &str) -> Value {
    let (documents, _) = rukpak_manifest::read(text.as_bytes()).unwrap();
    documents.into_iter().next().map_or(Value::Null, |document| document.value)
}

/// A definition with one version, `v1`, whose resources have one field, `a`.
fn definition(field: &Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"a": field}}},
            }],
        },
        "status": {"storedVersions": ["v1"]},
    })
}

fn lines(findings: &[UpgradeFinding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

/// What is found where the schema of `a` changes, less the version.
fn found(old: &str, new: &str) -> Vec<String> {
    let findings = check(&definition(&yaml(old)), &definition(&yaml(new)), &[]);
    lines(&findings).iter().map(|line| line.strip_prefix("v1: ").unwrap_or(line).to_owned()).collect()
}

/// What is found where one changes to the other, and back.
#[track_caller]
fn both_ways(old: &str, new: &str, there: &[&str], back: &[&str]) {
    assert_eq!(found(old, new), there, "from {old} to {new}");
    assert_eq!(found(new, old), back, "from {new} to {old}");
}
