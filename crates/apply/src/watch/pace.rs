//! How long is waited before something that failed is tried again.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// The first wait, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// Waits that double with each failure, and begin anew after a success.
#[derive(Debug, Default)]
pub(super) struct Pace {
    failures: u32,
}

impl Pace {
    /// Something went well.
    pub(super) fn worked(&mut self) {
        self.failures = 0;
    }

    /// How long to wait now: between half of the wait and the whole, so that many do not come back at once.
    pub(super) fn wait(&mut self) -> Duration {
        let whole = (WAITS.0 * 2_u32.saturating_pow(self.failures.min(16))).min(WAITS.1);
        self.failures = self.failures.saturating_add(1);
        whole / 2 + whole / 2 * percentage() / 100
    }
}

/// From 0 to 99. The keys of hash maps are as good as dice.
fn percentage() -> u32 {
    u32::try_from(RandomState::new().hash_one(()) % 100).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_limit_and_begin_anew() {
        let mut pace = Pace::default();
        for _ in 0..2 {
            for whole in [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000] {
                let wait = pace.wait().as_millis();
                assert!((whole / 2..=whole).contains(&wait), "{wait} ms of {whole} ms");
            }
            pace.worked();
        }
        pace.failures = u32::MAX;
        assert!(pace.wait() <= WAITS.1);
    }

    #[test]
    fn waits_are_not_the_same() {
        let waits: std::collections::BTreeSet<_> = (0..50).map(|_| Pace::default().wait()).collect();
        assert!(waits.len() > 1);
    }
}
