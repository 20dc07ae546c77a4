//! Custom resources that the server cannot judge yet, since the set brings another definition than it has.
//!
//! What will be made is judged as such, what is there by the values that the set changes; neither may have a field that its definition
//! does not have. Where the definition stays as it is,
//! the server's dry run was the judge of what is there.

use std::collections::BTreeSet;

use super::thread::on_a_thread;
use super::{Action, EngineError, Step};
use crate::schema::Judge;
use crate::{ObjectId, Plan, Unverified};

/// The same, and what will not be valid.
pub(super) async fn judged(plan: Plan, steps: Vec<Step>) -> (Plan, Vec<Step>, Vec<EngineError>) {
    if !steps.iter().any(is_unjudged) {
        return (plan, steps, Vec::new());
    }
    on_a_thread(move || {
        let refused = refused(&plan, &steps);
        (plan, steps, refused)
    })
    .await
}

fn is_unjudged(step: &Step) -> bool {
    step.planned.unverified == Some(Unverified::Definition)
}

/// What will not be valid.
fn refused(plan: &Plan, steps: &[Step]) -> Vec<EngineError> {
    let judge = Judge::default();
    let kept: BTreeSet<&ObjectId> = steps
        .iter()
        .filter(|step| matches!(step.action, Action::Keep | Action::Use))
        .map(|step| &step.planned.id)
        .collect();
    let mut refused = Vec::new();
    for step in steps.iter().filter(|step| is_unjudged(step)) {
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
