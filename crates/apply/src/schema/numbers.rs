//! What is asked of numbers.
//!
//! A server reads a number without point and exponent as an `int64` where it fits, any other as a `float64`, and compares it
//! with limits that are `float64` brought to the type of the number. Newer servers refuse any number where a limit of an
//! integer is none itself; older ones cut off its fraction: what both refuse is refused.

use std::cmp::Ordering;

use super::outcome::Outcome;
use super::types::Types;
use super::walk::Walk;
use crate::crd_upgrade::{Schema, is_true, keyword};

/// The largest whole number that is sure to be one as a `float64`.
const WHOLE: f64 = 9_007_199_254_740_991.0;

/// What `int64` ends before.
const INTEGERS: f64 = 9_223_372_036_854_775_808.0;

/// A number as a server reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    pub(super) fn of(number: &serde_json::Number) -> Self {
        number.as_i64().map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::NAN)), Self::Int)
    }

    #[expect(clippy::cast_precision_loss, reason = "what the server does, too")]
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    /// It as an integer, if it is one.
    pub(super) fn integer(self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(int),
            Self::Float(float) => (float.fract() == 0.0 && float.abs() < INTEGERS).then(|| whole(float)),
        }
    }

    /// Whether the value is the same, however it is written.
    pub(super) fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Int(int), Self::Int(other)) => int == other,
            (number, other) => number.float().partial_cmp(&other.float()) == Some(Ordering::Equal),
        }
    }

    /// It as a message has it.
    pub(super) fn shown(self) -> String {
        match self {
            Self::Int(int) => int.to_string(),
            Self::Float(float) => shown(float),
        }
    }

    /// A limit as this number is compared with it.
    fn alike(self, limit: f64) -> Self {
        match self {
            Self::Int(_) => Self::Int(whole(limit)),
            Self::Float(_) => Self::Float(limit),
        }
    }

    /// How it compares to a limit, if that can be said: of a limit that no `int64` is, it depends on the server's processor.
    fn compare(self, limit: f64) -> Option<Ordering> {
        match self {
            Self::Int(_) if limit.abs() >= INTEGERS => None,
            Self::Int(int) => Some(int.cmp(&whole(limit))),
            Self::Float(float) => float.partial_cmp(&limit),
        }
    }
}

pub(super) fn look_at<'a>(
    walk: &Walk<'a, '_>,
    schema: &Schema,
    number: Number,
    types: Types<'_>,
    outcome: &mut Outcome<'a>,
) {
    let limit = |name| keyword(schema, name).and_then(serde_json::Value::as_f64);
    for (name, is_exclusive, wrong, words) in [
        ("maximum", "exclusiveMaximum", Ordering::Greater, ["less than or equal to", "less than"]),
        ("minimum", "exclusiveMinimum", Ordering::Less, ["greater than or equal to", "greater than"]),
    ] {
        let Some(limit) = limit(name) else { continue };
        let is_exclusive = is_true(schema, is_exclusive);
        match number.compare(limit) {
            Some(order) if order == wrong || is_exclusive && order == Ordering::Equal => {
                let [inclusive, exclusive] = words;
                let words = if is_exclusive { exclusive } else { inclusive };
                let limit = number.alike(limit).shown();
                outcome.add(walk.invalid(&number.shown(), &format!("should be {words} {limit}")));
            }
            Some(_) if fits(limit, types) => {}
            _ => outcome.is_unknown = true,
        }
    }
    if let Some(factor) = limit("multipleOf") {
        multiple_of(walk, number, factor, types, outcome);
    }
    // Only newer servers look at the range of a number.
    outcome.is_unknown |= match number {
        Number::Int(int) => types.format == Some("int32") && i32::try_from(int).is_err(),
        Number::Float(float) => !fits(float, types),
    } || types.format == Some("float") && number.float().abs() > f64::from(f32::MAX);
}

fn multiple_of<'a>(
    walk: &Walk<'a, '_>,
    number: Number,
    factor: f64,
    types: Types<'_>,
    outcome: &mut Outcome<'a>,
) {
    if matches!(number, Number::Int(_)) && factor >= INTEGERS {
        outcome.is_unknown = true;
        return;
    }
    let factor_is = number.alike(factor);
    if factor_is.float() <= 0.0 {
        // Of what is less than one, nothing is left for an integer.
        let (factor, path) = (factor_is.shown(), walk.path());
        outcome.add(walk.found(format!(
            "Invalid value: {factor}: factor MultipleOf declared for {path} must be positive: {factor}"
        )));
        return;
    }
    let is_multiple = match number {
        Number::Int(int) => int.checked_rem(whole(factor)) == Some(0),
        Number::Float(float) if factor < 1.0 => is_whole(1.0 / factor * float),
        Number::Float(float) => is_whole(float / factor),
    };
    if !is_multiple {
        let detail = format!("should be a multiple of {}", factor_is.shown());
        outcome.add(walk.invalid(&number.shown(), &detail));
    } else if !fits(factor, types) {
        outcome.is_unknown = true;
    }
}

/// Whether a number is one of the type.
fn fits(number: f64, types: Types<'_>) -> bool {
    types.name != Some("integer")
        || number.fract() == 0.0
            && number.abs() < INTEGERS
            && (types.format != Some("int32") || i32::try_from(whole(number)).is_ok())
}

/// Whether a float is taken for a whole number: also one that is very little above.
pub(super) fn is_whole(float: f64) -> bool {
    if !float.is_finite() || float.abs() > WHOLE {
        return false;
    }
    let whole = float.trunc();
    float.fract() == 0.0 || whole > 0.0 && (float - whole) / (float + whole) < 1e-9
}

/// A float without its fraction.
#[expect(clippy::cast_possible_truncation, reason = "it saturates, and callers look at that before")]
pub(super) fn whole(float: f64) -> i64 {
    float as i64
}

/// A float as Go prints it.
fn shown(float: f64) -> String {
    let size = float.abs();
    if size != 0.0 && !(1e-4..1e6).contains(&size) {
        let text = format!("{float:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    float.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0.0, "0")]
    #[case(10.0, "10")]
    #[case(-1.5, "-1.5")]
    #[case(0.00001, "1e-05")]
    #[case(123_456.5, "123456.5")]
    #[case(1e6, "1e+06")]
    #[case(-1.5e21, "-1.5e+21")]
    fn floats_are_shown_as_go_does(#[case] float: f64, #[case] text: &str) {
        assert_eq!(shown(float), text);
    }

    #[rstest]
    #[case(5.0, true)]
    #[case(-5.0, true)]
    #[case(0.0, true)]
    #[case(5.000_000_000_1, true)]
    #[case(4.999_999_999_9, false)]
    #[case(-5.000_000_000_1, false)]
    #[case(0.5, false)]
    #[case(1e16, false)]
    #[case(f64::INFINITY, false)]
    fn whole_numbers(#[case] float: f64, #[case] whole: bool) {
        assert_eq!(is_whole(float), whole);
    }
}
