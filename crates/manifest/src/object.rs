//! One Kubernetes object as data, and what identifies it.

use std::fmt;

use serde_json::{Map, Value};
use thiserror::Error;

/// The type of an object: API group (empty for the core group), version and kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupVersionKind {
    /// API group; empty for the core group.
    pub group: String,
    /// Version within the group, such as `v1`.
    pub version: String,
    /// Kind, such as `Deployment`.
    pub kind: String,
}

/// What identifies an object: its type, its namespace where it has one, and its name.
///
/// The order is the one of a phase: group, version, kind, namespace, name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// Group, version and kind.
    pub gvk: GroupVersionKind,
    /// `metadata.namespace`; `None` where it is missing or empty.
    pub namespace: Option<String>,
    /// `metadata.name`; empty where it is missing.
    pub name: String,
}

impl fmt::Display for GroupVersionKind {
    /// `Kind.version.group`, the form of `kubectl get`; the core group is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.version)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        Ok(())
    }
}

impl fmt::Display for ObjectKey {
    /// `Kind.group namespace/name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.gvk.kind)?;
        if !self.gvk.group.is_empty() {
            write!(f, ".{}", self.gvk.group)?;
        }
        f.write_str(" ")?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

/// A value that is no Kubernetes object.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAnObject {
    /// The value is a scalar or a list.
    #[error("expected a mapping with apiVersion and kind, got {0}")]
    NotAMapping(&'static str),
    /// `kind` is missing, empty or not a string.
    #[error("the object has no kind")]
    NoKind,
    /// `apiVersion` is there and not a string.
    #[error("apiVersion is {0}, expected a string")]
    ApiVersion(&'static str),
    /// `metadata` is there and is no mapping.
    #[error("metadata is {0}, expected a mapping")]
    Metadata(&'static str),
}

/// One Kubernetes object: a mapping with a non-empty `kind` and, where present, a `metadata` mapping.
///
/// `apiVersion` may be missing, since Kubernetes' readers take that, though no server does.
///
/// Map keys are sorted (`serde_json` without `preserve_order`), so that equal objects have equal bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Object(Map<String, Value>);

impl Object {
    /// Takes a value that has the shape of an object.
    pub fn from_value(value: Value) -> Result<Self, NotAnObject> {
        let map = match value {
            Value::Object(map) => map,
            other => return Err(NotAnObject::NotAMapping(type_name(&other))),
        };
        if map.get("kind").and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(NotAnObject::NoKind);
        }
        if let Some(other) =
            map.get("apiVersion").filter(|version| !version.is_string() && !version.is_null())
        {
            return Err(NotAnObject::ApiVersion(type_name(other)));
        }
        match map.get("metadata") {
            None | Some(Value::Object(_) | Value::Null) => Ok(Self(map)),
            Some(other) => Err(NotAnObject::Metadata(type_name(other))),
        }
    }

    /// An object with nothing but its type, its name and, where given, its namespace.
    #[must_use]
    pub fn new(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Self {
        let mut metadata = Map::new();
        metadata.insert("name".into(), name.into());
        if let Some(namespace) = namespace {
            metadata.insert("namespace".into(), namespace.into());
        }
        let mut map = Map::new();
        map.insert("apiVersion".into(), api_version.into());
        map.insert("kind".into(), kind.into());
        map.insert("metadata".into(), metadata.into());
        Self(map)
    }

    /// The same object with a top-level field set.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0.insert(field.into(), value.into());
        self
    }

    /// `apiVersion`, as written; empty where it is missing.
    #[must_use]
    pub fn api_version(&self) -> &str {
        self.0.get("apiVersion").and_then(Value::as_str).unwrap_or_default()
    }

    /// The API group: what stands before the slash of `apiVersion`; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version().split_once('/').map_or("", |(group, _)| group)
    }

    /// The version: what stands after the slash of `apiVersion`.
    #[must_use]
    pub fn version(&self) -> &str {
        let api_version = self.api_version();
        api_version.split_once('/').map_or(api_version, |(_, version)| version)
    }

    /// `kind`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.0.get("kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// Group, version and kind.
    #[must_use]
    pub fn gvk(&self) -> GroupVersionKind {
        GroupVersionKind {
            group: self.group().into(),
            version: self.version().into(),
            kind: self.kind().into(),
        }
    }

    /// `metadata.name`; empty where it is missing.
    #[must_use]
    pub fn name(&self) -> &str {
        self.metadata_str("name")
    }

    /// `metadata.namespace`; `None` where it is missing or empty.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        Some(self.metadata_str("namespace")).filter(|namespace| !namespace.is_empty())
    }

