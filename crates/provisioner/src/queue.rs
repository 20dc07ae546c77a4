//! Who is to be looked at, and when.
//!
//! In: names. Out: [`Job`]s, one for each name however often it was asked for, and never two of one name at the same time: who is
//! asked for meanwhile comes again afterwards. A name that fails comes again later and later; one that is well is left alone. Whoever is
//! asked for before that time comes at once, and is told so. It knows nothing of what is behind the names.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// The first wait after a failure, and the longest.
const FAILURES: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(10)];

/// The first wait where something only takes its time, or where somebody has to clear the way, and the longest.
const PROGRESS: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(1)];

/// How long a name waits by itself that somebody will ask for.
const WAITING: Duration = Duration::from_mins(1);

/// When a name is looked at again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// Not before somebody asks for it.
    OnRequest,
    /// After this time.
    After(Duration),
    /// Soon, since it takes its time: from 1 s up to a minute, longer each time.
    Soon,
    /// After a while, since it failed: from 1 s up to 10 minutes, longer each time. Where it was looked at before its time, at that time.
    Later,
    /// After a while, since something is in its way that somebody may take away at any time: from 1 s up to a minute, longer each time.
    Blocked,
    /// When somebody asks for it, who will; else after a minute. It says nothing about how the name is.
    Waiting,
}

/// Names that wait for their turn.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    changed: Notify,
    closed: CancellationToken,
}

#[derive(Debug, Default)]
struct Inner {
    ready: VecDeque<Arc<str>>,
    later: BTreeSet<(Instant, Arc<str>)>,
    names: BTreeMap<Arc<str>, Entry>,
    running: usize,
    /// Whether a job was given out.
    is_begun: bool,
}

/// What is known of a name.
#[derive(Debug, Default)]
struct Entry {
    place: Place,
    /// How often it came again by itself without being well.
    tries: u32,
    /// When it is tried again by itself, if it failed.
    retry: Option<Instant>,
    ends: Ends,
}

/// What ends the work on a name early.
#[derive(Debug, Default, Clone)]
struct Ends {
    /// All of it.
    cancel: CancellationToken,
    /// What nobody has seen anything of.
    renewed: CancellationToken,
}

/// Where a name is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Nowhere,
    Ready,
    Later(Instant),
    Running,
    /// And asked for meanwhile.
    RunningAgain,
}

/// A name whose turn it is. Dropped, it is asked for again.
#[derive(Debug)]
pub(crate) struct Job {
    name: Arc<str>,
    is_early: bool,
    ends: Ends,
    queue: Option<Arc<Queue>>,
}

impl Queue {
    /// Asks for a name.
    pub(crate) fn add(&self, name: &str) {
        self.lock().add(name);
        self.changed.notify_one();
    }

    /// Asks for a name, and ends the work on it that is going on: it is about something that is not so any more.
    pub(crate) fn restart(&self, name: &str) {
        self.end(name, |ends| &ends.cancel);
    }

    /// The same, but ends no more of the work than what nobody has seen anything of: something else is asked for by now.
    pub(crate) fn renew(&self, name: &str) {
        self.end(name, |ends| &ends.renewed);
    }

