//! Certificates that a cluster has already.
//!
//! In: what a conversion asks for, and the Secrets that hold it now. Out: the same certificates as long as they are good, so that
//! applying twice changes nothing, and new ones otherwise. Beside a new authority the one that it replaces stays trusted, since
//! pods serve the old certificate until they are rolled out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::KeyPair;
use rukpak_apply::cluster::{Address, Cluster, Refusal};
use rukpak_convert::{CertificateRequest, IssuedCertificate, IssuedCertificates};
use rukpak_manifest::Object;
use serde_json::Value;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::{Pem, parse_x509_pem};

use super::{issue_one, now};

/// How much of its life a certificate is used for.
const USED: (i64, i64) = (2, 3);

/// The certificates that are asked for: those of the cluster, or new ones.
pub(crate) async fn keep_or_issue(
    cluster: &Cluster,
    requests: Vec<CertificateRequest>,
) -> anyhow::Result<IssuedCertificates> {
    let now = now()?;
    let mut issued = IssuedCertificates::new();
    for request in requests {
        let live = match cluster.get(&address(&request)).await {
            Ok(live) => live.as_ref().and_then(held),
            // Whoever may not read it may not apply it either, which is told together with all else that is missing.
            Err(error) if error.refusal() == Refusal::Forbidden => None,
            Err(error) => return Err(error.into()),
        };
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let certificate = match live {
            Some(live) if is_good(&live, &request.dns_names, seconds) => live,
            live => {
                let mut new = issue_one(&request, now)?;
                let old = live.and_then(|live| first_certificate(&live.authorities).map(str::to_owned));
                new.authorities.push_str(&old.unwrap_or_default());
                new
            }
        };
        issued.insert(request.secret_name, certificate);
    }
    Ok(issued)
}

fn address(request: &CertificateRequest) -> Address {
    let CertificateRequest { secret_name, namespace, .. } = request;
    Address::known(["", "v1", "Secret", "secrets"], Some(namespace.as_str()), secret_name)
}

/// What a Secret holds.
fn held(secret: &Object) -> Option<IssuedCertificate> {
    let text = |key| {
        let encoded = secret.get(&["data", key]).and_then(Value::as_str)?;
        String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
    };
    Some(IssuedCertificate {
        certificate: text("tls.crt")?,
        private_key: text("tls.key")?,
        authorities: text("ca.crt")?,
    })
}

/// Whether a certificate covers the names, has its key, and is young enough; its authority, too. Times are seconds since 1970.
fn is_good(held: &IssuedCertificate, names: &[String], now: i64) -> bool {
    let key_fits = |public: &[u8]| {
        KeyPair::from_pem(&held.private_key).is_ok_and(|key| public.ends_with(key.public_key_raw()))
    };
    let good = |text: &str, names: &[String], with_key: bool| {
        let pem = certificate(text)?;
        let certificate = pem.parse_x509().ok()?;
        let validity = certificate.validity();
        let (from, to) = (validity.not_before.timestamp(), validity.not_after.timestamp());
        let is_young = from <= now && now < from.saturating_add((to - from) / USED.1 * USED.0);
        let alternatives = certificate.subject_alternative_name().ok()?;
        let covered: Vec<_> = alternatives.into_iter().flat_map(|names| &names.value.general_names).collect();
        let covers = |name: &String| {
            covered.iter().any(|covered| matches!(covered, GeneralName::DNSName(dns) if dns == name))
        };
        let has_key = !with_key || key_fits(&certificate.public_key().subject_public_key.data);
        Some(is_young && has_key && names.iter().all(covers))
    };
    good(&held.certificate, names, true) == Some(true) && good(&held.authorities, &[], false) == Some(true)
}

fn certificate(text: &str) -> Option<Pem> {
    parse_x509_pem(text.as_bytes()).ok().map(|(_, pem)| pem)
}

/// The first certificate of several in PEM, where it is one.
fn first_certificate(text: &str) -> Option<&str> {
    const END: &str = "-----END CERTIFICATE-----\n";
    certificate(text)?.parse_x509().ok()?;
    text.find(END).and_then(|end| text.get(..end.saturating_add(END.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::time::Duration;

    const DAY: i64 = 24 * 60 * 60;

    fn request() -> CertificateRequest {
        CertificateRequest {
            secret_name: "gadget-cert".into(),
            namespace: "gadgets".parse().unwrap(),
            dns_names: vec!["gadget.gadgets".into(), "gadget.gadgets.svc".into()],
            common_name: "gadget.gadgets".into(),
        }
    }

    fn issued() -> IssuedCertificate {
        issue_one(&request(), Duration::from_secs(1_700_000_000)).unwrap()
    }

    #[rstest]
    #[case::new(0, true)]
    #[case::young(240, true)]
    #[case::old(250, false)]
    #[case::expired(366, false)]
    #[case::of_the_future(-1, false)]
    fn age(#[case] days: i64, #[case] good: bool) {
        assert_eq!(is_good(&issued(), &request().dns_names, 1_700_000_000 + days * DAY), good);
    }

    #[test]
    fn what_is_not_good() {
        let (one, other) = (issued(), issued());
        let good = |held: &IssuedCertificate, name: &str| is_good(held, &[name.into()], 1_700_000_000);
        assert!(good(&one, "gadget.gadgets.svc"));
        assert!(!good(&one, "gadget.elsewhere.svc"));
        assert!(!good(
            &IssuedCertificate { private_key: other.private_key, ..one.clone() },
            "gadget.gadgets"
        ));
        assert!(!good(&IssuedCertificate { authorities: String::new(), ..one.clone() }, "gadget.gadgets"));
        assert!(!good(&IssuedCertificate { certificate: "x".into(), ..one }, "gadget.gadgets"));
    }

    #[test]
    fn of_several_authorities_the_first_stays() {
        let (one, other) = (issued(), issued());
        let both = format!("{}{}", one.authorities, other.authorities);
        assert_eq!(first_certificate(&both), Some(one.authorities.as_str()));
        assert_eq!(first_certificate("x"), None);
    }
}
