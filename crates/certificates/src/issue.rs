//! Issuing certificates on the spot.
//!
//! ECDSA on P-256 with SHA-256, which every API server verifies; valid for a year. An authority's key lives no longer than the call
//! that makes it: nobody can issue a second certificate that the cluster would trust for these names.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};

use crate::{CertificateError, Certificates, Issued, Request};

const LIFETIME: Duration = Duration::from_hours(365 * 24);
/// How far an API server's clock may be behind ours.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// Issues everything that is asked for, from now on.
pub fn issue(requests: Vec<Request>) -> Result<Certificates, CertificateError> {
    let now = now()?;
    let issue = |request: Request| {
        let certificate = issue_one(&request, now)?;
        Ok((request.secret_name, certificate))
    };
    requests.into_iter().map(issue).collect()
}

/// The time since 1970.
pub(crate) fn now() -> Result<Duration, CertificateError> {
    SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| CertificateError::Clock)
}

pub(crate) fn issue_one(request: &Request, now: Duration) -> Result<Issued, CertificateError> {
    by_new_authority(request.dns_names.clone(), now)
        .map_err(|source| CertificateError::Issue { secret: request.secret_name.clone(), source })
}

/// Issues a certificate for some DNS names, by an authority of its own.
fn by_new_authority(dns_names: Vec<String>, now: Duration) -> Result<Issued, rcgen::Error> {
    let mut params = params(Vec::new(), now)?;
    params.distinguished_name.push(DnType::CommonName, "webhook certificate authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)?;

    let mut params = self::params(dns_names, now)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = params.signed_by(&key, &authority)?;

    Ok(Issued {
        certificate: certificate.pem(),
        private_key: key.serialize_pem(),
        authorities: authority.pem(),
        next: None,
    })
}

/// What both certificates have in common. The common name of a serving certificate stays empty: it may have 64
/// characters, which a Service and its namespace can exceed, and clients look at the DNS names.
fn params(dns_names: Vec<String>, now: Duration) -> Result<CertificateParams, rcgen::Error> {
    let epoch = date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::new(dns_names)?;
    params.not_before = epoch + now.saturating_sub(CLOCK_SKEW);
    params.not_after = epoch + now.saturating_add(LIFETIME);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "rukpak");
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
    use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

    const NAME: &str = "gadget-service.gadgets.svc";

    fn issued() -> Issued {
        let request = Request {
            secret_name: "gadget-service-cert".into(),
            namespace: "gadgets".into(),
            dns_names: vec!["gadget-service.gadgets".into(), NAME.into()],
        };
        issue(vec![request]).unwrap().remove("gadget-service-cert").unwrap()
    }

    /// Whether a client that trusts the authority accepts the certificate, at a time in seconds from now.
    fn accepts(issued: &Issued, name: &str, offset: i64) -> bool {
        let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
        let authority = CertificateDer::from_pem_slice(issued.authorities.as_bytes()).unwrap();
        let certificate = EndEntityCert::try_from(&certificate).unwrap();
        let anchors = [anchor_from_trusted_cert(&authority).unwrap()];
        let now = UnixTime::now().as_secs().saturating_add_signed(offset);
        let chain = certificate.verify_for_usage(
            &[ring::ECDSA_P256_SHA256],
            &anchors,
            &[],
            UnixTime::since_unix_epoch(Duration::from_secs(now)),
            KeyUsage::server_auth(),
            None,
            None,
        );
        let name = ServerName::try_from(name).unwrap();
        chain.is_ok() && certificate.verify_is_valid_for_subject_name(&name).is_ok()
    }

    #[test]
    fn an_api_server_accepts_the_certificate_for_a_year() {
        const DAY: i64 = 24 * 60 * 60;
        let issued = issued();
        assert!(accepts(&issued, NAME, 0));
        assert!(accepts(&issued, NAME, -60));
        assert!(accepts(&issued, NAME, 364 * DAY));
        assert!(!accepts(&issued, NAME, 366 * DAY));
        assert!(!accepts(&issued, NAME, -DAY));
    }

    #[test]
    fn other_names_and_other_authorities_are_refused() {
        let (first, second) = (issued(), issued());
        assert!(!accepts(&first, "gadget-service.elsewhere.svc", 0));
        let mixed = Issued { authorities: second.authorities, ..first };
        assert!(!accepts(&mixed, NAME, 0));
    }

    #[test]
    fn the_private_key_is_the_certificates() {
        let issued = issued();
        let key = KeyPair::from_pem(&issued.private_key).unwrap();
        let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
        let public = EndEntityCert::try_from(&certificate).unwrap().subject_public_key_info();
        assert!(public.as_ref().ends_with(key.public_key_raw()));
    }
}
