//! The `BundleDeployments` of a cluster: creating, following and deleting them.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use e2e::controlplane::{Audit, Cluster, ControlPlane, Mark};
use futures_util::{StreamExt as _, TryStreamExt as _};
use kube::Client;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use kube::runtime::{WatchStreamExt as _, watcher};
use rukpak_api::{BundleDeployment, condition};
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::floor;
use super::repair::{self, Repairs};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// What a provisioner says that it is.
const AGENT: &str = "provisioner-plain/";

/// The `BundleDeployments` of a cluster.
pub(super) struct Deployments {
    runtime: Runtime,
    client: Client,
    api: Api<BundleDeployment>,
    audit: Audit,
    _cluster: Cluster,
}

impl Deployments {
    pub(super) fn open(runtime: Runtime, control_plane: &ControlPlane) -> Result<Self> {
        let cluster = runtime.block_on(control_plane.cluster());
        let audit = cluster.audit().context("this control plane has no audit log")?;
        // Not the tests' own client, whose requests may wait for the acknowledgement of their first half.
        let client = {
            let _runtime = runtime.enter();
            rukpak_apply::cluster::client(cluster.config())?
        };
        let api = Api::all(client.clone());
        Ok(Self { runtime, client, api, audit, _cluster: cluster })
    }

    /// Now, in the audit log.
    pub(super) fn mark(&self) -> Mark {
        self.runtime.block_on(self.audit.mark())
    }

    /// How many requests and writes a provisioner has made since then, leases left out.
    pub(super) fn since(&self, mark: Mark) -> (usize, usize) {
        let requests = self
            .runtime
            .block_on(self.audit.since(mark))
            .by_agent(AGENT)
            .filter(|request| request.resource != "leases");
        (requests.len(), requests.writes().len())
    }

    /// How soon what somebody does to a `ConfigMap` is undone.
    pub(super) fn repairs(&self, namespace: &str, name: &str) -> Result<Repairs> {
        self.runtime.block_on(repair::measure(self.client.clone(), namespace, name))
    }

    /// How long the requests alone take that so many deployments of so many `ConfigMaps` cost.
    pub(super) fn floor(&self, number: usize, objects: usize, namespace: &str) -> Result<Duration> {
        self.runtime.block_on(floor::measure(self.client.clone(), namespace, (number, objects)))
    }

    /// Creates one, and waits until it is installed.
    pub(super) fn install_one(&self, name: &str, image: &str, namespace: &str) -> Result<Duration> {
        self.install_all(&[(name.to_owned(), image.to_owned())], namespace)
    }

    /// Creates some, each with its image, one after the other, and waits until all of them are installed.
    pub(super) fn install_all(&self, images: &[(String, String)], namespace: &str) -> Result<Duration> {
        self.runtime.block_on(async {
            let stream =
                watcher(self.api.clone(), watcher::Config::default()).default_backoff().applied_objects();
            let mut events = pin!(stream);
            let mut left: BTreeSet<&str> = images.iter().map(|(name, _)| name.as_str()).collect();
            // Connected before the clock starts, for the watch and for what is created.
            let _ = timeout(Duration::from_millis(300), events.next()).await;
            self.api.get_opt("none").await?;
            let start = Instant::now();
            let create = async {
                for (name, image) in images {
                    self.api.create(&PostParams::default(), &deployment(name, image, namespace)?).await?;
                }
                anyhow::Ok(())
            };
            let follow = async {
                while !left.is_empty() {
                    let Some(seen) =
                        timeout(PATIENCE, events.try_next()).await.context("nothing happens")??
                    else {
                        bail!("the watch has ended");
                    };
                    if is_installed(&seen) {
                        left.remove(seen.metadata.name.as_deref().unwrap_or_default());
                    }
                }
                Ok(())
            };
            tokio::try_join!(create, follow)?;
            Ok(start.elapsed())
        })
    }

    /// Deletes one, and waits until it is gone.
    pub(super) fn delete(&self, name: &str) -> Result<()> {
        self.runtime.block_on(async {
            self.api.delete(name, &DeleteParams::default()).await?;
            let gone = async {
                while self.api.get_opt(name).await?.is_some() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                anyhow::Ok(())
            };
            timeout(PATIENCE, gone).await.context("it does not go")?
        })
    }

    /// Deletes all of them, and waits until they are gone.
    pub(super) fn delete_all(&self) -> Result<()> {
        self.runtime.block_on(async {
            self.api.delete_collection(&DeleteParams::default(), &ListParams::default()).await?;
            let gone = async {
                while !self.api.list(&ListParams::default()).await?.items.is_empty() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                anyhow::Ok(())
            };
            timeout(PATIENCE, gone).await.context("they do not go")?
        })
    }
}

pub(super) fn deployment(name: &str, image: &str, namespace: &str) -> Result<BundleDeployment> {
    Ok(serde_json::from_value(json!({
        "apiVersion": "core.rukpak.io/v1alpha2",
        "kind": "BundleDeployment",
        "metadata": {"name": name},
        "spec": {
            "installNamespace": namespace,
            "provisionerClassName": "core-rukpak-io-plain",
            "source": {"type": "image", "image": {"ref": image}},
        },
    }))?)
}

fn is_installed(deployment: &BundleDeployment) -> bool {
    let conditions = deployment.status.iter().flat_map(|status| &status.conditions);
    conditions.into_iter().any(|one| one.type_ == condition::INSTALLED && one.status == "True")
}
