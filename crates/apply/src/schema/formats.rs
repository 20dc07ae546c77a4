//! Formats of texts: those that a server checks, as far as it is known what is one.
//!
//! The names are those of `apiserver/validation/formats.go`, any other is no format; the rules are `kube-openapi`'s (`strfmt`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a server checks in texts, without dashes, which do not count.
const NAMES: [&str; 24] = [
    "bsonobjectid",
    "byte",
    "cidr",
    "creditcard",
    "date",
    "datetime",
    "duration",
    "email",
    "hexcolor",
    "hostname",
    "ipv4",
    "ipv6",
    "isbn",
    "isbn10",
    "isbn13",
    "mac",
    "password",
    "rgbcolor",
    "ssn",
    "uri",
    "uuid",
    "uuid3",
    "uuid4",
    "uuid5",
];

/// Whether a format is one of texts, on any server.
pub(super) fn is_of_texts(format: &str) -> bool {
    NAMES.contains(&name(format).as_str())
}

/// Whether a text has a format. `None` where that is not known.
pub(super) fn is_valid(format: &str, text: &str) -> Option<bool> {
    match name(format).as_str() {
        "byte" => Some(is_base64(text)),
        "cidr" => cidr(text),
        "date" => Some(is_date(text)),
        "datetime" => Some(is_date_time(text)),
        "duration" => duration(text),
        "email" => email(text),
        "hexcolor" => {
            let digits = text.strip_prefix('#').unwrap_or(text);
            Some(matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        }
        "hostname" => hostname(text),
        "ipv4" => ipv4(text),
        "ipv6" => Some(text.parse::<Ipv6Addr>().is_ok()),
        "password" => Some(true),
        "uri" => uri(text),
        "uuid" => Some(is_uuid(text, "*", "*")),
        "uuid3" => Some(is_uuid(text, "3", "*")),
        "uuid4" => Some(is_uuid(text, "4", "89ab")),
        "uuid5" => Some(is_uuid(text, "5", "89ab")),
        _ => None,
    }
}

fn name(format: &str) -> String {
    format.replace('-', "")
}

/// At least one group of four, the last one filled up; nothing at all is none.
fn is_base64(text: &str) -> bool {
    let digits = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    !text.is_empty()
        && text.len().is_multiple_of(4)
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

fn is_date(text: &str) -> bool {
    let number = |from, to| {
        text.get(from..to).filter(|part| is_digits(part)).and_then(|part| part.parse::<u32>().ok())
    };
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else {
        return false;
    };
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    text.len() == 10
        && text.get(4..5) == Some("-")
        && text.get(7..8) == Some("-")
        && (1..=days).contains(&day)
}

/// A date, a `T` and a time; what stands after another `T` is not looked at.
fn is_date_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    let is_number = |from, to, most| time.get(from..to).is_some_and(|part| is_digits(part) && part <= most);
    let is_clock = is_number(0, 2, "23")
        && is_number(3, 5, "59")
        && is_number(6, 8, "59")
        && time.get(2..3) == Some(":")
        && time.get(5..6) == Some(":");
    is_date(date)
        && is_clock
        && time.get(8..).is_some_and(|rest| is_zone(rest) || is_zone(after_fraction(rest)))
}

/// What is left after a fraction of a second, which begins with any sign.
fn after_fraction(text: &str) -> &str {
    let mut rest = text.chars();
    match rest.next() {
        Some(sign) if sign != '\n' => {}
        _ => return text,
    }
    let digits = rest.as_str();
    let left = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    if left.len() == digits.len() { text } else { left }
}

fn is_zone(text: &str) -> bool {
    let is_offset = || {
        let offset = text.strip_prefix(['+', '-'])?;
        let (hours, minutes) = offset.split_once(':')?;
        Some([hours, minutes].iter().all(|part| part.len() == 2 && is_digits(part)))
    };
    text == "z" || is_offset() == Some(true)
}

/// Numbers with units are one. Others may be, in the eyes of a second reader; without a digit none is.
fn duration(text: &str) -> Option<bool> {
    const UNITS: [&str; 6] = ["ns", "us", "ms", "s", "m", "h"];
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return Some(false);
    }
    let mut rest = text;
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        let (unit, next) = unit.split_at_checked(end)?;
        let digits = rest.len() - unit.len() - next.len();
        if !(1..=4).contains(&digits) || !UNITS.contains(&unit) {
            return None;
        }
        rest = next;
    }
    Some(true)
}

