//! Keyword by keyword.

use rstest::rstest;

use super::refused;

#[rstest]
#[case::text("{type: string}", "a")]
#[case::boolean("{type: boolean}", "true")]
#[case::integer("{type: integer}", "1")]
#[case::whole_float("{type: integer}", "1.0")]
#[case::number("{type: number}", "1.5")]
#[case::integer_as_number("{type: number}", "1")]
#[case::object("{type: object}", "{}")]
#[case::array("{type: array, items: {type: string}}", "[a]")]
#[case::null("{type: string, nullable: true}", "null")]
#[case::null_that_is_dropped("{type: string}", "null")]
#[case::int_or_string("{x-kubernetes-int-or-string: true}", "1")]
#[case::string_or_int("{x-kubernetes-int-or-string: true}", "a")]
#[case::list_with_a_format("{type: string, format: date}", "[1]")]
#[case::large_int32("{type: integer, format: int32}", "3000000000")]
#[case::unknown_format("{type: string, format: colour}", "a")]
#[case::enumeration("{type: string, enum: [a, b]}", "b")]
#[case::enumerated_float("{type: number, enum: [1]}", "1.0")]
#[case::maximum("{type: integer, maximum: 3}", "3")]
#[case::exclusive_maximum("{type: integer, maximum: 3, exclusiveMaximum: true}", "2")]
#[case::minimum("{type: number, minimum: 3}", "3")]
#[case::minimum_that_is_no_integer("{type: integer, minimum: 2.5}", "2")]
#[case::limit_beyond_all_integers("{type: integer, maximum: 1e30}", "5")]
#[case::multiple("{type: integer, multipleOf: 3}", "6")]
#[case::multiple_float("{type: number, multipleOf: 0.5}", "1.5")]
#[case::length_in_characters("{type: string, minLength: 2, maxLength: 2}", "äß")]
#[case::pattern("{type: string, pattern: b}", "abc")]
#[case::pattern_that_is_not_understood("{type: string, pattern: '(?=a)'}", "abc")]
#[case::items("{type: array, minItems: 1, maxItems: 1}", "[1]")]
#[case::unique("{type: array, uniqueItems: true}", "[1, 1.0, \"1\"]")]
#[case::properties(
    "{type: object, minProperties: 1, maxProperties: 1, properties: {a: {}, b: {}}}",
    "{a: 1, c: 2}"
)]
#[case::entries("{type: object, additionalProperties: {type: integer}}", "{a: 1}")]
#[case::required("{type: object, required: [a], properties: {a: {type: string}}}", "{a: ''}")]
#[case::required_with_default("{type: object, required: [a], properties: {a: {default: 1}}}", "{}")]
#[case::rules("{type: integer, x-kubernetes-validations: [{rule: 'false'}]}", "1")]
fn valid(#[case] schema: &str, #[case] value: &str) {
    assert_eq!(refused(schema, value), [""; 0]);
}

