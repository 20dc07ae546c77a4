//! Whether a value has the type that it must have.

use serde_json::Value;

use super::formats;
use super::numbers::{Number, is_whole};
use crate::crd_upgrade::{Schema, is_true, keyword};

/// What a schema says of the type, read as the server reads it.
#[derive(Clone, Copy)]
pub(super) struct Types<'a> {
    /// The type; `None` where any is right, or it is an integer or a string.
    pub(super) name: Option<&'a str>,
    /// `x-kubernetes-int-or-string`.
    is_int_or_string: bool,
    is_nullable: bool,
    /// The format, unless the server does not look at it.
    pub(super) format: Option<&'a str>,
}

impl<'a> Types<'a> {
    pub(super) fn of(schema: &'a Schema) -> Self {
        let text = |name| keyword(schema, name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let is_int_or_string = is_true(schema, "x-kubernetes-int-or-string");
        let name = if is_int_or_string { None } else { text("type") };
        let format = text("format").filter(|format| match name {
            None | Some("string") => formats::is_of_texts(format),
            Some("integer") => ["int32", "int64"].contains(format),
            Some("number") => ["float", "double"].contains(format),
            Some(_) => false,
        });
        Self { name, is_int_or_string, is_nullable: is_true(schema, "nullable"), format }
    }

    /// Whether there is something to be said of a value.
    pub(super) fn judges(self, value: &Value) -> bool {
        value.is_null() || !self.is_any() || self.format.is_some()
    }

    /// What a value is instead, and what it must be.
    pub(super) fn complaint(self, value: &Value) -> Option<(&'static str, &'a str)> {
        let actual = match value {
            Value::Null if self.is_nullable || self.is_any() || self.allows("null") => return None,
            Value::Null => return Some(("null", self.expected())),
            Value::Bool(_) => "boolean",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
            Value::Number(number) if matches!(Number::of(number), Number::Int(_)) => "integer",
            Value::Number(_) => "number",
        };
        let is_right = self.allows(actual)
            || match value {
                Value::Number(number) => match Number::of(number) {
                    Number::Int(_) => self.allows("number"),
                    Number::Float(float) => self.allows("integer") && is_whole(float),
                },
                _ => false,
            };
        if is_right {
            return None;
        }
        let is_text_or_list = matches!(actual, "string" | "array");
        match self.format {
            // Where a format of texts is asked for, a list is never complained about.
            Some(_) if is_text_or_list && !self.allows("number") && !self.allows("integer") => None,
            Some(format) if !is_text_or_list => {
                let shown = match actual {
                    "integer" => "int64",
                    "number" => "float64",
                    _ => "",
                };
                (shown != format).then_some((shown, format))
            }
            _ => Some((actual, self.expected())),
        }
    }

    fn is_any(self) -> bool {
        self.name.is_none() && !self.is_int_or_string
    }

    fn allows(self, name: &str) -> bool {
        self.name == Some(name) || self.is_int_or_string && ["integer", "string"].contains(&name)
    }

    fn expected(self) -> &'a str {
        self.name.unwrap_or("integer,string")
    }
}
