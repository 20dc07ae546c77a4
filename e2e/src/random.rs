//! Numbers that look like chance, and are the same for the same seed.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where they come from (the generator is `SplitMix64`).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Of a seed, for one of several that share it.
    #[must_use]
    pub fn new(seed: u64, lane: u64) -> Self {
        let mut random = Self(seed ^ (lane << 32));
        random.next();
        random
    }

    /// A number below a bound.
    #[must_use]
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from(self.next() % bound).unwrap()
    }

    /// Whether it happens, of a hundred times so many.
    #[must_use]
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// What chance begins with: `CHAOS_SEED`, or the time.
#[must_use]
pub fn seed() -> u64 {
    number("CHAOS_SEED").unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

/// How often something is done by chance: `CHAOS_ROUNDS`, or 20.
#[must_use]
pub fn rounds() -> usize {
    usize::try_from(number("CHAOS_ROUNDS").unwrap_or(20)).unwrap()
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().and_then(|text| text.parse().ok())
}
