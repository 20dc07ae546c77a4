//! What watches, engines and whoever waits for triggers share: who needs what, what is known of objects, and who is to be told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rukpak_manifest::{Digest, Object, digest_of};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::follow::{Sink, State};
use super::needs::{Needs, Turn};
use super::objects::{self, Objects, Verified};
use super::pending::Pending;
use super::{Trigger, Watched};
use crate::cluster::Metadata;
use crate::diff::comparable;
use crate::engine::Known;
use crate::owner::{OWNER_NAME, PLANNED};
use crate::probe::{GroupKind, Health, Probes, absent};
use crate::{ObjectId, Planned};

/// How long the answer of a request may take that was there before a list, and is told after it.
const LISTED: Duration = Duration::from_secs(5);

/// How long it is believed that an object is doing as it did when it was made or read.
const FRESH: Duration = Duration::from_secs(1);

pub(super) struct Shared {
    /// The kind of the owners.
    owners: String,
    /// By which health is judged.
    probes: Probes,
    inner: Mutex<Inner>,
    /// Somebody is to be told something.
    told: Notify,
}

#[derive(Default)]
struct Inner {
    needs: Needs,
    kinds: BTreeMap<GroupKind, Kind>,
    pending: Pending,
    is_over: bool,
}

struct Kind {
    state: State,
    objects: Objects,
    /// The plans of those that owners use as they are, and no watch tells of: they are others'.
    used: BTreeMap<(Box<str>, objects::Key), Digest>,
    /// When all of them were listed last.
    listed: Option<Instant>,
}

impl Shared {
    pub(super) fn new(owners: &str, probes: Probes) -> Self {
        Self { owners: owners.into(), probes, inner: Mutex::default(), told: Notify::new() }
    }

    /// Changes what an owner needs. What is to be watched from now on, and what is not any more.
    pub(super) fn need(&self, owner: &str, kinds: &BTreeSet<GroupKind>) -> Turn {
        let mut inner = self.lock();
        if kinds.is_empty() {
            inner.pending.forget(owner);
        }
        for (_, kind) in inner.kinds.iter_mut().filter(|(kind, _)| !kinds.contains(kind)) {
            kind.used.retain(|(user, _), _| **user != *owner);
        }
        let turn = inner.needs.set(owner, kinds);
        for kind in &turn.ends {
            inner.kinds.remove(kind);
        }
        for kind in &turn.begins {
            let (objects, used) = (Objects::of(kind), BTreeMap::new());
            let begun = Kind { state: State::Connecting, objects, used, listed: None };
            inner.kinds.insert(kind.clone(), begun);
        }
        turn
    }

    pub(super) fn watched(&self) -> Vec<Watched> {
        let inner = self.lock();
        let watched = |(kind, Kind { state, objects, .. }): (&GroupKind, &Kind)| Watched {
            kind: kind.clone(),
            state: *state,
            objects: objects.len(),
        };
        inner.kinds.iter().map(watched).collect()
    }

    /// The served kinds are others.
    pub(super) fn served(&self) {
        self.lock().pending.served();
        self.told.notify_one();
    }

    /// Nothing more will be told, and nothing is known any more.
    pub(super) fn end(&self) {
        *self.lock() = Inner { is_over: true, ..Inner::default() };
        self.told.notify_one();
    }

