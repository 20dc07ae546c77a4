//! What becomes of an object in the other version, case by case.

mod edits;
mod mapping;
mod property;
mod refused;

use serde_json::{Value, json};

use super::ConversionError;

/// The namespace of the provisioners.
const SYSTEM: &str = "rukpak-system";

fn to_v1alpha2(whole: Value) -> Result<Value, ConversionError> {
    super::to_v1alpha2(whole, SYSTEM)
}

fn from_v1alpha2(whole: Value) -> Result<Value, ConversionError> {
    super::from_v1alpha2(whole, SYSTEM)
}

/// An object of v1alpha1 with these classes.
fn old(class: &str, template: &str) -> Value {
    json!({
        "apiVersion": "core.rukpak.io/v1alpha1",
        "kind": "BundleDeployment",
        "metadata": {"name": "web", "uid": "1", "labels": {"a": "b"}},
        "spec": {
            "provisionerClassName": class,
            "template": {"spec": {
                "provisionerClassName": template,
                "source": {"type": "image", "image": {"ref": "registry.example.com/web:v1"}},
            }},
        },
    })
}

/// An object of v1alpha2 of the registry class, with fields of its spec.
fn new(spec: Value) -> Value {
    let mut whole = json!({
        "apiVersion": "core.rukpak.io/v1alpha2",
        "kind": "BundleDeployment",
        "metadata": {"name": "web", "uid": "1", "labels": {"a": "b"}},
        "spec": {
            "provisionerClassName": "core-rukpak-io-registry",
            "source": {"type": "image", "image": {"ref": "registry.example.com/web:v1"}},
        },
    });
    let Value::Object(fields) = spec else { panic!("got {spec}, expected an object") };
    whole["spec"].as_object_mut().unwrap().extend(fields);
    whole
}

/// The same, with an annotation.
fn annotated(mut whole: Value, name: &str, value: impl Into<Value>) -> Value {
    whole["metadata"]["annotations"][name] = value.into();
    whole
}

/// An annotation, as JSON.
fn read(whole: &Value, name: &str) -> Value {
    serde_json::from_str(whole["metadata"]["annotations"][name].as_str().unwrap()).unwrap()
}
