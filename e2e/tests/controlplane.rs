//! The control plane that the suites run on keeps what it promises them.
//!
//! They run on the cluster of `with-controlplane`, or else on a control plane that those which run at the same time share.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_in_result,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "controlplane/accounts.rs"]
mod accounts;
#[path = "controlplane/audit.rs"]
mod audit;
#[path = "controlplane/faults.rs"]
mod faults;
#[path = "controlplane/restart.rs"]
mod restart;
#[path = "controlplane/runner.rs"]
mod runner;
#[path = "controlplane/services.rs"]
mod services;
#[path = "controlplane/workloads.rs"]
mod workloads;

use std::ops::Deref;
use std::sync::{Arc, Weak};

use e2e::controlplane::{Cluster, ControlPlane};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Resource;
use kube::api::{Api, PostParams};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// The one that tests share.
static SHARED: Mutex<Weak<ControlPlane>> = Mutex::const_new(Weak::new());

/// A cluster, with the control plane that it is, if that is ours to end.
struct Shared {
    cluster: Cluster,
    _control_plane: Option<Arc<ControlPlane>>,
}

impl Deref for Shared {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

/// The cluster that we run under, or a shared one. `None`, and a line that says so, where there can be none.
async fn cluster() -> Option<Shared> {
    if let Some(cluster) = Cluster::find().await {
        return Some(Shared { cluster, _control_plane: None });
    }
    let mut shared = SHARED.lock().await;
    let control_plane = match shared.upgrade() {
        Some(control_plane) => control_plane,
        None => Arc::new(ControlPlane::if_built().await?),
    };
    *shared = Arc::downgrade(&control_plane);
    let cluster = control_plane.cluster().await;
    Some(Shared { cluster, _control_plane: Some(control_plane) })
}

async fn create<K>(api: &Api<K>, object: Value) -> kube::Result<K>
where
    K: Resource + Clone + std::fmt::Debug + Serialize + DeserializeOwned,
{
    api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await
}

fn deployment(name: &str, replicas: u32) -> Value {
    let labels = json!({ "app": name });
    let containers = json!([{ "name": "main", "image": "example.com/none" }]);
    json!({
        "metadata": { "name": name },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": labels },
            "template": { "metadata": { "labels": labels }, "spec": { "containers": containers } },
        },
    })
}

fn is_available(deployment: &Deployment) -> bool {
    let status = deployment.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_ref());
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|condition| condition.type_ == "Available" && condition.status == "True")
}

fn config_map(name: &str) -> ConfigMap {
    serde_json::from_value(json!({ "metadata": { "name": name } })).unwrap()
}
