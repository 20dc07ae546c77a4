//! Whether a value that has no parts fits its type.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Number, Value};

use super::place::Place;
use super::quantity::{self, QuantityError};
use super::{MAX_DEPTH, Mismatch, Type, time};
use crate::{json, type_name};

/// What a type says to a value.
pub(super) enum Verdict {
    /// It is written again as it is.
    Fits,
    /// It fits, and Go writes it in another form.
    Rewrite(Value),
    /// It does not fit.
    Wrong(Wrong),
}

/// How a value does not fit.
pub(super) struct Wrong {
    expected: &'static str,
    /// Whether Go refuses it.
    refused: bool,
    /// Whether Go drops it without a word.
    pub(super) dropped: bool,
}

/// Judges a value that is not `null`, and no mapping or list where the type is one.
pub(super) fn judge(value: &Value, ty: Type) -> Verdict {
    match (ty, value) {
        (Type::Any, _)
        | (Type::String | Type::IntOrString, Value::String(_))
        | (Type::Bool, Value::Bool(_)) => Verdict::Fits,
        (Type::Float, Value::Number(number)) => float(number),
        (Type::Int32 | Type::Int64 | Type::IntOrString, Value::Number(number)) => integer(number, ty),
        (Type::Quantity, Value::String(text)) => quantity_text(text),
        (Type::Quantity, Value::Number(number)) => match quantity::canonical_number(number) {
            Ok(canonical) => Verdict::Rewrite(canonical.into()),
            Err(error) => refuse(quantity_expected(error)),
        },
        (Type::Bytes, Value::String(text)) => bytes(text),
        (Type::Time, Value::String(text)) => instant(text),

        (Type::String, _) => refuse("a string"),
        (Type::Bool, _) => refuse("a boolean"),
        (Type::Int32 | Type::Int64, _) => refuse("an integer"),
        (Type::Float, _) => refuse("a number"),
        (Type::Bytes, _) => refuse("a string in base64"),
        (Type::Quantity, _) => refuse(quantity_expected(QuantityError::Format)),
        (Type::IntOrString, _) => refuse("an integer or a string"),
        (Type::Time, _) => refuse("a time of RFC 3339"),
        (Type::Struct(_) | Type::Map(_), _) => refuse("a mapping"),
        (Type::List(_), _) => refuse("a list"),
        (Type::SchemaOrBool(_), _) => refuse("a schema or a boolean"),
        (Type::SchemaOrArray(_), _) => dropped("a schema or a list of schemas"),
        (Type::SchemaOrStringArray(_), _) => dropped("a schema or a list of strings"),
    }
}

/// The report of a value that does not fit.
pub(super) fn mismatch(value: &Value, wrong: &Wrong, at: &Place<'_>) -> Mismatch {
    let Wrong { expected, refused, dropped: _ } = *wrong;
    Mismatch { path: at.path(), expected, got: describe(value), refused }
}

/// The report of a value that goes deeper than the walk does.
pub(super) fn too_deep(value: &Value, at: &Place<'_>) -> Mismatch {
    const { assert!(MAX_DEPTH == 500, "the message below says so") };
    Mismatch { path: at.path(), expected: "at most 500 levels", got: describe(value), refused: true }
}

fn refuse(expected: &'static str) -> Verdict {
    Verdict::Wrong(Wrong { expected, refused: true, dropped: false })
}

fn dropped(expected: &'static str) -> Verdict {
    Verdict::Wrong(Wrong { expected, refused: false, dropped: true })
}

/// A number where an integer should be. Go takes a float without a fraction, too.
fn integer(number: &Number, ty: Type) -> Verdict {
    // Beyond 2^63 a float has no integer of 64 bits, and the result of Go's conversion is not defined.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let (integer, rewrite) = match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => (integer, false),
        (None, Some(float)) if float.fract() != 0.0 => return refuse("an integer"),
        #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and is within the limits")]
        (None, Some(float)) if (-LIMIT..LIMIT).contains(&float) => (float as i64, true),
        _ => return refuse("an integer of 64 bits"),
    };
    match ty {
        Type::IntOrString if i32::try_from(integer).is_err() => refuse("an integer of 32 bits or a string"),
        Type::Int32 if i32::try_from(integer).is_err() => {
            Verdict::Wrong(Wrong { expected: "an integer of 32 bits", refused: false, dropped: false })
        }
        _ if rewrite => Verdict::Rewrite(integer.into()),
        _ => Verdict::Fits,
    }
}

/// A number where a float should be. An integer may lose digits.
fn float(number: &Number) -> Verdict {
    // Up to here every integer is a float, and is written with the same digits.
    const EXACT: u64 = 1 << 53;
    if number.is_f64() || number.as_i64().is_some_and(|integer| integer.unsigned_abs() <= EXACT) {
        return Verdict::Fits;
    }
    number.as_f64().and_then(json::number).map_or(Verdict::Fits, |float| Verdict::Rewrite(float.into()))
}

fn quantity_text(text: &str) -> Verdict {
    // Go cuts white space off the quoted text of the JSON, where what JSON escapes is none.
    let escaped = |c| matches!(c, '\0'..='\x1f' | '\u{2028}' | '\u{2029}');
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() && !escaped(c));
    match quantity::canonical(trimmed) {
        Ok(canonical) if canonical == text => Verdict::Fits,
        Ok(canonical) => Verdict::Rewrite(canonical.into()),
        Err(error) => refuse(quantity_expected(error)),
    }
}

/// What a quantity should have been, with Kubernetes' words for what is wrong.
fn quantity_expected(error: QuantityError) -> &'static str {
    match error {
        QuantityError::Format => {
            "a quantity (quantities must match the regular expression \
             '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$')"
        }
        QuantityError::Numeric => "a quantity (unable to parse numeric part of quantity)",
        QuantityError::Suffix => "a quantity (unable to parse quantity's suffix)",
    }
}

/// Base64 as encoding/json reads it: with padding, in several lines or one, the unused last bits not looked at. (Go
/// takes a list of numbers, too; that is refused here.)
fn bytes(text: &str) -> Verdict {
    const BASE64: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
    );
    let joined: String;
    let line = if text.contains(['\r', '\n']) {
        joined = text.replace(['\r', '\n'], "");
        &joined
    } else {
        text
    };
    match BASE64.decode(line) {
        Err(_) => refuse("a string in base64"),
        Ok(decoded) => {
            let encoded = BASE64.encode(decoded);
            if encoded == text { Verdict::Fits } else { Verdict::Rewrite(encoded.into()) }
        }
    }
}

fn instant(text: &str) -> Verdict {
    match time::canonical(text) {
        None => refuse("a time of RFC 3339"),
        Some(canonical) if canonical == text => Verdict::Fits,
        Some(canonical) => Verdict::Rewrite(canonical.into()),
    }
}

/// What a value is, and a scalar's text as far as it helps.
fn describe(value: &Value) -> String {
    const SHOWN: usize = 40;
    let name = type_name(value);
    match value {
        Value::String(text) => match text.char_indices().nth(SHOWN) {
            None => format!("{name} {text:?}"),
            Some((end, _)) => format!("{name} {:?}...", text.get(..end).unwrap_or_default()),
        },
        Value::Bool(_) | Value::Number(_) => format!("{name} {value}"),
        Value::Null | Value::Array(_) | Value::Object(_) => name.into(),
    }
}
