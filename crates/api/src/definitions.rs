//! The `CustomResourceDefinitions`, as an API server takes them.

use kube::CustomResourceExt as _;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::BundleDeployment;

/// The `CustomResourceDefinitions` of this API, each as a manifest.
#[must_use]
pub fn definitions() -> Vec<Value> {
    let mut definition = serde_json::to_value(BundleDeployment::crd()).unwrap_or_default();
    tidy(&mut definition);
    vec![definition]
}

/// Takes out what only says how Rust holds a value: null is not another way to leave a field out, since CEL would see it.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("nullable") == Some(&Value::Bool(true)) {
                map.remove("nullable");
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// A value that we do not know: no field of it is dropped.
pub(crate) fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}

/// Conditions, one of each type.
pub(crate) fn conditions(generator: &mut SchemaGenerator) -> Schema {
    let mut conditions =
        generator.subschema_for::<Vec<k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition>>();
    conditions.insert("x-kubernetes-list-type".into(), json!("map"));
    conditions.insert("x-kubernetes-list-map-keys".into(), json!(["type"]));
    conditions
}
