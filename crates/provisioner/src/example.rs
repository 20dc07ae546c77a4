//! A `BundleDeployment` for tests.

use rukpak_api::BundleDeployment;
use serde_json::{Value, json};

/// `web`, of the plain class and an image `a`, with these changes (a merge patch that deletes nothing).
pub(crate) fn deployment(changes: &Value) -> BundleDeployment {
    let mut deployment = json!({
        "apiVersion": "core.rukpak.io/v1alpha2",
        "kind": "BundleDeployment",
        "metadata": {"name": "web", "uid": "1"},
        "spec": {"provisionerClassName": "core-rukpak-io-plain", "source": {"type": "image", "image": {"ref": "a"}}},
    });
    merge(&mut deployment, changes);
    serde_json::from_value(deployment).unwrap()
}

fn merge(into: &mut Value, changes: &Value) {
    match (into, changes) {
        (Value::Object(into), Value::Object(changes)) => {
            for (key, change) in changes {
                merge(into.entry(key).or_insert(Value::Null), change);
            }
        }
        (into, changes) => *into = changes.clone(),
    }
}
