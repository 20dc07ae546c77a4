//! The examples of the documentation are run, and print what it shows.
//!
//! An example is a line `$ … rukpakctl …` of a block marked `console`; what follows, up to the next such line or the end of
//! the block, is what it prints on a terminal, errors included. It runs in a folder that has what the checkout has, so that
//! nothing stays there; `$TMPDIR` is another folder, shown as `/tmp`, and `$REGISTRY`, shown as `127.0.0.1:5000`, a registry.
//! Examples that need a cluster run on that of the tests, where there is one. `…` stands for what differs each time, and what
//! is waited for is not shown.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;

use e2e::controlplane::Cluster;
use e2e::process::{Host, run};
use e2e::programs;
use e2e::registry::{Options, Registry};
use rstest::rstest;
use tempfile::TempDir;

#[rstest]
#[case("README.md")]
#[case("docs/output.md")]
#[case("docs/images.md")]
#[case("docs/installing.md")]
fn examples_print_what_is_shown(#[case] file: &str) {
    let examples = examples(&fs::read_to_string(programs::root().join(file)).unwrap());
    assert!(!examples.is_empty(), "found no example in {file}");
    let place = Place::new();
    let wants_registry = examples.iter().any(|(command, _)| command.contains("$REGISTRY"));
    let registry = wants_registry.then(|| Registry::start(&Options::default()));
    if let Some(None) = registry {
        return;
    }
    let host = registry.flatten().map(|registry| (registry.host().to_owned(), registry));
    let wants_cluster = examples.iter().any(|(command, _)| needs_cluster(command));
    let cluster = wants_cluster.then(Cluster::current_kubeconfig).flatten();
    let can_run = |command: &str| cluster.is_some() || !needs_cluster(command);
    for (command, shown) in examples.iter().filter(|(command, _)| can_run(command)) {
        let printed = place.run(command, host.as_ref().map(|(host, _)| host.as_str()), cluster.as_deref());
        let printed: String =
            printed.split_inclusive('\n').filter(|line| !line.starts_with("waiting for ")).collect();
        let is_as_shown = printed.lines().count() == shown.lines().count()
            && printed.lines().zip(shown.lines()).all(|(line, shown)| fits(line, shown));
        assert!(is_as_shown, "\n$ {command}\n{printed}\nis shown as\n{shown}");
    }
}

/// Whether a command is about an installation.
fn needs_cluster(command: &str) -> bool {
    let verbs = ["apply", "diff", "delete", "get", "tree", "events", "wait"];
    verbs.iter().any(|verb| command.contains(&format!("rukpakctl {verb} ")))
}

/// Whether a line is what is shown of it.
fn fits(line: &str, shown: &str) -> bool {
    let mut rest = line;
    for (index, part) in shown.split('…').enumerate() {
        match rest.find(part) {
            Some(at) if index > 0 || at == 0 => rest = &rest[at + part.len()..],
            _ => return false,
        }
    }
    rest.is_empty() || shown.ends_with('…')
}

/// Every command with what stands below it.
fn examples(markdown: &str) -> Vec<(String, String)> {
    let mut examples: Vec<(String, String)> = Vec::new();
    let blocks = markdown.split("\n```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    for line in blocks.flat_map(str::lines) {
        if let Some(command) = line.strip_prefix("$ ") {
            assert!(command.contains("rukpakctl "), "not an example of ours: {command:?}");
            examples.push((command.into(), String::new()));
        } else if let Some((_, shown)) = examples.last_mut() {
            shown.push_str(line);
            shown.push('\n');
        }
    }
    examples
}

/// Where examples run.
struct Place {
    checkout: TempDir,
    temporary: TempDir,
    host: Host,
}

impl Place {
    fn new() -> Self {
        let [checkout, temporary] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        for entry in fs::read_dir(programs::root()).unwrap() {
            let entry = entry.unwrap();
            symlink(entry.path().canonicalize().unwrap(), checkout.path().join(entry.file_name())).unwrap();
        }
        Self { checkout, temporary, host: Host::new() }
    }

    /// What a shell prints for a command, with our binary in its path.
    fn run(&self, command: &str, registry: Option<&str>, kubeconfig: Option<&OsStr>) -> String {
        let folder = programs::rukpakctl().parent().unwrap().to_owned();
        let path = env::split_paths(&env::var_os("PATH").unwrap()).collect::<Vec<_>>();
        let mut shell = self.host.command("sh");
        shell
            .args(["-c", &format!("exec 2>&1; {command}")])
            .env("PATH", env::join_paths([folder].into_iter().chain(path)).unwrap())
            .env_remove("XDG_CACHE_HOME")
            .env("TMPDIR", self.temporary.path())
            .env("REGISTRY", registry.unwrap_or_default())
            .envs(kubeconfig.map(|files| ("KUBECONFIG", files)))
            .current_dir(self.checkout.path());
        let temporary = self.temporary.path().to_str().unwrap();
        let printed = run(&mut shell).stdout.replace(temporary, "/tmp");
        match registry {
            Some(registry) => printed.replace(registry, "127.0.0.1:5000"),
            None => printed,
        }
    }
}
