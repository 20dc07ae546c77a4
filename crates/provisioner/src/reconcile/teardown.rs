//! Giving back what a `BundleDeployment` that goes owns. Neither its content nor a source is needed for that.

use std::time::Duration;

use jiff::Timestamp;
use rukpak_api::{self as api, BundleDeployment, names, reason};
use rukpak_apply::cluster::{ActingError, ApiError, Cluster};
use rukpak_apply::engine::{DeletionPolicy, EngineError};

use super::progress::{Waits, with_progress};
use super::{owner, work};
use crate::context::{Context, now, own_options};
use crate::error::{ReconcileError, chain, is_blocked};
use crate::metrics::Step;
use crate::queue::Again;
use crate::report::Report;
use crate::request::{account, deletion_policy, is_orphaned};
use crate::writer::{Writer, is_held, is_overtaken};

/// How long a deletion may take before it is reported as stalled, where nobody says so.
const DEADLINE: Duration = Duration::from_mins(10);

/// Why what is owned is not given back yet.
enum Held {
    /// Objects are still there.
    NotGone(String),
    /// The `ServiceAccount` to act as is gone.
    NoAccount(String),
    /// Somebody has to clear the way.
    Blocked(String),
    /// Something went wrong.
    Failed(String),
    /// Somebody else is at work.
    Overtaken,
}

/// Gives back what is owned, and lets the `BundleDeployment` go.
pub(super) async fn tear_down(context: &Context, deployment: &BundleDeployment) -> Again {
    if !is_held(deployment) {
        context.forget(&owner(deployment).name);
        return Again::OnRequest;
    }
    let writer = context.writer(deployment, Report::of(deployment, now)).for_teardown();
    match Box::pin(give_back(context, deployment, &writer)).await {
        Ok(()) => {
            context.forget(&owner(deployment).name);
            match writer.release().await {
                Ok(()) => Again::OnRequest,
                Err(error) if is_overtaken(&error, deployment) => Again::Soon,
                Err(error) => {
                    tracing::warn!(%error, "the finalizer could not be taken off");
                    Again::Later
                }
            } // cluster
        }
        Err(Held::Overtaken) => Again::Soon,
        Err(held) => report(deployment, &writer, held).await,
    }
}

async fn give_back(context: &Context, deployment: &BundleDeployment, writer: &Writer) -> Result<(), Held> {
    let failed = |error: ApiError| {
        if is_overtaken(&error, deployment) { Held::Overtaken } else { Held::Failed(error.to_string()) }
    };
    let (owner, mut inventory) = (owner(deployment), work::inventory(deployment)); // pure
    let is_orphaned = is_orphaned(deployment) || context.deployments.is_orphaned(&owner.name);
    let policy = if is_orphaned { DeletionPolicy::Orphan } else { deletion_policy(deployment) }; // pure
    let served = context.discovery.served().await.map_err(failed)?; // cluster
    let noted = deployment.status.as_ref().and_then(|status| status.inventory.as_ref());
    // Nothing was installed yet, or the status was lost or damaged. Whoever looks for that only reads.
    if inventory.is_empty() && noted.is_none_or(|noted| !noted.entries.is_empty()) {
        let engine = context.engine(context.cluster.clone(), own_options());
        let found = engine.rebuild(&owner, &served).await.map_err(failed)?; // cluster
        // Of what was reported on and has nothing, a kind of others that cannot be listed will have nothing either.
        let is_reported = deployment.status.as_ref().is_some_and(|status| !status.conditions.is_empty());
        if is_reported && found.inventory.is_empty() {
            return Ok(());
        }
        inventory = found.whole().map_err(failed)?;
    }
    if inventory.is_empty() {
        return Ok(());
    }
    if is_orphaned && deployment.spec.deletion_policy != api::DeletionPolicy::Orphan {
        writer.remember_orphaned().await.map_err(failed)?; // cluster
    }
    let acting = acting(context, deployment).await?; // cluster
    // Who comes after another process needs them anew: what holds an object up may be gone at any time.
    context.watches.need(&owner.name, &inventory.kinds());
    let engine = context.engine(acting, own_options());
    writer
        .tell(|report| report.gives_back(&format!("{} objects are given back ({policy})", inventory.len())))
        .await
        .map_err(failed)?; // cluster
    let waits = Waits::new(&context.metrics);
    let work = engine.tear_down(&owner, inventory, &served, policy, writer, &waits);
    let work = with_progress(writer, Report::deleting, &waits, work);
    context.timed(Step::Teardown, work).await.map_err(|error| match error {
        EngineError::Api(error) if is_overtaken(&error, deployment) => Held::Overtaken,
        EngineError::NotGone { .. } => Held::NotGone(error.to_string()),
        error if is_blocked(&error) => Held::Blocked(chain(&error)),
        error => Held::Failed(chain(&error)),
    }) // cluster
}

