//! Which kinds a server serves.

use std::collections::{BTreeMap, BTreeSet};

use kube::core::Version;
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
pub struct ServedKinds {
    kinds: BTreeMap<GroupVersionKind, Resource>,
    /// Those whose objects are not kept.
    passing: BTreeSet<GroupVersionKind>,
}

impl ServedKinds {
    /// How requests name a kind, if it is served in that version.
    #[must_use]
    pub fn get(&self, gvk: &GroupVersionKind) -> Option<&Resource> {
        self.kinds.get(gvk)
    }

    /// A kind in any version that is served, the given one before others.
    #[must_use]
    pub fn find(&self, group: &str, kind: &str, version: &str) -> Option<(&GroupVersionKind, &Resource)> {
        let of_kind = || self.kinds.iter().filter(|(gvk, _)| gvk.group == group && gvk.kind == kind);
        of_kind().find(|(gvk, _)| gvk.version == version).or_else(|| of_kind().next())
    }

    /// A kind in the newest of its most stable versions that are served.
    #[must_use]
    pub fn newest(&self, group: &str, kind: &str) -> Option<(&GroupVersionKind, &Resource)> {
        let of_kind = self.kinds.iter().filter(|(gvk, _)| gvk.group == group && gvk.kind == kind);
        of_kind.max_by_key(|(gvk, _)| Version::parse(&gvk.version).priority())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&GroupVersionKind, &Resource)> {
        self.kinds.iter()
    }

    /// Those of which objects can be made and listed.
    pub fn kept(&self) -> impl Iterator<Item = (&GroupVersionKind, &Resource)> {
        self.kinds.iter().filter(|(gvk, _)| !self.passing.contains(gvk))
    }

    /// Says of a kind that its objects cannot be made and listed: it is a question, or shows something else.
    pub(crate) fn passes(&mut self, gvk: GroupVersionKind) {
        self.passing.insert(gvk);
    }
}

impl FromIterator<(GroupVersionKind, Resource)> for ServedKinds {
    fn from_iter<I: IntoIterator<Item = (GroupVersionKind, Resource)>>(kinds: I) -> Self {
        Self { kinds: kinds.into_iter().collect(), passing: BTreeSet::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::stable_before_beta(&["v1beta1", "v1", "v2alpha1"], Some("v1"))]
    #[case::new_before_old(&["v1", "v2", "v10"], Some("v10"))]
    #[case::nothing(&[], None)]
    fn newest_versions(#[case] versions: &[&str], #[case] expected: Option<&str>) {
        let resource = Resource { plural: "gadgets".into(), namespaced: true };
        let kind = |version: &&str| GroupVersionKind {
            group: "example.com".into(),
            version: (*version).into(),
            kind: "Gadget".into(),
        };
        let served: ServedKinds = versions.iter().map(|version| (kind(version), resource.clone())).collect();
        let newest = served.newest("example.com", "Gadget");
        assert_eq!(newest.map(|(gvk, _)| gvk.version.as_str()), expected);
        assert_eq!(served.newest("example.org", "Gadget"), None);
    }
}
