//! Certificates that the caller issued: a Secret with the certificate and its key, and the authority in every
//! `caBundle`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rukpak_manifest::{Digest, Object};
use serde_json::json;

use super::Names;

/// The annotation of a Secret whose certificate is still to be issued; its value is `pending`.
pub const CERTIFICATE_ANNOTATION: &str = "core.rukpak.io/certificate";

/// The annotation of a pod template that names the certificate its containers are to serve, so that a new certificate
/// rolls the pods out.
pub(crate) const CERTIFICATE_DIGEST: &str = "core.rukpak.io/certificate-digest";

/// A certificate for the webhooks of one deployment. Everything is PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// The certificate that the webhooks serve, and those between it and the authority.
    pub certificate: String,
    /// Its private key.
    pub private_key: String,
    /// The certificates of the authorities to trust; two while one replaces the other.
    pub authorities: String,
    /// What the webhooks serve after it, where that is issued already. The Secret keeps it until then; nothing else changes by it.
    pub next: Option<NextCertificate>,
}

/// A certificate for the webhooks of one deployment that they do not serve yet. Everything is PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct NextCertificate {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub private_key: String,
}

impl fmt::Debug for IssuedCertificate {
    /// Everything but the key, so that no log can hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { certificate, private_key: _, authorities, next } = self;
        f.debug_struct("IssuedCertificate")
            .field("certificate", certificate)
            .field("authorities", authorities)
            .field("next", next)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NextCertificate {
    /// Everything but the key, so that no log can hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { certificate, private_key: _ } = self;
        f.debug_struct("NextCertificate").field("certificate", certificate).finish_non_exhaustive()
    }
}

impl IssuedCertificate {
    /// The authorities as `caBundle` holds them: base64 of PEM.
    pub(super) fn ca_bundle(&self) -> String {
        STANDARD.encode(&self.authorities)
    }

    /// What tells this certificate from the next one: the digest of its PEM.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.certificate.as_bytes())
    }
}

/// The Secret that the deployment mounts. Without a certificate it is a marker: both keys that its type demands,
/// empty.
pub(super) fn secret(names: &Names<'_>, issued: Option<&IssuedCertificate>) -> Object {
    let secret = Object::new("v1", "Secret", Some(names.namespace.as_str()), &names.certificate)
        .with("type", "kubernetes.io/tls");
    let Some(issued) = issued else {
        let mut marker = secret.with("data", json!({"tls.crt": "", "tls.key": ""}));
        marker.set_annotation(CERTIFICATE_ANNOTATION, "pending");
        return marker;
    };
    let IssuedCertificate { certificate, private_key, authorities: _, next } = issued;
    let mut data = json!({
        "ca.crt": issued.ca_bundle(),
        "tls.crt": STANDARD.encode(certificate),
        "tls.key": STANDARD.encode(private_key),
    });
    if let (Some(NextCertificate { certificate, private_key }), Some(data)) = (next, data.as_object_mut()) {
        data.insert("next.crt".into(), STANDARD.encode(certificate).into());
        data.insert("next.key".into(), STANDARD.encode(private_key).into());
    }
    secret.with("data", data)
}
