//! What a YAML scalar means.
//!
//! In: the text of a scalar, whether it stood plain (without quotes and not as a block), and its tag. Out: a JSON value,
//! or a string where the scalar is a mapping's key.
//!
//! Kubernetes reads YAML by way of JSON, and so do the rules here: those of `go.yaml.in/yaml` v2.4.3 (`resolve.go` and
//! `decoder.scalar`), which are YAML 1.1's with some of Go's own, and then those of `sigs.k8s.io/yaml` v1.6.0
//! (`convertToJSONableObject` and `json.Marshal`). A scalar that is out of range for its type is a string, as is every
//! timestamp.

mod number;
mod timestamp;

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use thiserror::Error;

use crate::json;

/// What a plain scalar without a tag means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Plain {
    /// Nothing, `~` or a form of `null`.
    Null,
    /// A form of `y`, `yes`, `true`, `on` and their opposites.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that only an unsigned integer holds.
    Uint(u64),
    /// Any other number as it was read; infinite for the forms of `.inf`, NaN for those of `.nan`.
    Float(f64),
    /// A string: the text itself.
    Str,
}

/// Why a scalar has no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ResolveError {
    /// The text is not of the type that its tag names.
    #[error("cannot decode {found} `{text}` as a {tag}")]
    Tag {
        /// The short tag of the type that the text has.
        found: &'static str,
        /// The text, shortened.
        text: String,
        /// The short tag that it was given.
        tag: &'static str,
    },
    /// The text of a `!!binary` is no base64.
    #[error("!!binary value contains invalid base64 data")]
    Base64,
    /// An infinite number, or none at all.
    #[error("unsupported value: JSON has no number for `{0}`")]
    NotFinite(String),
    /// A mapping has a null for a key.
    #[error("unsupported map key: null")]
    NullKey,
    /// A mapping has an integer for a key that does not fit 64 bits with a sign.
    #[error("unsupported map key: {0} is more than 9223372036854775807")]
    UnsignedKey(u64),
}

/// The tags that the rules know. Every other one, `!` among them, makes a string of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Str,
    Int,
    Float,
    Bool,
    Null,
    Timestamp,
    Binary,
    Other,
}

/// Go's `base64.StdEncoding`: padding is needed, the unused bits of the last character may be anything.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// What a plain scalar without a tag means. The first byte says for nearly all texts that they are strings.
#[inline]
pub(crate) fn plain(text: &str) -> Plain {
    match text.as_bytes().first() {
        None => Plain::Null,
        Some(b'0'..=b'9' | b'+' | b'-') => number::signed(text),
        Some(b'.') => number::dotted(text),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(_) => Plain::Str,
    }
}

/// The value of a scalar. `tag` is in its full form (`tag:yaml.org,2002:int`) or local (`!`, `!mine`).
pub(crate) fn value(is_plain: bool, tag: Option<&str>, text: Cow<'_, str>) -> Result<Value, ResolveError> {
    let (meaning, text) = resolve(is_plain, tag, text)?;
    Ok(match meaning {
        Plain::Null => Value::Null,
        Plain::Bool(bool) => bool.into(),
        Plain::Int(int) => int.into(),
        Plain::Uint(uint) => uint.into(),
        Plain::Float(float) => match json::number(float) {
            Some(number) => Value::Number(number),
            None => return Err(ResolveError::NotFinite(excerpt(&text))),
        },
        Plain::Str => Value::String(text.into_owned()),
    })
}

/// The mapping key that a scalar is. Numbers and booleans are keys in the form that Go prints them in.
pub(crate) fn key(is_plain: bool, tag: Option<&str>, text: Cow<'_, str>) -> Result<String, ResolveError> {
    let (meaning, text) = resolve(is_plain, tag, text)?;
    Ok(match meaning {
        Plain::Null => return Err(ResolveError::NullKey),
        Plain::Bool(bool) => bool.to_string(),
        Plain::Int(int) => int.to_string(),
        Plain::Uint(uint) => return Err(ResolveError::UnsignedKey(uint)),
        Plain::Float(float) => number::float_key(float),
        Plain::Str => text.into_owned(),
    })
}

