//! The `ConfigMap` that says which authorities to trust.
//!
//! Each service has a part of its own, under `SERVICE.crt`; `ca.crt` holds all parts, for clients. An authority stays there until
//! it expires or several newer ones have come, so that a client knows a new one before it is shown, and an old one as long as some
//! replica shows that.

use std::collections::BTreeMap;

use rukpak_api::names::{AUTHORITIES, AUTHORITIES_KEY};
use rukpak_apply::cluster::{Address, Cluster, Mode};
use rukpak_certificates::dated;
use rukpak_manifest::Object;
use serde_json::{Value, json};

use super::secret::is_race;
use super::{CertificateError, TRIES, allowed};

/// Authorities of one service.
const OF_ONE: usize = 4;

/// Texts by key.
type Data = BTreeMap<String, String>;

/// Publishes the authorities of a service. The time is in seconds since 1970.
pub(super) async fn publish(
    cluster: &Cluster,
    namespace: &str,
    service: &str,
    authorities: &str,
    now: i64,
) -> Result<(), CertificateError> {
    let address = Address::known(["", "v1", "ConfigMap", "configmaps"], Some(namespace), AUTHORITIES);
    for _ in 0..TRIES {
        let live = cluster.get(&address).await.map_err(|error| allowed("get", &address, error))?;
        let before = live.as_ref().map(data).unwrap_or_default();
        let after = published(&before, service, authorities, now);
        let (verb, written) = match &live {
            Some(_) if after == before => return Ok(()),
            Some(live) => {
                let version = live.get(&["metadata", "resourceVersion"]);
                let changes = json!({"metadata": {"resourceVersion": version}, "data": after});
                ("patch", cluster.merge(&address, &changes).await)
            }
            None => {
                let map =
                    Object::new("v1", "ConfigMap", Some(namespace), AUTHORITIES).with("data", json!(after));
                ("create", cluster.create(&address, &map, Mode::Write).await)
            }
        };
        match written {
            Ok(_) => return Ok(()),
            // Another service has its part there, too.
            Err(error) if is_race(live.is_some(), error.refusal()) => {}
            Err(error) => return Err(allowed(verb, &address, error)),
        }
    }
    Err(CertificateError::Contended { address: address.into() })
}

fn data(map: &Object) -> Data {
    let data = map.get(&["data"]).and_then(Value::as_object).into_iter().flatten();
    data.filter_map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned()))).collect()
}

/// What is to stand there: our part with what is new first, and all parts together. Other parts stay as they are.
fn published(before: &Data, service: &str, authorities: &str, now: i64) -> Data {
    let mut after = before.clone();
    let own = format!("{service}.crt");
    let text = format!("{authorities}{}", before.get(&own).map_or("", String::as_str));
    let certificates = good(&text, now).into_iter().take(OF_ONE);
    after.insert(own, certificates.collect());
    let parts =
        after.iter().filter(|(key, _)| key.strip_suffix(".crt").is_some_and(|service| service != "ca"));
    let text: String = parts.map(|(_, part)| part.as_str()).collect();
    after.insert(AUTHORITIES_KEY.into(), good(&text, now).concat());
    after
}

/// The certificates of a text that are good yet, each once.
fn good(text: &str, now: i64) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for certificate in dated(text) {
        if now < certificate.expires && !found.contains(&certificate.pem) {
            found.push(certificate.pem);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    use rukpak_certificates::{Request, issue};

    const YEAR: i64 = 365 * 24 * 60 * 60;

    fn authority() -> String {
        let request = Request { secret_name: "a".into(), namespace: "b".into(), dns_names: vec!["c".into()] };
        issue(vec![request]).unwrap().remove("a").unwrap().authorities
    }

    fn now() -> i64 {
        jiff::Timestamp::now().as_second()
    }

    #[test]
    fn every_service_has_a_part() {
        let (plain, registry) = (authority(), authority());
        let one = published(&Data::new(), "provisioner-plain", &plain, now());
        assert_eq!(
            one,
            Data::from([
                (AUTHORITIES_KEY.into(), plain.clone()),
                ("provisioner-plain.crt".into(), plain.clone())
            ])
        );
        let both = published(&one, "provisioner-registry-v1", &registry, now());
        assert_eq!(both.get("provisioner-plain.crt"), Some(&plain));
        assert_eq!(both.get(AUTHORITIES_KEY), Some(&format!("{plain}{registry}")));
        assert_eq!(published(&both, "provisioner-plain", &plain, now()), both);
    }

    #[test]
    fn an_old_one_stays_beside_a_new_one_until_it_expires() {
        let (old, new) = (authority(), authority());
        let before = published(&Data::new(), "a", &old, now());
        let both = published(&before, "a", &format!("{new}{old}"), now());
        assert_eq!(both.get(AUTHORITIES_KEY), Some(&format!("{new}{old}")));
        assert_eq!(both.get("a.crt"), both.get(AUTHORITIES_KEY));
        let later = published(&both, "a", "", now() + YEAR + 3600);
        assert_eq!(later.get(AUTHORITIES_KEY).map(String::as_str), Some(""));
    }

    #[test]
    fn only_the_newest_ones_stay() {
        let mut data = Data::new();
        let authorities: Vec<_> = (0..6).map(|_| authority()).collect();
        for authority in &authorities {
            data = published(&data, "a", authority, now());
        }
        let newest: String = authorities.iter().rev().take(OF_ONE).map(String::as_str).collect();
        assert_eq!(data.get("a.crt"), Some(&newest));
    }

    #[test]
    fn what_somebody_else_put_there_stays() {
        let before = Data::from([("note".into(), "x".into()), ("b.crt".into(), "no certificate".into())]);
        let own = authority();
        let after = published(&before, "a", &own, now());
        assert_eq!((after.get("note"), after.get("b.crt")), (before.get("note"), before.get("b.crt")));
        assert_eq!(after.get(AUTHORITIES_KEY), Some(&own));
    }
}
