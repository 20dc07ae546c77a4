//! What a person sees on a terminal: bars while layers are fetched, and a table while objects are written.
//!
//! The terminal is one of `script` (util-linux), which writes down whatever a program draws on it.

use std::process::Command;
use std::time::Duration;

use e2e::controlplane::Cluster;
use e2e::faults::{Faults, Times, slowly};
use e2e::image::{Image, Tar, layer};
use e2e::noise::noise;
use e2e::process::{Host, run};
use e2e::programs;

/// What the command line draws on a terminal, the characters that move the cursor included. `None`, and a line that says so, where there
/// is no `script`.
fn drawn(host: &Host, arguments: &[&str], environment: &[(&str, &str)]) -> Option<String> {
    let script = programs::installed("script")?;
    let words: Vec<_> = arguments.iter().map(|word| format!("'{word}'")).collect();
    let line = format!("{} {}", programs::rukpakctl().display(), words.join(" "));
    let mut command: Command = host.command(script);
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.envs(environment.iter().copied()).env("TERM", "xterm").env("SHELL", "/bin/sh");
    Some(run(&mut command).ok())
}

#[test]
fn each_layer_has_a_bar_while_it_is_fetched() {
    let host = Host::new();
    let files = Tar::new().file("manifests/map.yaml", "a: 1").file("metadata/noise", noise(60_000, 1));
    let layer = layer(&files);
    let faults = Faults::serving(&Image::new(std::slice::from_ref(&layer)));
    faults.on("GET", "/blobs/", Times::Always, slowly(6_000, Duration::from_millis(120)));
    let reference = format!("docker://{}", faults.image("bundle:v1"));
    let Some(drawn) = drawn(&host, &["unpack", &reference, "--to", "bundle"], &[]) else { return };
    let digits = &layer.digest["sha256:".len()..][..12];
    let bars = drawn.matches(&format!("{digits} [")).count();
    assert!(bars >= 3, "it moves: {drawn:?}");
    assert!(drawn.contains("=>") && drawn.contains("\u{1b}["), "{drawn:?}");
    assert!(host.path("bundle/manifests/map.yaml").is_file());
}

#[tokio::test]
async fn each_phase_has_a_row_while_it_is_written() {
    let Some(cluster) = Cluster::find().await else { return };
    let namespace = cluster.namespace("terminal").await;
    let host = Host::new();
    let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n");
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: one\n";
    let _ = host.write("bundle/manifests/all.yaml", [&map("one"), &map("two"), account].join("---\n"));
    let (name, kubeconfig) = (namespace.name().to_owned(), cluster.kubeconfig());
    let environment = [("KUBECONFIG", kubeconfig.to_str().unwrap())];
    let apply = ["apply", &name, "bundle", "--install-namespace", &name, "--wait"];
    let Some(drawn_by_apply) = drawn(&host, &apply, &environment) else { return };
    for row in ["identity          1 of 1", "configuration     2 of 2"] {
        assert!(drawn_by_apply.contains(row), "{row}: {drawn_by_apply:?}");
    }
    let drawn_by_delete = drawn(&host, &["delete", &name], &environment).unwrap();
    assert!(drawn_by_delete.contains("deletion          3 of 3"), "{drawn_by_delete:?}");
}
