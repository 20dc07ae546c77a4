//! What a custom resource definition says of the kind that it defines.

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

fn text(definition: &Object, path: &[&str]) -> String {
    definition.get(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}
