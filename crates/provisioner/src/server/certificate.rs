//! The certificate that this server shows.
//!
//! In: a cluster, and a Service's name. Out: what TLS shows. It is kept in the Secret `SERVICE-tls`, which all replicas read, issued
//! anew at two thirds of its life, and its authority is published in the `ConfigMap` `rukpak-ca` before it is shown: to clients
//! that have read it already, a while before. A server that runs takes up what another replica issued.

mod authorities;
mod secret;
mod served;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rukpak_apply::Shown;
use rukpak_apply::cluster::{Address, ApiError, Cluster, Refusal};
use rukpak_certificates::Request;
use thiserror::Error;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub(super) use served::Served;

use crate::metrics::Metrics;

/// How often something is written again that others write at the same time.
const TRIES: usize = 10;

/// When certificates are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// How often it is looked whether there is or has to be another one.
    pub look: Duration,
    /// How long a new authority is published before a certificate of it is shown, while the old one is good.
    pub grace: Duration,
}

impl Default for Rotation {
    /// Ten minutes each: files from a `ConfigMap` are as it is after a minute or two.
    fn default() -> Self {
        Self { look: Duration::from_mins(10), grace: Duration::from_mins(10) }
    }
}

/// No certificate.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A right is missing.
    #[error(
        "cannot {verb} {}, where the server keeps its certificate; expected the verb {verb} on {} in namespace {}",
        Shown(&.address.id), .address.resource.plural, .address.id.namespace
    )]
    Forbidden {
        /// The verb of the right.
        verb: &'static str,
        /// The object.
        address: Box<Address>,
        /// What the server says.
        source: ApiError,
    },
    /// The cluster does not answer as it should.
    #[error("cannot keep the server's certificate")]
    Api(#[from] ApiError),
    /// None can be issued.
    #[error("cannot keep the server's certificate")]
    Issue(#[from] rukpak_certificates::CertificateError),
    /// Others write it all the time.
    #[error("cannot write {}: it was changed by others {TRIES} times meanwhile", Shown(&.address.id))]
    Contended {
        /// The object.
        address: Box<Address>,
    },
    /// What is there does not make a certificate with its key.
    #[error("the server's certificate and its key do not fit")]
    Unusable,
}

/// Keeps the certificate of a server.
pub(super) struct Keeper {
    cluster: Cluster,
    request: Request,
    service: String,
    metrics: Metrics,
    rotation: Rotation,
    served: Arc<Served>,
}

impl Keeper {
    /// Has a certificate for a Service, and its authority published.
    pub(super) async fn begin(
        cluster: Cluster,
        namespace: &str,
        service: &str,
        rotation: Rotation,
        metrics: Metrics,
    ) -> Result<Self, CertificateError> {
        let request = request(namespace, service);
        let issued = secret::keep(&cluster, &request).await?;
        authorities::publish(&cluster, namespace, service, &issued.authorities, now()).await?;
        let served = Arc::new(Served::new(issued)?);
        metrics.certificate_expires(served.expires());
        Ok(Self { cluster, request, service: service.into(), metrics, rotation, served })
    }

    /// What TLS shows.
    pub(super) fn served(&self) -> Arc<Served> {
        Arc::clone(&self.served)
    }

    /// Looks after it until it is told to stop.
    pub(super) async fn run(self, stop: CancellationToken) {
        let run = async {
            loop {
                sleep(self.rotation.look).await;
                if let Err(error) = self.look().await {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::warn!(error, "the server's certificate cannot be looked after");
                }
            }
        };
        stop.run_until_cancelled(run).await;
    }

    async fn look(&self) -> Result<(), CertificateError> {
        let issued = secret::keep(&self.cluster, &self.request).await?;
        let namespace = &self.request.namespace;
        authorities::publish(&self.cluster, namespace, &self.service, &issued.authorities, now()).await?;
        if self.served.is(&issued) {
            return Ok(());
        }
        let left = self.served.expires().saturating_sub(now());
        let left = Duration::from_secs(u64::try_from(left).unwrap_or_default());
        sleep(self.rotation.grace.min(left)).await;
        self.served.replace(issued)?;
        self.metrics.certificate_expires(self.served.expires());
        tracing::info!(
            service = self.service,
            expires = self.served.expires(),
            "another certificate is shown"
        );
        Ok(())
    }
}

/// What is to be issued for a Service. `localhost` is what it is at the end of a forwarded port.
fn request(namespace: &str, service: &str) -> Request {
    Request {
        secret_name: format!("{service}-tls"),
        namespace: namespace.into(),
        dns_names: vec![
            format!("{service}.{namespace}.svc"),
            format!("{service}.{namespace}.svc.cluster.local"),
            format!("{service}.{namespace}"),
            service.into(),
            "localhost".into(),
        ],
    }
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

/// The right that is missing, where it is one.
fn allowed(verb: &'static str, address: &Address, source: ApiError) -> CertificateError {
    match source.refusal() {
        Refusal::Forbidden => CertificateError::Forbidden { verb, address: address.clone().into(), source },
        _ => source.into(),
    }
}
