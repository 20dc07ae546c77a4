//! When a `BundleDeployment` is looked at again though nothing happens. Pure.

use std::time::Duration;

use jiff::Timestamp;
use rukpak_api::BundleDeployment;

use crate::queue::Again;
use crate::report::Report;

/// How long objects are left alone that are not healthy, and of which nothing is heard.
const UNHEALTHY: Duration = Duration::from_mins(1);

/// When a tag, a branch or an archive is to be looked at anew.
pub(super) fn until_poll(deployment: &BundleDeployment, now: Timestamp) -> Again {
    match poll_due(deployment) {
        Some(due) => Again::After(until(due, now)),
        None => Again::OnRequest,
    }
}

/// The moment from which on a tag, a branch or an archive is to be looked at anew.
pub(super) fn poll_due(deployment: &BundleDeployment) -> Option<Timestamp> {
    let minutes = deployment.spec.source.poll_interval_minutes?;
    let resolved_at = deployment.status.as_ref()?.resolved_at.as_ref()?.parse::<Timestamp>().ok()?;
    resolved_at.checked_add(jiff::SignedDuration::from_mins(minutes.into())).ok()
}

/// When certificates are to be replaced that are good for so many seconds.
pub(super) fn until_rotation(good_for: Option<u64>) -> Again {
    good_for.map_or(Again::OnRequest, |seconds| Again::After(Duration::from_secs(seconds)))
}

/// When objects are looked at again that may not be healthy. That they had their time for it is reported here.
pub(super) fn after_look(report: &mut Report, minutes: Option<i32>, now: Timestamp) -> Again {
    let Some(since) = report.unhealthy_since() else { return Again::OnRequest };
    let deadline = minutes.and_then(|minutes| {
        let due = since.checked_add(jiff::SignedDuration::from_mins(minutes.into())).ok()?;
        Some((minutes, due))
    });
    match deadline {
        Some((minutes, due)) if due <= now => {
            report.overdue(minutes);
            Again::After(UNHEALTHY)
        }
        Some((_, due)) => Again::After(until(due, now).min(UNHEALTHY)),
        None => Again::After(UNHEALTHY),
    }
}

/// The one that comes first.
pub(super) fn earliest(all: impl IntoIterator<Item = Again>) -> Again {
    let waits = all.into_iter().filter_map(|again| match again {
        Again::After(wait) => Some(wait),
        Again::OnRequest | Again::Soon | Again::Later => None,
    });
    waits.min().map_or(Again::OnRequest, Again::After)
}

fn until(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default()
}
