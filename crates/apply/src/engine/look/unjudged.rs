//! What a server says of a set before anything of it is written, and would not say afterwards.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cluster::{Address, ApiError, Refusal};
use crate::definition;
use crate::engine::look::bound;
use crate::engine::{Action, Engine, EngineError, Step};
use crate::{Plan, Planned, Unverified};

impl Engine {
    /// What the server refuses of custom resources after all: those that are there and whose definition stays as the server has it,
    /// so that what it said of them holds.
    pub(super) async fn judged_after_all(
        &self,
        plan: &Plan,
        steps: &[Step],
    ) -> Result<Vec<EngineError>, EngineError> {
        let stay: BTreeSet<(String, String)> = steps
            .iter()
            .filter(|step| matches!(step.action, Action::Keep | Action::Use))
            .filter(|step| step.planned.id.is_definition())
            .map(|step| definition::kind(&step.planned.object))
            .collect();
        let mut refused = Vec::new();
        if stay.is_empty() || plan.is_made_right() {
            return Ok(refused);
        }
        for Step { planned, action } in steps {
            // A change without a difference is one that the server would not take.
            let (Action::Update { live, changes } | Action::Adopt { live, changes }) = action else {
                continue;
            };
            let kind = (planned.id.group.clone(), planned.id.kind.clone());
            if planned.unverified != Some(Unverified::Definition)
                || !changes.is_empty()
                || !stay.contains(&kind)
            {
                continue;
            }
            let next = bound(planned, live);
            match self.applied(&Address::of(planned), live, &next).await {
                Err(error) if is_unjudged(plan, planned, &error) && error.refusal() == Refusal::Invalid => {
                    refused.push(error.into());
                }
                Err(error) if error.refusal() == Refusal::Unavailable => return Err(error.into()),
                _ => {}
            }
        }
        Ok(refused)
    }

    /// Whether a refusal says nothing about what will be: [by itself](is_unjudged), or since it is of a webhook that goes first.
    pub(super) async fn may_pass(&self, plan: &Plan, planned: &Planned, error: &ApiError) -> bool {
        is_unjudged(plan, planned, error) || self.is_of_retired(plan, planned, error).await
    }
}

/// Whether a refusal says nothing about what will be, since the set itself may change that: its definitions what is valid, its roles
/// what may be bound, and its deployments whether its webhooks answer; or since the write itself does.
pub(super) fn is_unjudged(plan: &Plan, planned: &Planned, error: &ApiError) -> bool {
    match error.refusal() {
        Refusal::Invalid => planned.unverified == Some(Unverified::Definition),
        Refusal::Forbidden | Refusal::NotFound => planned.unverified == Some(Unverified::Role),
        Refusal::ConversionAway => is_unread(planned, error),
        // When it is written, that is made right first.
        Refusal::VersionGone => true,
        Refusal::WebhookAway => brings(plan, error.webhook()),
        _ => false,
    }
}

/// Whether an object cannot be read before the set is written: its definition, which the set brings, names a webhook that does not answer.
pub(super) fn is_unread(planned: &Planned, error: &ApiError) -> bool {
    error.refusal() == Refusal::ConversionAway && planned.unverified == Some(Unverified::Definition)
}

/// Whether a set has a webhook of this name.
pub(in crate::engine) fn brings(plan: &Plan, webhook: Option<&str>) -> bool {
    let Some(webhook) = webhook else { return false };
    let configurations = plan.objects().iter().map(|planned| &planned.object);
    configurations
        .filter(|object| object.group() == "admissionregistration.k8s.io")
        .filter_map(|object| object.get(&["webhooks"])?.as_array())
        .flatten()
        .any(|one| one.get("name").and_then(Value::as_str) == Some(webhook))
}
