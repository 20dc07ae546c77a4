//! Reading a live object whose shape nobody has checked.
//!
//! A field of another type than expected counts as missing. Of several conditions of one type, which no server stores, the first
//! counts.

use rukpak_manifest::{Object, type_name};
use serde_json::Value;

use super::Health;
use super::health::Check;

/// A live object as rules read it.
#[derive(Clone, Copy)]
pub(super) struct Live<'o>(&'o Object);

/// One of an object's conditions. Texts that are missing are empty.
#[derive(Clone, Copy)]
pub(super) struct Condition<'o> {
    pub(super) kind: &'o str,
    pub(super) status: &'o str,
    pub(super) reason: &'o str,
    pub(super) message: &'o str,
    pub(super) observed_generation: Option<i64>,
}

impl<'o> Live<'o> {
    pub(super) fn of(object: &'o Object) -> Self {
        Self(object)
    }

    pub(super) fn group(self) -> &'o str {
        self.0.group()
    }

    pub(super) fn kind(self) -> &'o str {
        self.0.kind()
    }

    pub(super) fn get(self, path: &[&str]) -> Option<&'o Value> {
        self.0.get(path)
    }

    pub(super) fn annotation(self, key: &str) -> Option<&'o str> {
        self.0.annotation(key)
    }

    pub(super) fn text(self, path: &[&str]) -> &'o str {
        self.get(path).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn integer(self, path: &[&str]) -> Option<i64> {
        self.get(path).and_then(Value::as_i64)
    }

    /// A number of `status`, where a missing one is 0, since Go leaves that out.
    pub(super) fn counted(self, field: &str) -> i64 {
        self.integer(&["status", field]).unwrap_or(0)
    }

    pub(super) fn list(self, path: &[&str]) -> &'o [Value] {
        self.get(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn generation(self) -> Option<i64> {
        self.integer(&["metadata", "generation"])
    }

    pub(super) fn observed_generation(self) -> Option<i64> {
        self.integer(&["status", "observedGeneration"])
    }

    pub(super) fn conditions(self) -> impl Iterator<Item = Condition<'o>> {
        self.list(&["status", "conditions"]).iter().map(Condition::of)
    }

    pub(super) fn condition(self, kind: &str) -> Option<Condition<'o>> {
        self.conditions().find(|condition| condition.kind == kind)
    }

    /// The condition of a type, where it is true.
    pub(super) fn holding(self, kind: &str) -> Option<Condition<'o>> {
        self.condition(kind).filter(|condition| condition.status == "True")
    }

    /// A kind of the API server has a status that is a mapping and conditions that are a list.
    pub(super) fn well_formed(self) -> Check {
        let expect = |path: &[&str], expected, is: fn(&Value) -> bool| match self.get(path) {
            Some(value) if !is(value) && !value.is_null() => {
                let (path, got) = (path.join("."), type_name(value));
                Err(Health::unknown(format_args!("{path} is {got}, expected {expected}")))
            }
            _ => Ok(()),
        };
        expect(&["status"], "a mapping", Value::is_object)?;
        expect(&["status", "conditions"], "a list", Value::is_array)
    }
}

impl<'o> Condition<'o> {
    fn of(value: &'o Value) -> Self {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        Self {
            kind: text("type"),
            status: text("status"),
            reason: text("reason"),
            message: text("message"),
            observed_generation: value.get("observedGeneration").and_then(Value::as_i64),
        }
    }

    /// What it says: its message, else its reason; `None` where neither has something to read.
    pub(super) fn says(self) -> Option<&'o str> {
        let readable = |text: &&str| text.chars().any(|c| !c.is_whitespace() && !c.is_control());
        [self.message, self.reason].into_iter().find(readable)
    }
}

/// `Ready is False (Reason): message`.
impl std::fmt::Display for Condition<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, status, reason, message, observed_generation: _ } = self;
        write!(f, "{kind} is {status}")?;
        if !reason.is_empty() {
            write!(f, " ({reason})")?;
        }
        if !message.is_empty() {
            write!(f, ": {message}")?;
        }
        Ok(())
    }
}