/// Whether a mapping's key is the merge key `<<`: plain, or tagged `!` or `!!merge` in whatever quotes.
pub(crate) fn is_merge(is_plain: bool, tag: Option<&str>, text: &str) -> bool {
    text == "<<"
        && match tag {
            None => is_plain,
            Some(tag) => tag == "!" || tag == "tag:yaml.org,2002:merge",
        }
}

/// What a scalar means, and its text: that of a `!!binary` decoded, any other as it is.
fn resolve<'a>(
    is_plain: bool,
    tag: Option<&str>,
    text: Cow<'a, str>,
) -> Result<(Plain, Cow<'a, str>), ResolveError> {
    let meaning = match tag {
        None if is_plain => plain(&text),
        None => Plain::Str,
        Some(tag) => match Tag::of(tag) {
            Tag::Str | Tag::Other => Plain::Str,
            Tag::Binary => return Ok((Plain::Str, Cow::Owned(decode_base64(&text)?))),
            tag => tagged(tag, &text)?,
        },
    };
    Ok((meaning, text))
}

/// The meaning of a text whose tag demands a type.
fn tagged(tag: Tag, text: &str) -> Result<Plain, ResolveError> {
    let meaning = plain(text);
    let found = match meaning {
        Plain::Null => Tag::Null,
        Plain::Bool(_) => Tag::Bool,
        Plain::Int(_) | Plain::Uint(_) => Tag::Int,
        Plain::Float(_) => Tag::Float,
        Plain::Str if tag == Tag::Timestamp && timestamp::is_timestamp(text) => Tag::Timestamp,
        Plain::Str => Tag::Str,
    };
    match meaning {
        _ if found == tag => Ok(meaning),
        #[expect(clippy::cast_precision_loss, reason = "a float is what the tag asks for")]
        Plain::Int(int) if tag == Tag::Float => Ok(Plain::Float(int as f64)),
        _ => Err(ResolveError::Tag { found: found.short(), text: excerpt(text), tag: tag.short() }),
    }
}

impl Tag {
    fn of(tag: &str) -> Self {
        match tag.strip_prefix("tag:yaml.org,2002:") {
            Some("str") => Self::Str,
            Some("int") => Self::Int,
            Some("float") => Self::Float,
            Some("bool") => Self::Bool,
            Some("null") => Self::Null,
            Some("timestamp") => Self::Timestamp,
            Some("binary") => Self::Binary,
            _ => Self::Other,
        }
    }

    fn short(self) -> &'static str {
        match self {
            Self::Str | Self::Other => "!!str",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Bool => "!!bool",
            Self::Null => "!!null",
            Self::Timestamp => "!!timestamp",
            Self::Binary => "!!binary",
        }
    }
}

/// The words of YAML 1.1. Only these three ways to write each of them count: `nO` is a string.
fn word(text: &str) -> Plain {
    match text {
        "~" | "null" | "Null" | "NULL" => Plain::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Plain::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Plain::Bool(false)
        }
        _ => Plain::Str,
    }
}

/// The text that base64 stands for. Line breaks in it count for nothing; a byte of the result that belongs to no UTF-8
/// character becomes U+FFFD, one for each byte, as Go's JSON encoder has it.
fn decode_base64(text: &str) -> Result<String, ResolveError> {
    let mut characters = text.as_bytes().to_vec();
    characters.retain(|byte| !matches!(byte, b'\r' | b'\n'));
    let bytes = BASE64.decode(characters).map_err(|_| ResolveError::Base64)?;
    let mut decoded = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Ok(decoded)
}

