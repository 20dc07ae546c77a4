//! The kinds that a set defines itself.

use std::collections::BTreeMap;

use rukpak_manifest::{GroupVersionKind, ManifestSet, Object};
use serde_json::Value;

use crate::{Resource, ServedKinds};

/// The kinds of the custom resource definitions of a set, in the versions that they will be served in.
pub(super) struct Definitions<'a>(BTreeMap<GroupVersionKind, (Resource, &'a Value)>);

impl<'a> Definitions<'a> {
    pub(super) fn of(manifests: &'a ManifestSet) -> Self {
        Self(manifests.iter().flat_map(kinds).collect())
    }

    pub(super) fn get(&self, gvk: &GroupVersionKind) -> Option<Resource> {
        self.0.get(gvk).map(|(resource, _)| resource.clone())
    }

    /// What an object of a kind of the set has to look like.
    pub(super) fn schema(&self, gvk: &GroupVersionKind) -> Option<&'a Value> {
        self.0.get(gvk)?.1.get("schema")?.get("openAPIV3Schema")
    }
}

/// The kind that a definition defines, and the name of another definition that has it on the server, so that this one will never
/// be established.
pub(super) fn taken(object: &Object, served: &ServedKinds) -> Option<(String, String)> {
    let (gvk, (resource, _)) = kinds(object).into_iter().next()?;
    let (_, other) = served.find(&gvk.group, &gvk.kind, &gvk.version)?;
    let taken = format!("{}.{}", other.plural, gvk.group);
    (other.plural != resource.plural).then_some((gvk.kind, taken))
}

/// The kinds of a definition, each with its version as the definition has it.
fn kinds(object: &Object) -> Vec<(GroupVersionKind, (Resource, &Value))> {
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
    let named = served.filter_map(|version| {
        let name = version.get("name")?.as_str()?.to_owned();
        let gvk = GroupVersionKind { group: group.clone(), version: name, kind: kind.clone() };
        Some((gvk, (resource.clone(), version)))
    });
    named.collect()
}
