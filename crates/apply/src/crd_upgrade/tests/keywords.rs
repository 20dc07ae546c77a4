//! Keywords that limit one value, both ways.

use rstest::rstest;

use super::both_ways;

#[rstest]
#[case::of_text("{type: string}", "{type: integer}",
    &["^.a: type: type changed : \"string\" -> \"integer\""],
    &["^.a: type: type changed : \"integer\" -> \"string\""])]
#[case::to_none("{type: object}", "{x-kubernetes-preserve-unknown-fields: true}",
    &["^.a: type: type changed : \"object\" -> \"\""],
    &["^.a: type: type changed : \"\" -> \"object\"",
      "^.a: x-kubernetes-preserve-unknown-fields: preserve-unknown-fields changed : true -> false"])]
#[case::with_all_that_stands_in_it(
    "{type: object, properties: {b: {type: string}}}", "{type: array, items: {type: string, minLength: 1}}",
    &["^.a: type: type changed : \"object\" -> \"array\""],
    &["^.a: type: type changed : \"array\" -> \"object\""])]
#[case::with_what_only_it_can_have(
    "{type: integer, format: int32, default: 1}",
    "{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}], default: 2}",
    &["^.a: default: default value changed : 1 -> 2", "^.a: type: type changed : \"integer\" -> \"\""],
    &["^.a: default: default value changed : 2 -> 1", "^.a: type: type changed : \"\" -> \"integer\""])]
fn types(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}

#[rstest]
#[case::maximum("maximum")]
#[case::items("maxItems")]
#[case::length("maxLength")]
#[case::properties("maxProperties")]
fn maxima(#[case] keyword: &str) {
    let limit = |limit: &str| format!("{{type: string, {keyword}: {limit}}}");
    let none = "{type: string}";
    let added = format!("^.a: {keyword}: maximum constraint added when there was none previously : 5");
    both_ways(none, &limit("5"), &[&added], &[]);
    both_ways(&limit("5"), &limit("4"), &[&format!("^.a: {keyword}: maximum decreased : 5 -> 4")], &[]);
    both_ways(&limit("5"), &limit("5.0"), &[], &[]);
    both_ways(&limit("null"), none, &[], &[]);
}

#[rstest]
#[case::minimum("minimum", &["^.a: minimum: minimum constraint added when there was none previously : 0"])]
#[case::items("minItems", &[])]
#[case::length("minLength", &[])]
#[case::properties("minProperties", &[])]
fn minima(#[case] keyword: &str, #[case] of_zero: &[&str]) {
    let limit = |limit: &str| format!("{{type: string, {keyword}: {limit}}}");
    let none = "{type: string}";
    let added = format!("^.a: {keyword}: minimum constraint added when there was none previously : 5");
    both_ways(none, &limit("5"), &[&added], &[]);
    both_ways(&limit("4"), &limit("5"), &[&format!("^.a: {keyword}: minimum increased : 4 -> 5")], &[]);
    both_ways(none, &limit("0"), of_zero, &[]);
}

#[rstest]
#[case::excluded("{maximum: 5}", "{maximum: 5, exclusiveMaximum: true}",
    &["^.a: exclusiveMaximum: exclusiveMaximum added : false -> true"], &[])]
#[case::of_another_limit("{maximum: 5}", "{maximum: 6, exclusiveMaximum: true}",
    &[], &["^.a: maximum: maximum decreased : 6 -> 5"])]
#[case::of_no_limit("{type: integer}", "{type: integer, exclusiveMinimum: true}", &[], &[])]
#[case::with_the_limit("{type: integer}", "{type: integer, minimum: 1, exclusiveMinimum: true}",
    &["^.a: minimum: minimum constraint added when there was none previously : 1"], &[])]
#[case::minimum("{minimum: 0.5}", "{minimum: 0.5, exclusiveMinimum: true}",
    &["^.a: exclusiveMinimum: exclusiveMinimum added : false -> true"], &[])]
#[case::divisor("{type: integer}", "{type: integer, multipleOf: 3}",
    &["^.a: multipleOf: multipleOf constraint added when there was none previously : 3"], &[])]
#[case::smaller_divisor("{multipleOf: 6}", "{multipleOf: 3}",
    &[], &["^.a: multipleOf: multipleOf changed : 3 -> 6"])]
#[case::no_divisor("{multipleOf: 6}", "{multipleOf: 0}",
    &["^.a: multipleOf: multipleOf changed : 6 -> 0"], &[])]
fn numbers(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}

#[rstest]
#[case::added("{type: string}", "{type: string, default: x}",
    &["^.a: default: default added when there was none previously : \"x\""],
    &["^.a: default: default value removed : \"x\""])]
