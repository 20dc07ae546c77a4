//! Certificates that a cluster has already.
//!
//! They stay as long as they are good, so that applying twice changes nothing. Beside a new authority the one that it replaces stays
//! trusted, since pods serve the old certificate until they are rolled out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rukpak_apply::cluster::{Address, Cluster, Refusal};
use rukpak_manifest::Object;
use serde_json::Value;

use crate::accepted::{certificate, covers, has_key};
use crate::issue::{issue_one, now};
use crate::life::{Life, seconds};
use crate::{CertificateError, Certificates, Issued, Request};

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
    let seconds = seconds(now);
    let mut kept = Kept::default();
    for request in requests {
        let certificate = match live(cluster, &request).await?.as_ref().and_then(held) {
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

/// The Secret that holds what was issued before.
pub(crate) async fn live(cluster: &Cluster, request: &Request) -> Result<Option<Object>, CertificateError> {
    let Request { secret_name, namespace, dns_names: _ } = request;
    let address = Address::known(["", "v1", "Secret", "secrets"], Some(namespace), secret_name);
    match cluster.get(&address).await {
        Ok(live) => Ok(live),
        // Whoever may not read it may not apply it either, which is told together with all else that is missing.
        Err(error) if error.refusal() == Refusal::Forbidden => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What a Secret of type `kubernetes.io/tls` holds, with the authorities to trust under `ca.crt`.
#[must_use]
pub fn held(secret: &Object) -> Option<Issued> {
    Some(Issued {
        certificate: text(secret, "tls.crt")?,
        private_key: text(secret, "tls.key")?,
        authorities: text(secret, "ca.crt")?,
        next: None,
    })
}

/// The text under a key of a Secret.
pub(crate) fn text(secret: &Object, key: &str) -> Option<String> {
    let encoded = secret.get(&["data", key]).and_then(Value::as_str)?;
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

/// For how many seconds yet a certificate that covers the names, has its key, and is young enough is used; its authority, too. `None`
/// where that is over, or it does not. The time is in seconds since 1970.
fn good_for(held: &Issued, names: &[String], now: i64) -> Option<u64> {
    let (served, authority) = (certificate(&held.certificate)?, certificate(&held.authorities)?);
    let (served, authority) = (served.parse_x509().ok()?, authority.parse_x509().ok()?);
    let life = Life::of(&served).and(Life::of(&authority));
    let is_good = life.is_young(now) && covers(&served, names) && has_key(&served, &held.private_key);
    is_good.then(|| life.used_for(now))
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
