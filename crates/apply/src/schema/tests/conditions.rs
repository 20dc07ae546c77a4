//! `allOf`, `anyOf`, `oneOf` and `not`, and what is not known of what stands in them.

use rstest::rstest;

use super::refused;

/// A pattern that is not judged.
const UNKNOWN: &str = "{pattern: '(?=a)'}";

#[rstest]
#[case::any("{anyOf: [{maximum: 1}, {minimum: 3}]}", "3")]
#[case::any_unknown("{anyOf: [{maxLength: 0}, UNKNOWN]}", "a")]
#[case::one("{oneOf: [{maximum: 1}, {minimum: 3}]}", "0")]
#[case::one_and_unknown("{oneOf: [{maxLength: 1}, UNKNOWN]}", "a")]
#[case::none_and_unknown("{oneOf: [{maxLength: 0}, UNKNOWN]}", "a")]
#[case::all("{allOf: [{maximum: 3}, {minimum: 3}]}", "3")]
#[case::all_unknown("{allOf: [{maxLength: 1}, UNKNOWN]}", "a")]
#[case::not("{not: {enum: [a]}}", "b")]
#[case::not_unknown("{not: UNKNOWN}", "b")]
#[case::not_the_range_of_a_number("{not: {type: integer, format: int32}}", "3000000000")]
#[case::not_a_format_of_newer_servers("{not: {format: k8s-short-name}}", "a")]
#[case::not_what_no_definition_may_have("{not: {patternProperties: {a: {}}}}", "{a: 1}")]
#[case::null_has_no_conditions("{nullable: true, not: {}}", "null")]
fn taken(#[case] schema: &str, #[case] value: &str) {
    assert_eq!(refused(&schema.replace("UNKNOWN", UNKNOWN), value), [""; 0]);
}

#[rstest]
#[case::any("{anyOf: [{maximum: 1}, {minimum: 3}]}", "2", &[
    "x: Invalid value: \"\": \"x\" must validate at least one schema (anyOf)",
    "x: Invalid value: 2: x in body should be less than or equal to 1",
])]
#[case::none("{oneOf: [{required: [a]}, {required: [b]}]}", "{}", &[
    "x.a: Required value",
    "x: Invalid value: \"\": \"x\" must validate one and only one schema (oneOf). Found none valid",
])]
#[case::two("{oneOf: [{maximum: 1}, {minimum: 0}]}", "1", &[
    "x: Invalid value: \"\": \"x\" must validate one and only one schema (oneOf). Found 2 valid alternatives",
])]
#[case::two_and_unknown("{oneOf: [{maxLength: 1}, UNKNOWN, {minLength: 1}]}", "a", &[
    "x: Invalid value: \"\": \"x\" must validate one and only one schema (oneOf)",
])]
#[case::some("{allOf: [{maximum: 1}, {minimum: 1}]}", "2", &[
    "x: Invalid value: \"\": \"x\" must validate all the schemas (allOf)",
    "x: Invalid value: 2: x in body should be less than or equal to 1",
])]
#[case::no_one("{allOf: [{maximum: 1}]}", "2", &[
    "x: Invalid value: \"\": \"x\" must validate all the schemas (allOf). None validated",
    "x: Invalid value: 2: x in body should be less than or equal to 1",
])]
#[case::not("{not: {required: [a]}, properties: {a: {}}}", "{a: 1}", &[
    "x: Invalid value: \"\": \"x\" must not validate the schema (not)",
])]
#[case::not_not("{not: {not: {maximum: 1}}}", "2", &[
    "x: Invalid value: \"\": \"x\" must not validate the schema (not)",
])]
#[case::the_nearest_is_told("{anyOf: [{type: string}, {type: object, properties: {a: {maximum: 1}}}], properties: {a: {}}}",
    "{a: 2}", &[
    "x.a: Invalid value: 2: x.a in body should be less than or equal to 1",
    "x: Invalid value: \"\": \"x\" must validate at least one schema (anyOf)",
])]
fn refusals(#[case] schema: &str, #[case] value: &str, #[case] lines: &[&str]) {
    let mut expected = lines.to_vec();
    expected.sort_by_key(|line| line.split_once(": ").map(|(path, rest)| (path.to_owned(), rest.to_owned())));
    assert_eq!(refused(&schema.replace("UNKNOWN", UNKNOWN), value), expected);
}
