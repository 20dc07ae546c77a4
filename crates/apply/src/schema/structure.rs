//! What is asked of a resource beside its schema: the resources in it, lists that are sets or maps, and `scale`.
//!
//! As all that is structural, none of it is looked for below `allOf`, `anyOf`, `oneOf` and `not`.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::numbers::Number;
use super::outcome::{Found, Outcome, Step, path};
use super::prepare::{entry, is_embedded, items, property};
use super::version::Version;
use crate::crd_upgrade::{Budget, Schema, canonical, keyword, quoted};

/// What was found, and where nobody need look any more.
pub(super) struct Structure<'a> {
    /// What would be refused.
    pub(super) outcome: Outcome<'a>,
    /// The metadata of all resources, which is left to the server.
    pub(super) opaque: HashSet<Vec<Step<'a>>>,
}

struct Walk<'a, 'j> {
    budget: &'j Budget,
    at: Vec<Step<'a>>,
    structure: Structure<'a>,
}

/// Looks at a whole resource.
pub(super) fn judged<'a>(version: &Version<'a>, value: &'a Value, budget: &Budget) -> Structure<'a> {
    let opaque = HashSet::from([vec![Step::Key("metadata")]]);
    let structure = Structure { outcome: Outcome::default(), opaque };
    let mut walk = Walk { budget, at: Vec::new(), structure };
    walk.value(version.root, value);
    if let Some(path) = version.replicas {
        walk.replicas(path, value);
    }
    walk.structure
}