#[rstest]
#[case::text(
    "{type: string}",
    "1",
    "Invalid value: \"integer\": x in body must be of type string: \"integer\""
)]
#[case::boolean(
    "{type: boolean}",
    "a",
    "Invalid value: \"string\": x in body must be of type boolean: \"string\""
)]
#[case::integer(
    "{type: integer}",
    "1.5",
    "Invalid value: \"number\": x in body must be of type integer: \"number\""
)]
#[case::too_large_an_integer(
    "{type: integer}",
    "1e30",
    "Invalid value: \"number\": x in body must be of type integer: \"number\""
)]
#[case::number(
    "{type: number}",
    "true",
    "Invalid value: \"boolean\": x in body must be of type number: \"boolean\""
)]
#[case::object(
    "{type: object}",
    "[]",
    "Invalid value: \"array\": x in body must be of type object: \"array\""
)]
#[case::array(
    "{type: array}",
    "{}",
    "Invalid value: \"object\": x in body must be of type array: \"object\""
)]
#[case::int_or_string(
    "{x-kubernetes-int-or-string: true}",
    "true",
    "Invalid value: \"boolean\": x in body must be of type integer,string: \"boolean\""
)]
#[case::integer_with_a_format(
    "{type: integer, format: int32}",
    "true",
    "Invalid value: \"\": x in body must be of type int32: \"\""
)]
#[case::text_with_a_format(
    "{type: string, format: date}",
    "1",
    "Invalid value: \"int64\": x in body must be of type date: \"int64\""
)]
#[case::enumeration(
    "{type: string, enum: [a, 1]}",
    "c",
    "Unsupported value: \"c\": supported values: \"a\", \"1\""
)]
#[case::enumerated_null(
    "{type: string, nullable: true, enum: [a, null]}",
    "null",
    "Unsupported value: null: supported values: \"a\", \"null\""
)]
#[case::maximum(
    "{type: integer, maximum: 3}",
    "4",
    "Invalid value: 4: x in body should be less than or equal to 3"
)]
#[case::exclusive_maximum(
    "{type: integer, maximum: 3, exclusiveMaximum: true}",
    "3",
    "Invalid value: 3: x in body should be less than 3"
)]
#[case::minimum(
    "{type: number, minimum: 2.5}",
    "2.25",
    "Invalid value: 2.25: x in body should be greater than or equal to 2.5"
)]
#[case::exclusive_minimum(
    "{type: number, minimum: 1, exclusiveMinimum: true}",
    "1.0",
    "Invalid value: 1: x in body should be greater than 1"
)]
#[case::minimum_that_is_no_integer(
    "{type: integer, minimum: 2.5}",
    "1",
    "Invalid value: 1: x in body should be greater than or equal to 2"
)]
#[case::multiple(
    "{type: integer, multipleOf: 3}",
    "4",
    "Invalid value: 4: x in body should be a multiple of 3"
)]
#[case::multiple_of_less_than_one(
    "{type: number, multipleOf: 0.5}",
    "1",
    "Invalid value: 0: factor MultipleOf declared for x must be positive: 0"
)]
#[case::multiple_float(
    "{type: number, multipleOf: 0.5}",
    "1.25",
    "Invalid value: 1.25: x in body should be a multiple of 0.5"
)]
#[case::too_long("{type: string, maxLength: 2, pattern: z}", "abc", "Too long: may not be more than 2 bytes")]
#[case::too_short(
    "{type: string, minLength: 2, pattern: z}",
    "a",
    "Invalid value: \"a\": x in body should be at least 2 chars long"
)]
#[case::pattern(
    "{type: string, pattern: '^b'}",
    "abc",
    "Invalid value: \"abc\": x in body should match '^b'"
)]
#[case::format(
    "{type: string, format: ipv4}",
    "abc",
    "Invalid value: \"abc\": x in body must be of type ipv4: \"abc\""
)]
#[case::too_few_items(
    "{type: array, minItems: 1}",
    "[]",
    "Invalid value: 0: x in body should have at least 1 items"
)]
#[case::too_many_items("{type: array, maxItems: 1}", "[1, 2]", "Too many: 2: must have at most 1 item")]
#[case::not_unique(
    "{type: array, uniqueItems: true}",
    "[1, 1]",
    "Invalid value: \"\": x in body shouldn't contain duplicates"
)]
#[case::too_few_properties(
    "{type: object, minProperties: 1}",
    "{unknown: 1}",
    "Invalid value: 0: x in body should have at least 1 properties"
)]
#[case::too_many_properties(
    "{type: object, maxProperties: 0, additionalProperties: {}}",
    "{a: 1}",
    "Too many: 1: must have at most 0 items"
)]
fn invalid(#[case] schema: &str, #[case] value: &str, #[case] message: &str) {
    assert_eq!(refused(schema, value), [format!("x: {message}")]);
}

#[rstest]
#[case::item(
    "{type: array, items: {type: string}}",
    "[a, 1]",
    "x[1]: Invalid value: \"integer\": x[1] in body must be of type string: \"integer\""
)]
#[case::entry(
    "{type: object, additionalProperties: {maximum: 1}}",
    "{a: 2}",
    "x.a: Invalid value: 2: x.a in body should be less than or equal to 1"
)]
#[case::missing("{type: object, required: [a, b], properties: {b: {}}}", "{b: 1}", "x.a: Required value")]
#[case::forbidden(
    "{type: object, additionalProperties: false}",
    "{a: 1}",
    "x: Invalid value: \"a\": x.a in body is a forbidden property"
)]
fn invalid_below(#[case] schema: &str, #[case] value: &str, #[case] line: &str) {
    assert_eq!(refused(schema, value), [line]);
}

#[test]
fn everything_is_told_sorted() {
    let schema =
        "{type: object, required: [z, a], properties: {b: {type: integer, maximum: 1, multipleOf: 5}}}";
    assert_eq!(
        refused(schema, "{b: 3}"),
        [
            "x.a: Required value",
            "x.b: Invalid value: 3: x.b in body should be a multiple of 5",
            "x.b: Invalid value: 3: x.b in body should be less than or equal to 1",
            "x.z: Required value",
        ]
    );
}
