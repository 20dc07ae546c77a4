//! Which number a float is once it has been through JSON.

use serde_json::Number;

/// The number that a float is once Go has written it as JSON and read it again; `None` for what JSON cannot carry.
///
/// Go writes a whole number below 1e21 without a fraction or an exponent, as the shortest digits that give the same
/// float, filled with zeros (1e3 is `1000`, 2^60 is `1152921504606847000`), so that it is read as an integer where 64
/// bits hold it. -0.0 becomes 0.
pub(crate) fn number(float: f64) -> Option<Number> {
    // Beyond this no integer of 64 bits is near, and the digits would only cost time.
    const TOO_LARGE: f64 = 1e20;
    if float.fract() == 0.0 && float.abs() < TOO_LARGE {
        // Display of a float is just that form.
        let digits = float.to_string();
        if let Ok(int) = digits.parse::<i64>() {
            return Some(int.into());
        }
        if let Ok(uint) = digits.parse::<u64>() {
            return Some(uint.into());
        }
    }
    Number::from_f64(float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::whole(1e3, "1000")]
    #[case::negative_zero(-0.0, "0")]
    #[case::shortest_digits(1_152_921_504_606_846_976.0, "1152921504606847000")]
    #[case::just_beyond_signed(-9_223_372_036_854_775_808.0, "-9.223372036854776e+18")]
    #[case::unsigned(1e19, "10000000000000000000")]
    #[case::beyond_64_bits(1e20, "1e+20")]
    #[case::fraction(1.5, "1.5")]
    #[case::small(1e-7, "1e-7")]
    fn numbers(#[case] float: f64, #[case] text: &str) {
        assert_eq!(number(float).map(|number| number.to_string()).as_deref(), Some(text));
    }

    #[test]
    fn what_json_cannot_carry() {
        assert_eq!(number(f64::NAN), None);
        assert_eq!(number(f64::NEG_INFINITY), None);
    }
}
