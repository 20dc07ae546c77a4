//! Amounts of resources: `500m`, `1Gi`, `1e3`.
//!
//! In: the text of a quantity. Out: the same amount as apimachinery's `resource.Quantity` writes it after reading it
//! (`ParseQuantity` and `String` in `pkg/api/resource/quantity.go`): without a fraction, with the largest suffix of its
//! kind that loses nothing. The time is linear in the length of the text, whatever amount it names.

use std::borrow::Cow;

use serde_json::Number;
use thiserror::Error;

/// Why a text is no quantity. The messages are those of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QuantityError {
    /// It is not a number with a suffix.
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Format,
    /// It has no digit.
    #[error("unable to parse numeric part of quantity")]
    Numeric,
    /// What follows the number is no suffix: `n u m k M G T P E`, `Ki Mi Gi Ti Pi Ei`, or `e` and an exponent.
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

/// The canonical form of a quantity; the text itself where it has that form.
///
/// ```
/// use rukpak_manifest::types::quantity::canonical;
///
/// assert_eq!(canonical("0.5").unwrap(), "500m");
/// assert_eq!(canonical("1024Mi").unwrap(), "1Gi");
/// assert_eq!(canonical("1e3").unwrap(), "1e3");
/// ```
pub fn canonical(text: &str) -> Result<Cow<'_, str>, QuantityError> {
    let parts = Parts::of(text)?;
    let rewritten = match Suffix::of(parts.suffix)? {
        Suffix::Binary(power) => parts.binary(power)?,
        Suffix::Decimal(exponent) => parts.decimal(exponent, decimal_suffix)?,
        Suffix::Exponent(exponent) => parts.decimal(exponent, exponent_suffix)?,
    };
    Ok(rewritten.filter(|new| new != text).map_or(Cow::Borrowed(text), Cow::Owned))
}

/// The canonical form of a quantity that is written as a number.
pub(super) fn canonical_number(number: &Number) -> Result<String, QuantityError> {
    let text = match number.as_f64() {
        _ if number.is_i64() => number.to_string(),
        // As encoding/json writes a float, since the form of the number is kept. Above 2^63 Go has a float, too.
        Some(float) if (1e-6..1e21).contains(&float.abs()) || float == 0.0 => float.to_string(),
        Some(float) => format!("{float:e}").replace('e', "e+").replace("e+-", "e-"),
        None => number.to_string(),
    };
    canonical(&text).map(Cow::into_owned)
}

/// What follows the number.
enum Suffix {
    /// `m`, `k` or nothing: a power of ten.
    Decimal(i32),
    /// `e3`: a power of ten.
    Exponent(i32),
    /// `Ki`: a power of 1024, at most 6.
    Binary(usize),
}

/// The decimal suffixes, each a thousand times the one before, from 10^-9.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
/// The binary suffixes by their power of 1024.
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// The smallest power of ten that an amount is kept to, and what `DECIMAL` begins with.
const NANO: i64 = -9;
const NANOS: u128 = 1_000_000_000;
/// The largest amount with a binary suffix; more is capped.
const BINARY_LIMIT: u128 = i64::MAX as u128;

impl Suffix {
    fn of(text: &str) -> Result<Self, QuantityError> {
        if let Some(exponent) =
            (-9..).step_by(3).zip(DECIMAL).find_map(|(e, name)| (name == text).then_some(e))
        {
            return Ok(Self::Decimal(exponent));
        }
        if let Some(power) = BINARY.iter().position(|name| *name == text) {
            return Ok(Self::Binary(power));
        }
        // An exponent beyond 32 bits is refused; Go lets it wrap around.
        let exponent = text.strip_prefix(['e', 'E']).and_then(|exponent| exponent.parse().ok());
        exponent.map(Self::Exponent).ok_or(QuantityError::Suffix)
    }
}

/// The suffix for a power of ten, a multiple of three; `None` above 10^18.
fn decimal_suffix(exponent: i64) -> Option<String> {
    let index = usize::try_from((exponent - NANO) / 3).ok()?;
    DECIMAL.get(index).map(|suffix| (*suffix).into())
}

/// The decimal exponent for a power of ten.
#[expect(clippy::unnecessary_wraps, reason = "of one type with `decimal_suffix`")]
fn exponent_suffix(exponent: i64) -> Option<String> {
    Some(if exponent == 0 { String::new() } else { format!("e{exponent}") })
}