fn email(text: &str) -> Option<bool> {
    let Some((user, host)) = text.split_once('@') else { return Some(false) };
    let is_plain = |part: &str| {
        let is_atom = |atom: &str| {
            !atom.is_empty()
                && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        part.split('.').all(is_atom)
    };
    (is_plain(user) && is_plain(host)).then_some(true)
}

/// A single label with at most one dash, at its second place, or a name whose last label is letters alone.
fn hostname(text: &str) -> Option<bool> {
    if !text.is_ascii() {
        return None;
    }
    let labels: Vec<_> = text.split('.').collect();
    // Letters, digits, and what Unicode has for a symbol.
    let is_alphanumeric =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"$+<=>^`|~".contains(&byte));
    let is_label = |label: &&str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.len() <= 63
            && is_alphanumeric(&label.replace('-', ""))
    };
    let is_right = match labels.as_slice() {
        [single] => {
            let rest = single.get(1..).unwrap_or_default();
            let rest = rest.strip_prefix('-').unwrap_or(rest);
            !single.is_empty()
                && is_alphanumeric(single.get(..1).unwrap_or_default())
                && is_alphanumeric(rest)
                && single.len() <= 63
        }
        [rest @ .., last] => {
            rest.iter().all(is_label)
                && (2..=63).contains(&last.len())
                && last.bytes().all(|byte| byte.is_ascii_alphabetic())
        }
        [] => false,
    };
    Some(is_right && text.len() <= 255)
}

fn ipv4(text: &str) -> Option<bool> {
    if text.parse::<Ipv4Addr>().is_ok() {
        return Some(true);
    }
    if has_leading_zero(text) {
        return None;
    }
    // One of version 4 in one of version 6 is one.
    Some(text.contains('.') && text.parse::<Ipv6Addr>().is_ok())
}

fn cidr(text: &str) -> Option<bool> {
    let Some((address, length)) = text.split_once('/') else { return Some(false) };
    let bits = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) if has_leading_zero(address) => return None,
        Err(_) => return Some(false),
    };
    Some(is_digits(length) && length.parse::<u32>().is_ok_and(|length| length <= bits))
}

/// Whether a part begins with a zero: some readers of Go take those, others do not.
fn has_leading_zero(text: &str) -> bool {
    text.split(['.', ':']).any(|part| part.len() > 1 && part.starts_with('0'))
}

/// What no address on the web is: all else is the business of Go's `net/url`.
fn uri(text: &str) -> Option<bool> {
    if text.is_empty() || text.bytes().any(|byte| byte.is_ascii_control()) {
        return Some(false);
    }
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let is_simple =
        |rest: &str| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte));
    match text.split_once(':') {
        _ if text.starts_with('/') || text == "*" => is_simple(text).then_some(true),
        Some((scheme, rest)) if is_scheme(scheme) => {
            let is_plain =
                rest.strip_prefix("//").is_some_and(|rest| !rest.starts_with('/') && is_simple(rest));
            is_plain.then_some(true)
        }
        _ => Some(false),
    }
}

/// Digits in groups of 8, 4, 4, 4 and 12, with dashes between them or not; which digits may begin the third and fourth group.
fn is_uuid(text: &str, version: &str, variant: &str) -> bool {
    let mut rest = text;
    for (index, (digits, first)) in
        [(8, "*"), (4, "*"), (4, version), (4, variant), (12, "*")].iter().enumerate()
    {
        if index > 0 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        let Some((group, next)) = rest.split_at_checked(*digits) else { return false };
        let begins = |c: char| *first == "*" || first.contains(c.to_ascii_lowercase());
        if !group.bytes().all(|byte| byte.is_ascii_hexdigit()) || !group.starts_with(begins) {
            return false;
        }
        rest = next;
    }
    rest.is_empty()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
