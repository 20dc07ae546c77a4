//! Giving a cluster back.
//!
//! First the custom resources of the definitions that go, while everything that takes care of them still runs: only their
//! operator may take their finalizers off. Then what admits requests, so that no webhook without a server stands in the way of
//! the rest; then the rest, the last written first; the definitions at the end.

use std::fmt;
use std::str::FromStr;

use futures_util::{FutureExt as _, StreamExt as _, TryFutureExt as _, stream};
use rukpak_manifest::{GroupVersionKind, Object};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

use super::admission::webhook_configurations;
use super::error::named;
use super::looks::{LATER, Looks};
use super::prune::{address, held_by, uid};
use super::versions::{Version, each, first_to_answer, versions_of};
use super::{AT_ONCE, Done, Engine, EngineError, Event, Observer, Store};
use crate::cluster::{Address, ApiError, Metadata, Refusal};
use crate::owner::{OWNED_ID, OWNER_KIND, OWNER_NAME, OWNER_UID, PLANNED};
use crate::{Inventory, ObjectId, Owner, Resource, ServedKinds};

/// What becomes of objects when their owner goes (`spec.deletionPolicy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DeletionPolicy {
    /// They go.
    #[default]
    Delete,
    /// They go, but definitions and what they define; namespaces stay, as nobody's, where something of that is in one of them.
    KeepCRDs,
    /// They stay, and are nobody's.
    Orphan,
}

/// A text that names no [`DeletionPolicy`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("got deletion policy {0:?}, expected Delete, KeepCRDs or Orphan")]
pub struct UnknownPolicy(String);

impl DeletionPolicy {
    /// All of them, the one that takes most first.
    pub const ALL: [Self; 3] = [Self::Delete, Self::KeepCRDs, Self::Orphan];

    /// Its name in a resource.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::KeepCRDs => "KeepCRDs",
            Self::Orphan => "Orphan",
        }
    }
}

impl fmt::Display for DeletionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DeletionPolicy {
    type Err = UnknownPolicy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| UnknownPolicy(text.into()))
    }
}

impl Engine {
    /// Gives back what an owner has.
    ///
    /// # Errors
    /// All rights that are missing, before anything goes; else what is in the way first.
    pub async fn tear_down(
        &self,
        owner: &Owner,
        inventory: Inventory,
        served: &ServedKinds,
        policy: DeletionPolicy,
        store: &dyn Store,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        let webhooks = webhook_configurations(&inventory);
        let given_back = self.give_back(owner, inventory, served, policy, store, observer).await;
        match given_back {
            Err(error) => Err(self.with_own_webhooks(error, &webhooks, served).await),
            Ok(()) => Ok(()),
        }
    }

    async fn give_back(
        &self,
        owner: &Owner,
        mut inventory: Inventory,
        served: &ServedKinds,
        policy: DeletionPolicy,
        store: &dyn Store,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        self.check_rights_to_give_back(&inventory, served, policy).await?;
        self.save(store, &inventory).await?;
        let all: Vec<_> = inventory.iter().map(|(id, version)| (id.clone(), version.to_owned())).collect();
        if policy == DeletionPolicy::Orphan {
            store.confirm().await?;
            return self.release_all(owner, &all, served, &mut inventory, observer).await;
        }
        let (definitions, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(id, _)| id.is_definition());
        let goes = if policy == DeletionPolicy::Delete {
            self.delete_custom_resources(owner, &definitions, &inventory, served, store, observer).await?;
            [others, definitions].concat()
        } else {
            let names: Vec<_> = definitions.iter().map(|(id, _)| id.clone()).collect();
            let goes = others.into_iter().filter(|(id, _)| !is_defined(id, &names, served));
            let (namespaces, goes): (Vec<_>, Vec<_>) = goes.partition(|(id, _)| id.is_namespace());
            if self.has_custom_resources(&namespaces, &definitions, served).await? {
                store.confirm().await?;
                self.release_all(owner, &namespaces, served, &mut inventory, observer).await?;
                goes
            } else {
                [namespaces, goes].concat()
            }
        };
        let deleted = self.delete_all(owner, &goes, served, &mut inventory, store, observer).await;
        self.save(store, &inventory).await?;
        deleted
    }

