//! Which texts may stand in YAML without quotes.
//!
//! Only those that this crate, and so Kubernetes, reads back as that very text, and that no other reader of YAML 1.1 or
//! 1.2 takes for something else.

use super::scan::Scan;
use crate::yaml::resolve::{self, Plain};

/// Whether a text that fits one line can stand there as it is, as a key or as a value of a block collection.
pub(super) fn is_plain(text: &str, scan: Scan) -> bool {
    let bytes = text.as_bytes();
    begins_plain(bytes)
        && !matches!(bytes.last(), Some(b' ' | b':'))
        && (!scan.has_stops() || !holds_a_stop(bytes))
        && resolve::plain(text) == Plain::Str
        && !matches!(text, "=" | "<<")
        && !is_foreign_number(bytes)
}

/// Whether the first characters are no indicators of YAML and mark no document. Texts that begin with `?` or `:` are
/// rare enough to be quoted all.
fn begins_plain(text: &[u8]) -> bool {
    match text {
        [] | [b'-'] | [b'-', b' ', ..] | [b'-', b'-', b'-', ..] | [b'.', b'.', b'.', ..] => false,
        [first, ..] => !matches!(
            first,
            b' ' | b'?'
                | b':'
                | b','
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'#'
                | b'&'
                | b'*'
                | b'!'
                | b'|'
                | b'>'
                | b'\''
                | b'"'
                | b'%'
                | b'@'
                | b'`'
        ),
    }
}

/// Whether a text holds what would end it: a colon in front of a space, or a space in front of `#`.
fn holds_a_stop(text: &[u8]) -> bool {
    memchr::memchr2_iter(b':', b'#', text).any(|index| match text.get(index) {
        Some(b':') => text.get(index + 1) == Some(&b' '),
        _ => index.checked_sub(1).and_then(|before| text.get(before)) == Some(&b' '),
    })
}

/// Whether a text that Go reads as a string has the look of a number or a date elsewhere: `12:30:45` is 45,045 and
/// `2001-01-01` a date in YAML 1.1, `0o8` and `1,000` are integers to some readers.
fn is_foreign_number(text: &[u8]) -> bool {
    let unsigned = match text {
        [b'+' | b'-', rest @ ..] => rest,
        _ => text,
    };
    match unsigned {
        [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', rest @ ..] => {
            rest.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'_')
        }
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', b'0'..=b'9', ..] => true,
        [b'.', rest @ ..] if rest.eq_ignore_ascii_case(b"inf") || rest.eq_ignore_ascii_case(b"nan") => true,
        [b'0'..=b'9' | b'.', ..] => is_digits_and_separators(unsigned),
        _ => false,
    }
}

/// Whether a text is made of digits, `_`, `,` and `:` with at most one dot among them, and perhaps an exponent.
fn is_digits_and_separators(text: &[u8]) -> bool {
    let is_mantissa = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'_' | b',' | b':' | b'.');
    let length = text.iter().take_while(|byte| is_mantissa(byte)).count();
    let Some((mantissa, rest)) = text.split_at_checked(length) else { return false };
    let exponent = match rest {
        [] => rest,
        [b'e' | b'E', b'+' | b'-', rest @ ..] | [b'e' | b'E', rest @ ..] => rest,
        _ => return false,
    };
    memchr::memchr_iter(b'.', mantissa).count() <= 1
        && exponent.iter().all(|byte| byte.is_ascii_digit() || *byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    fn texts_without_quotes(
        #[values(
            "a",
            "a b",
            "a:b",
            "a#b",
            "é",
            "http://a/b#c",
            "--leader-elect",
            "-x",
            "--",
            "1.2.3",
            "v1",
            "10m",
            "1Gi",
            "10.0.0.1:80",
            "0xyz",
            "a, b",
            "a]",
            "yess",
            "nO",
            "==1",
            "=a",
            "<<a",
            "~a",
            ".a",
            "..",
            "../a",
            "1e3x",
            "1 2",
            "100%",
            "a'b",
            "a\"b",
            "a\\b",
            "quay.io/a@sha256:0",
            "Infinity",
            "-a"
        )]
        text: &str,
    ) {
        assert!(is_plain(text, Scan::of(text)));
    }

    #[rstest]
    fn texts_with_quotes(
        #[values(
            "",
            " a",
            "a ",
            "a:",
            "a: b",
            ": a",
            ":a",
            "? a",
            "?a",
            "- a",
            "-",
            "---",
            "---a",
            "...",
            "... a",
            "a #b",
            "#a",
            "&a",
            "*",
            "*a",
            "!a",
            "|",
            ">=1",
            "'a",
            "\"a",
            "%a",
            "@a",
            "`a",
            "[a]",
            "{a}",
            "{{ a }}",
            ",a",
            "]",
            "}",
            "yes",
            "y",
            "No",
            "on",
            "OFF",
            "true",
            "null",
            "~",
            "NULL",
            "=",
            "<<",
            "1",
            "-1",
            "0644",
            "0o7",
            "0o8",
            "0x1F",
            "0b11",
            "0b-1",
            "08",
            "1_000",
            "1,000",
            "1.",
            ".5",
            "+.5",
            "1.5",
            "1e3",
            "1e+",
            "1.5e3_0",
            "12:30:45",
            "1:2",
            "-1:30",
            "190:20:30.15",
            "2001-01-01",
            "2001-12-14t21:59:43.10-05:00",
            "2001-1-1 1:2:3",
            ".inf",
            "-.INF",
            "+.nan",
            ".Nan",
            "18446744073709551616",
            "1e999",
            "."
        )]
        text: &str,
    ) {
        assert!(!is_plain(text, Scan::of(text)));
    }
}
