//! Two schemas at one place, and what is different between them there.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::budget::Budget;
use super::canonical;
use super::rules::{self, Rule};

/// A schema: its keywords.
pub(crate) type Schema = Map<String, Value>;

/// What a schema is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It describes a whole resource.
    Resource,
    /// It describes a value in it.
    Field,
    /// It stands below `allOf`, `anyOf`, `oneOf` or `not`, and asks something more of a value that is described elsewhere.
    Condition,
}

/// Two schemas of one value.
#[derive(Clone, Copy)]
pub(super) struct Both<'a> {
    /// The one that was.
    pub(super) from: &'a Schema,
    /// The one that is, or that a value is read by.
    pub(super) to: &'a Schema,
    /// What both are for.
    pub(super) role: Role,
}

/// One thing that is different at a place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Difference<'a> {
    /// The rule that finds it.
    pub(super) rule: &'static Rule,
    /// Where it is, from the place: empty, or one step.
    pub(super) step: Cow<'a, str>,
    /// What a finding says; for a removed field, which says where, empty.
    pub(super) message: String,
}

/// A keyword that does not have its type, and so has no rule.
pub(super) struct WrongType;

/// What is different between two schemas, keyword by keyword.
pub(super) struct Local<'a> {
    /// The schemas.
    pub(super) both: Both<'a>,
    /// What the comparison may still cost.
    pub(super) budget: &'a Budget,
    /// What was found so far.
    pub(super) found: Vec<Difference<'a>>,
    /// What was found to have no rule: each as `keyword before -> after`.
    pub(super) unhandled: Vec<String>,
}

impl Both<'_> {
    /// Whether the type is another one.
    pub(super) fn type_differs(&self) -> bool {
        type_of(self.from) != type_of(self.to)
    }

    /// Whether the type is another one, so that nothing below can be compared. A schema without a type still describes
    /// something below.
    pub(super) fn type_was_replaced(&self) -> bool {
        self.type_differs() && !type_of(self.from).is_empty() && !type_of(self.to).is_empty()
    }
}

impl<'a> Local<'a> {
    /// The canonical text of a value.
    pub(super) fn text(&self, value: &Value) -> String {
        let text = if self.budget.is_spent() { String::new() } else { canonical::value(value) };
        self.budget.spend_text(&text);
        text
    }

    /// Notes what a rule found at the place itself.
    pub(super) fn find(&mut self, rule: &'static Rule, message: String) {
        self.found.push(Difference { rule, step: "".into(), message });
    }

    /// Notes that something below is gone.
    pub(super) fn removed(&mut self, step: impl Into<Cow<'a, str>>) {
        self.found.push(Difference {
            rule: &rules::EXISTING_FIELD_REMOVAL,
            step: step.into(),
            message: String::new(),
        });
    }

    /// Notes what no rule knows.
    pub(super) fn unhandled(&mut self, keyword: &str, old: Option<&Value>, new: Option<&Value>) {
        if old.map(|old| self.text(old)) != new.map(|new| self.text(new)) {
            let (before, after) = (shown(old), shown(new));
            let changed = if before == after { " (changed)" } else { "" };
            self.unhandled.push(format!("{keyword} {before} -> {after}{changed}"));
        }
    }
}

/// A keyword of a schema; null is nothing, as in Go.
pub(crate) fn keyword<'a>(schema: &'a Schema, name: &str) -> Option<&'a Value> {
    schema.get(name).filter(|value| !value.is_null())
}

/// The type that a schema names; empty where it names none.
pub(super) fn type_of(schema: &Schema) -> &str {
    schema.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// Whether a keyword is there and true.
pub(crate) fn is_true(schema: &Schema, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool).unwrap_or_default()
}

pub(super) fn text(value: Option<&Value>) -> Result<&str, WrongType> {
    value.map_or(Ok(""), |value| value.as_str().ok_or(WrongType))
}

pub(super) fn flag(value: Option<&Value>) -> Result<bool, WrongType> {
    value.map_or(Ok(false), |value| value.as_bool().ok_or(WrongType))
}

pub(super) fn number(value: Option<&Value>) -> Result<Option<&Number>, WrongType> {
    value.map(|value| value.as_number().ok_or(WrongType)).transpose()
}

pub(super) fn list(value: Option<&Value>) -> Result<&[Value], WrongType> {
    value.map_or(Ok(&[]), |value| value.as_array().map(Vec::as_slice).ok_or(WrongType))
}

pub(super) fn texts(value: Option<&Value>) -> Result<Vec<&str>, WrongType> {
    list(value)?.iter().map(|item| item.as_str().ok_or(WrongType)).collect()
}

pub(super) fn object(value: Option<&Value>) -> Result<Option<&Schema>, WrongType> {
    value.map(|value| value.as_object().ok_or(WrongType)).transpose()
}

/// A value in a message of `unhandled`.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => "<empty>".into(),
        Some(Value::Array(_) | Value::Object(_)) => "<complex value>".into(),
        Some(value) => canonical::value(value),
    }
}
