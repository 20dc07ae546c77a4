//! The requests that deployments take at least, made by a program that knows beforehand what it wants: what the API server alone makes of
//! a machine's time.
//!
//! For each: the `BundleDeployment` is created, as whoever wants it does, and held by a finalizer; its objects are tried by a dry run;
//! the inventory is written down; the objects are created; the end is written down. Nothing is fetched, read, followed or observed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kube::Client;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams,
    PostParams,
};
use rukpak_api::{BundleDeployment, BundleDeploymentStatus, condition};
use serde_json::{Value, json};

use super::cluster::deployment;
use crate::apply::{floor_owner, owned_map};

/// Deployments at the same time, as many as a provisioner takes care of.
const DEPLOYMENTS: usize = 4;

/// Requests of one deployment at the same time.
const REQUESTS: usize = 16;

/// What marks all of it.
const LABEL: (&str, &str) = ("bench", "floor");

/// A class that no provisioner serves.
const CLASS: &str = "bench-floor";

/// Makes the requests of so many deployments of so many `ConfigMaps`, and removes all of it.
pub(super) async fn measure(
    client: Client,
    namespace: &str,
    (deployments, objects): (usize, usize),
) -> Result<Duration> {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap"));
    let maps = Api::namespaced_with(client.clone(), namespace, &kind);
    let floor = Floor { api: Api::all(client), maps, namespace };
    let names: Vec<_> = (0..deployments).map(|number| format!("floor-{number}")).collect();
    let start = Instant::now();
    let all = stream::iter(&names).map(|name| floor.deploy(name, objects));
    all.buffer_unordered(DEPLOYMENTS).try_collect::<()>().await?;
    let time = start.elapsed();
    floor.remove(&names).await?;
    Ok(time)
}

struct Floor<'a> {
    api: Api<BundleDeployment>,
    maps: Api<DynamicObject>,
    namespace: &'a str,
}

impl Floor<'_> {
    async fn deploy(&self, name: &str, objects: usize) -> Result<()> {
        let mut deployment = deployment(name, "127.0.0.1:1/floor:v1", self.namespace)?;
        deployment.metadata.labels = Some([(LABEL.0.into(), LABEL.1.into())].into());
        CLASS.clone_into(&mut deployment.spec.provisioner_class_name);
        let params = PostParams { field_manager: Some("bench".into()), ..PostParams::default() };
        self.api.create(&params, &deployment).await?;
        let mut held = self.finalize(name, json!(["bench.example.com/floor"])).await?;
        let maps: Vec<_> = (0..objects)
            .map(|number| owned_map(&format!("{name}-{number}"), self.namespace))
            .collect::<Result<_>>()?;
        for dry_run in [true, false] {
            let trial = PostParams { dry_run, ..params.clone() };
            let requests = stream::iter(&maps).map(|map| self.maps.create(&trial, map));
            requests.buffer_unordered(REQUESTS).try_for_each(async |_| Ok(())).await?;
            held.status = Some(self.status(name, objects, if dry_run { "Unknown" } else { "True" })?);
            held = self.api.replace_status(name, &params, &held).await?;
        }
        Ok(())
    }

    async fn finalize(&self, name: &str, finalizers: Value) -> Result<BundleDeployment> {
        let patch = json!({"metadata": {"finalizers": finalizers}});
        self.api.patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await.context("its finalizer")
    }

    async fn remove(&self, names: &[String]) -> Result<()> {
        for name in names {
            self.finalize(name, Value::Null).await?;
        }
        let all = ListParams::default().labels(&format!("{}={}", LABEL.0, LABEL.1));
        self.api.delete_collection(&DeleteParams::default(), &all).await?;
        let all = ListParams::default().labels(&floor_owner().selector());
        self.maps.delete_collection(&DeleteParams::default(), &all).await?;
        Ok(())
    }

    fn status(&self, name: &str, objects: usize, status: &str) -> Result<BundleDeploymentStatus> {
        let namespace = self.namespace;
        let conditions = condition::ALL.map(|kind| {
            json!({
                "type": kind, "status": status, "reason": "Settled", "message": "everything is applied and healthy",
                "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1,
            })
        });
        let entries: Vec<_> = (0..objects)
            .map(|number| json!({"id": format!("{namespace}_{name}-{number}__ConfigMap"), "v": "v1"}))
            .collect();
        let source =
            json!({"type": "image", "image": {"ref": format!("127.0.0.1:1/floor@sha256:{:064}", 0)}});
        Ok(serde_json::from_value(json!({
            "observedGeneration": 1, "conditions": conditions, "inventory": {"entries": entries},
            "resolvedSource": source, "activeSource": source, "installNamespace": namespace,
        }))?)
    }
}
