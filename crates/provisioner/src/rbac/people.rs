//! Roles that are there for others to be given.

use rukpak_api::names;

use super::{Role, Rule, Scope};

/// For who reads content, who looks at `BundleDeployments` and who makes them.
#[must_use]
pub fn people() -> [Role; 3] {
    let role = |name, about, part_of, rules| Role {
        name,
        scope: Scope::Cluster,
        about,
        part_of,
        rules,
        holders: &[],
    };
    [
        role(
            "bundle-reader",
            "To read the content of bundles from the provisioners' content servers.",
            None,
            vec![
                Rule::at("The path of every bundle's archive.", &["/bundles/*"], &["get"]),
                Rule::on(
                    "The authorities by which the servers prove who they are.",
                    "",
                    &["configmaps"],
                    &["get"],
                )
                .named(&[names::AUTHORITIES]),
            ],
        ),
        role(
            "rukpak-bundledeployments-viewer",
            "To look at BundleDeployments. It is a part of Kubernetes' role view, and so of edit and admin.",
            Some("view"),
            vec![Rule::on(
                "They hold no secrets: those are in Secrets, which they name.",
                "core.rukpak.io",
                &["bundledeployments", "bundledeployments/status"],
                &["get", "list", "watch"],
            )],
        ),
        role(
            "rukpak-bundledeployments-editor",
            "To make BundleDeployments. It is not a part of edit or admin: where the provisioners have rights in the whole cluster, whoever may \
             make a BundleDeployment can do anything, as with cluster-admin; in the overlay for tenants, all that the ServiceAccounts may do \
             that the provisioners may act as.",
            None,
            vec![Rule::on(
                "All but the status, which is the provisioners'.",
                "core.rukpak.io",
                &["bundledeployments"],
                &["create", "delete", "get", "list", "patch", "update", "watch"],
            )],
        ),
    ]
}
