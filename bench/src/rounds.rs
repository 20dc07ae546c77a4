//! Rounds of several programs in turn, and what their times say.

use std::time::Duration;

use anyhow::Result;
use nix::time::{ClockId, clock_gettime};

/// One round of one program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    /// How long it took.
    pub(crate) time: Duration,
    /// How many of its inputs it refused.
    pub(crate) refused: usize,
}

impl Round {
    /// Times a function that answers how many of its inputs it refused.
    ///
    /// The clock is the processor time of this process, which has one thread: on an idle machine that is the time that
    /// passes, and on a busy one it leaves out the others' turns.
    pub(crate) fn of(work: impl FnOnce() -> usize) -> Result<Self> {
        let now = || clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID);
        let start = now()?;
        let refused = work();
        Ok(Self { time: Duration::from(now()? - start), refused })
    }
}

/// Something that can run a round.
pub(crate) struct Contender<'a> {
    /// Its name in the table.
    pub(crate) name: String,
    run: Box<dyn FnMut() -> Result<Round> + 'a>,
    /// The rounds so far.
    pub(crate) series: Series,
}

/// The rounds of one program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    times: Vec<Duration>,
    /// How many inputs were refused in the last round; the same in each.
    pub(crate) refused: usize,
}

impl Series {
    /// Adds a round.
    pub(crate) fn push(&mut self, round: Round) {
        self.times.push(round.time);
        self.times.sort();
        self.refused = round.refused;
    }

    /// The time in the middle; of an even number of rounds the mean of the two in the middle.
    pub(crate) fn median(&self) -> Duration {
        let at = |index: usize| self.times.get(index).copied().unwrap_or_default();
        let count = self.times.len();
        (at(count.saturating_sub(1) / 2) + at(count / 2)) / 2
    }

    /// The median as a part of another's.
    pub(crate) fn part_of(&self, other: &Self) -> f64 {
        self.median().as_secs_f64() / other.median().as_secs_f64()
    }

    /// The shortest time.
    pub(crate) fn min(&self) -> Duration {
        self.times.first().copied().unwrap_or_default()
    }

    /// The longest time.
    pub(crate) fn slowest(&self) -> Duration {
        self.times.last().copied().unwrap_or_default()
    }
}

impl<'a> Contender<'a> {
    /// A program that has not run yet.
    pub(crate) fn new(name: impl Into<String>, run: impl FnMut() -> Result<Round> + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run), series: Series::default() }
    }

    /// Runs a round, and keeps it if it counts.
    fn round(&mut self, counts: bool) -> Result<()> {
        let round = (self.run)()?;
        if counts {
            self.series.push(round);
        }
        Ok(())
    }
}

/// Runs ours and each peer in turn (ours, peer, ours, next peer, ...), so that a machine that changes its speed changes it
/// for all. One round before the others does not count.
pub(crate) fn interleave(ours: &mut Contender<'_>, peers: &mut [Contender<'_>], rounds: u32) -> Result<()> {
    for round in 0..=rounds {
        eprintln!("{}: round {round} of {rounds}", ours.name);
        for peer in peers.iter_mut() {
            ours.round(round > 0)?;
            peer.round(round > 0)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(millis: &[u64]) -> Series {
        let mut series = Series::default();
        for time in millis {
            series.push(Round { time: Duration::from_millis(*time), refused: 0 });
        }
        series
    }

    #[test]
    fn median_and_minimum() {
        assert_eq!(series(&[9, 1, 5]).median(), Duration::from_millis(5));
        assert_eq!(series(&[9, 1, 5, 3]).median(), Duration::from_millis(4));
        assert_eq!(series(&[9, 1, 5]).min(), Duration::from_millis(1));
        assert_eq!(series(&[]).median(), Duration::ZERO);
    }
}
