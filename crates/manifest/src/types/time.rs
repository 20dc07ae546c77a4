//! Times, as Go reads and writes RFC 3339.

/// The same time in UTC and whole seconds, `2006-01-02T15:04:05Z`; `None` if it is no time.
///
/// As Go's `time.Parse(time.RFC3339, ...)` the hour may have one digit, and a fraction of a second may follow after a
/// point or a comma. A time that leaves the years 0 to 9999 on its way to UTC stays as it is.
pub(super) fn canonical(text: &str) -> Option<String> {
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    literal(&mut rest, '-')?;
    let month = number(&mut rest, 2).filter(|month| (1..=12).contains(month))?;
    literal(&mut rest, '-')?;
    let day = number(&mut rest, 2).filter(|day| (1..=days_in_month(year, month)).contains(day))?;
    literal(&mut rest, 'T')?;
    let hour = number(&mut rest, 2).or_else(|| number(&mut rest, 1)).filter(|hour| *hour < 24)?;
    literal(&mut rest, ':')?;
    let minute = number(&mut rest, 2).filter(|minute| *minute < 60)?;
    literal(&mut rest, ':')?;
    let second = number(&mut rest, 2).filter(|second| *second < 60)?;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let after = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if after.len() < fraction.len() {
            rest = after;
        }
    }
    let offset = offset(rest)?;

    let mut minutes = (hour * 60 + minute) - offset;
    let days = minutes.div_euclid(24 * 60);
    minutes = minutes.rem_euclid(24 * 60);
    let (year, month, day) = add_days(year, month, day, days);
    if !(0..=9999).contains(&year) {
        return Some(text.into());
    }
    let (hour, minute) = (minutes / 60, minutes % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// Minutes east of Greenwich: `Z`, `+01:00`. Go takes 24 hours and 60 minutes, too.
fn offset(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+')?),
    };
    let hours = number(&mut rest, 2).filter(|hours| *hours <= 24)?;
    literal(&mut rest, ':')?;
    let minutes = number(&mut rest, 2).filter(|minutes| *minutes <= 60)?;
    rest.is_empty().then_some(sign * (hours * 60 + minutes))
}

/// A number of exactly so many digits, taken off the text.
fn number(rest: &mut &str, digits: usize) -> Option<i32> {
    let (number, after) = rest.split_at_checked(digits)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *rest = after;
    number.parse().ok()
}

/// A character, taken off the text.
fn literal(rest: &mut &str, expected: char) -> Option<()> {
    *rest = rest.strip_prefix(expected)?;
    Some(())
}

/// A date so many days later; not more than two.
fn add_days(mut year: i32, mut month: i32, mut day: i32, days: i32) -> (i32, i32, i32) {
    day += days;
    if day < 1 {
        month -= 1;
        if month < 1 {
            (year, month) = (year - 1, 12);
        }
        day += days_in_month(year, month);
    } else if day > days_in_month(year, month) {
        day -= days_in_month(year, month);
        month += 1;
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
    }
    (year, month, day)
}

fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::canonical("2024-02-29T12:34:56Z", "2024-02-29T12:34:56Z")]
    #[case::fraction("2024-02-29T12:34:56.789Z", "2024-02-29T12:34:56Z")]
    #[case::fraction_after_a_comma("2024-02-29T12:34:56,5Z", "2024-02-29T12:34:56Z")]
    #[case::hour_of_one_digit("2024-02-29T1:34:56Z", "2024-02-29T01:34:56Z")]
    #[case::east("2024-03-01T01:30:00+02:00", "2024-02-29T23:30:00Z")]
    #[case::west("2023-12-31T23:30:00-01:00", "2024-01-01T00:30:00Z")]
    #[case::west_by_more_than_a_day("2023-02-28T23:59:00-24:60", "2023-03-02T00:59:00Z")]
    #[case::year_before("2024-01-01T00:00:00+00:01", "2023-12-31T23:59:00Z")]
    #[case::beyond_the_years("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59-01:00")]
    fn times(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(canonical(text).as_deref(), Some(expected));
    }

    #[rstest]
    #[case::empty("")]
    #[case::date_alone("2024-02-29")]
    #[case::no_such_day("2023-02-29T00:00:00Z")]
    #[case::day_zero("2023-02-00T00:00:00Z")]
    #[case::no_such_month("2023-13-01T00:00:00Z")]
    #[case::hour_24("2023-01-01T24:00:00Z")]
    #[case::leap_second("2016-12-31T23:59:60Z")]
    #[case::lower_case("2023-01-01t00:00:00z")]
    #[case::space("2023-01-01 00:00:00Z")]
    #[case::no_zone("2023-01-01T00:00:00")]
    #[case::zone_without_colon("2023-01-01T00:00:00+0100")]
    #[case::zone_of_25_hours("2023-01-01T00:00:00+25:00")]
    #[case::point_without_digits("2023-01-01T00:00:00.Z")]
    #[case::more_behind("2023-01-01T00:00:00ZZ")]
    #[case::sign_in_a_number("2023-01-01T00:00:+1Z")]
    #[case::letter_of_two_bytes("2023-01-01T0é:00:00Z")]
    fn no_times(#[case] text: &str) {
        assert_eq!(canonical(text), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = canonical(&text);
        }

        #[test]
        fn the_canonical_form_is_its_own(
            text in r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5]0:00([.]1)?(Z|[+-][0-2][0-9]:[0-5]9)",
        ) {
            if let Some(once) = canonical(&text) {
                prop_assert_eq!(canonical(&once), Some(once));
            }
        }
    }
}
