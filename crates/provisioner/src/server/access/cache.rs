//! What was found out a moment ago.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// How much is kept.
const ENTRIES: usize = 1024;

/// Answers that hold for a while.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    life: Duration,
    entries: HashMap<K, (Instant, V)>,
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    /// An empty one, of what holds for so long.
    pub(super) fn new(life: Duration) -> Self {
        Self { life, entries: HashMap::new() }
    }

    /// What was found out, if it still holds.
    pub(super) fn get(&self, key: &K, now: Instant) -> Option<V> {
        self.entries.get(key).filter(|(since, _)| now < *since + self.life).map(|(_, value)| value.clone())
    }

    /// Keeps what was found out at a time, in the place of the oldest where there is no room.
    pub(super) fn put(&mut self, key: K, value: V, now: Instant) {
        if self.entries.len() >= ENTRIES {
            let life = self.life;
            self.entries.retain(|_, (since, _)| now < *since + life);
        }
        if self.entries.len() >= ENTRIES
            && let Some(oldest) = self.entries.iter().min_by_key(|(_, (since, _))| *since)
        {
            let oldest = oldest.0.clone();
            self.entries.remove(&oldest);
        }
        self.entries.insert(key, (now, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_answer_holds_for_a_while() {
        let (mut cache, now) = (Cache::new(10 * SECOND), Instant::now());
        cache.put("a", 1, now);
        assert_eq!(cache.get(&"a", now + 9 * SECOND), Some(1));
        assert_eq!(cache.get(&"a", now + 10 * SECOND), None);
        assert_eq!(cache.get(&"b", now), None);
    }

    #[test]
    fn only_so_much_is_kept() {
        let (mut cache, now) = (Cache::new(Duration::from_hours(1)), Instant::now());
        for number in 0..=ENTRIES {
            cache.put(number, (), now + Duration::from_millis(u64::try_from(number).unwrap()));
        }
        assert_eq!(cache.entries.len(), ENTRIES);
        assert_eq!(cache.get(&0, now), None);
        assert_eq!(cache.get(&ENTRIES, now + SECOND), Some(()));
        // Those that do not hold any more go first, all at once.
        cache.put(0, (), now + Duration::from_hours(2));
        assert_eq!(cache.entries.len(), 1);
    }
}
