//! Who is to be looked at, and when.
//!
//! In: names. Out: [`Job`]s, one for each name however often it was asked for, and never two of one name at the same time: who is
//! asked for meanwhile comes again afterwards. A name that fails comes again later and later; one that is well is left alone. Whoever is
//! asked for before that time comes at once, and is told so. It knows nothing of what is behind the names.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
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
    /// The same, and once after this time, where that is earlier: something else is due then.
    LaterAndAfter(Duration),
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
    /// Jobs that are given out.
    taken: usize,
    /// Of these those that are worked on.
    running: usize,
    /// Whether a job was ever given out.
    any_taken: bool,
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
    is_begun: bool,
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
        if inner.any_taken {
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
        [inner.ready.len() + inner.taken - inner.running, inner.running]
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
                    let queue = Some(Arc::clone(self));
                    return Some(Job { name, is_early, is_begun: false, ends, queue });
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
        self.taken += 1;
        self.any_taken = true;
        let entry = self.names.entry(Arc::clone(&name)).or_default();
        entry.place = Place::Running;
        entry.ends = Ends::default();
        entry.retry = entry.retry.filter(|retry| now < *retry);
        let (is_early, ends) = (entry.retry.is_some(), entry.ends.clone());
        Some((name, is_early, ends))
    }

    fn done(&mut self, name: &Arc<str>, was_begun: bool, again: Again, now: Instant) {
        self.taken = self.taken.saturating_sub(1);
        self.running = self.running.saturating_sub(usize::from(was_begun));
        let Some(entry) = self.names.get_mut(name) else { return };
        entry.tries = match again {
            Again::OnRequest | Again::After(_) => 0,
            Again::Later | Again::LaterAndAfter(_) if entry.retry.is_some() => entry.tries,
            Again::Soon | Again::Blocked | Again::Later | Again::LaterAndAfter(_) => {
                entry.tries.saturating_add(1)
            }
            Again::Waiting => entry.tries,
        };
        let retry = matches!(again, Again::Later | Again::LaterAndAfter(_))
            .then(|| entry.retry.unwrap_or_else(|| now + wait(FAILURES, entry.tries)));
        let due = match again {
            Again::OnRequest => None,
            Again::After(wait) => Some(now + wait),
            Again::Soon | Again::Blocked => Some(now + wait(PROGRESS, entry.tries)),
            Again::Later => retry,
            Again::LaterAndAfter(wait) => retry.map(|retry| retry.min(now + wait)),
            Again::Waiting => Some(now + WAITING),
        };
        entry.retry = retry;
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

    /// The work on it begins.
    pub(crate) fn begin(&mut self) {
        if let Some(queue) = self.queue.as_ref().filter(|_| !self.is_begun) {
            queue.lock().running += 1;
            self.is_begun = true;
        }
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
            queue.lock().done(&self.name, self.is_begun, again, Instant::now());
            queue.changed.notify_one();
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.take() {
            queue.lock().done(&self.name, self.is_begun, Again::Later, Instant::now());
            queue.changed.notify_one();
        }
    }
}

/// How long to wait after so many tries: between three quarters of the wait and the whole, so that many do not come at once.
fn wait([first, longest]: [Duration; 2], tries: u32) -> Duration {
    let whole = (first * 2_u32.saturating_pow(tries.saturating_sub(1).min(16))).min(longest);
    whole.mul_f32(0.75 + fastrand::f32() / 4.0)
}

#[cfg(test)]
mod tests;
