//! One text for values that mean the same, and for schemas that ask the same.
//!
//! A number counts by its value, since what a bundle writes as `1.0` a server may give back as `1`. In a schema, what only
//! documents it is left out, and the order of what is a set, such as names that are required, does not count.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

/// Keywords that say nothing about values.
pub(super) const DOCUMENTATION: [&str; 5] = ["description", "example", "examples", "externalDocs", "title"];

/// Above this a float has no fraction, and its digits are many.
const WHOLE: f64 = 1e15;

/// The text of a value.
pub(crate) fn value(value: &Value) -> String {
    let mut out = String::new();
    write(value, Reading::Value, &mut out);
    out
}

/// The text of a schema.
pub(super) fn schema(schema: &Map<String, Value>) -> String {
    let mut out = String::new();
    write_schema(schema, &mut out);
    out
}

/// How two numbers compare.
pub(super) fn compare(a: &Number, b: &Number) -> Ordering {
    match (a.as_i64(), b.as_i64(), a.as_u64(), b.as_u64()) {
        (Some(a), Some(b), ..) => a.cmp(&b),
        (_, _, Some(a), Some(b)) => a.cmp(&b),
        _ => float(a).total_cmp(&float(b)),
    }
}

/// The nearest 64-bit float.
pub(super) fn float(number: &Number) -> f64 {
    // Only numbers of arbitrary precision, which are not compiled in, have none.
    number.as_f64().unwrap_or(f64::NAN)
}

/// What a value is.
#[derive(Clone, Copy)]
enum Reading {
    /// Data.
    Value,
    /// A list whose order does not count.
    Set,
    /// A schema, or a list of them.
    Schema,
    /// Schemas by name.
    Schemas,
}

fn write(value: &Value, reading: Reading, out: &mut String) {
    match (value, reading) {
        (Value::Null, _) => out.push_str("null"),
        (Value::Bool(flag), _) => out.push_str(if *flag { "true" } else { "false" }),
        (Value::Number(number), _) => out.push_str(&self::number(number)),
        (Value::String(text), _) => out.push_str(&quoted(text)),
        (Value::Array(items), Reading::Set) => {
            let mut items: Vec<_> = items.iter().map(self::value).collect();
            items.sort_unstable();
            items.dedup();
            list(&items, out, |item, out| out.push_str(item));
        }
        (Value::Array(items), _) => list(items, out, |item, out| write(item, reading, out)),
        (Value::Object(schema), Reading::Schema) => write_schema(schema, out),
        (Value::Object(members), reading) => {
            let below = if matches!(reading, Reading::Schemas) { Reading::Schema } else { Reading::Value };
            members_of(members.iter().map(|(name, member)| (name, member, below)), out);
        }
    }
}

fn write_schema(schema: &Map<String, Value>, out: &mut String) {
    let said =
        schema.iter().filter(|(name, value)| !value.is_null() && !DOCUMENTATION.contains(&name.as_str()));
    let members = said.map(|(name, value)| {
        let reading = match name.as_str() {
            "properties" | "patternProperties" | "definitions" | "dependencies" => Reading::Schemas,
            "items" | "additionalItems" | "additionalProperties" | "not" | "allOf" | "anyOf" | "oneOf" => {
                Reading::Schema
            }
            "required" | "enum" | "x-kubernetes-list-map-keys" | "x-kubernetes-validations" => Reading::Set,
            _ => Reading::Value,
        };
        (name, value, reading)
    });
    members_of(members, out);
}

fn members_of<'a>(members: impl Iterator<Item = (&'a String, &'a Value, Reading)>, out: &mut String) {
    out.push('{');
    for (index, (name, value, reading)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&quoted(name));
        out.push(':');
        write(value, reading, out);
    }
    out.push('}');
}

fn list<T>(items: &[T], out: &mut String, mut item: impl FnMut(&T, &mut String)) {
    out.push('[');
    for (index, one) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        item(one, out);
    }
    out.push(']');
}

/// A text as JSON has it.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A number as JSON has it; a whole one without a fraction.
pub(super) fn number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < WHOLE => {
            format!("{float:.0}")
        }
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::number(json!({"a": [1.0, 1.5, -2]}), "{\"a\":[1,1.5,-2]}")]
    #[case::large(json!(1e300), "1e+300")]
    #[case::text(json!("a\"\n"), "\"a\\\"\\n\"")]
    #[case::order_counts(json!([2, 1, null]), "[2,1,null]")]
    fn values(#[case] of: Value, #[case] text: &str) {
        assert_eq!(value(&of), text);
    }

    #[rstest]
    #[case::documentation(json!({"title": "x", "properties": {"title": {"title": "x", "type": "string"}}}),
        "{\"properties\":{\"title\":{\"type\":\"string\"}}}")]
    #[case::order(json!({"required": ["b", "a"], "anyOf": [{"enum": [2, 1, 1.0]}]}),
        "{\"anyOf\":[{\"enum\":[1,2]}],\"required\":[\"a\",\"b\"]}")]
    #[case::data(json!({"default": {"title": null}, "not": null}), "{\"default\":{\"title\":null}}")]
    fn schemas(#[case] of: Value, #[case] text: &str) {
        assert_eq!(schema(of.as_object().unwrap()), text);
    }

    #[rstest]
    #[case(json!(1), json!(1.0), Ordering::Equal)]
    #[case(json!(-1), json!(u64::MAX), Ordering::Less)]
    #[case(json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992_i64), Ordering::Greater)]
    #[case(json!(0.5), json!(0), Ordering::Greater)]
    fn numbers(#[case] a: Value, #[case] b: Value, #[case] order: Ordering) {
        let (Value::Number(a), Value::Number(b)) = (a, b) else { panic!() };
        assert_eq!(compare(&a, &b), order);
    }
}
