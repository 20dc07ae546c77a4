//! Which kinds a server serves.

use std::collections::BTreeMap;

use rukpak_manifest::GroupVersionKind;

/// How requests name a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The plural in a URL, such as `deployments`.
    pub plural: String,
    /// Whether its objects have a namespace.
    pub namespaced: bool,
}

/// The kinds that a server serves, as its discovery said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServedKinds(BTreeMap<GroupVersionKind, Resource>);

impl ServedKinds {
    /// How requests name a kind, if it is served in that version.
    #[must_use]
    pub fn get(&self, gvk: &GroupVersionKind) -> Option<&Resource> {
        self.0.get(gvk)
    }

    /// A kind in any version that is served, the given one before others.
    #[must_use]
    pub fn find(&self, group: &str, kind: &str, version: &str) -> Option<(&GroupVersionKind, &Resource)> {
        let of_kind = || self.0.iter().filter(|(gvk, _)| gvk.group == group && gvk.kind == kind);
        of_kind().find(|(gvk, _)| gvk.version == version).or_else(|| of_kind().next())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&GroupVersionKind, &Resource)> {
        self.0.iter()
    }
}

impl FromIterator<(GroupVersionKind, Resource)> for ServedKinds {
    fn from_iter<I: IntoIterator<Item = (GroupVersionKind, Resource)>>(kinds: I) -> Self {
        Self(kinds.into_iter().collect())
    }
}
