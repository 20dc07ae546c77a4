//! Deleting objects: what is in the inventory, has our marks, and is the one that was looked at.

use std::borrow::Borrow;

use futures_util::StreamExt as _;
use futures_util::stream;
use rukpak_manifest::{GroupVersionKind, Object};
use serde_json::Value;

use super::error::{NAMED, named};
use super::looks::{LATER, Looks};
use super::write::is_kept_in;
use super::{AT_ONCE, Applied, Done, Engine, EngineError, Event, Observer, Options, Store};
use crate::cluster::{Address, ApiError};
use crate::{Inventory, ObjectId, Owner, ServedKinds, Shown, Situation, marks, probe};

/// What became of an object that is to be deleted.
enum Deletion {
    /// Nothing is left to do. `None` where it was gone already: it may have been told of then.
    Over(Option<Done>),
    /// It goes, and may take its time.
    Begun(Going),
}

/// An object that is being deleted.
struct Going {
    address: Address,
    uid: String,
}

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
            let mut deletions = stream::iter(phase)
                .map(|(_, id, version)| async move {
                    let stays = id.is_undeletable() || is_kept_in(id, store);
                    (*id, self.delete_owned(owner, (id, version), served, stays).await)
                })
                .buffer_unordered(AT_ONCE)
                .boxed();
            let (mut going, mut failed) = (Vec::new(), Vec::new());
            while let Some((id, deleted)) = deletions.next().await {
                match deleted {
                    Ok(Deletion::Over(done)) => {
                        inventory.remove(id);
                        if let Some(done) = done {
                            observer.event(Event::Object(id, done));
                        }
                    }
                    Ok(Deletion::Begun(one)) => going.push(one),
                    Err(error) => failed.push(error),
                }
            }
            drop(deletions);
            // All of them are on their way: however many never go, it is waited once.
            let gone = |id: &ObjectId| {
                inventory.remove(id);
                observer.event(Event::Object(id, Done::Deleted));
            };
            failed.extend(self.until_gone(going, gone).await.err());
            EngineError::of_all(failed)?;
        }
        Ok(())
    }

    /// Has an object of ours deleted. One that is not ours any more, or that `stays`, since no server deletes it or inventories are kept in
    /// it, is nobody's then.
    async fn delete_owned(
        &self,
        owner: &Owner,
        (id, version): (&ObjectId, &str),
        served: &ServedKinds,
        stays: bool,
    ) -> Result<Deletion, EngineError> {
        self.known.forget(id);
        let Some(address) = self.address_of(id, version, served).await? else {
            return Ok(Deletion::Over(None));
        };
        let Some(live) = self.cluster.outline(&address).await? else { return Ok(Deletion::Over(None)) };
        if stays || !self.is_ours(&live, owner).await? {
            if self.is_marked(&live, owner).await? {
                self.unmark(&address, &live).await?;
            }
            return Ok(Deletion::Over(Some(Done::Released)));
        }
        let begun = self.delete_one(address, &live).await?;
        Ok(begun.map_or(Deletion::Over(Some(Done::Deleted)), Deletion::Begun))
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
        let begun = self.delete_one(address.clone(), live).await?;
        self.until_gone(begun.into_iter().collect(), |_| ()).await
    }

    /// Deletes the object that was looked at, unless that is done already. `None` where it is gone.
    async fn delete_one(&self, address: Address, live: &Object) -> Result<Option<Going>, EngineError> {
        let uid = uid(live).to_owned();
        let is_there = is_going(live) || self.admitted(|| self.cluster.delete(&address, &uid)).await?;
        Ok(is_there.then_some(Going { address, uid }))
    }

    /// Waits until objects are gone, for all of them together as long as for one; each that is, is told.
    async fn until_gone(
        &self,
        mut going: Vec<Going>,
        mut gone: impl FnMut(&ObjectId) + Send,
    ) -> Result<(), EngineError> {
        let (mut looks, mut failed) = (Looks::new(LATER), Vec::new());
        loop {
            let found: Vec<_> = stream::iter(going)
                .map(|one| async move { (self.cluster.outline(&one.address).await, one) })
                .buffered(AT_ONCE)
                .boxed()
                .collect()
                .await;
            let mut left = Vec::new();
            for (found, one) in found {
                match found {
                    Ok(Some(object)) if uid(&object) == one.uid => left.push((object, one)),
                    Ok(_) => gone(&one.address.id),
                    Err(error) => failed.push(error.into()),
                }
            }
            if left.is_empty() {
                return EngineError::of_all(failed);
            }
            if looks.spent() > self.wait() {
                failed.push(self.still_there(left).await);
                return EngineError::of_all(failed);
            }
            going = left.into_iter().map(|(_, one)| one).collect();
            looks.next().await;
        }
    }

    /// What is said of objects that were deleted, and have not gone.
    async fn still_there(&self, mut left: Vec<(Object, Going)>) -> EngineError {
        for (object, Going { address, .. }) in left.iter_mut().take(NAMED) {
            // What is left in a namespace only its status says.
            if address.id.is_namespace()
                && let Ok(Some(whole)) = self.cluster.get(address).await
            {
                *object = whole;
            }
        }
        self.not_gone(left.len(), named(left.iter().map(|(object, _)| held(object))))
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