#[case::changed("{default: {b: [1]}}", "{default: {b: [2]}}",
    &["^.a: default: default value changed : {\"b\":[1]} -> {\"b\":[2]}"],
    &["^.a: default: default value changed : {\"b\":[2]} -> {\"b\":[1]}"])]
#[case::the_same_number("{default: 1.0}", "{default: 1}", &[], &[])]
#[case::null("{type: string}", "{type: string, default: null}", &[], &[])]
fn defaults(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}

#[rstest]
#[case::limit("{type: string}", "{type: string, enum: [x, z]}",
    &["^.a: enum: enum constraint added when there was none previously : [\"x\" \"z\"]"], &[])]
#[case::value("{enum: [x]}", "{enum: [z, x]}", &[], &["^.a: enum: allowed enum values removed : [\"z\"]"])]
#[case::exchanged("{enum: [1, 2]}", "{enum: [2, 3]}",
    &["^.a: enum: allowed enum values removed : [1]"], &["^.a: enum: allowed enum values removed : [3]"])]
#[case::order("{enum: [1, 2]}", "{enum: [2, 1.0]}", &[], &[])]
fn allowed_values(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}

#[rstest]
#[case::pattern("{type: string}", "{type: string, pattern: '^a$'}",
    &["^.a: pattern: pattern added : \"\" -> \"^a$\""], &["^.a: pattern: pattern removed : \"^a$\" -> \"\""])]
#[case::other_pattern("{pattern: a}", "{pattern: b}",
    &["^.a: pattern: pattern changed : \"a\" -> \"b\""], &["^.a: pattern: pattern changed : \"b\" -> \"a\""])]
#[case::format("{type: string}", "{type: string, format: email}",
    &["^.a: format: format changed : \"\" -> \"email\""], &[])]
#[case::wider("{format: int32}", "{format: int64}", &[], &["^.a: format: format changed : \"int64\" -> \"int32\""])]
#[case::more_exact("{format: float}", "{format: double}",
    &[], &["^.a: format: format changed : \"double\" -> \"float\""])]
fn texts(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}

#[rstest]
#[case::nullable("{type: string}", "{type: string, nullable: true}",
    &["^.a: nullable: nullable added : false -> true"], &["^.a: nullable: nullable removed : true -> false"])]
#[case::not_nullable("{type: string}", "{type: string, nullable: false}", &[], &[])]
#[case::unique("{type: array}", "{type: array, uniqueItems: true}",
    &["^.a: uniqueItems: uniqueItems added : false -> true"], &[])]
#[case::required("{required: [b]}", "{required: [d, c, b]}", &["^.a: required: new required fields: [c d]"], &[])]
#[case::required_and_never_missing(
    "{properties: {b: {type: string, default: x}}}",
    "{properties: {b: {type: string, default: x}, c: {type: string, default: x}}, required: [b, c]}",
    &[], &["existingFieldRemoval: removed field : v1.^.a.c"])]
fn flags(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}

#[rstest]
#[case::documentation("{description: x}", "{title: x, example: 1, examples: [1], externalDocs: {url: x}}", &[], &[])]
#[case::no_rule("{x-y: 1, z: [1]}", "{x-y: 2, z: [2]}",
    &["^.a: unhandled: unhandled changes found (x-y 1 -> 2; z <complex value> -> <complex value> (changed))"],
    &["^.a: unhandled: unhandled changes found (x-y 2 -> 1; z <complex value> -> <complex value> (changed))"])]
#[case::forbidden_by_servers("{$ref: '#/a', patternProperties: {}}", "{definitions: {}}",
    &["^.a: unhandled: unhandled changes found ($ref \"#/a\" -> <empty>; definitions <empty> -> <complex value>; \
       patternProperties <complex value> -> <empty>)"],
    &["^.a: unhandled: unhandled changes found ($ref <empty> -> \"#/a\"; definitions <complex value> -> <empty>; \
       patternProperties <empty> -> <complex value>)"])]
#[case::wrong_type("{maxLength: 1}", "{maxLength: '1'}",
    &["^.a: unhandled: unhandled changes found (maxLength 1 -> \"1\")"],
    &["^.a: unhandled: unhandled changes found (maxLength \"1\" -> 1)"])]
#[case::one_list_of_items("{items: [{type: string}]}", "{items: [{type: integer}]}",
    &["^.a: unhandled: unhandled changes found (items <complex value> -> <complex value> (changed))"],
    &["^.a: unhandled: unhandled changes found (items <complex value> -> <complex value> (changed))"])]
fn without_a_rule(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}
