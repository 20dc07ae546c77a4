//! Whether what users have survives an upgrade of its definition.

use rukpak_manifest::Object;

use super::prune::{address, is_ours};
use super::{Engine, EngineError};
use crate::cluster::ApiError;
use crate::crd_upgrade::{Enforcement, UpgradeFinding, check, check_removed};
use crate::definition::{self, Defined, is_definition};
use crate::{Plan, ServedKinds};

impl Engine {
    /// Refuses a definition that takes something away.
    pub(super) fn check_definition(&self, live: &Object, next: &Object) -> Result<(), EngineError> {
        if self.options.enforcement == Enforcement::None || !is_definition(live) {
            return Ok(());
        }
        let (live, next) = (live.clone().into_value(), next.clone().into_value());
        refused(check(&live, &next, &self.options.waivers))
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
            let live = self.cluster.outline(&address).await?;
            // What is not ours any more stays.
            let Some(live) = live.filter(|live| is_ours(live, plan.owner())) else { continue };
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
        match definition::served(definition).next() {
            Some(Defined { gvk, resource, .. }) => self.cluster.count(&gvk, &resource).await,
            None => Ok(0),
        }
    }
}

fn refused(findings: Vec<UpgradeFinding>) -> Result<(), EngineError> {
    if findings.is_empty() { Ok(()) } else { Err(EngineError::CrdUpgrade(findings)) }
}
