//! Deleting objects: what is in the inventory, has our marks, and is the one that was looked at.

use std::borrow::Borrow;

use futures_util::StreamExt as _;
use futures_util::stream;
use rukpak_manifest::{GroupVersionKind, Object};
use serde_json::Value;

use super::looks::{LATER, Looks};
use super::{AT_ONCE, Applied, Done, Engine, EngineError, Event, Observer, Options, Store};
use crate::cluster::{Address, ApiError};
use crate::{Inventory, ObjectId, Owner, ServedKinds, Shown, Situation, marks, probe};

impl Engine {
    /// Deletes what the set does not have any more: custom resources of definitions that go while everything else is still there, and
    /// then the last written first. What cannot be deleted stays in the inventory. A namespace that objects of the set are in is
    /// released: with it they would go.
    ///
    /// A definition that takes what users have with it was refused by [`look`](Self::look), unless that was waived.
    pub async fn prune(
        &self,
        applied: Applied,
        served: &ServedKinds,
        store: &dyn Store,
        observer: &dyn Observer,
    ) -> Result<Inventory, EngineError> {
        let Applied { plan, mut inventory, is_stored, .. } = applied;
        let left = plan.prune().iter().map(|(id, version)| (id.clone(), version.to_owned()));
        let (released, deleted): (Vec<_>, Vec<_>) = left.partition(|(id, _)| plan.releases(id));
        if plan.prune().is_empty() {
            return Ok(inventory);
        }
        if !is_stored {
            self.save(store, &inventory).await?;
        }
        let taken = async {
            if !released.is_empty() {
                store.confirm().await?;
            }
            self.release_all(plan.owner(), &released, served, &mut inventory, observer).await?;
            let definitions: Vec<_> = deleted.iter().filter(|(id, _)| id.is_definition()).cloned().collect();
            self.delete_custom_resources(plan.owner(), &definitions, &inventory, served, store, observer)
                .await?;
            self.delete_all(plan.owner(), &deleted, served, &mut inventory, store, observer).await
        };
        let taken = taken.await;
        self.save(store, &inventory).await?;
        taken.map(|()| inventory)
    }

    /// Deletes objects phase by phase, backwards, and takes out of the inventory what is gone. Before each phase it is asked whether the
    /// owner still wants that.
    pub(super) async fn delete_all(
        &self,
        owner: &Owner,
        objects: &[(ObjectId, String)],
        served: &ServedKinds,
        inventory: &mut Inventory,
        store: &dyn Store,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        let in_order = self.last_first(objects, inventory, served).await?;
        for phase in in_order.chunk_by(|(a, _, _), (b, _, _)| a == b) {
            store.confirm().await?;
            let mut deletions =
                stream::iter(phase)
                    .map(|(_, id, version)| async move {
                        (*id, self.delete_owned(owner, id, version, served).await)
                    })
                    .buffer_unordered(AT_ONCE)
                    .boxed();
            let mut failed = Vec::new();
            while let Some((id, deleted)) = deletions.next().await {
                match deleted {
                    Ok(done) => {
                        inventory.remove(id);
                        if let Some(done) = done {
                            observer.event(Event::Object(id, done));
                        }
                    }
                    Err(error) => failed.push(error),
                }
            }
            EngineError::of_all(failed)?;
        }
        Ok(())
    }

    /// Deletes an object of ours, and waits until it is gone. One that is not ours any more, or that no server deletes, stays, and is
    /// nobody's. `None` where it was gone already: it may have been told of then.
    async fn delete_owned(
        &self,
        owner: &Owner,
        id: &ObjectId,
        version: &str,
        served: &ServedKinds,
    ) -> Result<Option<Done>, EngineError> {
        self.known.forget(id);
        let Some(address) = self.address_of(id, version, served).await? else { return Ok(None) };
        let Some(live) = self.cluster.outline(&address).await? else { return Ok(None) };
        if id.is_undeletable() || !self.is_ours(&live, owner).await? {
            if self.is_marked(&live, owner).await? {
                self.unmark(&address, &live).await?;
            }
            return Ok(Some(Done::Released));
        }
        self.delete_and_wait(&address, &live).await?;
        Ok(Some(Done::Deleted))
    }

