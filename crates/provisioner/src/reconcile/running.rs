//! Keeping what runs as it is while the version that is to follow it fails before its first write.
//!
//! That version may fail for days: its registry is away, it is no bundle, the cluster does not take it. Until something of it is written,
//! the one before runs on; so what somebody deletes of that comes back, and its certificates are replaced in time. It is the same way
//! from a source to objects. Of that only how what runs is doing is reported, and by an event why it cannot be repaired.

use std::time::Duration;

use rukpak_api::{BundleDeployment, BundleDeploymentStatus, condition, reason};
use serde_json::json;

use super::{drive_to_the_end, health, is_installed, timers};
use crate::conditions;
use crate::context::{Context, now, requested_at};
use crate::error::{ReconcileError, chain};
use crate::queue::Again;
use crate::report::{Report, config_of};
use crate::request::Request;
use crate::turns::Worker;

/// How long it takes at most until what could not be kept as it is is tried again.
const REPAIR: Duration = Duration::from_mins(1);

/// Sees to it that what runs is as it should be, if something else is asked for. When there is another look to be, at that or at what is
/// asked for, which is looked at `again` by itself.
pub(super) async fn keep(
    context: &Context,
    worker: &Worker,
    deployment: &BundleDeployment,
    again: Again,
) -> Again {
    let Some(running) = running(deployment, context.requires_account) else { return again };
    let writer = context.writer(deployment, Report::of(&running, now)).silent();
    let kept = drive_to_the_end(context, worker, &running, &writer).await;
    if writer.is_behind().await {
        return Again::Soon;
    }
    let live = writer.live().await;
    match writer.note(|report| report.found()).await {
        Some(health) => health::tell(context, &live, &health).await,
        None => health::report(context, &live).await,
    } // cluster
    let trouble = kept.as_ref().err().filter(|error| {
        let is_in_time = matches!(error, ReconcileError::NoPlace { .. }) || error.is_waiting();
        !is_in_time && !error.is_overtaken(deployment)
    });
    if let Some(error) = trouble {
        let trouble = format!("what runs cannot be kept as it is: {}", chain(error));
        tracing::warn!("{trouble}");
        context.events.warn(&live, reason::REPAIR_FAILED, &trouble);
    }
    match (again, kept) {
        // What asks for a new version is asked at its own pace.
        (Again::Later, Err(_)) => Again::LaterAndAfter(REPAIR),
        (Again::LaterAndAfter(wait), Err(_)) => Again::LaterAndAfter(wait.min(REPAIR)),
        (Again::Soon | Again::Blocked | Again::Later | Again::LaterAndAfter(_) | Again::Waiting, _) => again,
        (_, Err(ReconcileError::NoPlace { .. })) => Again::Waiting,
        (_, Err(error)) if error.is_overtaken(deployment) => Again::Soon,
        (again, Ok(more @ (Again::OnRequest | Again::After(_)))) => timers::earliest([again, more]),
        (_, Ok(more)) => more,
        (_, Err(_)) => Again::Later,
    }
}

/// Whether what runs is seen to while something else is asked for.
pub(super) fn is_kept(context: &Context, deployment: &BundleDeployment) -> bool {
    running(deployment, context.requires_account).is_some()
}

