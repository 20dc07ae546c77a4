//! What a provisioner serves, over HTTPS on one port.
//!
//! ```text
//! listener ─▶ routes ─▶ /livez                 it runs
//!    │           ├────▶ /readyz                what it waits for
//!    │           ├────▶ /metrics               figures
//!    │           ├────▶ access ─▶ /log-level   what is logged
//!    │           └────▶ access ─▶ /bundles/    content
//! certificate            │
//!                        └ TokenReview, SubjectAccessReview
//! ```
//!
//! In: what each of them tells, in [`Setup`]. Out: a [`Server`] that runs until it is told to stop. Every replica serves, whoever holds
//! the lease. Nothing here knows what a bundle is.

mod access;
mod bundles;
mod certificate;
mod content;
mod listener;
mod patient;
mod peers;
mod readiness;
mod routes;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rukpak_apply::cluster::Cluster;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::server::ResolvesServerCert;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

pub use bundles::{BundleError, Bundles, Content};
pub use certificate::{CertificateError, Rotation};
pub use readiness::{Check, Readiness};

use access::Access;
use certificate::Keeper;
use listener::Listener;
use routes::Shared;

use crate::log::Level;
use crate::metrics::Metrics;

/// What is served, and where.
pub struct Setup {
    /// The cluster, as ourselves.
    pub cluster: Cluster,
    /// The namespace of the Service, of the Secret and of the `ConfigMap`.
    pub namespace: String,
    /// The name of the Service, by which clients come.
    pub service: String,
    /// Where to listen; on a free port where it says 0.
    pub bind: SocketAddr,
    /// The content.
    pub bundles: Arc<dyn Bundles>,
    /// The figures.
    pub metrics: Metrics,
    /// What is waited for.
    pub readiness: Readiness,
    /// What is logged.
    pub level: Level,
    /// How much is borne with.
    pub limits: Limits,
}

/// How much is borne with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time. Where there are so many, whoever has the most of them loses one to who has less.
    pub connections: usize,
    /// Connections of one address at a time.
    pub connections_of_one: usize,
    /// How long a connection may be used; then what was begun is finished.
    pub life: Duration,
    /// How long TLS may take to begin.
    pub handshake: Duration,
    /// How long a request may take to be told, and a connection may be idle.
    pub headers: Duration,
    /// Bytes of what a request begins with; 8192 at least.
    pub header_bytes: usize,
    /// Lines of it.
    pub header_lines: usize,
    /// How long a client may take nothing of what it has asked for, all in all, with what it takes at the rate below made up for.
    pub stall: Duration,
    /// Bytes a second that it has to take.
    pub rate: u32,
    /// How long what was begun may take when the server is told to stop.
    pub drain: Duration,
    /// How long it holds who may read what; ten seconds at most.
    pub access: Duration,
    /// When certificates are looked at.
    pub rotation: Rotation,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            connections_of_one: 64,
            life: Duration::from_mins(1),
            handshake: Duration::from_secs(10),
            headers: Duration::from_secs(15),
            header_bytes: 32 << 10,
            header_lines: 64,
            stall: Duration::from_secs(30),
            rate: 128 << 10,
            drain: Duration::from_secs(20),
            access: Duration::from_secs(10),
            rotation: Rotation::default(),
        }
    }
}

/// No server.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The address cannot be had.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// There is no certificate to show.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// TLS cannot be set up.
    #[error("cannot speak TLS")]
    Tls(#[from] rustls::Error),
}

/// A server that runs, until this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    tasks: JoinSet<()>,
}

/// Begins to serve: listens, has a certificate, and publishes its authority. From the return on, requests are answered until `stop`
/// is cancelled.
///
/// # Errors
/// Where the address cannot be had, or the certificate cannot be kept; where a right is missing for that, which one. An API server
/// that is away is waited for as long as the cluster's patience lasts.
pub async fn serve(setup: Setup, stop: CancellationToken) -> Result<Server, ServeError> {
    let Setup { cluster, namespace, service, bind, bundles, metrics, readiness, level, limits } = setup;
    let failed = |source| ServeError::Bind { address: bind, source };
    let socket = TcpListener::bind(bind).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let keeper =
        Keeper::begin(cluster.clone(), &namespace, &service, limits.rotation, metrics.clone()).await?;
    let access = Access::new(cluster, limits.access);
    let router = routes::router(Shared { access, bundles, metrics, readiness, level });
    let listener = Listener { socket, tls: tls(keeper.served())?, router, limits };
    tracing::info!(%address, service, "the server listens");
    let mut tasks = JoinSet::new();
    tasks.spawn(listener.run(stop.clone()));
    tasks.spawn(keeper.run(stop));
    Ok(Server { address, tasks })
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it has stopped: what was begun is finished or cut.
    pub async fn stopped(mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of the server has ended before its time");
            }
        }
    }

    /// What it consists of, for whoever looks after tasks.
    pub(crate) fn into_tasks(self) -> JoinSet<()> {
        self.tasks
    }
}

fn tls(certificate: Arc<dyn ResolvesServerCert>) -> Result<TlsAcceptor, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