/// The start of a text, fit for a message: control characters escaped, no more than 80 characters.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut excerpt = String::new();
    for character in text.chars().take(LONGEST) {
        if character.is_control() {
            excerpt.extend(character.escape_default());
        } else {
            excerpt.push(character);
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// What Go makes of each scalar: see the head of the file.
    const SCALARS: &str = include_str!("../../tests/cases/scalars.tsv");

    /// The columns of one line of the table.
    struct Case<'a> {
        line: &'a str,
        is_plain: bool,
        tag: Option<&'a str>,
        text: String,
        value: &'a str,
        key: &'a str,
    }

    fn cases() -> Vec<Case<'static>> {
        let lines = SCALARS.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| {
                let columns: Vec<_> = line.split('\t').collect();
                let [form, tag, text, value, key] = columns[..] else { panic!("five columns: {line}") };
                let text = serde_json::from_str(text).expect("the text is a JSON string");
                let tag = Some(tag).filter(|tag| !tag.is_empty());
                Case { line, is_plain: form == "plain", tag, text, value, key }
            })
            .collect()
    }

    /// The message that Go fails with, where it fails.
    fn expected_error(column: &str) -> Option<String> {
        column.strip_prefix("error: ").map(|text| serde_json::from_str(text).expect("a JSON string"))
    }

    fn same_error(go: &str, ours: &ResolveError) -> bool {
        match ours {
            ResolveError::Tag { .. } => go.replace('\n', "\\n").replace('\t', "\\t") == ours.to_string(),
            ResolveError::Base64 => go == ours.to_string(),
            ResolveError::NotFinite(_) => go.starts_with("json: unsupported value: "),
            ResolveError::NullKey => go.starts_with("unsupported map key of type: %!s(<nil>)"),
            ResolveError::UnsignedKey(_) => go.starts_with("unsupported map key of type: uint64"),
        }
    }

    #[test]
    fn values_are_those_of_go() {
        assert!(cases().len() > 1000);
        for case in cases() {
            let ours = value(case.is_plain, case.tag, Cow::Borrowed(&case.text));
            match (expected_error(case.value), ours) {
                (None, Ok(value)) => {
                    let expected: Value = serde_json::from_str(case.value).expect("a JSON value");
                    assert_eq!(value, expected, "{}", case.line);
                }
                (Some(expected), Err(error)) => {
                    assert!(same_error(&expected, &error), "{} {error}", case.line);
                }
                (_, ours) => panic!("{} {ours:?}", case.line),
            }
        }
    }

    #[test]
    fn keys_are_those_of_go() {
        for case in cases() {
            let merge = is_merge(case.is_plain, case.tag, &case.text);
            assert_eq!(merge, case.key == "merge", "{}", case.line);
            if merge {
                continue;
            }
            let ours = key(case.is_plain, case.tag, Cow::Borrowed(&case.text));
            match (expected_error(case.key), ours) {
                (None, Ok(key)) => {
                    let expected: String = serde_json::from_str(case.key).expect("a JSON string");
                    assert_eq!(key, expected, "{}", case.line);
                }
                (Some(expected), Err(error)) => {
                    assert!(same_error(&expected, &error), "{} {error}", case.line);
                }
                (_, ours) => panic!("{} {ours:?}", case.line),
            }
        }
    }

    #[test]
    fn a_message_carries_no_more_than_a_glimpse_of_the_text() {
        let text = format!("\u{1b}{}", "x".repeat(200));
        let error = value(false, Some("tag:yaml.org,2002:int"), Cow::Owned(text)).expect_err("no integer");
        let expected = format!("cannot decode !!str `\\u{{1b}}{}…` as a !!int", "x".repeat(79));
        assert_eq!(error.to_string(), expected);
    }

    #[rstest]
    #[case::infinite(".inf", "unsupported value: JSON has no number for `.inf`")]
    #[case::nan(".NaN", "unsupported value: JSON has no number for `.NaN`")]
    fn value_errors(#[case] text: &str, #[case] message: &str) {
        let error = value(true, None, text.into()).expect_err("no value");
        assert_eq!(error.to_string(), message);
    }

    #[rstest]
    #[case::null("~", "unsupported map key: null")]
    #[case::unsigned(
        "0xffffffffffffffff",
        "unsupported map key: 18446744073709551615 is more than 9223372036854775807"
    )]
    fn key_errors(#[case] text: &str, #[case] message: &str) {
        let error = key(true, None, text.into()).expect_err("no key");
        assert_eq!(error.to_string(), message);
    }
}
