//! What a `BundleDeployment` says of itself, for people and for whoever waits for it.
//!
//! In: `BundleDeployment`s as the cluster has them. Out: lines, and a verdict. All but [`follow`] is pure.

pub(crate) mod details;
pub(crate) mod follow;
pub(crate) mod news;
pub(crate) mod source;
pub(crate) mod verdict;
pub(crate) mod written;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use rukpak_api::BundleDeployment;

/// The condition of a type.
pub(crate) fn condition<'a>(deployment: &'a BundleDeployment, kind: &str) -> Option<&'a Condition> {
    deployment.status.as_ref()?.conditions.iter().find(|condition| condition.type_ == kind)
}

/// Whether a condition is about the spec as it is now.
pub(crate) fn is_current(deployment: &BundleDeployment, condition: &Condition) -> bool {
    condition.observed_generation == deployment.metadata.generation
}

#[cfg(test)]
pub(crate) mod tests {
    use rukpak_api::BundleDeployment;
    use serde_json::{Value, json};

    /// A `BundleDeployment` of the second generation, with conditions `(type, status, reason, message, generation)`.
    pub(crate) fn deployment(conditions: &[(&str, &str, &str, &str, i64)]) -> BundleDeployment {
        let conditions: Vec<Value> = conditions
            .iter()
            .map(|(kind, status, reason, message, generation)| {
                json!({
                    "type": kind, "status": status, "reason": reason, "message": message,
                    "observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:00:00Z",
                })
            })
            .collect();
        serde_json::from_value(json!({
            "apiVersion": "core.rukpak.io/v1alpha2",
            "kind": "BundleDeployment",
            "metadata": {"name": "hello", "generation": 2, "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {
                "provisionerClassName": "core-rukpak-io-registry",
                "source": {"type": "image", "image": {"ref": "registry.example.com/hello:v2"}},
            },
            "status": {
                "observedGeneration": 2,
                "conditions": conditions,
                "bundle": {"name": "hello-operator.v0.1.0", "package": "hello-operator", "version": "0.1.0"},
                "installNamespace": "hello-system",
                "resolvedSource": {"type": "image", "image": {"ref": "registry.example.com/hello@sha256:22"}},
                "activeSource": {"type": "image", "image": {"ref": "registry.example.com/hello@sha256:11"}},
                "inventory": {"entries": [{"id": "hello-system_hello__ConfigMap", "v": "v1"}]},
            },
        }))
        .unwrap()
    }
}
