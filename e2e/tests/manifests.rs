//! What is shipped in `manifests/` for the provisioners: that it renders, that the two ways to install it install the same, and that real
//! servers take it and give the rights that it says.
//!
//! The servers are of these tests alone: where the definition of `BundleDeployment` is, and its policies, other suites find another
//! cluster than theirs.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "manifests/chart.rs"]
mod chart;
#[path = "manifests/installed.rs"]
mod installed;
#[path = "manifests/monitoring.rs"]
mod monitoring;
#[path = "manifests/policy.rs"]
mod policy;
#[path = "manifests/rendered.rs"]
mod rendered;
#[path = "manifests/rights.rs"]
mod rights;

use std::path::PathBuf;
use std::process::{Command, Output};

use e2e::programs;
use rukpak_manifest::{Object, read_objects};

/// The namespace of the provisioners.
const SYSTEM: &str = "rukpak-system";

/// What can be installed by kustomize, in `manifests/`.
const OVERLAYS: [&str; 3] = ["overlays/cluster-wide", "overlays/tenant", "overlays/high-availability"];

/// The names of both provisioners.
const PROVISIONERS: [&str; 2] = ["provisioner-plain", "provisioner-registry-v1"];

fn manifests() -> PathBuf {
    programs::root().join("manifests")
}

/// What kustomize makes of a folder of `manifests/`. `None`, and a line that says so, where kubectl was not built.
fn kustomized(folder: &str) -> Option<String> {
    let mut kubectl = Command::new(programs::controlplane("kubectl")?);
    Some(succeeds(kubectl.arg("kustomize").arg(manifests().join(folder))))
}

/// Helm, with nothing of whoever runs the tests. `None`, and a line that says so, where it was not built.
fn helm() -> Option<Command> {
    let mut helm = Command::new(programs::helm()?);
    helm.env_clear().env("HOME", std::env::temp_dir());
    Some(helm)
}

/// What Helm makes of the chart with values, as `--set` takes them.
fn charted(values: &str) -> Option<String> {
    let mut helm = helm()?;
    helm.args(["template", "rukpak", "--namespace", SYSTEM, "--set", values])
        .arg(manifests().join("charts/rukpak"));
    Some(succeeds(&mut helm))
}

/// What a program prints, which must not fail.
fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// What a program says on standard error.
fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn objects(text: &str) -> Vec<Object> {
    let (objects, notes) = read_objects(text.as_bytes(), &mut 1_000_000).unwrap();
    assert!(notes.is_empty(), "{notes:?}");
    objects.into_iter().map(|located| located.object).collect()
}
