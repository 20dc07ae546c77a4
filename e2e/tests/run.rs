//! `make run`, as a newcomer runs it: a control plane, the shipped manifests with their rights, both provisioners, two examples.
//!
//! With a control plane of its own, since its definition would be noticed by others.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::iter;
use std::net::TcpListener;
use std::process::Command;

use e2e::controlplane::unique;
use e2e::process::run;
use e2e::programs;
use e2e::random::Random;
use tempfile::TempDir;

#[test]
fn the_examples_are_installed_and_nothing_is_left_behind() {
    let Some(registry) = programs::controlplane("registry") else { return };
    let (place, port) = (TempDir::new().unwrap(), free_port());
    let (programs, tools) = (programs::rukpakctl(), registry);
    let mut command = Command::new(programs::with_controlplane());
    command
        .arg(programs::root().join("examples/run.sh"))
        .args([programs.parent().unwrap(), tools.parent().unwrap()])
        .env_remove("KUBECONFIG")
        .env("REGISTRY_PORT", port.to_string())
        .env("TMPDIR", place.path());
    let ended = run(&mut command);
    let log = ended.stderr.clone();
    let shown = ended.ok();
    let lines = |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    for name in ["hello ", "web "] {
        assert!(
            lines(name).contains("InstallationSucceeded") && lines(name).contains("True"),
            "{shown}\n{log}"
        );
    }
    assert!(shown.contains("hello: 9 of 9 objects are healthy"), "{shown}");
    assert!(TcpListener::bind(("127.0.0.1", port)).is_ok(), "the registry has not ended");
    let left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_taken_port_is_told() {
    let Some(registry) = programs::controlplane("registry") else { return };
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = TempDir::new().unwrap();
    let mut command = Command::new(programs::with_controlplane());
    command
        .arg(programs::root().join("examples/run.sh"))
        .args([programs::rukpakctl().parent().unwrap(), registry.parent().unwrap()])
        .env_remove("KUBECONFIG")
        .env("REGISTRY_PORT", taken.local_addr().unwrap().port().to_string())
        .env("TMPDIR", place.path());
    let told = run(&mut command).refused();
    assert!(told.contains("REGISTRY_PORT"), "{told}");
}

#[test]
fn provisioners_that_work_there_are_left_alone() {
    let Some(registry) = programs::controlplane("registry") else { return };
    let (place, tools) = (TempDir::new().unwrap(), registry.parent().unwrap());
    let mut command = Command::new(programs::with_controlplane());
    let script = "kubectl create namespace tenants && \
                  kubectl create deployment provisioner-plain --image example.com/a:v1 --replicas 2 -n tenants && \
                  ! \"$@\" && \
                  kubectl get deployments,clusterroles -A -o name | grep -e provisioner- -e rukpak && \
                  kubectl get deployment provisioner-plain -n tenants -o 'jsonpath={.spec.replicas} replicas'";
    command
        .args(["bash", "-c", script, "bash"])
        .arg(programs::root().join("examples/run.sh"))
        .args([programs::rukpakctl().parent().unwrap(), tools])
        .env_remove("KUBECONFIG")
        .env("PATH", format!("{}:{}", tools.display(), std::env::var("PATH").unwrap()))
        .env("REGISTRY_PORT", free_port().to_string())
        .env("TMPDIR", place.path());
    let ended = run(&mut command);
    let told = ended.stderr.clone();
    assert!(told.contains("Deployment provisioner-plain in the namespace tenants"), "{told}");
    assert!(told.contains("--system-namespace tenants"), "{told}");
    assert!(ended.ok().ends_with("\ndeployment.apps/provisioner-plain\n2 replicas"), "{told}");
}

/// A port that is free, and that nobody is given who asks for any: those begin at 32768.
fn free_port() -> u16 {
    let mut random = Random::new(u64::from_str_radix(&unique(), 16).unwrap(), 0);
    let any = || u16::try_from(20_000 + random.below(10_000)).unwrap();
    iter::repeat_with(any).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}