    /// What identifies the object.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey { gvk: self.gvk(), namespace: self.namespace().map(Into::into), name: self.name().into() }
    }

    /// One of `metadata.annotations`, where it is a string.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.get(&["metadata", "annotations", key]).and_then(Value::as_str)
    }

    /// Sets an annotation, replacing one of that key.
    pub fn set_annotation(&mut self, key: &str, value: &str) {
        let annotations = self.metadata_mut().entry("annotations").or_insert(Value::Null);
        if !annotations.is_object() {
            *annotations = Value::Object(Map::new());
        }
        if let Value::Object(map) = annotations {
            map.insert(key.into(), value.into());
        }
    }

    /// Sets `metadata.namespace`; `None` removes it.
    pub fn set_namespace(&mut self, namespace: Option<&str>) {
        match namespace {
            Some(namespace) => self.metadata_mut().insert("namespace".into(), namespace.into()),
            None => self.metadata_mut().remove("namespace"),
        };
    }

    /// The value at a path of mapping keys.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.0.get(*first)?, |value, key| value.get(key))
    }

    /// `metadata`, created where it is missing.
    pub fn metadata_mut(&mut self) -> &mut Map<String, Value> {
        let metadata = self.0.entry("metadata").or_insert(Value::Null);
        if !metadata.is_object() {
            *metadata = Value::Object(Map::new());
        }
        match metadata {
            Value::Object(map) => map,
            _ => unreachable!("made a mapping two lines above"),
        }
    }

    /// The object's fields.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The object's fields, to change. The caller keeps `apiVersion`, `kind` and `metadata` in shape.
    pub fn fields_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }

    /// The object as a value.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    fn metadata_str(&self, key: &str) -> &str {
        self.get(&["metadata", key]).and_then(Value::as_str).unwrap_or_default()
    }
}

/// What a value is, for an error: `a string`, `a list`.
#[must_use]
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::list(json!([]), NotAnObject::NotAMapping("a list"))]
    #[case::no_kind(json!({"apiVersion": "v1"}), NotAnObject::NoKind)]
    #[case::empty_kind(json!({"apiVersion": "v1", "kind": ""}), NotAnObject::NoKind)]
    #[case::kind_is_no_string(json!({"apiVersion": "v1", "kind": 1}), NotAnObject::NoKind)]
    #[case::version_is_no_string(json!({"apiVersion": 1, "kind": "A"}), NotAnObject::ApiVersion("a number"))]
    #[case::metadata(json!({"apiVersion": "v1", "kind": "A", "metadata": "x"}), NotAnObject::Metadata("a string"))]
    fn what_is_no_object(#[case] value: Value, #[case] expected: NotAnObject) {
        assert_eq!(Object::from_value(value), Err(expected));
    }

    #[rstest]
    #[case::namespaced(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"}}), "Deployment.apps n/d")]
    #[case::core(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "namespace": ""}}), "Namespace n")]
    #[case::nothing(json!({"kind": "A", "metadata": null}), "A ")]
    fn identities(#[case] value: Value, #[case] expected: &str) {
        assert_eq!(Object::from_value(value).unwrap().key().to_string(), expected);
    }

    #[test]
    fn metadata_is_made_where_it_is_missing() {
        let mut object = Object::from_value(json!({"kind": "A", "metadata": {"annotations": null}})).unwrap();
        object.set_annotation("a", "b");
        object.set_namespace(Some("n"));
        assert_eq!((object.annotation("a"), object.namespace()), (Some("b"), Some("n")));
        object.set_namespace(None);
        assert_eq!(object.into_value(), json!({"kind": "A", "metadata": {"annotations": {"a": "b"}}}));
    }
}
