//! What goes with a namespace or a definition that is being deleted.

use std::collections::BTreeSet;

use crate::definition;
use crate::engine::{Action, Step};

/// Has everything made anew that goes with something that is made anew.
pub(super) fn follow(mut steps: Vec<Step>) -> Vec<Step> {
    let replaced = |step: &&Step| matches!(step.action, Action::Replace { .. });
    let namespaces: BTreeSet<String> = steps
        .iter()
        .filter(replaced)
        .filter(|step| step.planned.id.is_namespace())
        .map(|step| step.planned.id.name.clone())
        .collect();
    let kinds: BTreeSet<(String, String)> = steps
        .iter()
        .filter(replaced)
        .filter(|step| step.planned.id.is_definition())
        .map(|step| definition::kind(&step.planned.object))
        .collect();
    for step in &mut steps {
        let id = &step.planned.id;
        if namespaces.contains(&id.namespace) || kinds.contains(&(id.group.clone(), id.kind.clone())) {
            step.action = Action::Create;
        }
    }
    steps
}
