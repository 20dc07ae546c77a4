//! Where inventories are kept.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use rukpak_manifest::Object;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::cluster::{Address, ApiError, Cluster, Mode, Refusal};
use crate::{Entry, Inventory, Owner};

/// Keeps the inventory of one owner.
pub trait Store: Send + Sync {
    /// Puts an inventory in the place of the one that was kept.
    ///
    /// It is called before the first object is written or deleted, also where the inventory says nothing new: of several that
    /// work for the same owner at the same time, a store that they share refuses all but one.
    fn save<'a>(&'a self, inventory: &'a Inventory) -> BoxFuture<'a, Result<(), ApiError>>;

    /// The namespace that it is kept in, where that may be one of those that are planned: it is made first, and never deleted.
    fn home(&self) -> Option<&str> {
        None
    }

    /// Whether the owner still wants what was planned. It is asked before the first write of each phase, and before each phase of what is
    /// pruned or given back; an error ends the work there.
    fn confirm(&self) -> BoxFuture<'_, Result<(), ApiError>> {
        Box::pin(async { Ok(()) })
    }
}

/// The kind of an owner that is an inventory.
const KIND: &str = "Inventory";

/// What an inventory is kept in.
const KIND_OF_MAP: [&str; 4] = ["", "v1", "ConfigMap", "configmaps"];

/// The key of the `ConfigMap`'s data that has the objects.
const ENTRIES: &str = "entries";

/// The key that has the UID of the owner.
const UID: &str = "uid";

/// How the name of the `ConfigMap` begins.
const PREFIX: &str = "rukpak-inventory-";

/// The key that has something else after each save.
const SAVED: &str = "saved";

/// The label of the `ConfigMap`, with the name of the inventory.
const LABEL: &str = "core.rukpak.io/inventory";

/// An inventory in a `ConfigMap`, which is itself the owner: whoever works without a controller has no other.
///
/// The `ConfigMap` is made by the first [`save`](Store::save), so that looking writes nothing; until then the owner has a UID that
/// nothing in the cluster knows. That is not the `ConfigMap`'s own UID: one that is restored from a backup still owns what it
/// names. Whoever saves, confirms or removes one that another process has saved meanwhile is refused, with [`Refusal::Conflict`],
/// [`Refusal::AlreadyExists`] or [`Refusal::NotFound`].
pub struct ConfigMapStore {
    cluster: Cluster,
    address: Address,
    owner: Owner,
    /// What is kept beside the objects, in the form of `data`; `None` of what was, and is no longer.
    facts: BTreeMap<String, Option<String>>,
    /// Whether something of it was not saved yet, or what is kept is damaged.
    has_news: AtomicBool,
    /// `uid` and `resourceVersion` of the `ConfigMap` as it was seen last; `None` where there is none.
    seen: Mutex<Option<[String; 2]>>,
    /// Whether the `ConfigMap` is there, and does not say what is owned.
    is_damaged: bool,
    /// When the `ConfigMap` was made, in RFC 3339.
    created: Option<String>,
}

impl ConfigMapStore {
    /// The inventory of a name, in a namespace, and what is in it: nothing where there is none, and then it belongs to a new
    /// owner of this UID.
    pub async fn open(
        cluster: &Cluster,
        namespace: &str,
        name: &str,
        new_uid: &str,
    ) -> Result<(Self, Inventory), ApiError> {
        if let Some(found) = Self::find(cluster, namespace, name).await? {
            return Ok(found);
        }
        let store = Self {
            cluster: cluster.clone(),
            address: address(namespace, name),
            owner: Owner { kind: KIND.into(), name: name.into(), uid: new_uid.into() },
            facts: BTreeMap::new(),
            has_news: AtomicBool::new(false),
            seen: Mutex::new(None),
            is_damaged: false,
            created: None,
        };
        Ok((store, Inventory::default()))
    }

    /// The inventory of a name, if there is one.
    pub async fn find(
        cluster: &Cluster,
        namespace: &str,
        name: &str,
    ) -> Result<Option<(Self, Inventory)>, ApiError> {
        let found = cluster.get(&address(namespace, name)).await?;
        Ok(found.map(|map| Self::of(cluster, namespace, name, &map)))
    }

