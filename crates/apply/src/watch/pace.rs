//! How long is waited before a watch that failed begins again.

use std::time::Duration;

use tokio::time::Instant;

/// The first wait.
const FIRST: Duration = Duration::from_millis(200);

/// The longest where a failure passes by itself. So much later than its server, a watch is there again.
const LONGEST: Duration = Duration::from_secs(10);

/// The longest where somebody has to do something about it.
const LONGEST_OF_ALL: Duration = Duration::from_secs(30);

/// What went on for so long after a wait went well, even if nothing came of it.
const STEADY: Duration = Duration::from_mins(1);

/// Waits that double with each failure, and begin anew after a success.
#[derive(Debug, Default)]
pub struct Pace {
    failures: u32,
    /// When the last wait ended, or will.
    waited: Option<Instant>,
}

impl Pace {
    /// Something went well.
    pub fn worked(&mut self) {
        self.failures = 0;
    }

    /// How long to wait now: between half of the wait and the whole, so that many do not come back at once.
    pub fn wait(&mut self) -> Duration {
        self.wait_at_most(LONGEST)
    }

    /// The same after what does not pass by itself.
    pub(super) fn wait_for_somebody(&mut self) -> Duration {
        self.wait_at_most(LONGEST_OF_ALL)
    }

    fn wait_at_most(&mut self, longest: Duration) -> Duration {
        if self.waited.is_some_and(|waited| waited.elapsed() > STEADY) {
            self.worked();
        }
        let whole = (FIRST * 2_u32.saturating_pow(self.failures.min(16))).min(longest);
        self.failures = self.failures.saturating_add(1);
        let wait = whole.mul_f32(0.5 + fastrand::f32() / 2.0);
        self.waited = Some(Instant::now() + wait);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::time::sleep;

    const WHOLE: [u128; 9] = [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000];

    fn assert_waits(pace: &mut Pace, whole: &[u128]) {
        for whole in whole {
            let wait = pace.wait().as_millis();
            assert!((whole / 2..=*whole).contains(&wait), "{wait} ms of {whole} ms");
        }
    }

    #[test]
    fn waits_double_to_a_limit_and_begin_anew() {
        let mut pace = Pace::default();
        for _ in 0..2 {
            assert_waits(&mut pace, &WHOLE);
            pace.worked();
        }
        pace.failures = u32::MAX;
        assert!(pace.wait() <= LONGEST);
        assert!(pace.wait_for_somebody() > LONGEST);
        assert!(pace.wait_for_somebody() <= LONGEST_OF_ALL);
    }

    #[tokio::test(start_paused = true)]
    async fn what_lasted_began_anew() {
        let mut pace = Pace::default();
        assert_waits(&mut pace, &WHOLE);
        sleep(Duration::from_secs(65)).await;
        assert_waits(&mut pace, &[10_000]);
        sleep(Duration::from_secs(71)).await;
        assert_waits(&mut pace, &WHOLE);
    }

    #[test]
    fn waits_are_not_the_same() {
        let waits: std::collections::BTreeSet<_> = (0..50).map(|_| Pace::default().wait()).collect();
        assert!(waits.len() > 1);
    }
}
