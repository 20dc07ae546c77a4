//! Values as YAML.
//!
//! In: JSON values. Out: YAML that Kubernetes, and this crate, read back as the same values, laid out as `kubectl` does
//! it: block style, keys in the order of the map (sorted), two spaces a level, the items of a list not further in than
//! the key that holds it. Equal values give equal bytes.

mod number;
mod plain;
mod scan;
mod text;

use std::io;

use serde_json::{Map, Value};

use crate::Object;

/// How many spaces a level is indented by.
const STEP: usize = 2;

/// The most bytes that a mapping's key may have in front of a colon on its line: YAML readers look back 1,024
/// characters for a key, and no further.
const MAX_IMPLICIT_KEY: usize = 1024;

/// One YAML document that holds a value.
#[must_use]
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    document(value, &mut out);
    out
}

/// Writes one YAML document that holds a value.
pub fn write(value: &Value, out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(to_string(value).as_bytes())
}

/// Writes objects as a stream of YAML documents with `---` between them. Holds no more than one of them in memory.
pub fn write_objects<'a>(
    objects: impl IntoIterator<Item = &'a Object>,
    out: &mut impl io::Write,
) -> io::Result<()> {
    let mut text = String::new();
    for (index, object) in objects.into_iter().enumerate() {
        text.clear();
        if index > 0 {
            text.push_str("---\n");
        }
        mapping(object.fields(), 0, &mut text);
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn document(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => mapping(map, 0, out),
        Value::Array(items) if !items.is_empty() => sequence(items, 0, out),
        scalar => self::scalar(scalar, 0, out),
    }
}

/// Writes a mapping that is not empty. The first key goes where the output stands, the others to column `indent`.
fn mapping(map: &Map<String, Value>, indent: usize, out: &mut String) {
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            spaces(indent, out);
        }
        self::key(key, indent, out);
        match value {
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                spaces(indent + STEP, out);
                mapping(map, indent + STEP, out);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                spaces(indent, out);
                sequence(items, indent, out);
            }
            scalar => {
                out.push(' ');
                self::scalar(scalar, indent, out);
            }
        }
    }
}

/// Writes a list that is not empty. The first item goes where the output stands, the others to column `indent`.
fn sequence(items: &[Value], indent: usize, out: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            spaces(indent, out);
        }
        out.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => mapping(map, indent + STEP, out),
            Value::Array(items) if !items.is_empty() => sequence(items, indent + STEP, out),
            scalar => self::scalar(scalar, indent, out),
        }
    }
}

/// Writes a key and the colon behind it.
fn key(key: &str, indent: usize, out: &mut String) {
    let start = out.len();
    text::key(key, out);
    if out.len() - start > MAX_IMPLICIT_KEY {
        out.insert_str(start, "? ");
        out.push('\n');
        spaces(indent, out);
    }
    out.push(':');
}

/// Writes what needs no level of its own, and the line break behind it. `indent`: the column of the collection that
/// holds it.
fn scalar(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Value::Number(number) => number::write(number, out),
        Value::String(text) => return text::value(text, indent, out),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
    out.push('\n');
}