impl<'a> Walk<'a, '_> {
    fn value(&mut self, schema: &'a Schema, value: &'a Value) {
        if !self.budget.spend(1) {
            return;
        }
        match value {
            Value::Object(fields) => {
                if is_embedded(Some(schema)) {
                    self.resource(fields);
                }
                for (name, value) in fields {
                    if let Some(below) = property(schema, name).or_else(|| entry(schema)) {
                        self.below(Step::Key(name), below, value);
                    }
                }
            }
            Value::Array(values) => {
                match keyword(schema, "x-kubernetes-list-type").and_then(Value::as_str) {
                    Some("set") => self.set(values),
                    Some("map") => self.map(schema, values),
                    _ => {}
                }
                if let Some(items) = items(schema) {
                    for (index, value) in values.iter().enumerate() {
                        self.below(Step::Index(index), items, value);
                    }
                }
            }
            _ => {}
        }
    }

    fn below(&mut self, step: Step<'a>, schema: &'a Schema, value: &'a Value) {
        self.at.push(step);
        self.value(schema, value);
        self.at.pop();
    }

    /// Adds something that is wrong one step further.
    fn add(&mut self, step: Step<'a>, message: String) {
        let mut at = self.at.clone();
        at.push(step);
        self.structure.outcome.add(Found { path: path(&at), at, message });
    }

    /// A resource in the resource has a type. Its metadata may be missing.
    fn resource(&mut self, fields: &'a Map<String, Value>) {
        let mut metadata = self.at.clone();
        metadata.push(Step::Key("metadata"));
        self.structure.opaque.insert(metadata);
        for name in ["apiVersion", "kind"] {
            let message = match fields.get(name) {
                None => "Required value".to_owned(),
                Some(Value::String(text)) if text.is_empty() => {
                    "Invalid value: \"\": must not be empty".into()
                }
                Some(Value::String(text)) => match type_complaint(name, text) {
                    Some(complaint) => format!("Invalid value: {}: {complaint}", quoted(text)),
                    None => continue,
                },
                Some(other) => format!("Invalid value: {}: must be a string", canonical(other)),
            };
            self.add(Step::Key(name), message);
        }
    }

    fn set(&mut self, values: &'a [Value]) {
        for index in self.repeated(values.iter().map(|value| Identity::of(value).0)) {
            let value = values.get(index).map(canonical).unwrap_or_default();
            self.add(Step::Index(index), format!("Duplicate value: {value}"));
        }
    }

    fn map(&mut self, schema: &Schema, values: &'a [Value]) {
        let is_item = |value: &Value| value.is_object() || value.is_null();
        if let Some((index, value)) = values.iter().enumerate().find(|(_, value)| !is_item(value)) {
            let message = "must be an object for an array of list-type map";
            self.add(Step::Index(index), format!("Invalid value: {}: {message}", canonical(value)));
            return;
        }
        let names = keyword(schema, "x-kubernetes-list-map-keys").and_then(Value::as_array);
        let names: Vec<&str> = names.into_iter().flatten().filter_map(Value::as_str).collect();
        let keys: Vec<Value> = values
            .iter()
            .map(|value| {
                names.iter().filter_map(|name| Some(((*name).to_owned(), value.get(name)?.clone()))).collect()
            })
            .map(Value::Object)
            .collect();
        // One key is compared as a value is, several are compared as text.
        let identities = keys.iter().map(|key| match names.as_slice() {
            [name] => key.get(name).map_or_else(String::new, |value| Identity::of(value).0),
            _ => canonical(key),
        });
        for index in self.repeated(identities) {
            let key = keys.get(index).map(canonical).unwrap_or_default();
            self.add(Step::Index(index), format!("Duplicate value: {key}"));
        }
    }

    /// Where each thing that is there more than once is there for the second time.
    fn repeated(&self, identities: impl Iterator<Item = String>) -> Vec<usize> {
        let mut times = HashMap::new();
        let mut repeated = Vec::new();
        for (index, identity) in identities.enumerate() {
            if !self.budget.spend(1 + identity.len() / 64) {
                return Vec::new();
            }
            let times = times.entry(identity).or_insert(0);
            *times += 1;
            if *times == 2 {
                repeated.push(index);
            }
        }
        repeated
    }

    /// The number of replicas, which a request for the scale reads and writes.
    fn replicas(&mut self, named: &'a str, value: &'a Value) {
        let at: Vec<_> = named.trim_start_matches('.').split('.').map(Step::Key).collect();
        let (mut replicas, mut is_inside) = (value, true);
        for name in named.trim_start_matches('.').split('.') {
            match replicas {
                Value::Object(fields) => match fields.get(name) {
                    Some(below) => replicas = below,
                    None => return,
                },
                Value::Null => return,
                _ => is_inside = false,
            }
        }
        let complaint = match replicas.as_i64() {
            _ if !is_inside => "should be an object".to_owned(),
            None => "should be an integer".into(),
            Some(..0) => "should be a non-negative integer".into(),
            Some(many) if many > i64::from(i32::MAX) => {
                format!("should be less than or equal to {}", i32::MAX)
            }
            Some(_) => return,
        };
        let message = format!("Invalid value: {}: {complaint}", canonical(replicas));
        self.structure.outcome.add(Found { path: path(&at), at, message });
    }
}

/// What makes two items of a set the same: of scalars the type too, of others what they are as JSON.
struct Identity(String);

impl Identity {
    fn of(value: &Value) -> Self {
        Self(match value {
            Value::Array(_) | Value::Object(_) => canonical(value),
            Value::Number(number) => match Number::of(number) {
                Number::Int(int) => format!("int {int}"),
                Number::Float(float) => format!("float {float}"),
            },
            scalar => scalar.to_string(),
        })
    }
}

/// What is wrong with a type that is written down.
fn type_complaint(name: &str, text: &str) -> Option<String> {
    if name == "apiVersion" {
        let is_right = text.matches('/').count() <= 1;
        return (!is_right).then(|| format!("unexpected GroupVersion string: {text}"));
    }
    let lower = text.to_lowercase();
    let is_right = lower.len() <= 63
        && lower.starts_with(|c: char| c.is_ascii_lowercase())
        && !lower.ends_with('-')
        && lower.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (!is_right).then(|| {
        "may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric \
         characters or '-', start with an alphabetic character, and end with an alphanumeric character"
            .to_owned()
    })
}
