//! What keeps a number of pods running.

#[cfg(test)]
mod tests;

use super::Health;
use super::conditions::{must_hold, seen};
use super::health::Check;
use super::live::{Condition, Live};

/// All replicas are of the latest version and available (kstatus: `deploymentConditions`, `kubectl rollout status`).
///
/// kstatus wants `Progressing` to say `NewReplicaSetAvailable` besides, which a paused deployment never says although all of its
/// replicas are there; the numbers tell the same.
pub(super) fn deployment(live: Live<'_>) -> Check {
    seen(live)?;
    rolled_out(live).and_then(|()| available(live)).map_err(|wait| explain(live, wait))
}

/// What serves is of the latest version, and enough of it is available: less than that all replicas are there, and enough for what
/// is applied later (operator-controller's probe of a deployment).
pub(super) fn deployment_available(live: Live<'_>) -> Check {
    seen(live)?;
    at_least("replicas", live.counted("updatedReplicas"), live.counted("replicas"), "updated")
        .and_then(|()| available(live))
        .map_err(|wait| explain(live, wait))
}

fn rolled_out(live: Live<'_>) -> Check {
    let (wanted, existing) = (replicas(live), live.counted("replicas"));
    at_least("replicas", existing, wanted, "created")?;
    at_least("replicas", live.counted("updatedReplicas"), wanted, "updated")?;
    none_left(existing, wanted)?;
    at_least("replicas", live.counted("availableReplicas"), wanted, "available")?;
    at_least("replicas", live.counted("readyReplicas"), wanted, "ready")
}

fn available(live: Live<'_>) -> Check {
    if live.holding("Available").is_none() {
        at_least("replicas", live.counted("availableReplicas"), replicas(live), "available")?;
    }
    must_hold(live, "Available")
}

/// Why a deployment does not get on, where it says so. One that made no progress for `progressDeadlineSeconds` has failed.
fn explain(live: Live<'_>, wait: Health) -> Health {
    let paused = live.get(&["spec", "paused"]).and_then(serde_json::Value::as_bool) == Some(true);
    let reason = live.holding("ReplicaFailure").and_then(Condition::says);
    let wait = wait.because(reason.or(paused.then_some("the rollout is paused")));
    if live.condition("Progressing").is_none_or(|one| one.reason != "ProgressDeadlineExceeded") {
        return wait;
    }
    let message = wait.message();
    match live.integer(&["spec", "progressDeadlineSeconds"]) {
        Some(seconds) => Health::failed(format_args!("no progress for {seconds} s: {message}")),
        None => Health::failed(format_args!("no progress within its deadline: {message}")),
    }
}

/// All replicas are there and available (kstatus: `replicasetConditions`). `ReplicaFailure` says why pods cannot be made.
pub(super) fn replica_set(live: Live<'_>) -> Check {
    seen(live)?;
    let (wanted, failure) = (replicas(live), live.holding("ReplicaFailure"));
    at_least("replicas", live.counted("fullyLabeledReplicas"), wanted, "created")
        .and_then(|()| at_least("replicas", live.counted("availableReplicas"), wanted, "available"))
        .and_then(|()| at_least("replicas", live.counted("readyReplicas"), wanted, "ready"))
        .and_then(|()| none_left(live.counted("replicas"), wanted))
        .map_err(|wait| wait.because(failure.and_then(Condition::says)))?;
    failure.map_or(Ok(()), |failure| Err(Health::in_progress(failure)))
}

/// All replicas are ready, and those from the partition on are of the latest version (kstatus: `stsConditions`). A stateful set has
/// no conditions, so it cannot say that it has failed.
///
/// `OnDelete` leaves it to people which replicas are updated, so none has to be; kstatus does not even want them to be ready.
/// `currentReplicas` and `currentRevision`, at which kstatus looks without a partition, say nothing more than that all are updated.
pub(super) fn stateful_set(live: Live<'_>) -> Check {
    seen(live)?;
    let (wanted, existing) = (replicas(live), live.counted("replicas"));
    at_least("replicas", existing, wanted, "created")?;
    at_least("replicas", live.counted("readyReplicas"), wanted, "ready")?;
    if live.integer(&["spec", "minReadySeconds"]).is_some_and(|seconds| seconds > 0) {
        at_least("replicas", live.counted("availableReplicas"), wanted, "available")?;
    }
    none_left(existing, wanted)?;
    if live.text(&["spec", "updateStrategy", "type"]) == "OnDelete" {
        return Ok(());
    }
    let partition = live.integer(&["spec", "updateStrategy", "rollingUpdate", "partition"]).unwrap_or(0);
    let updated = live.counted("updatedReplicas");
    at_least("replicas", updated, wanted.saturating_sub(partition.max(0)), "updated")
}

/// Every node that is to run a pod runs one, of the latest version and available (kstatus: `daemonsetConditions`). `OnDelete` leaves it to
/// people which pods are updated.
pub(super) fn daemon_set(live: Live<'_>) -> Check {
    seen(live)?;
    let Some(wanted) = live.integer(&["status", "desiredNumberScheduled"]) else {
        return Err(Health::in_progress("the number of its pods is not known yet"));
    };
    at_least("pods", live.counted("currentNumberScheduled"), wanted, "scheduled")?;
    if live.text(&["spec", "updateStrategy", "type"]) != "OnDelete" {
        at_least("pods", live.counted("updatedNumberScheduled"), wanted, "updated")?;
    }
    at_least("pods", live.counted("numberAvailable"), wanted, "available")?;
    at_least("pods", live.counted("numberReady"), wanted, "ready")
}

/// `spec.replicas`; its controllers take 1 where it is missing.
fn replicas(live: Live<'_>) -> i64 {
    live.integer(&["spec", "replicas"]).unwrap_or(1)
}

fn at_least(what: &str, have: i64, wanted: i64, are: &str) -> Check {
    if have >= wanted {
        return Ok(());
    }
    Err(Health::in_progress(format_args!("{have} of {wanted} {what} are {are}")))
}

fn none_left(existing: i64, wanted: i64) -> Check {
    match existing.saturating_sub(wanted) {
        ..=0 => Ok(()),
        1 => Err(Health::in_progress("1 old replica is to end")),
        more => Err(Health::in_progress(format_args!("{more} old replicas are to end"))),
    }
}
