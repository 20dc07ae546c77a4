//! The control plane with the definition on it, and what is asked of it.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use e2e::controlplane::{Cluster, eventually};
use e2e::programs;
use http_body_util::BodyExt as _;
use hyper::Request;
use kube::client::Body;
use rukpak_manifest::read_objects;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
pub(crate) const DEFINITION: &str = "bundledeployments.core.rukpak.io";
const DEPLOYMENTS: &str = "/apis/core.rukpak.io/v1alpha2/bundledeployments";

/// The control plane.
pub(crate) struct Place(Cluster);

/// What the API server said.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) warnings: Vec<String>,
    pub(crate) body: Value,
}

impl Place {
    /// With the definition, which is served. `None`, and a line that says so, where there can be no control plane.
    pub(crate) async fn new() -> Option<Self> {
        let place = Self(Cluster::own().await?);
        place.install().await;
        Some(place)
    }

    /// What was said when the definition was installed.
    pub(crate) async fn install(&self) -> &'static Answer {
        static INSTALLED: OnceCell<Answer> = OnceCell::const_new();
        let install = async || {
            let path = programs::root().join(format!("manifests/crds/{}.yaml", file_name()));
            let definition = object(&fs::read(path).unwrap());
            let answer =
                self.ask("POST", &format!("{DEFINITIONS}?fieldValidation=Strict"), &definition).await;
            assert_eq!(answer.code, 201, "{}", answer.body);
            eventually("BundleDeployments are served", async || {
                (self.ask("GET", DEPLOYMENTS, &Value::Null).await.code == 200).then_some(())
            })
            .await;
            answer
        };
        INSTALLED.get_or_init(install).await
    }

    /// The definition as the API server has it.
    pub(crate) async fn definition(&self) -> Value {
        self.ask("GET", &format!("{DEFINITIONS}/{DEFINITION}"), &Value::Null).await.ok()
    }

    /// Creates a `BundleDeployment`, or would.
    pub(crate) async fn create(&self, deployment: &Value, query: &str) -> Answer {
        self.ask("POST", &format!("{DEPLOYMENTS}?{query}"), deployment).await
    }

    /// Changes one by a merge patch. `below` is empty, or a subresource.
    pub(crate) async fn change(&self, name: &str, below: &str, patch: &Value) -> Answer {
        self.ask("PATCH", &format!("{DEPLOYMENTS}/{name}{below}?fieldValidation=Strict"), patch).await
    }

    /// One, as it is stored.
    pub(crate) async fn get(&self, name: &str) -> Value {
        self.ask("GET", &format!("{DEPLOYMENTS}/{name}"), &Value::Null).await.ok()
    }

    /// One, as a table.
    pub(crate) async fn table(&self, name: &str) -> Value {
        let accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
        self.send("GET", &format!("{DEPLOYMENTS}/{name}"), accept, &Value::Null).await.ok()
    }

    pub(crate) fn kubectl(&self) -> Option<Command> {
        self.0.kubectl()
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, "application/json", body).await
    }

    async fn send(&self, method: &str, path: &str, accept: &str, body: &Value) -> Answer {
        let content = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let bytes = if body.is_null() { Vec::new() } else { serde_json::to_vec(body).unwrap() };
        let request = Request::builder().method(method).uri(path).header("accept", accept);
        let request = request.header("content-type", content).body(Body::from(bytes)).unwrap();
        let response = self.0.client().send(request).await.unwrap();
        let code = response.status().as_u16();
        let warnings = response.headers().get_all("warning").iter();
        let warnings = warnings.map(|warning| warning.to_str().unwrap().to_owned()).collect();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { code, warnings, body: serde_json::from_slice(&body).unwrap_or_default() }
    }
}

impl Answer {
    /// What a request has to be answered with that is to be a success, without a warning.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.code) && self.warnings.is_empty(), "{self:?}");
        self.body
    }

    /// What is wrong with an object: `FIELD: WHY` for each cause, without what was found there. Of the object itself the field is
    /// empty.
    #[track_caller]
    pub(crate) fn causes(&self) -> Vec<String> {
        assert_eq!(self.code, 422, "{self:?}");
        let mut causes: Vec<_> = self.body["details"]["causes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cause| ["field", "message"].map(|name| cause[name].as_str().unwrap_or_default()))
            .map(|[field, message]| (field.trim_start_matches("<nil>"), without_value(message)))
            // Said besides what is wrong.
            .filter(|(_, why)| !why.starts_with("some validation rules were not checked"))
            .map(|(field, why)| format!("{field}: {why}"))
            .collect();
        causes.sort();
        causes
    }
}

/// A cause without the value that it is about, which is JSON of any length.
fn without_value(message: &str) -> &str {
    let Some(rest) = message.strip_prefix("Invalid value: ") else { return message };
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    match values.next() {
        Some(Ok(_)) => rest[values.byte_offset()..].trim_start_matches(": "),
        _ => rest,
    }
}

/// A `BundleDeployment` for the registry class, with fields of its spec set, or taken out by null.
pub(crate) fn deployment(spec: &Value) -> Value {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let mut whole = json!({
        "apiVersion": "core.rukpak.io/v1alpha2",
        "kind": "BundleDeployment",
        "metadata": {"name": format!("bd-{}", NUMBER.fetch_add(1, Ordering::SeqCst))},
        "spec": {
            "provisionerClassName": "core-rukpak-io-registry",
            "source": {"type": "image", "image": {"ref": "registry.example.com/operators/web:v1"}},
        },
    });
    merge(&mut whole["spec"], spec);
    whole
}

/// The object of a file.
pub(crate) fn object(yaml: &[u8]) -> Value {
    let mut budget = usize::MAX;
    let (mut objects, _) = read_objects(yaml, &mut budget).unwrap();
    objects.remove(0).object.into_value()
}

/// The name of an object.
pub(crate) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

/// A merge patch, RFC 7386.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let object = target.as_object_mut().unwrap();
    for (name, value) in fields {
        if value.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

fn file_name() -> String {
    let (plural, group) = DEFINITION.split_once('.').unwrap();
    format!("{group}_{plural}")
}
