//! A control plane with both provisioners, bundles to install on it, and the command line.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use e2e::controlplane::{Cluster, FaultProxy, Route, unique};
use e2e::process::{Host, Run, run, run_with};
use e2e::programs;
use e2e::provisioners::{Provisioners, Which};
use e2e::registry::{Options, Registry};
use tokio::runtime::{Builder, Runtime};

/// How long something may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// What all tests of this binary share: it ends with the process.
struct Shared {
    kubeconfig: String,
    runtime: Runtime,
    cluster: Cluster,
    provisioners: &'static Provisioners,
}

/// A name that no other test has.
pub(crate) struct Place {
    name: String,
    host: Host,
    shared: &'static Shared,
    registry: Option<Registry>,
}

impl Place {
    /// A place on the control plane of these tests. `None`, and a line that says so, where it was not built.
    pub(crate) fn new(name: &str) -> Option<Self> {
        static SHARED: OnceLock<Option<Shared>> = OnceLock::new();
        let shared = SHARED.get_or_init(start).as_ref()?;
        let registry = Some(Registry::start(&Options::default())?);
        Some(Self { name: format!("{name}-{}", unique()), host: Host::new(), shared, registry })
    }

    /// Another name beside this one. It has no registry.
    pub(crate) fn other(&self, name: &str) -> Self {
        Self { name: format!("{name}-{}", self.name), host: Host::new(), shared: self.shared, registry: None }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.host.path(name).to_str().unwrap().to_owned()
    }

