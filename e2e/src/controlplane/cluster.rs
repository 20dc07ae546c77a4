//! The cluster that a test has: our control plane, or an existing one.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::env;
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use kube::Client;
use kube::config::{Config, Kubeconfig};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::connect::config_of;
use super::control::{self, Order, Route};
use super::home::{Home, PREFIX};
use super::own::Own;
use super::{Audit, EXISTING_VARIABLE, HOME_VARIABLE, Namespace, components, service_account};
use crate::programs;

const NONE: &str = "no cluster; `cargo run -p e2e --bin with-controlplane -- COMMAND` has one";

/// Where the cluster is that this process runs under.
#[derive(Debug)]
enum Current {
    Ours(Home),
    /// What `KUBECONFIG` says.
    Existing(OsString),
}

impl Current {
    /// A `KUBECONFIG` alone is somebody's who did not ask for tests there.
    fn find(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        if let Some(home) = variable(HOME_VARIABLE) {
            return Some(Self::Ours(Home::new(Path::new(&home)).unwrap()));
        }
        let is_existing = variable(EXISTING_VARIABLE).is_some_and(|value| value == "1");
        let files = variable("KUBECONFIG").filter(|files| is_existing && !files.is_empty())?;
        Some(Self::Existing(files))
    }
}

/// A cluster, as its administrator sees it.
#[derive(Debug)]
pub struct Cluster {
    config: Config,
    client: ClientOf,
    /// Of the control plane that it is, if it is one of ours.
    home: Option<Home>,
    files: TempDir,
}

/// A client, which has no `Debug` of its own.
struct ClientOf(Client);

impl std::fmt::Debug for ClientOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl Cluster {
    /// The cluster that this process runs under: that of `with-controlplane`, or, where `E2E_EXISTING_CLUSTER` is `1`, that of
    /// `KUBECONFIG`. `None`, and a line that says so, where there is none.
    pub async fn current() -> Option<Self> {
        let current = Self::find().await;
        if current.is_none() {
            programs::missing(NONE);
        }
        current
    }

    /// The same, without a word.
    pub async fn find() -> Option<Self> {
        match Current::find(|name| env::var_os(name))? {
            Current::Ours(home) => Some(Self::of_home(home).await),
            Current::Existing(_) => Some(Self::new(None, Kubeconfig::from_env().unwrap()?).await),
        }
    }

    /// What `KUBECONFIG` is to be for programs that use it, in whatever directory they run. `None`, and a line that says so, where
    /// there is none.
    #[must_use]
    pub fn current_kubeconfig() -> Option<OsString> {
        match Current::find(|name| env::var_os(name)) {
            Some(Current::Ours(home)) => Some(home.kubeconfig("admin").into()),
            Some(Current::Existing(files)) => {
                let files = env::split_paths(&files).map(|file| std::path::absolute(file).unwrap());
                Some(env::join_paths(files).unwrap())
            }
            None => {
                programs::missing(NONE);
                None
            }
        }
    }

    /// A cluster for the tests of this process alone, where they install what other suites would notice. The first one starts it,
    /// and it ends with the process. `None`, and a line that says so, where it was not built.
    pub async fn own() -> Option<Self> {
        static OWN: OnceCell<Own> = OnceCell::const_new();
        if let Err(missing) = components::check() {
            programs::missing(&missing.to_string());
            return None;
        }
        let own = OWN.get_or_init(async || Own::start(programs::with_controlplane()).unwrap()).await;
        Some(Self::of_home(Home::new(own.home()).unwrap()).await)
    }

    /// The cluster of `KUBECONFIG`, where `E2E_EXISTING_CLUSTER` is `1` and there is none of `with-controlplane`; else one for the tests of
    /// this process alone.
    pub async fn existing_or_own() -> Option<Self> {
        match Current::find(|name| env::var_os(name)) {
            Some(Current::Existing(_)) => Self::find().await,
            _ => Self::own().await,
        }
    }

