//! Roles and bindings for `permissions` and `clusterPermissions`.
//!
//! `clusterPermissions` become a `ClusterRole` and a `ClusterRoleBinding`. `permissions` become a Role and a
//! `RoleBinding` in each watched namespace; where the operator watches all namespaces, they are promoted to the
//! former, with the right to see namespaces added.

use rukpak_bundle::{Permission, PolicyRule};
use rukpak_manifest::Object;
use serde_json::{Map, Value, json};

use super::{Context, service_accounts};
use crate::{TargetNamespaces, name};

const API_GROUP: &str = "rbac.authorization.k8s.io";
const API_VERSION: &str = "rbac.authorization.k8s.io/v1";

pub(super) fn generate(context: &Context<'_>) -> Vec<Object> {
    let csv = context.csv;
    let cluster_wide = csv.cluster_permissions.iter().flat_map(|permission| grant(context, permission, None));
    let mut objects = Vec::new();
    match context.targets {
        TargetNamespaces::Listed(namespaces) => {
            for namespace in namespaces {
                let namespace = Some(namespace.as_str());
                objects.extend(
                    csv.permissions.iter().flat_map(|permission| grant(context, permission, namespace)),
                );
            }
            objects.extend(cluster_wide);
        }
        TargetNamespaces::All => {
            objects.extend(cluster_wide);
            let promoted = csv.permissions.iter().map(promote);
            objects.extend(promoted.flat_map(|permission| grant(context, &permission, None)));
        }
    }
    objects
}

/// The role and the binding of a permission, in a namespace or for the whole cluster. Both have the same name.
fn grant(context: &Context<'_>, permission: &Permission, namespace: Option<&str>) -> [Object; 2] {
    let account = service_accounts::of_permission(permission);
    let name = name::of_role(&context.csv.name, account, permission);
    let rules = permission.rules.as_deref().map(|rules| rules.iter().map(rule).collect());
    pair(context, namespace, &name, rules, &[account])
}

/// A role with rules and a binding of it to accounts in the install namespace.
pub(super) fn pair(
    context: &Context<'_>,
    namespace: Option<&str>,
    name: &str,
    rules: Option<Vec<Value>>,
    accounts: &[&str],
) -> [Object; 2] {
    let (role_kind, binding_kind) =
        if namespace.is_some() { ("Role", "RoleBinding") } else { ("ClusterRole", "ClusterRoleBinding") };
    let mut role = Object::new(API_VERSION, role_kind, namespace, name);
    if let Some(rules) = rules {
        role = role.with("rules", rules);
    }
    let install_namespace = context.install_namespace.as_str();
    let subject = |account: &&str| {
        let name = *account;
        json!({"kind": "ServiceAccount", "name": name, "namespace": install_namespace})
    };
    let binding = Object::new(API_VERSION, binding_kind, namespace, name)
        .with("roleRef", json!({"apiGroup": API_GROUP, "kind": role_kind, "name": name}))
        .with("subjects", accounts.iter().map(subject).collect::<Vec<_>>());
    [role, binding]
}

/// A permission for all namespaces. The added rule counts for the name.
fn promote(permission: &Permission) -> Permission {
    let mut rules = permission.rules.clone().unwrap_or_default();
    rules.push(PolicyRule {
        verbs: Some(["get", "list", "watch"].map(Into::into).to_vec()),
        api_groups: vec![String::new()],
        resources: vec!["namespaces".into()],
        ..PolicyRule::default()
    });
    Permission { service_account_name: permission.service_account_name.clone(), rules: Some(rules) }
}

/// A rule with the fields that are set.
fn rule(rule: &PolicyRule) -> Value {
    let PolicyRule { verbs, api_groups, resources, resource_names, non_resource_urls } = rule;
    let mut out = Map::new();
    if let Some(verbs) = verbs {
        out.insert("verbs".into(), verbs.clone().into());
    }
    for (field, values) in [
        ("apiGroups", api_groups),
        ("resources", resources),
        ("resourceNames", resource_names),
        ("nonResourceURLs", non_resource_urls),
    ] {
        if !values.is_empty() {
            out.insert(field.into(), values.clone().into());
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, keys, permission};
    use super::*;

    fn fixture() -> Fixture {
        let mut fixture = Fixture::new();
        fixture.csv.permissions = vec![permission("sa", "pods")];
        fixture.csv.cluster_permissions = vec![permission("", "nodes")];
        fixture
    }

    #[test]
    fn in_each_watched_namespace_and_for_the_cluster() {
        let objects = fixture().watching(&["watch-a", "watch-b"]).run(generate);
        let of_sa = "gadgets.v1.0.0-sa-3wviurxqrxqx9tcfeq9i80qbm0stl686z1sd97orsyx";
        let of_default = "gadgets.v1.0.0-defa-30xdmxxr4i30bx3ykyfvrlgaj6eefu8uxv262xrvp8a";
        assert_eq!(
            keys(&objects),
            [
                format!("Role.rbac.authorization.k8s.io watch-a/{of_sa}"),
                format!("RoleBinding.rbac.authorization.k8s.io watch-a/{of_sa}"),
                format!("Role.rbac.authorization.k8s.io watch-b/{of_sa}"),
                format!("RoleBinding.rbac.authorization.k8s.io watch-b/{of_sa}"),
                format!("ClusterRole.rbac.authorization.k8s.io {of_default}"),
                format!("ClusterRoleBinding.rbac.authorization.k8s.io {of_default}"),
            ]
        );
        let [role, binding, ..] = objects.as_slice() else { unreachable!() };
        let get = json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]});
        assert_eq!(role.get(&["rules"]), Some(&json!([get])));
        assert_eq!(
            binding.get(&["roleRef"]),
            Some(&json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": of_sa}))
        );
        assert_eq!(
            binding.get(&["subjects"]),
            Some(&json!([{"kind": "ServiceAccount", "name": "sa", "namespace": "install-ns"}]))
        );
    }

    #[test]
    fn for_all_namespaces_permissions_are_promoted() {
        let objects = fixture().run(generate);
        let of_default = "gadgets.v1.0.0-defa-30xdmxxr4i30bx3ykyfvrlgaj6eefu8uxv262xrvp8a";
        let of_sa = "gadgets.v1.0.0-sa-4m63spn28j2l39bew3t7s2hl3w3alpad9z6zviithfk";
        assert_eq!(
            keys(&objects),
            [
                format!("ClusterRole.rbac.authorization.k8s.io {of_default}"),
                format!("ClusterRoleBinding.rbac.authorization.k8s.io {of_default}"),
                format!("ClusterRole.rbac.authorization.k8s.io {of_sa}"),
                format!("ClusterRoleBinding.rbac.authorization.k8s.io {of_sa}"),
            ]
        );
        let added =
            json!({"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list", "watch"]});
        assert_eq!(objects[2].get(&["rules"]).and_then(|rules| rules.get(1)), Some(&added));
        assert_eq!(objects[3].get(&["roleRef", "kind"]), Some(&json!("ClusterRole")));
    }

    #[test]
    fn missing_rules_stay_missing() {
        let mut fixture = Fixture::new().watching(&["a"]);
        fixture.csv.permissions = vec![Permission { service_account_name: "sa".into(), rules: None }];
        assert_eq!(fixture.run(generate)[0].get(&["rules"]), None);
    }
}
