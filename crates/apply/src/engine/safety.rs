//! Whether what users have survives an upgrade of its definition.

use futures_util::FutureExt as _;
use rukpak_manifest::Object;

use super::prune::address;
use super::thread::on_a_thread;
use super::versions::{each, first_to_answer, versions_of};
use super::{Engine, EngineError};
use crate::cluster::ApiError;
use crate::crd_upgrade::{Enforcement, UpgradeFinding, check, check_removed};
use crate::definition::is_definition;
use crate::{Plan, ServedKinds};

impl Engine {
    /// Refuses a definition that takes something away.
    pub(super) async fn check_definition(&self, live: &Object, next: &Object) -> Result<(), EngineError> {
        if self.options.enforcement == Enforcement::None || !is_definition(live) {
            return Ok(());
        }
        let (live, next) = (live.clone().into_value(), next.clone().into_value());
        let waivers = self.options.waivers.clone();
        refused(on_a_thread(move || check(&live, &next, &waivers)).await)
    }

    /// Refuses a set that has no more the definition of what is there.
    pub(super) async fn check_removed_definitions(
        &self,
        plan: &Plan,
        served: &ServedKinds,
    ) -> Result<(), EngineError> {
        if self.options.enforcement == Enforcement::None {
            return Ok(());
        }
        let mut findings = Vec::new();
        for (id, version) in plan.prune().iter().filter(|(id, _)| id.is_definition()) {
            let Some(address) = address(id, version, served) else { continue };
            let Some(live) = self.cluster.outline(&address).await? else { continue };
            // What is not ours any more stays.
            if !self.is_ours(&live, plan.owner()).await? {
                continue;
            }
            let value = live.clone().into_value();
            if check_removed(&value, 0, &self.options.waivers).is_empty() {
                continue;
            }
            let resources = self.count(&live).await?;
            findings.extend(check_removed(&value, resources, &self.options.waivers));
        }
        refused(findings)
    }

    /// How many custom resources a definition has.
    async fn count(&self, definition: &Object) -> Result<u64, ApiError> {
        let versions = versions_of(definition);
        let count = |gvk, resource| self.cluster.count(gvk, resource).boxed();
        Ok(first_to_answer(each(&versions), count).await?.unwrap_or_default())
    }
}

fn refused(findings: Vec<UpgradeFinding>) -> Result<(), EngineError> {
    if findings.is_empty() { Ok(()) } else { Err(EngineError::CrdUpgrade(findings)) }
}
