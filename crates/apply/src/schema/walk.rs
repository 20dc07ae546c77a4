//! A value gone through together with its schema.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::numbers::Number;
use super::outcome::{Found, Outcome, Step, path};
use super::prepare::{items, of};
use super::types::Types;
use super::{Judge, formats, numbers, strings};
use crate::crd_upgrade::{Schema, canonical, is_true, keyword, quoted};

/// Keywords that no definition may have: what they would mean is nobody's business.
const FORBIDDEN: [&str; 5] = ["$ref", "additionalItems", "definitions", "dependencies", "patternProperties"];

/// One resource.
pub(super) struct Walk<'a, 'j> {
    /// What it may cost, and what was compiled so far.
    pub(super) judge: &'j Judge,
    /// What is not judged.
    opaque: &'j HashSet<Vec<Step<'a>>>,
    at: Vec<Step<'a>>,
}

impl<'a, 'j> Walk<'a, 'j> {
    pub(super) fn new(judge: &'j Judge, opaque: &'j HashSet<Vec<Step<'a>>>) -> Self {
        Self { judge, opaque, at: Vec::new() }
    }

    /// What a schema says of the value where the walk is.
    pub(super) fn value(&mut self, schema: &'a Schema, value: &'a Value) -> Outcome<'a> {
        if !self.judge.budget.spend(1) || self.opaque.contains(&self.at) {
            return Outcome::unknown();
        }
        let is_unknown = FORBIDDEN.iter().any(|name| keyword(schema, name).is_some());
        let mut outcome = Outcome { is_unknown, ..Outcome::default() };
        let types = Types::of(schema);
        if types.judges(value) {
            outcome.checks += 1;
            match types.complaint(value) {
                Some((shown, expected)) => {
                    let detail = format!("must be of type {expected}: {}", quoted(shown));
                    outcome.add(self.invalid(&quoted(shown), &detail));
                }
                None => outcome.checks += 1,
            }
        }
        self.allowed_values(schema, value, &mut outcome);
        if value.is_null() {
            return outcome;
        }
        // The checks of all values: conditions, allowed values, and that they came to an end.
        outcome.checks += 3;
        outcome.merge(self.conditions(schema, value));
        match value {
            Value::String(text) => self.text(schema, text, types, &mut outcome),
            Value::Number(number) => {
                outcome.checks += 2;
                numbers::look_at(self, schema, Number::of(number), types, &mut outcome);
            }
            Value::Array(values) => self.list(schema, values, &mut outcome),
            Value::Object(fields) => self.fields(schema, fields, &mut outcome),
            Value::Null | Value::Bool(_) => {}
        }
        outcome
    }

    /// Something that is wrong with the value where the walk is.
    pub(super) fn found(&self, message: String) -> Found<'a> {
        Found { at: self.at.clone(), path: path(&self.at), message }
    }

    /// A value that is not valid: as it is shown, and what it must be.
    pub(super) fn invalid(&self, shown: &str, detail: &str) -> Found<'a> {
        self.found(format!("Invalid value: {shown}: {} in body {detail}", path(&self.at)))
    }

    /// Where the walk is, as messages have it.
    pub(super) fn path(&self) -> String {
        path(&self.at)
    }

    fn below(&mut self, step: Step<'a>, schema: &'a Schema, value: &'a Value) -> Outcome<'a> {
        self.at.push(step);
        let outcome = self.value(schema, value);
        self.at.pop();
        outcome
    }

    fn allowed_values(&self, schema: &Schema, value: &Value, outcome: &mut Outcome<'a>) {
        let Some(Value::Array(allowed)) = keyword(schema, "enum") else { return };
        if allowed.is_empty() || !self.judge.budget.spend(allowed.len()) {
            return;
        }
        if !allowed.iter().any(|one| is_same(value, one)) {
            let allowed: Vec<_> = allowed
                .iter()
                .map(|one| one.as_str().map_or_else(|| canonical(one), ToOwned::to_owned))
                .map(|one| quoted(&one))
                .collect();
            let allowed = allowed.join(", ");
            let shown = value.as_number().map_or_else(|| canonical(value), |value| Number::of(value).shown());
            outcome.add(self.found(format!("Unsupported value: {shown}: supported values: {allowed}")));
        }
    }

    fn text(&self, schema: &Schema, text: &str, types: Types<'_>, outcome: &mut Outcome<'a>) {
        outcome.checks += 1;
        strings::look_at(self, schema, text, outcome);
        let Some(format) = types.format.filter(|format| formats::is_of_texts(format)) else {
            // A newer server may know it.
            outcome.is_unknown |= keyword(schema, "format").is_some();
            return;
        };
        outcome.checks += 1;
        match formats::is_valid(format, text) {
            Some(true) => {}
            Some(false) => {
                let shown = quoted(text);
                outcome.add(self.invalid(&shown, &format!("must be of type {format}: {shown}")));
            }
            None => outcome.is_unknown = true,
        }
    }

    fn list(&mut self, schema: &'a Schema, values: &'a [Value], outcome: &mut Outcome<'a>) {
        outcome.checks += 2;
        if let Some(schema) = items(schema) {
            for (index, value) in values.iter().enumerate() {
                outcome.merge(self.below(Step::Index(index), schema, value));
            }
        }
        let length = values.len();
        if let Some(least) = count(schema, "minItems").filter(|least| length < *least) {
            let detail = format!("should have at least {least} items");
            outcome.add(self.invalid(&length.to_string(), &detail));
        }
        if let Some(most) = count(schema, "maxItems").filter(|most| length > *most) {
            outcome.add(self.found(too_many(length, most)));
        }
        if is_true(schema, "uniqueItems") {
            let mut seen = HashSet::new();
            self.judge.budget.spend(length);
            // As text, since numbers that are written otherwise are not the same here.
            if !values.iter().all(|value| seen.insert(value.to_string())) {
                outcome.add(self.invalid("\"\"", "shouldn't contain duplicates"));
            }
        }
    }

    fn fields(&mut self, schema: &'a Schema, fields: &'a Map<String, Value>, outcome: &mut Outcome<'a>) {
        outcome.checks += 1;
        let length = fields.len();
        if let Some(least) = count(schema, "minProperties").filter(|least| length < *least) {
            let detail = format!("should have at least {least} properties");
            outcome.add(self.invalid(&length.to_string(), &detail));
        }
        if let Some(most) = count(schema, "maxProperties").filter(|most| length > *most) {
            outcome.add(self.found(too_many(length, most)));
        }
        let properties = keyword(schema, "properties").and_then(Value::as_object);
        for (name, value) in fields {
            let property = properties.and_then(|properties| properties.get(name)).map(of);
            match (property, keyword(schema, "additionalProperties")) {
                (Some(property), _) => outcome.merge(self.below(Step::Key(name), property, value)),
                (None, Some(Value::Object(entry))) => {
                    outcome.merge(self.below(Step::Key(name), entry, value));
                }
                (None, Some(Value::Bool(false))) => {
                    let path = path(&self.at);
                    let detail = format!("{path}.{name} in body is a forbidden property");
                    outcome.add(self.found(format!("Invalid value: {}: {detail}", quoted(name))));
                }
                (None, _) => {}
            }
        }
        let required = keyword(schema, "required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if !self.judge.budget.spend(1) {
                return;
            }
            if !fields.contains_key(name) {
                let mut found = self.found("Required value".into());
                let dot = if found.path.is_empty() { "" } else { "." };
                found.path = format!("{}{dot}{name}", found.path);
                outcome.add(found);
            }
        }
    }
}

