//! Objects of one kind, as an administrator sees and changes them.

#![expect(
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a harness fails by panicking"
)]

use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, Error};
use serde_json::Value;

/// Objects of one kind, in a namespace if it has those.
#[derive(Debug)]
pub struct Objects {
    api: Api<DynamicObject>,
    version: String,
    kind: String,
}

impl Objects {
    /// Of a kind as `v1/ConfigMap` or `apps/v1/Deployment`; in a namespace, or in all of them.
    #[must_use]
    pub fn new(client: Client, kind: &str, namespace: Option<&str>) -> Self {
        let (version, kind) = kind.rsplit_once('/').unwrap();
        let (group, of_group) = version.split_once('/').unwrap_or(("", version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, of_group, kind));
        let api = match namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &resource),
            None => Api::all_with(client, &resource),
        };
        Self { api, version: version.into(), kind: kind.into() }
    }

    /// One of them, if it is there.
    pub async fn get(&self, name: &str) -> Option<Value> {
        let found = self.api.get_opt(name).await.unwrap();
        found.map(|found| serde_json::to_value(found).unwrap())
    }

    /// Whether one of them is there.
    pub async fn has(&self, name: &str) -> bool {
        self.get(name).await.is_some()
    }

    /// The same, where the kind may not be served.
    pub async fn try_has(&self, name: &str) -> bool {
        self.api.get_opt(name).await.is_ok_and(|found| found.is_some())
    }

    /// All of them; none, where the kind is not served.
    pub async fn list(&self) -> Vec<Value> {
        match self.api.list(&ListParams::default()).await {
            Ok(all) => all.into_iter().map(|one| serde_json::to_value(one).unwrap()).collect(),
            Err(Error::Api(status)) if status.code == 404 => Vec::new(),
            Err(error) => panic!("{} {}: {error}", self.version, self.kind),
        }
    }

    /// Makes one.
    pub async fn create(&self, object: Value) -> Value {
        let created = self.api.create(&PostParams::default(), &self.typed(object)).await.unwrap();
        serde_json::to_value(created).unwrap()
    }

    /// Tries to make one. What the server says if it does not take it.
    pub async fn try_create(&self, object: Value) -> Result<(), String> {
        let created = self.api.create(&PostParams::default(), &self.typed(object)).await;
        created.map(drop).map_err(|error| error.to_string())
    }

    /// Changes one: a merge patch.
    pub async fn change(&self, name: &str, changes: Value) {
        self.api.patch(name, &PatchParams::default(), &Patch::Merge(&changes)).await.unwrap();
    }

    /// Changes one, if it is there. Whether it was.
    pub async fn try_change(&self, name: &str, changes: Value) -> bool {
        self.api.patch(name, &PatchParams::default(), &Patch::Merge(&changes)).await.is_ok()
    }

    /// Begins the deletion of one, if it is there. Whether it was.
    pub async fn try_delete(&self, name: &str) -> bool {
        self.api.delete(name, &DeleteParams::background()).await.is_ok()
    }

    /// Begins the deletion of one.
    pub async fn delete(&self, name: &str) {
        self.api.delete(name, &DeleteParams::background()).await.unwrap();
    }

    fn typed(&self, mut object: Value) -> DynamicObject {
        let fields = object.as_object_mut().unwrap();
        fields.insert("apiVersion".into(), self.version.clone().into());
        fields.insert("kind".into(), self.kind.clone().into());
        serde_json::from_value(object).unwrap()
    }
}
