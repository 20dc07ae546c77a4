//! Custom resources whose definition is about to lose versions.
//!
//! Who wrote what in a lost version could not be told afterwards (`managed.rs`), and an operator may write before we do. So that is
//! put right while the server still has all versions.

use std::collections::BTreeSet;

use rukpak_manifest::{GroupVersionKind, Object};

use crate::cluster::{Address, ApiError, Refusal};
use crate::definition::{self, by_storage, versions};
use crate::engine::Engine;
use crate::engine::prune::is_going;
use crate::managed::upgrade;
use crate::{Plan, Planned, marks};

/// How often an object that others change meanwhile is looked at again.
const TRIES: u32 = 5;

impl Engine {
    /// Has the custom resources of a set be of versions that stay, before their definition becomes the `next` one.
    pub(super) async fn leave_versions(
        &self,
        plan: &Plan,
        next: &Object,
        live: &Object,
    ) -> Result<(), ApiError> {
        let stay = versions(next);
        if versions(live).is_subset(&stay) {
            return Ok(());
        }
        let kind = definition::kind(next);
        let is_of_kind = |planned: &&Planned| (&planned.id.group, &planned.id.kind) == (&kind.0, &kind.1);
        for planned in plan.objects().iter().filter(is_of_kind) {
            if let Some(version) = spoken(planned, live, &stay) {
                self.leave_versions_of(plan, planned, version, &stay).await?;
            }
        }
        Ok(())
    }

    /// What is refused now, may be made up for when the object itself is written.
    async fn leave_versions_of(
        &self,
        plan: &Plan,
        planned: &Planned,
        version: String,
        stay: &BTreeSet<String>,
    ) -> Result<(), ApiError> {
        let address = Address { version, ..Address::of(planned) };
        for _ in 0..TRIES {
            let patched = async {
                let live = self.cluster.get(&address).await?;
                let Some(live) =
                    live.filter(|live| marks(live).as_ref() == Some(plan.owner()) && !is_going(live))
                else {
                    return Ok(());
                };
                match upgrade(&live, |version| !stay.contains(version), vec![]) {
                    Some(operations) => self.cluster.patch(&address, &operations).await.map(drop),
                    None => Ok(()),
                }
            };
            match patched.await {
                Err(error) if error.refusal() == Refusal::Conflict => {}
                Err(error) if error.refusal() == Refusal::Unavailable => return Err(error),
                _ => break,
            }
        }
        Ok(())
    }
}

/// A version that is served now and stays: the planned one, or else the best to read.
fn spoken(planned: &Planned, live: &Object, stay: &BTreeSet<String>) -> Option<String> {
    let both = |gvk: &GroupVersionKind| stay.contains(&format!("{}/{}", gvk.group, gvk.version));
    let mut served: Vec<String> =
        by_storage(live).filter(|one| both(&one.gvk)).map(|one| one.gvk.version).collect();
    let is_planned = |version: &String| version == planned.object.version();
    let best = served.iter().position(is_planned).unwrap_or_default();
    (!served.is_empty()).then(|| served.swap_remove(best))
}
