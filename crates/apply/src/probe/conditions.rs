//! What is the same for all kinds: the generation that the controller has seen, and the conditions that have one meaning
//! everywhere.
//!
//! A condition's own `observedGeneration` counts for the conditions named here, as boxcutter's `ConditionProbe` has it. It does not
//! count for other conditions of the API server's own kinds, which are written again only when they change.

use super::Health;
use super::health::Check;
use super::live::{Condition, Live};

/// The controller has seen the latest generation, or does not say which one it has seen (kstatus: `checkGeneration`).
pub(super) fn generation(live: Live<'_>) -> Check {
    match (live.generation(), live.observed_generation()) {
        (Some(latest), Some(seen)) if latest != seen => Err(Health::in_progress(format_args!(
            "generation {latest} is to be seen by its controller, which has seen {seen}"
        ))),
        _ => Ok(()),
    }
}

/// The controller has seen the object: for kinds whose controller always says so (kstatus: `checkGenerationSet`).
pub(super) fn seen(live: Live<'_>) -> Check {
    match live.observed_generation() {
        Some(_) => Ok(()),
        None => Err(Health::in_progress("is to be seen by its controller")),
    }
}

/// kstatus' own conditions: `Reconciling` and `Stalled`, of which either is there only while it holds. Where both do, which they
/// should not, the object has failed.
pub(super) fn standard(live: Live<'_>) -> Check {
    if let Some(stalled) = live.holding("Stalled") {
        current(live, stalled)?;
        return Err(Health::failed(stalled.says().unwrap_or("is stalled")));
    }
    if let Some(reconciling) = live.holding("Reconciling") {
        current(live, reconciling)?;
        return Err(Health::in_progress(reconciling.says().unwrap_or("is being reconciled")));
    }
    Ok(())
}

/// `Ready`, where the object has it and it says yes or no (kstatus: `checkReadyCondition`). An object without it is as it should be,
/// since most custom resources have nothing to report.
pub(super) fn ready(live: Live<'_>) -> Check {
    match live.condition("Ready") {
        Some(ready) if matches!(ready.status, "True" | "False" | "Unknown") => holds(live, ready),
        _ => Ok(()),
    }
}

/// A condition that has to be there and to hold.
pub(super) fn must_hold(live: Live<'_>, kind: &str) -> Check {
    match live.condition(kind) {
        Some(condition) => holds(live, condition),
        None => Err(Health::in_progress(format_args!("{kind} is not reported yet"))),
    }
}

fn holds(live: Live<'_>, condition: Condition<'_>) -> Check {
    current(live, condition)?;
    if condition.status == "True" { Ok(()) } else { Err(Health::in_progress(condition)) }
}

/// The condition is about the latest generation, where it says which one it is about.
fn current(live: Live<'_>, condition: Condition<'_>) -> Check {
    match (live.generation(), condition.observed_generation) {
        (Some(latest), Some(seen)) if latest != seen => Err(Health::in_progress(format_args!(
            "{} is reported for generation {seen}, not for {latest} yet",
            condition.kind
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use rstest::rstest;

    #[rstest]
    #[case::no_status("{}", "Healthy")]
    #[case::nothing_to_say("status: {conditions: [{type: Synced, status: 'False'}]}", "Healthy")]
    #[case::generation_seen("{metadata: {generation: 2}, status: {observedGeneration: 2}}", "Healthy")]
    #[case::generation_outdated(
        "{metadata: {generation: 3}, status: {observedGeneration: 2, conditions: [{type: Ready, status: 'True'}]}}",
        "InProgress: generation 3 is to be seen by its controller, which has seen 2"
    )]
    #[case::restored_with_its_status(
        "{metadata: {generation: 1}, status: {observedGeneration: 7, conditions: [{type: Ready, status: 'True'}]}}",
        "InProgress: generation 1 is to be seen by its controller, which has seen 7"
    )]
    #[case::ready("status: {conditions: [{type: Ready, status: 'True'}]}", "Healthy")]
    #[case::not_ready(
        "status: {conditions: [{type: Ready, status: 'False', reason: NoQuorum, message: 1 of 3 members answers}]}",
        "InProgress: Ready is False (NoQuorum): 1 of 3 members answers"
    )]
    #[case::perhaps_ready(
        "status: {conditions: [{type: Ready, status: Unknown}]}",
        "InProgress: Ready is Unknown"
    )]
    #[case::ready_in_other_words("status: {conditions: [{type: Ready, status: Maybe}]}", "Healthy")]
    #[case::ready_outdated(
        "{metadata: {generation: 2}, status: {conditions: [{type: Ready, status: 'True', observedGeneration: 1}]}}",
        "InProgress: Ready is reported for generation 1, not for 2 yet"
    )]
    #[case::first_of_two(
        "status: {conditions: [{type: Ready, status: 'False'}, {type: Ready, status: 'True'}]}",
        "InProgress: Ready is False"
    )]
    #[case::reconciling(
        "status: {conditions: [{type: Ready, status: 'True'}, {type: Reconciling, status: 'True', reason: Upgrading}]}",
        "InProgress: Upgrading"
    )]
    #[case::no_more_reconciling(
        "status: {conditions: [{type: Reconciling, status: 'False'}, {type: Stalled, status: 'False'}]}",
        "Healthy"
    )]
    #[case::stalled(
        "status: {conditions: [{type: Reconciling, status: 'True'}, {type: Stalled, status: 'True', message: no such bucket}]}",
        "Failed: no such bucket"
    )]
    #[case::stalled_without_words(
        "status: {conditions: [{type: Stalled, status: 'True'}]}",
        "Failed: is stalled"
    )]
    #[case::stalled_in_an_earlier_life(
        "{metadata: {generation: 2}, status: {conditions: [{type: Stalled, status: 'True', observedGeneration: 1}]}}",
        "InProgress: Stalled is reported for generation 1, not for 2 yet"
    )]
    #[case::conditions_of_its_own_form("status: {conditions: {ready: true}}", "Healthy")]
    #[case::status_is_a_word("status: running", "Healthy")]
    fn custom_resources(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(judged("example.org/v1 Gadget", body), expected);
    }

    #[rstest]
    #[case::config("v1 ConfigMap")]
    #[case::cron_job("batch/v1 CronJob")]
    #[case::role("rbac.authorization.k8s.io/v1 ClusterRole")]
    fn kinds_without_a_status_are_healthy(#[case] kind: &str) {
        assert_eq!(judged(kind, "metadata: {generation: 1}"), "Healthy");
    }
}
