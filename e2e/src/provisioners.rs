//! Both provisioners as processes, on a control plane of their own or on an existing cluster, and what a user does there.
//!
//! ```text
//! Place ─▶ Provisioners   the processes, which all tests of a binary share; killed, restarted and told otherwise by one at a time
//!     ├──▶ Deployment     a BundleDeployment ─▶ Seen   it, as it is reported
//!     └──▶ bundle         what is in the bundles
//! ```
//!
//! The processes have the rights that are shipped for their `ServiceAccounts`, and no others. Tests see the API server, a registry and the logs.

#![expect(clippy::unwrap_used, reason = "a harness fails by panicking")]

pub mod bundle;
mod daemon;
mod deployment;
mod install;
mod kept;
mod objects;
mod place;
mod private;
mod registry;
mod seen;

use std::path::Path;

use tokio::sync::{OnceCell, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::controlplane::Cluster;

pub use daemon::{Daemon, Which};
pub use deployment::Deployment;
pub use objects::Objects;
pub use place::Place;
pub use private::Private;
pub use seen::Seen;

/// Held by who uses the processes as they are, and alone by who does something to them.
static USERS: RwLock<()> = RwLock::const_new(());

/// The namespace of the provisioners.
pub const SYSTEM: &str = "rukpak-system";

/// The processes of this binary's tests. They end with it.
#[derive(Debug)]
pub struct Provisioners {
    registry_v1: Daemon,
    plain: Daemon,
}

/// What the provisioners may do, as it is shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// What bundles need, in the whole cluster.
    OfTheCluster,
    /// To act as `ServiceAccounts`, and nothing on their own.
    OfTenants,
}

impl Rights {
    fn overlay(self) -> &'static str {
        match self {
            Self::OfTheCluster => "cluster-wide",
            Self::OfTenants => "tenant",
        }
    }
}

/// Who uses the processes.
#[derive(Debug)]
enum Use {
    Shared { _guard: RwLockReadGuard<'static, ()> },
    Alone { _guard: RwLockWriteGuard<'static, ()> },
}

impl Provisioners {
    /// The processes of a cluster, which the first one starts.
    pub async fn get(cluster: &Cluster) -> &'static Self {
        static OURS: OnceCell<Provisioners> = OnceCell::const_new();
        static EXISTING: OnceCell<Provisioners> = OnceCell::const_new();
        let running = if cluster.is_ours() { &OURS } else { &EXISTING };
        let directory = cluster.directory("provisioners");
        running.get_or_init(|| Self::start(cluster, &directory)).await
    }

    async fn start(cluster: &Cluster, directory: &Path) -> Self {
        install::install(cluster, Rights::OfTheCluster);
        let daemon = async |which: Which| {
            let kubeconfig = cluster.kubeconfig_for_service_account(SYSTEM, which.name()).await;
            Daemon::new(which, &directory.join(which.name()), &std::fs::read(kubeconfig).unwrap())
        };
        let provisioners =
            Self { registry_v1: daemon(Which::RegistryV1).await, plain: daemon(Which::Plain).await };
        for which in Which::ALL {
            provisioners.of(which).start(&[]);
        }
        provisioners
    }

    /// One of them.
    #[must_use]
    pub fn of(&self, which: Which) -> &Daemon {
        match which {
            Which::RegistryV1 => &self.registry_v1,
            Which::Plain => &self.plain,
        }
    }

    /// What they have logged of something.
    #[must_use]
    pub fn lines_about(&self, text: &str) -> String {
        let about = |which: Which| {
            let log = self.of(which).log();
            let lines: Vec<_> = log.lines().filter(|line| line.contains(text)).collect();
            let last = lines.get(lines.len().saturating_sub(40)..).unwrap_or_default();
            format!("--- {}, {}\n{}\n", which.name(), self.of(which).state(), last.join("\n"))
        };
        Which::ALL.map(about).concat()
    }
}
