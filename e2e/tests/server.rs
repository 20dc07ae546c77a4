//! What a provisioner serves: to whom, by which certificate, and what it bears with.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

#[path = "server/access.rs"]
mod access;
#[path = "server/bounds.rs"]
mod bounds;
#[path = "server/certificate.rs"]
mod certificate;
#[path = "server/client.rs"]
mod client;
#[path = "server/content.rs"]
mod content;
#[path = "server/figures.rs"]
mod figures;
#[path = "server/people.rs"]
mod people;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use e2e::controlplane::Cluster;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::Api;
use rukpak_provisioner::log::{self, Level};
use rukpak_provisioner::metrics::Metrics;
use rukpak_provisioner::server::{Limits, Readiness, ServeError, Server, Setup, serve};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use client::Connection;
use content::Sample;

/// The Service that is served.
const SERVICE: &str = "provisioner-plain";

/// A server in this process.
struct Running {
    address: SocketAddr,
    server: Server,
    readiness: Readiness,
    stop: CancellationToken,
    maps: Api<ConfigMap>,
    begun: Arc<Semaphore>,
}

impl Running {
    /// One for a namespace, as an administrator.
    async fn start(cluster: &Cluster, namespace: &str, limits: Limits) -> Self {
        let config = cluster.config();
        Self::start_as(config, cluster, namespace, SERVICE, limits).await.unwrap()
    }

    async fn start_as(
        config: kube::Config,
        cluster: &Cluster,
        namespace: &str,
        service: &str,
        limits: Limits,
    ) -> Result<Self, ServeError> {
        let (metrics, readiness) = (Metrics::new("core-rukpak-io-plain"), Readiness::default());
        let api_server = rukpak_apply::cluster::Cluster::connect(config).unwrap();
        let begun = Arc::new(Semaphore::new(0));
        let setup = Setup {
            cluster: api_server.metered(Arc::new(metrics.clone())),
            namespace: namespace.into(),
            service: service.into(),
            bind: ([127, 0, 0, 1], 0).into(),
            bundles: Arc::new(Sample { begun: Arc::clone(&begun) }),
            metrics,
            readiness: readiness.clone(),
            level: level(),
            limits,
        };
        let stop = CancellationToken::new();
        let server = serve(setup, stop.clone()).await?;
        let maps = Api::namespaced(cluster.client(), namespace);
        Ok(Self { address: server.address(), server, readiness, stop, maps, begun })
    }

    /// The authorities that are published.
    async fn authorities(&self) -> String {
        let map = self.maps.get("rukpak-ca").await.unwrap();
        map.data.unwrap().remove("ca.crt").unwrap()
    }

    /// A connection that trusts these.
    async fn connect(&self) -> Connection {
        Connection::open(self.address, &self.authorities().await, "localhost").await.unwrap()
    }
}

/// The log of this process.
fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    LEVEL.get_or_init(|| log::start(log::Format::Text, "error").unwrap()).clone()
}