    fn end(&self, name: &str, which: impl FnOnce(&Ends) -> &CancellationToken) {
        let mut inner = self.lock();
        inner.add(name);
        if let Some(entry) = inner.names.get(name) {
            which(&entry.ends).cancel();
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// What was behind a name is gone: as [`restart`](Self::restart), unless no job was ever given out. Then there is nothing to clear
    /// up, and who waits for the lease for months keeps no names of what came and went.
    pub(crate) fn gone(&self, name: &str) {
        let mut inner = self.lock();
        if inner.is_begun {
            drop(inner);
            self.restart(name);
        } else {
            inner.names.remove(name);
            inner.ready.retain(|ready| **ready != *name);
        }
    }

    /// How many names wait for a worker, and how many are being worked on.
    pub(crate) fn lengths(&self) -> [usize; 2] {
        let inner = self.lock();
        [inner.ready.len(), inner.running]
    }

    /// Gives out no more jobs.
    pub(crate) fn close(&self) {
        self.closed.cancel();
    }

    /// Waits until it is closed.
    pub(crate) async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// Whether it is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    /// The next name whose turn it is. `None` when the queue is closed.
    pub(crate) async fn take(self: &Arc<Self>) -> Option<Job> {
        loop {
            let due = {
                if self.is_closed() {
                    return None;
                }
                let mut inner = self.lock();
                let now = Instant::now();
                inner.wake(now);
                if let Some((name, is_early, ends)) = inner.take(now) {
                    if !inner.ready.is_empty() {
                        self.changed.notify_one();
                    }
                    return Some(Job { name, is_early, ends, queue: Some(Arc::clone(self)) });
                }
                inner.later.first().map(|(due, _)| *due)
            };
            let wake = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = wake => {}
                () = self.changed.notified() => {}
                () = self.closed() => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change of it is whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn add(&mut self, name: &str) {
        let name: Arc<str> = name.into();
        let entry = self.names.entry(Arc::clone(&name)).or_default();
        match entry.place {
            Place::Ready | Place::RunningAgain => return,
            Place::Running => {
                entry.place = Place::RunningAgain;
                return;
            }
            Place::Later(due) => {
                self.later.remove(&(due, Arc::clone(&name)));
            }
            Place::Nowhere => {}
        }
        entry.place = Place::Ready;
        self.ready.push_back(name);
    }

    /// Whose time has come is ready.
    fn wake(&mut self, now: Instant) {
        while let Some((due, name)) = self.later.pop_first() {
            if due > now {
                self.later.insert((due, name));
                return;
            }
            if let Some(entry) = self.names.get_mut(&name) {
                entry.place = Place::Ready;
                self.ready.push_back(name);
            }
        }
    }

    fn take(&mut self, now: Instant) -> Option<(Arc<str>, bool, Ends)> {
        let name = self.ready.pop_front()?;
        self.running += 1;
        self.is_begun = true;
        let entry = self.names.entry(Arc::clone(&name)).or_default();
        entry.place = Place::Running;
        entry.ends = Ends::default();
        entry.retry = entry.retry.filter(|retry| now < *retry);
        let (is_early, ends) = (entry.retry.is_some(), entry.ends.clone());
        Some((name, is_early, ends))
    }

    fn done(&mut self, name: &Arc<str>, again: Again, now: Instant) {
        self.running = self.running.saturating_sub(1);
        let Some(entry) = self.names.get_mut(name) else { return };
        entry.tries = match again {
            Again::OnRequest | Again::After(_) => 0,
            Again::Later if entry.retry.is_some() => entry.tries,
            Again::Soon | Again::Blocked | Again::Later => entry.tries.saturating_add(1),
            Again::Waiting => entry.tries,
        };
        let due = match again {
            Again::OnRequest => None,
            Again::After(wait) => Some(now + wait),
            Again::Soon | Again::Blocked => Some(now + wait(PROGRESS, entry.tries)),
            Again::Later => Some(entry.retry.unwrap_or_else(|| now + wait(FAILURES, entry.tries))),
            Again::Waiting => Some(now + WAITING),
        };
        entry.retry = due.filter(|_| again == Again::Later);
        if entry.place == Place::RunningAgain {
            entry.place = Place::Ready;
            self.ready.push_back(Arc::clone(name));
        } else if let Some(due) = due {
            entry.place = Place::Later(due);
            self.later.insert((due, Arc::clone(name)));
        } else {
            self.names.remove(name);
        }
    }
}

impl Job {
    /// The name.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it failed, and it is not yet time to try that again: something else may be new.
    #[must_use]
    pub(crate) fn is_early(&self) -> bool {
        self.is_early
    }

    /// Waits until the work on it has become pointless.
    pub(crate) async fn cancelled(&self) {
        self.ends.cancel.cancelled().await;
    }

    /// Cancelled when something else is asked for.
    #[must_use]
    pub(crate) fn renewed(&self) -> CancellationToken {
        self.ends.renewed.clone()
    }

    /// The work on it is done.
    pub(crate) fn done(mut self, again: Again) {
        if let Some(queue) = self.queue.take() {
            queue.lock().done(&self.name, again, Instant::now());
            queue.changed.notify_one();
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.take() {
            queue.lock().done(&self.name, Again::Later, Instant::now());
            queue.changed.notify_one();
        }
    }
}

/// How long to wait after so many tries: between three quarters of the wait and the whole, so that many do not come at once.
fn wait([first, longest]: [Duration; 2], tries: u32) -> Duration {
    let whole = (first * 2_u32.saturating_pow(tries.saturating_sub(1).min(16))).min(longest);
    // The keys of hash maps are as good as dice.
    let share = u32::try_from(RandomState::new().hash_one(()) % 100).unwrap_or_default();
    whole / 4 * 3 + whole / 4 * share / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::time::{advance, timeout};

    const SECOND: Duration = Duration::from_secs(1);

    async fn next(queue: &Arc<Queue>) -> Option<Job> {
        timeout(Duration::from_millis(1), queue.take()).await.ok().flatten()
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_was_asked_for_twice_comes_once() {
        let queue = Arc::new(Queue::default());
        for name in ["a", "b", "a"] {
            queue.add(name);
        }
        let names = [next(&queue).await.unwrap(), next(&queue).await.unwrap()];
        assert_eq!([names[0].name(), names[1].name()], ["a", "b"]);
        assert!(next(&queue).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_is_asked_for_meanwhile_comes_again_and_never_twice_at_once() {
        let queue = Arc::new(Queue::default());
        queue.add("a");
        let job = next(&queue).await.unwrap();
        queue.add("a");
        queue.add("a");
        assert!(next(&queue).await.is_none());
        assert_eq!(queue.lengths(), [0, 1]);
        job.done(Again::OnRequest);
        next(&queue).await.unwrap().done(Again::OnRequest);
        assert!(next(&queue).await.is_none());
        assert!(queue.lock().names.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn failures_wait_longer_each_time_and_a_success_forgets_them() {
        let queue = Arc::new(Queue::default());
        queue.add("a");
        for whole in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600] {
            next(&queue).await.unwrap().done(Again::Later);
            assert!(timeout(SECOND * whole * 7 / 10, queue.take()).await.is_err(), "{whole}");
            advance(SECOND * whole * 3 / 10).await;
        }
        next(&queue).await.unwrap().done(Again::After(SECOND));
        advance(SECOND).await;
        next(&queue).await.unwrap().done(Again::Later);
        advance(SECOND).await;
        assert!(next(&queue).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_asked_for_while_it_waits_after_a_failure_is_early_and_waits_no_longer_for_that() {
        let queue = Arc::new(Queue::default());
        queue.add("a");
        for _ in 0..6 {
            let failed = timeout(SECOND * 40, queue.take()).await.unwrap().unwrap();
            assert!(!failed.is_early());
            failed.done(Again::Later);
        }
        let start = Instant::now();
        // Something happens each second, and once meanwhile.
        for second in 0..20 {
            queue.add("a");
            let job = next(&queue).await.unwrap();
            assert!(job.is_early(), "{second}");
            if second == 7 {
                queue.add("a");
            }
            job.done(Again::Later);
            if second == 7 {
                next(&queue).await.unwrap().done(Again::Later);
            }
            advance(SECOND).await;
        }
        let job = timeout(SECOND * 13, queue.take()).await.unwrap().unwrap();
        assert!(!job.is_early() && start.elapsed() >= SECOND * 23, "{:?}", start.elapsed());
        job.done(Again::Later);
        assert!(timeout(SECOND * 47, queue.take()).await.is_err(), "the seventh time it failed");
        queue.add("a");
        let job = next(&queue).await.unwrap();
        assert!(job.is_early());
        job.done(Again::After(SECOND));
        queue.add("a");
        assert!(!next(&queue).await.unwrap().is_early(), "it is well again");
    }

    #[tokio::test(start_paused = true)]
    async fn what_somebody_may_take_out_of_the_way_is_looked_for_each_minute() {
        let queue = Arc::new(Queue::default());
        queue.add("a");
        for whole in [1, 2, 4, 8, 16, 32, 60, 60] {
            next(&queue).await.unwrap().done(Again::Blocked);
            assert!(timeout(SECOND * whole * 7 / 10, queue.take()).await.is_err(), "{whole}");
            advance(SECOND * whole * 3 / 10).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_others_has_failed_no_less_and_no_more() {
        let queue = Arc::new(Queue::default());
        queue.add("a");
        for _ in 0..4 {
            let failed = timeout(SECOND * 8, queue.take()).await.unwrap().unwrap();
            failed.done(Again::Later);
        }
        queue.add("a");
        next(&queue).await.unwrap().done(Again::Waiting);
        assert!(timeout(SECOND * 59, queue.take()).await.is_err());
        timeout(SECOND, queue.take()).await.unwrap().unwrap().done(Again::Later);
        assert!(timeout(SECOND * 11, queue.take()).await.is_err(), "the fifth time it failed");
        assert!(timeout(SECOND * 5, queue.take()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_is_there_at_once_when_it_is_asked_for() {
        let queue = Arc::new(Queue::default());
        queue.add("a");
        next(&queue).await.unwrap().done(Again::After(SECOND * 1000));
        assert!(next(&queue).await.is_none());
        queue.add("a");
        next(&queue).await.unwrap().done(Again::OnRequest);
        advance(SECOND * 2000).await;
        assert!(next(&queue).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_has_become_pointless_is_told_so_and_comes_again() {
        let queue = Arc::new(Queue::default());
        queue.add("a");
        let job = next(&queue).await.unwrap();
        assert!(timeout(SECOND, job.cancelled()).await.is_err());
        queue.restart("a");
        timeout(SECOND, job.cancelled()).await.unwrap();
        job.done(Again::OnRequest);
        let job = next(&queue).await.unwrap();
        assert!(timeout(SECOND, job.cancelled()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn work_on_what_is_not_asked_for_any_more_is_told_so_and_not_ended() {
        let queue = Arc::new(Queue::default());
        queue.renew("a");
        let job = next(&queue).await.unwrap();
        assert!(!job.renewed().is_cancelled());
        queue.renew("a");
        assert!(job.renewed().is_cancelled());
        assert!(timeout(SECOND, job.cancelled()).await.is_err());
        job.done(Again::OnRequest);
        assert!(!next(&queue).await.unwrap().renewed().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_gone_is_cleared_up_after_where_there_was_work() {
        let queue = Arc::new(Queue::default());
        queue.add("a");
        queue.add("b");
        queue.gone("a");
        queue.gone("c");
        assert_eq!(queue.lengths(), [1, 0]);
        next(&queue).await.unwrap().done(Again::OnRequest);
        queue.gone("a");
        assert_eq!(next(&queue).await.unwrap().name(), "a");
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_ends_early_loses_nothing() {
        let queue = Arc::new(Queue::default());
        queue.add("a");
        drop(next(&queue).await.unwrap());
        advance(SECOND).await;
        assert!(next(&queue).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn all_workers_hear_that_it_is_closed() {
        let queue = Arc::new(Queue::default());
        let workers: Vec<_> = (0..3)
            .map(|_| {
                let queue = Arc::clone(&queue);
                tokio::spawn(async move { queue.take().await.is_none() })
            })
            .collect();
        tokio::task::yield_now().await;
        queue.close();
        for worker in workers {
            assert!(timeout(SECOND, worker).await.unwrap().unwrap());
        }
    }
}