/// A number of things that a schema names.
pub(super) fn count(schema: &Schema, name: &str) -> Option<usize> {
    // Less than nothing is never there, and more than there can be neither.
    keyword(schema, name)?.as_i64().map(|count| usize::try_from(count.max(0)).unwrap_or(usize::MAX))
}

fn too_many(length: usize, most: usize) -> String {
    let items = if most == 1 { "item" } else { "items" };
    format!("Too many: {length}: must have at most {most} {items}")
}

/// Whether a value is an allowed one: Go converts it to the type of that one first, in its own way.
fn is_same(value: &Value, allowed: &Value) -> bool {
    match (value, allowed) {
        // Null is never found, even where it is allowed.
        (_, Value::Null) => false,
        (Value::Number(value), Value::Number(allowed)) => match (Number::of(value), Number::of(allowed)) {
            (Number::Float(value), Number::Int(allowed)) => numbers::whole(value) == allowed,
            (value @ Number::Int(_), allowed @ Number::Float(_)) => Number::Float(value.float()) == allowed,
            (value, allowed) => value == allowed,
        },
        // A number is converted to the character that has it.
        (Value::Number(value), Value::String(allowed)) => match Number::of(value) {
            Number::Int(code) => u32::try_from(code)
                .ok()
                .and_then(char::from_u32)
                .is_some_and(|character| allowed.chars().eq([character])),
            Number::Float(_) => false,
        },
        (value, allowed) => value == allowed,
    }
}
