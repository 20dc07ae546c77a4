//! Where inventories are kept.

use futures_util::future::BoxFuture;
use rukpak_manifest::Object;
use serde_json::{Value, json};

use crate::cluster::{Address, ApiError, Cluster, Mode, Refusal};
use crate::{Entry, Inventory, ObjectId, Owner, Resource};

/// Keeps the inventory of one owner.
pub trait Store: Send + Sync {
    /// Puts an inventory in the place of the one that was kept.
    fn save<'a>(&'a self, inventory: &'a Inventory) -> BoxFuture<'a, Result<(), ApiError>>;
}

/// An inventory in a ConfigMap, which is itself the owner: whoever works without a controller has no other.
#[derive(Clone)]
pub struct ConfigMapStore {
    cluster: Cluster,
    address: Address,
    owner: Owner,
}

/// The kind of an owner that is an inventory.
const KIND: &str = "Inventory";

/// The key of the ConfigMap's data.
const ENTRIES: &str = "entries";

impl ConfigMapStore {
    /// The inventory of a name, in a namespace: made where there is none, together with the namespace. With it what is in it.
    pub async fn open(cluster: &Cluster, namespace: &str, name: &str) -> Result<(Self, Inventory), ApiError> {
        if let Some(found) = Self::find(cluster, namespace, name).await? {
            return Ok(found);
        }
        let address = address(namespace, name);
        let map = Object::new("v1", "ConfigMap", Some(namespace), &address.id.name)
            .with("data", json!({ENTRIES: "[]"}));
        let made = match cluster.create(&address, &map, Mode::Write).await {
            Err(error) if error.refusal() == Refusal::NotFound => {
                let id = ObjectId {
                    group: String::new(),
                    kind: "Namespace".into(),
                    namespace: String::new(),
                    name: namespace.into(),
                };
                let resource = Resource { plural: "namespaces".into(), namespaced: false };
                let home = Object::new("v1", "Namespace", None, namespace);
                match cluster
                    .create(&Address { id, version: "v1".into(), resource }, &home, Mode::Write)
                    .await
                {
                    Err(error) if error.refusal() != Refusal::AlreadyExists => return Err(error),
                    _ => cluster.create(&address, &map, Mode::Write).await,
                }
            }
            made => made,
        };
        match made {
            Ok(map) => Ok(Self::of(cluster, address, name, &map)),
            Err(error) if error.refusal() == Refusal::AlreadyExists => {
                Self::find(cluster, namespace, name).await?.ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    /// The inventory of a name, if there is one.
    pub async fn find(
        cluster: &Cluster,
        namespace: &str,
        name: &str,
    ) -> Result<Option<(Self, Inventory)>, ApiError> {
        let address = address(namespace, name);
        let found = cluster.get(&address).await?;
        Ok(found.map(|map| Self::of(cluster, address, name, &map)))
    }

    fn of(cluster: &Cluster, address: Address, name: &str, map: &Object) -> (Self, Inventory) {
        let uid = map.get(&["metadata", "uid"]).and_then(Value::as_str).unwrap_or_default();
        let owner = Owner { kind: KIND.into(), name: name.into(), uid: uid.into() };
        let entries = map.get(&["data", ENTRIES]).and_then(Value::as_str).unwrap_or("[]");
        let entries: Vec<Entry> = serde_json::from_str(entries).unwrap_or_default();
        (Self { cluster: cluster.clone(), address, owner }, Inventory::from_entries(entries))
    }

    /// Whose objects are in it.
    #[must_use]
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Removes the ConfigMap.
    pub async fn remove(&self) -> Result<(), ApiError> {
        self.cluster.delete(&self.address, &self.owner.uid).await.map(drop)
    }

    /// Whether the ConfigMap of an inventory is still the one that marked an object.
    pub async fn is_alive(cluster: &Cluster, namespace: &str, owner: &Owner) -> Result<bool, ApiError> {
        let found = Self::find(cluster, namespace, &owner.name).await?;
        Ok(found.is_some_and(|(store, _)| store.owner.uid == owner.uid))
    }
}

impl Store for ConfigMapStore {
    fn save<'a>(&'a self, inventory: &'a Inventory) -> BoxFuture<'a, Result<(), ApiError>> {
        Box::pin(async move {
            let entries = serde_json::to_string(&inventory.entries()).unwrap_or_default();
            // Another one of the same name is not ours to fill.
            let changes = json!({"metadata": {"uid": self.owner.uid}, "data": {ENTRIES: entries}});
            self.cluster.merge(&self.address, &changes).await.map(drop)
        })
    }
}

fn address(namespace: &str, name: &str) -> Address {
    let id = ObjectId {
        group: String::new(),
        kind: "ConfigMap".into(),
        namespace: namespace.into(),
        name: format!("rukpak-inventory-{name}"),
    };
    let resource = Resource { plural: "configmaps".into(), namespaced: true };
    Address { id, version: "v1".into(), resource }
}
