//! The namespace to install into. It is chosen once, and stands in the status; where that was lost, it is found again, since what is
//! installed would move to wherever the bundle suggests by now.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rukpak_api::{BundleDeployment, BundleDeploymentStatus, names};
use rukpak_apply::cluster::{ApiError, Cluster};
use rukpak_apply::{Inventory, Owner};
use rukpak_manifest::Object;
use rukpak_manifest::name::Namespace;
use serde_json::Value;

use super::owner;
use crate::context::{Context, own_options};
use crate::writer::{Writer, is_held};

/// The group of roles, which are also in the namespaces that an operator watches.
const RBAC: &str = "rbac.authorization.k8s.io";

/// Finds the namespace again where the status was lost, and notes it. Whether there was one to be found.
///
/// Only who has our finalizer may have lost one; and where something is reported, whatever it is, nothing was lost: one that never came
/// so far has none yet. So this has to come before anything is reported.
///
/// # Errors
/// Where it cannot be told.
pub(super) async fn find_again(
    context: &Context,
    deployment: &BundleDeployment,
    writer: &Writer,
) -> Result<bool, ApiError> {
    if !is_held(deployment) || !is_lost(deployment) {
        return Ok(false);
    }
    let owner = owner(deployment);
    let made = made_for(&context.cluster, deployment, &owner).await?; // cluster
    let found = if let [made] = made.as_slice() {
        Some(made.clone())
    } else {
        // One that was there before says nothing. A kind that cannot be listed says nothing either: others tell as well.
        let served = context.discovery.served().await?; // cluster
        let finder = context.engine(context.cluster.clone(), own_options());
        let inventory = finder.rebuild(&owner, &served).await?.inventory; // cluster
        most_used(&inventory).map(str::to_owned)
    };
    let Some(found) = found.filter(|found| found.parse::<Namespace>().is_ok()) else { return Ok(false) };
    tracing::info!(namespace = %found, "the namespace that it is installed into is found again");
    writer.note(|report| report.status_mut().install_namespace = Some(found)).await;
    Ok(true)
}

/// Whether nothing says which namespace it is, and nothing is left of what we would have reported with it. Pure.
fn is_lost(deployment: &BundleDeployment) -> bool {
    let is_reported =
        |status: &BundleDeploymentStatus| status.install_namespace.is_some() || !status.conditions.is_empty();
    deployment.spec.install_namespace.is_none() && !deployment.status.as_ref().is_some_and(is_reported)
}

/// The namespaces that were made for an owner, since it is there: one of the same name may have left others.
async fn made_for(
    cluster: &Cluster,
    deployment: &BundleDeployment,
    Owner { kind, name, uid: _ }: &Owner,
) -> Result<Vec<String>, ApiError> {
    let owner = format!("{kind}/{name}");
    let since = deployment.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let is_made = |namespace: &Object| {
        let made = namespace.get(&["metadata", "creationTimestamp"]).and_then(Value::as_str);
        let made = made.and_then(|made| made.parse::<Timestamp>().ok());
        namespace.annotation(names::CREATED_FOR) == Some(owner.as_str()) && made >= since
    };
    let all = cluster.list_known(["", "v1", "Namespace", "namespaces"], None, None).await?;
    Ok(all
        .iter()
        .filter(|namespace| is_made(namespace))
        .map(|namespace| namespace.name().to_owned())
        .collect())
}

/// The namespace that most objects are in, but for roles.
fn most_used(inventory: &Inventory) -> Option<&str> {
    let mut counts = BTreeMap::<&str, usize>::new();
    for (id, _) in inventory.iter().filter(|(id, _)| !id.namespace.is_empty() && id.group != RBAC) {
        *counts.entry(&id.namespace).or_default() += 1;
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(namespace, _)| namespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    use rstest::rstest;
    use rukpak_apply::Entry;
    use serde_json::json;

    #[rstest]
    #[case::never_seen(json!({}), true)]
    #[case::nothing_left(json!({"status": {}}), true)]
    #[case::it_says_which(json!({"status": {"installNamespace": "a"}}), false)]
    #[case::it_is_asked_for(json!({"spec": {"installNamespace": "a"}}), false)]
    #[case::it_never_came_so_far(json!({"status": {"conditions": [{
        "type": "Installed", "status": "Unknown", "reason": "Retrying", "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }]}}), false)]
    fn what_is_lost(#[case] with: Value, #[case] expected: bool) {
        assert_eq!(is_lost(&example::deployment(&with)), expected);
    }

    #[rstest]
    #[case::nothing(&[], None)]
    #[case::of_the_cluster(&["_a_apiextensions.k8s.io_CustomResourceDefinition"], None)]
    #[case::roles_of_what_is_watched(
        &["a_x_rbac.authorization.k8s.io_Role", "a_y_rbac.authorization.k8s.io_RoleBinding", "b_x_apps_Deployment"],
        Some("b")
    )]
    #[case::most(&["a_x__Service", "b_x__ServiceAccount", "b_x_apps_Deployment"], Some("b"))]
    #[case::as_many(&["b_x__Service", "a_x__Service"], Some("a"))]
    fn where_it_is_installed(#[case] ids: &[&str], #[case] expected: Option<&str>) {
        let entries = ids.iter().map(|id| Entry { id: id.parse().unwrap(), version: "v1".into() });
        assert_eq!(most_used(&Inventory::from_entries(entries)), expected);
    }
}
