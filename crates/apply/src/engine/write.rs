//! Writing what was checked, phase by phase.

mod object;
mod versions;

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::admission::is_past_workloads;
use super::{AT_ONCE, Action, Checked, Done, Engine, EngineError, Event, Observer, Step, Store};
use crate::definition;
use crate::{Inventory, ObjectId, Plan};

/// A plan whose objects are all written. Made by [`Engine::write`] alone.
#[derive(Debug, Clone)]
pub struct Applied {
    pub(super) plan: Plan,
    /// What the owner has: all that is planned and ours, and what is still to be pruned.
    pub(super) inventory: Inventory,
    /// Whether the inventory was stored: something was written, or there was something new to say.
    pub(super) is_stored: bool,
    /// What was not there before.
    pub(super) made: BTreeSet<ObjectId>,
    /// How many objects were written.
    pub written: usize,
}

impl Applied {
    /// What was planned.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What the owner has.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }
}

impl Engine {
    /// Writes what was checked. The inventory is stored before the first write, and where it says something new. The webhooks that the
    /// set does not have any more go before what comes after its workloads is written; all else that goes is [pruned](Self::prune).
    pub async fn write(
        &self,
        checked: Checked,
        store: &dyn Store,
        observer: &dyn Observer,
    ) -> Result<Applied, EngineError> {
        let Checked { plan, steps } = checked;
        let mut inventory = plan.owned_before().union(plan.inventory());
        for step in steps.iter().filter(|step| matches!(step.action, Action::Use)) {
            inventory.remove(&step.planned.id);
        }
        let is_stored = inventory != *plan.owned_before() || steps.iter().any(writes_something);
        if is_stored {
            // What it is kept in is of the set, as it is planned and not as it would be made for the inventory.
            let is_home = |step: &&Step| is_kept_in(&step.planned.id, store);
            if let Some(home) =
                steps.iter().filter(|step| matches!(step.action, Action::Create)).find(is_home)
            {
                self.write_one(&plan, home, false, &BTreeSet::new()).await?;
            }
            self.save(store, &inventory).await?;
        }
        let changed = changed_definitions(&steps);
        let (mut written, mut made) = (0, BTreeSet::new());
        let mut retired: Option<BTreeSet<String>> = None;
        let phases: Vec<&[Step]> = steps.chunk_by(|a, b| a.planned.phase == b.planned.phase).collect();
        for (index, phase) in phases.iter().enumerate() {
            if phase.iter().any(writes_something) {
                store.confirm().await?;
            }
            if let Some(first) = phase.first() {
                observer.event(Event::Phase(first.planned.phase, phase.len()));
                // The workloads are as they are to be. What they serve no more may refuse what follows, so that nothing gets healthy.
                let may_be_refused =
                    is_past_workloads(first.planned.phase) && phase.iter().any(writes_something);
                if may_be_refused && retired.is_none() {
                    retired = Some(self.retire_webhooks(&plan, &mut inventory, store, observer).await?);
                }
            }
            let none = BTreeSet::new();
            let past = retired.as_ref().unwrap_or(&none);
            let mut writes = stream::iter(*phase)
                .map(|step| {
                    let (plan, may_be_behind) = (
                        &plan,
                        changed.contains(&(step.planned.id.group.clone(), step.planned.id.kind.clone())),
                    );
                    async move { (step, self.write_one(plan, step, may_be_behind, past).await) }
                })
                .buffer_unordered(AT_ONCE)
                .boxed();
            let mut failed = Vec::new();
            while let Some((step, done)) = writes.next().await {
                match done {
                    Ok(done) => {
                        written += usize::from(!matches!(done, Done::Unchanged | Done::Used));
                        if matches!(done, Done::Created | Done::Replaced) {
                            made.insert(step.planned.id.clone());
                        }
                        observer.event(Event::Object(&step.planned.id, done));
                    }
                    Err(error) => failed.push(error),
                }
            }
            EngineError::of_all(failed)?;
            let is_needed =
                phases.iter().skip(index + 1).flat_map(|phase| phase.iter()).any(writes_something);
            if is_needed {
                self.wait_for_gates(phase, written, &made, observer).await?;
            }
        }
        Ok(Applied { plan, inventory, is_stored, made, written })
    }
}

/// Whether an object is the namespace that an inventory is kept in.
pub(super) fn is_kept_in(id: &ObjectId, store: &dyn Store) -> bool {
    id.is_namespace() && store.home() == Some(&id.name)
}

/// The kinds whose definition is there, and becomes another.
fn changed_definitions(steps: &[Step]) -> BTreeSet<(String, String)> {
    let is_changed = |step: &&Step| {
        step.planned.id.is_definition() && writes_something(step) && !matches!(step.action, Action::Create)
    };
    steps.iter().filter(is_changed).map(|step| definition::kind(&step.planned.object)).collect()
}

fn writes_something(step: &Step) -> bool {
    !matches!(step.action, Action::Keep | Action::Use)
}
