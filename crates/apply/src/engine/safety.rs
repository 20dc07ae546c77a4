//! Whether what users have survives an upgrade of its definition.

use rukpak_manifest::Object;

use super::prune::address;
use super::teardown::versions_of;
use super::{Engine, EngineError};
use crate::cluster::ApiError;
use crate::crd_upgrade::{Enforcement, UpgradeFinding, check, check_removed};
use crate::definition::is_definition;
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

    /// How many custom resources a definition has, in the first of its versions that answers.
    async fn count(&self, definition: &Object) -> Result<u64, ApiError> {
        let mut failed = None;
        for (gvk, resource) in versions_of(definition) {
            match self.cluster.count(&gvk, &resource).await {
                Ok(count) => return Ok(count),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(0), Err)
    }
}

fn refused(findings: Vec<UpgradeFinding>) -> Result<(), EngineError> {
    if findings.is_empty() { Ok(()) } else { Err(EngineError::CrdUpgrade(findings)) }
}
