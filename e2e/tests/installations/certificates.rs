//! The certificates of webhooks, which stay as long as they are good.

use std::sync::{Mutex, MutexGuard, PoisonError};

use e2e::rotation;
use serde_json::Value;

use super::place::Place;

/// An operator with webhooks. Its definition can be one installation's at a time.
pub(crate) fn operator() -> (String, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    (rotation::bundle(), ALONE.lock().unwrap_or_else(PoisonError::into_inner))
}

#[test]
fn a_certificate_that_is_good_stays() {
    let Some(place) = Place::new("certificate") else { return };
    let (bundle, _alone) = operator();
    let bundle = bundle.as_str();
    let ran = place.run(&["apply", "$NAME", bundle, "--wait"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let secret = || -> Value {
        serde_json::from_str(&place.kubectl(&["get", "secret", "cache-operator-service-cert", "-o", "json"]))
            .unwrap()
    };
    let before = secret();
    assert_ne!(before["data"]["tls.key"], "");
    let ran = place.run(&["apply", "$NAME", bundle]);
    assert!(ran.stderr.contains(": 9 unchanged"), "{ran:?}");
    assert_eq!(before["metadata"]["resourceVersion"], secret()["metadata"]["resourceVersion"]);
    // One that is broken is replaced, and what it was issued for is told.
    place.kubectl(&[
        "patch",
        "secret",
        "cache-operator-service-cert",
        "--type=merge",
        "-p",
        "{\"data\": {\"ca.crt\": \"\"}}",
    ]);
    let ran = place.run(&["diff", "$NAME", bundle]);
    assert!(ran.code == 1 && ran.stdout.contains("cache-operator-service-cert"), "{ran:?}");
    let key = before["data"]["tls.key"].as_str().unwrap();
    assert!(!ran.stdout.contains(key), "a key is not shown");
    assert_eq!(place.run(&["apply", "$NAME", bundle, "--wait"]).code, 0);
    assert_ne!(before["data"]["tls.crt"], secret()["data"]["tls.crt"]);
    assert_eq!(place.run(&["delete", "$NAME"]).code, 0);
}
