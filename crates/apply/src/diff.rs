//! What would change about an object.
//!
//! In: the object as it is, and as it would be after a write. Out: every place that differs, in order. What only servers write
//! is left out. Elements of lists that have a name are held against those of the same name, wherever they stand.

use std::collections::BTreeMap;
use std::fmt;

use rukpak_manifest::{Object, json};
use serde::Serialize;
use serde_json::{Map, Value};

/// Metadata that a write changes by itself.
const SERVERS: [&str; 5] = ["creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"];

/// A place that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Where: `spec.template.spec.containers[name=manager].image`.
    pub path: String,
    /// What is there; `None` where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// What would be there; `None` where nothing would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

/// Stands for a value that is not shown.
const HIDDEN: &str = "<hidden>";

/// The places at which an object differs from what it would be. Of a Secret's data only the keys are told.
#[must_use]
pub fn diff(live: &Object, next: &Object) -> Vec<Change> {
    let mut changes = Vec::new();
    let (live_fields, next_fields) = (comparable(live), comparable(next));
    compare_maps("", &live_fields, &next_fields, &mut changes);
    if (live.group(), live.kind()) == ("", "Secret") {
        for change in &mut changes {
            if ["data", "stringData"].iter().any(|field| change.path.starts_with(field)) {
                hide(&mut change.from);
                hide(&mut change.to);
            }
        }
    }
    changes
}

/// An object without what a write changes by itself.
pub(crate) fn comparable(object: &Object) -> Map<String, Value> {
    let mut fields = object.fields().clone();
    fields.remove("status");
    if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
        metadata.retain(|field, _| !SERVERS.contains(&field.as_str()));
    }
    fields
}

fn compare(path: &str, from: &Value, to: &Value, changes: &mut Vec<Change>) {
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => compare_maps(path, from, to, changes),
        (Value::Array(from), Value::Array(to)) => match (named(from), named(to)) {
            (Some(from), Some(to)) if !from.is_empty() && !to.is_empty() => {
                pairs(&from, &to, |name, from, to| step(&format!("{path}[name={name}]"), from, to, changes));
            }
            _ => {
                for index in 0..from.len().max(to.len()) {
                    step(&format!("{path}[{index}]"), from.get(index), to.get(index), changes);
                }
            }
        },
        (from, to) if from == to => {}
        (from, to) => {
            changes.push(Change { path: path.into(), from: Some(from.clone()), to: Some(to.clone()) });
        }
    }
}

fn compare_maps(path: &str, from: &Map<String, Value>, to: &Map<String, Value>, changes: &mut Vec<Change>) {
    let (from, to) = (by_key(from), by_key(to));
    pairs(&from, &to, |key, from, to| step(&joined(path, key), from, to, changes));
}

/// One place, at which there may be nothing before or after.
fn step(path: &str, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<Change>) {
    match (from, to) {
        (Some(from), Some(to)) => compare(path, from, to, changes),
        (None, None) => {}
        (from, to) => changes.push(Change { path: path.into(), from: from.cloned(), to: to.cloned() }),
    }
}

/// A key behind a path; one with dots in brackets, as in `metadata.labels["app.kubernetes.io/name"]`.
fn joined(path: &str, key: &str) -> String {
    match (path, key.contains(['.', '/', '[', ' '])) {
        ("", false) => key.to_owned(),
        (_, false) => format!("{path}.{key}"),
        (_, true) => format!("{path}[{key:?}]"),
    }
}

fn by_key(map: &Map<String, Value>) -> BTreeMap<&str, &Value> {
    map.iter().map(|(key, value)| (key.as_str(), value)).collect()
}

/// The elements of a list by their names, if each has one of its own.
fn named(list: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    let by_name: BTreeMap<_, _> =
        list.iter().map(|element| Some((element.get("name")?.as_str()?, element))).collect::<Option<_>>()?;
    (by_name.len() == list.len()).then_some(by_name)
}