/// The `BundleDeployment` as it would be if it asked for what runs; `None` where it does, where not all of that runs any more, where
/// it is not known how that was configured, or where another class has made it, whose format is not ours. Pure.
fn running(deployment: &BundleDeployment, requires_account: bool) -> Option<BundleDeployment> {
    let status = deployment.status.as_ref()?;
    let mut source = status.active_source.clone()?;
    let asked = config_of(deployment);
    let config = if is_installed(deployment) { &asked } else { status.active_config.as_ref()? };
    let class = &deployment.spec.provisioner_class_name;
    // Nobody knows what the class was once, unless it was for this very spec.
    let is_ours =
        status.active_class.as_ref().map_or_else(|| is_installed(deployment), |active| active == class);
    let is_asked_for = status.resolved_source.as_ref() == Some(&source) && *config == asked;
    let is_whole = conditions::is_true(&status.conditions, condition::INSTALLED);
    if !is_ours || is_asked_for || !is_whole || deployment.spec.paused == Some(true) {
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
    // Nothing of it is upgraded, so nothing is waived; and a waiver may be what no spec can have.
    if let Some(safety) = running.spec.preflight.as_mut().and_then(|all| all.crd_upgrade_safety.as_mut()) {
        safety.waivers.clear();
    }
    running.spec.config = Some(config.clone()).filter(|config| *config != json!({}));
    // Where it says nobody to act as, nobody does.
    Request::of(&running, requires_account).ok()?;
    Some(running)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    use rstest::rstest;
    use serde_json::Value;

    /// Generation 2 asks for `b` with a configuration; what runs is `a`, with one that is known or not, of a generation.
    fn deployment(config: &Value, active: &Value, generation: i64, resolved: &str) -> BundleDeployment {
        let image = |reference: &str| json!({"type": "image", "image": {"ref": reference}});
        example::deployment(&json!({
            "metadata": {"generation": 2},
            "spec": {"source": image("b"), "config": config},
            "status": {
                "conditions": [{
                    "type": "Installed", "status": "True", "reason": "InstallationSucceeded", "message": "",
                    "observedGeneration": generation, "lastTransitionTime": "1970-01-01T00:00:00Z",
                }],
                "activeSource": image("a"),
                "activeConfig": active,
                "activeClass": "core-rukpak-io-plain",
                "resolvedSource": image(resolved),
            },
        }))
    }

    #[rstest]
    #[case::a_waiver(json!({"preflight": {"crdUpgradeSafety": {"disabled": true, "waivers": [{"path": "spec"}]}}}), true)]
    #[case::who_acts(json!({"serviceAccountName": "a"}), false)]
    fn what_runs_while_the_spec_is_none_that_can_be_carried_out(#[case] spec: Value, #[case] expected: bool) {
        let mut deployment = deployment(&json!({"x": 1}), &json!({"x": 1}), 1, "b");
        let asked = example::deployment(&json!({"spec": spec})).spec;
        (deployment.spec.preflight, deployment.spec.service_account_name) =
            (asked.preflight, asked.service_account_name);
        assert!(Request::of(&deployment, false).is_err());
        let running = running(&deployment, false);
        assert_eq!(running.is_some(), expected);
        // What else is said of the check stays said.
        let safety = running.and_then(|running| running.spec.preflight?.crd_upgrade_safety);
        assert_eq!(
            safety.map(|safety| (safety.disabled, safety.waivers.len())),
            expected.then_some((Some(true), 0))
        );
    }

    /// As it is where another class is asked for, and it is known or not which one made it.
    #[rstest]
    #[case::ours(json!("core-rukpak-io-plain"), 1, true)]
    #[case::of_another_one(json!("core-rukpak-io-registry"), 1, false)]
    #[case::nobody_knows(json!(null), 1, false)]
    #[case::nobody_knows_but_it_was_of_this_very_spec(json!(null), 2, true)]
    fn what_another_format_has_made_is_left_alone(
        #[case] class: Value,
        #[case] generation: i64,
        #[case] expected: bool,
    ) {
        let mut deployment = deployment(&json!({"x": 1}), &json!({"x": 1}), generation, "b");
        let status = deployment.status.as_mut().unwrap();
        status.active_class = serde_json::from_value(class).unwrap();
        assert_eq!(running(&deployment, false).is_some(), expected);
    }

    #[rstest]
    #[case::another_source(json!({"x": 1}), json!({"x": 2}), 1, "b", Some(json!({"x": 2})))]
    #[case::another_configuration(json!({"x": 1}), json!({}), 1, "a", Some(json!(null)))]
    #[case::nobody_knows_the_configuration(json!({"x": 1}), json!(null), 1, "b", None)]
    #[case::it_is_what_is_asked_for(json!({"x": 1}), json!({"x": 1}), 1, "a", None)]
    #[case::of_this_very_generation(json!({"x": 1}), json!(null), 2, "a", None)]
    #[case::the_tag_moved(json!({"x": 1}), json!(null), 2, "b", Some(json!({"x": 1})))]
    fn what_runs(
        #[case] config: Value,
        #[case] active: Value,
        #[case] generation: i64,
        #[case] resolved: &str,
        #[case] expected: Option<Value>,
    ) {
        let running = running(&deployment(&config, &active, generation, resolved), false);
        assert_eq!(running.as_ref().map(|running| json!(running.spec.config)), expected);
        let image = running.and_then(|running| Some(running.spec.source.image?.reference));
        assert_eq!(image.as_deref(), expected.is_some().then_some("a"));
    }
}
