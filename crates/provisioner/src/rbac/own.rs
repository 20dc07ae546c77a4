//! What both provisioners need for their work, whatever they install and on whose rights.

use rukpak_api::names;

use super::{PLAIN, REGISTRY_V1, Role, Rule, Scope};

/// The rights of their own: in the cluster, and in their namespace.
#[must_use]
pub fn own() -> [Role; 2] {
    [cluster(), system()]
}

fn cluster() -> Role {
    let rules = vec![
        Rule::on(
            "What is to be installed. The finalizer is set and taken off.",
            "core.rukpak.io",
            &["bundledeployments"],
            &["get", "list", "watch", "patch"],
        ),
        Rule::on(
            "How that goes, and what is owned. It is written over the very version that was seen.",
            "core.rukpak.io",
            &["bundledeployments/status"],
            &["update"],
        ),
        Rule::on(
            "A change of definitions changes the kinds that are served: discovery is asked again, and what waited for a kind goes on.",
            "apiextensions.k8s.io",
            &["customresourcedefinitions"],
            &["get", "list", "watch"],
        ),
        Rule::on(
            "The same for the kinds of aggregated APIs.",
            "apiregistration.k8s.io",
            &["apiservices"],
            &["get", "list", "watch"],
        ),
        Rule::on(
            "Whether the namespace to install into is there, which whoever only installs into it need not see. One that is missing is waited \
             for.",
            "",
            &["namespaces"],
            &["get", "list", "watch"],
        ),
        Rule::on(
            "Whether the ServiceAccount is there that a BundleDeployment names: the server would let us act as one that is not. In the \
             provisioners' namespace, their pull secrets.",
            "",
            &["serviceaccounts"],
            &["get"],
        ),
        Rule::on(
            "What the roles grant that a bundle binds: it is told before the first write what a ServiceAccount may not grant.",
            "rbac.authorization.k8s.io",
            &["clusterroles", "roles"],
            &["get"],
        ),
        Rule::on(
            "Events of BundleDeployments, which are of no namespace, so that theirs are in the namespace default.",
            "events.k8s.io",
            &["events"],
            &["create", "patch"],
        ),
        Rule::on("The same, by the older name of the group.", "", &["events"], &["create", "patch"]),
        Rule::on("Who asks the content server.", "authentication.k8s.io", &["tokenreviews"], &["create"]),
        Rule::on(
            "Whether they may read content: who has the right of bundle-reader.",
            "authorization.k8s.io",
            &["subjectaccessreviews"],
            &["create"],
        ),
    ];
    Role {
        name: "rukpak-provisioner",
        scope: Scope::Cluster,
        about: "What both provisioners need for their work, whatever they install and on whose rights.",
        part_of: None,
        rules,
        holders: &[REGISTRY_V1, PLAIN],
    }
}

fn system() -> Role {
    let rules = vec![
        Rule::on(
            "One of several replicas works at a time.",
            "coordination.k8s.io",
            &["leases"],
            &["get", "create", "patch"],
        ),
        Rule::on(
            "Bundles in ConfigMaps, the credentials of sources, and the inventories of rukpakctl, whose names a BundleDeployment may not have.",
            "",
            &["configmaps", "secrets"],
            &["get", "list", "watch"],
        ),
        Rule::on(
            "The certificate of the content server, and its CA. What is made has no name yet that a rule could ask for.",
            "",
            &["configmaps", "secrets"],
            &["create"],
        ),
        Rule::on("The certificate is replaced before it expires.", "", &["secrets"], &["patch"])
            .named(&["provisioner-plain-tls", "provisioner-registry-v1-tls"]),
        Rule::on("With its CA, which both provisioners keep there.", "", &["configmaps"], &["patch"])
            .named(&[names::AUTHORITIES]),
    ];
    Role {
        name: "rukpak-provisioner",
        scope: Scope::SystemNamespace,
        about: "What both provisioners need in their own namespace.",
        part_of: None,
        rules,
        holders: &[REGISTRY_V1, PLAIN],
    }
}
