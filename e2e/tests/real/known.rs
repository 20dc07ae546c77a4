//! Why some operators do not come to their end, which is no mistake of ours.

/// Where a version is installed.
const INSTALL: &[&str] = &[
    // Of an example that is in the bundle, and that its definition refuses.
    "Required value",
    // A manifest that is none.
    "it has no apiVersion",
    // Which no object of the bundle tells of.
    "[native-api-missing]",
    // What only real Pods, a cloud or cert-manager would do.
    "is not ready",
];

/// Where another one takes its place.
const UPGRADE: &[&str] = &[
    // A version that objects may be stored in, and that the next definition does not have.
    "status.storedVersions",
    // Of what is never made anew.
    "field is immutable",
    "is not ready",
];

/// Where all others are there, too.
const BESIDE: &[&str] = &[
    // What two operators bring, such as a definition.
    "cannot be taken",
    // A field that the definition of another operator does not have, such as that of a `ServiceMonitor`.
    "field not declared in schema",
    // The webhooks of others, which nobody answers here.
    "failed calling webhook",
    // What a deployment says of what is not ready.
    "replicas are",
    "has no address yet",
    "a CA is to be injected",
];

pub(crate) fn of_install(why: &str) -> bool {
    says(INSTALL, why)
}

pub(crate) fn of_upgrade(why: &str) -> bool {
    says(UPGRADE, why)
}

pub(crate) fn of_any(why: &str) -> bool {
    [INSTALL, UPGRADE, BESIDE].iter().any(|known| says(known, why))
}

fn says(known: &[&str], why: &str) -> bool {
    known.iter().any(|known| why.contains(known))
}
