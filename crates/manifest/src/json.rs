//! JSON as Kubernetes reads it, and its canonical form.
//!
//! In: bytes that hold one JSON value after another. Out: the values, each with its place, with numbers as Kubernetes
//! takes them; and from a value the one text that stands for it.

mod bounded;
mod number;

use std::io;

use serde::de::DeserializeSeed;
use serde_json::value::RawValue;
use serde_json::{Deserializer, Map, Value};
use thiserror::Error;

use bounded::Bounded;
pub(crate) use number::number;

/// Nesting at which `serde_json` refuses a value.
const MAX_DEPTH: usize = 128;

/// Why bytes are no JSON.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("byte {offset}: {message}")]
pub struct JsonError {
    /// Offset of the value that could not be read: all before it are good.
    pub start: usize,
    /// Offset of the first byte that does not belong there, or of the end.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

/// Reads a stream of JSON values, such as `{"a": 1} {"b": 2}`: each with the offset of its first byte. The first error
/// ends the stream. `budget`: how many values, those inside others included, there may be; what is read is taken off.
///
/// Of several members with one name the last counts, as in Go. A whole number is an integer where 64 bits hold it, though
/// it be written with a fraction or an exponent: `1.0` and `1e0` are `1`. Half of a surrogate pair is an error, where Go
/// reads U+FFFD.
pub fn values<'a>(
    bytes: &'a [u8],
    budget: &'a mut usize,
) -> impl Iterator<Item = Result<(usize, Value), JsonError>> + 'a {
    let mut stream = Deserializer::from_slice(bytes).into_iter::<&RawValue>();
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed {
            return None;
        }
        let rest = bytes.get(stream.byte_offset()..).unwrap_or_default();
        let start = bytes.len() - rest.trim_ascii_start().len();
        let value = match stream.next()? {
            Ok(raw) => {
                let text = raw.get();
                Bounded(&mut *budget)
                    .deserialize(&mut Deserializer::from_str(text))
                    .map(|value| (start, value))
                    .map_err(|error| JsonError::new(text.as_bytes(), &error).behind(start))
            }
            Err(error) => Err(JsonError { start, ..JsonError::new(bytes, &error) }),
        };
        failed = value.is_err();
        Some(value)
    })
}

/// Writes the canonical form of a value: equal values give equal bytes.
///
/// The form: no space and no line break; the members of an object in the order of their names' bytes in UTF-8; in strings
/// `"`, `\` and what lies below U+0020 escaped (`\b`, `\f`, `\n`, `\r`, `\t`, else `\u00xx`) and nothing else; integers in
/// decimal, other numbers as the shortest digits that give the same 64-bit float, with a fraction or an exponent.
pub fn canonical(value: &Value, out: &mut impl io::Write) -> io::Result<()> {
    // A map is sorted: `serde_json` keeps one in a BTreeMap.
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

/// The same, for a value that is a mapping of these fields.
pub fn canonical_of(fields: &Map<String, Value>, out: &mut impl io::Write) -> io::Result<()> {
    serde_json::to_writer(out, fields).map_err(io::Error::from)
}

impl JsonError {
    fn new(bytes: &[u8], error: &serde_json::Error) -> Self {
        let offset = if error.is_eof() {
            bytes.len()
        } else {
            // serde_json counts lines from 1 and the bytes within one from 1, or from 0 at its line break.
            let lines = memchr::memchr_iter(b'\n', bytes).map(|newline| newline + 1);
            let line =
                std::iter::once(0).chain(lines).nth(error.line().saturating_sub(1)).unwrap_or_default();
            line + error.column().saturating_sub(1)
        };
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = error.to_string();
        let message = match message.strip_suffix(&place).unwrap_or(&message) {
            "recursion limit exceeded" => format!("nested deeper than {MAX_DEPTH} levels"),
            message => message.to_owned(),
        };
        Self { start: 0, offset, message }
    }

    /// The error, where the text that it is in begins at an offset.
    fn behind(self, start: usize) -> Self {
        Self { start, offset: start + self.offset, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn read(text: &str) -> Result<Vec<(usize, Value)>, JsonError> {
        values(text.as_bytes(), &mut 1000).collect()
    }

    #[rstest]
    #[case::nothing(" \n", vec![])]
    #[case::one("{}", vec![(0, json!({}))])]
    #[case::stream("{\"a\":1}{\"b\":2}\n [3] \"x\" 4", vec![
        (0, json!({"a": 1})), (7, json!({"b": 2})), (16, json!([3])), (20, json!("x")), (24, json!(4)),
    ])]
    #[case::duplicates("{\"a\":1,\"a\":2}", vec![(0, json!({"a": 2}))])]
    #[case::whole_numbers("[1.0, 1e3, -0.0, -2.50e1, 1e19, 18446744073709551615]", vec![
        (0, json!([1, 1000, 0, -25, 10_000_000_000_000_000_000_u64, u64::MAX])),
    ])]
    #[case::floats("{\"a\":[0.1, 1e-39, 1e300, 123456789012345678901]}", vec![
        (0, json!({"a": [0.1, 1e-39, 1e300, 123_456_789_012_345_680_000.0]})),
    ])]
    fn streams(#[case] text: &str, #[case] expected: Vec<(usize, Value)>) {
        assert_eq!(read(text), Ok(expected));
    }

    #[rstest]
    #[case::yaml("{\"a\":1}\n---\nb: 2\n", 8, 9, "invalid number")]
    #[case::unfinished("{\"a\":\n 1", 0, 8, "EOF while parsing an object")]
    #[case::on_a_later_line("\n{}\n{\"a\" 1}", 4, 9, "expected `:`")]
    #[case::text("{} x", 3, 3, "expected value")]
    #[case::out_of_range("1e999", 0, 4, "number out of range")]
    #[case::half_of_a_surrogate_pair("\"\\ud800\"", 0, 7, "unexpected end of hex escape")]
    fn errors(#[case] text: &str, #[case] start: usize, #[case] offset: usize, #[case] message: &str) {
        let expected = JsonError { start, offset, message: message.into() };
        assert_eq!(read(text), Err(expected));
    }

    #[test]
    fn nothing_comes_after_an_error() {
        let mut budget = 10;
        let mut values = values(b"{} x {}", &mut budget);
        assert!(matches!(values.next(), Some(Ok((0, _)))));
        assert!(matches!(values.next(), Some(Err(_))));
        assert_eq!(values.next(), None);
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(MAX_DEPTH - 1)).is_ok());
        let error = read(&nested(MAX_DEPTH + 1)).expect_err("too deep");
        assert_eq!(error.to_string(), "byte 127: nested deeper than 128 levels");
    }

    #[test]
    fn canonical_form() {
        let value: Value = serde_json::from_str(
            "{\"b\": [1, 1.5, 1e-7, null, true], \"a\": \"\\u0001\\n\\\"é<\\u2028\\/\", \"B\": {}, \"é\": []}",
        )
        .expect("JSON");
        let mut out = Vec::new();
        canonical(&value, &mut out).expect("a vector takes all");
        let text = String::from_utf8(out).expect("UTF-8");
        assert_eq!(
            text,
            "{\"B\":{},\"a\":\"\\u0001\\n\\\"é<\u{2028}/\",\"b\":[1,1.5,1e-7,null,true],\"é\":[]}"
        );
    }
}
