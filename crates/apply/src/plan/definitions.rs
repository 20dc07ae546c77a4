//! The kinds that a set defines itself.

use std::collections::BTreeMap;

use rukpak_manifest::{GroupVersionKind, ManifestSet, Object};
use serde_json::Value;

use crate::definition::{self, is_definition};
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

/// The kind that a definition defines, and the name of another definition that has it on the server, so that this one will never
/// be established.
pub(super) fn taken(object: &Object, served: &ServedKinds) -> Option<(String, String)> {
    let (gvk, Defined { resource, .. }) = kinds(object).next()?;
    let (_, other) = served.find(&gvk.group, &gvk.kind, &gvk.version)?;
    let taken = format!("{}.{}", other.plural, gvk.group);
    (other.plural != resource.plural).then_some((gvk.kind, taken))
}

/// The kinds of a definition, one for each version that it serves; none where it is another object.
fn kinds(object: &Object) -> impl Iterator<Item = (GroupVersionKind, Defined<'_>)> {
    let definition = Some(object).filter(|object| is_definition(object));
    definition.into_iter().flat_map(definition::served).map(move |served| {
        let definition::Defined { gvk, resource, version } = served;
        (gvk, Defined { resource, definition: object, version })
    })
}
