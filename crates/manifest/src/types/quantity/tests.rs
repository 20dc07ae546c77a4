//! The tables were computed by `resource.ParseQuantity` and `Quantity.String` of apimachinery v0.36.3.

use super::*;
use proptest::prelude::*;
use rstest::rstest;

#[rstest]
#[case::zero("0", "0")]
#[case::negative_zero("-0", "0")]
#[case::zeros("000", "0")]
#[case::zero_with_suffix("0Gi", "0")]
#[case::zero_point("0.0", "0")]
#[case::one("1", "1")]
#[case::thousand("1000", "1k")]
#[case::ten_thousand("10000", "10k")]
#[case::million_and_a_half("1500000", "1500k")]
#[case::half("0.5", "500m")]
#[case::half_without_zero(".5", "500m")]
#[case::whole_with_point("5.", "5.")]
#[case::tenth("0.1", "100m")]
#[case::milli("500m", "500m")]
#[case::thousand_milli("1000m", "1")]
#[case::two_thousand_fifty_milli("2050m", "2050m")]
#[case::micro_up("1500u", "1500u")]
#[case::nano("100n", "100n")]
#[case::below_nano_rounds_up("0.0000000001", "1n")]
#[case::rounding_carries("0.9999999999", "1")]
#[case::rounding_negative("-0.0000000001", "-1n")]
#[case::rounding_exact("1.5000000000", "1500m")]
#[case::kilo("1k", "1k")]
#[case::thousand_kilo("1000k", "1M")]
#[case::kilo_fraction("1.5k", "1500")]
#[case::exa("2E", "2E")]
#[case::kibi("1Ki", "1Ki")]
#[case::not_reduced_kibi("1000Ki", "1000Ki")]
#[case::reduced_mebi("1024Mi", "1Gi")]
#[case::reduced_twice("1048576Ki", "1Gi")]
#[case::gibi("4Gi", "4Gi")]
#[case::even_mebi("512Mi", "512Mi")]
#[case::odd_mebi("513Mi", "513Mi")]
#[case::binary_fraction("1.5Gi", "1536Mi")]
#[case::binary_fraction_exact_tenth("0.1Gi", "107374182400m")]
#[case::binary_fraction_below_kibi("0.5Ki", "512")]
#[case::binary_tiny("0.0001Ki", "102400u")]
#[case::binary_negative("-2048Ki", "-2Mi")]
#[case::binary_negative_fraction("-0.5Mi", "-512Ki")]
#[case::binary_large("15Ei", "9223372036854775807")]
#[case::binary_capped("8Ei", "9223372036854775807")]
#[case::binary_capped_negative("-9000Pi", "-9223372036854775807")]
#[case::binary_below_the_cap("7Ei", "7Ei")]
#[case::binary_many_digits("12345678901234567890123Ki", "9223372036854775807")]
#[case::binary_long_fraction("1.00000000000000000000000000001Ki", "1024000000001n")]
#[case::pebi_computed_exactly("3Pi", "3Pi")]
#[case::exponent("1e3", "1e3")]
#[case::exponent_upper("1E3", "1E3")]
#[case::exponent_off_grid("1e4", "10e3")]
#[case::exponent_negative("5e-4", "500e-6")]
#[case::exponent_zero("12e0", "12e0")]
#[case::exponent_fraction("1.5e3", "1500")]
#[case::exponent_signed("1e+6", "1e+6")]
#[case::exponent_below_nano("1e-10", "1e-9")]
#[case::exponent_huge("1e2147483647", "10e2147483646")]
#[case::many_digits("12345678901234567890", "12345678901234567890")]
#[case::plus_is_kept("+5", "+5")]
#[case::plus_is_not_kept("+5000", "5k")]
#[case::leading_zeros_kept("007", "007")]
#[case::leading_zeros_kept_binary("0070Mi", "0070Mi")]
#[case::suffix_alone("Ki", "0")]
#[case::sign_alone("-", "0")]
#[case::point_alone(".", "0")]
fn canonical_form(#[case] text: &str, #[case] expected: &str) {
    let got = canonical(text).unwrap();
    assert_eq!(got, expected);
    assert_eq!(matches!(got, Cow::Borrowed(_)), text == expected, "allocates only for a new text");
}

