//! What a custom resource definition says of the kind that it defines.

use std::collections::BTreeSet;

use rukpak_manifest::{GroupVersionKind, Object};
use serde_json::Value;

use crate::{ObjectId, Resource};

/// Group and kind of definitions.
const DEFINITION: (&str, &str) = ("apiextensions.k8s.io", "CustomResourceDefinition");

/// A version of a kind that a definition serves.
pub(crate) struct Defined<'a> {
    pub(crate) gvk: GroupVersionKind,
    /// How requests name it.
    pub(crate) resource: Resource,
    /// What the definition says of the version.
    pub(crate) version: &'a Value,
}

impl ObjectId {
    /// Whether the object is a custom resource definition.
    #[must_use]
    pub fn is_definition(&self) -> bool {
        (self.group.as_str(), self.kind.as_str()) == DEFINITION
    }
}

/// Whether an object is a custom resource definition.
pub(crate) fn is_definition(object: &Object) -> bool {
    (object.group(), object.kind()) == DEFINITION
}

/// Group and kind that a definition defines.
pub(crate) fn kind(definition: &Object) -> (String, String) {
    (text(definition, &["spec", "group"]), text(definition, &["spec", "names", "kind"]))
}

/// What a definition serves, in the order of its versions.
pub(crate) fn served(definition: &Object) -> impl Iterator<Item = Defined<'_>> {
    let (group, kind) = kind(definition);
    let resource = Resource {
        plural: text(definition, &["spec", "names", "plural"]),
        namespaced: text(definition, &["spec", "scope"]) == "Namespaced",
    };
    let versions = definition.get(&["spec", "versions"]).and_then(Value::as_array).into_iter().flatten();
    let served = versions.filter(|version| version.get("served") == Some(&Value::Bool(true)));
    served.filter_map(move |version| {
        let name = version.get("name")?.as_str()?.to_owned();
        let gvk = GroupVersionKind { group: group.clone(), version: name, kind: kind.clone() };
        Some(Defined { gvk, resource: resource.clone(), version })
    })
}

/// The same, beginning with the version that is stored: for any other one, a webhook may have to answer.
pub(crate) fn by_storage(definition: &Object) -> impl Iterator<Item = Defined<'_>> {
    let is_stored = |defined: &Defined<'_>| defined.version.get("storage") == Some(&Value::Bool(true));
    let (stored, others): (Vec<_>, Vec<_>) = served(definition).partition(is_stored);
    stored.into_iter().chain(others)
}

/// All versions that a definition has, served or not, as `group/version`.
pub(crate) fn versions(definition: &Object) -> BTreeSet<String> {
    let (group, _) = kind(definition);
    let versions = definition.get(&["spec", "versions"]).and_then(Value::as_array).into_iter().flatten();
    let names = versions.filter_map(|version| version.get("name")?.as_str());
    names.map(|name| format!("{group}/{name}")).collect()
}

fn text(definition: &Object, path: &[&str]) -> String {
    definition.get(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}
