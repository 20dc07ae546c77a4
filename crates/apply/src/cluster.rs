//! The requests that are made of an API server.
//!
//! Every request has a time limit, and every write the field manager [`FIELD_MANAGER`]. A request that is not answered, or not
//! now, is made again (`cluster/retry.rs`). What an answer says is given out as [`Object`]; an error says which request it is the
//! answer to, and what kind of refusal it is.

mod acting;
mod connect;
mod discovery;
mod error;
mod login;
mod metadata;
mod meter;
mod outline;
mod pages;
mod path;
mod plugin;
mod proxy;
mod refusal;
mod retry;
mod reviews;
mod send;
mod token;
mod told;
mod trial;

use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::api::{DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::Request;
use rukpak_manifest::{GroupVersionKind, Object};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

pub use acting::ActingError;
pub use connect::client;
pub use error::ApiError;
pub use login::{Login, LoginError};
pub(crate) use metadata::{Change, Metadata};
pub use meter::{Meter, Outcome};
use outline::{Definition, Outline};
use path::{root, segment, url};
pub use plugin::PluginError;
pub use refusal::Refusal;
use send::Answer;
pub(crate) use told::of_rules;
pub use trial::Trial;

use crate::owner::FIELD_MANAGER;
use crate::rights::ServiceAccount;
use crate::{ObjectId, Planned, Resource};

/// How long one request may take. An API server's own limit is a minute.
const REQUEST: Duration = Duration::from_secs(65);

/// How long a request is made again where nobody says so: as long as a server takes to restart.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes of an object that a server stores: what etcd takes in one request (`--max-request-bytes`), and what goes with it.
const STORED_BYTES: usize = (1 << 20 | 1 << 19) - (1 << 10);

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
    patience: Duration,
    meter: Option<Arc<dyn Meter>>,
}

impl Address {
    /// Of an object of a kind that needs no discovery: its group, its version, the kind, and how requests name that. One without a
    /// namespace is the cluster's.
    #[must_use]
    pub fn known([group, version, kind, plural]: [&str; 4], namespace: Option<&str>, name: &str) -> Self {
        let resource = Resource { plural: plural.into(), namespaced: namespace.is_some() };
        let id = ObjectId {
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.unwrap_or_default().into(),
            name: name.into(),
        };
        Self { id, version: version.into(), resource }
    }

    /// Of a namespace.
    #[must_use]
    pub fn of_namespace(name: &str) -> Self {
        Self::known(["", "v1", "Namespace", "namespaces"], None, name)
    }

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

    /// The name, as the path of a request has it.
    fn name(&self) -> String {
        segment(&self.id.name)
    }
}

impl Cluster {
    /// What a login leads to. Nothing is asked yet.
    ///
    /// # Errors
    /// Where no client can be made of it.
    pub fn connect(login: impl Into<Login>) -> Result<Self, kube::Error> {
        Ok(Self::new(client(login)?))
    }

