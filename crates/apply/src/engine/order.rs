//! The order in which objects are deleted.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use futures_util::stream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use rukpak_manifest::Phase;

use super::teardown::is_defined;
use super::{AT_ONCE, Engine};
use crate::cluster::ApiError;
use crate::rights::is_aggregated;
use crate::{Inventory, ObjectId, ServedKinds};

/// When an object is deleted, beside others. What is equal goes at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    /// The last written first, definitions at the very end.
    phase: Reverse<Option<Phase>>,
    /// Whether it waits for the roles that are gathered from others.
    is_after_aggregated: bool,
}

impl Turn {
    /// Whether the kind of an object is defined by its owner, and whether no role goes before it, its identity does not say.
    fn of(id: &ObjectId, is_defined: bool, is_first: bool) -> Self {
        let phase = match id.phase() {
            Phase::Crds => None,
            Phase::Deploy if is_defined => Some(Phase::CustomResources),
            phase => Some(phase),
        };
        Self { phase: Reverse(phase), is_after_aggregated: id.is_cluster_role() && !is_first }
    }
}

impl Engine {
    /// Objects in the order in which they are deleted.
    ///
    /// A role that is gathered from others goes before them: when one of those goes, the controller that gathers them applies what is left,
    /// and where the role has gone meanwhile, makes one that is nobody's (kube-controller-manager,
    /// `pkg/controller/clusterroleaggregation`). It learns of one after the other.
    pub(super) async fn last_first<'a>(
        &self,
        objects: &'a [(ObjectId, String)],
        inventory: &Inventory,
        served: &ServedKinds,
    ) -> Result<Vec<(Turn, &'a ObjectId, &'a str)>, ApiError> {
        let definitions: Vec<_> =
            inventory.iter().filter(|(id, _)| id.is_definition()).map(|(id, _)| id.clone()).collect();
        let aggregated = self.aggregated(objects, served).await?;
        let is_first = |id| aggregated.is_empty() || aggregated.contains(id);
        let turn = |id| Turn::of(id, is_defined(id, &definitions, served), is_first(id));
        let mut in_order: Vec<_> =
            objects.iter().map(|(id, version)| (turn(id), id, version.as_str())).collect();
        in_order.sort();
        Ok(in_order)
    }

    /// Those that are gathered from others, where there are others.
    async fn aggregated<'a>(
        &self,
        objects: &'a [(ObjectId, String)],
        served: &ServedKinds,
    ) -> Result<BTreeSet<&'a ObjectId>, ApiError> {
        let roles: Vec<_> = objects.iter().filter(|(id, _)| id.is_cluster_role()).collect();
        if roles.len() < 2 {
            return Ok(BTreeSet::new());
        }
        let found = stream::iter(roles)
            .map(|(id, version)| async move {
                let Some(address) = self.address_of(id, version, served).await? else { return Ok(None) };
                let live = self.cluster.get(&address).await?;
                Ok(live.is_some_and(|live| is_aggregated(&live)).then_some(id))
            })
            .buffer_unordered(AT_ONCE)
            .boxed();
        found.try_filter_map(|aggregated| async move { Ok(aggregated) }).try_collect().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_defined_goes_before_what_takes_care_of_it_and_definitions_at_the_end() {
        let turn = |id: &str, is_defined| Turn::of(&id.parse().unwrap(), is_defined, false);
        let in_order = [
            turn("_a_admissionregistration.k8s.io_ValidatingWebhookConfiguration", false),
            turn("a_b_example.com_Gadget", true),
            turn("a_b_apps_Deployment", false),
            turn("a_b__Secret", false),
            turn("_a__Namespace", false),
            turn("_gadgets.example.com_apiextensions.k8s.io_CustomResourceDefinition", false),
        ];
        assert!(in_order.is_sorted(), "{in_order:?}");
        assert_ne!(turn("a_b_example.com_Gadget", true), turn("a_b_apps_Deployment", false));
    }

    #[test]
    fn what_is_gathered_goes_before_what_it_is_gathered_from() {
        let turn = |kind: &str, is_aggregated| {
            Turn::of(&format!("_a_rbac.authorization.k8s.io_{kind}").parse().unwrap(), false, is_aggregated)
        };
        assert!(turn("ClusterRole", true) < turn("ClusterRole", false));
        assert_eq!(turn("ClusterRole", true), turn("Role", false));
    }
}
