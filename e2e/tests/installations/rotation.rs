//! Certificates of webhooks that grow old: at every moment on the way to new ones, what is served is trusted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rukpak_manifest::Digest;
use serde_json::{Value, json};

use super::certificates::operator;
use super::history::History;
use super::place::Place;

const SECRET: &str = "cache-operator-service-cert";
const DIGEST: &str = "core.rukpak.io/certificate-digest";
const DAY: Duration = Duration::from_hours(24);

/// The objects that have to do with one certificate, by kind and name.
struct Parts {
    objects: Vec<(String, String)>,
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

impl Parts {
    fn of(place: &Place) -> Self {
        let mut objects = vec![
            ("secret".to_owned(), SECRET.to_owned()),
            ("deployment".into(), "cache-operator".into()),
            ("customresourcedefinition".into(), "caches.cache.example.com".into()),
        ];
        for kind in ["validatingwebhookconfiguration", "mutatingwebhookconfiguration"] {
            let owner = format!("core.rukpak.io/owner-name={}", place.name());
            let found =
                place.kubectl(&["get", kind, "-l", &owner, "-o", "jsonpath={.items[*].metadata.name}"]);
            objects.push((kind.into(), found));
        }
        Self { objects }
    }

    /// Makes the certificate one that was issued so many days ago, everywhere. Its authority.
    fn age(&self, place: &Place, days: u32) -> String {
        let (authority, certificate, key) = issued(place.namespace(), days);
        let encode = |text: &str| STANDARD.encode(text);
        let digest = Digest::of(certificate.as_bytes()).to_string();
        for (kind, name) in &self.objects {
            let (how, patch) = match bundle_of(kind) {
                Some(path) => ("json", json!([{"op": "replace", "path": path, "value": encode(&authority)}])),
                None if kind == "secret" => (
                    "merge",
                    json!({"data": {"tls.crt": encode(&certificate), "tls.key": encode(&key), "ca.crt": encode(&authority)}}),
                ),
                None => {
                    ("merge", json!({"spec": {"template": {"metadata": {"annotations": {DIGEST: digest}}}}}))
                }
            };
            place.kubectl(&["patch", kind, name, "--type", how, "-p", &patch.to_string()]);
        }
        place.kubectl(&["rollout", "status", "deployment/cache-operator", "--timeout=60s"]);
        authority
    }
}

/// An authority, a certificate for the operator's Service, and its key, as they were issued so many days ago for a year.
fn issued(namespace: &str, days: u32) -> (String, String, String) {
    let host = format!("cache-operator-service.{namespace}");
    let names = vec![host.clone(), format!("{host}.svc"), format!("{host}.svc.cluster.local")];
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() - DAY * days;
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
    (authority.pem(), certificate.pem(), key.serialize_pem())
}

/// The cluster at one moment.
#[derive(Default)]
struct Moment {
    certificate: String,
    digest: String,
    is_rolled_out: bool,
    /// What each kind trusts.
    bundles: std::collections::BTreeMap<String, String>,
}

impl Moment {
    fn see(&mut self, kind: &str, object: &Value) {
        let decoded =
            |encoded: &Value| String::from_utf8(STANDARD.decode(encoded.as_str().unwrap()).unwrap()).unwrap();
        match bundle_of(kind) {
            Some(path) => {
                self.bundles.insert(kind.to_owned(), decoded(object.pointer(path).unwrap()));
            }
            None if kind == "secret" => self.certificate = decoded(&object["data"]["tls.crt"]),
            None => {
                let annotations = &object["spec"]["template"]["metadata"]["annotations"];
                annotations[DIGEST].as_str().unwrap().clone_into(&mut self.digest);
                let status = &object["status"];
                self.is_rolled_out = status["observedGeneration"] == object["metadata"]["generation"]
                    && ["replicas", "updatedReplicas", "availableReplicas"]
                        .iter()
                        .all(|count| status[*count] == object["spec"]["replicas"]);
            }
        }
    }
}

/// Walks through a rotation, and fails where something that is or may be served is not trusted.
fn check(history: &[(String, Value)], old: &str) {
    let mut last = Moment::default();
    history.iter().for_each(|(kind, object)| last.see(kind, object));
    let new = last.bundles["customresourcedefinition"].clone();
    assert!(new.matches("BEGIN").count() == 1 && new != old, "one authority, and a new one");
    assert!(last.bundles.values().all(|bundle| *bundle == new));

    let mut now = Moment::default();
    let mut first: Option<String> = None;
    let (mut is_replaced, mut is_rolled_out) = (false, false);
    for (kind, object) in history {
        now.see(kind, object);
        if now.bundles.len() < 3 || now.digest.is_empty() || now.certificate.is_empty() {
            continue;
        }
        let first = first.get_or_insert_with(|| now.certificate.clone());
        is_replaced |= now.certificate != *first;
        let is_of_the_new = now.digest == Digest::of(last.certificate.as_bytes()).to_string();
        assert!(is_replaced || !is_of_the_new, "the pods wait for what is not there");
        is_rolled_out |= is_of_the_new && now.is_rolled_out;
        for (kind, bundle) in &now.bundles {
            assert!(!is_replaced || bundle.contains(&new), "{kind} does not trust what may be served");
            assert!(is_rolled_out || bundle.contains(old), "{kind} does not trust what is still served");
        }
    }
    assert!(is_replaced && is_rolled_out);
}

#[test]
fn a_certificate_that_grows_old_is_replaced_without_a_gap() {
    let Some(place) = Place::new("rotation") else { return };
    let (bundle, _alone) = operator();
    let ran = place.run(&["apply", "$NAME", &bundle, "--wait"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let parts = Parts::of(&place);
    let objects: Vec<_> = parts.objects.iter().map(|(kind, name)| (kind.as_str(), name.as_str())).collect();

    // All at once.
    let old = parts.age(&place, 250);
    let history = History::of(&place, &objects);
    let ran = place.run(&["apply", "$NAME", &bundle, "--wait"]);
    assert_eq!((ran.code, ran.stderr.matches("the next step follows").count()), (0, 2), "{ran:?}");
    check(&history.end(), &old);
    let ran = place.run(&["apply", "$NAME", &bundle]);
    assert!(ran.stderr.ends_with(": 9 unchanged\n"), "{ran:?}");

    // Step by step, each of which `diff` tells before.
    let old = parts.age(&place, 250);
    let history = History::of(&place, &objects);
    for goes_on in [true, true, false] {
        let ran = place.run(&["diff", "$NAME", &bundle]);
        assert!(ran.code == 1 && ran.stdout.contains(SECRET), "{ran:?}");
        let ran = place.run(&["apply", "$NAME", &bundle]);
        assert_eq!(
            (ran.code, ran.stderr.contains("run this again for the next step")),
            (0, goes_on),
            "{ran:?}"
        );
        place.kubectl(&["rollout", "status", "deployment/cache-operator", "--timeout=60s"]);
    }
    check(&history.end(), &old);
    assert_eq!(place.run(&["diff", "$NAME", &bundle]).code, 0);
    assert_eq!(place.run(&["delete", "$NAME"]).code, 0);
}
