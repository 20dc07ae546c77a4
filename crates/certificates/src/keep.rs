//! Certificates that a cluster has already.
//!
//! They stay as long as they are good, so that applying twice changes nothing. Beside a new authority the one that it replaces stays
//! trusted, since pods serve the old certificate until they are rolled out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::KeyPair;
use rukpak_apply::cluster::{Address, Cluster, Refusal};
use rukpak_manifest::Object;
use serde_json::Value;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::{Pem, parse_x509_pem};

use crate::issue::{issue_one, now};
use crate::{CertificateError, Certificates, Issued, Request};

/// How much of its life a certificate is used for.
const USED: (i64, i64) = (2, 3);

/// Certificates, and how long nobody has to look at them again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// The certificates.
    pub certificates: Certificates,
    /// In how many seconds the first of them is to be replaced; `None` where there is none.
    pub good_for: Option<u64>,
}

/// The certificates that are asked for: those of the cluster, or new ones.
pub async fn keep_or_issue(cluster: &Cluster, requests: Vec<Request>) -> Result<Kept, CertificateError> {
    let now = now()?;
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let mut kept = Kept::default();
    for request in requests {
        let live = match cluster.get(&address(&request)).await {
            Ok(live) => live.as_ref().and_then(held),
            // Whoever may not read it may not apply it either, which is told together with all else that is missing.
            Err(error) if error.refusal() == Refusal::Forbidden => None,
            Err(error) => return Err(error.into()),
        };
        let certificate = match live {
            Some(live) if good_for(&live, &request.dns_names, seconds).is_some() => live,
            live => {
                let mut new = issue_one(&request, now)?;
                let old = live.and_then(|live| first_certificate(&live.authorities).map(str::to_owned));
                new.authorities.push_str(&old.unwrap_or_default());
                new
            }
        };
        let good_for = good_for(&certificate, &request.dns_names, seconds).unwrap_or_default();
        kept.good_for = Some(kept.good_for.map_or(good_for, |before| before.min(good_for)));
        kept.certificates.insert(request.secret_name, certificate);
    }
    Ok(kept)
}

fn address(request: &Request) -> Address {
    let Request { secret_name, namespace, dns_names: _ } = request;
    Address::known(["", "v1", "Secret", "secrets"], Some(namespace), secret_name)
}

/// What a Secret of type `kubernetes.io/tls` holds, with the authorities to trust under `ca.crt`.
#[must_use]
pub fn held(secret: &Object) -> Option<Issued> {
    let text = |key| {
        let encoded = secret.get(&["data", key]).and_then(Value::as_str)?;
        String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
    };
    Some(Issued {
        certificate: text("tls.crt")?,
        private_key: text("tls.key")?,
        authorities: text("ca.crt")?,
    })
}

/// For how many seconds yet a certificate that covers the names, has its key, and is young enough is used; its authority, too. `None`
/// where that is over, or it does not. The time is in seconds since 1970.
fn good_for(held: &Issued, names: &[String], now: i64) -> Option<u64> {
    let key_fits = |public: &[u8]| {
        KeyPair::from_pem(&held.private_key).is_ok_and(|key| public.ends_with(key.public_key_raw()))
    };
    let good_for = |text: &str, names: &[String], with_key: bool| {
        let pem = certificate(text)?;
        let certificate = pem.parse_x509().ok()?;
        let validity = certificate.validity();
        let (from, to) = (validity.not_before.timestamp(), validity.not_after.timestamp());
        let used_until = from.saturating_add(to.saturating_sub(from) / USED.1 * USED.0);
        let alternatives = certificate.subject_alternative_name().ok()?;
        let covered: Vec<_> = alternatives.into_iter().flat_map(|names| &names.value.general_names).collect();
        let covers = |name: &String| {
            covered.iter().any(|covered| matches!(covered, GeneralName::DNSName(dns) if dns == name))
        };
        let has_key = !with_key || key_fits(&certificate.public_key().subject_public_key.data);
        let is_good = from <= now && now < used_until && has_key && names.iter().all(covers);
        is_good.then(|| used_until.saturating_sub(now).unsigned_abs())
    };
    Some(good_for(&held.certificate, names, true)?.min(good_for(&held.authorities, &[], false)?))
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

    fn request() -> Request {
        Request {
            secret_name: "gadget-cert".into(),
            namespace: "gadgets".into(),
            dns_names: vec!["gadget.gadgets".into(), "gadget.gadgets.svc".into()],
        }
    }

    fn issued() -> Issued {
        issue_one(&request(), Duration::from_secs(1_700_000_000)).unwrap()
    }

    #[rstest]
    #[case::new(0, true)]
    #[case::young(240, true)]
    #[case::old(250, false)]
    #[case::expired(366, false)]
    #[case::of_the_future(-1, false)]
    fn age(#[case] days: i64, #[case] good: bool) {
        let good_for = good_for(&issued(), &request().dns_names, 1_700_000_000 + days * DAY);
        assert_eq!(good_for.is_some(), good);
    }

    #[test]
    fn what_is_not_good() {
        let (one, other) = (issued(), issued());
        let good = |held: &Issued, name: &str| good_for(held, &[name.into()], 1_700_000_000).is_some();
        assert!(good(&one, "gadget.gadgets.svc"));
        assert!(!good(&one, "gadget.elsewhere.svc"));
        assert!(!good(&Issued { private_key: other.private_key, ..one.clone() }, "gadget.gadgets"));
        assert!(!good(&Issued { authorities: String::new(), ..one.clone() }, "gadget.gadgets"));
        assert!(!good(&Issued { certificate: "x".into(), ..one }, "gadget.gadgets"));
    }

    #[test]
    fn of_several_authorities_the_first_stays() {
        let (one, other) = (issued(), issued());
        let both = format!("{}{}", one.authorities, other.authorities);
        assert_eq!(first_certificate(&both), Some(one.authorities.as_str()));
        assert_eq!(first_certificate("x"), None);
    }
}
