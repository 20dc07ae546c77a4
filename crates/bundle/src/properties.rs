//! The properties of a bundle: the annotation `olm.properties` and `metadata/properties.yaml`.
//!
//! The rules are those of operator-controller's `copyMetadataPropertiesToCSV`: the properties of the file are appended
//! to those of the annotation, and the annotation then holds all of them as Go's `json.Marshal` writes them. An
//! annotation without a file stays as it is, byte for byte.

use std::collections::BTreeMap;

use rukpak_manifest::{Position, type_name};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::ClusterServiceVersion;
use crate::finding::PROPERTIES;
use crate::report::{Place, Report, first_document, steps};

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

/// A property as it is written: the annotation keeps the order of the keys in its value.
#[derive(Debug)]
struct Written {
    kind: String,
    value: Box<RawValue>,
}

/// Reads the properties and merges those of the file into the annotation. With each comes the file that it stands in.
pub(crate) fn merge<'t>(
    report: &mut Report<'t>,
    csv: &mut ClusterServiceVersion,
    place: &Place<'t>,
) -> Vec<(&'t str, Property)> {
    let mut all = match csv.annotations.get(ANNOTATION).map_or(Ok(Vec::new()), |text| of_annotation(text)) {
        Ok(written) => written,
        Err(message) => {
            report
                .tell(&PROPERTIES, place, &steps!["metadata", "annotations", ANNOTATION], message)
                .hint("expected a JSON list of properties, [{\"type\": ..., \"value\": ...}]");
            Vec::new()
        }
    };
    let in_annotation = all.len();
    match report.file(FILE).filter(|bytes| !bytes.is_empty()).map(of_file) {
        None => {}
        Some(Ok(written)) => {
            all.extend(written);
            csv.annotations.insert(ANNOTATION.to_owned(), marshal(&all));
        }
        Some(Err((position, message))) => {
            report
                .tell_file(&PROPERTIES, FILE, position, message)
                .hint("expected properties: [{type: ..., value: ...}]");
        }
    }
    let file_of = |index| if index < in_annotation { place.file } else { FILE };
    let property = |(index, written): (usize, Written)| {
        // What nests deeper than a value can hold was refused where it was read.
        let value = serde_json::from_str(written.value.get()).unwrap_or_default();
        (file_of(index), Property { kind: written.kind, value })
    };
    all.into_iter().enumerate().map(property).collect()
}

/// A mapping whose values are left as they are written; of several values for one key it holds the last.
type Entry = BTreeMap<String, Box<RawValue>>;

fn of_annotation(text: &str) -> Result<Vec<Written>, String> {
    let refused =
        |error: serde_json::Error| format!("the annotation {ANNOTATION} is no list of properties: {error}");
    let entries: Option<Vec<Option<Entry>>> = serde_json::from_str(text).map_err(refused)?;
    let written = |entry: Option<Entry>| {
        let mut entry = entry.unwrap_or_default();
        let kind: Option<String> = match entry.get("type") {
            Some(kind) => serde_json::from_str(kind.get()).map_err(refused)?,
            None => None,
        };
        let value = entry.remove("value").unwrap_or_else(|| RawValue::NULL.to_owned());
        serde_json::from_str::<Value>(value.get()).map_err(refused)?;
        Ok(Written { kind: kind.unwrap_or_default(), value })
    };
    entries.unwrap_or_default().into_iter().map(written).collect()
}

fn of_file(bytes: &[u8]) -> Result<Vec<Written>, (Option<Position>, String)> {
    let mut file = match first_document(bytes).map_err(|error| (Some(error.position), error.message))? {
        Value::Null => return Ok(Vec::new()),
        Value::Object(file) => file,
        other => {
            return Err((None, format!("expected a mapping with properties, got {}", type_name(&other))));
        }
    };
    let entries = match file.remove("properties").unwrap_or_default() {
        Value::Null => Vec::new(),
        Value::Array(entries) => entries,
        other => return Err((None, format!("properties is {}, expected a list", type_name(&other)))),
    };
    let written = |(index, mut entry): (usize, Value)| {
        if !matches!(entry, Value::Object(_) | Value::Null) {
            return Err(format!("property {index} is {}, expected a mapping", type_name(&entry)));
        }
        // YAML's numbers and booleans are texts where a string is wanted.
        let kind = match entry.get_mut("type").map(Value::take).unwrap_or_default() {
            Value::Null => String::new(),
            Value::String(kind) => kind,
            kind @ (Value::Number(_) | Value::Bool(_)) => kind.to_string(),
            other => {
                return Err(format!(
                    "the type of property {index} is {}, expected a string",
                    type_name(&other)
                ));
            }
        };
        let value = entry.get("value").unwrap_or(&Value::Null);
        let value = serde_json::value::to_raw_value(value).map_err(|error| error.to_string())?;
        Ok(Written { kind, value })
    };
    let written: Result<_, _> = entries.into_iter().enumerate().map(written).collect();
    written.map_err(|message| (None, message))
}

/// The list as Go's `json.Marshal` writes it; an empty one is a nil slice there, so `null`.
fn marshal(properties: &[Written]) -> String {
    if properties.is_empty() {
        return "null".into();
    }
    let mut text = String::from("[");
    for (index, Written { kind, value }) in properties.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str("{\"type\":");
        compact(&Value::from(kind.as_str()).to_string(), &mut text);
        text.push_str(",\"value\":");
        compact(value.get(), &mut text);
        text.push('}');
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
        assert_eq!(marshal(&of_annotation(annotation).unwrap()), written);
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
}
