//! Small plans for the tests of this folder.

use rukpak_manifest::{GroupVersionKind, ManifestSet, Object};

use crate::{CREATE_IF_ABSENT, Input, Inventory, Owner, Plan, Resource, ServedKinds, plan};

/// `API_VERSION KIND NAME`, with ` if-absent` where it is to be used as it is.
pub(super) fn object(text: &str) -> Object {
    let mut words = text.split(' ');
    let mut next = || words.next().unwrap();
    let (api_version, kind, name) = (next(), next(), next());
    let mut object = Object::new(api_version, kind, None, name);
    if words.next() == Some("if-absent") {
        object.set_annotation(CREATE_IF_ABSENT, "true");
    }
    object
}

/// The plan of a set, for an owner that had these, in the namespace `home`.
pub(super) fn planned(set: &[&str], before: &[&str]) -> (Plan, ServedKinds) {
    planned_of(set.iter().map(|text| object(text)).collect(), before)
}

pub(super) fn planned_of(set: Vec<Object>, before: &[&str]) -> (Plan, ServedKinds) {
    let served = served();
    let before: Vec<_> = before
        .iter()
        .map(|text| {
            let mut object = object(text);
            let is_namespaced = served.get(&object.gvk()).is_none_or(|resource| resource.namespaced);
            object.set_namespace(is_namespaced.then_some("home"));
            object
        })
        .collect();
    let owner = Owner { kind: "Inventory".into(), name: "web".into(), uid: "1".into() };
    let (manifests, _) = ManifestSet::new(set);
    let inventory = Inventory::of(&before);
    let input = Input {
        manifests: &manifests,
        owner: &owner,
        inventory: &inventory,
        served: &served,
        namespace: "home",
        namespace_is_absent: false,
    };
    let plan = plan(input).unwrap();
    (plan, served)
}

fn served() -> ServedKinds {
    let kinds = [
        ("", "ConfigMap", "configmaps", true),
        ("", "Namespace", "namespaces", false),
        ("", "PersistentVolumeClaim", "persistentvolumeclaims", true),
        ("", "Secret", "secrets", true),
        ("", "ServiceAccount", "serviceaccounts", true),
        ("apps", "Deployment", "deployments", true),
        ("example.com", "Gadget", "gadgets", true),
        ("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions", false),
        (super::RBAC, "ClusterRole", "clusterroles", false),
        (super::RBAC, "ClusterRoleBinding", "clusterrolebindings", false),
        (super::RBAC, "Role", "roles", true),
        (super::RBAC, "RoleBinding", "rolebindings", true),
    ];
    let kind = |(group, kind, plural, namespaced): (&str, &str, &str, bool)| {
        let gvk = GroupVersionKind { group: group.into(), version: "v1".into(), kind: kind.into() };
        (gvk, Resource { plural: plural.into(), namespaced })
    };
    kinds.into_iter().map(kind).collect()
}
