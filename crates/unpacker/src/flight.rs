//! One fetch for all in this process who ask for the same at once.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OnceCell;

use crate::cache::Key;

/// What is fetched, and where: a key is the same content wherever it comes from, and who has named a fast place does not wait for
/// a slow one.
type Way = (Key, String);

/// Fetches that are under way.
#[derive(Debug)]
pub(crate) struct Flights<T>(Mutex<HashMap<Way, Weak<OnceCell<T>>>>);

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Flights<T> {
    /// What `fetch` gives, or what it gave to another caller who asked at the same place while this one did. An error is for the
    /// one who got it: with other credentials the next one may be luckier.
    pub(crate) async fn join<E>(
        &self,
        key: &Key,
        place: &str,
        fetch: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let cell = self.cell((key.clone(), place.to_owned()));
        let result = cell.get_or_try_init(|| fetch).await.cloned();
        drop(cell);
        self.all().retain(|_, cell| cell.strong_count() > 0);
        result
    }

    fn cell(&self, way: Way) -> Arc<OnceCell<T>> {
        let mut all = self.all();
        if let Some(cell) = all.get(&way).and_then(Weak::upgrade) {
            return cell;
        }
        let cell = Arc::new(OnceCell::new());
        all.insert(way, Arc::downgrade(&cell));
        cell
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<Way, Weak<OnceCell<T>>>> {
        // A thread that panicked has left a map that is as good as before.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use rukpak_tree::Keep;
    use tokio::task::JoinSet;
    use tokio::time::{sleep, timeout};

    use super::*;

    fn key(name: &str) -> Key {
        Key::of("test", &[name], &Keep::everything())
    }

    #[tokio::test(start_paused = true)]
    async fn one_fetch_for_all_who_ask_at_once() {
        let (flights, calls) = (Arc::new(Flights::default()), Arc::new(AtomicU32::new(0)));
        let mut asking = JoinSet::new();
        for _ in 0..100 {
            let (flights, calls) = (Arc::clone(&flights), Arc::clone(&calls));
            asking.spawn(async move {
                let fetch = async {
                    sleep(Duration::from_secs(1)).await;
                    Ok::<_, ()>(calls.fetch_add(1, Ordering::SeqCst))
                };
                flights.join(&key("a"), "x", fetch).await
            });
        }
        assert!(asking.join_all().await.into_iter().all(|result| result == Ok(0)));
        assert!(flights.all().is_empty(), "nothing is remembered");
        let again = flights.join(&key("a"), "x", async { Ok::<_, ()>(7) }).await;
        assert_eq!(again, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn one_place_does_not_wait_for_another() {
        let (flights, key) = (Flights::<u32>::default(), key("a"));
        tokio::select! {
            biased;
            _ = flights.join(&key, "slow", std::future::pending::<Result<u32, ()>>()) => {}
            fast = flights.join(&key, "fast", async { Ok::<_, ()>(2) }) => assert_eq!(fast, Ok(2)),
        }
    }

    #[tokio::test]
    async fn an_error_is_for_the_one_who_got_it() {
        let (flights, key) = (Flights::<u32>::default(), key("a"));
        let (first, second) = tokio::join!(
            flights.join(&key, "x", async { Err("refused") }),
            flights.join(&key, "x", async { Ok::<_, &str>(2) }),
        );
        assert_eq!((first, second), (Err("refused"), Ok(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_goes_away_leaves_it_to_the_next() {
        let (flights, key) = (Flights::<u32>::default(), key("a"));
        let gone = timeout(
            Duration::from_secs(1),
            flights.join(&key, "x", async {
                sleep(Duration::from_mins(1)).await;
                Ok::<_, ()>(1)
            }),
        );
        let next = async {
            sleep(Duration::from_millis(10)).await;
            flights.join(&key, "x", async { Ok::<_, ()>(2) }).await
        };
        let (gone, next) = tokio::join!(gone, next);
        assert!(gone.is_err());
        assert_eq!(next, Ok(2));
    }
}
