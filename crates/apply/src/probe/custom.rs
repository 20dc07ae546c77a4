//! Rules that a configuration adds: `progressionProbes` of operator-controller, read from the same YAML.
//!
//! ```yaml
//! - selector: {type: GroupKind, groupKind: {group: example.org, kind: Gadget}}
//!   assertions:
//!   - {type: ConditionEqual, conditionEqual: {type: Ready, status: "True"}}
//!   - {type: FieldsEqual, fieldsEqual: {fieldA: spec.size, fieldB: status.size}}
//! - selector: {type: Label, label: {matchLabels: {tier: data}}}
//!   assertions:
//!   - {type: FieldValue, fieldValue: {fieldPath: status.phase, value: Running}}
//! ```
//!
//! Texts and combination are boxcutter's (`probing/`): all assertions of all probes that select an object have to hold; what is not
//! known goes before what does not hold.

mod assertion;
mod selector;

use serde::Deserialize;

pub use assertion::{
    Assertion, ConditionEqual, Expected, FieldPath, FieldValue, FieldsEqual, ParseFieldPathError,
};
pub use selector::{GroupKind, LabelSelector, Requirement, Selector};

use super::Health;
use super::health::Check;
use super::live::Live;

/// What has to hold for the objects that it selects.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomProbe {
    /// Which objects.
    pub selector: Selector,
    /// What has to hold.
    pub assertions: Vec<Assertion>,
}

