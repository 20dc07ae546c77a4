//! Fights: what we set right, somebody else changes again, and again.
//!
//! In: that something was set right. Out: whether that is to be told. Nobody would hear of it otherwise, since each time all is well.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many times within so long is nobody's mistake.
const REPAIRS: (usize, Duration) = (5, Duration::from_mins(1));

/// How long it is not told again.
const TOLD: Duration = Duration::from_mins(10);

/// When the objects of which `BundleDeployments` were set right.
#[derive(Default)]
pub(crate) struct Contested(Mutex<BTreeMap<String, Repairs>>);

/// Those of one.
#[derive(Default)]
struct Repairs {
    /// The last ones, the latest at the end.
    last: VecDeque<Instant>,
    told: Option<Instant>,
}

impl Contested {
    /// Objects of one were set right now. Whether it is to be told that somebody fights over them.
    pub(crate) fn repaired(&self, name: &str, now: Instant) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(name.to_owned()).or_default().add(now)
    }

    /// One is gone, or not ours.
    pub(crate) fn forget(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

impl Repairs {
    fn add(&mut self, now: Instant) -> bool {
        let (times, within) = REPAIRS;
        self.last.push_back(now);
        self.last.retain(|repair| now.duration_since(*repair) <= within);
        let is_told = self.told.is_some_and(|told| now.duration_since(told) < TOLD);
        let is_news = self.last.len() >= times && !is_told;
        if is_news {
            self.told = Some(now);
        }
        if self.last.len() >= times {
            self.last.pop_front();
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::now_and_then(&[0, 20, 40, 60, 80, 100, 120], &[])]
    #[case::again_and_again(&[0, 1, 2, 3, 4, 5, 6], &[4])]
    #[case::after_a_quiet_time(&[0, 100, 101, 102, 103, 104], &[104])]
    #[case::still_after_ten_minutes(&[0, 1, 2, 3, 4, 600, 601, 602, 603, 604, 605], &[4, 604])]
    fn when_it_is_told(#[case] seconds: &[u64], #[case] expected: &[u64]) {
        let (contested, start) = (Contested::default(), Instant::now());
        let told = |second: &&u64| contested.repaired("web", start + Duration::from_secs(**second));
        let told: Vec<u64> = seconds.iter().filter(told).copied().collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn each_for_itself_and_none_after_it_is_gone() {
        let (contested, now) = (Contested::default(), Instant::now());
        for _ in 0..4 {
            assert!(!contested.repaired("web", now) && !contested.repaired("other", now));
        }
        contested.forget("web");
        assert!(!contested.repaired("web", now) && contested.repaired("other", now));
    }
}
