//! Who owns the source of a `BundleDeployment`, as its `managedFields` say. Pure.
//!
//! A source is one of several fields. Server-side apply takes a field away only from whoever applied it before and does not any more;
//! so those that others own would stay beside ours, and an object with two is refused.

use kube::api::ObjectMeta;
use serde_json::{Map, Value, json};

use super::hand_over::FIELD_MANAGER;

/// Where the kinds of sources are in `fieldsV1`.
const SOURCE: [&str; 2] = ["f:spec", "f:source"];

/// The fields of a source that every kind has.
const COMMON: [&str; 3] = [".", "f:type", "f:pollIntervalMinutes"];

/// The operations of a JSON Patch that make the sources of other kinds ours, where the object is still this one; `None` where nobody
/// else has any.
pub(super) fn operations(live: &ObjectMeta, kind: &str) -> Option<Value> {
    let kind = format!("f:{kind}");
    let mut entries = serde_json::to_value(live.managed_fields.as_ref()?).ok()?;
    let entries = entries.as_array_mut()?;
    let mut taken = Map::new();
    for entry in entries.iter_mut().filter(|entry| !is_ours(entry)) {
        let Some(source) = entry.get_mut("fieldsV1").and_then(source) else { continue };
        let others: Vec<_> = source
            .keys()
            .filter(|field| **field != kind && !COMMON.contains(&field.as_str()))
            .cloned()
            .collect();
        for field in others {
            if let Some(fields) = source.remove(&field) {
                merge(taken.entry(field).or_insert_with(|| json!({})), fields);
            }
        }
    }
    if taken.is_empty() {
        return None;
    }
    if !entries.iter().any(is_ours) {
        let version = entries.first()?.get("apiVersion")?;
        entries.push(json!({
            "manager": FIELD_MANAGER, "operation": "Apply", "apiVersion": version,
            "fieldsType": "FieldsV1", "fieldsV1": {},
        }));
    }
    let ours = entries.iter_mut().find(|entry| is_ours(entry))?.get_mut("fieldsV1")?;
    let [spec, source] = SOURCE;
    merge(ours, json!({spec: {source: taken}}));
    Some(json!([
        {"op": "test", "path": "/metadata/resourceVersion", "value": live.resource_version},
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
    ]))
}

fn is_ours(entry: &Value) -> bool {
    let is = |field, value| entry.get(field).and_then(Value::as_str) == Some(value);
    is("manager", FIELD_MANAGER) && is("operation", "Apply") && entry.get("subresource").is_none()
}

fn source(fields: &mut Value) -> Option<&mut Map<String, Value>> {
    SOURCE.iter().try_fold(fields, |fields, step| fields.get_mut(step))?.as_object_mut()
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (field, below) in from {
                merge(into.entry(field).or_insert_with(|| json!({})), below);
            }
        }
        (into, from) => *into = from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, operation: &str, source: &Value) -> Value {
        json!({
            "manager": manager, "operation": operation, "apiVersion": "core.rukpak.io/v1alpha2",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:source": source}},
        })
    }

    fn operations(entries: &Value) -> Option<Value> {
        let live = json!({"resourceVersion": "7", "managedFields": entries});
        super::operations(&serde_json::from_value(live).unwrap(), "configMaps")
    }

    #[test]
    fn the_sources_of_other_kinds_become_ours() {
        let image = json!({".": {}, "f:type": {}, "f:image": {"f:ref": {}}});
        let operations = operations(&json!([
            entry("kubectl", "Apply", &image),
            entry("edit", "Update", &json!({"f:image": {"f:pullSecret": {}}}))
        ]));
        let entries = json!([
            entry("kubectl", "Apply", &json!({".": {}, "f:type": {}})),
            entry("edit", "Update", &json!({})),
            entry("rukpakctl", "Apply", &json!({"f:image": {"f:ref": {}, "f:pullSecret": {}}})),
        ]);
        let expected = json!([
            {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        ]);
        assert_eq!(operations, Some(expected));
    }

    #[test]
    fn what_is_ours_or_of_this_kind_stays_as_it_is() {
        let maps = json!({"f:type": {}, "f:pollIntervalMinutes": {}, "f:configMaps": {}});
        let ours = entry("rukpakctl", "Apply", &json!({"f:image": {"f:ref": {}}}));
        assert_eq!(operations(&json!([entry("kubectl", "Apply", &maps), ours])), None);
    }
}
