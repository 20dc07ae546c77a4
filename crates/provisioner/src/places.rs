//! Who fetches at the same time.
//!
//! What is being fetched is in memory, so there are few places for that. A source may take its time, all that one fetch is given, by
//! saying little for long; so neither one server nor one tenant gets all places. Who gets none waits without holding anything: as a name,
//! which is put into the queue when a place is kept for it. It knows nothing of what is fetched.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rukpak_unpacker::GIT_AT_ONCE;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::queue::Queue;

/// What a fetch has a part of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Share {
    /// What is fetched from a server.
    Server(String),
    /// What is fetched for those who act in a namespace.
    Tenant(String),
    /// What is fetched by git.
    Git,
    /// What is fetched by git from a server.
    GitOfServer(String),
    /// What is fetched by git for those who act in a namespace.
    GitOfTenant(String),
}

/// The places that there are.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    number: usize,
    queue: Arc<Queue>,
    state: Mutex<State>,
    /// Told each time that a place is free again.
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    taken: BTreeMap<Share, usize>,
    all_taken: usize,
    waiting: VecDeque<Waiting>,
    /// Places that are taken for names which have not come for them yet.
    kept: BTreeMap<String, Vec<Vec<Share>>>,
}

#[derive(Debug)]
struct Waiting {
    name: String,
    shares: Vec<Share>,
    since: Instant,
}

/// A place, until this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    shares: Vec<Share>,
}

/// The places that were kept for a name when its turn came. Those that are not used then are free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Kept {
    places: Places,
    name: String,
    unused: Mutex<Vec<Place>>,
}

impl Share {
    /// How many of the places it may have.
    fn limit(&self, places: usize) -> usize {
        let limit = match self {
            Self::Server(_) => places * 3 / 4,
            Self::Tenant(_) => places / 2,
            Self::Git => GIT_AT_ONCE,
            Self::GitOfServer(_) | Self::GitOfTenant(_) => GIT_AT_ONCE / 2,
        };
        limit.max(1)
    }
}

impl Places {
    /// So many; whoever gets one after having waited is put into this queue.
    pub(crate) fn new(number: u16, queue: Arc<Queue>) -> Self {
        Self(Arc::new(Shared { number: number.into(), queue, state: Mutex::default(), freed: Notify::new() }))
    }

    /// What was kept for a name whose turn it is.
    pub(crate) fn kept_for(&self, name: &str) -> Kept {
        let kept = self.lock().kept.remove(name).unwrap_or_default();
        let kept = kept.into_iter().map(|shares| Place { places: self.clone(), shares }).collect();
        Kept { places: self.clone(), name: name.to_owned(), unused: Mutex::new(kept) }
    }

    /// Waits for a place for a fetch that has these parts. Whoever has a name that can be put into the queue should rather use that
    /// ([`Kept::take`]).
    pub(crate) async fn wait_for(&self, shares: &[Share]) -> Place {
        loop {
            let freed = self.0.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            let place = self.take(&mut self.lock(), shares);
            match place {
                Some(place) => return place,
                None => freed.await,
            }
        }
    }

    /// How many names wait.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Nobody waits any more, and nothing is kept for anybody.
    pub(crate) fn forget_all(&self) {
        let kept = {
            let mut state = self.lock();
            state.waiting.clear();
            std::mem::take(&mut state.kept)
        };
        for shares in kept.into_values().flatten() {
            drop(Place { places: self.clone(), shares });
        }
    }

