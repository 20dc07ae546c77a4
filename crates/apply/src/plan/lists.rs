//! Lists whose elements have keys, and in which none may stand twice.
//!
//! A `POST` takes two elements of one key, and every later server-side apply of the object is refused. Where the server can be
//! asked it tells; it cannot about what the set itself makes possible, and it does not say where. Whose lists have keys is known
//! of Kubernetes' own kinds (`lists/kubernetes.rs`), and of the kinds that the set defines by their schemas. A custom resource that
//! is made is judged by all of its schema elsewhere ([`crate::schema`]).
//!
//! Of some kinds every such list is known, and the sets among them, too ([`all_known`]): of those a strict `POST` says no less than a
//! server-side apply would.

mod kubernetes;
mod rules;

use std::collections::BTreeSet;

use rukpak_manifest::Object;
use serde_json::Value;

use crate::ObjectId;
use crate::definition::is_definition;

/// A list whose elements have keys, in an object of a known type.
#[derive(Debug, Clone, Copy)]
struct List {
    /// The fields that lead to it.
    at: &'static [&'static str],
    /// What tells its elements apart.
    keys: &'static [Key],
    /// The lists in its elements.
    inner: &'static [List],
}

/// A field of an element, and what the server takes where it is not set.
type Key = (&'static str, Option<&'static str>);

/// An element that stands twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Twice {
    /// The list: `spec.template.spec.containers[name=web].env`.
    pub(super) list: String,
    /// Its key: `name=PORT`.
    pub(super) key: String,
}

/// Every element that stands more than once, by the kind's own rules, or by those of the schema that the set has for it.
pub(super) fn of(object: &Object, schema: Option<&Value>) -> Vec<Twice> {
    let mut found = BTreeSet::new();
    match schema {
        Some(schema) => defined(object.fields().iter(), "", schema, &mut found),
        None => {
            if let Some((root, lists)) = kubernetes::of(object.group(), object.kind()) {
                known(&|at| object.get(&[root, at].concat()), &root.join("."), lists, &mut found);
            }
        }
    }
    if is_definition(object) {
        rules::of(object, &mut found);
    }
    if let Some(Value::Array(finalizers)) = object.get(&["metadata", "finalizers"]) {
        twice(finalizers, "metadata.finalizers", |finalizer| Some(finalizer.to_string()), &mut found);
    }
    found.into_iter().collect()
}

/// Whether a plan looks at every list in objects of a kind in which an element may not stand twice.
#[must_use]
pub fn all_known(id: &ObjectId) -> bool {
    id.is_definition()
        || matches!(
            (id.group.as_str(), id.kind.as_str()),
            ("", "ConfigMap" | "Secret" | "Service" | "ServiceAccount")
                | (
                    "rbac.authorization.k8s.io",
                    "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding"
                )
        )
}

fn get<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, field| value.get(field))
}

fn known<'a>(
    find: &dyn Fn(&[&str]) -> Option<&'a Value>,
    path: &str,
    lists: &[List],
    found: &mut BTreeSet<Twice>,
) {
    for List { at, keys, inner } in lists {
        let Some(Value::Array(elements)) = find(at) else { continue };
        let path = join(path, &at.join("."));
        let key = |element: &Value| {
            let field = |(name, default): &Key| {
                let value = element.get(name).cloned().filter(|value| !value.is_null());
                Some((*name, value.or_else(|| default.map(Value::from))?))
            };
            Some(shown(&keys.iter().map(field).collect::<Option<Vec<_>>>()?))
        };
        twice(elements, &path, key, found);
        for element in elements {
            let place = key(element).unwrap_or_default();
            known(&|at| get(element, at), &format!("{path}[{place}]"), inner, found);
        }
    }
}

/// The same, by a schema (`x-kubernetes-list-type`, `x-kubernetes-list-map-keys`).
fn defined<'a>(
    fields: impl Iterator<Item = (&'a String, &'a Value)>,
    path: &str,
    schema: &Value,
    found: &mut BTreeSet<Twice>,
) {
    let (properties, others) = (schema.get("properties"), schema.get("additionalProperties"));
    for (name, value) in fields {
        let schema = properties.and_then(|properties| properties.get(name)).or(others);
        let Some(schema) = schema else { continue };
        let path = join(path, name);
        within(value, &path, schema, found);
    }
}

fn within(value: &Value, path: &str, schema: &Value, found: &mut BTreeSet<Twice>) {
    let elements = match value {
        Value::Object(fields) => return defined(fields.iter(), path, schema, found),
        Value::Array(elements) => elements,
        _ => return,
    };
    let Some(items) = schema.get("items") else { return };
    let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
    let key = |element: &Value| match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("set") => Some(element.to_string()),
        Some("map") => {
            let field = |name: &str| {
                let default = || items.get("properties")?.get(name)?.get("default").cloned();
                element.get(name).cloned().or_else(default)
            };
            let names = keys?.iter().filter_map(Value::as_str);
            Some(shown(&names.map(|name| Some((name, field(name)?))).collect::<Option<Vec<_>>>()?))
        }
        _ => None,
    };
    twice(elements, path, key, found);
    for (index, element) in elements.iter().enumerate() {
        let place = key(element).unwrap_or_else(|| index.to_string());
        within(element, &format!("{path}[{place}]"), items, found);
    }
}

fn twice(
    elements: &[Value],
    path: &str,
    key: impl Fn(&Value) -> Option<String>,
    found: &mut BTreeSet<Twice>,
) {
    let mut seen = BTreeSet::new();
    for key in elements.iter().filter_map(key) {
        if !seen.insert(key.clone()) {
            found.insert(Twice { list: path.to_owned(), key });
        }
    }
}

fn shown(key: &[(&str, Value)]) -> String {
    let field = |(name, value): &(&str, Value)| match value {
        Value::String(text) => format!("{name}={text}"),
        value => format!("{name}={value}"),
    };
    key.iter().map(field).collect::<Vec<_>>().join(",")
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

#[cfg(test)]
mod tests;
