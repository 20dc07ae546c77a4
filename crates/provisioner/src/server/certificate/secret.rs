//! The Secret that replicas share: one certificate for all of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rukpak_apply::cluster::{Address, Cluster, Mode, Refusal};
use rukpak_certificates::{Issued, Request, held, keep_or_issue};
use rukpak_manifest::Object;
use serde_json::{Value, json};

use super::{CertificateError, TRIES, allowed};

/// What the Secret holds while that is good; else a new one, which it holds afterwards. Of replicas that do this at the same time
/// one writes, and the others take what it wrote.
pub(super) async fn keep(cluster: &Cluster, request: &Request) -> Result<Issued, CertificateError> {
    let Request { secret_name, namespace, dns_names: _ } = request;
    let address = Address::known(["", "v1", "Secret", "secrets"], Some(namespace), secret_name);
    for _ in 0..TRIES {
        let live = cluster.get(&address).await.map_err(|error| allowed("get", &address, error))?;
        let mut kept = keep_or_issue(cluster, vec![request.clone()]).await?;
        let issued = kept.certificates.remove(secret_name).ok_or(CertificateError::Unusable)?;
        let (verb, written) = match &live {
            Some(live) if held(live).as_ref() == Some(&issued) => return Ok(issued),
            Some(live) => {
                let version = live.get(&["metadata", "resourceVersion"]);
                let changes = json!({"metadata": {"resourceVersion": version}, "data": data(&issued)});
                ("patch", cluster.merge(&address, &changes).await)
            }
            None => {
                let secret = Object::new("v1", "Secret", Some(namespace), secret_name)
                    .with("type", json!("kubernetes.io/tls"))
                    .with("data", data(&issued));
                ("create", cluster.create(&address, &secret, Mode::Write).await)
            }
        };
        match written {
            Ok(_) => {
                tracing::info!(secret = %format_args!("{namespace}/{secret_name}"), "a certificate is issued");
                return Ok(issued);
            }
            // Another replica was faster.
            Err(error) if is_race(live.is_some(), error.refusal()) => {}
            Err(error) => return Err(allowed(verb, &address, error)),
        }
    }
    Err(CertificateError::Contended { address: address.into() })
}

/// Whether something else was there than what was seen. What is not there for who creates is the namespace.
pub(super) fn is_race(was_there: bool, refusal: Refusal) -> bool {
    match refusal {
        Refusal::AlreadyExists | Refusal::Conflict => true,
        Refusal::NotFound => was_there,
        _ => false,
    }
}

fn data(issued: &Issued) -> Value {
    let Issued { certificate, private_key, authorities, next: _ } = issued;
    let encoded = |text: &str| STANDARD.encode(text);
    json!({"tls.crt": encoded(certificate), "tls.key": encoded(private_key), "ca.crt": encoded(authorities)})
}

#[cfg(test)]
mod tests {
    use super::*;

    use rstest::rstest;

    #[rstest]
    #[case::made_by_another_one(false, Refusal::AlreadyExists, true)]
    #[case::changed_by_another_one(true, Refusal::Conflict, true)]
    #[case::deleted_meanwhile(true, Refusal::NotFound, true)]
    #[case::without_its_namespace(false, Refusal::NotFound, false)]
    #[case::not_allowed(true, Refusal::Forbidden, false)]
    fn what_another_replica_does(#[case] was_there: bool, #[case] refusal: Refusal, #[case] expected: bool) {
        assert_eq!(is_race(was_there, refusal), expected);
    }
}
