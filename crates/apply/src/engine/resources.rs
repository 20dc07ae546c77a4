//! Custom resources that the server cannot judge yet, since the set brings another definition than it has.
//!
//! What will be made is judged as such, what is there by the values that the set changes; neither may have a field that its definition
//! does not have. Where the definition stays as it is,
//! the server's dry run was the judge of what is there.

use std::collections::BTreeSet;

use super::{Action, EngineError, Step};
use crate::schema::Judge;
use crate::{ObjectId, Plan, Unverified};

/// What will not be valid.
pub(super) fn refused(plan: &Plan, steps: &[Step]) -> Vec<EngineError> {
    let judge = Judge::default();
    let kept: BTreeSet<&ObjectId> = steps
        .iter()
        .filter(|step| matches!(step.action, Action::Keep | Action::Use))
        .map(|step| &step.planned.id)
        .collect();
    let mut refused = Vec::new();
    for step in steps.iter().filter(|step| step.planned.unverified == Some(Unverified::Definition)) {
        let Some(definition) = plan.judge_of(&step.planned) else { continue };
        let (schema, resource) = (&definition.object, &step.planned.object);
        let mut violations = match &step.action {
            Action::Create | Action::Replace { .. } => judge.created(schema, resource),
            Action::Update { live, .. } | Action::Adopt { live, .. } if !kept.contains(&definition.id) => {
                judge.changed(schema, live, resource)
            }
            Action::Update { .. }
            | Action::Adopt { .. }
            | Action::Decide { .. }
            | Action::Keep
            | Action::Use => continue,
        };
        violations.extend(judge.undeclared(schema, resource));
        if !violations.is_empty() {
            refused.push(EngineError::InvalidResource { id: step.planned.id.clone().into(), violations });
        }
    }
    refused
}
