//! Custom resource definitions of `apiextensions.k8s.io/v1beta1` become ones of `v1`.
//!
//! No server takes v1beta1 any more. The rules are those by which API servers of 1.16 to 1.21 stored and served such a
//! definition: their defaults (`pkg/apis/apiextensions/v1beta1/defaults.go`) and their conversion by way of the
//! internal type (`v1beta1/conversion.go`, `v1/conversion.go`). Two things are added, without which no server takes the
//! result: a schema where there is none, and `type: object` at its root. What else [`structural`] finds wrong with an
//! old schema, [`repair`] mends.

mod budget;
pub(crate) mod repair;
pub(crate) mod structural;

use rukpak_manifest::Object;
use serde_json::{Map, Value, json};

pub(crate) use budget::{Budget, TooMuch};

/// The API version that is converted.
pub(crate) const API_VERSION: &str = "apiextensions.k8s.io/v1beta1";

const PRESERVE: &str = "x-kubernetes-preserve-unknown-fields";

/// What may stand at the top for all versions, and what it is called in each of them.
const FOR_ALL_VERSIONS: [(&str, &str); 3] = [
    ("validation", "schema"),
    ("subresources", "subresources"),
    ("additionalPrinterColumns", "additionalPrinterColumns"),
];

/// Turns a definition of v1beta1 into one of v1. Fields of a wrong type are left for the check of the result.
///
/// # Errors
/// What stands there for all versions would become more than the budget has. The definition is as it was.
pub(crate) fn convert(definition: &mut Object, budget: &mut Budget) -> Result<(), TooMuch> {
    budget::take(definition, budget)?;
    let fields = definition.fields_mut();
    fields.insert("apiVersion".into(), "apiextensions.k8s.io/v1".into());
    fields.remove("status");
    let Some(Value::Object(spec)) = fields.get_mut("spec") else { return Ok(()) };

    // In v1beta1 the default is to keep what the schema does not know; v1 lets a schema only say so for itself.
    let preserve = spec.get("preserveUnknownFields").and_then(Value::as_bool).unwrap_or(true);
    spec.insert("preserveUnknownFields".into(), false.into());
    if is_unset(spec.get("scope")) {
        spec.insert("scope".into(), "Namespaced".into());
    }
    name_versions(spec);
    move_into_versions(spec);
    if let Some(Value::Object(conversion)) = spec.get_mut("conversion") {
        convert_conversion(conversion);
    }
    for version in versions(spec) {
        rename_printer_columns(version);
        complete_schema(version, preserve);
    }
    Ok(())
}

/// `version` is the name of the only version where no list of them is given.
fn name_versions(spec: &mut Map<String, Value>) {
    let name = spec.remove("version").filter(|name| !is_unset(Some(name)));
    let listed = spec.get("versions").and_then(Value::as_array).is_some_and(|versions| !versions.is_empty());
    if let (Some(name), false) = (name, listed) {
        spec.insert("versions".into(), json!([{"name": name, "served": true, "storage": true}]));
    }
}

/// What stands at the top for all versions goes into each version that has none of its own.
fn move_into_versions(spec: &mut Map<String, Value>) {
    for (at_top, in_version) in FOR_ALL_VERSIONS {
        let Some(value) = spec.remove(at_top).filter(|value| !value.is_null()) else { continue };
        let mut without: Vec<_> =
            versions(spec).filter(|version| version.get(in_version).is_none_or(Value::is_null)).collect();
        // The last one takes the value itself: a schema can be large.
        let Some(last) = without.pop() else { continue };
        for version in without {
            version.insert(in_version.into(), value.clone());
        }
        last.insert(in_version.into(), value);
    }
}

/// What belongs to a conversion webhook moves below `webhook`.
fn convert_conversion(conversion: &mut Map<String, Value>) {
    if is_unset(conversion.get("strategy")) {
        conversion.insert("strategy".into(), "None".into());
    }
    let is_webhook = conversion.get("strategy").and_then(Value::as_str) == Some("Webhook");
    let mut webhook = Map::new();
    if let Some(config) = conversion.remove("webhookClientConfig").filter(|config| !config.is_null()) {
        webhook.insert("clientConfig".into(), config);
    }
    match conversion.remove("conversionReviewVersions").filter(|versions| !versions.is_null()) {
        Some(versions) => drop(webhook.insert("conversionReviewVersions".into(), versions)),
        None if is_webhook => drop(webhook.insert("conversionReviewVersions".into(), json!(["v1beta1"]))),
        None => {}
    }
    if !webhook.is_empty() {
        conversion.insert("webhook".into(), webhook.into());
    }
}

fn rename_printer_columns(version: &mut Map<String, Value>) {
    let Some(Value::Array(columns)) = version.get_mut("additionalPrinterColumns") else { return };
    for column in columns.iter_mut().filter_map(Value::as_object_mut) {
        if let Some(path) = column.remove("JSONPath") {
            column.entry("jsonPath").or_insert(path);
        }
    }
}

/// Gives a version a schema that a server takes at its root.
fn complete_schema(version: &mut Map<String, Value>, preserve: bool) {
    let schema = version.entry("schema").or_insert(Value::Null);
    if schema.is_null() {
        *schema = Value::Object(Map::new());
    }
    let Value::Object(schema) = schema else { return };
    let root = schema.entry("openAPIV3Schema").or_insert(Value::Null);
    let is_missing = root.is_null();
    if is_missing {
        *root = Value::Object(Map::new());
    }
    let Value::Object(root) = root else { return };
    if is_unset(root.get("type")) {
        root.insert("type".into(), "object".into());
    }
    if is_missing {
        root.insert(PRESERVE.into(), true.into());
    }
    if preserve {
        keep_unknown_fields(root);
    }
}

/// Lets a schema and those below it keep what they do not know. Of a definition of v1beta1 that was said once; in v1 every
/// property that is listed prunes for itself, whatever its parent keeps (`pruning/algorithm.go` of apiextensions-apiserver).
fn keep_unknown_fields(schema: &mut Map<String, Value>) {
    let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
    match schema.get_mut("additionalProperties") {
        // All is listed that way, but of what is in it nothing.
        Some(any @ Value::Bool(true)) => *any = json!({PRESERVE: true}),
        Some(Value::Object(values)) => keep_unknown_fields(values),
        Some(Value::Bool(false)) => {}
        _ if is_object => drop(schema.insert(PRESERVE.into(), true.into())),
        _ => {}
    }
    if let Some(Value::Object(items)) = schema.get_mut("items") {
        keep_unknown_fields(items);
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().filter_map(Value::as_object_mut).for_each(keep_unknown_fields);
    }
}

fn versions(spec: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    let versions = spec.get_mut("versions").and_then(Value::as_array_mut);
    versions.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Whether a field is missing, null or empty, for which Go's defaulting fills in the default.
fn is_unset(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value.as_str() == Some(""))
}

#[cfg(test)]
mod tests;
