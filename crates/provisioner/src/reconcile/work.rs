//! The objects of one bundle, and what they are planned from.

use std::collections::BTreeSet;
use std::sync::Arc;

use rukpak_api::{BundleDeployment, names};
use rukpak_apply::cluster::{Address, ApiError, Cluster};
use rukpak_apply::engine::{Action, Checked, Known};
use rukpak_apply::probe::GroupKind;
use rukpak_apply::{
    Entry, Input, Inventory, Owner, ParseObjectIdError, Plan, Planned, Problem, ServedKinds, Shown, few, plan,
};
use rukpak_manifest::{ManifestSet, Object};

use crate::context::Context;
use crate::error::ReconcileError;
use crate::room::Working;

/// Objects that a text names.
const NAMED: usize = 5;

/// What there is to do.
pub(super) struct Work {
    set: Arc<ManifestSet>,
    pub(super) owner: Owner,
    /// The namespace to install into, as it is made where it is absent.
    pub(super) namespace: Object,
    /// What is owned now.
    pub(super) inventory: Inventory,
    /// Where all of it is.
    room: Working,
}

impl Work {
    pub(super) fn new(
        set: ManifestSet,
        owner: Owner,
        namespace: Object,
        inventory: Inventory,
        room: Working,
    ) -> Self {
        Self { set: Arc::new(set), owner, namespace, inventory, room }
    }

    /// Plans it, on a thread where that may take its time.
    pub(super) async fn plan(
        &self,
        served: &Arc<ServedKinds>,
        namespace_is_absent: bool,
    ) -> Result<Plan, ReconcileError> {
        let (set, owner, inventory) = (Arc::clone(&self.set), self.owner.clone(), self.inventory.clone());
        let (served, namespace) = (Arc::clone(served), self.namespace.name().to_owned());
        let planned = self.room.blocking(move || {
            plan(Input {
                manifests: &set,
                owner: &owner,
                inventory: &inventory,
                served: &served,
                namespace: &namespace,
                namespace_is_absent,
            })
        });
        Ok(planned.await??)
    }

    /// The same; where a kind is missing, by what is served now.
    pub(super) async fn plan_of_what_is_served(
        &self,
        context: &Context,
        served: Arc<ServedKinds>,
    ) -> Result<(Plan, Arc<ServedKinds>), ReconcileError> {
        match self.plan(&served, false).await {
            Err(ReconcileError::Plan(error)) if error.0.iter().any(Problem::is_not_served) => {
                let now = context.discovery.missed(&served).await?; // cluster
                if Arc::ptr_eq(&now, &served) {
                    return Err(error.into());
                }
                Ok((self.plan(&now, false).await?, now))
            }
            planned => Ok((planned?, served)),
        }
    }

    /// The kinds that have to be watched.
    pub(super) fn kinds(&self, plan: &Plan) -> BTreeSet<GroupKind> {
        plan.inventory().union(&self.inventory).kinds()
    }

    /// Whether it is known without a request that there is nothing to write.
    pub(super) fn is_settled(&self, plan: &Plan, known: &dyn Known) -> bool {
        plan.prune().is_empty()
            && *plan.inventory() == self.inventory
            && plan.objects().iter().all(|planned| known.is_settled(planned))
    }

    /// Whether something is planned that was not as it is planned before, or is owned and not planned any more.
    pub(super) fn is_new(&self, plan: &Plan, known: &dyn Known) -> bool {
        // What is used as it is has no place in the inventory.
        let is_missing =
            |planned: &Planned| !planned.create_if_absent && !self.inventory.contains(&planned.id);
        !plan.prune().is_empty()
            || plan.objects().iter().any(|planned| !known.was_as_planned(planned) || is_missing(planned))
    }

    /// Whether the namespace to install into has to be made first.
    pub(super) async fn is_namespace_absent(&self, cluster: &Cluster) -> Result<bool, ApiError> {
        let is_in_set = self.set.iter().any(|object| object.key() == self.namespace.key());
        Ok(!is_in_set && cluster.get(&Address::of_namespace(self.namespace.name())).await?.is_none())
    }

    /// Makes it as who acts, where it is absent by our own eyes: who only installs into it need not have a right to it. It is nobody's,
    /// and stays.
    pub(super) async fn make_namespace(&self, ours: &Cluster, acting: &Cluster) -> Result<(), ApiError> {
        if self.is_namespace_absent(ours).await? {
            let mut namespace = self.namespace.clone();
            let Owner { kind, name, uid: _ } = &self.owner;
            namespace.set_annotation(names::CREATED_FOR, &format!("{kind}/{name}"));
            acting.ensure_namespace(&namespace).await?;
        }
        Ok(())
    }
}

/// What a `BundleDeployment` owns, by its status. One that somebody made something else of says nothing: who needs it finds it again by the
/// marks of the objects.
pub(super) fn inventory(deployment: &BundleDeployment) -> Inventory {
    let entries = deployment.status.iter().flat_map(|status| &status.inventory).flat_map(|all| &all.entries);
    let entries = entries.map(|entry| Ok(Entry { id: entry.id.parse()?, version: entry.v.clone() }));
    let entries: Result<Vec<_>, ParseObjectIdError> = entries.collect();
    match entries {
        Ok(entries) => Inventory::from_entries(entries),
        Err(error) => {
            tracing::warn!(%error, "the inventory is damaged");
            Inventory::default()
        }
    }
}

/// What would be done; `None` where that is nothing.
pub(super) fn difference(checked: &Checked) -> Option<String> {
    let steps = checked.steps().iter().filter_map(|step| {
        let what = match &step.action {
            Action::Create => "create",
            Action::Update { .. } | Action::Decide { .. } => "change",
            Action::Adopt { .. } => "take over",
            Action::Replace { .. } => "make anew",
            Action::Keep | Action::Use => return None,
        };
        Some(format!("{what} {}", Shown(&step.planned.id)))
    });
    let plan = checked.plan();
    let leftovers = plan.prune().iter().map(|(id, _)| {
        let what = if plan.releases(id) { "release" } else { "delete" };
        format!("{what} {}", Shown(id))
    });
    let all: Vec<_> = steps.chain(leftovers).collect();
    (!all.is_empty()).then(|| format!("paused; otherwise: {}", few(all.into_iter(), NAMED)))
}