    fn take(&self, state: &mut State, shares: &[Share]) -> Option<Place> {
        state.has_room(shares, self.0.number).then(|| {
            state.take(shares);
            Place { places: self.clone(), shares: shares.to_vec() }
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of it is whole.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// A place for a fetch that has these parts. Where there is none now, how long the name has been waiting for one; it is put into the
    /// queue when one is kept for it.
    pub(crate) fn take(&self, shares: Vec<Share>) -> Result<Place, Duration> {
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = unused.iter().position(|place| place.shares == shares) {
            return Ok(unused.swap_remove(index));
        }
        let places = &self.places;
        let mut state = places.lock();
        if let Some(place) = places.take(&mut state, &shares) {
            return Ok(place);
        }
        let is_same = |waiting: &&Waiting| waiting.name == self.name && waiting.shares == shares;
        if let Some(waiting) = state.waiting.iter().find(is_same) {
            return Err(waiting.since.elapsed());
        }
        state.waiting.push_back(Waiting { name: self.name.clone(), shares, since: Instant::now() });
        Err(Duration::ZERO)
    }
}

impl State {
    fn has_room(&self, shares: &[Share], number: usize) -> bool {
        let has_part =
            |share: &Share| self.taken.get(share).copied().unwrap_or_default() < share.limit(number);
        self.all_taken < number && shares.iter().all(has_part)
    }

    fn take(&mut self, shares: &[Share]) {
        self.all_taken += 1;
        for share in shares {
            *self.taken.entry(share.clone()).or_default() += 1;
        }
    }

    fn give_back(&mut self, shares: &[Share]) {
        self.all_taken = self.all_taken.saturating_sub(1);
        for share in shares {
            if let Some(taken) = self.taken.get_mut(share) {
                *taken = taken.saturating_sub(1);
                if *taken == 0 {
                    self.taken.remove(share);
                }
            }
        }
    }

    /// Keeps what is free for whoever waits for it, the first ones first. Their names.
    fn settle(&mut self, number: usize) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(index) = self.waiting.iter().position(|next| self.has_room(&next.shares, number)) {
            let Some(Waiting { name, shares, since: _ }) = self.waiting.remove(index) else { break };
            self.take(&shares);
            self.kept.entry(name.clone()).or_default().push(shares);
            names.push(name);
        }
        names
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Shared { number, queue, freed, state: _ } = &*self.places.0;
        let names = {
            let mut state = self.places.lock();
            state.give_back(&self.shares);
            state.settle(*number)
        };
        for name in names {
            queue.add(&name);
        }
        freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, timeout};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn places(number: u16) -> (Places, Arc<Queue>) {
        let queue = Arc::new(Queue::default());
        (Places::new(number, Arc::clone(&queue)), queue)
    }

    fn server(name: &str) -> Vec<Share> {
        vec![Share::Server(name.into())]
    }

    fn take(places: &Places, name: &str, shares: Vec<Share>) -> Result<Place, Duration> {
        places.kept_for(name).take(shares)
    }

    async fn next(queue: &Arc<Queue>) -> Option<String> {
        let job = timeout(Duration::from_millis(1), queue.take()).await.ok()??;
        Some(job.name().to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn one_server_does_not_get_all_places() {
        let (places, queue) = places(4);
        let slow: Vec<_> =
            ["a", "b", "c"].map(|name| take(&places, name, server("slow")).unwrap()).into_iter().collect();
        assert_eq!(take(&places, "d", server("slow")).unwrap_err(), Duration::ZERO);
        let other = take(&places, "e", server("other")).unwrap();
        assert_eq!(take(&places, "f", server("third")).unwrap_err(), Duration::ZERO);
        advance(SECOND).await;
        assert_eq!(take(&places, "d", server("slow")).unwrap_err(), SECOND, "it waits once");
        assert_eq!(places.waiting(), 2);
        // Who waits for the slow one does not hold up who came later.
        drop(other);
        assert_eq!(next(&queue).await.as_deref(), Some("f"));
        assert!(take(&places, "g", server("third")).is_err(), "it is kept");
        let third = take(&places, "f", server("third")).unwrap();
        drop(slow);
        assert_eq!(next(&queue).await.as_deref(), Some("d"));
        drop(third);
        assert_eq!(next(&queue).await.as_deref(), Some("g"));
    }

    #[test]
    fn parts_of_few_places() {
        let (server, tenant) = (Share::Server(String::new()), Share::Tenant(String::new()));
        let of = |places| [&server, &tenant].map(|share| share.limit(places));
        assert_eq!([1, 2, 3, 4, 8].map(of), [[1, 1], [1, 1], [2, 1], [3, 2], [6, 4]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_gets_half_of_the_places_wherever_it_fetches() {
        let (places, queue) = places(4);
        let shares = |at: &str, tenant: &str| vec![Share::Server(at.into()), Share::Tenant(tenant.into())];
        let first = take(&places, "a", shares("1", "evil")).unwrap();
        let _second = take(&places, "b", shares("2", "evil")).unwrap();
        assert!(take(&places, "c", shares("3", "evil")).is_err());
        let _others = ["d", "e"].map(|name| take(&places, name, shares("4", "good")).unwrap());
        drop(first);
        assert_eq!(next(&queue).await.as_deref(), Some("c"));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_by_themselves_has_a_place_as_soon_as_there_is_one() {
        let (places, _queue) = places(1);
        let first = take(&places, "a", server("x")).unwrap();
        let shares = server("y");
        let waits = || timeout(SECOND, places.wait_for(&shares));
        assert!(waits().await.is_err());
        let (second, ()) = tokio::join!(waits(), async { drop(first) });
        drop(second.expect("there is one"));
        waits().await.expect("there is one at once");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_and_not_used_is_free_again() {
        let (places, queue) = places(1);
        let first = take(&places, "a", server("x")).unwrap();
        assert!(take(&places, "b", server("x")).is_err());
        assert!(take(&places, "c", server("x")).is_err());
        drop(first);
        assert_eq!(next(&queue).await.as_deref(), Some("b"));
        // It wants something else by now.
        let kept = places.kept_for("b");
        assert!(kept.take(server("y")).is_err());
        drop(kept);
        assert_eq!(next(&queue).await.as_deref(), Some("c"));
        places.forget_all();
        assert_eq!(places.waiting(), 0);
        take(&places, "d", server("x")).expect("nothing is kept");
    }
}
