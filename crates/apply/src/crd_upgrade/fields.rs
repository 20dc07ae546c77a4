//! The rules about what a schema says of the values in its value: fields of an object, items of a list, entries of a map.

use serde_json::Value;

use super::budget::Budget;
use super::canonical::DOCUMENTATION;
use super::local::{Both, Local, Role, Schema, WrongType, is_true, keyword, object};
use super::rules;

const PRESERVE: &str = "x-kubernetes-preserve-unknown-fields";

/// Fields that every resource has, whether its schema says so or not.
const OF_EVERY_RESOURCE: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Fields that are no longer described. New ones are always right; those that are in both are looked at by themselves.
pub(super) fn properties<'a>(
    local: &mut Local<'a>,
    old: Option<&'a Value>,
    new: Option<&'a Value>,
) -> Result<(), WrongType> {
    let (old, new) = (object(old)?, object(new)?);
    let Both { role, to, .. } = local.both;
    if role == Role::Condition || local.both.type_was_replaced() {
        return Ok(());
    }
    for (name, field) in old.into_iter().flatten() {
        let is_there = new.is_some_and(|new| new.contains_key(name));
        let is_implied = role == Role::Resource && OF_EVERY_RESOURCE.contains(&name.as_str());
        if !is_there && !is_implied && !stays_unsaid(local.budget, to, field) {
            local.removed(format!(".{name}"));
        }
    }
    Ok(())
}

/// Items that are no longer described.
pub(super) fn items(
    local: &mut Local<'_>,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Result<(), WrongType> {
    let (from, to) = (object(old)?, object(new)?);
    if let (Some(_), None, Some(items)) = (from, to, old)
        && local.both.role != Role::Condition
        && !local.both.type_was_replaced()
        && !stays_unsaid(local.budget, local.both.to, items)
    {
        local.removed(".items");
    }
    Ok(())
}

/// Entries of a map, where one side takes none, or any.
pub(super) fn additional(
    local: &mut Local<'_>,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Result<(), WrongType> {
    let Both { from, to, .. } = local.both;
    if local.both.type_was_replaced() {
        return Ok(());
    }
    let is_lost = match (Entries::of(from, old)?, Entries::of(to, new)?) {
        (Entries::Dropped, _) | (Entries::Any, Entries::Any) | (Entries::Schema(_), Entries::Schema(_)) => {
            false
        }
        (Entries::Any, Entries::Schema(schema)) => !asks_nothing(schema),
        (Entries::Schema(_), Entries::Any) => old.is_some_and(|old| has_default(local.budget, old)),
        // Where `x-kubernetes-preserve-unknown-fields` alone kept them, this is told of it.
        (Entries::Any, Entries::Dropped) => old.is_some(),
        (Entries::Schema(_), Entries::Dropped) => true,
    };
    if is_lost {
        let message = format!("additionalProperties changed : {} -> {}", shown(old), shown(new));
        local.find(&rules::ADDITIONAL_PROPERTIES, message);
    }
    Ok(())
}

/// The schema of a map's entries, where both sides have one.
pub(super) fn entries<'a>(both: Both<'a>) -> Option<(&'a Schema, &'a Schema)> {
    let of = |schema: &'a Schema| Entries::of(schema, keyword(schema, "additionalProperties")).ok();
    match (of(both.from)?, of(both.to)?) {
        (Entries::Schema(from), Entries::Schema(to)) => Some((from, to)),
        _ => None,
    }
}

/// What becomes of the entries that a schema does not name.
enum Entries<'a> {
    Dropped,
    Any,
    Schema(&'a Schema),
}

impl<'a> Entries<'a> {
    fn of(schema: &Schema, additional: Option<&'a Value>) -> Result<Self, WrongType> {
        match additional {
            Some(Value::Object(schema)) => Ok(Self::Schema(schema)),
            Some(Value::Bool(true)) => Ok(Self::Any),
            None | Some(Value::Bool(false)) if is_true(schema, PRESERVE) => Ok(Self::Any),
            None | Some(Value::Bool(false)) => Ok(Self::Dropped),
            Some(_) => Err(WrongType),
        }
    }
}

/// Whether a schema takes and keeps anything.
fn asks_nothing(schema: &Schema) -> bool {
    schema.iter().all(|(name, value)| {
        DOCUMENTATION.contains(&name.as_str()) || (name == PRESERVE && value == &Value::Bool(true))
    })
}

/// Whether a field that a schema no longer names is kept with any value, as it was. A default in it would be lost.
fn stays_unsaid(budget: &Budget, schema: &Schema, field: &Value) -> bool {
    let keeps = match Entries::of(schema, keyword(schema, "additionalProperties")) {
        Ok(Entries::Any) => true,
        Ok(Entries::Schema(entries)) => asks_nothing(entries),
        Ok(Entries::Dropped) | Err(WrongType) => false,
    };
    keeps && !has_default(budget, field)
}

/// Whether a schema, or one in it, has a default; also where that is too much to find out.
fn has_default(budget: &Budget, schema: &Value) -> bool {
    let Value::Object(schema) = schema else { return false };
    let below = |schema: &Value| has_default(budget, schema);
    let named = schema.get("properties").and_then(Value::as_object);
    !budget.spend(1)
        || keyword(schema, "default").is_some()
        || named.into_iter().flat_map(Schema::values).any(below)
        || ["items", "additionalProperties"].iter().filter_map(|name| schema.get(*name)).any(below)
}

fn shown(additional: Option<&Value>) -> &'static str {
    match additional {
        None => "none",
        Some(Value::Bool(true)) => "true",
        Some(Value::Bool(false)) => "false",
        Some(_) => "schema",
    }
}