    /// All inventories of a namespace, in the order of their names.
    pub async fn list(cluster: &Cluster, namespace: &str) -> Result<Vec<(Self, Inventory)>, ApiError> {
        Self::select(cluster, Some(namespace), LABEL).await
    }

    async fn select(
        cluster: &Cluster,
        namespace: Option<&str>,
        selector: &str,
    ) -> Result<Vec<(Self, Inventory)>, ApiError> {
        let maps = cluster.list_known(KIND_OF_MAP, namespace, Some(selector)).await?;
        let named = maps.iter().filter_map(|map| {
            let name = map.name().strip_prefix(PREFIX)?;
            Some(Self::of(cluster, map.namespace().unwrap_or_default(), name, map))
        });
        Ok(named.collect())
    }

    fn of(cluster: &Cluster, namespace: &str, name: &str, map: &Object) -> (Self, Inventory) {
        let mut facts: BTreeMap<String, String> = map
            .get(&["data"])
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect();
        let entries = facts.remove(ENTRIES).and_then(|text| serde_json::from_str::<Vec<Entry>>(&text).ok());
        let [own, _] = seen(map);
        let uid = facts.remove(UID).filter(|uid| !uid.is_empty()).unwrap_or(own);
        facts.remove(SAVED);
        let store = Self {
            cluster: cluster.clone(),
            address: address(namespace, name),
            owner: Owner { kind: KIND.into(), name: name.into(), uid },
            facts: facts.into_iter().map(|(key, value)| (key, Some(value))).collect(),
            has_news: AtomicBool::new(entries.is_none()),
            seen: Mutex::new(Some(seen(map))),
            is_damaged: entries.is_none(),
            created: map.get(&["metadata", "creationTimestamp"]).and_then(Value::as_str).map(str::to_owned),
        };
        (store, Inventory::from_entries(entries.unwrap_or_default()))
    }

    /// Whose objects are in it.
    #[must_use]
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Something that is kept beside the objects.
    #[must_use]
    pub fn fact(&self, key: &str) -> Option<&str> {
        self.facts.get(key)?.as_deref()
    }

    /// Keeps something beside the objects, from the next [`save`](Store::save) on.
    pub fn set_fact(&mut self, key: &str, value: String) {
        if self.fact(key) != Some(&value) {
            self.facts.insert(key.to_owned(), Some(value));
            self.has_news.store(true, Ordering::Relaxed);
        }
    }

    /// Keeps it no longer, from the next [`save`](Store::save) on.
    pub fn forget_fact(&mut self, key: &str) {
        if let Some(fact) = self.facts.get_mut(key).filter(|fact| fact.is_some()) {
            *fact = None;
            self.has_news.store(true, Ordering::Relaxed);
        }
    }

