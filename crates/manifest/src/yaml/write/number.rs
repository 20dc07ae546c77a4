//! Numbers that every YAML reader takes for numbers.

use std::fmt::Write as _;

use serde_json::Number;

/// Writes a number. Where it has an exponent it gets a fraction and the exponent a sign, since readers of YAML 1.1 other
/// than Go's take `1e21` for text.
pub(super) fn write(number: &Number, out: &mut String) {
    let start = out.len();
    // Writing to a string never fails.
    let _ = write!(out, "{number}");
    let Some(exponent) = out.get(start..).and_then(|text| text.find('e')) else { return };
    let exponent = start + exponent;
    if !matches!(out.as_bytes().get(exponent + 1), Some(b'+' | b'-')) {
        out.insert(exponent + 1, '+');
    }
    if out.get(start..exponent).is_some_and(|mantissa| !mantissa.contains('.')) {
        out.insert_str(exponent, ".0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::integer("-12", "-12")]
    #[case::largest("18446744073709551615", "18446744073709551615")]
    #[case::fraction("0.5", "0.5")]
    #[case::large("1e21", "1.0e+21")]
    #[case::large_with_a_fraction("-1.5e300", "-1.5e+300")]
    #[case::small("1e-7", "1.0e-7")]
    fn numbers(#[case] json: &str, #[case] yaml: &str) {
        let mut out = String::from("e: ");
        write(&serde_json::from_str(json).unwrap(), &mut out);
        assert_eq!(out, format!("e: {yaml}"));
    }
}
