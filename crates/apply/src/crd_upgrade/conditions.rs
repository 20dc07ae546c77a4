//! The rules about `allOf`, `anyOf`, `oneOf` and `not`.
//!
//! Schemas that are in both lists, wherever, are the same. What is left over was removed, added, or changed: where as many
//! are left on both sides they are taken for the same ones, changed, and looked at by themselves. That is right for `allOf`
//! and `anyOf`, where a value that fits each schema as it was fits the list, if it fits each as it is. For `oneOf` it is
//! not, since a value must not fit two, nor for `not`: there a change is told of the whole.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::budget::Budget;
use super::canonical;
use super::local::{Both, Local, Schema, WrongType, is_true, keyword, list, object};
use super::rules::{self, Rule};

pub(super) fn all_of(
    local: &mut Local<'_>,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Result<(), WrongType> {
    let left = Left::of(local.budget, list(old)?, list(new)?)?;
    if !left.are_changed() && !left.new.is_empty() {
        let message = if list(old)?.is_empty() {
            "allOf constraint added when there was none previously"
        } else {
            "allOf schemas added"
        };
        told(local, &rules::ALL_OF, message, &left.new);
    }
    Ok(())
}

pub(super) fn any_of(
    local: &mut Local<'_>,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Result<(), WrongType> {
    let Both { from, to, .. } = local.both;
    let (old, new) = (choices(from, list(old)?), choices(to, list(new)?));
    let left = Left::of(local.budget, old, new)?;
    if old.is_empty() && !new.is_empty() {
        told(local, &rules::ANY_OF, "anyOf constraint added when there was none previously", &left.new);
    } else if !new.is_empty() && !left.are_changed() && !left.old.is_empty() {
        told(local, &rules::ANY_OF, "allowed anyOf schemas removed", &left.old);
    }
    Ok(())
}

pub(super) fn one_of(
    local: &mut Local<'_>,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Result<(), WrongType> {
    let left = Left::of(local.budget, list(old)?, list(new)?)?;
    if list(old)?.is_empty() && !left.new.is_empty() {
        told(local, &rules::ONE_OF, "oneOf constraint added when there was none previously", &left.new);
    } else if !left.old.is_empty() {
        told(local, &rules::ONE_OF, "allowed oneOf schemas removed", &left.old);
    } else if !left.new.is_empty() {
        told(local, &rules::ONE_OF, "allowed oneOf schemas added", &left.new);
    }
    Ok(())
}

pub(super) fn not(local: &mut Local<'_>, old: Option<&Value>, new: Option<&Value>) -> Result<(), WrongType> {
    let text = |schema: Option<&Schema>| schema.map(|schema| text(local.budget, schema));
    let (old, new) = (text(object(old)?), text(object(new)?));
    match (old, new) {
        (None, Some(new)) => {
            local.find(&rules::NOT, format!("not constraint added when there was none previously : {new}"));
        }
        (Some(old), Some(new)) if old != new => {
            local.find(&rules::NOT, format!("not constraint changed : {old} -> {new}"));
        }
        _ => {}
    }
    Ok(())
}

/// The schemas of `allOf` or `anyOf` that are taken for the same ones, changed; each with its place in both lists.
pub(super) fn changed(both: Both<'_>, junctor: &str, budget: &Budget) -> Vec<(usize, usize)> {
    let of = |schema| match list(keyword(schema, junctor)) {
        Ok(list) if junctor == "anyOf" => choices(schema, list),
        Ok(list) => list,
        Err(WrongType) => &[],
    };
    match Left::of(budget, of(both.from), of(both.to)) {
        Ok(Left { old, new }) if old.len() == new.len() => {
            old.into_iter().zip(new).map(|(old, new)| (old.index, new.index)).collect()
        }
        _ => Vec::new(),
    }
}

/// One schema of a list.
struct One {
    index: usize,
    text: String,
}

/// What two lists do not have in common.
struct Left {
    old: Vec<One>,
    new: Vec<One>,
}

impl Left {
    fn of(budget: &Budget, old: &[Value], new: &[Value]) -> Result<Self, WrongType> {
        let all = |list: &[Value]| {
            let one = |(index, schema): (usize, &Value)| {
                let schema = schema.as_object().ok_or(WrongType)?;
                Ok(One { index, text: text(budget, schema) })
            };
            list.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()
        };
        let (old, new) = (all(old)?, all(new)?);
        let mut counts = BTreeMap::<String, usize>::new();
        for one in &new {
            *counts.entry(one.text.clone()).or_default() += 1;
        }
        let mut take = |one: &One| {
            let count = counts.get_mut(&one.text).filter(|count| **count > 0);
            count.map(|count| *count -= 1).is_some()
        };
        let old: Vec<_> = old.into_iter().filter(|one| !take(one)).collect();
        // What was not taken is new; of equal ones the last.
        let mut new: Vec<_> = new.into_iter().rev().filter(take).collect();
        new.reverse();
        Ok(Self { old, new })
    }

    fn are_changed(&self) -> bool {
        self.old.len() == self.new.len()
    }
}

/// The schemas of `anyOf`; none where it only says what `x-kubernetes-int-or-string` says already.
fn choices<'a>(schema: &Schema, list: &'a [Value]) -> &'a [Value] {
    let (integer, string) = (json!({"type": "integer"}), json!({"type": "string"}));
    let is_implied = list.len() == 2 && list.contains(&integer) && list.contains(&string);
    if is_implied && is_true(schema, "x-kubernetes-int-or-string") { &[] } else { list }
}

fn text(budget: &Budget, schema: &Schema) -> String {
    let text = if budget.is_spent() { String::new() } else { canonical::schema(schema) };
    budget.spend_text(&text);
    text
}

fn told(local: &mut Local<'_>, rule: &'static Rule, message: &str, schemas: &[One]) {
    let mut schemas: Vec<_> = schemas.iter().map(|one| one.text.as_str()).collect();
    schemas.sort_unstable();
    local.find(rule, format!("{message} : [{}]", schemas.join(" ")));
}
