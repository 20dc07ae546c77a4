//! A custom resource as a server looks at it: with defaults, and without what the schema does not know.
//!
//! Defaults come first, as they do there (`schema/defaulting`, `schema/pruning`). Only what is structural counts for all of
//! this: what stands below `allOf`, `anyOf`, `oneOf` and `not` neither knows a field nor has a default.

use serde_json::{Map, Value};

use super::version::Version;
use crate::crd_upgrade::{Budget, MAX_NESTING, Schema, is_deeper_than, is_true, keyword};

/// What every resource has, and no schema need know.
pub(super) const TYPE_AND_METADATA: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// A resource as a server looks at it. `None` where that would be too much work.
pub(super) fn prepared(mut value: Value, version: &Version<'_>, budget: &Budget) -> Option<Value> {
    if is_deeper_than(MAX_NESTING, &value) {
        return None;
    }
    default(&mut value, version.root, budget);
    prune(&mut value, Some(version.root), true, budget);
    drop_nulls(&mut value, Some(version.root));
    if let (true, Value::Object(fields)) = (version.has_status, &mut value) {
        fields.remove("status");
    }
    (!budget.is_spent()).then_some(value)
}

/// The schema of a field that has a name in the schema.
pub(super) fn property<'a>(schema: &'a Schema, name: &str) -> Option<&'a Schema> {
    keyword(schema, "properties").and_then(|properties| properties.get(name)).map(of)
}

/// The schema of a field that has no name there, where it is not left open.
pub(super) fn entry(schema: &Schema) -> Option<&Schema> {
    keyword(schema, "additionalProperties").and_then(Value::as_object)
}

/// The schema of what a list has.
pub(super) fn items(schema: &Schema) -> Option<&Schema> {
    keyword(schema, "items").map(of)
}

/// A schema that is there; one that is null asks nothing.
pub(super) fn of(schema: &Value) -> &Schema {
    static NOTHING: std::sync::LazyLock<Schema> = std::sync::LazyLock::new(Schema::new);
    schema.as_object().unwrap_or(&NOTHING)
}

/// Whether a null stands where none may be.
fn is_wrong_null(value: &Value, schema: Option<&Schema>) -> bool {
    value.is_null() && schema.is_some_and(|schema| !is_true(schema, "nullable"))
}

fn default(value: &mut Value, schema: &Schema, budget: &Budget) {
    if !budget.spend(1) {
        return;
    }
    match value {
        Value::Object(fields) => {
            let properties = keyword(schema, "properties").and_then(Value::as_object);
            for (name, property) in properties.into_iter().flatten() {
                let property = of(property);
                let Some(default) = keyword(property, "default") else { continue };
                if fields.get(name).is_none_or(|value| is_wrong_null(value, Some(property))) {
                    budget.spend(size(default));
                    fields.insert(name.clone(), default.clone());
                }
            }
            for (name, value) in fields {
                if let Some(property) = property(schema, name) {
                    default(value, property, budget);
                } else if let Some(entry) = entry(schema) {
                    fill(value, entry, budget);
                    default(value, entry, budget);
                }
            }
        }
        Value::Array(values) => {
            let Some(items) = items(schema) else { return };
            for value in values {
                fill(value, items, budget);
                default(value, items, budget);
            }
        }
        _ => {}
    }
}

/// Puts the default in place of a null that may not be.
fn fill(value: &mut Value, schema: &Schema, budget: &Budget) {
    if let (true, Some(default)) = (is_wrong_null(value, Some(schema)), keyword(schema, "default")) {
        budget.spend(size(default));
        *value = default.clone();
    }
}

/// How much a default costs that is filled in.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(size).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(size).sum::<usize>(),
        Value::String(text) => 1 + text.len() / 64,
        _ => 1,
    }
}

/// Drops what a schema does not know. `is_resource`: whether the value is a whole resource, or the schema says so of it.
fn prune(value: &mut Value, schema: Option<&Schema>, is_resource: bool, budget: &Budget) {
    if !budget.spend(1) {
        return;
    }
    let keeps = schema.is_some_and(|schema| is_true(schema, "x-kubernetes-preserve-unknown-fields"));
    match (value, schema) {
        (Value::Object(fields), None) => fields.clear(),
        (Value::Object(fields), Some(schema)) => prune_fields(fields, schema, is_resource, keeps, budget),
        (Value::Array(values), Some(schema)) if keeps => {
            let items = items(schema);
            for value in values {
                keep(value, items, budget);
            }
        }
        (Value::Array(values), schema) => {
            let items = schema.and_then(items);
            for value in values {
                prune(value, items, is_embedded(items), budget);
            }
        }
        _ => {}
    }
}

fn prune_fields(
    fields: &mut Map<String, Value>,
    schema: &Schema,
    is_resource: bool,
    keeps: bool,
    budget: &Budget,
) {
    fields.retain(|name, value| {
        if is_resource && TYPE_AND_METADATA.contains(&name.as_str()) {
            return true;
        }
        let below = property(schema, name).or_else(|| entry(schema));
        let is_known = below.is_some() || keyword(schema, "additionalProperties").is_some();
        if is_known {
            prune(value, below, is_embedded(below), budget);
        }
        is_known || keeps
    });
}

/// Goes on in a list that keeps what it has: its items keep what they have, whatever their schema says.
fn keep(value: &mut Value, schema: Option<&Schema>, budget: &Budget) {
    if !budget.spend(1) {
        return;
    }
    match (value, schema) {
        (Value::Object(fields), Some(schema)) => {
            prune_fields(fields, schema, is_embedded(Some(schema)), true, budget);
        }
        (Value::Array(values), Some(schema)) => {
            let items = items(schema);
            for value in values {
                keep(value, items, budget);
            }
        }
        _ => {}
    }
}

/// Drops fields that are null and may not be. Where defaults were filled in, none that has one is.
pub(super) fn drop_nulls(value: &mut Value, schema: Option<&Schema>) {
    match value {
        Value::Object(fields) => fields.retain(|name, value| {
            let known = schema.and_then(|schema| property(schema, name).or_else(|| entry(schema)));
            if is_wrong_null(value, known) {
                return false;
            }
            drop_nulls(value, known);
            true
        }),
        Value::Array(values) => {
            let items = schema.and_then(items);
            for value in values {
                drop_nulls(value, items);
            }
        }
        _ => {}
    }
}

/// Whether a value is a whole resource.
pub(super) fn is_embedded(schema: Option<&Schema>) -> bool {
    schema.is_some_and(|schema| is_true(schema, "x-kubernetes-embedded-resource"))
}
