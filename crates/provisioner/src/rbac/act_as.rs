//! Acting as the `ServiceAccount` that a `BundleDeployment` names.

use super::{PLAIN, REGISTRY_V1, Role, Rule, Scope};

/// The right to act as `ServiceAccounts`: a role of its own, so that it can be bound in some namespaces instead of everywhere.
#[must_use]
pub fn act_as() -> Role {
    Role {
        name: "rukpak-act-as",
        scope: Scope::ChosenNamespaces,
        about: "To act as ServiceAccounts. Bound in the whole cluster it is as much as all of them may do together, those of kube-system \
                among them; bound by RoleBindings, it ends at the ServiceAccounts of those namespaces.",
        part_of: None,
        rules: vec![Rule::on(
            "spec.serviceAccountName: requests for the objects of a bundle are made as that ServiceAccount. Its groups follow from it and \
             need no right.",
            "",
            &["serviceaccounts"],
            &["impersonate"],
        )],
        holders: &[REGISTRY_V1, PLAIN],
    }
}