    /// What a client talks to, as whoever it is, that does not try again by itself.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, acting: None, patience: PATIENCE, meter: None }
    }

    /// The same, whose requests are made again for so long while they are not answered.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same, which tells a meter of every request.
    #[must_use]
    pub fn metered(self, meter: Arc<dyn Meter>) -> Self {
        Self { meter: Some(meter), ..self }
    }

    /// An object; `None` where there is none, or its kind is not served.
    pub async fn get(&self, address: &Address) -> Result<Option<Object>, ApiError> {
        let request = address.request().get(&address.name(), &GetParams::default());
        match self.send("get", &address.id, request).await {
            Ok(answer) => answer.object("get", &address.id).map(Some),
            Err(error) if error.refusal() == Refusal::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What tells whose an object is, what holds it, and of a definition what it defines; `None` as of [`get`](Self::get).
    pub(crate) async fn outline(&self, address: &Address) -> Result<Option<Object>, ApiError> {
        let id = &address.id;
        let request = address.request().get(&address.name(), &GetParams::default());
        let answer = match self.send("get", id, request).await {
            Err(error) if error.refusal() == Refusal::NotFound => return Ok(None),
            answer => answer?,
        };
        let outline = Object::from_value(answer.read::<Outline>("get", id)?.into());
        let outline = outline.map_err(|_| ApiError::answer("get", id))?;
        if !id.is_definition() {
            return Ok(Some(outline));
        }
        Ok(Some(outline.with("spec", answer.read::<Definition>("get", id)?)))
    }

    /// Whether an object is there that has this UID, and not another one of its name.
    pub async fn has(&self, address: &Address, uid: &str) -> Result<bool, ApiError> {
        let live = self.get(address).await?;
        Ok(live.as_ref().and_then(|live| live.get(&["metadata", "uid"])).and_then(Value::as_str) == Some(uid))
    }

    /// Makes an object that is not there.
    pub async fn create(&self, address: &Address, object: &Object, mode: Mode) -> Result<Object, ApiError> {
        let request = validated(post(address, object, mode), "Ignore");
        self.send("create", &address.id, request).await?.object("create", &address.id)
    }

    /// The same, which is refused where the object has a field that its kind does not have.
    pub async fn create_strictly(&self, address: &Address, object: &Object) -> Result<Object, ApiError> {
        let request = validated(post(address, object, Mode::Write), "Strict");
        self.send("create", &address.id, request).await?.object("create", &address.id)
    }

    /// Server-side apply, which takes the fields of the object from whoever has them.
    pub async fn apply(&self, address: &Address, object: &Object, mode: Mode) -> Result<Object, ApiError> {
        let answer = self.send("apply", &address.id, server_side_apply(address, object, mode)).await?;
        if mode == Mode::DryRun {
            check_size("apply", &address.id, &answer)?;
        }
        answer.object("apply", &address.id)
    }

    /// Changes an object by operations of JSON Patch.
    pub async fn patch(&self, address: &Address, operations: &Value) -> Result<Object, ApiError> {
        let request = json_patch(address, operations, Mode::Write);
        self.send("patch", &address.id, request).await?.object("patch", &address.id)
    }

    /// What an object would be by operations of JSON Patch, which say what an apply makes of it.
    pub(crate) async fn would_become(
        &self,
        address: &Address,
        operations: &Value,
    ) -> Result<Object, ApiError> {
        let request = validated(json_patch(address, operations, Mode::DryRun), "Strict");
        let answer = self.send("apply", &address.id, request).await?;
        check_size("apply", &address.id, &answer)?;
        answer.object("apply", &address.id)
    }

    /// Changes an object by a JSON Merge Patch.
    pub async fn merge(&self, address: &Address, changes: &Value) -> Result<Object, ApiError> {
        self.send_merge(address, changes).await?.object("patch", &address.id)
    }

    /// The same, where nobody asks what it is then.
    pub(crate) async fn merge_unread(&self, address: &Address, changes: &Value) -> Result<(), ApiError> {
        self.send_merge(address, changes).await.map(drop)
    }

    async fn send_merge(&self, address: &Address, changes: &Value) -> Result<Answer, ApiError> {
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.into()), ..PatchParams::default() };
        let request = address.request().patch(&address.name(), &params, &Patch::Merge(changes));
        self.send("patch", &address.id, request).await
    }

    /// Puts the status of an object in the place of the one that it has, if the object is still of the version that this one says.
    pub async fn replace_status(&self, address: &Address, object: &Object) -> Result<Object, ApiError> {
        let params = PostParams { dry_run: false, field_manager: Some(FIELD_MANAGER.into()) };
        let body = serde_json::to_vec(object.fields()).unwrap_or_default();
        let request = address.request().replace_subresource("status", &address.name(), &params, body);
        self.send("update the status of", &address.id, request)
            .await?
            .object("update the status of", &address.id)
    }

    /// Deletes an object, if it is still the one with this UID. Whether there was one.
    pub async fn delete(&self, address: &Address, uid: &str) -> Result<bool, ApiError> {
        let params = DeleteParams {
            preconditions: Some(Preconditions { uid: Some(uid.into()), resource_version: None }),
            ..DeleteParams::background()
        };
        let request = address.request().delete(&address.name(), &params);
        let answer = self.send("delete", &address.id, request).await;
        let Err(error) = answer.and_then(|answer| answer.read::<IgnoredAny>("delete", &address.id)) else {
            return Ok(true);
        };
        match error.refusal() {
            Refusal::NotFound => Ok(false),
            // Another one has its name now, or it is being deleted and says so.
            Refusal::Conflict => match self.outline(address).await? {
                Some(live) if live.get(&["metadata", "uid"]).and_then(Value::as_str) != Some(uid) => {
                    Ok(false)
                }
                Some(live) if live.get(&["metadata", "deletionTimestamp"]).is_some() => Ok(true),
                Some(_) => Err(error),
                None => Ok(false),
            },
            _ => Err(error),
        }
    }

    /// The same, if nothing of it was changed since this version either.
    pub async fn delete_unchanged(
        &self,
        address: &Address,
        uid: &str,
        version: &str,
    ) -> Result<bool, ApiError> {
        let preconditions = Preconditions { uid: Some(uid.into()), resource_version: Some(version.into()) };
        let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::background() };
        let request = address.request().delete(&address.name(), &params);
        let answer = self.send("delete", &address.id, request).await;
        match answer.and_then(|answer| answer.read::<IgnoredAny>("delete", &address.id)) {
            Ok(_) => Ok(true),
            Err(error) if error.refusal() == Refusal::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes a namespace where it is absent; `true` where it was. One that is there stays as it is.
    pub async fn ensure_namespace(&self, namespace: &Object) -> Result<bool, ApiError> {
        Ok(self.make_namespace(namespace).await?.is_some())
    }

    /// The same; the one that was made, where it was absent.
    pub async fn make_namespace(&self, namespace: &Object) -> Result<Option<Object>, ApiError> {
        let address = Address::of_namespace(namespace.name());
        if self.get(&address).await?.is_some() {
            return Ok(None);
        }
        match self.create(&address, namespace, Mode::Write).await {
            Ok(made) => Ok(Some(made)),
            Err(error) if error.refusal() == Refusal::AlreadyExists => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What tells whose the objects of a kind are that a selector of labels selects.
    pub(crate) async fn list_outlines(
        &self,
        gvk: &GroupVersionKind,
        resource: &Resource,
        selector: &str,
    ) -> Result<Vec<Object>, ApiError> {
        self.list_in::<Outline>(None, gvk, resource, Some(selector)).await
    }

    /// All objects of a kind in the cluster that a selector of labels selects; none where the kind is not served.
    pub async fn list(
        &self,
        gvk: &GroupVersionKind,
        resource: &Resource,
        selector: Option<&str>,
    ) -> Result<Vec<Object>, ApiError> {
        none_where_not_served(self.list_in::<Value>(None, gvk, resource, selector).await)
    }

    /// All objects of a kind that needs no discovery, named as in [`Address::known`], in one namespace or in all.
    pub async fn list_known(
        &self,
        [group, version, kind, plural]: [&str; 4],
        namespace: Option<&str>,
        selector: Option<&str>,
    ) -> Result<Vec<Object>, ApiError> {
        let gvk = GroupVersionKind { group: group.into(), version: version.into(), kind: kind.into() };
        let resource = Resource { plural: plural.into(), namespaced: true };
        none_where_not_served(self.list_in::<Value>(namespace, &gvk, &resource, selector).await)
    }

    /// All objects of a kind, in one namespace where one is given; see [`list`](Self::list).
    async fn list_in<T: DeserializeOwned + Into<Value>>(
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
        let (items, _) = self.pages::<T>(&id, params, |params| request.list(params)).await?;
        let api_version = if group.is_empty() { version.clone() } else { format!("{group}/{version}") };
        let objects = items.into_iter().filter_map(|item| {
            let mut item = item.into();
            // The items of a list do not say what they are.
            if let Value::Object(map) = &mut item {
                map.insert("apiVersion".into(), api_version.clone().into());
                map.insert("kind".into(), kind.clone().into());
            }
            Object::from_value(item).ok()
        });
        Ok(objects.collect())
    }
}

/// What was listed.
fn none_where_not_served(listed: Result<Vec<Object>, ApiError>) -> Result<Vec<Object>, ApiError> {
    match listed {
        Err(error) if error.refusal() == Refusal::NotFound => Ok(Vec::new()),
        listed => listed,
    }
}

type Made = Result<http::Request<Vec<u8>>, kube::core::request::Error>;

fn server_side_apply(address: &Address, object: &Object, mode: Mode) -> Made {
    let mut params = PatchParams::apply(FIELD_MANAGER).force();
    params.dry_run = mode == Mode::DryRun;
    address.request().patch(&address.name(), &params, &Patch::Apply(object.fields()))
}

fn json_patch(address: &Address, operations: &Value, mode: Mode) -> Made {
    let params = PatchParams {
        dry_run: mode == Mode::DryRun,
        field_manager: Some(FIELD_MANAGER.into()),
        ..PatchParams::default()
    };
    let mut request = address.request().patch(&address.name(), &params, &Patch::Merge(operations))?;
    let json_patch = http::HeaderValue::from_static("application/json-patch+json");
    request.headers_mut().insert(http::header::CONTENT_TYPE, json_patch);
    Ok(request)
}

/// Refuses what a dry run gives that the server would not store: it would find out only then.
fn check_size(verb: &'static str, id: &ObjectId, answer: &Answer) -> Result<(), ApiError> {
    match answer.bytes() {
        bytes if bytes > STORED_BYTES => Err(ApiError::too_large(verb, id, bytes, STORED_BYTES)),
        _ => Ok(()),
    }
}

/// The same request, and whether it is refused where the object has a field that its kind does not have (`Strict`), or the server does
/// not even look for that (`Ignore`).
fn validated(mut request: Made, validation: &str) -> Made {
    if let Ok(request) = &mut request
        && let Ok(uri) = format!("{}&fieldValidation={validation}", request.uri()).parse()
    {
        *request.uri_mut() = uri;
    }
    request
}

fn post(address: &Address, object: &Object, mode: Mode) -> Made {
    let params = PostParams { dry_run: mode == Mode::DryRun, field_manager: Some(FIELD_MANAGER.into()) };
    let body = serde_json::to_vec(object.fields()).unwrap_or_default();
    address.request().create(&params, body)
}
