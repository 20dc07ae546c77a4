//! Bundles, as small as they can be.

use serde_json::{Value, json};

/// An image that runs anywhere, and does nothing.
const PAUSE: &str = "registry.k8s.io/pause:3.10";

/// Paths and contents.
pub type Files = Vec<(String, String)>;

/// A plain bundle of these objects.
#[must_use]
pub fn plain(objects: &[Value]) -> Files {
    let texts: Vec<_> = objects.iter().map(Value::to_string).collect();
    vec![("manifests/objects.yaml".into(), texts.join("\n---\n"))]
}

/// A `ConfigMap` in the namespace that is installed into.
#[must_use]
pub fn map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"value": value}})
}

/// So many `ConfigMap`s with a value.
#[must_use]
pub fn maps(number: usize, value: &str) -> Files {
    plain(&(0..number).map(|index| map(&format!("map-{index}"), value)).collect::<Vec<_>>())
}

/// A Deployment in the namespace that is installed into.
#[must_use]
pub fn workload(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": PAUSE}]},
            },
        },
    })
}

/// The definition of `Gadget`s of a group, which have a `spec.size`.
#[must_use]
pub fn definition(group: &str) -> Value {
    definition_of(group, "Gadget", "gadgets")
}

/// The definition of a kind of a group, which has a `spec.size`.
#[must_use]
pub fn definition_of(group: &str, kind: &str, plural: &str) -> Value {
    let spec = json!({"type": "object", "properties": {"size": {"type": "integer"}}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
            }],
        },
    })
}

/// A `Gadget` of a group.
#[must_use]
pub fn gadget(group: &str, name: &str) -> Value {
    resource(group, "Gadget", name)
}

/// A resource of a kind of a group.
#[must_use]
pub fn resource(group: &str, kind: &str, name: &str) -> Value {
    json!({"apiVersion": format!("{group}/v1"), "kind": kind, "metadata": {"name": name}, "spec": {"size": 1}})
}

/// An operator of a version, with `Gadget`s of a group: its definition, a workload, an account, and rights.
#[must_use]
pub fn operator(group: &str, version: &str) -> Files {
    let package = group.split('.').next().unwrap_or(group);
    let install_modes = [
        ("OwnNamespace", true),
        ("SingleNamespace", true),
        ("MultiNamespace", false),
        ("AllNamespaces", true),
    ]
    .map(|(kind, supported)| json!({"type": kind, "supported": supported}));
    let Value::Object(workload) = workload(package) else { return Vec::new() };
    let mut spec = workload.get("spec").cloned().unwrap_or_default();
    if let Some(pod) = spec.pointer_mut("/template/spec").and_then(Value::as_object_mut) {
        pod.insert("serviceAccountName".into(), package.into());
    }
    let rules = json!([{"apiGroups": [group], "resources": ["gadgets"], "verbs": ["get", "list", "watch"]}]);
    let csv = json!({
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "ClusterServiceVersion",
        "metadata": {"name": format!("{package}.v{version}")},
        "spec": {
            "version": version,
            "installModes": install_modes,
            "customresourcedefinitions": {"owned": [{"name": format!("gadgets.{group}"), "version": "v1", "kind": "Gadget"}]},
            "install": {
                "strategy": "deployment",
                "spec": {
                    "clusterPermissions": [{"serviceAccountName": package, "rules": rules}],
                    "deployments": [{"name": package, "spec": spec}],
                },
            },
        },
    });
    vec![
        ("manifests/csv.yaml".into(), csv.to_string()),
        ("manifests/gadgets.yaml".into(), definition(group).to_string()),
        ("metadata/annotations.yaml".into(), annotations(package)),
    ]
}

/// What says that a bundle is an operator's.
#[must_use]
pub fn annotations(package: &str) -> String {
    let prefix = "operators.operatorframework.io.bundle";
    let annotations = json!({
        format!("{prefix}.mediatype.v1"): "registry+v1",
        format!("{prefix}.manifests.v1"): "manifests/",
        format!("{prefix}.metadata.v1"): "metadata/",
        format!("{prefix}.package.v1"): package,
        format!("{prefix}.channels.v1"): "stable",
    });
    json!({"annotations": annotations}).to_string()
}
