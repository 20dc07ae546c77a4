//! The keywords of Kubernetes, both ways.

use rstest::rstest;

use super::both_ways;

#[rstest]
#[case::unknown_fields("{type: object, x-kubernetes-preserve-unknown-fields: true}", "{type: object}",
    &["^.a: x-kubernetes-preserve-unknown-fields: preserve-unknown-fields changed : true -> false"], &[])]
#[case::int_or_string("{x-kubernetes-preserve-unknown-fields: true}",
    "{x-kubernetes-preserve-unknown-fields: true, x-kubernetes-int-or-string: true}",
    &["^.a: x-kubernetes-int-or-string: int-or-string changed : false -> true"], &[])]
#[case::embedded_resource("{type: object}", "{type: object, x-kubernetes-embedded-resource: true}",
    &["^.a: x-kubernetes-embedded-resource: embedded-resource changed : false -> true"],
    &["^.a: x-kubernetes-embedded-resource: embedded-resource changed : true -> false"])]
#[case::list_type("{type: array}", "{type: array, x-kubernetes-list-type: set}",
    &["^.a: x-kubernetes-list-type: list-type changed : \"atomic\" -> \"set\""],
    &["^.a: x-kubernetes-list-type: list-type changed : \"set\" -> \"atomic\""])]
#[case::list_type_said("{type: array}", "{type: array, x-kubernetes-list-type: atomic}", &[], &[])]
#[case::list_type_with_its_keys(
    "{type: array}", "{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [b]}",
    &["^.a: x-kubernetes-list-type: list-type changed : \"atomic\" -> \"map\""],
    &["^.a: x-kubernetes-list-type: list-type changed : \"map\" -> \"atomic\""])]
#[case::list_keys(
    "{x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [b]}",
    "{x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [c, b]}",
    &["^.a: x-kubernetes-list-map-keys: list-map-keys changed : [b] -> [b c]"],
    &["^.a: x-kubernetes-list-map-keys: list-map-keys changed : [b c] -> [b]"])]
#[case::order_of_list_keys("{x-kubernetes-list-map-keys: [b, c]}", "{x-kubernetes-list-map-keys: [c, b]}", &[], &[])]
#[case::map_type("{type: object}", "{type: object, x-kubernetes-map-type: atomic}",
    &["^.a: x-kubernetes-map-type: map-type changed : \"granular\" -> \"atomic\""],
    &["^.a: x-kubernetes-map-type: map-type changed : \"atomic\" -> \"granular\""])]
#[case::map_type_said("{type: object}", "{type: object, x-kubernetes-map-type: granular}", &[], &[])]
#[case::map_type_of_a_list("{type: object, x-kubernetes-map-type: atomic}", "{type: array}",
    &["^.a: type: type changed : \"object\" -> \"array\""], &["^.a: type: type changed : \"array\" -> \"object\""])]
fn structure(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}

#[rstest]
#[case::rule("{x-kubernetes-validations: [{rule: self.b}]}", "{x-kubernetes-validations: [{rule: self.c}, {rule: self.b}]}",
    &["^.a: x-kubernetes-validations: validation rule added : \"self.c\""], &[])]
#[case::other_rule("{x-kubernetes-validations: [{rule: self.b}]}", "{x-kubernetes-validations: [{rule: self.c}]}",
    &["^.a: x-kubernetes-validations: validation rule added : \"self.c\""],
    &["^.a: x-kubernetes-validations: validation rule added : \"self.b\""])]
#[case::rule_for_new_objects("{x-kubernetes-validations: [{rule: a}]}",
    "{x-kubernetes-validations: [{rule: a, optionalOldSelf: true}]}",
    &["^.a: x-kubernetes-validations: validation rule added : \"a\" (optionalOldSelf)"],
    &["^.a: x-kubernetes-validations: validation rule added : \"a\""])]
#[case::what_it_says("{x-kubernetes-validations: [{rule: a}]}",
    "{x-kubernetes-validations: [{rule: a\n, message: m, messageExpression: e, reason: FieldValueInvalid, fieldPath: .b}]}",
    &[], &[])]
#[case::all_of_them("{x-kubernetes-validations: [{rule: a}, {rule: b}]}", "{type: ''}",
    &[], &["^.a: x-kubernetes-validations: validation rule added : \"a\"",
           "^.a: x-kubernetes-validations: validation rule added : \"b\""])]
#[case::no_rule("{x-kubernetes-validations: []}", "{x-kubernetes-validations: [a]}",
    &["^.a: unhandled: unhandled changes found (x-kubernetes-validations <complex value> -> <complex value> (changed))"],
    &["^.a: unhandled: unhandled changes found (x-kubernetes-validations <complex value> -> <complex value> (changed))"])]
fn validations(#[case] old: &str, #[case] new: &str, #[case] there: &[&str], #[case] back: &[&str]) {
    both_ways(old, new, there, back);
}
