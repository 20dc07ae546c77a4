//! What the `ServiceAccounts` of an operator may do.

use rukpak_bundle::{ClusterServiceVersion, Permission, PolicyRule};
use serde::Serialize;

/// The rights of one `ServiceAccount` in one scope.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Grant<'a> {
    pub(super) service_account: &'a str,
    pub(super) scope: Scope,
    pub(super) rules: Vec<Rule<'a>>,
}

/// Where rights hold.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Scope {
    /// In every namespace that is watched, which may be all.
    WatchedNamespaces,
    /// In the whole cluster.
    Cluster,
}

/// `rbac.authorization.k8s.io/v1 PolicyRule`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'a> {
    pub(super) verbs: &'a [String],
    pub(super) api_groups: &'a [String],
    pub(super) resources: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) resource_names: &'a [String],
    #[serde(rename = "nonResourceURLs", skip_serializing_if = "<[_]>::is_empty")]
    pub(super) non_resource_urls: &'a [String],
}

/// All rights of an operator: those in watched namespaces first.
pub(super) fn of(csv: &ClusterServiceVersion) -> Vec<Grant<'_>> {
    let namespaced = csv.permissions.iter().map(|permission| Grant::of(permission, Scope::WatchedNamespaces));
    let cluster = csv.cluster_permissions.iter().map(|permission| Grant::of(permission, Scope::Cluster));
    namespaced.chain(cluster).collect()
}

impl<'a> Grant<'a> {
    fn of(permission: &'a Permission, scope: Scope) -> Self {
        let name = permission.service_account_name.as_str();
        Self {
            service_account: if name.is_empty() { "default" } else { name },
            scope,
            rules: permission.rules.iter().flatten().map(Rule::of).collect(),
        }
    }
}

impl<'a> Rule<'a> {
    fn of(rule: &'a PolicyRule) -> Self {
        let PolicyRule { verbs, api_groups, resources, resource_names, non_resource_urls } = rule;
        let verbs = verbs.as_deref().unwrap_or_default();
        Self { verbs, api_groups, resources, resource_names, non_resource_urls }
    }
}
