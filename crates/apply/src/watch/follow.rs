//! Following the objects of one kind, for ever: list them, watch them, and again.
//!
//! A watch that ends goes on where it was. One that fails is tried again after a wait; one that is too far behind begins with a
//! list; one whose kind is not served waits until it is. Nobody else is held up by any of that.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use rukpak_manifest::GroupVersionKind;
use tokio::time::{Instant, sleep, timeout};

use super::pace::Pace;
use crate::cluster::{ApiError, Change, Cluster, Metadata, Refusal};
use crate::probe::GroupKind;
use crate::{Discovery, ServedKinds};

/// How long the server is asked to go on with a watch.
const WATCH: Duration = Duration::from_mins(5);

/// How much longer it may take until it ends.
const GRACE: Duration = Duration::from_secs(15);

/// How long nothing may come of a watch that has told before how far it is: API servers do so once a minute. A connection that is
/// dead says nothing for ever.
const SILENCE: Duration = Duration::from_secs(150);

/// How often it is asked for a kind that is not served, should nobody say that it is.
const UNSERVED: Duration = Duration::from_mins(2);

/// A watch that went on for so long went well.
const STEADY: Duration = Duration::from_secs(1);

/// What is told about the objects of a kind.
pub(super) trait Sink: Send + Sync {
    /// These are all that there are.
    fn listed(&self, objects: Vec<Metadata>);
    /// An object is there, or is another than before.
    fn is(&self, object: Metadata);
    /// An object is gone.
    fn was(&self, object: Metadata);
    /// From now on, what happens is told soon, or it is not.
    fn current(&self, state: State);
}

/// How a watch is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has not begun, or has lost its connection.
    Connecting,
    /// It tells what happens.
    Watching,
    /// No server serves its kind.
    NotServed,
}

/// Follows a kind.
pub(super) struct Follower<S> {
    pub(super) cluster: Cluster,
    pub(super) discovery: Arc<Discovery>,
    pub(super) kind: GroupKind,
    pub(super) selector: Option<String>,
    pub(super) sink: S,
}

/// Where a watch goes on.
type Position = Option<(GroupVersionKind, String)>;

/// Why there is nothing to go on with.
enum Stop {
    NotServed(Arc<ServedKinds>),
    Failed(ApiError),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl<S: Sink> Follower<S> {
    /// Follows it until this is dropped.
    pub(super) async fn run(self) {
        let (mut pace, mut position) = (Pace::default(), None);
        loop {
            match self.turn(&mut position, &mut pace).await {
                Ok(()) => sleep(pace.wait()).await,
                Err(Stop::NotServed(seen)) => {
                    position = None;
                    self.sink.current(State::NotServed);
                    if timeout(UNSERVED, self.discovery.changed(&seen)).await.is_err() {
                        let _ = self.discovery.missed(&seen).await;
                    }
                }
                Err(Stop::Failed(error)) => {
                    self.sink.current(State::Connecting);
                    let refusal = error.refusal();
                    let wait = if refusal == Refusal::Forbidden {
                        // Every look asks for everything until it is allowed.
                        tracing::warn!(%error, "a watch is not allowed");
                        pace.wait_for_somebody()
                    } else {
                        tracing::debug!(%error, "a watch failed");
                        pace.wait()
                    };
                    match refusal {
                        Refusal::Expired => position = None,
                        Refusal::NotFound => {
                            position = None;
                            if let Ok(seen) = self.discovery.served().await {
                                let _ = self.discovery.missed(&seen).await;
                            }
                        }
                        _ => {}
                    }
                    sleep(wait).await;
                }
            }
        }
    }

    /// One watch, with a list before it where there is nothing to go on with.
    async fn turn(&self, position: &mut Position, pace: &mut Pace) -> Result<(), Stop> {
        let served = self.discovery.served().await?;
        let Some((gvk, resource)) = served.newest(&self.kind.group, &self.kind.kind) else {
            return Err(Stop::NotServed(served));
        };
        let selector = self.selector.as_deref();
        let version = match position.take() {
            Some((before, version)) if before == *gvk => version,
            _ => {
                let (objects, version) = self.cluster.list_metadata(gvk, resource, selector).await?;
                self.sink.listed(objects);
                version
            }
        };
        *position = Some((gvk.clone(), version.clone()));
        let events = self.cluster.watch_metadata(gvk, resource, selector, &version, WATCH).await?;
        let opened = Instant::now();
        self.sink.current(State::Watching);
        let told = |version| *position = Some((gvk.clone(), version));
        let done = self.tell(events, told, pace).await;
        if opened.elapsed() > STEADY {
            pace.worked();
        }
        Ok(done?)
    }

    /// Tells what happens until the watch ends, and the version at which each event leaves it.
    async fn tell(
        &self,
        events: impl Stream<Item = Result<Change, ApiError>>,
        mut told: impl FnMut(String),
        pace: &mut Pace,
    ) -> Result<(), ApiError> {
        let (mut events, mut end) = (pin!(events), pin!(sleep(WATCH + GRACE)));
        let mut marked = false;
        loop {
            let silence = async { if marked { sleep(SILENCE).await } else { pending().await } };
            let event = tokio::select! {
                event = events.next() => event,
                () = silence => None,
                () = &mut end => None,
            };
            let Some(event) = event else { return Ok(()) };
            let version = match event? {
                Change::Is(object) => {
                    let version = object.resource_version.clone();
                    self.sink.is(object);
                    version
                }
                Change::Was(object) => {
                    let version = object.resource_version.clone();
                    self.sink.was(object);
                    version
                }
                Change::Mark(version) => {
                    marked = true;
                    version
                }
            };
            pace.worked();
            told(version);
        }
    }
}

#[cfg(test)]
mod tests;
