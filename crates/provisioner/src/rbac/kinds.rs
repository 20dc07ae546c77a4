//! The kinds of objects that the provisioner for registry+v1 bundles makes.

use std::collections::{BTreeMap, BTreeSet};

use rukpak_bundle::SUPPORTED_KINDS;

/// Resources by API group, as rules name them.
pub type Kinds = BTreeMap<&'static str, BTreeSet<String>>;

/// The one kind of a bundle that is read and never written.
const DESCRIPTION: &str = "ClusterServiceVersion";

/// What is made of a `ClusterServiceVersion`, by group and kind: the files of `crates/convert/src/generate` and `certificates` each make
/// some of it. `tests/rbac.rs` holds it against what comes out.
pub const GENERATED_KINDS: &[(&str, &str)] = &[
    ("", "Secret"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apps", "Deployment"),
    ("cert-manager.io", "Certificate"),
    ("cert-manager.io", "Issuer"),
    ("operators.coreos.com", "OperatorCondition"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
];

/// What a registry+v1 bundle may hold and have applied.
#[must_use]
pub fn registry_kinds() -> Kinds {
    let applied = SUPPORTED_KINDS.iter().filter(|known| known.kind != DESCRIPTION);
    grouped(applied.map(|known| (known.group, known.kind)))
}

/// What conversion makes and a bundle may not hold itself.
#[must_use]
pub fn generated_kinds() -> Kinds {
    let held = |kind: &str| SUPPORTED_KINDS.iter().any(|known| known.kind == kind);
    grouped(GENERATED_KINDS.iter().copied().filter(|(_, kind)| !held(kind)))
}

fn grouped(kinds: impl Iterator<Item = (&'static str, &'static str)>) -> Kinds {
    let mut groups = Kinds::new();
    for (group, kind) in kinds {
        groups.entry(group).or_default().insert(resource(kind));
    }
    groups
}

/// How requests name a kind, as Kubernetes guesses it (apimachinery, `pkg/api/meta`, `UnsafeGuessKindToResource`). It is right for
/// all of these.
fn resource(kind: &str) -> String {
    let singular = kind.to_lowercase();
    if singular.ends_with('s') {
        return format!("{singular}es");
    }
    match singular.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{singular}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("PriorityClass", "priorityclasses")]
    #[case("NetworkPolicy", "networkpolicies")]
    #[case("ConsoleCLIDownload", "consoleclidownloads")]
    fn resources(#[case] kind: &str, #[case] expected: &str) {
        assert_eq!(resource(kind), expected);
    }

    #[test]
    fn what_describes_the_operator_is_not_written() {
        assert!(!registry_kinds().contains_key("operators.coreos.com"));
        assert_eq!(
            generated_kinds()["operators.coreos.com"],
            BTreeSet::from(["operatorconditions".to_owned()])
        );
    }

    #[test]
    fn nothing_is_granted_twice() {
        let held = registry_kinds();
        for (group, resources) in generated_kinds() {
            let both: Vec<_> =
                held.get(group).into_iter().flatten().filter(|name| resources.contains(*name)).collect();
            assert!(both.is_empty(), "{group:?}: {both:?}");
        }
    }
}
