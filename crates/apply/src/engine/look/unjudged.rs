//! What a server says of a set before anything of it is written, and would not say afterwards.

use serde_json::Value;

use crate::cluster::{ApiError, Refusal};
use crate::{Plan, Planned, Unverified};

/// Whether a refusal says nothing about what will be, since the set itself may change that: its definitions what is valid, its roles
/// what may be bound, and its deployments whether its webhooks answer.
pub(super) fn is_unjudged(plan: &Plan, planned: &Planned, error: &ApiError) -> bool {
    match error.refusal() {
        Refusal::Invalid => planned.unverified == Some(Unverified::Definition),
        Refusal::Forbidden | Refusal::NotFound => planned.unverified == Some(Unverified::Role),
        Refusal::WebhookAway => brings(plan, error.webhook()),
        _ => false,
    }
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