/// All probes that select the object hold for it.
pub(super) fn hold(probes: &[CustomProbe], live: Live<'_>) -> Check {
    let (mut unknown, mut unmet) = (Vec::new(), Vec::new());
    let selecting = probes.iter().filter(|probe| probe.selector.selects(live));
    for assertion in selecting.flat_map(|probe| &probe.assertions) {
        match assertion.check(live) {
            Ok(()) => {}
            Err(assertion::Failure::Unknown(text)) => unknown.push(text),
            Err(assertion::Failure::Unmet(text)) => unmet.push(text),
        }
    }
    match (unknown.as_slice(), unmet.as_slice()) {
        ([], []) => Ok(()),
        ([], unmet) => Err(Health::in_progress(unmet.join(", "))),
        (unknown, _) => Err(Health::unknown(unknown.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Probes;
    use super::super::tests::{object, value};
    use super::*;
    use rstest::{Context, rstest};

    fn judged(probes: &str, body: &str) -> String {
        let probes: Vec<CustomProbe> = serde_json::from_value(value(probes)).unwrap();
        Probes::new(probes).judge(Some(&object("example.org/v1 Gadget", body))).to_string()
    }

    const GADGET: &str = "selector: {type: GroupKind, groupKind: {group: example.org, kind: Gadget}}";

    #[rstest]
    #[case::no_conditions("{}", "Unknown: missing .status.conditions")]
    #[case::null_conditions("status: {conditions: null}", "Unknown: missing .status.conditions")]
    #[case::malformed("status: {conditions: {Up: true}}", "Unknown: malformed .status.conditions")]
    #[case::malformed_entry("status: {conditions: [Up]}", "Unknown: malformed .status.conditions")]
    #[case::another_type(
        "status: {conditions: [{type: Down}]}",
        "Unknown: missing .status.condition[\"Up\"]"
    )]
    #[case::outdated(
        "{metadata: {generation: 2}, status: {conditions: [{type: Up, status: 'True', observedGeneration: 1}]}}",
        "Unknown: .status.condition[\"Up\"] outdated"
    )]
    #[case::not_equal(
        "status: {conditions: [{type: Up, status: 'False'}]}",
        "InProgress: .status.condition[\"Up\"] is False"
    )]
    #[case::without_status("status: {conditions: [{type: Up}]}", "InProgress: .status.condition[\"Up\"] is")]
    #[case::equal("status: {conditions: [{type: Up, status: 'True'}]}", "Healthy")]
    fn condition_equal(#[case] body: &str, #[case] expected: &str) {
        let probe = "{type: ConditionEqual, conditionEqual: {type: Up, status: 'True'}}";
        assert_eq!(judged(&format!("[{{{GADGET}, assertions: [{probe}]}}]"), body), expected);
    }

    #[rstest]
    #[case::first_missing("status: {size: 2}", "InProgress: \"spec.size\" missing")]
    #[case::second_missing("spec: {size: 2}", "InProgress: \".status.size\" missing")]
    #[case::below_no_mapping("{spec: {size: 2}, status: up}", "InProgress: \".status.size\" missing")]
    #[case::not_equal(
        "{spec: {size: 2}, status: {size: [1]}}",
        "InProgress: \"spec.size\" != \".status.size\" expected: 2 got: [1]"
    )]
    #[case::equal("{spec: {size: 2}, status: {size: 2}}", "Healthy")]
    fn fields_equal(#[case] body: &str, #[case] expected: &str) {
        let probe = "{type: FieldsEqual, fieldsEqual: {fieldA: spec.size, fieldB: .status.size}}";
        assert_eq!(judged(&format!("[{{{GADGET}, assertions: [{probe}]}}]"), body), expected);
    }

    #[rstest]
    #[case::missing("{}", "InProgress: missing key: \"status.phase\"")]
    #[case::not_equal(
        "status: {phase: 'Off'}",
        "InProgress: value at key \"status.phase\" != \"On\"; expected: \"On\" got: \"Off\""
    )]
    #[case::equal("status: {phase: 'On'}", "Healthy")]
    fn field_value(#[case] body: &str, #[case] expected: &str) {
        let probe = "{type: FieldValue, fieldValue: {fieldPath: status.phase, value: 'On'}}";
        assert_eq!(judged(&format!("[{{{GADGET}, assertions: [{probe}]}}]"), body), expected);
    }

    const ALL: &str = "[{selector: {type: GroupKind, groupKind: {group: example.org, kind: Gadget}}, assertions: [\
        {type: ConditionEqual, conditionEqual: {type: Up, status: 'True'}}, \
        {type: FieldValue, fieldValue: {fieldPath: status.phase, value: 'On'}}]}, \
        {selector: {type: Label, label: {matchLabels: {tier: data}}}, assertions: [\
        {type: FieldValue, fieldValue: {fieldPath: status.size, value: 3}}]}, \
        {selector: {type: GroupKind, groupKind: {kind: Gadget}}, assertions: [\
        {type: FieldValue, fieldValue: {fieldPath: status.never, value: x}}]}]";

    #[rstest]
    #[case::unknown_goes_first("{}", "Unknown: missing .status.conditions")]
    #[case::all_that_do_not_hold(
        "{metadata: {labels: {tier: data}}, status: {conditions: [{type: Up, status: 'True'}]}}",
        "InProgress: missing key: \"status.phase\", missing key: \"status.size\""
    )]
    #[case::those_of_labels_do_not_select(
        "status: {phase: 'On', conditions: [{type: Up, status: 'True'}]}",
        "Healthy"
    )]
    #[case::known_rules_go_first(
        "metadata: {deletionTimestamp: '2026-01-01T00:00:00Z'}",
        "Terminating: is being deleted"
    )]
    fn together(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(judged(ALL, body), expected);
    }

    #[rstest]
    #[case::no_selector("{assertions: []}")]
    #[case::unknown_selector("{selector: {type: Name, name: a}, assertions: []}")]
    #[case::selector_of_another_type("{selector: {type: Label, groupKind: {kind: A}}, assertions: []}")]
    #[case::two_selectors("{selector: {type: GroupKind, groupKind: {kind: A}, label: {}}, assertions: []}")]
    #[case::unknown_assertion("{selector: {type: Label, label: {}}, assertions: [{type: CEL, cel: {}}]}")]
    #[case::status(
        "{selector: {type: Label, label: {}}, assertions: [{type: ConditionEqual, conditionEqual: {type: A, status: Maybe}}]}"
    )]
    #[case::path(
        "{selector: {type: Label, label: {}}, assertions: [{type: FieldValue, fieldValue: {fieldPath: a..b, value: x}}]}"
    )]
    #[case::operator(
        "{selector: {type: Label, label: {matchExpressions: [{key: a, operator: Gt, values: ['1']}]}}, assertions: []}"
    )]
    #[case::operator_without_values(
        "{selector: {type: Label, label: {matchExpressions: [{key: a, operator: In}]}}, assertions: []}"
    )]
    fn what_is_no_probe(#[context] case: Context, #[case] probe: &str) {
        let error = serde_json::from_value::<CustomProbe>(value(probe)).unwrap_err();
        insta::assert_snapshot!(case.description.unwrap(), error);
    }
}
