//! What the provisioner for registry+v1 bundles may do to their objects: the kinds are known.

use std::collections::BTreeSet;

use super::kinds::{Kinds, generated_kinds, registry_kinds};
use super::{REGISTRY_V1, Role, Rule, Scope};

/// What the engine does to an object: it is made by a `POST` and changed by patches.
const WRITE: [&str; 6] = ["get", "list", "watch", "create", "patch", "delete"];

/// What it takes to watch objects.
const READ: [&str; 3] = ["get", "list", "watch"];

fn role(about: &'static str, rules: Vec<Rule>) -> Role {
    Role { name: REGISTRY_V1, scope: Scope::Cluster, about, part_of: None, rules, holders: &[REGISTRY_V1] }
}

pub(super) fn cluster_wide() -> Role {
    let mut rules = on_each(&registry_kinds(), "Kinds that a registry+v1 bundle may hold.", &WRITE);
    rules.extend(on_each(
        &generated_kinds(),
        "Kinds that are made of a ClusterServiceVersion: deployments, webhooks, certificates, conditions.",
        &WRITE,
    ));
    rules.push(Rule::on(
        "The namespace to install into is made where it is absent, and never changed or deleted.",
        "",
        &["namespaces"],
        &["create"],
    ));
    rules.push(Rule::on(
        "Its roles grant what its operator needs, which the provisioner does not have itself.",
        "rbac.authorization.k8s.io",
        &["clusterroles", "roles"],
        &["bind", "escalate"],
    ));
    rules.push(Rule::on(
        "The custom resources of a bundle's definitions, whose groups nobody knows beforehand: they are counted before a definition goes, \
         and deleted before their operator is. And what is owned is found by its labels where an inventory is lost. Only custom resources \
         of owned definitions are deleted; a rule cannot say so.",
        "*",
        &["*"],
        &["get", "list", "delete"],
    ));
    role(
        "The kinds of registry+v1 bundles in the whole cluster. With escalate and bind it is as much as cluster-admin has.",
        rules,
    )
}

pub(super) fn tenant() -> Role {
    let reason = "What was installed is watched by the provisioner itself, one watch for each kind in use. It asks for metadata alone; rights \
                  cannot tell that from the whole object.";
    let mut rules = on_each(&registry_kinds(), reason, &READ);
    rules.extend(on_each(
        &generated_kinds(),
        "The same for the kinds that are made of a ClusterServiceVersion.",
        &READ,
    ));
    role(
        "To look at objects. All of them are written as the ServiceAccount that a BundleDeployment names.",
        rules,
    )
}

/// A rule for each group.
fn on_each(kinds: &Kinds, reason: &'static str, verbs: &[&str]) -> Vec<Rule> {
    let rule = |(group, resources): (&&'static str, &BTreeSet<String>)| {
        let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
        Rule::on(reason, group, &resources, verbs)
    };
    kinds.iter().map(rule).collect()
}
