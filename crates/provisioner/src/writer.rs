//! Writing what is reported on a `BundleDeployment`, its inventory among it.
//!
//! In: a [`Report`] that grows. Out: its status in the cluster, written when it differs and only over what was seen. It is the
//! [`Store`] of the engine: what is owned is in the status before it is in the cluster. Whoever finds that somebody else has written
//! an inventory, or that the owner is not what it was, is overtaken, and does nothing more.

mod hold;

use std::time::Duration;

use futures_util::future::BoxFuture;
use kube::ResourceExt as _;
use rukpak_api::names::BUNDLE_DEPLOYMENT;
use rukpak_api::{BundleDeployment, BundleDeploymentStatus, InventoryEntry};
use rukpak_apply::cluster::{Address, ApiError, Cluster, Refusal};
use rukpak_apply::engine::Store;
use rukpak_apply::{Entry, Inventory};
use rukpak_manifest::Object;
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::Instant;

pub(crate) use hold::is_held;

use crate::context::requested_at;
use crate::deployments::{Deployments, identity};
use crate::events::Events;
use crate::report::Report;

/// How long it is believed that a `BundleDeployment` is as it was seen.
const BELIEVED: Duration = Duration::from_millis(250);

/// How often a status is written anew since something else about the object has changed.
const TRIES: u32 = 5;

/// The status of one `BundleDeployment`, during one reconcile.
pub(crate) struct Writer {
    cluster: Cluster,
    deployments: Deployments,
    events: Events,
    state: Mutex<State>,
}

struct State {
    /// As it was seen last.
    live: BundleDeployment,
    /// What this reconcile is about, as it began.
    asked: Asked,
    report: Report,
    /// When it was.
    seen: Instant,
    /// Whether it goes.
    is_teardown: bool,
    /// Whether nothing but the inventory is written: the report is of something that is not asked for any more.
    is_silent: bool,
    /// Whether an inventory was saved, and with that something may have been written.
    has_saved: bool,
}

/// What somebody asked for: a spec, and a look.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    generation: Option<i64>,
    look: Option<String>,
}

impl Asked {
    fn of(deployment: &BundleDeployment) -> Self {
        let look = requested_at(deployment).map(str::to_owned);
        Self { generation: deployment.metadata.generation, look }
    }
}

impl State {
    /// The status as it is to be.
    fn status(&self) -> BundleDeploymentStatus {
        let reported = self.report.status();
        if !self.is_silent {
            return reported.clone();
        }
        let inventory = reported.inventory.clone();
        BundleDeploymentStatus { inventory, ..self.live.status.clone().unwrap_or_default() }
    }

    /// The spec is the one that this reconcile is about, whoever has seen another one meanwhile.
    fn must_be_asked_for(&self) -> Result<(), ApiError> {
        if self.live.metadata.generation == self.asked.generation {
            return Ok(());
        }
        Err(overtaken(&self.live, "its spec is new"))
    }
}

impl Writer {
    pub(crate) fn new(
        cluster: Cluster,
        deployments: Deployments,
        events: Events,
        live: BundleDeployment,
        report: Report,
    ) -> Self {
        let seen = Instant::now().checked_sub(BELIEVED).unwrap_or_else(Instant::now);
        let asked = Asked::of(&live);
        let state =
            State { live, asked, report, seen, is_teardown: false, is_silent: false, has_saved: false };
        Self { cluster, deployments, events, state: Mutex::new(state) }
    }

    /// The same, where what is owned is given back.
    pub(crate) fn for_teardown(mut self) -> Self {
        self.state.get_mut().is_teardown = true;
        self
    }

    /// The same, where what runs is kept as it is while something else is reported.
    pub(crate) fn silent(mut self) -> Self {
        self.state.get_mut().is_silent = true;
        self
    }

    /// Takes note of something, to be written with the next thing that is.
    pub(crate) async fn note<T>(&self, change: impl FnOnce(&mut Report) -> T) -> T {
        change(&mut self.state.lock().await.report)
    }

    /// Takes note of something, and writes it.
    pub(crate) async fn tell(&self, change: impl FnOnce(&mut Report)) -> Result<(), ApiError> {
        let mut state = self.state.lock().await;
        change(&mut state.report);
        if state.is_silent { Ok(()) } else { self.flush(&mut state, false).await }
    }

    /// Tells of what is no error, by an event.
    pub(crate) async fn warn(&self, reason: &'static str, message: &str) {
        let state = self.state.lock().await;
        if !state.is_silent {
            self.events.warn(&state.live, reason, message);
        }
    }

    /// The `BundleDeployment` as it was seen last.
    pub(crate) async fn live(&self) -> BundleDeployment {
        self.state.lock().await.live.clone()
    }

    /// The status as far as it is made.
    pub(crate) async fn reported(&self) -> BundleDeploymentStatus {
        self.state.lock().await.report.status().clone()
    }

    /// Whether something else is asked for than this reconcile is about: nobody but us may have seen that.
    pub(crate) async fn is_behind(&self) -> bool {
        let state = self.state.lock().await;
        Asked::of(&state.live) != state.asked
    }

    /// Whether something may have been written beside the status.
    pub(crate) async fn has_saved(&self) -> bool {
        self.state.lock().await.has_saved
    }

