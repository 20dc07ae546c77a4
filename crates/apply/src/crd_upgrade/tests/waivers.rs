//! What is waived.

use rstest::rstest;

use super::{check, definition, lines, yaml};

const OLD: &str =
    "{type: object, properties: {b: {type: object, properties: {c: {type: string}, d: {maximum: 2}}}}}";
const NEW: &str =
    "{type: object, properties: {b: {type: object, maxProperties: 1, properties: {d: {maximum: 1}}}}}";

const REMOVED: &str = "existingFieldRemoval: removed field : v1.^.a.b.c";
const OF_B: &str = "v1: ^.a.b: maxProperties: maximum constraint added when there was none previously : 1";
const OF_D: &str = "v1: ^.a.b.d: maximum: maximum decreased : 2 -> 1";

#[rstest]
#[case::none(&[], &[OF_B, REMOVED, OF_D])]
#[case::a_rule(&["widgets.example.org:existingFieldRemoval:"], &[OF_B, OF_D])]
#[case::a_place(&["*:*:^.a.b"], &[REMOVED, OF_D])]
#[case::a_place_and_below(&["*:*:^.a.b.*"], &[])]
#[case::a_rule_at_a_place(&["*:maximum:^.a.b.d"], &[OF_B, REMOVED])]
#[case::a_rule_elsewhere(&["*:maximum:^.a.b"], &[OF_B, REMOVED, OF_D])]
#[case::another_definition(&["gadgets.example.org::"], &[OF_B, REMOVED, OF_D])]
#[case::several(&["*:maximum:*", "*:maxProperties:^.a.b"], &[REMOVED])]
fn exactly_what_is_said(#[case] waivers: &[&str], #[case] left: &[&str]) {
    let waivers: Vec<_> = waivers.iter().map(|waiver| waiver.parse().unwrap()).collect();
    assert_eq!(lines(&check(&definition(&yaml(OLD)), &definition(&yaml(NEW)), &waivers)), left);
}