    /// Whether there is something that a [`save`](Store::save) has not kept yet.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.has_news.load(Ordering::Relaxed)
    }

    /// Whether the `ConfigMap` was there when it was looked for or saved last.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.seen().is_some()
    }

    /// When the `ConfigMap` was made, in RFC 3339; `None` where it was not there.
    #[must_use]
    pub fn created(&self) -> Option<&str> {
        self.created.as_deref()
    }

    /// Whether the `ConfigMap` is there, and somebody made something of it that does not say what is owned.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// Removes the `ConfigMap`, if it is still as it was seen last.
    pub async fn remove(&self) -> Result<(), ApiError> {
        match self.seen() {
            Some([uid, version]) => {
                self.cluster.delete_unchanged(&self.address, &uid, &version).await.map(drop)
            }
            None => Ok(()),
        }
    }

    /// Whether an error of [`save`](Store::save), [`confirm`](Store::confirm) or [`remove`](Self::remove) says that another
    /// process works with the same inventory.
    #[must_use]
    pub fn is_refused(&self, error: &ApiError) -> bool {
        let refusals = [Refusal::Conflict, Refusal::AlreadyExists, Refusal::NotFound];
        *error.id() == self.address.id && refusals.contains(&error.refusal())
    }

    /// Whether an owner that marked an object is an inventory that is still there, in this namespace or in another one. Where we
    /// may not look into all, it may be in one of the others, and counts as alive.
    pub async fn is_alive(cluster: &Cluster, namespace: &str, owner: &Owner) -> Result<bool, ApiError> {
        if owner.kind != KIND {
            return Ok(false);
        }
        let has = |(store, _): &(Self, Inventory)| store.owner.uid == owner.uid;
        if Self::find(cluster, namespace, &owner.name).await?.as_ref().is_some_and(has) {
            return Ok(true);
        }
        let selector = format!("{LABEL}={}", owner.name);
        match Self::select(cluster, None, &selector).await {
            Ok(others) => Ok(others.iter().any(has)),
            Err(error) if error.refusal() == Refusal::Forbidden => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn seen(&self) -> Option<[String; 2]> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn write(&self, inventory: &Inventory) -> Result<(), ApiError> {
        let entries = serde_json::to_string(&inventory.entries()).unwrap_or_default();
        let facts = self.facts.iter().map(|(key, value)| (key.clone(), Value::from(value.as_deref())));
        let mut data: Map<String, Value> = facts.collect();
        data.insert(ENTRIES.into(), entries.into());
        data.insert(UID.into(), self.owner.uid.as_str().into());
        let saved = Uuid::new_v4().to_string();
        data.insert(SAVED.into(), saved.as_str().into());
        let data = Value::Object(data);
        let written = match self.seen() {
            // Another one of the same name is not ours to fill, nor one that another process changes.
            Some([uid, version]) => {
                let changes = json!({"metadata": {"uid": uid, "resourceVersion": version}, "data": data});
                self.cluster.merge(&self.address, &changes).await
            }
            None => self.create(&data).await,
        };
        let written = match written {
            // The answer to our own request may have been lost.
            Err(error) if matches!(error.refusal(), Refusal::AlreadyExists | Refusal::Conflict) => {
                let is_ours =
                    |map: &Object| map.get(&["data", SAVED]).and_then(Value::as_str) == Some(saved.as_str());
                self.cluster.get(&self.address).await?.filter(is_ours).ok_or(error)?
            }
            written => written?,
        };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(self::seen(&written));
        self.has_news.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Makes the `ConfigMap`, and its namespace where that is absent.
    async fn create(&self, data: &Value) -> Result<Object, ApiError> {
        let Address { id, .. } = &self.address;
        let mut map =
            Object::new("v1", "ConfigMap", Some(&id.namespace), &id.name).with("data", data.clone());
        map.metadata_mut().insert("labels".into(), json!({LABEL: self.owner.name}));
        match self.cluster.create(&self.address, &map, Mode::Write).await {
            Err(error) if error.refusal() == Refusal::NotFound => {
                let home = Object::new("v1", "Namespace", None, &id.namespace);
                self.cluster.ensure_namespace(&home).await?;
                self.cluster.create(&self.address, &map, Mode::Write).await
            }
            made => made,
        }
    }
}

impl Store for ConfigMapStore {
    fn save<'a>(&'a self, inventory: &'a Inventory) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(self.write(inventory))
    }

    fn home(&self) -> Option<&str> {
        Some(&self.address.id.namespace)
    }

    fn confirm(&self) -> BoxFuture<'_, Result<(), ApiError>> {
        Box::pin(async {
            let there = self.cluster.get(&self.address).await?.as_ref().map(seen);
            if there == self.seen() {
                return Ok(());
            }
            let message = "another process has saved or removed it meanwhile";
            Err(ApiError::overtaken("confirm", &self.address.id, message))
        })
    }
}

fn seen(map: &Object) -> [String; 2] {
    let text = |field| map.get(&["metadata", field]).and_then(Value::as_str).unwrap_or_default().to_owned();
    [text("uid"), text("resourceVersion")]
}

fn address(namespace: &str, name: &str) -> Address {
    Address::known(KIND_OF_MAP, Some(namespace), &format!("{PREFIX}{name}"))
}
