//! What is served and what is trusted, at every moment of a history.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{DIGEST, bundle_of, digest};

/// The cluster at one moment.
#[derive(Debug, Clone, Default)]
struct Moment {
    certificate: String,
    digest: String,
    is_rolled_out: bool,
    /// What each kind trusts.
    bundles: BTreeMap<String, String>,
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
                let counts = ["replicas", "updatedReplicas", "availableReplicas"];
                self.is_rolled_out = status["observedGeneration"] == object["metadata"]["generation"]
                    && counts.iter().all(|count| status[*count] == object["spec"]["replicas"]);
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.bundles.len() == 3 && !self.digest.is_empty() && !self.certificate.is_empty()
    }
}

/// Walks through a rotation, from the certificate of an old authority to the one of a new one.
pub(super) fn check(history: &[(String, Value)], old: &str) {
    let mut moment = Moment::default();
    let mut moments = Vec::new();
    for (kind, object) in history {
        moment.see(kind, object);
        if moment.is_whole() {
            moments.push(moment.clone());
        }
    }
    let (first, last) = (moments.first().unwrap(), moments.last().unwrap());
    let new = &last.bundles["customresourcedefinition"];
    assert!(new.matches("BEGIN").count() == 1 && new != old, "one authority, and a new one");
    assert!(last.bundles.values().all(|bundle| bundle == new), "everywhere");

    let (mut is_replaced, mut is_rolled_out) = (false, false);
    for now in &moments {
        is_replaced |= now.certificate != first.certificate;
        let is_of_the_new = now.digest == digest(&last.certificate);
        assert!(is_replaced || !is_of_the_new, "the pods are started for what is not there");
        is_rolled_out |= is_of_the_new && now.is_rolled_out;
        for (kind, bundle) in &now.bundles {
            assert!(!is_replaced || bundle.contains(new), "the {kind} does not trust what may be served");
            assert!(is_rolled_out || bundle.contains(old), "the {kind} does not trust what is still served");
        }
    }
    assert!(is_replaced && is_rolled_out, "another certificate is served");
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::panic::catch_unwind;

    use serde_json::json;

    /// A version of each kind, as it is with this certificate, these pods and these authorities.
    fn version(kind: &str, of: &str) -> (String, Value) {
        let encoded = STANDARD.encode(of);
        let object = match kind {
            "secret" => json!({"data": {"tls.crt": encoded}}),
            "deployment" => json!({
                "metadata": {"generation": 1},
                "spec": {"replicas": 1, "template": {"metadata": {"annotations": {DIGEST: digest(of)}}}},
                "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
            }),
            "customresourcedefinition" => {
                json!({"spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": encoded}}}}})
            }
            _ => json!({"webhooks": [{"clientConfig": {"caBundle": encoded}}]}),
        };
        (kind.to_owned(), object)
    }

    const TRUST: [&str; 3] =
        ["customresourcedefinition", "validatingwebhookconfiguration", "mutatingwebhookconfiguration"];

    fn history(steps: &[(&str, &str)]) -> Vec<(String, Value)> {
        let all = |of: &str| TRUST.map(|kind| version(kind, of));
        let mut history = vec![version("secret", "one"), version("deployment", "one")];
        history.extend(all("BEGIN old "));
        for (kind, of) in steps {
            match *kind {
                "trust" => history.extend(all(of)),
                kind => history.push(version(kind, of)),
            }
        }
        history
    }

    #[test]
    fn the_right_order_and_wrong_ones() {
        let announced = ("trust", "BEGIN old BEGIN new ");
        let replaced = [("secret", "two"), ("deployment", "two")];
        let settled = ("trust", "BEGIN new ");
        let passes = |steps: &[(&str, &str)]| {
            let history = history(steps);
            catch_unwind(move || check(&history, "BEGIN old ")).is_ok()
        };
        assert!(passes(&[announced, replaced[0], replaced[1], settled]));
        assert!(!passes(&[replaced[0], announced, replaced[1], settled]), "served before it is trusted");
        assert!(!passes(&[announced, replaced[1], replaced[0], settled]), "started for what is not there");
        assert!(!passes(&[announced, replaced[0], settled, replaced[1]]), "still served, and not trusted");
        assert!(!passes(&[announced, replaced[0], replaced[1]]), "the old authority stays");
        assert!(!passes(&[announced]), "nothing is replaced");
    }
}
