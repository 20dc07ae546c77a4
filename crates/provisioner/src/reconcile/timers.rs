//! When a `BundleDeployment` is looked at again though nothing happens. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rukpak_api::BundleDeployment;

use crate::context::poll_interval;
use crate::queue::Again;
use crate::report::Report;

/// How long objects are left alone that are not healthy, and of which nothing is heard.
const UNHEALTHY: Duration = Duration::from_mins(1);

/// When a tag, a branch or an archive is to be looked at anew. Where the last look is long ago and came to nothing, that is not at once:
/// it would come to nothing again.
pub(super) fn until_poll(
    deployment: &BundleDeployment,
    looked_up: Option<Timestamp>,
    now: Timestamp,
) -> Again {
    let Some(interval) = poll_interval(deployment) else { return Again::OnRequest };
    let whole = Duration::try_from(interval).unwrap_or_default();
    let wait = poll_due(deployment, looked_up, now).map(|due| until(due, now)).filter(|wait| !wait.is_zero());
    Again::After(wait.unwrap_or(whole))
}

/// The moment from which on a tag, a branch or an archive is to be looked at anew: at once, where the last look was by a clock that was
/// ahead. `looked_up`: when this process did so last.
pub(super) fn poll_due(
    deployment: &BundleDeployment,
    looked_up: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let resolved_at = deployment.status.as_ref()?.resolved_at.as_ref()?.parse::<Timestamp>().ok()?;
    let last = looked_up.map_or(resolved_at, |looked_up| looked_up.max(resolved_at));
    let due = last.checked_add(poll_interval(deployment)?).ok()?;
    Some(if last > now { now } else { due })
}

/// When certificates are to be replaced that are good for so many seconds.
pub(super) fn until_rotation(good_for: Option<u64>) -> Again {
    good_for.map_or(Again::OnRequest, |seconds| Again::After(Duration::from_secs(seconds)))
}

/// When objects are looked at again that may not be healthy. That they had their time for it is reported here.
pub(super) fn after_look(report: &mut Report, minutes: Option<i32>, now: Timestamp) -> Again {
    let Some(since) = report.unhealthy_since() else { return Again::OnRequest };
    match Deadline::of(minutes, since) {
        Some(deadline) if deadline.is_over(now) => {
            report.overdue(deadline.minutes);
            Again::After(UNHEALTHY)
        }
        Some(deadline) => Again::After(until(deadline.due, now).min(UNHEALTHY)),
        None => Again::After(UNHEALTHY),
    }
}

/// A moment until which something may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline {
    pub(super) minutes: i32,
    due: Timestamp,
}

impl Deadline {
    /// That of what began at a moment; none where nobody says one.
    pub(super) fn of(minutes: Option<i32>, since: Timestamp) -> Option<Self> {
        let minutes = minutes?;
        Some(Self { minutes, due: since.checked_add(SignedDuration::from_mins(minutes.into())).ok()? })
    }

    /// Whether it has passed.
    pub(super) fn is_over(self, now: Timestamp) -> bool {
        self.due <= now
    }

    /// When what is tried again later is to be looked at again: also when it has its time.
    pub(super) fn until(self, now: Timestamp) -> Again {
        if self.is_over(now) { Again::Later } else { Again::LaterAndAfter(until(self.due, now)) }
    }
}

/// The one that comes first.
pub(super) fn earliest(all: impl IntoIterator<Item = Again>) -> Again {
    let waits = all.into_iter().filter_map(|again| match again {
        Again::After(wait) => Some(wait),
        Again::OnRequest
        | Again::Soon
        | Again::Blocked
        | Again::Later
        | Again::LaterAndAfter(_)
        | Again::Waiting => None,
    });
    waits.min().map_or(Again::OnRequest, Again::After)
}