    /// Writes the status if it differs from what is there. Where it `must_be_current`, of no other generation.
    async fn flush(&self, state: &mut State, must_be_current: bool) -> Result<(), ApiError> {
        for _ in 0..TRIES {
            if must_be_current {
                state.must_be_asked_for()?;
            }
            let status = state.status();
            if state.live.status.as_ref() == Some(&status) {
                return Ok(());
            }
            let before = state.live.status.clone().unwrap_or_default();
            let finalizers = state.live.metadata.finalizers.clone();
            let next = with_status(&state.live, &status);
            self.deployments.writing(&state.live.name_any(), finalizers, Some(status));
            match self.cluster.replace_status(&address(&state.live), &next).await {
                Ok(written) => {
                    state.live = read(written)?;
                    state.seen = Instant::now();
                    if !state.is_silent {
                        state.report.is_written();
                    }
                    self.deployments.wrote(state.live.clone());
                    self.events.changed(&state.live, &before.conditions);
                    return Ok(());
                }
                Err(error) if error.refusal() == Refusal::Conflict => {
                    self.look(state, must_be_current).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Err(overtaken(&state.live, "it changes all the time"))
    }

    /// Writes what is owned.
    async fn save_in(&self, state: &mut State, inventory: &Inventory) -> Result<(), ApiError> {
        let is_first = !state.has_saved;
        state.report.status_mut().inventory = Some(listed(inventory));
        if is_first {
            if !state.is_teardown {
                state.report.writing();
            }
            if state.live.status.as_ref() == Some(&state.status()) {
                // Nothing is new that a write would show to others, or be refused by.
                self.look(state, true).await?;
            }
        }
        self.flush(state, is_first).await
    }

    /// Looks at the `BundleDeployment` itself, which must still be the one that it was.
    async fn look(&self, state: &mut State, must_be_current: bool) -> Result<(), ApiError> {
        let Some(live) = self.cluster.get(&address(&state.live)).await? else {
            return Err(overtaken(&state.live, "it is gone"));
        };
        let live = read(live)?;
        let inventory =
            |live: &BundleDeployment| live.status.as_ref().and_then(|status| status.inventory.clone());
        if identity(&live) != identity(&state.live) {
            return Err(overtaken(&live, "its class, its UID, or that it goes is new"));
        }
        if inventory(&live) != inventory(&state.live) {
            return Err(overtaken(&live, "somebody else has written its inventory"));
        }
        state.live = live;
        state.seen = Instant::now();
        if must_be_current { state.must_be_asked_for() } else { Ok(()) }
    }
}

impl Store for Writer {
    fn save<'a>(&'a self, inventory: &'a Inventory) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            let mut state = self.state.lock().await;
            let before = state.report.clone();
            let saved = self.save_in(&mut state, inventory).await;
            match saved {
                Ok(()) => state.has_saved = true,
                // Nothing is done that was not saved, nor is it told: an inventory may be more than a status can hold.
                Err(_) => state.report = before,
            }
            saved
        })
    }

    fn confirm(&self) -> BoxFuture<'_, Result<(), ApiError>> {
        Box::pin(async move {
            let mut state = self.state.lock().await;
            if state.seen.elapsed() < BELIEVED {
                return state.must_be_asked_for();
            }
            self.look(&mut state, true).await
        })
    }
}

/// Whether an error says that somebody else is at work on a `BundleDeployment`, or that there is something else to do. The same of an
/// object that it owns, which may be a `BundleDeployment` as well, is none.
pub(crate) fn is_overtaken(error: &ApiError, deployment: &BundleDeployment) -> bool {
    *error.id() == address(deployment).id && matches!(error.refusal(), Refusal::Conflict | Refusal::NotFound)
}

/// What is owned, as a status has it.
pub(crate) fn listed(inventory: &Inventory) -> rukpak_api::Inventory {
    let entries = inventory.entries().into_iter();
    let entries = entries.map(|Entry { id, version }| InventoryEntry { id: id.to_string(), v: version });
    rukpak_api::Inventory { entries: entries.collect() }
}

/// Where a `BundleDeployment` is.
pub(crate) fn address(deployment: &BundleDeployment) -> Address {
    Address::known(BUNDLE_DEPLOYMENT, None, &deployment.name_any())
}

/// What an API server says of a `BundleDeployment`.
pub(crate) fn read(object: Object) -> Result<BundleDeployment, ApiError> {
    let id = rukpak_apply::ObjectId::of(&object);
    serde_json::from_value(object.into_value()).map_err(|error| {
        ApiError::overtaken("read", &id, &format!("it is not as its definition says: {error}"))
    })
}

fn overtaken(deployment: &BundleDeployment, why: &str) -> ApiError {
    ApiError::overtaken("go on with", &address(deployment).id, why)
}

fn with_status(live: &BundleDeployment, status: &BundleDeploymentStatus) -> Object {
    let [group, version, kind, _] = BUNDLE_DEPLOYMENT;
    let mut object = Object::new(&format!("{group}/{version}"), kind, None, &live.name_any());
    let metadata = object.metadata_mut();
    metadata.insert("uid".into(), json!(live.metadata.uid));
    metadata.insert("resourceVersion".into(), json!(live.metadata.resource_version));
    object.fields_mut().insert("spec".into(), json!(live.spec));
    object.fields_mut().insert("status".into(), json!(status));
    object
}
