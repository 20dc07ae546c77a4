//! The example of an operator with webhooks, whose certificate grows old: and whether, until a new one is served, everything that is
//! served is trusted.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

mod history;
mod moments;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rukpak_oci::Digest;
use serde_json::json;

use crate::programs;
use history::History;

/// The Secret of its certificate.
pub const SECRET: &str = "cache-operator-service-cert";

const OPERATOR: &str = "cache-operator";
const DIGEST: &str = "core.rukpak.io/certificate-digest";
const DAY: Duration = Duration::from_hours(24);

/// The bundle.
#[must_use]
pub fn bundle() -> String {
    programs::root().join("examples/bundles/cache-webhooks").to_str().unwrap().to_owned()
}

/// Its objects that have to do with the certificate.
#[derive(Debug)]
pub struct Parts<K> {
    kubectl: K,
    namespace: String,
    objects: Vec<(String, String)>,
}

/// A rotation that has begun.
#[derive(Debug)]
pub struct Rotation {
    history: History,
    old: String,
}

impl<K: Fn() -> Command> Parts<K> {
    /// Those of an owner who has installed it into a namespace. The commands are `kubectl`s in that namespace.
    pub fn of(kubectl: K, namespace: &str, owner: &str) -> Self {
        let mut objects = vec![
            ("secret".to_owned(), SECRET.to_owned()),
            ("deployment".into(), OPERATOR.into()),
            ("customresourcedefinition".into(), "caches.cache.example.com".into()),
        ];
        for kind in ["validatingwebhookconfiguration", "mutatingwebhookconfiguration"] {
            let label = format!("core.rukpak.io/owner-name={owner}");
            let name = "jsonpath={.items[*].metadata.name}";
            objects.push((kind.into(), output(&kubectl, &["get", kind, "-l", &label, "-o", name])));
        }
        Self { kubectl, namespace: namespace.to_owned(), objects }
    }

    /// Makes the certificate one that was issued so many days ago for a year, everywhere. From then on, what happens is watched.
    pub fn age(&self, days: u32) -> Rotation {
        let Issued { authority, certificate, key } = issued(&self.namespace, days);
        let encode = |text: &str| STANDARD.encode(text);
        for (kind, name) in &self.objects {
            let (how, patch) = match bundle_of(kind) {
                Some(path) => ("json", json!([{"op": "replace", "path": path, "value": encode(&authority)}])),
                None if kind == "secret" => {
                    let data = json!({"tls.crt": encode(&certificate), "tls.key": encode(&key), "ca.crt": encode(&authority)});
                    ("merge", json!({"data": data}))
                }
                None => {
                    let annotations = json!({DIGEST: digest(&certificate)});
                    ("merge", json!({"spec": {"template": {"metadata": {"annotations": annotations}}}}))
                }
            };
            output(&self.kubectl, &["patch", kind, name, "--type", how, "-p", &patch.to_string()]);
        }
        self.roll_out();
        Rotation { history: History::of(&self.kubectl, &self.objects), old: authority }
    }

    /// Whether one authority is trusted everywhere, and it is a new one.
    pub fn is_over(&self, rotation: &Rotation) -> bool {
        let bundle = |(kind, name): &(String, String)| {
            let path = match bundle_of(kind) {
                Some(path) => path.replace("/0", "[0]").replace('/', "."),
                None if kind == "secret" => r".data.ca\.crt".to_owned(),
                None => return None,
            };
            let path = format!("jsonpath={{{path}}}");
            Some(output(&self.kubectl, &["get", kind, name, "-o", &path]))
        };
        let bundles: BTreeSet<_> = self.objects.iter().filter_map(bundle).collect();
        let bundle = bundles.first().and_then(|bundle| String::from_utf8(STANDARD.decode(bundle).ok()?).ok());
        bundles.len() == 1
            && bundle.is_some_and(|new| new.matches("BEGIN").count() == 1 && new != rotation.old)
    }

    /// Waits until all pods are new.
    pub fn roll_out(&self) {
        let deployment = format!("deployment/{OPERATOR}");
        output(&self.kubectl, &["rollout", "status", &deployment, "--timeout=60s"]);
    }
}

impl Rotation {
    /// Fails where at some moment something was served, or may have been, that was not trusted; or where not everything is new.
    pub fn check(self) {
        moments::check(&self.history.end(), &self.old);
    }
}

/// Everything is PEM.
struct Issued {
    authority: String,
    certificate: String,
    key: String,
}

/// A certificate for the operator's Service, as it was issued so many days ago for a year.
fn issued(namespace: &str, days: u32) -> Issued {
    let host = format!("{OPERATOR}-service.{namespace}");
    let names = vec![host.clone(), format!("{host}.svc"), format!("{host}.svc.cluster.local")];
    let since = SystemTime::now().checked_sub(DAY * days).unwrap().duration_since(UNIX_EPOCH).unwrap();
    let params = |names| {
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(1970, 1, 1) + since;
        params.not_after = date_time_ymd(1970, 1, 1) + since + DAY * 365;
        params
    };
    let mut authority = params(vec![]);
    authority.distinguished_name.push(DnType::CommonName, "authority of long ago");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params(names).signed_by(&key, &authority).unwrap();
    Issued { authority: authority.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
}

/// Where a kind has the authorities that it trusts.
fn bundle_of(kind: &str) -> Option<&'static str> {
    match kind {
        "customresourcedefinition" => Some("/spec/conversion/webhook/clientConfig/caBundle"),
        "validatingwebhookconfiguration" | "mutatingwebhookconfiguration" => {
            Some("/webhooks/0/clientConfig/caBundle")
        }
        _ => None,
    }
}

/// What pods are marked with that are started for a certificate.
fn digest(certificate: &str) -> String {
    Digest::sha256(certificate.as_bytes()).to_string()
}

/// What a `kubectl` prints, which must come to its end.
fn output(kubectl: impl Fn() -> Command, arguments: &[&str]) -> String {
    let output = kubectl().args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