#[rstest]
#[case::empty("", QuantityError::Format)]
#[case::words("two", QuantityError::Format)]
#[case::space("1 Gi", QuantityError::Format)]
#[case::two_points("1.2.3", QuantityError::Format)]
#[case::sign_inside("1-2", QuantityError::Suffix)]
#[case::unknown_letter("1x", QuantityError::Format)]
#[case::comma("1,5", QuantityError::Format)]
#[case::trailing_sign("1+", QuantityError::Suffix)]
#[case::lower_kibi("1ki", QuantityError::Suffix)]
#[case::upper_kilo("1K", QuantityError::Suffix)]
#[case::letter_e("1e", QuantityError::Suffix)]
#[case::two_suffixes("1MiB", QuantityError::Format)]
#[case::exponent_too_large("1e9223372036854775808", QuantityError::Suffix)]
#[case::mixed("1Kim", QuantityError::Suffix)]
#[case::digit_after_suffix("1Ki5", QuantityError::Suffix)]
#[case::no_digits_small_exponent("e-10", QuantityError::Numeric)]
#[case::no_digits_large_suffix("Pi", QuantityError::Numeric)]
#[case::other_digits("１", QuantityError::Format)]
fn no_quantity(#[case] text: &str, #[case] expected: QuantityError) {
    assert_eq!(canonical(text), Err(expected));
}

/// Go writes `1000E` as `1`, since it has no suffix for 10^21.
#[rstest]
#[case::decimal("1000E")]
#[case::many_digits("1230000000000000000000000k")]
fn an_amount_without_a_suffix_stays(#[case] text: &str) {
    assert_eq!(canonical(text).unwrap(), text);
}

#[rstest]
#[case::integer("2", "2")]
#[case::thousand("1000", "1k")]
#[case::float("0.5", "500m")]
#[case::negative("-1.5", "-1500m")]
#[case::small("0.0000001", "100e-9")]
#[case::large("1e30", "1e+30")]
#[case::above_64_bits("18446744073709551615", "18446744073709552k")]
fn numbers(#[case] json: &str, #[case] expected: &str) {
    let number: Number = serde_json::from_str(json).unwrap();
    assert_eq!(canonical_number(&number).unwrap(), expected);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".*") {
        let _ = canonical(&text);
    }

    #[test]
    fn the_canonical_form_is_its_own(
        text in r"[+-]?[0-9]{0,25}(\.[0-9]{0,15})?([numkMGTPE]|[KMGTPE]i|e-?[0-9]{1,2})?",
    ) {
        if let Ok(once) = canonical(&text) {
            prop_assert_eq!(&canonical(&once).unwrap(), &once);
        }
    }

    /// Against the plain arithmetic of 128 bits, where both have room.
    #[test]
    fn the_amount_is_the_same(
        number in 0_u64..1_000_000_000,
        nanos in 0_u64..1_000_000_000,
        power in 1_usize..3,
    ) {
        let text = format!("{number}.{nanos:09}{}", BINARY[power]);
        let expected = (u128::from(number) * NANOS + u128::from(nanos)) << (10 * power);
        prop_assert_eq!(in_nanos(&canonical(&text).unwrap()), expected);
    }
}

/// The amount of a canonical text with a suffix, in 10^-9.
fn in_nanos(text: &str) -> u128 {
    let (digits, suffix) = split_digits(text);
    let number: u128 = digits.parse().unwrap();
    match Suffix::of(suffix).unwrap() {
        Suffix::Binary(power) => (number * NANOS) << (10 * power),
        Suffix::Decimal(exponent) => number * 10_u128.pow(u32::try_from(exponent + 9).unwrap()),
        Suffix::Exponent(_) => unreachable!("not among the inputs"),
    }
}
