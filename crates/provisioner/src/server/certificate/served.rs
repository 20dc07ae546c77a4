//! The certificate that connections are shown, which can be another one from one to the next.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rukpak_certificates::{Issued, dated};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::CertificateError;

/// What is served. Connections that are there keep what they were shown.
pub(in super::super) struct Served(RwLock<Current>);

struct Current {
    issued: Issued,
    expires: i64,
    key: Arc<CertifiedKey>,
}

impl Served {
    /// This one, to begin with.
    pub(super) fn new(issued: Issued) -> Result<Self, CertificateError> {
        Ok(Self(RwLock::new(Current::of(issued)?)))
    }

    /// This one, from now on.
    pub(super) fn replace(&self, issued: Issued) -> Result<(), CertificateError> {
        let current = Current::of(issued)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = current;
        Ok(())
    }

    /// Whether it is this one.
    pub(super) fn is(&self, issued: &Issued) -> bool {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        current.issued.certificate == issued.certificate
    }

    /// When it expires, in seconds since 1970.
    pub(super) fn expires(&self) -> i64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).expires
    }
}

impl Current {
    fn of(issued: Issued) -> Result<Self, CertificateError> {
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(issued.certificate.as_bytes()).collect();
        let unusable = |_| CertificateError::Unusable;
        let key = PrivateKeyDer::from_pem_slice(issued.private_key.as_bytes()).map_err(unusable)?;
        let key = CertifiedKey::from_der(chain.map_err(unusable)?, key, &default_provider());
        let key = key.map_err(|_| CertificateError::Unusable)?;
        let expires = dated(&issued.certificate).first().map(|first| first.expires);
        Ok(Self { expires: expires.ok_or(CertificateError::Unusable)?, key: Arc::new(key), issued })
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").field("expires", &self.expires()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use rukpak_certificates::{Request, issue};

    fn issued() -> Issued {
        let request =
            Request { secret_name: "a".into(), namespace: "b".into(), dns_names: vec!["localhost".into()] };
        issue(vec![request]).unwrap().remove("a").unwrap()
    }

    #[test]
    fn it_can_be_another_one() {
        let (one, other) = (issued(), issued());
        let served = Served::new(one.clone()).unwrap();
        assert!(served.is(&one) && !served.is(&other));
        served.replace(other.clone()).unwrap();
        assert!(served.is(&other));
        assert_eq!(served.expires(), dated(&other.certificate).first().unwrap().expires);
    }

    #[test]
    fn what_cannot_be_served_does_not_replace_what_is() {
        let (one, other) = (issued(), issued());
        let served = Served::new(one.clone()).unwrap();
        let mixed = Issued { private_key: other.private_key.clone(), ..one.clone() };
        assert!(matches!(served.replace(mixed), Err(CertificateError::Unusable)));
        assert!(matches!(
            Served::new(Issued { certificate: String::new(), ..other }),
            Err(CertificateError::Unusable)
        ));
        assert!(served.is(&one));
    }

    #[test]
    fn the_key_is_never_shown() {
        let issued = issued();
        let served = Served::new(issued.clone()).unwrap();
        let key = issued.private_key.lines().nth(1).unwrap();
        assert!(!format!("{served:?}").contains(key));
    }
}
