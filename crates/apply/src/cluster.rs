//! The requests that are made of an API server.
//!
//! Every request has a time limit, and every write the field manager [`FIELD_MANAGER`]. What
//! an answer says is given out as [`Object`]; an error says which request it is the answer to, and what kind of refusal it is.

mod acting;
mod discovery;
mod error;
mod metadata;
mod reviews;

use std::sync::Arc;
use std::time::Duration;

use http::Request as HttpRequest;
use kube::Client;
use kube::api::{DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::Request;
use rukpak_manifest::{GroupVersionKind, Object};
use serde_json::Value;
use tokio::time::timeout;

pub use acting::ActingError;
pub use error::{ApiError, Refusal};
pub(crate) use metadata::{Change, Metadata};

use crate::owner::FIELD_MANAGER;
use crate::rights::ServiceAccount;
use crate::{ObjectId, Planned, Resource};

/// How long one request may take. An API server's own limit is a minute.
const REQUEST: Duration = Duration::from_secs(65);

/// Objects of one page of a list.
const PAGE: u32 = 500;

/// Where an object is, in requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What it is.
    pub id: ObjectId,
    /// The version of its group that is spoken.
    pub version: String,
    /// How requests name its kind.
    pub resource: Resource,
}

/// Whether a write is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Write,
    /// The server does all but store it.
    DryRun,
}

/// An API server.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    /// As whom requests are made, and a client that makes them as ourselves.
    acting: Option<Arc<(ServiceAccount, Client)>>,
}

impl Address {
    /// Of an object that is planned.
    #[must_use]
    pub fn of(planned: &Planned) -> Self {
        let version = planned.object.version().to_owned();
        Self { id: planned.id.clone(), version, resource: planned.resource.clone() }
    }

    fn request(&self) -> Request {
        let namespace = Some(self.id.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        Request::new(url(&self.id.group, &self.version, &self.resource.plural, namespace))
    }
}

impl Cluster {
    /// What a client talks to, as whoever it is.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, acting: None }
    }