/// Whoever gives it back. Where there is a `ServiceAccount`, our own rights are never used in its place.
async fn acting(context: &Context, deployment: &BundleDeployment) -> Result<Cluster, Held> {
    let account = account(deployment).map_err(|error: ReconcileError| Held::Failed(error.to_string()))?;
    let Some(account) = account else {
        if context.requires_account {
            return Err(Held::NoAccount(
                "this provisioner deletes nothing with its own rights (--require-service-account); set \
                 spec.serviceAccountName, or spec.deletionPolicy to Orphan and remove the marks by hand"
                    .into(),
            ));
        }
        return Ok(context.cluster.clone());
    };
    match context.accounts.verified(context, &account).await {
        Ok(acting) => Ok(acting),
        Err(error @ ActingError::MayNotImpersonate { .. }) => Err(Held::Blocked(chain(&error))),
        Err(error @ ActingError::ServiceAccountNotFound(_)) => Err(Held::NoAccount(format!(
            "{error}; make it again with its rights, or remove the finalizer {} to leave everything as it is",
            names::TEARDOWN_FINALIZER
        ))),
        Err(error) => Err(Held::Failed(chain(&error))),
    }
}

async fn report(deployment: &BundleDeployment, writer: &Writer, held: Held) -> Again {
    let (reason, message, is_stalled, again) = match held {
        Held::NotGone(message) => {
            (reason::DELETION_BLOCKED, message, is_overdue(deployment, now()), Again::Soon)
        }
        Held::NoAccount(message) => (reason::SERVICE_ACCOUNT_NOT_FOUND, message, true, Again::Blocked),
        Held::Blocked(message) => {
            (reason::DELETION_BLOCKED, message, is_overdue(deployment, now()), Again::Blocked)
        }
        Held::Failed(message) => {
            (reason::DELETION_BLOCKED, message, is_overdue(deployment, now()), Again::Later)
        }
        Held::Overtaken => return Again::Soon,
    };
    tracing::warn!(reason, "{message}");
    if let Err(error) = writer.tell(|report| report.deletion_failed(reason, &message, is_stalled)).await {
        tracing::warn!(%error, "the status could not be written");
    }
    again
}

/// Whether a deletion had its time.
fn is_overdue(deployment: &BundleDeployment, now: Timestamp) -> bool {
    let limit = deployment.spec.progress_deadline_minutes.and_then(|minutes| u64::try_from(minutes).ok());
    let limit = limit.map_or(DEADLINE, |minutes| Duration::from_secs(minutes.saturating_mul(60)));
    let since = deployment.metadata.deletion_timestamp.as_ref().map(|time| time.0);
    let spent = since.and_then(|since| Duration::try_from(now.duration_since(since)).ok());
    spent.is_some_and(|spent| spent >= limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::at_once(None, 0, false)]
    #[case::in_time(None, 599, false)]
    #[case::ten_minutes_are_enough(None, 600, true)]
    #[case::less_is_said(Some(1), 60, true)]
    #[case::more_is_said(Some(60), 600, false)]
    #[case::a_clock_that_went_back(None, -5, false)]
    fn deadlines(#[case] minutes: Option<i32>, #[case] seconds: i64, #[case] expected: bool) {
        let deployment = example::deployment(&json!({
            "metadata": {"deletionTimestamp": "1970-01-01T00:01:00Z"},
            "spec": {"progressDeadlineMinutes": minutes},
        }));
        assert_eq!(is_overdue(&deployment, Timestamp::from_second(60 + seconds).unwrap()), expected);
    }
}
