//! Jobs.

use rukpak_manifest::Object;

use super::Health;
use super::health::Check;
use super::live::{Condition, Live};

/// Complete, or suspended as its specification asks for.
///
/// kstatus' `jobConditions` takes a job that has started for done. Flux and Helm wait for its end, and so does this rule: what a set is
/// pruned of when it is healthy may be what the job needs.
pub(super) fn job(live: Live<'_>) -> Check {
    if live.holding("Complete").is_some() {
        return Ok(());
    }
    if let Some(failed) = live.holding("Failed") {
        return Err(Health::failed(failed.says().unwrap_or("has failed")));
    }
    if let Some(target) = live.holding("FailureTarget") {
        return Err(Health::in_progress("is about to fail").because(Condition::says(target)));
    }
    if live.holding("Suspended").is_some() {
        return Ok(());
    }
    if live.text(&["status", "startTime"]).is_empty() {
        return Err(Health::in_progress("has not started"));
    }
    let (succeeded, active, failed) =
        (live.counted("succeeded"), live.counted("active"), live.counted("failed"));
    let of = live.integer(&["spec", "completions"]).map(|wanted| format!(" of {wanted}")).unwrap_or_default();
    Err(Health::in_progress(format_args!(
        "pods: {succeeded}{of} succeeded, {active} active, {failed} failed"
    )))
}

/// How an object of the set is doing that was applied and is not there any more: a job that is removed when it is done
/// (`ttlSecondsAfterFinished`) is as it should be, and whether it was ever there is the caller's knowledge. Anything else is missing.
#[must_use]
pub fn absent(manifest: &Object) -> Health {
    let removed_when_done = (manifest.group(), manifest.kind()) == ("batch", "Job")
        && Live::of(manifest).integer(&["spec", "ttlSecondsAfterFinished"]).is_some();
    if removed_when_done { Health::Healthy } else { Health::NotFound }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{judged, object};
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::created("{}", "InProgress: has not started")]
    #[case::running(
        "{spec: {completions: 3}, status: {startTime: '2026-01-01T00:00:00Z', succeeded: 1, active: 2}}",
        "InProgress: pods: 1 of 3 succeeded, 2 active, 0 failed"
    )]
    #[case::work_queue(
        "status: {startTime: '2026-01-01T00:00:00Z', active: 2, failed: 1}",
        "InProgress: pods: 0 succeeded, 2 active, 1 failed"
    )]
    #[case::about_to_be_complete(
        "status: {startTime: '2026-01-01T00:00:00Z', succeeded: 1, conditions: [{type: SuccessCriteriaMet, status: 'True'}]}",
        "InProgress: pods: 1 succeeded, 0 active, 0 failed"
    )]
    #[case::complete("status: {conditions: [{type: Complete, status: 'True'}]}", "Healthy")]
    #[case::about_to_fail(
        "status: {conditions: [{type: FailureTarget, status: 'True', reason: BackoffLimitExceeded}]}",
        "InProgress: is about to fail: BackoffLimitExceeded"
    )]
    #[case::failed(
        "status: {conditions: [{type: Failed, status: 'True', message: Job has reached the specified backoff limit}]}",
        "Failed: Job has reached the specified backoff limit"
    )]
    #[case::suspended("status: {conditions: [{type: Suspended, status: 'True'}]}", "Healthy")]
    #[case::resumed(
        "status: {conditions: [{type: Suspended, status: 'False'}]}",
        "InProgress: has not started"
    )]
    #[case::removed_by_its_ttl(
        "{metadata: {deletionTimestamp: '2026-01-01T00:00:00Z'}, status: {conditions: [{type: Complete, status: 'True'}]}}",
        "Terminating: is being deleted"
    )]
    fn jobs(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(judged("batch/v1 Job", body), expected);
    }

    #[rstest]
    #[case::removed_when_done("batch/v1 Job", "spec: {ttlSecondsAfterFinished: 0}", Health::Healthy)]
    #[case::kept("batch/v1 Job", "spec: {}", Health::NotFound)]
    #[case::job_of_another_group(
        "example.org/v1 Job",
        "spec: {ttlSecondsAfterFinished: 5}",
        Health::NotFound
    )]
    #[case::anything_else("v1 Service", "{}", Health::NotFound)]
    fn what_is_not_there(#[case] kind: &str, #[case] body: &str, #[case] expected: Health) {
        assert_eq!(absent(&object(kind, body)), expected);
    }
}
