//! Which texts `!!timestamp` takes.
//!
//! Without that tag a timestamp is a string like any other, and with it the value is the text too: only whether the text
//! is one matters. The forms are those that Go's `time.Parse` reads for the four layouts of `resolve.go`:
//! `2001-12-14`, `2001-12-14 21:59:43.1`, and the latter with `T` or `t` and a zone (`Z`, `-05:00`). All fields but the
//! year may have one digit.

/// Whether a text is a timestamp.
pub(super) fn is_timestamp(text: &str) -> bool {
    date(text.as_bytes()).is_some_and(|rest| match rest {
        [] => true,
        [b'T' | b't', rest @ ..] => time(rest).is_some_and(is_zone),
        [b' ', rest @ ..] => time(skip_spaces(rest)).is_some_and(<[u8]>::is_empty),
        _ => false,
    })
}

/// What follows a date that exists.
fn date(text: &[u8]) -> Option<&[u8]> {
    let (year, rest) = text.split_at_checked(4)?;
    let year = year.iter().try_fold(0, |year, byte| Some(year * 10 + digit(*byte)?))?;
    let (month, rest) = field(literal(rest, b'-')?)?;
    let (day, rest) = field(literal(rest, b'-')?)?;
    (1..=days(year, month)?).contains(&day).then_some(rest)
}

/// How many days a month has, where there is such a month.
fn days(year: u32, month: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// What follows a time of day.
fn time(text: &[u8]) -> Option<&[u8]> {
    let (hour, rest) = field(text)?;
    let (minute, rest) = field(literal(rest, b':')?)?;
    let (second, rest) = field(literal(rest, b':')?)?;
    (hour < 24 && minute < 60 && second < 60).then(|| skip_fraction(rest))
}

/// Fractions of a second: a dot or a comma and at least one digit.
fn skip_fraction(text: &[u8]) -> &[u8] {
    match text {
        [b'.' | b',', rest @ ..] if rest.first().is_some_and(u8::is_ascii_digit) => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest.get(digits..).unwrap_or_default()
        }
        _ => text,
    }
}

/// `Z`, or a sign, two digits of hours up to 24, a colon, and two digits of minutes up to 60.
fn is_zone(text: &[u8]) -> bool {
    let two = |tens, units| Some(digit(tens)? * 10 + digit(units)?);
    match *text {
        [b'Z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            two(h1, h2).is_some_and(|hours| hours <= 24) && two(m1, m2).is_some_and(|minutes| minutes <= 60)
        }
        _ => false,
    }
}

/// A number of one or two digits, and what follows.
fn field(text: &[u8]) -> Option<(u32, &[u8])> {
    let (first, rest) = text.split_first()?;
    let first = digit(*first)?;
    match rest {
        [second @ b'0'..=b'9', rest @ ..] => Some((first * 10 + digit(*second)?, rest)),
        _ => Some((first, rest)),
    }
}

fn literal(text: &[u8], byte: u8) -> Option<&[u8]> {
    text.split_first().filter(|(first, _)| **first == byte).map(|(_, rest)| rest)
}

fn skip_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    text.get(spaces..).unwrap_or_default()
}

fn digit(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(10)
}
