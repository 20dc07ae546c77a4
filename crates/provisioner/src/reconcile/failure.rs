//! What is reported of a look that did not come to its end, and what follows from it.

use std::time::Duration;

use rukpak_api::BundleDeployment;

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
    if error.is_overtaken() {
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
    let waits_for = is_waiting.then(|| timers::waited(context.waiting.since(deployment, now()), now()));
    let minutes = deployment.spec.progress_deadline_minutes;
    let told = writer
        .tell(|report| {
            if let Some(health) = &health {
                report.health(health);
            }
            let Some(waited) = waits_for else { return report.failed(&failure) };
            match error {
                ReconcileError::Prune(_) => report.pruning(&failure.message),
                _ => report.waiting(&failure.message),
            }
            if let Some(minutes) = minutes.filter(|minutes| *minutes <= waited) {
                report.waits_too_long(minutes, &failure.message);
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
        return if error.is_blocked() { Again::Blocked } else { Again::Later };
    }
    // What stands in the way of a repair is in the cluster, and may be taken out of it.
    if attempt != Attempt::Repair {
        context.hopeless.insert(deployment, now());
    }
    timers::until_poll(deployment, now())
}
