//! What in a value does not fit a type.

use serde_json::Value;

use super::place::Place;
use super::scalar::{Verdict, judge, mismatch, too_deep};
use super::{MAX_FINDINGS, Mismatch, Type};

/// Finds what does not fit: the first 100 mismatches, in the order of the value. Unknown fields are none.
#[must_use]
pub fn check(value: &Value, ty: impl Into<Type>) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    walk(value, ty.into(), &Place::ROOT, &mut mismatches);
    mismatches
}

fn walk(value: &Value, ty: Type, at: &Place<'_>, found: &mut Vec<Mismatch>) {
    if found.len() >= MAX_FINDINGS {
        return;
    }
    match (ty.for_value(value), value) {
        (_, Value::Null) | (Type::Any, _) => {}
        (_, Value::Object(_) | Value::Array(_)) if at.too_deep() => found.push(too_deep(value, at)),
        (Type::Struct(structure), Value::Object(map)) => {
            for (key, value) in map {
                if let Some(ty) = structure.field(key) {
                    walk(value, ty, &at.key(key), found);
                }
            }
        }
        (Type::Map(ty), Value::Object(map)) => {
            for (key, value) in map {
                walk(value, *ty, &at.key(key), found);
            }
        }
        (Type::List(ty), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, *ty, &at.index(index), found);
            }
        }
        (ty, value) => {
            if let Verdict::Wrong(wrong) = judge(value, ty) {
                found.push(mismatch(value, &wrong, at));
            }
        }
    }
}

#[cfg(test)]
mod tests;
