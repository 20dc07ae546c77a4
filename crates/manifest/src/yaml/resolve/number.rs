//! Numbers as Go reads and prints them.

use std::borrow::Cow;

use super::Plain;

/// What a plain text that begins with a digit or a sign means.
///
/// Underscores may stand anywhere in such a number. `0b` in front of a sign (`0b-101`) is a number too; Go's `resolve`
/// has it so.
pub(super) fn signed(text: &str) -> Plain {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Plain::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Plain::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let digits: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    integer(&digits)
        .or_else(|| float(&digits))
        .or_else(|| digits.strip_prefix("0b").and_then(signed_binary))
        .unwrap_or(Plain::Str)
}

/// What a plain text that begins with a dot means. Underscores may stand between two digits only.
pub(super) fn dotted(text: &str) -> Plain {
    match text {
        ".inf" | ".Inf" | ".INF" => return Plain::Float(f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Plain::Float(f64::NAN),
        _ => {}
    }
    let meaning = if !text.contains('_') {
        float(text)
    } else if underscores_separate_digits(text.as_bytes()) {
        float(&text.replace('_', ""))
    } else {
        None
    };
    meaning.unwrap_or(Plain::Str)
}

/// A mapping key made of a number: Go's `FormatFloat(v, 'g', -1, 32)`, the shortest text that gives the same 32-bit
/// number, with an exponent below 1e-4 and from 1e6 on.
pub(super) fn float_key(float: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the key is that of the nearest 32-bit number")]
    let float = float as f32;
    if float.is_nan() {
        return ".nan".into();
    }
    if float.is_infinite() {
        return if float > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    let scientific = shortest(float);
    let exponent =
        scientific.split_once('e').and_then(|(mantissa, exponent)| Some((mantissa, exponent.parse().ok()?)));
    match exponent {
        Some((mantissa, exponent @ ..-4_i32)) => format!("{mantissa}e-{:02}", -exponent),
        Some((mantissa, exponent @ 6_i32..)) => format!("{mantissa}e+{exponent:02}"),
        // A 64-bit number carries those few digits as they are, and prints them without an exponent.
        _ => scientific.parse().map_or(scientific, |float: f64| float.to_string()),
    }
}

/// The shortest digits that give the same number, in the form `1.5e-7`. Between two of that length that are equally
/// near, Rust takes the upper one and Go the even one, which is what rounding to that length gives.
fn shortest(float: f32) -> String {
    let shortest = format!("{float:e}");
    let digits = shortest.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let rounded = format!("{float:.*e}", digits.saturating_sub(1));
    if rounded.parse() == Ok(float) { rounded } else { shortest }
}

/// Go's `ParseInt(text, 0, 64)`, and for what is too large `ParseUint`: decimal, `0x`, `0o` or `0`, `0b`.
fn integer(text: &str) -> Option<Plain> {
    let (negative, has_sign, magnitude) = match text.as_bytes().first()? {
        b'-' => (true, true, text.get(1..)?),
        b'+' => (false, true, text.get(1..)?),
        _ => (false, false, text),
    };
    let (digits, radix) = match magnitude.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (magnitude.get(2..)?, 16),
        [b'0', b'o' | b'O', _, ..] => (magnitude.get(2..)?, 8),
        [b'0', b'b' | b'B', _, ..] => (magnitude.get(2..)?, 2),
        [b'0', _, ..] => (magnitude.get(1..)?, 8),
        _ => (magnitude, 10),
    };
    // Rust takes a sign here, Go does not.
    if !digits.as_bytes().first()?.is_ascii_alphanumeric() {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Plain::Int);
    }
    match i64::try_from(magnitude) {
        Ok(int) => Some(Plain::Int(int)),
        Err(_) if has_sign => None,
        Err(_) => Some(Plain::Uint(magnitude)),
    }
}

/// What follows `0b` where it is a binary number with a sign.
fn signed_binary(text: &str) -> Option<Plain> {
    i64::from_str_radix(text, 2).ok().map(Plain::Int)
}

/// A number in the form `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?` that is not too large for 64 bits.
fn float(text: &str) -> Option<Plain> {
    if !is_float(text.as_bytes()) {
        return None;
    }
    text.parse().ok().filter(|float: &f64| float.is_finite()).map(Plain::Float)
}

fn is_float(text: &[u8]) -> bool {
    let (whole, rest) = split_digits(skip_sign(text));
    let (fraction, rest): (&[u8], _) = match rest {
        [b'.', rest @ ..] => split_digits(rest),
        _ => (&[], rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return false;
    }
    match rest {
        [] => true,
        [b'e' | b'E', rest @ ..] => {
            let (exponent, rest) = split_digits(skip_sign(rest));
            !exponent.is_empty() && rest.is_empty()
        }
        _ => false,
    }
}

fn skip_sign(text: &[u8]) -> &[u8] {
    match text {
        [b'+' | b'-', rest @ ..] => rest,
        _ => text,
    }
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at(digits)
}

fn underscores_separate_digits(text: &[u8]) -> bool {
    let digit =
        |index: Option<usize>| index.and_then(|index| text.get(index)).is_some_and(u8::is_ascii_digit);
    memchr::memchr_iter(b'_', text).all(|index| digit(index.checked_sub(1)) && digit(index.checked_add(1)))
}
