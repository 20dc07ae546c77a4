//! A namespace, bundles to install into it, and the command line.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use e2e::programs;
use serde_json::Value;
use tempfile::TempDir;

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }
}

/// Where something is installed.
pub(crate) struct Place {
    name: String,
    namespace: String,
    folder: TempDir,
}

impl Place {
    /// A namespace of its own on the cluster of the tests. `None`, and a line that says so, where there is none.
    pub(crate) fn new(name: &str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        if std::env::var_os("KUBECONFIG").is_none() {
            programs::skipped("no cluster; `cargo run -p e2e --bin with-controlplane -- COMMAND` has one");
            return None;
        }
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("{name}-{}-{number}", std::process::id());
        let place = Self { namespace: format!("e2e-{name}"), name, folder: tempfile::tempdir().unwrap() };
        place.kubectl(&["create", "namespace", &place.namespace]);
        Some(place)
    }

    /// Another installation into the same namespace.
    pub(crate) fn other(&self, name: &str) -> Self {
        let name = format!("{name}-{}", self.name);
        Self { name, namespace: self.namespace.clone(), folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// A plain bundle of these objects.
    pub(crate) fn bundle(&self, name: &str, yaml: &str) -> String {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(folder.join("manifests")).unwrap();
        fs::write(folder.join("manifests/all.yaml"), yaml).unwrap();
        folder.to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs the command line, with the name of the installation in the place of `$NAME`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in(&self.namespace, arguments)
    }

    /// The same, to install into another namespace.
    pub(crate) fn run_in(&self, namespace: &str, arguments: &[&str]) -> Ran {
        self.run_as(Command::new(programs::rukpakctl()), namespace, arguments)
    }

    /// The same through a proxy, which the kubeconfig names.
    pub(crate) fn run_through(&self, proxy: &str, arguments: &[&str]) -> Ran {
        let shown = self.kubectl(&["config", "view", "--raw", "-o", "json"]);
        let mut kubeconfig: Value = serde_json::from_str(&shown).unwrap();
        let cluster = kubeconfig.pointer_mut("/clusters/0/cluster").and_then(Value::as_object_mut);
        cluster.unwrap().insert("proxy-url".into(), proxy.into());
        self.write("kubeconfig", &kubeconfig.to_string());
        let mut command = Command::new(programs::rukpakctl());
        command.env("KUBECONFIG", self.path("kubeconfig"));
        self.run_as(command, &self.namespace, arguments)
    }

    fn run_as(&self, mut command: Command, namespace: &str, arguments: &[&str]) -> Ran {
        command.args(arguments.iter().map(|one| if *one == "$NAME" { self.name.as_str() } else { one }));
        if matches!(arguments.first(), Some(&("apply" | "diff"))) {
            command.args(["--install-namespace", namespace]);
        }
        let output = command.env("XDG_CACHE_HOME", self.folder.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Ran { code: output.status.code().unwrap(), stdout, stderr }
    }

    /// Runs `kubectl` in the namespace.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        let output = self.try_kubectl(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Whether there is such an object.
    pub(crate) fn has(&self, kind: &str, name: &str) -> bool {
        self.try_kubectl(&["get", kind, name]).status.success()
    }

    fn try_kubectl(&self, arguments: &[&str]) -> std::process::Output {
        self.kubectl_command().args(arguments).output().unwrap()
    }

    /// A `kubectl` in the namespace.
    pub(crate) fn kubectl_command(&self) -> Command {
        let mut command = Command::new(programs::controlplane("kubectl").unwrap());
        command.args(["-n", &self.namespace]);
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut command = Command::new(programs::controlplane("kubectl").unwrap());
        let _ = command.args(["delete", "namespace", "--wait=false", &self.namespace]).output();
    }
}