/// A quantity taken apart.
struct Parts<'a> {
    negative: bool,
    /// Whether there is a digit before the suffix.
    numeric: bool,
    /// What stands before the point, without leading zeros; `0` where nothing is left.
    whole: &'a str,
    /// What stands after the point.
    fraction: &'a str,
    suffix: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Format);
        }
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let significant = unsigned.trim_start_matches('0');
        let (whole, rest) = split_digits(significant);
        let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), split_digits);

        let exponent = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if !split_digits(exponent).1.is_empty() {
            return Err(QuantityError::Format);
        }
        Ok(Self {
            negative: text.starts_with('-'),
            numeric: significant.len() < unsigned.len() || !whole.is_empty() || !fraction.is_empty(),
            whole: if whole.is_empty() { "0" } else { whole },
            fraction,
            suffix,
        })
    }

    /// The canonical form of an amount with a decimal suffix or exponent; `None` where the text stays.
    fn decimal(
        &self,
        exponent: i32,
        suffix: fn(i64) -> Option<String>,
    ) -> Result<Option<String>, QuantityError> {
        let digits = [self.whole, self.fraction].concat();
        let exponent = i64::from(exponent) - i64::try_from(self.fraction.len()).unwrap_or(i64::MAX);
        // Where Go computes in 64 bits, it keeps the text of what it takes for canonical, a plus and zeros included;
        // and there it takes a suffix alone for zero.
        let small = digits.len() <= 18 && exponent >= NANO;
        if small && exponent % 3 == 0 && !digits.ends_with("000") && !digits.starts_with('0') {
            return Ok(None);
        }
        if !small && !self.numeric {
            return Err(QuantityError::Numeric);
        }
        Ok(decimal(self.negative, &digits, exponent, suffix))
    }

    /// The canonical form of an amount with a binary suffix; `None` where the text stays.
    fn binary(&self, power: usize) -> Result<Option<String>, QuantityError> {
        // As above, with Go's estimate of what fits into 64 bits.
        let small = self.fraction.is_empty() && self.whole.len() + 3 * power <= 14;
        let whole = self.whole.parse::<u64>();
        if small && whole.as_ref().is_ok_and(|whole| whole % 8 != 0) {
            return Ok(None);
        }
        if !small && !self.numeric {
            return Err(QuantityError::Numeric);
        }

        let unit = 1_u128 << (10 * power);
        let whole = whole.map_or(u128::MAX, u128::from).saturating_mul(unit);
        // Digit by digit from the right, so that only a carry of fixed size is kept; what is lost rounds up.
        let mut nanos = 0;
        let mut inexact = false;
        for digit in self.fraction.bytes().rev() {
            let sum = nanos + u128::from(digit - b'0') * unit * NANOS;
            inexact |= !sum.is_multiple_of(10);
            nanos = sum / 10;
        }
        nanos += u128::from(inexact);
        nanos = whole.saturating_mul(NANOS).saturating_add(nanos).min(BINARY_LIMIT * NANOS);

        if nanos < 1024 * NANOS || !nanos.is_multiple_of(NANOS) {
            return Ok(decimal(self.negative, &nanos.to_string(), NANO, decimal_suffix));
        }
        let mut amount = nanos / NANOS;
        let mut suffixes = BINARY.into_iter();
        let mut suffix = suffixes.next();
        while amount.is_multiple_of(1024) {
            amount /= 1024;
            suffix = suffixes.next();
        }
        let sign = if self.negative { "-" } else { "" };
        Ok(Some(format!("{sign}{amount}{}", suffix.unwrap_or_default())))
    }
}

/// Writes `digits` times ten to the `exponent`, rounded up to a whole number of 10^-9; `None` where no suffix can say
/// it. (There Go writes the digits alone, which is another amount.)
fn decimal(negative: bool, digits: &str, exponent: i64, suffix: fn(i64) -> Option<String>) -> Option<String> {
    let (digits, exponent) = round_up(digits.trim_start_matches('0'), exponent);
    let trimmed = digits.trim_end_matches('0');
    if trimmed.is_empty() {
        return Some("0".into());
    }
    let exponent = exponent + i64::try_from(digits.len() - trimmed.len()).unwrap_or(i64::MAX);
    let zeros = match exponent.rem_euclid(3) {
        0 => "",
        1 => "0",
        _ => "00",
    };
    let suffix = suffix(exponent - exponent.rem_euclid(3))?;
    let sign = if negative { "-" } else { "" };
    Some([sign, trimmed, zeros, &suffix].concat())
}

/// Digits and exponent, with no digit below 10^-9; what is lost rounds away from zero.
fn round_up(digits: &str, exponent: i64) -> (Cow<'_, str>, i64) {
    if exponent >= NANO {
        return (digits.into(), exponent);
    }
    let cut = usize::try_from(NANO - exponent).unwrap_or(usize::MAX);
    let (kept, lost) = digits.split_at(digits.len().saturating_sub(cut));
    let exact = lost.bytes().all(|digit| digit == b'0');
    (if exact { kept.into() } else { increment(kept).into() }, NANO)
}

/// A whole number in digits, plus one.
fn increment(digits: &str) -> String {
    let kept = digits.trim_end_matches('9');
    let zeros = "0".repeat(digits.len() - kept.len());
    let (kept, last) = kept.split_at(kept.len().saturating_sub(1));
    let last = last.parse::<u8>().unwrap_or_default() + 1;
    format!("{kept}{last}{zeros}")
}

/// The digits that a text begins with, and the rest.
fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

#[cfg(test)]
mod tests;
