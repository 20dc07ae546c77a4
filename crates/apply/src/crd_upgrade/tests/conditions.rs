//! `allOf`, `anyOf`, `oneOf` and `not`, both ways.

use rstest::rstest;

use super::both_ways;

#[rstest]
#[case::added("{type: object}", "{type: object, anyOf: [{required: [c, b]}, {required: [d]}]}",
    &["^.a: anyOf: anyOf constraint added when there was none previously : [{\"required\":[\"b\",\"c\"]} {\"required\":[\"d\"]}]"],
    &[])]
#[case::one("{anyOf: [{required: [b]}]}", "{anyOf: [{required: [c]}, {required: [b]}]}",
    &[], &["^.a: anyOf: allowed anyOf schemas removed : [{\"required\":[\"c\"]}]"])]
#[case::order_and_documentation(
    "{anyOf: [{required: [b, c], title: x}, {properties: {b: {enum: [1]}}}]}",
    "{anyOf: [{properties: {b: {enum: [1.0], description: x}}}, {required: [c, b]}]}", &[], &[])]
#[case::twice_is_once_removed("{anyOf: [{required: [b]}, {required: [b]}]}", "{anyOf: [{required: [b]}]}",
    &["^.a: anyOf: allowed anyOf schemas removed : [{\"required\":[\"b\"]}]"], &[])]
#[case::loosened("{anyOf: [{minimum: 5}, {maximum: 1}]}", "{anyOf: [{minimum: 4}, {maximum: 1}]}",
    &[], &["^.a.anyOf[0]: minimum: minimum increased : 4 -> 5"])]
#[case::tightened_elsewhere_in_the_list("{anyOf: [{maximum: 1}, {minimum: 4}]}", "{anyOf: [{minimum: 5}, {maximum: 1}]}",
    &["^.a.anyOf[1]: minimum: minimum increased : 4 -> 5"], &[])]
#[case::what_int_or_string_implies(
    "{x-kubernetes-int-or-string: true}",
    "{x-kubernetes-int-or-string: true, anyOf: [{type: string}, {type: integer}]}", &[], &[])]
#[case::the_same_elsewhere("{type: ''}", "{anyOf: [{type: string}, {type: integer}]}",
    &["^.a: anyOf: anyOf constraint added when there was none previously : [{\"type\":\"integer\"} {\"type\":\"string\"}]"],
    &[])]
#[case::no_schema("{anyOf: [a]}", "{anyOf: [b]}",
    &["^.a: unhandled: unhandled changes found (anyOf <complex value> -> <complex value> (changed))"],
    &["^.a: unhandled: unhandled changes found (anyOf <complex value> -> <complex value> (changed))"])]
fn any_of(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}

#[rstest]
#[case::added("{type: object}", "{type: object, allOf: [{required: [b]}]}",
    &["^.a: allOf: allOf constraint added when there was none previously : [{\"required\":[\"b\"]}]"], &[])]
#[case::one("{allOf: [{required: [b]}]}", "{allOf: [{required: [c]}, {required: [b]}]}",
    &["^.a: allOf: allOf schemas added : [{\"required\":[\"c\"]}]"], &[])]
#[case::changed("{allOf: [{required: [b]}]}", "{allOf: [{required: [b, c]}]}",
    &["^.a.allOf[0]: required: new required fields: [c]"], &[])]
#[case::within_another("{allOf: [{anyOf: [{minimum: 1}]}]}", "{allOf: [{anyOf: [{minimum: 2}]}]}",
    &["^.a.allOf[0].anyOf[0]: minimum: minimum increased : 1 -> 2"], &[])]
#[case::a_condition_on_a_property(
    "{allOf: [{properties: {b: {maximum: 2}}}]}", "{allOf: [{properties: {c: {maximum: 2}}}]}",
    &["^.a.allOf[0].c: maximum: maximum constraint added when there was none previously : 2"],
    &["^.a.allOf[0].b: maximum: maximum constraint added when there was none previously : 2"])]
#[case::a_condition_on_items("{allOf: [{maxItems: 3}]}", "{allOf: [{maxItems: 3, items: {maximum: 2}}]}",
    &["^.a.allOf[0].items: maximum: maximum constraint added when there was none previously : 2"], &[])]
fn all_of(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}

#[rstest]
#[case::added("{type: object}", "{type: object, oneOf: [{required: [b]}]}",
    &["^.a: oneOf: oneOf constraint added when there was none previously : [{\"required\":[\"b\"]}]"],
    &["^.a: oneOf: allowed oneOf schemas removed : [{\"required\":[\"b\"]}]"])]
#[case::one("{oneOf: [{required: [b]}]}", "{oneOf: [{required: [c]}, {required: [b]}]}",
    &["^.a: oneOf: allowed oneOf schemas added : [{\"required\":[\"c\"]}]"],
    &["^.a: oneOf: allowed oneOf schemas removed : [{\"required\":[\"c\"]}]"])]
#[case::changed("{oneOf: [{required: [b]}]}", "{oneOf: [{required: [c]}]}",
    &["^.a: oneOf: allowed oneOf schemas removed : [{\"required\":[\"b\"]}]"],
    &["^.a: oneOf: allowed oneOf schemas removed : [{\"required\":[\"c\"]}]"])]
#[case::order_and_documentation("{oneOf: [{maximum: 1, title: x}, {minimum: 3}]}", "{oneOf: [{minimum: 3}, {maximum: 1}]}",
    &[], &[])]
#[case::forbidden("{type: object}", "{type: object, not: {required: [b]}}",
    &["^.a: not: not constraint added when there was none previously : {\"required\":[\"b\"]}"], &[])]
#[case::otherwise_forbidden("{not: {required: [b]}}", "{not: {required: [c]}}",
    &["^.a: not: not constraint changed : {\"required\":[\"b\"]} -> {\"required\":[\"c\"]}"],
    &["^.a: not: not constraint changed : {\"required\":[\"c\"]} -> {\"required\":[\"b\"]}"])]
#[case::forbidden_in_other_words("{not: {required: [b], title: x}}", "{not: {required: [b], title: y}}", &[], &[])]
fn one_of_and_not(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}
