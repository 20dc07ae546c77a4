//! Resources that are there.

use rstest::rstest;

use super::*;

const SCHEMA: &str = "{type: object, required: [a], minProperties: 3, properties: {a: {type: integer, maximum: 1}, d: {multipleOf: 1.5}, \
    b: {type: object, required: [c], properties: {c: {}, d: {}}}, l: {type: array, maxItems: 2, \
    items: {type: object, properties: {m: {maximum: 1}, o: {}}}}, s: {type: array, x-kubernetes-list-type: set}}}";

#[rstest]
#[case::what_changes("{a: 1}", "{a: 2}", &["x.a: Invalid value: 2: x.a in body should be less than or equal to 1"])]
#[case::what_comes("{}", "{a: red}", &["x.a: Invalid value: \"string\": x.a in body must be of type integer: \"string\""])]
#[case::what_stays("{a: 2}", "{a: 2, b: {c: 2}}", &[])]
#[case::what_is_written_otherwise("{\"a\": 2}", "{\"a\": 2.0}", &[])]
#[case::what_is_an_integer_by_then("{}", "{\"d\": 2.0}", &[])]
#[case::what_was_in_another_item("{l: [{o: 1}, {m: 2, o: 1}]}", "{l: [{m: 2, o: 2}]}", &[])]
#[case::what_changes_in_an_item("{l: [{m: 3}]}", "{l: [{m: 2}]}",
    &["x.l[0].m: Invalid value: 2: x.l[0].m in body should be less than or equal to 1"])]
#[case::what_others_may_have("{a: 1, b: {c: 1}}", "{b: {d: 1}}", &[])]
#[case::lists_that_others_may_have("{}", "{l: [{}, {}, {}]}", &[])]
#[case::the_same_twice("{s: [1]}", "{s: [2, 2]}", &["x.s[1]: Duplicate value: 2"])]
#[case::where_something_was_there_twice("{s: [3, 3]}", "{s: [2, 2]}", &[])]
fn changes(#[case] live: &str, #[case] wanted: &str, #[case] expected: &[&str]) {
    let violations = Judge::default().changed(&definition(SCHEMA), &resource(live), &resource(wanted));
    assert_eq!(lines(&violations), expected);
}
