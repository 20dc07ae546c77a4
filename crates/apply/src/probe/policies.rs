//! Disruption budgets.

use super::Health;
use super::conditions::seen;
use super::health::Check;
use super::live::Live;

/// The disruptions that are allowed are computed (kstatus: `pdbConditions`); whether there is one at the moment does not matter.
///
/// kstatus was written before the controller could say that it cannot compute them (`SyncFailed`); then no node can be drained.
pub(super) fn disruption_budget(live: Live<'_>) -> Check {
    match live.condition("DisruptionAllowed").filter(|allowed| allowed.reason == "SyncFailed") {
        Some(failed) => {
            Err(Health::in_progress("the allowed disruptions cannot be computed").because(failed.says()))
        }
        None => seen(live),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use rstest::rstest;

    #[rstest]
    #[case::created("{metadata: {generation: 1}}", "InProgress: is to be seen by its controller")]
    #[case::computed(
        "{metadata: {generation: 1}, status: {observedGeneration: 1, disruptionsAllowed: 0, conditions: \
         [{type: DisruptionAllowed, status: 'False', reason: InsufficientPods}]}}",
        "Healthy"
    )]
    #[case::outdated(
        "{metadata: {generation: 2}, status: {observedGeneration: 1}}",
        "InProgress: generation 2 is to be seen by its controller, which has seen 1"
    )]
    #[case::not_computed(
        "{metadata: {generation: 1}, status: {conditions: [{type: DisruptionAllowed, status: 'False', \
         reason: SyncFailed, message: gadgets.example.org does not implement the scale subresource}]}}",
        "InProgress: the allowed disruptions cannot be computed: \
         gadgets.example.org does not implement the scale subresource"
    )]
    fn disruption_budgets(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(judged("policy/v1 PodDisruptionBudget", body), expected);
    }
}
