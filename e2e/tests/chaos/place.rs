//! One installation: its name, its namespaces, its bundle, and ways to the cluster that can be held up.

use std::cell::Cell;
use std::process::Command;

use e2e::controlplane::{Asked, FaultProxy, unique};
use e2e::process::{Host, Run, run};
use k8s_openapi::api::core::v1::Namespace;
use kube::Client;
use kube::api::{Api, DeleteParams};
use rukpak_apply::cluster::Cluster;
use serde_json::Value;

use crate::bundles::Bundle;

/// What is done with an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Install,
    Upgrade,
    Downgrade,
    Delete,
}

impl Operation {
    /// All of them, in the order in which they follow each other.
    pub(crate) const CYCLE: [Self; 4] = [Self::Install, Self::Upgrade, Self::Downgrade, Self::Delete];

    /// What leads back to where it came from.
    pub(crate) fn back(self) -> Self {
        match self {
            Self::Install => Self::Delete,
            Self::Upgrade => Self::Downgrade,
            Self::Downgrade => Self::Upgrade,
            Self::Delete => Self::Install,
        }
    }

    /// The version that is there afterwards.
    pub(crate) fn version(self) -> Option<&'static str> {
        match self {
            Self::Install | Self::Downgrade => Some("v1"),
            Self::Upgrade => Some("v2"),
            Self::Delete => None,
        }
    }
}

/// An installation, or what is to become one.
pub(crate) struct Place {
    pub(crate) cluster: Cluster,
    pub(crate) client: Client,
    pub(crate) name: String,
    /// Where it is installed into.
    pub(crate) namespace: String,
    /// Where its inventory is.
    pub(crate) system: String,
    pub(crate) host: Host,
    /// Whether it was installed once, and so has namespaces.
    pub(crate) was_installed: Cell<bool>,
    group: String,
    /// Two may be at it at the same time.
    pub(crate) ways: [FaultProxy; 2],
}

impl Place {
    /// A place that nothing is at, and nothing ever was: its namespaces are not there either.
    pub(crate) fn new(current: &e2e::controlplane::Cluster, bundle: Bundle) -> Self {
        let name = format!("chaos-{}", unique());
        let host = Host::new();
        let group = format!("{name}.example.com");
        bundle.write(&host, &group);
        Self {
            cluster: Cluster::connect(current.config()).unwrap(),
            client: current.client(),
            namespace: format!("{name}-app"),
            system: format!("{name}-system"),
            name,
            host,
            was_installed: Cell::new(false),
            group,
            ways: [(); 2].map(|()| FaultProxy::start(&current.kubeconfig())),
        }
    }

    /// The command line for an operation.
    pub(crate) fn command(&self, operation: Operation, way: usize) -> Command {
        match operation.version() {
            Some(version) => self.apply(version, way),
            None => self.rukpakctl(&["delete", &self.name, "--timeout", "1m"], way),
        }
    }

    /// The command line that applies a version.
    pub(crate) fn apply(&self, version: &str, way: usize) -> Command {
        let mut arguments = ["apply", &self.name, version, "--wait", "--timeout", "1m"].to_vec();
        arguments.extend(["--install-namespace", &self.namespace]);
        let waivers = ["gadgets", "widgets"].map(|kind| format!("{kind}.{}:*:*", self.group));
        arguments.extend(waivers.iter().flat_map(|waiver| ["--waive", waiver]));
        self.rukpakctl(&arguments, way)
    }

    /// `rukpakctl`, on this cluster and with this inventory.
    pub(crate) fn rukpakctl(&self, arguments: &[&str], way: usize) -> Command {
        let mut command = self.host.rukpakctl(arguments);
        command.args(["--system-namespace", &self.system]);
        command.env("KUBECONFIG", self.ways[way].kubeconfig());
        command
    }

    /// Does something to its end, with nothing in its way; and what was asked for that.
    pub(crate) fn complete(&self, mut command: Command) -> (Run, Vec<Asked>) {
        self.ways[0].heal();
        let before = self.ways[0].asked().len();
        let run = run(&mut command);
        (run, self.ways[0].asked().split_off(before))
    }

    /// Has its namespaces deleted, in their own time.
    pub(crate) async fn leave(&self) {
        for name in [&self.namespace, &self.system] {
            let namespaces = Api::<Namespace>::all(self.client.clone());
            let _ = namespaces.delete(name, &DeleteParams::background()).await;
        }
    }

    /// The objects of a version, as they are rendered.
    pub(crate) fn rendered(&self, version: &str) -> Vec<Value> {
        let rendered =
            self.host.run(["render", version, "--install-namespace", &self.namespace, "-o", "json"]).ok();
        let mut list: Value = serde_json::from_str(&rendered).unwrap();
        match list["items"].take() {
            Value::Array(items) => items,
            other => panic!("expected items, got {other}"),
        }
    }
}

/// Whether a request was to change what is stored.
pub(crate) fn is_write(asked: &Asked) -> bool {
    let is_review = asked.path.starts_with("/apis/authorization.k8s.io/");
    asked.method != "GET" && !asked.path.contains("dryRun=") && !is_review
}