    /// Deletes what our definitions define, as long as the owner wants that, and waits until it is gone. A webhook that does not answer,
    /// or is our own, may let it go in a while: others of them may have to go first.
    pub(super) async fn delete_custom_resources(
        &self,
        owner: &Owner,
        definitions: &[(ObjectId, String)],
        inventory: &Inventory,
        served: &ServedKinds,
        store: &dyn Store,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        let kinds = self.kinds_of(definitions, served, Some(owner)).await?;
        let webhooks = webhook_configurations(inventory);
        let (mut looks, mut told) = (Looks::new(LATER), String::new());
        loop {
            let (mut left, mut first, mut refused) = (Vec::new(), None, None);
            for (definition, versions) in &kinds {
                let Some((gvk, resource, objects)) = self.metadata_of(versions).await? else { continue };
                let staying: Vec<_> = objects.iter().filter(|object| !object.is_going()).collect();
                if !staying.is_empty() {
                    store.confirm().await?;
                }
                let mut deletions = stream::iter(staying)
                    .map(|object| async move {
                        let id = object.id(&gvk.group, &gvk.kind);
                        let (version, resource) = (gvk.version.clone(), resource.clone());
                        let address = Address { id, version, resource };
                        self.cluster.delete(&address, &object.uid).await.map(|_| address.id)
                    })
                    .buffer_unordered(AT_ONCE)
                    .boxed();
                while let Some(deleted) = deletions.next().await {
                    match deleted {
                        Ok(id) => observer.event(Event::Object(&id, Done::Deleted)),
                        Err(error) if self.may_admit(&error, &webhooks, served).await => {
                            refused.get_or_insert(error);
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                drop(deletions);
                first = first.or_else(|| objects.first().map(|_| *definition));
                left.extend(objects.into_iter().map(|object| (gvk, object)));
            }
            let Some(definition) = first else { return Ok(()) };
            // Only those that are named have a text made of them.
            let texts =
                left.iter().map(|(gvk, one)| held_by(&one.id(&gvk.group, &gvk.kind), one.finalizers()));
            let (count, named) = (left.len(), named(texts));
            let why = refused.as_ref().map(|error| format!("; {error}")).unwrap_or_default();
            let message = format!("{count} custom resources are still there: {named}{why}");
            if message != told {
                observer.event(Event::Waiting(definition, &message));
                told = message;
            }
            if looks.spent() > self.wait() {
                return Err(refused.map_or_else(|| self.not_gone(count, named), EngineError::from));
            }
            looks.next().await;
        }
    }

    /// What is known of all objects of a kind without reading them: there may be many, and large ones. `None` where it is not served.
    async fn metadata_of<'a>(
        &'a self,
        versions: &'a [Version],
    ) -> Result<Option<(&'a GroupVersionKind, &'a Resource, Vec<Metadata>)>, ApiError> {
        first_to_answer(each(versions), |gvk, resource| {
            let listed = self.cluster.list_metadata(gvk, resource, None);
            listed.map_ok(move |(objects, _)| (gvk, resource, objects)).boxed()
        })
        .await
    }

    /// What these definitions define, of those that an owner has, where one is given: each kind in its versions, the stored one first.
    async fn kinds_of<'a>(
        &self,
        definitions: &'a [(ObjectId, String)],
        served: &ServedKinds,
        owner: Option<&Owner>,
    ) -> Result<Vec<(&'a ObjectId, Vec<Version>)>, EngineError> {
        let mut kinds = Vec::new();
        for (id, version) in definitions {
            let Some(address) = address(id, version, served) else { continue };
            let Some(live) = self.cluster.outline(&address).await? else { continue };
            if let Some(owner) = owner
                && !self.is_ours(&live, owner).await?
            {
                continue;
            }
            kinds.push((id, versions_of(&live)));
        }
        Ok(kinds)
    }

    /// Whether something that these definitions define is in one of these namespaces. Where we may not look, there may be.
    async fn has_custom_resources(
        &self,
        namespaces: &[(ObjectId, String)],
        definitions: &[(ObjectId, String)],
        served: &ServedKinds,
    ) -> Result<bool, EngineError> {
        if namespaces.is_empty() {
            return Ok(false);
        }
        for (_, versions) in self.kinds_of(definitions, served, None).await? {
            let objects = match self.metadata_of(&versions).await {
                Err(error) if error.refusal() == Refusal::Forbidden => return Ok(true),
                objects => objects?,
            };
            let is_home = |object: &Metadata| namespaces.iter().any(|(id, _)| object.namespace == id.name);
            if objects.is_some_and(|(_, _, objects)| objects.iter().any(is_home)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes our marks off an object.
    pub(super) async fn unmark(&self, address: &Address, live: &Object) -> Result<(), ApiError> {
        let nothing = Value::Null;
        let changes = json!({"metadata": {
            "uid": uid(live),
            "labels": {OWNER_KIND: nothing, OWNER_NAME: nothing},
            "annotations": {OWNER_UID: nothing, OWNED_ID: nothing, PLANNED: nothing},
        }});
        match self.admitted(|| self.cluster.merge_unread(address, &changes)).await {
            // It is gone, or another one has its name now.
            Err(error) if matches!(error.refusal(), Refusal::NotFound | Refusal::Conflict) => Ok(()),
            released => released,
        }
    }

    /// Takes our marks off, and what had them out of the inventory.
    pub(super) async fn release_all(
        &self,
        owner: &Owner,
        objects: &[(ObjectId, String)],
        served: &ServedKinds,
        inventory: &mut Inventory,
        observer: &dyn Observer,
    ) -> Result<(), EngineError> {
        for (id, version) in objects {
            self.known.forget(id);
            let live = match self.address_of(id, version, served).await? {
                Some(address) => self.cluster.outline(&address).await?.map(|live| (address, live)),
                None => None,
            };
            let Some((address, live)) = live else {
                inventory.remove(id);
                continue;
            };
            if self.is_marked(&live, owner).await? {
                self.unmark(&address, &live).await?;
            }
            inventory.remove(id);
            observer.event(Event::Object(id, Done::Released));
        }
        Ok(())
    }
}

/// Whether one of these definitions defines the kind of an object.
pub(super) fn is_defined(id: &ObjectId, definitions: &[ObjectId], served: &ServedKinds) -> bool {
    let Some((_, resource)) = served.find(&id.group, &id.kind, "") else { return false };
    let definition = format!("{}.{}", resource.plural, id.group);
    definitions.iter().any(|id| id.name == definition)
}
