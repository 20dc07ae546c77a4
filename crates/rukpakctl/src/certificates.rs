//! Certificates for webhooks, issued on the spot.
//!
//! In: what a conversion asks for. Out: for each Secret a serving certificate, its key, and the certificate of the
//! authority that signed it. ECDSA on P-256 with SHA-256, which every API server verifies; valid for a year. An
//! authority's key lives no longer than the call that makes it: nobody can issue a second certificate that the cluster
//! would trust for these webhooks.

mod live;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rukpak_convert::{CertificateRequest, IssuedCertificate, IssuedCertificates};

pub(crate) use live::keep_or_issue;

const LIFETIME: Duration = Duration::from_hours(365 * 24);
/// How far an API server's clock may be behind ours.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// Issues everything that is asked for, from now on.
pub(crate) fn issue(requests: Vec<CertificateRequest>) -> anyhow::Result<IssuedCertificates> {
    let now = now()?;
    let issue = |request: CertificateRequest| {
        let certificate = issue_one(&request, now)?;
        Ok((request.secret_name, certificate))
    };
    requests.into_iter().map(issue).collect()
}

/// The time since 1970.
fn now() -> anyhow::Result<Duration> {
    SystemTime::now().duration_since(UNIX_EPOCH).context("the system's clock is before 1970")
}

fn issue_one(request: &CertificateRequest, now: Duration) -> anyhow::Result<IssuedCertificate> {
    by_new_authority(request.dns_names.clone(), now)
        .with_context(|| format!("cannot issue the certificate for the Secret {}", request.secret_name))
}

/// Issues a certificate for some DNS names, by an authority of its own.
fn by_new_authority(dns_names: Vec<String>, now: Duration) -> Result<IssuedCertificate, rcgen::Error> {
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

    Ok(IssuedCertificate {
        certificate: certificate.pem(),
        private_key: key.serialize_pem(),
        authorities: authority.pem(),
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

    use rukpak_manifest::name::Namespace;
    use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
    use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

    const NAME: &str = "gadget-service.gadgets.svc";

    fn issued() -> IssuedCertificate {
        let request = CertificateRequest {
            secret_name: "gadget-service-cert".into(),
            namespace: "gadgets".parse::<Namespace>().unwrap(),
            dns_names: vec!["gadget-service.gadgets".into(), NAME.into()],
            common_name: "x".repeat(127),
        };
        issue(vec![request]).unwrap().remove("gadget-service-cert").unwrap()
    }

    /// Whether a client that trusts the authority accepts the certificate, at a time in seconds from now.
    fn accepts(issued: &IssuedCertificate, name: &str, offset: i64) -> bool {
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
        let mixed = IssuedCertificate { authorities: second.authorities, ..first };
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