    /// Whether it is a control plane of ours.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.home.is_some()
    }

    pub(super) async fn of_home(home: Home) -> Self {
        let kubeconfig = Kubeconfig::read_from(home.kubeconfig("admin")).unwrap();
        Self::new(Some(home), kubeconfig).await
    }

    async fn new(home: Option<Home>, kubeconfig: Kubeconfig) -> Self {
        // In a control plane's own directory they go with it, also where a static holds this.
        let files = match &home {
            Some(home) => tempfile::tempdir_in(home.path()),
            None => tempfile::tempdir(),
        };
        let files = files.unwrap();
        let text = serde_json::to_string(&kubeconfig).unwrap();
        std::fs::write(files.path().join("kubeconfig"), text).unwrap();
        let mut config = config_of(kubeconfig).await.unwrap();
        config.headers.push((hyper::header::USER_AGENT, hyper::header::HeaderValue::from_static("e2e")));
        let client = ClientOf(Client::try_from(config.clone()).unwrap());
        Self { config, client, home, files }
    }

    /// A client for this test's runtime.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.0.clone()
    }

    /// Who and where it is, to make another client of.
    #[must_use]
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// The same, as a file.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.files.path().join("kubeconfig")
    }

    /// `kubectl`, as its administrator. `None`, and a line that says so, where it was not built.
    #[must_use]
    pub fn kubectl(&self) -> Option<Command> {
        let mut command = Command::new(programs::controlplane("kubectl")?);
        command.env("KUBECONFIG", self.kubeconfig()).env("HOME", self.files.path());
        Some(command)
    }

    /// A new namespace `e2e-NAME-RANDOM`. It is deleted when it is dropped.
    pub async fn namespace(&self, name: &str) -> Namespace {
        Namespace::create(self, name).await
    }

    /// A kubeconfig with the rights of a `ServiceAccount`, by a token for an hour. It is there as long as the cluster is.
    pub async fn kubeconfig_for_service_account(&self, namespace: &str, name: &str) -> PathBuf {
        service_account::kubeconfig(self, namespace, name).await
    }

    /// What is asked of its API server. `None`, and a line that says so, where it is not ours.
    #[must_use]
    pub fn audit(&self) -> Option<Audit> {
        Some(Audit::new(self.ours("has no audit log")?.audit_log(), self.client()))
    }

    /// Lets the API server reach a server on this host behind a Service, as `NAMESPACE/NAME:PORT`, or behind an address
    /// `IP:PORT`, for as long as the route is held. The Service need not be there yet. `None`, and a line that says so, where
    /// the cluster is not ours.
    pub async fn route(&self, target: &str, server: SocketAddr) -> Option<Route> {
        let socket = self.ours("does not reach this host")?.control_socket();
        Some(control::route(&socket, target, server).await.unwrap())
    }

    /// Kills the API server, as a crash does, for all tests. `None`, and a line that says so, where it is not ours.
    pub async fn stop_apiserver(&self) -> Option<()> {
        let socket = self.ours("is not ours to stop")?.control_socket();
        control::apiserver(&socket, Order::Stop).await.unwrap();
        Some(())
    }

    /// Starts it again, with the same data and on the same port, and waits until it is ready.
    pub async fn start_apiserver(&self) -> Option<()> {
        let socket = self.ours("is not ours to start")?.control_socket();
        control::apiserver(&socket, Order::Start).await.unwrap();
        Some(())
    }

    /// One after the other.
    pub async fn restart_apiserver(&self) -> Option<()> {
        self.stop_apiserver().await?;
        self.start_apiserver().await
    }

    /// A directory for what belongs to this cluster: it goes with the control plane. Of an existing cluster it is one of this process,
    /// and goes when a control plane is started later.
    #[must_use]
    pub fn directory(&self, name: &str) -> PathBuf {
        static EXISTING: LazyLock<PathBuf> =
            LazyLock::new(|| tempfile::Builder::new().prefix(PREFIX).tempdir().unwrap().keep());
        let directory = match &self.home {
            Some(home) => home.file(name),
            None => EXISTING.join(name),
        };
        std::fs::create_dir_all(&directory).unwrap();
        directory
    }

    /// Writes a file that is there as long as this is.
    pub(super) fn write(&self, name: &str, write: impl Fn(&Path) -> io::Result<()>) -> PathBuf {
        let path = self.files.path().join(name);
        write(&path).unwrap();
        path
    }

    fn ours(&self, lacks: &str) -> Option<&Home> {
        if self.home.is_none() {
            programs::skipped(&format!("an existing cluster {lacks}"));
        }
        self.home.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> String {
        let value = |name: &str| variables.iter().find(|(other, _)| *other == name);
        match Current::find(|name| value(name).map(|(_, value)| value.into())) {
            None => "none".into(),
            Some(Current::Ours(home)) => format!("ours in {}", home.path().display()),
            Some(Current::Existing(files)) => format!("that of {}", files.display()),
        }
    }

    #[test]
    fn a_kubeconfig_alone_is_not_ours_to_use() {
        let kubeconfig = ("KUBECONFIG", "/a");
        assert_eq!(found(&[kubeconfig]), "none");
        assert_eq!(found(&[kubeconfig, (EXISTING_VARIABLE, "0")]), "none");
        assert_eq!(found(&[kubeconfig, (EXISTING_VARIABLE, "1")]), "that of /a");
        assert_eq!(found(&[(EXISTING_VARIABLE, "1")]), "none");
        assert_eq!(found(&[kubeconfig, (HOME_VARIABLE, "/b")]), "ours in /b");
    }
}