    /// Whether an object is an owner's to take away. One of its name that is gone may have made it.
    pub(super) async fn is_ours(&self, live: &Object, owner: &Owner) -> Result<bool, ApiError> {
        Ok(self.situation(Some(live), owner).await? == Situation::Ours)
    }

    /// Whether an object has the marks of an owner, or of one of its name that is gone, whoever controls it.
    pub(super) async fn is_marked(&self, live: &Object, owner: &Owner) -> Result<bool, ApiError> {
        Ok(match marks(live) {
            Some(marked) if marked == *owner => true,
            Some(marked) if (&marked.kind, &marked.name) == (&owner.kind, &owner.name) => {
                !self.owners.is_alive(&marked).await?
            }
            _ => false,
        })
    }

    /// Where an object of an inventory is; `None` where its kind is not served, so that it cannot be there. That is not said
    /// before whoever serves that version has answered: the kinds of an aggregated API that is away may be missing in `served`.
    pub(super) async fn address_of(
        &self,
        id: &ObjectId,
        version: &str,
        served: &ServedKinds,
    ) -> Result<Option<Address>, ApiError> {
        if let Some(address) = address(id, version, served) {
            return Ok(Some(address));
        }
        Ok(address(id, version, &self.cluster.served_in(&id.group, version).await?))
    }

    /// Deletes the object that was looked at, unless that is done already, and waits until it is gone.
    pub(super) async fn delete_and_wait(&self, address: &Address, live: &Object) -> Result<(), EngineError> {
        let uid = uid(live);
        if !is_going(live) && !self.admitted(|| self.cluster.delete(address, uid)).await? {
            return Ok(());
        }
        let mut looks = Looks::new(LATER);
        loop {
            let Some(left) = self.cluster.outline(address).await?.filter(|left| self::uid(left) == uid)
            else {
                return Ok(());
            };
            if looks.spent() > self.wait() {
                // What is left in a namespace only its status says.
                let whole = if address.id.is_namespace() { self.cluster.get(address).await? } else { None };
                return Err(self.not_gone(1, held(whole.as_ref().unwrap_or(&left))));
            }
            looks.next().await;
        }
    }

    /// What is said of objects that are still there.
    pub(super) fn not_gone(&self, count: usize, left: String) -> EngineError {
        let Options { patience, wait, .. } = self.options;
        EngineError::NotGone { count, left, waited: wait.is_none().then_some(patience) }
    }
}

/// Where an object of an inventory is now, in its version or in another one that is served.
pub(super) fn address(id: &ObjectId, version: &str, served: &ServedKinds) -> Option<Address> {
    let (GroupVersionKind { version, .. }, resource) = served.find(&id.group, &id.kind, version)?;
    Some(Address { id: id.clone(), version: version.clone(), resource: resource.clone() })
}

pub(super) fn uid(object: &Object) -> &str {
    object.get(&["metadata", "uid"]).and_then(Value::as_str).unwrap_or_default()
}

/// Whether an object is being deleted.
pub(super) fn is_going(object: &Object) -> bool {
    object.get(&["metadata", "deletionTimestamp"]).is_some()
}

/// An object that is still there, and what holds it.
fn held(object: &Object) -> String {
    let finalizers = object.get(&["metadata", "finalizers"]).and_then(Value::as_array).into_iter().flatten();
    let finalizers: Vec<_> = finalizers.filter_map(Value::as_str).collect();
    let held = held_by(&ObjectId::of(object), &finalizers);
    match probe::left_in(object) {
        left if left.is_empty() => held,
        left => format!("{held} ({left})"),
    }
}

/// The same, of what is known of it.
pub(super) fn held_by(id: &ObjectId, finalizers: &[impl Borrow<str>]) -> String {
    match finalizers {
        [] => Shown(id).to_string(),
        finalizers => format!("{} (finalizers {})", Shown(id), finalizers.join(", ")),
    }
}
