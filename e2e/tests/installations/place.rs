//! A namespace, bundles to install into it, and the command line.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use e2e::controlplane::{Cluster, unique};
use e2e::process::{Host, Run, run};
use e2e::programs;
use serde_json::{Value, json};

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
    kubeconfig: OsString,
    host: Host,
}

impl Place {
    /// A namespace of its own on the cluster of the tests. `None`, and a line that says so, where there is none.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let kubeconfig = Cluster::current_kubeconfig()?;
        let name = format!("{name}-{}", unique());
        let place = Self { namespace: format!("e2e-{name}"), name, kubeconfig, host: Host::new() };
        place.kubectl(&["create", "namespace", &place.namespace]);
        Some(place)
    }

    /// Another installation into the same namespace.
    pub(crate) fn other(&self, name: &str) -> Self {
        let name = format!("{name}-{}", self.name);
        let (namespace, kubeconfig) = (self.namespace.clone(), self.kubeconfig.clone());
        Self { name, namespace, kubeconfig, host: Host::new() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// A plain bundle of these objects.
    pub(crate) fn bundle(&self, name: &str, yaml: &str) -> String {
        self.write(&format!("{name}/manifests/all.yaml"), yaml);
        self.path(name)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.host.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let _ = self.host.write(name, text);
    }

    /// Runs the command line, with the name of the installation in the place of `$NAME`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in(&self.namespace, arguments)
    }

    /// The same, to install into another namespace.
    pub(crate) fn run_in(&self, namespace: &str, arguments: &[&str]) -> Ran {
        self.run_with(&self.kubeconfig, Some(namespace), arguments)
    }

    /// The same through a proxy, which the kubeconfig names.
    pub(crate) fn run_through(&self, proxy: &str, arguments: &[&str]) -> Ran {
        let kubeconfig = self.kubeconfig_with("/clusters/0/cluster", "proxy-url", proxy);
        self.run_with(kubeconfig.as_ref(), Some(&self.namespace), arguments)
    }

    /// The same with a kubeconfig whose context is in a namespace, and nothing is said about where to install.
    pub(crate) fn run_at(&self, namespace: &str, arguments: &[&str]) -> Ran {
        let kubeconfig = self.kubeconfig_with("/contexts/0/context", "namespace", namespace);
        self.run_with(kubeconfig.as_ref(), None, arguments)
    }

    /// The same with a kubeconfig in which a program gives the token, and through a proxy where there is one. How often that was run.
    pub(crate) fn run_with_plugin(&self, proxy: Option<&str>, arguments: &[&str]) -> (Ran, usize) {
        let (mut kubeconfig, runs) = (self.kubeconfig(), self.path("runs"));
        let user = kubeconfig.pointer_mut("/users/0/user").unwrap();
        let answer = json!({ "kind": "ExecCredential", "status": { "token": user.get("token") } });
        *user = json!({ "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "sh",
            "args": ["-c", format!("echo >> {runs}; echo '{answer}'")],
            "interactiveMode": "Never",
        }});
        if let Some(proxy) = proxy {
            let cluster = kubeconfig.pointer_mut("/clusters/0/cluster").and_then(Value::as_object_mut);
            cluster.unwrap().insert("proxy-url".into(), proxy.into());
        }
        self.write("kubeconfig", &kubeconfig.to_string());
        self.write("runs", "");
        let ran = self.run_with(self.path("kubeconfig").as_ref(), Some(&self.namespace), arguments);
        (ran, std::fs::read_to_string(&runs).unwrap().len())
    }

    /// A kubeconfig that says something more.
    fn kubeconfig_with(&self, place: &str, field: &str, value: &str) -> String {
        let mut kubeconfig = self.kubeconfig();
        let fields = kubeconfig.pointer_mut(place).and_then(Value::as_object_mut);
        fields.unwrap().insert(field.into(), value.into());
        self.write("kubeconfig", &kubeconfig.to_string());
        self.path("kubeconfig")
    }

    fn kubeconfig(&self) -> Value {
        let shown = self.kubectl(&["config", "view", "--raw", "-o", "json"]);
        serde_json::from_str(&shown).unwrap()
    }

    fn run_with(&self, kubeconfig: &OsStr, namespace: Option<&str>, arguments: &[&str]) -> Ran {
        let arguments = arguments.iter().map(|one| if *one == "$NAME" { self.name.as_str() } else { one });
        let mut command = self.host.rukpakctl(arguments.clone());
        if arguments.take(1).any(|verb| matches!(verb, "apply" | "diff")) {
            command.args(namespace.map(|namespace| ["--install-namespace", namespace]).into_iter().flatten());
        }
        let Run { code, stdout, stderr } = run(command.env("KUBECONFIG", kubeconfig));
        Ran { code: code.unwrap(), stdout, stderr }
    }

    /// The command line, not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.host.rukpakctl(arguments);
        command.env("KUBECONFIG", &self.kubeconfig);
        command
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
        let mut command = self.host.command(programs::controlplane("kubectl").unwrap());
        command.env("KUBECONFIG", &self.kubeconfig).args(["-n", &self.namespace]);
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.try_kubectl(&["delete", "namespace", "--wait=false", &self.namespace]);
    }
}
