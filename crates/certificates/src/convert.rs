//! What a conversion asks for, as a [`Request`], and what was issued, as a conversion takes it.

use rukpak_convert::{CertificateRequest, IssuedCertificate, NextCertificate};

use crate::{Issued, Request, Successor};

impl From<CertificateRequest> for Request {
    /// All but the common name, which nothing verifies.
    fn from(needed: CertificateRequest) -> Self {
        let CertificateRequest { secret_name, namespace, dns_names, common_name: _ } = needed;
        Self { secret_name, namespace: namespace.to_string(), dns_names }
    }
}

impl From<Issued> for IssuedCertificate {
    fn from(issued: Issued) -> Self {
        let Issued { certificate, private_key, authorities, next } = issued;
        let next =
            next.map(|Successor { certificate, private_key }| NextCertificate { certificate, private_key });
        Self { certificate, private_key, authorities, next }
    }
}
