//! The properties of a bundle: the annotation `olm.properties` and `metadata/properties.yaml`.
//!
//! The rules are those of operator-controller's `copyMetadataPropertiesToCSV`: the properties of the file are appended
//! to those of the annotation, and the annotation then holds all of them as Go's `json.Marshal` writes them. An
//! annotation without a file stays as it is, byte for byte.

use std::collections::BTreeMap;
use std::fmt::Display;

use rukpak_manifest::type_name;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::ClusterServiceVersion;
use crate::csv;
use crate::finding::PROPERTIES;
use crate::metadata::{self, Fault, Metadata};
use crate::report::{Place, Report, steps};

/// Where properties stand besides the annotation.
const FILE: &str = "metadata/properties.yaml";

/// The annotation of the `ClusterServiceVersion` that holds properties.
const ANNOTATION: &str = "olm.properties";

/// One property of a bundle, such as `olm.package.required` or `olm.maxOpenShiftVersion`.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Its type.
    pub kind: String,
    /// Its value.
    pub value: Value,
}

/// A property, and its value as it is written: the annotation keeps the order of the keys in it.
#[derive(Debug)]
struct Written {
    property: Property,
    value: Box<RawValue>,
}

/// Reads the properties and merges those of the file into the annotation. The result is a list for each of the places
/// where some stand.
pub(crate) fn merge<'t>(
    report: &mut Report<'t>,
    csv: &mut ClusterServiceVersion,
    place: &Place<'t>,
) -> Vec<(Place<'t>, Vec<Property>)> {
    let annotation = csv.annotations.get(ANNOTATION).map_or(Ok(Vec::new()), |text| of_annotation(text));
    let in_annotation = annotation.unwrap_or_else(|message| {
        report
            .tell(&PROPERTIES, place, &steps!["metadata", "annotations", ANNOTATION], message)
            .hint("expected a JSON list of properties, [{\"type\": ..., \"value\": ...}]");
        Vec::new()
    });
    // An empty file is no file to the reference.
    if report.file(FILE).is_none_or(<[u8]>::is_empty) {
        return vec![(place.clone(), values(in_annotation))];
    }
    let Some(Metadata { value, place: file }) = metadata::read(report, FILE, &PROPERTIES) else {
        return Vec::new();
    };
    let in_file = of_file(value).unwrap_or_else(|fault| {
        metadata::tell(report, &PROPERTIES, &file, &fault, "expected properties: [{type: ..., value: ...}]");
        Vec::new()
    });
    csv.annotations.insert(ANNOTATION.to_owned(), marshal(in_annotation.iter().chain(&in_file)));
    vec![(place.clone(), values(in_annotation)), (file, values(in_file))]
}

fn values(written: Vec<Written>) -> Vec<Property> {
    written.into_iter().map(|written| written.property).collect()
}

/// A mapping whose values are left as they are written; of several values for one key it holds the last.
type Entry = BTreeMap<String, Box<RawValue>>;

fn of_annotation(text: &str) -> Result<Vec<Written>, String> {
    let refused =
        |error: &dyn Display| format!("the annotation {ANNOTATION} is no list of properties: {error}");
    let text = csv::readable(text).map_err(|error| refused(&error))?;
    let refused = |error: serde_json::Error| refused(&error);
    let entries: Option<Vec<Option<Entry>>> = serde_json::from_str(text).map_err(refused)?;
    let written = |entry: Option<Entry>| {
        let mut entry = entry.unwrap_or_default();
        let kind: Option<String> = match entry.get("type") {
            Some(kind) => serde_json::from_str(kind.get()).map_err(refused)?,
            None => None,
        };
        let value = entry.remove("value").unwrap_or_else(|| RawValue::NULL.to_owned());
        let property = Property {
            kind: kind.unwrap_or_default(),
            value: serde_json::from_str(value.get()).map_err(refused)?,
        };
        Ok(Written { property, value })
    };
    entries.unwrap_or_default().into_iter().map(written).collect()
}

fn of_file(value: Value) -> Result<Vec<Written>, Fault> {
    let mut file = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Object(file) => file,
        other => return Err(Fault::at(&[], format!("expected a mapping, got {}", type_name(&other)))),
    };
    let entries = match file.remove("properties").unwrap_or_default() {
        Value::Null => Vec::new(),
        Value::Array(entries) => entries,
        other => {
            let message = format!("properties is {}, expected a list", type_name(&other));
            return Err(Fault::at(&steps!["properties"], message));
        }
    };
    entries.into_iter().enumerate().map(|(index, entry)| of_entry(index, entry)).collect()
}

