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

/// What may be done to what.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'a> {
    pub(super) verbs: Vec<&'a str>,
    /// `<resource>.<group>/<subresource>`, the core group left out, or paths that are no resources.
    pub(super) resources: Vec<String>,
    /// Where it is not empty, only the objects of these names.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) names: &'a [String],
}

/// All rights of an operator: those in watched namespaces first.
pub(super) fn of(csv: &ClusterServiceVersion) -> Vec<Grant<'_>> {
    let namespaced = csv.permissions.iter().map(|permission| Grant::of(permission, Scope::WatchedNamespaces));
    let cluster = csv.cluster_permissions.iter().map(|permission| Grant::of(permission, Scope::Cluster));
    namespaced.chain(cluster).collect()
}

/// Every resource of every group, as `kubectl` names them: `pods/log`, `deployments.apps/scale`.
pub(super) fn resources<'a>(
    groups: impl IntoIterator<Item = &'a str>,
    resources: impl IntoIterator<Item = &'a str> + Clone,
) -> Vec<String> {
    let named = groups.into_iter().flat_map(|group| {
        resources.clone().into_iter().map(move |resource| match (group, resource.split_once('/')) {
            ("", _) => resource.to_owned(),
            (group, Some((resource, part))) => format!("{resource}.{group}/{part}"),
            (group, None) => format!("{resource}.{group}"),
        })
    });
    named.collect()
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
        let texts = |list: &'a [String]| list.iter().map(String::as_str);
        let mut what = self::resources(texts(api_groups), texts(resources));
        what.extend(non_resource_urls.iter().cloned());
        Self { verbs: texts(verbs.as_deref().unwrap_or_default()).collect(), resources: what, names: resource_names }
    }
}