fn spaces(mut count: usize, out: &mut String) {
    const SPACES: &str = "                                                                ";
    while let Some(rest) = count.checked_sub(SPACES.len()) {
        out.push_str(SPACES);
        count = rest;
    }
    out.push_str(SPACES.get(..count).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn layout() {
        let value = json!({
            "kind": "Example",
            "apiVersion": "v1",
            "metadata": {"name": "x", "labels": {}, "finalizers": []},
            "list": ["a", {"b": 1, "c": ["d", null]}, ["e", ["f", {"g": true}], [], {}], "two\nlines\n"],
            "numbers": [0, -1, 1.5, 1e21, u64::MAX],
            "scripts": {"clip": "a\n\n  b\n", "keep": "a\n\n", "strip": "a\n b", "indented": "  a\nb", "after": "\na"},
            "quotes": ["yes", "it's: so", "tab\there", "\n", "", "12:30:45", "{{ x }}", "a \nb \n"],
            "yes": {"no": "no"},
            "a: b": 1,
            "several\nlines": [1],
        });
        insta::assert_snapshot!(to_string(&value));
    }

    #[test]
    fn a_long_key_is_an_explicit_one() {
        let longest = "k".repeat(MAX_IMPLICIT_KEY);
        assert_eq!(to_string(&json!({&longest: 1})), format!("{longest}: 1\n"));
        let long = "k".repeat(MAX_IMPLICIT_KEY + 1);
        let value = json!({"m": {&long: {"a": "x\ny"}, "o": 1}, "l": {&long: [1]}});
        let expected =
            format!("l:\n  ? {long}\n  :\n  - 1\nm:\n  ? {long}\n  :\n    a: |-\n      x\n      y\n  o: 1\n");
        assert_eq!(to_string(&value), expected);
    }

    #[test]
    fn indentation_is_not_most_of_a_deep_text() {
        let lines = "x\n".repeat(100_000);
        let nested = (0..100).fold(json!(lines), |inner, _| json!({"a": inner}));
        assert!(to_string(&nested).len() < 1_000_000);
    }

    #[test]
    fn objects_are_documents() {
        let objects = [Object::new("v1", "A", None, "a"), Object::new("v1", "B", Some("n"), "b")];
        let mut out = Vec::new();
        write_objects(&objects, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn deep_values_are_written() {
        let nested =
            (0..600).fold(
                json!("x"),
                |inner, depth| if depth % 2 == 0 { json!([inner]) } else { json!({"k": inner}) },
            );
        let text = to_string(&nested);
        assert_eq!(text.lines().count(), 600 / 2 + 1);
        assert!(text.ends_with("- x\n"));
    }

    /// Strings of all kinds of characters, those that mean something in YAML far more often than others.
    fn text() -> impl Strategy<Value = String> {
        let syntax = "[-:?#'\" \n\t,\\[\\]{}&*!|>%@`=<.~0-9eE_+xobnyNYTtaf\r\u{85}\u{a0}\u{2028}\u{2029}\u{feff}é😀]{0,12}";
        let lines = "([ \t#-]{0,2}[a-c:#]{0,4}[ \t]{0,2}\n){0,4}[ ]{0,2}[a-c]{0,3}";
        prop_oneof![
            4 => syntax.prop_map(String::from),
            3 => lines.prop_map(String::from),
            2 => "[a-z]{1,8}".prop_map(String::from),
            2 => "[-+]?[0-9._][0-9._:,eExXobTtZ+-]{0,6}".prop_map(String::from),
            1 => proptest::collection::vec(any::<char>(), 0..8).prop_map(|text| text.into_iter().collect()),
            1 => (1020_usize..1030).prop_map(|length| "x".repeat(length)),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        let float = any::<f64>().prop_filter_map("a number", json::number).prop_map(Value::Number);
        let scalar = prop_oneof![
            1 => Just(Value::Null),
            1 => any::<bool>().prop_map(Value::from),
            1 => any::<i64>().prop_map(Value::from),
            1 => any::<u64>().prop_map(Value::from),
            2 => float,
            6 => text().prop_map(Value::from),
        ];
        scalar.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map(text(), inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn load(text: &str) -> Value {
        crate::yaml::load(text, false, false, &mut usize::MAX.clone()).unwrap().node.unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_written_is_read_back(value in value()) {
            let text = to_string(&value);
            prop_assert_eq!(load(&text), value, "{}", text);
        }

        #[test]
        fn objects_that_are_written_are_read_back(values in proptest::collection::vec(value(), 0..4)) {
            let objects: Vec<_> = values.into_iter().map(|value| Object::new("v1", "A", None, "a").with("z", value)).collect();
            let mut out = Vec::new();
            write_objects(&objects, &mut out).unwrap();
            let (located, notes) = crate::read_objects(&out, &mut 1_000_000).unwrap();
            let read: Vec<_> = located.into_iter().map(|located| located.object).collect();
            prop_assert_eq!(read, objects);
            prop_assert_eq!(notes, []);
        }
    }
}
