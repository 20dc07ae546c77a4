//! Keeping what runs as it is while the version that is to follow it fails before its first write.
//!
//! That version may fail for days: its registry is away, it is no bundle, the cluster does not take it. Until something of it is written,
//! the one before runs on; so what somebody deletes of that comes back, and its certificates are replaced in time. It is the same way
//! from a source to objects, and nothing of it is reported.

use rukpak_api::{BundleDeployment, BundleDeploymentStatus, condition};

use super::{drive_to_the_end, timers};
use crate::conditions;
use crate::context::{Context, now, requested_at};
use crate::error::chain;
use crate::queue::Again;
use crate::report::Report;

/// Sees to it that what runs is as it should be, if something else is asked for. When there is another look to be, at that or at what is
/// asked for, which is looked at `again` by itself.
pub(super) async fn keep(context: &Context, deployment: &BundleDeployment, again: Again) -> Again {
    let Some(running) = running(deployment) else { return again };
    let writer = context.writer(deployment, Report::of(&running, now)).silent();
    let kept = drive_to_the_end(context, &running, &writer).await;
    if writer.is_behind().await {
        return Again::Soon;
    }
    match (again, kept) {
        (Again::Soon | Again::Later, _) => again,
        (again, Ok(more @ (Again::OnRequest | Again::After(_)))) => timers::earliest([again, more]),
        (_, Ok(more)) => more,
        (_, Err(error)) => {
            tracing::warn!(error = %chain(&error), "what runs cannot be kept as it is");
            Again::Later
        }
    }
}

/// The `BundleDeployment` as it would be if it asked for what runs; `None` where it does, or where not all of that runs any more. Pure.
fn running(deployment: &BundleDeployment) -> Option<BundleDeployment> {
    let status = deployment.status.as_ref()?;
    let mut source = status.active_source.clone()?;
    let is_asked_for =
        status.resolved_source.as_ref() == Some(&source) && status.active_config == deployment.spec.config;
    let is_whole = conditions::is_true(&status.conditions, condition::INSTALLED);
    if is_asked_for || !is_whole || deployment.spec.paused == Some(true) {
        return None;
    }
    let mut running = deployment.clone();
    running.status = Some(BundleDeploymentStatus {
        resolved_source: Some(source.clone()),
        observed_generation: deployment.metadata.generation,
        last_handled_reconcile_at: requested_at(deployment).map(str::to_owned),
        ..status.clone()
    });
    // It is what it is.
    source.poll_interval_minutes = None;
    running.spec.source = source;
    running.spec.config.clone_from(&status.active_config);
    Some(running)
}
