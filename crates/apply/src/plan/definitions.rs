//! The kinds that a set defines itself.

use std::collections::BTreeMap;

use rukpak_manifest::{GroupVersionKind, ManifestSet, Object};
use serde_json::Value;

use crate::Resource;

/// The kinds of the custom resource definitions of a set, in the versions that they will be served in.
pub(super) struct Definitions(BTreeMap<GroupVersionKind, Resource>);

impl Definitions {
    pub(super) fn of(manifests: &ManifestSet) -> Self {
        Self(manifests.iter().flat_map(kinds).collect())
    }

    pub(super) fn get(&self, gvk: &GroupVersionKind) -> Option<Resource> {
        self.0.get(gvk).cloned()
    }
}

fn kinds(object: &Object) -> Vec<(GroupVersionKind, Resource)> {
    if (object.group(), object.kind()) != ("apiextensions.k8s.io", "CustomResourceDefinition") {
        return vec![];
    }
    let text = |path: &[&str]| object.get(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (group, kind) = (text(&["spec", "group"]), text(&["spec", "names", "kind"]));
    let resource = Resource {
        plural: text(&["spec", "names", "plural"]),
        namespaced: text(&["spec", "scope"]) == "Namespaced",
    };
    let versions = object.get(&["spec", "versions"]).and_then(Value::as_array).into_iter().flatten();
    let served = versions.filter(|version| version.get("served") == Some(&Value::Bool(true)));
    let names = served.filter_map(|version| version.get("name")?.as_str());
    names
        .map(|version| GroupVersionKind {
            group: group.clone(),
            version: version.to_owned(),
            kind: kind.clone(),
        })
        .map(|gvk| (gvk, resource.clone()))
        .collect()
}