    /// Waits for something to tell. `None`: there will be nothing more.
    pub(super) async fn next(&self) -> Option<Trigger> {
        loop {
            let due = {
                let mut inner = self.lock();
                let Inner { kinds, pending, is_over, .. } = &mut *inner;
                if *is_over {
                    return None;
                }
                // What is settled for whoever has it now is news for whoever had it.
                let is_settled = |owner: &str, id: &ObjectId| {
                    let (kind, key) = place(id);
                    kinds.get(&kind).is_some_and(|kind| kind.objects.is_settled(owner, &key))
                };
                if let Some(trigger) = pending.take(Instant::now(), is_settled) {
                    return Some(trigger);
                }
                pending.due()
            };
            match due {
                Some(due) => tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    () = self.told.notified() => {}
                },
                None => self.told.notified().await,
            }
        }
    }

    /// Tells the owners, those of them that need the kind, of an object.
    fn tell(&self, inner: &mut Inner, owners: BTreeSet<Box<str>>, kind: &GroupKind, id: &ObjectId) {
        for owner in owners.into_iter().filter(|owner| inner.needs.has(owner, kind)) {
            inner.pending.add(&owner, id.clone(), Instant::now());
            self.told.notify_one();
        }
    }

    /// What there is to find out about an object that is read or was written.
    fn verified(&self, planned: &Planned, live: &Object) -> Option<Verified> {
        let text = |field| live.get(&["metadata", field]).and_then(Value::as_str);
        let is_probed = self.probes.is_probed(&planned.id.group, &planned.id.kind);
        Some(Verified {
            state: objects::State::of(text("uid")?, text("resourceVersion")?),
            planned: planned_digest(planned)?,
            content: digest_of(&comparable(live)),
            health: if is_probed { self.probes.judge(Some(live)) } else { Health::Healthy },
            at: Instant::now(),
        })
    }

    /// How an object is doing that is as it is planned, if the watch of its kind is up to date and says that it is as it was when
    /// that was found out; or that it is gone, and was to go when it was done.
    fn settled(&self, planned: &Planned) -> Option<Health> {
        let (kind, key) = place(&planned.id);
        let digest = planned_digest(planned)?;
        let inner = self.lock();
        let kind = inner.kinds.get(&kind).filter(|kind| kind.state == State::Watching)?;
        let is_planned = |verified: &&Verified| verified.planned == digest;
        if let Some(verified) = kind.objects.settled(&key).filter(is_planned) {
            return Some(verified.health.clone());
        }
        kind.objects.gone(&key).filter(is_planned).map(|_| absent(&planned.object)).filter(Health::is_healthy)
    }

    /// How an object is doing that was made or read as it is planned a moment ago, and of which nothing else is told since: to read
    /// it again would say the same. What becomes of it, its watch tells, also one that has not begun.
    fn fresh(&self, planned: &Planned) -> Option<Health> {
        let (kind, key) = place(&planned.id);
        let digest = planned_digest(planned)?;
        let inner = self.lock();
        let newest = inner.kinds.get(&kind)?.objects.newest(&key)?;
        (newest.planned == digest && newest.at.elapsed() < FRESH).then(|| newest.health.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every change of it is whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known for Shared {
    fn is_settled(&self, planned: &Planned) -> bool {
        self.settled(planned).is_some()
    }

    fn was_as_planned(&self, planned: &Planned) -> bool {
        let (kind, key) = place(&planned.id);
        let digest = planned_digest(planned);
        let inner = self.lock();
        let Some(kind) = inner.kinds.get(&kind) else { return false };
        let verified = kind.objects.verified(&key).map(|verified| &verified.planned);
        let used = kind.used.get(&(owner(planned).into(), key));
        [verified, used].into_iter().flatten().any(|known| Some(known) == digest.as_ref())
    }

    fn health(&self, planned: &Planned, probes: &Probes) -> Option<Health> {
        if *probes != self.probes {
            return None;
        }
        self.settled(planned).or_else(|| self.fresh(planned))
    }

    fn recognise(&self, planned: &Planned, live: &Object) -> bool {
        let Some(verified) = self.verified(planned, live) else { return false };
        let (kind, key) = place(&planned.id);
        let mut inner = self.lock();
        inner.kinds.get_mut(&kind).is_some_and(|kind| kind.objects.recognise(&key, verified))
    }

    fn record(&self, planned: &Planned, live: &Object) {
        let Some(verified) = self.verified(planned, live) else { return };
        let (kind, key) = place(&planned.id);
        let owner = owner(planned);
        let mut inner = self.lock();
        let Some(known) = inner.kinds.get_mut(&kind) else { return };
        known.objects.record(&key, owner, verified);
        known.used.remove(&(owner.into(), key.clone()));
        // It may have gone between its making and a list of which we are told before we are told of the making. Then nothing more is
        // told of it; usually the watch tells of it now, and this is forgotten.
        let is_listed = known.listed.is_some_and(|listed| listed.elapsed() < LISTED);
        if is_listed && !known.objects.is_seen(&key) {
            self.tell(&mut inner, [owner.into()].into(), &kind, &planned.id);
        }
    }

    fn uses(&self, planned: &Planned) {
        let Some(digest) = planned_digest(planned) else { return };
        let (kind, key) = place(&planned.id);
        if let Some(kind) = self.lock().kinds.get_mut(&kind) {
            kind.used.insert((owner(planned).into(), key), digest);
        }
    }

    fn forget(&self, id: &ObjectId) {
        let (kind, key) = place(id);
        if let Some(kind) = self.lock().kinds.get_mut(&kind) {
            kind.objects.forget(&key);
        }
    }
}

/// Takes what the watch of one kind tells.
pub(super) struct OfKind {
    pub(super) shared: Arc<Shared>,
    pub(super) kind: GroupKind,
}

impl OfKind {
    fn with(&self, change: impl FnOnce(&mut Objects) -> Vec<(BTreeSet<Box<str>>, ObjectId)>) {
        let mut inner = self.shared.lock();
        // A watch that has just been stopped may still tell something.
        let Some(kind) = inner.kinds.get_mut(&self.kind) else { return };
        for (owners, id) in change(&mut kind.objects) {
            self.shared.tell(&mut inner, owners, &self.kind, &id);
        }
    }

    fn put(&self, objects: &mut Objects, object: &Metadata) -> (BTreeSet<Box<str>>, ObjectId) {
        let id = object.id(&self.kind.group, &self.kind.kind);
        let owner = object.owner(&id, &self.shared.owners);
        let state = objects::State::of(&object.uid, &object.resource_version);
        (objects.is(objects::key(&id.namespace, &id.name), owner, state), id)
    }

    fn id(&self, key: &str) -> ObjectId {
        let (namespace, name) = key.split_once('/').unwrap_or_default();
        let GroupKind { group, kind } = self.kind.clone();
        ObjectId { group, kind, namespace: namespace.into(), name: name.into() }
    }
}

impl Sink for OfKind {
    fn listed(&self, listed: Vec<Metadata>) {
        if let Some(kind) = self.shared.lock().kinds.get_mut(&self.kind) {
            kind.listed = Some(Instant::now());
        }
        self.with(|objects| {
            let keys = listed.iter().map(|object| objects::key(&object.namespace, &object.name)).collect();
            let others = objects.others(&keys);
            let others: Vec<_> =
                others.iter().map(|key| (objects.is_not_listed(key), self.id(key))).collect();
            listed.iter().map(|object| self.put(objects, object)).chain(others).collect()
        });
    }

    fn is(&self, object: Metadata) {
        self.with(|objects| vec![self.put(objects, &object)]);
    }

    fn was(&self, object: Metadata) {
        let key = objects::key(&object.namespace, &object.name);
        self.with(|objects| vec![(objects.was(&key), self.id(&key))]);
    }

    fn current(&self, state: State) {
        if state == State::NotServed {
            self.listed(Vec::new());
        }
        if let Some(kind) = self.shared.lock().kinds.get_mut(&self.kind) {
            kind.state = state;
        }
    }
}

/// The kind of an object, and where it is among the objects of that.
fn place(id: &ObjectId) -> (GroupKind, objects::Key) {
    let kind = GroupKind { group: id.group.clone(), kind: id.kind.clone() };
    (kind, objects::key(&id.namespace, &id.name))
}

/// The name of the owner that an object is planned for.
fn owner(planned: &Planned) -> &str {
    planned.object.get(&["metadata", "labels", OWNER_NAME]).and_then(Value::as_str).unwrap_or_default()
}

fn planned_digest(planned: &Planned) -> Option<Digest> {
    planned.object.annotation(PLANNED)?.parse().ok()
}
