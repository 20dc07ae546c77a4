//! Namespaces.

use super::Health;
use super::deletion::terminating;
use super::health::Check;
use super::live::Live;

/// `Active`, as operator-controller's probe has it; kstatus has no rule.
pub(super) fn namespace(live: Live<'_>) -> Check {
    match live.text(&["status", "phase"]) {
        "Active" => Ok(()),
        "Terminating" => Err(terminating(live)),
        "" => Err(Health::in_progress("has no phase yet")),
        phase => Err(Health::unknown(format_args!("phase is {phase}, expected Active"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use rstest::rstest;

    #[rstest]
    #[case::created("{}", "InProgress: has no phase yet")]
    #[case::active("status: {phase: Active}", "Healthy")]
    #[case::terminating("status: {phase: Terminating}", "Terminating: is being deleted")]
    #[case::of_an_unknown_phase("status: {phase: Frozen}", "Unknown: phase is Frozen, expected Active")]
    #[case::deleted(
        "{metadata: {deletionTimestamp: '2026-01-01T00:00:00Z'}, status: {phase: Terminating, conditions: [\
         {type: NamespaceDeletionContentFailure, status: 'False', message: fine}, \
         {type: NamespaceContentRemaining, status: 'True', message: 'gadgets.example.org has 2 resource instances'}, \
         {type: NamespaceFinalizersRemaining, status: 'True', message: 'example.org/guard in 2 resource instances'}]}}",
        "Terminating: is being deleted: gadgets.example.org has 2 resource instances, \
         example.org/guard in 2 resource instances"
    )]
    #[case::status_is_a_list("status: [Active]", "Unknown: status is a list, expected a mapping")]
    fn namespaces(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(judged("v1 Namespace", body), expected);
    }
}
