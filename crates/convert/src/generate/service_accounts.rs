//! The `ServiceAccounts` that permissions and deployments name.

use std::collections::BTreeSet;

use rukpak_bundle::{ClusterServiceVersion, Permission, StrategyDeployment};
use rukpak_manifest::Object;

use super::Context;
use crate::CREATE_IF_ABSENT;

/// The account that every namespace has; it is never generated.
const DEFAULT: &str = "default";

/// One account for each name in the permissions, as in the reference, and for each name that only a deployment uses.
///
/// The latter may be there already, made by whoever wrote the deployment: it is marked [`CREATE_IF_ABSENT`]. An
/// account that the bundle carries itself is not generated, whoever names it.
pub(super) fn generate(context: &Context<'_>, extras: &[Object]) -> Vec<Object> {
    let csv = context.csv;
    let carried: BTreeSet<&str> =
        extras.iter().filter(|object| is_service_account(object)).map(Object::name).collect();
    let missing = |name: &&str| *name != DEFAULT && !carried.contains(name);

    let permitted: BTreeSet<&str> = permissions(csv).map(of_permission).filter(missing).collect();
    let used: BTreeSet<&str> = csv.deployments.iter().map(of_deployment).filter(missing).collect();

    let account =
        |name: &str| Object::new("v1", "ServiceAccount", Some(context.install_namespace.as_str()), name);
    let mut accounts: Vec<_> = permitted.iter().map(|name| account(name)).collect();
    for name in used.difference(&permitted) {
        let mut account = account(name);
        account.set_annotation(CREATE_IF_ABSENT, "true");
        accounts.push(account);
    }
    accounts
}

/// The account that a permission is for.
pub(super) fn of_permission(permission: &Permission) -> &str {
    match permission.service_account_name.as_str() {
        "" => DEFAULT,
        name => name,
    }
}

/// The account that a deployment's pods run as.
pub(super) fn of_deployment(deployment: &StrategyDeployment) -> &str {
    deployment.service_account().map_or(DEFAULT, |(_, name)| name)
}

fn permissions(csv: &ClusterServiceVersion) -> impl Iterator<Item = &Permission> {
    csv.permissions.iter().chain(&csv.cluster_permissions)
}

fn is_service_account(object: &Object) -> bool {
    object.api_version() == "v1" && object.kind() == "ServiceAccount"
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::fixture::{Fixture, keys, permission, running_as};
    use super::*;

    #[test]
    fn one_for_each_name_but_default() {
        let mut fixture = Fixture::new();
        fixture.csv.permissions = vec![permission("b", "pods"), permission("", "pods")];
        fixture.csv.cluster_permissions = vec![permission("a", "pods"), permission("b", "nodes")];
        fixture.csv.cluster_permissions.push(permission("default", "pods"));
        let accounts = fixture.run(|context| generate(context, &[]));
        assert_eq!(keys(&accounts), ["ServiceAccount install-ns/a", "ServiceAccount install-ns/b"]);
        assert!(accounts.iter().all(|account| account.annotation(CREATE_IF_ABSENT).is_none()));
    }

    #[test]
    fn one_that_only_a_deployment_names_may_exist_already() {
        let mut fixture = Fixture::new();
        fixture.csv.permissions = vec![permission("permitted", "pods")];
        let fixture = fixture.deployment("a", running_as("used")).deployment("b", running_as("permitted"));
        let accounts = fixture.run(|context| generate(context, &[]));
        assert_eq!(
            keys(&accounts),
            ["ServiceAccount install-ns/permitted", "ServiceAccount install-ns/used"]
        );
        let marks: Vec<_> = accounts.iter().map(|account| account.annotation(CREATE_IF_ABSENT)).collect();
        assert_eq!(marks, [None, Some("true")]);
    }

    #[test]
    fn one_that_the_bundle_carries_is_the_bundles() {
        let mut fixture = Fixture::new();
        fixture.csv.permissions = vec![permission("carried", "pods")];
        let carried = Object::new("v1", "ServiceAccount", None, "carried");
        assert_eq!(fixture.run(|context| generate(context, &[carried])), []);
        let of_another_group = Object::new("example.org/v1", "ServiceAccount", None, "carried");
        assert_eq!(fixture.run(|context| generate(context, &[of_another_group])).len(), 1);
    }

    #[rstest]
    #[case::named(json!({"serviceAccountName": "new"}), "new")]
    #[case::old_field(json!({"serviceAccount": "old"}), "old")]
    #[case::both(json!({"serviceAccountName": "new", "serviceAccount": "old"}), "new")]
    #[case::empty(json!({"serviceAccountName": "", "serviceAccount": "old"}), "old")]
    #[case::none(json!({}), "default")]
    fn accounts_of_deployments(#[case] pod_spec: Value, #[case] expected: &str) {
        let fixture = Fixture::new().deployment("a", json!({"template": {"spec": pod_spec}}));
        assert_eq!(of_deployment(&fixture.csv.deployments[0]), expected);
    }
}
