//! Objects without what is of no use to whoever takes them away: whose they are, what holds them, and of definitions what they define.
//!
//! All else is skipped where it stands in an answer, so that an object goes whatever is in it: others may have put in what
//! goes deeper than a value that is read may.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is read of an object. It has the fields of one, those that are left out aside.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outline {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    metadata: Metadata,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finalizers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_references: Option<Vec<Value>>,
}

/// What is read of a definition beside that.
#[derive(Debug, Deserialize)]
pub(super) struct Definition {
    spec: Spec,
}

#[derive(Debug, Deserialize, Serialize)]
struct Spec {
    group: String,
    names: Names,
    scope: String,
    versions: Vec<Version>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Names {
    plural: String,
    kind: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Version {
    name: String,
    served: bool,
    #[serde(default)]
    storage: bool,
}

impl From<Outline> for Value {
    fn from(outline: Outline) -> Self {
        // Texts under names: there is nothing that JSON does not have.
        serde_json::to_value(outline).unwrap_or_default()
    }
}

impl From<Definition> for Value {
    fn from(definition: Definition) -> Self {
        serde_json::to_value(definition.spec).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    fn outline<T: DeserializeOwned + Into<Value>>(text: &str) -> Value {
        serde_json::from_str::<T>(text).unwrap().into()
    }

    /// As others write it, with a field that goes deeper than a value that is read may.
    fn deep(object: &Value) -> String {
        let levels = 5000;
        let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        object.to_string().replace("\"DEEP\"", &deep)
    }

    #[rstest]
    #[case::nobodys(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}))]
    #[case::ours(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": "a", "namespace": "b", "uid": "1", "resourceVersion": "2",
            "deletionTimestamp": "1970-01-01T00:00:00Z", "finalizers": ["x"],
            "labels": {"x": "y"}, "annotations": {"x": "y"},
            "ownerReferences": [{"kind": "Owner", "name": "c", "controller": true}],
        },
    }))]
    fn what_tells_whose_an_object_is(#[case] object: Value) {
        let mut whole = object.clone();
        whole["data"] = json!("DEEP");
        whole["metadata"]["managedFields"] = json!([{"fieldsV1": "DEEP"}]);
        assert_eq!(outline::<Outline>(&deep(&whole)), object);
    }

    #[test]
    fn what_a_definition_defines() {
        let whole = json!({"metadata": {"name": "gadgets.example.com"}, "spec": {
            "group": "example.com", "names": {"plural": "gadgets", "kind": "Gadget", "listKind": "GadgetList"},
            "scope": "Namespaced", "versions": [{"name": "v1", "served": true, "storage": true, "schema": "DEEP"}],
        }});
        let expected = json!({
            "group": "example.com", "names": {"plural": "gadgets", "kind": "Gadget"},
            "scope": "Namespaced", "versions": [{"name": "v1", "served": true, "storage": true}],
        });
        assert_eq!(outline::<Definition>(&deep(&whole)), expected);
    }
}
