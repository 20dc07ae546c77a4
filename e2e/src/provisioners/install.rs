//! What a cluster needs before a provisioner can run, as it is shipped: the definition, the namespace, and accounts with their rights.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Rights, SYSTEM};
use crate::controlplane::Cluster;
use crate::programs;

/// How long it may take until the API server goes by what it was told.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is asked.
const TICK: Duration = Duration::from_millis(200);

/// Installs an overlay of what is shipped, but for the Deployments: the provisioners are processes of ours here.
pub(super) fn install(cluster: &Cluster, rights: Rights) {
    let overlay = programs::root().join("manifests/overlays").join(rights.overlay());
    let overlay = overlay.to_str().unwrap();
    kubectl(cluster, &["apply", "--server-side", "--force-conflicts", "-k", overlay], None);
    kubectl(cluster, &["delete", "deployments", "--all", "--namespace", SYSTEM], None);
    let established = ["wait", "--for=condition=Established", "crd/bundledeployments.core.rukpak.io"];
    kubectl(cluster, &established, None);
    if rights == Rights::OfTheCluster {
        // What only the other overlay has.
        let policies = "validatingadmissionpolicies,validatingadmissionpolicybindings";
        kubectl(cluster, &["delete", policies, "rukpak-act-as", "--ignore-not-found"], None);
    }
    let start = Instant::now();
    while takes_one_without_account(cluster) != (rights == Rights::OfTheCluster) {
        assert!(start.elapsed() < PATIENCE, "the API server does not go by {rights:?} after {PATIENCE:?}");
        thread::sleep(TICK);
    }
}

/// Whether a `BundleDeployment` may be made that names no `ServiceAccount`. A policy is in force a moment after it is there.
fn takes_one_without_account(cluster: &Cluster) -> bool {
    let one = json!({
        "apiVersion": "core.rukpak.io/v1alpha2",
        "kind": "BundleDeployment",
        "metadata": {"name": "probe"},
        "spec": {
            "provisionerClassName": "none",
            "source": {"type": "image", "image": {"ref": "example.com/none"}},
        },
    });
    let mut command = cluster.kubectl().unwrap();
    command.args(["create", "--dry-run=server", "-f", "-"]);
    crate::process::run_with(&mut command, one.to_string().as_bytes()).code == Some(0)
}

/// Applies objects as an administrator.
pub(super) fn apply(cluster: &Cluster, items: Vec<Value>) {
    let mut list = json!({"apiVersion": "v1", "kind": "List"});
    list["items"] = items.into();
    kubectl(cluster, &["apply", "--server-side", "--force-conflicts", "-f", "-"], Some(&list.to_string()));
}

/// Runs `kubectl`, which must come to its end. What it printed.
#[track_caller]
pub(super) fn kubectl(cluster: &Cluster, arguments: &[&str], input: Option<&str>) -> String {
    let mut command = cluster.kubectl().unwrap();
    command.args(arguments);
    let run = crate::process::run_with(&mut command, input.unwrap_or_default().as_bytes());
    assert_eq!(run.code, Some(0), "kubectl {arguments:?}: {}", run.stderr);
    run.stdout
}
