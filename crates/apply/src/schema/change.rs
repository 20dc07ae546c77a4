//! What a server is sure to refuse of a resource that is there already.
//!
//! It asks nothing more of a value that stays as it is (`CRDValidationRatcheting`, since Kubernetes 1.30), and what a resource
//! becomes by an apply, with fields of others and of the old definition in it, only the server knows. What is sure are values
//! that are neither mappings nor lists, and new. Which item of a list was which is not known, so that none is new that was in
//! any of them.

use serde_json::Value;

use super::numbers::Number;
use super::outcome::{Outcome, Step};

/// Leaves what is sure to be refused where `live` is to become `wanted`.
pub(super) fn retain(outcome: &mut Outcome<'_>, live: &Value, wanted: &Value) {
    outcome.found.retain(|found| match at_place(wanted, &found.at) {
        None | Some(Value::Null | Value::Object(_) | Value::Array(_)) => false,
        Some(value) => !was_there(live, &found.at, value),
    });
}

/// Numbers as an apply brings them: it is read as YAML, where `1.0` is an integer.
pub(super) fn as_applied(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(int) = Number::of(number).integer() {
                *value = int.into();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(as_applied),
        Value::Object(fields) => fields.values_mut().for_each(as_applied),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn at_place<'v>(value: &'v Value, at: &[Step<'_>]) -> Option<&'v Value> {
    at.iter().try_fold(value, |value, step| match step {
        Step::Key(name) => value.get(*name),
        Step::Index(index) => value.get(*index),
    })
}

/// Whether a value was at a place, in whichever item of a list.
fn was_there(live: &Value, at: &[Step<'_>], value: &Value) -> bool {
    match (at.split_first(), live) {
        // An apply leaves a number as it is written where its value stays.
        (None, Value::Number(live)) => {
            value.as_number().is_some_and(|value| Number::of(live).is(Number::of(value)))
        }
        (None, live) => live == value,
        (Some((Step::Key(name), rest)), live) => {
            live.get(*name).is_some_and(|live| was_there(live, rest, value))
        }
        (Some((Step::Index(_), rest)), Value::Array(items)) => {
            items.iter().any(|live| was_there(live, rest, value))
        }
        (Some((Step::Index(_), _)), _) => false,
    }
}
