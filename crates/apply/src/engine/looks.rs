//! Waiting for something that comes about by itself: looks at it, ever less often.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Engine, EngineError};
use crate::ObjectId;
use crate::probe::Health;

/// How long is waited between two looks, at first and at last: at what is written, and at what goes.
pub(super) const SOON: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(500));
/// The same where it takes longer as a rule.
pub(super) const LATER: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// The looks at something.
pub(super) struct Looks {
    start: Instant,
    pause: Duration,
    longest: Duration,
}

impl Looks {
    /// From now on, with as much between two of them at first and at last.
    pub(super) fn new((pause, longest): (Duration, Duration)) -> Self {
        Self { start: Instant::now(), pause, longest }
    }

    /// How long it has taken until now.
    pub(super) fn spent(&self) -> Duration {
        self.start.elapsed()
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(self.longest);
    }
}

/// How long a failure that was there already has to pass, where something was written that may make it good: whoever works on the object
/// has to try again.
const TO_PASS: Duration = Duration::from_secs(30);

/// The failures of what is waited for: those that come up meanwhile count at once, as do those of what was made just now; what has failed
/// before gets its time.
pub(super) struct Failures<'a> {
    /// The objects that had failed when the waiting began, and have not moved since, each with its text.
    before: BTreeMap<ObjectId, String>,
    /// What was made before the waiting, as long as nobody has looked, and where anything was written.
    made: Option<&'a BTreeSet<ObjectId>>,
}

impl<'a> Failures<'a> {
    /// None yet, after so many objects were written, of which these were made.
    pub(super) fn after(written: usize, made: &'a BTreeSet<ObjectId>) -> Self {
        Self { before: BTreeMap::new(), made: Some(made).filter(|_| written > 0) }
    }

    /// None yet, and nothing was written.
    pub(super) fn new() -> Self {
        Self { before: BTreeMap::new(), made: None }
    }

    /// The first that counts, of what is not healthy after so long.
    fn first<'o>(
        &mut self,
        unhealthy: &[(&'o ObjectId, &'o Health)],
        spent: Duration,
    ) -> Option<(&'o ObjectId, &'o Health)> {
        let mut failed = unhealthy.iter().copied().filter(|(_, health)| health.is_failed());
        if let Some(made) = self.made.take() {
            let before = failed.clone().filter(|(id, _)| !made.contains(id));
            self.before = before.map(|(id, health)| (id.clone(), health.message().to_owned())).collect();
        }
        // Who has moved and fails again has failed anew.
        self.before
            .retain(|id, text| failed.clone().any(|(one, health)| one == id && health.message() == *text));
        failed.find(|(id, _)| spent >= TO_PASS || !self.before.contains_key(id))
    }
}

impl Engine {
    /// Refuses to wait any longer for objects that are not healthy, those that have failed first: one has failed, or our patience is at an
    /// end. Some failures pass, most do not; either way they are worth to be told soon.
    pub(super) fn may_wait(
        &self,
        unhealthy: &[(&ObjectId, &Health)],
        failures: &mut Failures<'_>,
        looks: &Looks,
    ) -> Result<(), EngineError> {
        let spent = looks.spent();
        let late = unhealthy.first().copied().filter(|_| spent > self.wait());
        let Some((id, health)) = failures.first(unhealthy, spent).or(late) else { return Ok(()) };
        let waited = self.options.wait.is_none().then_some(spent);
        Err(EngineError::NotReady { id: id.clone().into(), message: health.message().to_owned(), waited })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Looks at two objects, one each five seconds, after so many were written, of which some were made; and which look ended it, with
    /// the object that it was about.
    fn ended(written: usize, made: &[&str], looks: &[[&str; 2]]) -> Option<(usize, String)> {
        let ids: [ObjectId; 2] = ["_a_apps_Deployment", "_b_apps_Deployment"].map(|id| id.parse().unwrap());
        let made = ids.iter().filter(|id| made.contains(&id.name.as_str())).cloned().collect();
        let mut failures = Failures::after(written, &made);
        looks.iter().enumerate().find_map(|(number, texts)| {
            let healths = texts.map(|text| match text.strip_prefix("failed: ") {
                Some(text) => Health::Failed(text.into()),
                None => Health::InProgress(text.into()),
            });
            let unhealthy: Vec<_> = ids.iter().zip(&healths).collect();
            let spent = Duration::from_secs(5) * u32::try_from(number).unwrap();
            failures.first(&unhealthy, spent).map(|(id, _)| (number, id.name.clone()))
        })
    }

    #[rstest]
    #[case::nothing_was_written(0, &[], &[["failed: no", "-"]], Some((0, "a")))]
    #[case::it_was_made_just_now(1, &["a"], &[["failed: no", "-"]], Some((0, "a")))]
    #[case::it_passes(1, &["b"], &[["failed: no", "-"], ["-", "-"]], None)]
    #[case::it_does_not_pass(1, &[], &[["failed: no", "-"]; 8], Some((6, "a")))]
    #[case::it_comes_back(1, &[], &[["failed: no", "-"], ["-", "-"], ["failed: no", "-"]], Some((2, "a")))]
    #[case::it_fails_otherwise(1, &[], &[["failed: no", "-"], ["failed: never", "-"]], Some((1, "a")))]
    #[case::another_one_fails(1, &[], &[["failed: no", "-"], ["failed: no", "failed: no"]], Some((1, "b")))]
    #[case::it_comes_up_later(1, &[], &[["-", "-"], ["failed: no", "-"]], Some((1, "a")))]
    fn failures_that_count(
        #[case] written: usize,
        #[case] made: &[&str],
        #[case] looks: &[[&str; 2]],
        #[case] expected: Option<(usize, &str)>,
    ) {
        let ended = ended(written, made, looks);
        assert_eq!(ended.as_ref().map(|(number, name)| (*number, name.as_str())), expected);
    }
}
