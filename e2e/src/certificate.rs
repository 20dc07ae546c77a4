//! A certificate for this host, and the authority that vouches for it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// How many there are.
static AUTHORITIES: AtomicUsize = AtomicUsize::new(0);

/// How a server shows that it is `localhost` and `127.0.0.1`.
#[derive(Debug, Clone)]
pub struct Certificate {
    authority: String,
    chain: String,
    key: String,
    config: Arc<ServerConfig>,
}

impl Certificate {
    /// A new one, of an authority that nobody else knows.
    pub fn new() -> io::Result<Self> {
        let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        // Two authorities of one name are one to some clients.
        let number = AUTHORITIES.fetch_add(1, Ordering::Relaxed);
        params.distinguished_name.push(DnType::CommonName, format!("e2e authority {number}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let authority = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let params = CertificateParams::new(names).map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &authority).map_err(io::Error::other)?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], der)
            })
            .map_err(io::Error::other)?;
        let (chain, key) = (certificate.pem(), key.serialize_pem());
        Ok(Self { authority: authority.pem(), chain, key, config: Arc::new(config) })
    }

    /// The authority's certificate, in PEM.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The server's certificate, in PEM.
    #[must_use]
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// The server's key, in PEM.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}
