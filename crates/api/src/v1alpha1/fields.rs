//! Fields of objects, and their annotations.

use serde_json::{Map, Value, json};

use super::ConversionError;

/// The fields of a `BundleDeployment` of a version.
pub(super) fn expect_version<'a>(
    whole: &'a mut Value,
    expected: &'static str,
) -> Result<&'a mut Map<String, Value>, ConversionError> {
    let kind = type_name(whole);
    let Value::Object(fields) = whole else {
        return Err(ConversionError::Object { got: kind.to_owned(), expected });
    };
    let [version, kind] = ["apiVersion", "kind"].map(|name| fields.get(name).and_then(Value::as_str));
    if (version, kind) == (Some(expected), Some("BundleDeployment")) {
        return Ok(fields);
    }
    let [version, kind] = [version, kind].map(Option::unwrap_or_default);
    Err(ConversionError::Object { got: format!("kind {kind:?} of {version:?}"), expected })
}

/// Takes out a field that has to be there.
pub(super) fn required(
    object: &mut Map<String, Value>,
    name: &str,
    path: &'static str,
) -> Result<Value, ConversionError> {
    object.remove(name).filter(|value| !value.is_null()).ok_or(ConversionError::Missing { path })
}

/// A value that has to be an object.
pub(super) fn object(value: Value, path: &'static str) -> Result<Map<String, Value>, ConversionError> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(ConversionError::Type { path, expected: "an object", got: type_name(&other) }),
    }
}

/// Takes an annotation out, and with the last one the map of them. One that is no text is taken out, too, but is none.
pub(super) fn take_annotation(fields: &mut Map<String, Value>, name: &str) -> Option<String> {
    let metadata = fields.get_mut("metadata")?.as_object_mut()?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    let taken = annotations.remove(name)?;
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    match taken {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Sets an annotation.
pub(super) fn annotate(
    fields: &mut Map<String, Value>,
    name: &str,
    value: String,
) -> Result<(), ConversionError> {
    let metadata = fields.entry("metadata").or_insert_with(|| json!({}));
    let annotations = entry(metadata, "metadata")?.entry("annotations").or_insert(Value::Null);
    if annotations.is_null() {
        *annotations = json!({});
    }
    entry(annotations, "metadata.annotations")?.insert(name.to_owned(), value.into());
    Ok(())
}

fn entry<'a>(
    value: &'a mut Value,
    path: &'static str,
) -> Result<&'a mut Map<String, Value>, ConversionError> {
    let got = type_name(value);
    value.as_object_mut().ok_or(ConversionError::Type { path, expected: "an object", got })
}

/// What a value is, in JSON's words.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
