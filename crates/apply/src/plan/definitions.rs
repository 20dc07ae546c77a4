//! The kinds that a set defines itself.

use std::collections::BTreeMap;

use rukpak_manifest::{GroupVersionKind, ManifestSet, Object};
use serde_json::Value;

use crate::{Resource, ServedKinds};

/// The kinds of the custom resource definitions of a set, in the versions that they will be served in.
pub(super) struct Definitions<'a>(BTreeMap<GroupVersionKind, Defined<'a>>);

/// A kind that is defined.
#[derive(Clone)]
pub(super) struct Defined<'a> {
    /// How requests name it.
    pub(super) resource: Resource,
    /// What defines it.
    pub(super) definition: &'a Object,
    version: &'a Value,
}

impl<'a> Definitions<'a> {
    pub(super) fn of(manifests: &'a ManifestSet) -> Self {
        Self(manifests.iter().flat_map(kinds).collect())
    }

    pub(super) fn get(&self, gvk: &GroupVersionKind) -> Option<&Defined<'a>> {
        self.0.get(gvk)
    }
}

impl<'a> Defined<'a> {
    /// What an object of the kind has to look like.
    pub(super) fn schema(&self) -> Option<&'a Value> {
        self.version.get("schema")?.get("openAPIV3Schema")
    }
}

/// Whether an object is a custom resource definition.
pub(super) fn is_one(object: &Object) -> bool {
    (object.group(), object.kind()) == ("apiextensions.k8s.io", "CustomResourceDefinition")
}

/// The kind that a definition defines, and the name of another definition that has it on the server, so that this one will never
/// be established.
pub(super) fn taken(object: &Object, served: &ServedKinds) -> Option<(String, String)> {
    let (gvk, Defined { resource, .. }) = kinds(object).into_iter().next()?;
    let (_, other) = served.find(&gvk.group, &gvk.kind, &gvk.version)?;
    let taken = format!("{}.{}", other.plural, gvk.group);
    (other.plural != resource.plural).then_some((gvk.kind, taken))
}

/// The kinds of a definition, one for each version that it serves.
fn kinds(object: &Object) -> Vec<(GroupVersionKind, Defined<'_>)> {
    if !is_one(object) {
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
        Some((gvk, Defined { resource: resource.clone(), definition: object, version }))
    });
    named.collect()
}
