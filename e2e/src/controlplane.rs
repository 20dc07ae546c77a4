//! A Kubernetes control plane of our own, and what tests do with a cluster.
//!
//! ```text
//! ControlPlane ─▶ keeper ─▶ components   etcd, the API server, the controllers, the scheduler, kwok
//!                   ├─▶ egress ◀─ routes where the API server's calls to Services go
//!                   └─▶ control          the same keeper, for tests in other processes
//! Cluster  ─▶ client, namespaces, audit log, kubeconfigs of ServiceAccounts, routes
//! Backend     what stands behind a Service: a webhook, an aggregated API
//! FaultProxy  an API server that is busy, fails, hangs up or is gone
//! ```
//!
//! Everything of it is a real program, as `make controlplane` builds them, but for the node: kwok says of each Pod that it
//! runs, and nothing does. There is no cluster network either; what the API server calls behind Services are servers on this
//! host (see [`Cluster::route`]).
//!
//! A suite takes the cluster of `with-controlplane`, or an existing one, by [`Cluster::current`]; one that installs what others
//! would notice has a control plane of its own, by [`Cluster::own`].

mod audit;
mod authority;
mod backend;
mod background;
mod cluster;
mod components;
mod configuration;
mod connect;
mod control;
mod credentials;
mod egress;
mod fault_proxy;
mod home;
mod keeper;
mod namespace;
mod own;
mod port;
mod routes;
mod service_account;
mod wait;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::sync::oneshot;

use background::Background;
use home::Home;

use crate::programs;

pub use audit::{Audit, Mark, Request, Requests};
pub use authority::{Authority, Issued};
pub use backend::{Backend, Call};
pub use cluster::Cluster;
pub use connect::{client, config};
pub use control::Route;
pub use fault_proxy::{Asked, Fault, FaultProxy};
pub use namespace::{Namespace, unique};
pub(crate) use wait::{LONG, PATIENCE};
pub use wait::{at_last, eventually};

/// The variable that says where the files of the control plane are that a process runs under.
pub const HOME_VARIABLE: &str = "E2E_CONTROLPLANE";

/// The variable that says, as `1`, that `KUBECONFIG` is a cluster to run the suites on.
pub const EXISTING_VARIABLE: &str = "E2E_EXISTING_CLUSTER";

/// A control plane. Its processes end when it is dropped, and when the process that started it does.
#[derive(Debug)]
pub struct ControlPlane {
    // Ends before the files go.
    _keeper: Background,
    home: Home,
    _files: TempDir,
}

impl ControlPlane {
    /// Starts one, and waits until Pods can run. Says on the way, by `progress`, what it does. The logs of the programs go to
    /// `logs`, where they stay; they go with the rest of its files where it is `None`.
    ///
    /// An error of the kind `NotFound` means that the programs were not built.
    pub async fn start(logs: Option<&Path>, progress: impl Fn(&str) + Send + 'static) -> io::Result<Self> {
        components::check()?;
        home::sweep(&env::temp_dir())?;
        let files = tempfile::Builder::new().prefix(home::PREFIX).tempdir()?;
        let home = Home::new(files.path())?;
        match logs {
            None => fs::create_dir(home.logs())?,
            Some(logs) => {
                fs::create_dir_all(logs)?;
                symlink(logs.canonicalize()?, home.logs())?;
            }
        }
        let (ready, is_ready) = oneshot::channel();
        let for_keeper = home.clone();
        let keeper = Background::start("control plane", move || keeper::keep(for_keeper, ready, progress))?;
        let control_plane = Self { _keeper: keeper, home, _files: files };
        is_ready.await.map_err(|_| io::Error::other("the control plane's thread has ended"))??;
        Ok(control_plane)
    }

    /// One that says nothing on the way. `None`, and a line that says so, where its programs were not built.
    #[expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]
    pub async fn if_built() -> Option<Self> {
        match Self::start(None, |_| {}).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                programs::missing(&error.to_string());
                None
            }
            started => Some(started.unwrap()),
        }
    }

    /// How to get at it as an administrator.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.home.kubeconfig("admin")
    }

    /// The variables by which [`Cluster::current`] finds it, in another process.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, OsString); 2] {
        [("KUBECONFIG", self.kubeconfig().into()), (HOME_VARIABLE, self.home.path().into())]
    }

    /// The cluster that it is.
    pub async fn cluster(&self) -> Cluster {
        Cluster::of_home(self.home.clone()).await
    }
}
