//! What to do about a Lease, by what was seen of it.

use std::time::Duration;

use rukpak_manifest::Object;
use serde_json::Value;
use tokio::time::Instant;

/// What is read of a Lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    version: String,
    /// Who holds it; empty where it was given back.
    holder: String,
    duration: Duration,
    transitions: i64,
}

/// What a contender knows.
#[derive(Debug)]
pub(super) struct Contest {
    identity: String,
    /// How long a Lease is taken to be good that does not say so.
    duration: Duration,
    /// What was seen last, and since when it has been so. The time is ours: nobody has to have the same one.
    seen: Option<(Seen, Instant)>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// There is none: make it.
    Create,
    /// It is nobody's any more: take it.
    Take {
        /// At which resource version.
        version: String,
        /// How often it has changed hands, with this time.
        transitions: i64,
    },
    /// It is ours: go on.
    Renew {
        /// At which resource version.
        version: String,
    },
    /// It is another one's.
    Wait,
}

impl Seen {
    /// Of a Lease; one without a holder is nobody's.
    pub(super) fn of(lease: Option<&Object>) -> Option<Self> {
        let lease = lease?;
        let text = |path: &[&str]| lease.get(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |path: &[&str]| lease.get(path).and_then(Value::as_i64).unwrap_or_default();
        let seconds = number(&["spec", "leaseDurationSeconds"]).max(0).unsigned_abs();
        Some(Self {
            version: text(&["metadata", "resourceVersion"]),
            holder: text(&["spec", "holderIdentity"]),
            duration: Duration::from_secs(seconds),
            transitions: number(&["spec", "leaseTransitions"]),
        })
    }

    /// Its resource version.
    pub(super) fn version(&self) -> &str {
        &self.version
    }
}

impl Contest {
    /// Nothing seen yet. The identity is this process's alone.
    pub(super) fn new(identity: String, duration: Duration) -> Self {
        Self { identity, duration, seen: None }
    }

    /// The Lease was seen like this; `None` where there is none.
    pub(super) fn saw(&mut self, seen: Option<Seen>, now: Instant) {
        match (seen, &self.seen) {
            // As it was, and since when it was.
            (Some(seen), Some((before, _))) if seen == *before => {}
            (seen, _) => self.seen = seen.map(|seen| (seen, now)),
        }
    }

    /// A write was refused, since the Lease is not what was seen.
    pub(super) fn was_beaten(&mut self) {
        self.seen = None;
    }

    /// What was seen last.
    pub(super) fn seen(&self) -> Option<&Seen> {
        self.seen.as_ref().map(|(seen, _)| seen)
    }

    /// Whether that was ours. Where an answer was lost it may be although nobody said so.
    pub(super) fn is_ours(&self) -> bool {
        self.seen().is_some_and(|seen| seen.holder == self.identity)
    }

    /// What to do about it.
    pub(super) fn next(&self, now: Instant) -> Move {
        let Some((seen, since)) = &self.seen else { return Move::Create };
        let version = seen.version.clone();
        if self.is_ours() {
            return Move::Renew { version };
        }
        let duration = if seen.duration.is_zero() { self.duration } else { seen.duration };
        if !seen.holder.is_empty() && now < *since + duration {
            return Move::Wait;
        }
        Move::Take { version, transitions: seen.transitions.saturating_add(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use serde_json::json;
    use tokio::time::advance;

    const DURATION: Duration = Duration::from_secs(15);
    const ALMOST: Duration = Duration::from_millis(14_999);
    const REST: Duration = Duration::from_millis(1);

    fn lease(version: &str, spec: Value) -> Option<Seen> {
        let mut lease = Object::new("coordination.k8s.io/v1", "Lease", Some("a"), "b").with("spec", spec);
        lease.metadata_mut().insert("resourceVersion".into(), version.into());
        Seen::of(Some(&lease))
    }

    fn held_by(holder: &str, version: &str) -> Option<Seen> {
        lease(version, json!({"holderIdentity": holder, "leaseDurationSeconds": 15, "leaseTransitions": 3}))
    }

    fn contest(seen: Option<Seen>) -> Contest {
        let mut contest = Contest::new("ours".into(), DURATION);
        contest.saw(seen, Instant::now());
        contest
    }

    fn take(version: &str, transitions: i64) -> Move {
        Move::Take { version: version.into(), transitions }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_not_there_is_made() {
        assert_eq!(contest(None).next(Instant::now()), Move::Create);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_ours_is_renewed_however_old_it_is() {
        let contest = contest(held_by("ours", "7"));
        advance(DURATION * 9).await;
        assert_eq!(contest.next(Instant::now()), Move::Renew { version: "7".into() });
    }

    #[tokio::test(start_paused = true)]
    async fn another_ones_is_taken_when_it_was_watched_unchanged_for_its_duration() {
        let mut contest = contest(held_by("theirs", "7"));
        advance(ALMOST).await;
        contest.saw(held_by("theirs", "7"), Instant::now());
        assert_eq!(contest.next(Instant::now()), Move::Wait);
        advance(REST).await;
        assert_eq!(contest.next(Instant::now()), take("7", 4));
    }

    #[tokio::test(start_paused = true)]
    async fn each_renewal_begins_the_wait_anew() {
        let mut contest = contest(held_by("theirs", "7"));
        advance(ALMOST).await;
        contest.saw(held_by("theirs", "8"), Instant::now());
        advance(ALMOST).await;
        assert_eq!(contest.next(Instant::now()), Move::Wait);
        advance(REST).await;
        assert_eq!(contest.next(Instant::now()), take("8", 4));
    }

    #[tokio::test(start_paused = true)]
    async fn the_times_in_it_do_not_matter() {
        let old = json!({"holderIdentity": "theirs", "leaseDurationSeconds": 15, "renewTime": "2001-01-01T00:00:00.000000Z"});
        assert_eq!(contest(lease("7", old)).next(Instant::now()), Move::Wait);
    }

    #[tokio::test(start_paused = true)]
    async fn its_own_duration_counts_where_it_has_one() {
        let contest = contest(lease("7", json!({"holderIdentity": "theirs", "leaseDurationSeconds": 60})));
        advance(DURATION * 3).await;
        assert_eq!(contest.next(Instant::now()), Move::Wait);
        advance(DURATION).await;
        assert_eq!(contest.next(Instant::now()), take("7", 1));
    }

    #[tokio::test(start_paused = true)]
    async fn ours_counts_where_it_has_none() {
        let contest = contest(lease("7", json!({"holderIdentity": "theirs"})));
        assert_eq!(contest.next(Instant::now()), Move::Wait);
        advance(DURATION).await;
        assert_eq!(contest.next(Instant::now()), take("7", 1));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_was_given_back_is_taken_at_once() {
        assert_eq!(
            contest(lease("7", json!({"leaseDurationSeconds": 1}))).next(Instant::now()),
            take("7", 1)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_was_faster_is_waited_for() {
        let mut contest = contest(held_by("theirs", "7"));
        advance(DURATION).await;
        contest.was_beaten();
        contest.saw(held_by("others", "8"), Instant::now());
        assert_eq!(contest.next(Instant::now()), Move::Wait);
    }
}