/// Both values of every key, in order.
fn pairs<'v>(
    from: &BTreeMap<&str, &'v Value>,
    to: &BTreeMap<&str, &'v Value>,
    mut visit: impl FnMut(&str, Option<&'v Value>, Option<&'v Value>),
) {
    let mut keys: Vec<_> = from.keys().chain(to.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        visit(key, from.get(*key).copied(), to.get(*key).copied());
    }
}

fn hide(value: &mut Option<Value>) {
    if let Some(value) = value {
        *value = match value.take() {
            Value::Object(map) => map.into_iter().map(|(key, _)| (key, Value::from(HIDDEN))).collect(),
            _ => HIDDEN.into(),
        };
    }
}

impl fmt::Display for Change {
    /// `path: from -> to`, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, from, to } = self;
        match (from, to) {
            (Some(from), Some(to)) => write!(f, "{path}: {} -> {}", Short(from), Short(to)),
            (None, Some(to)) => write!(f, "{path}: {} is added", Short(to)),
            (Some(from), None) => write!(f, "{path}: {} is removed", Short(from)),
            (None, None) => write!(f, "{path}"),
        }
    }
}

/// A value on one line, cut where it is long.
struct Short<'a>(&'a Value);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CHARACTERS: usize = 120;
        let mut text = Vec::new();
        let _ = json::canonical(self.0, &mut text);
        let text = String::from_utf8_lossy(&text);
        match text.char_indices().nth(CHARACTERS) {
            Some((end, _)) => write!(f, "{}...", text.get(..end).unwrap_or_default()),
            None => f.write_str(&text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::json;

    fn object(kind: &str, fields: Value) -> Object {
        let mut object = Object::new("v1", kind, Some("a"), "b");
        if let Value::Object(fields) = fields {
            object.fields_mut().extend(fields);
        }
        object
    }

    fn lines(kind: &str, from: Value, to: Value) -> String {
        let changes = diff(&object(kind, from), &object(kind, to));
        changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_place_once() {
        let from = json!({
            "metadata": {"name": "b", "resourceVersion": "1", "labels": {"app.kubernetes.io/name": "x", "gone": "1"}},
            "spec": {
                "containers": [{"name": "one", "image": "a:1"}, {"name": "two", "image": "b:1"}],
                "args": ["--x", "--y"],
                "same": {"deep": [1, 2]},
            },
            "status": {"replicas": 1},
        });
        let to = json!({
            "metadata": {"name": "b", "resourceVersion": "2", "labels": {"app.kubernetes.io/name": "y"}},
            "spec": {
                "containers": [{"name": "two", "image": "b:1", "env": []}, {"name": "one", "image": "a:2"}, {"name": "three"}],
                "args": ["--x"],
                "same": {"deep": [1, 2]},
                "long": "x".repeat(500),
            },
            "status": {"replicas": 2},
        });
        assert_snapshot!(lines("Pod", from, to));
    }

    #[test]
    fn secrets_are_not_shown() {
        let from = json!({"data": {"password": "aHVudGVyMg==", "gone": "aHVudGVyMg=="}, "type": "Opaque"});
        let to = json!({"data": {"password": "aHVudGVyMw==", "new": "aHVudGVyMg=="}, "stringData": {"x": "hunter2"}, "type": "Other"});
        let shown = lines("Secret", from, to);
        assert!(!shown.contains("hunter") && !shown.contains("aHVud"), "{shown}");
        assert_snapshot!(shown);
    }

    proptest! {
        #[test]
        fn an_object_does_not_differ_from_itself(keys in prop::collection::vec("[a-z./]{1,4}", 0..5), value in any::<i64>()) {
            let fields: Map<String, Value> = keys.into_iter().map(|key| (key, json!([{"name": value}, value]))).collect();
            let object = object("ConfigMap", json!({"spec": fields}));
            prop_assert_eq!(diff(&object, &object), vec![]);
        }
    }
}