    /// An operator's bundle: a Deployment, and a `ConfigMap` with a value.
    pub(crate) fn operator(&self, value: &str) -> String {
        let folder = format!("operator-{value}");
        let map = format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: hello}}, data: {{value: '{value}'}}}}\n"
        );
        let _ = self.host.write(&format!("{folder}/manifests/map.yaml"), map);
        let _ = self.host.write(&format!("{folder}/manifests/hello.clusterserviceversion.yaml"), CSV);
        let _ = self.host.write(&format!("{folder}/metadata/annotations.yaml"), ANNOTATIONS);
        self.path(&folder)
    }

    /// A plain bundle: a `ConfigMap` with a value.
    pub(crate) fn plain(&self, value: &str) -> String {
        let map = format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: plain}}, data: {{value: '{value}'}}}}\n"
        );
        self.plain_of(value, &map)
    }

    /// A plain bundle of these objects.
    pub(crate) fn plain_of(&self, name: &str, yaml: &str) -> String {
        let folder = format!("plain-{name}");
        let _ = self.host.write(&format!("{folder}/manifests/all.yaml"), yaml);
        self.path(&folder)
    }

    /// How an image of the registry is called.
    pub(crate) fn image(&self, name: &str) -> String {
        self.registry.as_ref().unwrap().image(name)
    }

    /// Pushes a bundle, and says what the image is called.
    pub(crate) fn push(&self, bundle: &str, name: &str) -> String {
        let image = self.image(name);
        self.run(&["push", bundle, &image]).ok();
        image
    }

    /// Whether nothing was written to the registry.
    pub(crate) fn registry_is_empty(&self) -> bool {
        let requests = self.registry.as_ref().unwrap().requests();
        !requests.iter().any(|request| request.starts_with("PUT"))
    }

    /// Runs the command line, as the administrator.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        run(&mut self.command(arguments))
    }

    /// What it prints.
    pub(crate) fn bytes(&self, arguments: &[&str]) -> Vec<u8> {
        self.command(arguments).output().unwrap().stdout
    }

    /// The command line, as the administrator, not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.host.rukpakctl(arguments);
        command.env("KUBECONFIG", &self.shared.kubeconfig);
        command
    }

    /// Runs `kubectl`, to its end. What it printed.
    #[track_caller]
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        kubectl(&self.shared.kubeconfig, arguments, "")
    }

    /// A `kubectl` in a namespace.
    pub(crate) fn kubectl_in(&self, namespace: &str) -> Command {
        let mut command = Command::new(programs::controlplane("kubectl").unwrap());
        command.args(["-n", namespace]).env("KUBECONFIG", &self.shared.kubeconfig);
        command
    }

    /// Applies an object.
    #[track_caller]
    pub(crate) fn apply(&self, yaml: &str) {
        kubectl(&self.shared.kubeconfig, &["apply", "--server-side", "-f", "-"], yaml);
    }

    /// A way to the API server for which it takes no credentials.
    pub(crate) fn without_credentials(&self) -> FaultProxy {
        FaultProxy::start(Path::new(&self.shared.kubeconfig))
    }

    /// A kubeconfig with the token of a `ServiceAccount`.
    pub(crate) fn kubeconfig_for(&self, namespace: &str, account: &str) -> String {
        let Shared { runtime, cluster, .. } = self.shared;
        let file = runtime.block_on(cluster.kubeconfig_for_service_account(namespace, account));
        file.to_str().unwrap().to_owned()
    }

    /// `localhost:PORT`, where a provisioner serves.
    pub(crate) fn provisioner(&self, which: Which) -> String {
        let port = || {
            let log = self.shared.provisioners.of(which).log();
            let line = log.lines().find(|line| line.contains("the server listens"))?.to_owned();
            let rest = line.split_once("127.0.0.1:")?.1.to_owned();
            Some(rest.chars().take_while(char::is_ascii_digit).collect::<String>())
        };
        self.until("the provisioner serves", || port().is_some());
        format!("localhost:{}", port().unwrap())
    }

    /// Lets the API server reach a server of this host at an address that only it knows, for as long as the route is held.
    pub(crate) fn route(&self, target: &str, server: SocketAddr) -> Route {
        let Shared { runtime, cluster, .. } = self.shared;
        runtime.block_on(cluster.route(target, server)).unwrap()
    }

    /// Waits until something holds.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let start = Instant::now();
        while !holds() {
            assert!(start.elapsed() < PATIENCE, "{}: it does not come to it that {what}", self.name);
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Starts the control plane, and on it both provisioners.
fn start() -> Option<Shared> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let cluster = runtime.block_on(Cluster::own())?;
    let provisioners = runtime.block_on(Provisioners::get(&cluster));
    let kubeconfig = cluster.kubeconfig().to_string_lossy().into_owned();
    Some(Shared { kubeconfig, runtime, cluster, provisioners })
}

#[track_caller]
fn kubectl(kubeconfig: &str, arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(programs::controlplane("kubectl").unwrap());
    command.args(arguments).env("KUBECONFIG", kubeconfig).stdin(Stdio::piped());
    let run = run_with(&mut command, input.as_bytes());
    assert_eq!(run.code, Some(0), "kubectl {arguments:?}: {}", run.stderr);
    run.stdout
}

const CSV: &str = "\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata:
  name: hello.v0.1.0
spec:
  displayName: Hello
  version: 0.1.0
  installModes:
  - {type: OwnNamespace, supported: true}
  - {type: SingleNamespace, supported: true}
  - {type: MultiNamespace, supported: false}
  - {type: AllNamespaces, supported: true}
  install:
    strategy: deployment
    spec:
      deployments:
      - name: hello
        spec:
          replicas: 1
          selector: {matchLabels: {app: hello}}
          template:
            metadata: {labels: {app: hello}}
            spec:
              serviceAccountName: hello
              containers:
              - {name: hello, image: registry.example.com/hello:v1}
";

const ANNOTATIONS: &str = "\
annotations:
  operators.operatorframework.io.bundle.mediatype.v1: registry+v1
  operators.operatorframework.io.bundle.manifests.v1: manifests/
  operators.operatorframework.io.bundle.metadata.v1: metadata/
  operators.operatorframework.io.bundle.package.v1: hello
  operators.operatorframework.io.bundle.channels.v1: alpha
";
