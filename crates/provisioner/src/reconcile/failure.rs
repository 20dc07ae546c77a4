//! What is reported of a look that did not come to its end, and what follows from it.

use std::time::Duration;

use rukpak_api::BundleDeployment;

use super::timers::Deadline;
use super::{health, running, timers};
use crate::context::{Context, now};
use crate::error::{ReconcileError, chain};
use crate::queue::Again;
use crate::report::Attempt;
use crate::writer::Writer;

/// How long it is not said that other sources are fetched first.
const UNTOLD: Duration = Duration::from_secs(30);

/// Reports what went wrong. When there is another look to be.
pub(super) async fn report(
    context: &Context,
    deployment: &BundleDeployment,
    writer: &Writer,
    error: &ReconcileError,
) -> Again {
    if error.is_overtaken(deployment) {
        tracing::debug!(error = %chain(error), "overtaken");
        return Again::Soon;
    }
    if let ReconcileError::NoPlace { waited, .. } = error {
        // Most of them have one in a moment.
        if *waited >= UNTOLD
            && let Err(error) = writer.tell(|report| report.unpacking(&error.to_string())).await
        {
            tracing::debug!(%error, "that it waits could not be reported");
        }
        return Again::Waiting;
    }
    let attempt = writer.note(|report| report.attempt()).await;
    let failure = error.failure(attempt);
    let reported = BundleDeployment { status: Some(writer.reported().await), ..deployment.clone() };
    let is_kept = error.is_of_the_version() && running::is_kept(context, &reported);
    let health = if error.leaves_what_runs() && !is_kept {
        if error.is_before_the_plan() {
            health::watch(context, &reported);
        }
        health::of_what_runs(context, &reported).await // cluster
    } else {
        None
    };
    let is_waiting = error.is_waiting();
    let is_counted = !failure.is_permanent && deployment.spec.paused != Some(true);
    let minutes = deployment.spec.progress_deadline_minutes.filter(|_| is_counted);
    // What is repaired has its time from when it is not well.
    let is_repaired = attempt == Attempt::Repair && !is_waiting;
    let since = (!failure.is_permanent && !is_repaired).then(|| context.waiting.since(deployment, now()));
    let mut deadline = None;
    let told = writer
        .tell(|report| {
            if let Some(health) = &health {
                report.health(health);
            }
            // Another process may have said so: how long this one has waited is all that it knows itself.
            let was_overdue = report.is_overdue();
            match error {
                ReconcileError::Prune(_) if is_waiting => report.pruning(&failure.message),
                _ if is_waiting => report.waiting(&failure.message),
                _ => report.failed(&failure),
            }
            let since = if is_repaired { report.unhealthy_since() } else { since };
            deadline = since.and_then(|since| Deadline::of(minutes, since));
            match &deadline {
                Some(deadline) if is_repaired && deadline.is_over(now()) => report.overdue(deadline.minutes),
                Some(deadline) if !is_repaired && (was_overdue || deadline.is_over(now())) => {
                    report.waits_too_long(deadline.minutes, &failure.message);
                }
                _ => {}
            }
        })
        .await; // cluster
    if let Err(error) = told {
        tracing::warn!(%error, "the status could not be written");
        return Again::Later;
    }
    if is_waiting {
        return Again::Soon;
    }
    if !matches!(error, ReconcileError::Unfetched(_)) {
        tracing::warn!(reason = failure.reason, "{}", failure.message);
    }
    if !failure.is_permanent {
        let again = deadline.map_or(Again::Later, |deadline| deadline.until(now()));
        return if error.is_blocked() { Again::Blocked } else { again };
    }
    // What stands in the way of a repair is in the cluster, and may be taken out of it.
    if attempt != Attempt::Repair {
        context.hopeless.insert(deployment, now());
    }
    timers::until_poll(deployment, context.looked_up.get(deployment), now())
}
