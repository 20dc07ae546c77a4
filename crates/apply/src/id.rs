//! What identifies an object for good, whatever version it is spoken of in.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use rukpak_manifest::{Object, ObjectKey, Phase};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::rights::RBAC;

/// Group, kind, namespace and name of an object. As text `NAMESPACE_NAME_GROUP_KIND`, the form of Flux' inventories; the
/// namespace of a cluster-scoped object and the core group are empty.
///
/// A name may have underscores (those of RBAC do); the other three parts never have one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty where the object has none.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// A text that is no [`ObjectId`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("got object id {0:?}, expected NAMESPACE_NAME_GROUP_KIND")]
pub struct ParseObjectIdError(String);

impl ObjectId {
    /// Of an object.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        object.key().into()
    }
}

impl ObjectId {
    /// An object of this identity with nothing in it.
    pub(crate) fn bare(&self, version: &str) -> Object {
        let Self { group, kind, namespace, name } = self;
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        Object::new(&api_version, kind, Some(namespace.as_str()).filter(|text| !text.is_empty()), name)
    }

    /// Whether the object is a namespace.
    pub(crate) fn is_namespace(&self) -> bool {
        (self.group.as_str(), self.kind.as_str()) == ("", "Namespace")
    }

    /// Whether the object is a role of the whole cluster.
    pub(crate) fn is_cluster_role(&self) -> bool {
        (self.group.as_str(), self.kind.as_str()) == (RBAC, "ClusterRole")
    }

    /// Whether no server deletes the object: the namespaces of the cluster itself (apiserver,
    /// `pkg/admission/plugin/namespace/lifecycle`).
    pub(crate) fn is_undeletable(&self) -> bool {
        self.is_namespace() && ["default", "kube-system", "kube-public"].contains(&self.name.as_str())
    }

    /// The phase in which the object is written, as far as that follows from its kind: whether a set defines the kind itself is
    /// not known.
    pub(crate) fn phase(&self) -> Phase {
        Phase::of(&self.bare("v1"), &BTreeSet::new())
    }
}

impl From<ObjectKey> for ObjectId {
    fn from(key: ObjectKey) -> Self {
        let ObjectKey { gvk, namespace, name } = key;
        Self { group: gvk.group, kind: gvk.kind, namespace: namespace.unwrap_or_default(), name }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, kind, namespace, name } = self;
        write!(f, "{namespace}_{name}_{group}_{kind}")
    }
}

impl FromStr for ObjectId {
    type Err = ParseObjectIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (namespace, rest) = text.split_once('_')?;
            let (rest, kind) = rest.rsplit_once('_')?;
            let (name, group) = rest.rsplit_once('_')?;
            (!name.is_empty() && !kind.is_empty()).then(|| Self {
                group: group.to_owned(),
                kind: kind.to_owned(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })
        };
        parse().ok_or_else(|| ParseObjectIdError(text.chars().take(300).collect()))
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// An object for people: `Deployment.apps namespace/name`.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(pub &'a ObjectId);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ObjectId { group, kind, namespace, name } = self.0;
        f.write_str(kind)?;
        if !group.is_empty() {
            write!(f, ".{group}")?;
        }
        f.write_str(" ")?;
        if !namespace.is_empty() {
            write!(f, "{namespace}/")?;
        }
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::namespaced(Object::new("apps/v1", "Deployment", Some("web"), "web"), "web_web_apps_Deployment")]
    #[case::core(Object::new("v1", "ConfigMap", Some("web"), "a.b"), "web_a.b__ConfigMap")]
    #[case::cluster(Object::new("v1", "Namespace", None, "web"), "_web__Namespace")]
    #[case::rbac(
        Object::new("rbac.authorization.k8s.io/v1", "ClusterRole", None, "system:a__b"),
        "_system:a__b_rbac.authorization.k8s.io_ClusterRole"
    )]
    fn text_and_back(#[case] object: Object, #[case] text: &str) {
        let id = ObjectId::of(&object);
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse(), Ok(id));
    }

    #[rstest]
    #[case("")]
    #[case("a_b_c")]
    #[case("___")]
    #[case("a__b_")]
    fn no_ids(#[case] text: &str) {
        assert_eq!(text.parse::<ObjectId>(), Err(ParseObjectIdError(text.into())));
    }

    proptest! {
        #[test]
        fn any_name_comes_back(namespace in "[a-z-]{0,5}", name in "[a-z_:.-]{1,9}", group in "[a-z.]{0,5}", kind in "[A-Z][a-z]{0,5}") {
            let id = ObjectId { group, kind, namespace, name };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }
}
