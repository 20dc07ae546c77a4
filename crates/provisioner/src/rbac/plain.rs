//! What the provisioner for plain bundles may do to their objects, which may be of any kind.

use super::{PLAIN, Role, Rule, Scope};

fn role(about: &'static str, rules: Vec<Rule>) -> Role {
    Role { name: PLAIN, scope: Scope::Cluster, about, part_of: None, rules, holders: &[PLAIN] }
}

pub(super) fn cluster_wide() -> Role {
    let rules = vec![
        Rule::on(
            "A plain bundle holds objects of any kind, custom resources of its own definitions among them.",
            "*",
            &["*"],
            &["get", "list", "watch", "create", "patch", "delete"],
        ),
        Rule::on(
            "Its roles may grant what the provisioner does not have itself, such as other verbs and paths.",
            "rbac.authorization.k8s.io",
            &["clusterroles", "roles"],
            &["bind", "escalate"],
        ),
        Rule::on(
            "The server asks for it of whoever writes a ClusterTrustBundle for a signer.",
            "certificates.k8s.io",
            &["signers"],
            &["attest"],
        ),
    ];
    role("Every kind of object in the whole cluster. It is as much as cluster-admin has.", rules)
}

pub(super) fn tenant() -> Role {
    let rules = vec![Rule::on(
        "What was installed is watched by the provisioner itself, one watch for each kind in use, of any kind. It asks for metadata alone; \
         rights cannot tell that from the whole object, so Secrets are among what it could read.",
        "*",
        &["*"],
        &["get", "list", "watch"],
    )];
    role(
        "To look at objects. All of them are written as the ServiceAccount that a BundleDeployment names.",
        rules,
    )
}
