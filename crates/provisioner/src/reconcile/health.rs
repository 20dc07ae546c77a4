//! How what runs is doing where nothing is done about it: nobody wants that, or nobody may, or knows how.
//!
//! It is read by our own rights, whoever acts: a status is ours to write.

use rukpak_api::{BundleDeployment, condition};
use rukpak_apply::probe::{Probes, Summary};

use super::{owner, work};
use crate::conditions;
use crate::context::{Context, now, own_options};
use crate::report::Report;

/// Has what is owned watched. A process that has just started, or a class that is new, has not planned any of it.
pub(super) fn watch(context: &Context, deployment: &BundleDeployment) {
    let inventory = work::inventory(deployment);
    if !inventory.is_empty() {
        context.watches.need(&owner(deployment).name, &inventory.kinds());
    }
}

/// Reports how what runs is doing, and nothing else.
pub(super) async fn report(context: &Context, deployment: &BundleDeployment) {
    watch(context, deployment);
    if let Some(health) = of_what_runs(context, deployment).await {
        tell(context, deployment, &health).await; // cluster
    } // cluster
}

/// The same of what was found out.
pub(super) async fn tell(context: &Context, deployment: &BundleDeployment, health: &Summary) {
    let writer = context.writer(deployment, Report::of(deployment, now));
    if let Err(error) = writer.tell(|report| report.health(health)).await {
        tracing::debug!(%error, "how what runs is doing could not be reported");
    } // cluster
}

/// How what runs is doing, where all of a version does: as much as can be found out.
pub(super) async fn of_what_runs(context: &Context, deployment: &BundleDeployment) -> Option<Summary> {
    let inventory = work::inventory(deployment);
    let conditions = deployment.status.as_ref().map(|status| status.conditions.as_slice());
    if inventory.is_empty() || !conditions::is_true(conditions.unwrap_or_default(), condition::INSTALLED) {
        return None;
    }
    let served = context.discovery.served().await.ok()?; // cluster
    let engine = context.engine(context.cluster.clone(), own_options());
    let live = engine.live(&inventory, &served).await.ok()?; // cluster
    let probes = Probes::default();
    Some(live.into_iter().map(|one| (one.id.clone(), one.health(&probes))).collect())
}