fn until(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    use rstest::rstest;
    use rukpak_apply::ObjectId;
    use rukpak_apply::probe::{Health, Summary};
    use serde_json::json;

    const MINUTE: i64 = 60;

    fn deployment(poll: Option<i32>, resolved_at: Option<&str>) -> BundleDeployment {
        example::deployment(&json!({
            "metadata": {"generation": 1},
            "spec": {"source": {"pollIntervalMinutes": poll}},
            "status": {"resolvedAt": resolved_at},
        }))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn after(seconds: i64) -> Again {
        Again::After(Duration::from_secs(seconds.unsigned_abs()))
    }

    #[rstest]
    #[case::never(None, Some("1970-01-01T00:00:00Z"), Again::OnRequest)]
    #[case::in_a_while(Some(10), Some("1970-01-01T00:05:00Z"), after(5 * MINUTE))]
    #[case::not_looked_up_yet(Some(10), None, after(10 * MINUTE))]
    #[case::long_ago(Some(5), Some("1970-01-01T00:00:00Z"), after(5 * MINUTE))]
    #[case::by_a_clock_that_was_ahead(Some(5), Some("1971-01-01T00:00:00Z"), after(5 * MINUTE))]
    fn polls(#[case] poll: Option<i32>, #[case] resolved_at: Option<&str>, #[case] expected: Again) {
        assert_eq!(until_poll(&deployment(poll, resolved_at), None, at(10 * MINUTE)), expected);
    }

    #[test]
    fn the_last_look_counts_though_it_found_nothing_new() {
        let polled = deployment(Some(5), Some("1970-01-01T00:00:00Z"));
        assert_eq!(until_poll(&polled, Some(at(8 * MINUTE)), at(10 * MINUTE)), after(3 * MINUTE));
    }

    #[test]
    fn what_is_hopeless_is_tried_again_when_a_tag_may_have_moved_and_not_before() {
        let hopeless = crate::context::Hopeless::default();
        let (polled, other) = (deployment(Some(10), None), deployment(None, None));
        assert!(!hopeless.contains(&polled, at(0)));
        hopeless.insert(&polled, at(0));
        assert!(hopeless.contains(&polled, at(10 * MINUTE - 1)));
        assert!(!hopeless.contains(&polled, at(10 * MINUTE)));
        assert!(!hopeless.contains(&polled, at(-1)), "the clock was ahead");
        // The same one, but nobody asked for polling.
        assert!(hopeless.contains(&other, at(10_000 * MINUTE)));
        hopeless.forget("web");
        assert!(!hopeless.contains(&other, at(0)));
    }

    /// A report on objects that are not healthy since 1970 began.
    fn unhealthy() -> Report {
        let mut report = Report::of(&deployment(None, None), || Timestamp::UNIX_EPOCH);
        report.applied(rukpak_api::Bundle::default());
        let id: ObjectId = "a_b_apps_Deployment".parse().unwrap();
        report.observed(&Summary::from_iter([(id, Health::NotFound)]));
        report
    }

    fn is_stalled(report: &Report) -> bool {
        crate::conditions::is_true(&report.status().conditions, rukpak_api::condition::STALLED)
    }

    #[rstest]
    #[case::without_a_deadline(None, 1000 * MINUTE, after(MINUTE), false)]
    #[case::long_before_it(Some(10), 0, after(MINUTE), false)]
    #[case::shortly_before_it(Some(10), 10 * MINUTE - 7, after(7), false)]
    #[case::at_it(Some(10), 10 * MINUTE, after(MINUTE), true)]
    fn deadlines(
        #[case] minutes: Option<i32>,
        #[case] now: i64,
        #[case] again: Again,
        #[case] stalled: bool,
    ) {
        let mut report = unhealthy();
        assert_eq!(after_look(&mut report, minutes, at(now)), again);
        assert_eq!(is_stalled(&report), stalled);
    }

    thread_local! {
        static SECOND: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
    }

    /// A clock that moves whenever somebody looks at it.
    fn moving() -> Timestamp {
        at(SECOND.replace(SECOND.get() + 1))
    }

    /// One look after the other finds the same, and says the same: since when it is so, too.
    #[test]
    fn who_is_overdue_is_so_since_one_moment() {
        let id: ObjectId = "a_b_apps_Deployment".parse().unwrap();
        let summary = Summary::from_iter([(id, Health::NotFound)]);
        let mut one = deployment(None, None);
        for look in 0..3 {
            let mut report = Report::of(&one, moving);
            report.applied(rukpak_api::Bundle::default());
            report.observed(&summary);
            after_look(&mut report, Some(1), at(10 * MINUTE));
            assert!(is_stalled(&report));
            if look > 0 {
                assert_eq!(Some(report.status()), one.status.as_ref());
            }
            one.status = Some(report.status().clone());
        }
    }

    #[rstest]
    #[case::nobody_says_one(None, 0, None)]
    #[case::long_before_it(Some(10), 0, Some(Again::LaterAndAfter(Duration::from_mins(10))))]
    #[case::shortly_before_it(Some(10), 10 * MINUTE - 7, Some(Again::LaterAndAfter(Duration::from_secs(7))))]
    #[case::at_it(Some(10), 10 * MINUTE, Some(Again::Later))]
    fn what_fails_is_looked_at_when_it_had_its_time(
        #[case] minutes: Option<i32>,
        #[case] now: i64,
        #[case] expected: Option<Again>,
    ) {
        let deadline = Deadline::of(minutes, at(0));
        assert_eq!(deadline.map(|deadline| deadline.until(at(now))), expected);
        assert_eq!(
            deadline.is_some_and(|deadline| deadline.is_over(at(now))),
            expected == Some(Again::Later)
        );
    }

    #[test]
    fn the_first_moment_counts() {
        assert_eq!(earliest([Again::OnRequest, after(7), after(5)]), after(5));
        assert_eq!(earliest([Again::OnRequest, until_rotation(None)]), Again::OnRequest);
        assert_eq!(earliest([Again::OnRequest, until_rotation(Some(3))]), after(3));
    }
}