fn of_entry(index: usize, mut entry: Value) -> Result<Written, Fault> {
    if !matches!(entry, Value::Object(_) | Value::Null) {
        let message = format!("the property is {}, expected a mapping", type_name(&entry));
        return Err(Fault::at(&steps!["properties", index], message));
    }
    // YAML's numbers and booleans are texts where a string is wanted.
    let kind = match entry.get_mut("type").map(Value::take).unwrap_or_default() {
        Value::Null => String::new(),
        Value::String(kind) => kind,
        kind @ (Value::Number(_) | Value::Bool(_)) => kind.to_string(),
        other => {
            let message = format!("the type of the property is {}, expected a string", type_name(&other));
            return Err(Fault::at(&steps!["properties", index, "type"], message));
        }
    };
    let property = Property { kind, value: entry.get_mut("value").map(Value::take).unwrap_or_default() };
    let value = serde_json::value::to_raw_value(&property.value);
    let value = value.map_err(|error| Fault::at(&steps!["properties", index, "value"], error.to_string()))?;
    Ok(Written { property, value })
}

/// The list as Go's `json.Marshal` writes it; an empty one is a nil slice there, so `null`.
fn marshal<'a>(properties: impl Iterator<Item = &'a Written>) -> String {
    let mut text = String::new();
    for Written { property: Property { kind, value: _ }, value } in properties {
        text.push_str(if text.is_empty() { "[{\"type\":" } else { ",{\"type\":" });
        compact(&Value::from(kind.as_str()).to_string(), &mut text);
        text.push_str(",\"value\":");
        compact(value.get(), &mut text);
        text.push('}');
    }
    if text.is_empty() {
        return "null".into();
    }
    text.push(']');
    text
}

/// JSON without the space between its tokens, and with the characters escaped that Go escapes for the sake of HTML.
fn compact(json: &str, out: &mut String) {
    let mut in_string = false;
    let mut escaped = false;
    for character in json.chars() {
        let after_backslash = std::mem::take(&mut escaped);
        match character {
            ' ' | '\t' | '\n' | '\r' if !in_string => continue,
            '"' if !after_backslash => in_string = !in_string,
            '\\' => escaped = !after_backslash,
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            _ => {}
        }
        if !matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') {
            out.push(character);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::order_of_keys_and_numbers_stay(
        "[{\"value\": {\"b\": 1.50, \"a\": [ ]}, \"type\": \"t\"}]",
        "[{\"type\":\"t\",\"value\":{\"b\":1.50,\"a\":[]}}]"
    )]
    #[case::html_is_escaped(
        "[{\"type\":\"a&b\",\"value\":\">=1.0 <2 \u{2028}\"}]",
        "[{\"type\":\"a\\u0026b\",\"value\":\"\\u003e=1.0 \\u003c2 \\u2028\"}]"
    )]
    #[case::escapes_stay(
        "[{\"type\":\"t\",\"value\":\"\\\" \\\\ \\u00e9 x\"}]",
        "[{\"type\":\"t\",\"value\":\"\\\" \\\\ \\u00e9 x\"}]"
    )]
    #[case::the_last_one_counts(
        "[{\"type\":\"a\",\"type\":\"b\",\"value\":1,\"more\":2}]",
        "[{\"type\":\"b\",\"value\":1}]"
    )]
    #[case::nothing_is_null("[{}, null]", "[{\"type\":\"\",\"value\":null},{\"type\":\"\",\"value\":null}]")]
    #[case::empty("[]", "null")]
    #[case::null("null", "null")]
    fn the_annotation_is_written_as_go_writes_it(#[case] annotation: &str, #[case] written: &str) {
        assert_eq!(marshal(of_annotation(annotation).unwrap().iter()), written);
    }

    #[rstest]
    #[case::text("properties")]
    #[case::nothing("")]
    #[case::mapping("{}")]
    #[case::cut("[{\"type\":\"a\"")]
    #[case::type_is_a_number("[{\"type\":1,\"value\":1}]")]
    #[case::entry_is_a_string("[\"a\"]")]
    #[case::two_lists("[][]")]
    fn what_is_no_list_of_properties_is_refused(#[case] annotation: &str) {
        assert!(of_annotation(annotation).unwrap_err().contains("olm.properties"));
    }

    /// As JSON it could take a hundred times its memory.
    #[test]
    fn an_annotation_that_no_server_takes_is_not_read() {
        let of_length = |length: usize| format!("[{{\"type\":\"{}\"}}]", "a".repeat(length - 13));
        assert_eq!(of_annotation(&of_length(256 << 10)).unwrap().len(), 1);
        let refused = of_annotation(&of_length((256 << 10) + 1)).unwrap_err();
        assert!(refused.contains("olm.properties") && refused.contains("262145 bytes"), "{refused}");
    }
}
