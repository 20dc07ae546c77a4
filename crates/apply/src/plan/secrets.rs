//! What a Secret has by `stringData`, which servers fold into `data` and forget: nobody would own a field that is not there, and
//! what a new version has no more would stay.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rukpak_manifest::Object;
use serde_json::{Map, Value};

use super::Problem;

/// Folds the `stringData` of a Secret into its `data`, where it wins, as servers do. What is no text is named, and not shown.
pub(super) fn fold(object: &mut Object) -> Vec<Problem> {
    if (object.group(), object.kind()) != ("", "Secret") {
        return vec![];
    }
    let (key, fields) = (object.key(), object.fields_mut());
    let mut problems = Vec::new();
    let mut tell = |field: String, expected| {
        problems.push(Problem::Secret { object: key.clone(), field, expected });
    };
    let data = texts(fields, "data", &mut tell);
    let plain = texts(fields, "stringData", &mut tell);
    if data.is_some() || plain.is_some() {
        let plain = plain.unwrap_or_default().into_iter().map(|(key, text)| (key, STANDARD.encode(text)));
        let all = data.unwrap_or_default().into_iter().chain(plain);
        let all: Map<_, _> = all.map(|(key, text)| (key, Value::from(text))).collect();
        fields.insert("data".into(), all.into());
    }
    problems
}

/// Takes a map of texts out. A key without a value is none.
fn texts(
    fields: &mut Map<String, Value>,
    field: &str,
    tell: &mut impl FnMut(String, &'static str),
) -> Option<Vec<(String, String)>> {
    let map = match fields.remove(field)? {
        Value::Null => return None,
        Value::Object(map) => map,
        _ => {
            tell(field.to_owned(), "map");
            return None;
        }
    };
    let mut texts = Vec::new();
    for (key, value) in map {
        match value {
            Value::Null => {}
            Value::String(text) => texts.push((key, text)),
            _ => tell(format!("{field}.{key}"), "text"),
        }
    }
    Some(texts)
}