    /// An object; `None` where there is none, or its kind is not served.
    pub async fn get(&self, address: &Address) -> Result<Option<Object>, ApiError> {
        let request = address.request().get(&address.id.name, &GetParams::default());
        match self.send("get", &address.id, request).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.refusal() == Refusal::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes an object that is not there.
    pub async fn create(&self, address: &Address, object: &Object, mode: Mode) -> Result<Object, ApiError> {
        let params = PostParams { dry_run: mode == Mode::DryRun, field_manager: Some(FIELD_MANAGER.into()) };
        let body = serde_json::to_vec(object.fields()).unwrap_or_default();
        self.send("create", &address.id, address.request().create(&params, body)).await
    }

    /// Server-side apply, which takes the fields of the object from whoever has them.
    pub async fn apply(&self, address: &Address, object: &Object, mode: Mode) -> Result<Object, ApiError> {
        let mut params = PatchParams::apply(FIELD_MANAGER).force();
        params.dry_run = mode == Mode::DryRun;
        let request = address.request().patch(&address.id.name, &params, &Patch::Apply(object.fields()));
        self.send("apply", &address.id, request).await
    }

    /// Changes an object by operations of JSON Patch.
    pub async fn patch(&self, address: &Address, operations: &Value) -> Result<Object, ApiError> {
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.into()), ..PatchParams::default() };
        let mut request = address.request().patch(&address.id.name, &params, &Patch::Merge(operations));
        if let Ok(request) = &mut request {
            let json_patch = http::HeaderValue::from_static("application/json-patch+json");
            request.headers_mut().insert(http::header::CONTENT_TYPE, json_patch);
        }
        self.send("patch", &address.id, request).await
    }

    /// Changes an object by a JSON Merge Patch.
    pub async fn merge(&self, address: &Address, changes: &Value) -> Result<Object, ApiError> {
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.into()), ..PatchParams::default() };
        let request = address.request().patch(&address.id.name, &params, &Patch::Merge(changes));
        self.send("patch", &address.id, request).await
    }

    /// Deletes an object, if it is still the one with this UID. Whether there was one.
    pub async fn delete(&self, address: &Address, uid: &str) -> Result<bool, ApiError> {
        let params = DeleteParams {
            preconditions: Some(Preconditions { uid: Some(uid.into()), resource_version: None }),
            ..DeleteParams::background()
        };
        match self
            .send_value("delete", &address.id, address.request().delete(&address.id.name, &params))
            .await
        {
            Ok(_) => Ok(true),
            Err(error) if error.refusal() == Refusal::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes a namespace where it is absent; `true` where it was. One that is there stays as it is.
    pub async fn ensure_namespace(&self, namespace: &Object) -> Result<bool, ApiError> {
        let address = Address {
            id: ObjectId::of(namespace),
            version: "v1".into(),
            resource: Resource { plural: "namespaces".into(), namespaced: false },
        };
        if self.get(&address).await?.is_some() {
            return Ok(false);
        }
        match self.create(&address, namespace, Mode::Write).await {
            Ok(_) => Ok(true),
            Err(error) if error.refusal() == Refusal::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All objects of a kind in the cluster that a selector of labels selects; none where the kind is not served.
    pub async fn list(
        &self,
        gvk: &GroupVersionKind,
        resource: &Resource,
        selector: Option<&str>,
    ) -> Result<Vec<Object>, ApiError> {
        self.list_in(None, gvk, resource, selector).await
    }

    /// The same in one namespace, where one is given.
    pub async fn list_in(
        &self,
        namespace: Option<&str>,
        gvk: &GroupVersionKind,
        resource: &Resource,
        selector: Option<&str>,
    ) -> Result<Vec<Object>, ApiError> {
        let GroupVersionKind { group, version, kind } = gvk;
        let request = Request::new(url(group, version, &resource.plural, namespace));
        let id = ObjectId {
            group: group.clone(),
            kind: kind.clone(),
            namespace: namespace.unwrap_or_default().to_owned(),
            name: "*".into(),
        };
        let mut params = ListParams::default().limit(PAGE);
        params.label_selector = selector.map(str::to_owned);
        let mut objects = Vec::new();
        loop {
            let mut page = match self.send_value("list", &id, request.list(&params)).await {
                Err(error) if error.refusal() == Refusal::NotFound => return Ok(objects),
                page => page?,
            };
            let items = page.get_mut("items").map(Value::take);
            for mut item in items
                .and_then(|items| if let Value::Array(items) = items { Some(items) } else { None })
                .unwrap_or_default()
            {
                // The items of a list do not say what they are.
                if let Value::Object(map) = &mut item {
                    let api_version =
                        if group.is_empty() { version.clone() } else { format!("{group}/{version}") };
                    map.insert("apiVersion".into(), api_version.into());
                    map.insert("kind".into(), kind.clone().into());
                }
                objects.extend(Object::from_value(item).ok());
            }
            match page.pointer("/metadata/continue").and_then(Value::as_str) {
                Some(token) if !token.is_empty() => params.continue_token = Some(token.to_owned()),
                _ => return Ok(objects),
            }
        }
    }

    async fn send(
        &self,
        verb: &'static str,
        id: &ObjectId,
        request: Result<HttpRequest<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<Object, ApiError> {
        let value = self.send_value(verb, id, request).await?;
        Object::from_value(value).map_err(|_| ApiError::answer(verb, id))
    }

    /// Sends a request, and gives the answer. What it says stays out of errors and logs: it may be a Secret.
    async fn send_value(
        &self,
        verb: &'static str,
        id: &ObjectId,
        request: Result<HttpRequest<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<Value, ApiError> {
        let text = self.send_text(verb, id, request).await?;
        serde_json::from_str(&text).map_err(|_| ApiError::answer(verb, id))
    }

    async fn send_text(
        &self,
        verb: &'static str,
        id: &ObjectId,
        request: Result<HttpRequest<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<String, ApiError> {
        let request = request.map_err(|error| ApiError::of(verb, id, kube::Error::BuildRequest(error)))?;
        let answer = timeout(REQUEST, self.client.request_text(request)).await;
        let text = answer.map_err(|_| ApiError::late(verb, id, REQUEST))?;
        text.map_err(|error| ApiError::of(verb, id, error))
    }
}

fn url(group: &str, version: &str, plural: &str, namespace: Option<&str>) -> String {
    let base = match group {
        "" => format!("/api/{version}"),
        group => format!("/apis/{group}/{version}"),
    };
    match namespace {
        Some(namespace) => format!("{base}/namespaces/{namespace}/{plural}"),
        None => format!("{base}/{plural}"),
    }
}
