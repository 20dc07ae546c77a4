//! Writing what was checked, phase by phase.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use rukpak_manifest::Object;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::look::bound;
use super::{AT_ONCE, Action, Checked, Done, Engine, EngineError, Event, Observer, Step, Store};
use crate::cluster::{Address, ApiError, Mode, Refusal};
use crate::managed::upgrade;
use crate::{Inventory, Plan, Situation, Unverified, Verdict};

/// How long the server may take to serve a kind after its definition is established.
const SERVING: Duration = Duration::from_secs(30);

/// How often a write that met another one is tried again.
const CONFLICTS: u32 = 5;

/// How long is waited between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// A plan whose objects are all written. Made by [`Engine::write`] alone.
#[derive(Debug, Clone)]
pub struct Applied {
    pub(super) plan: Plan,
    /// What the owner has: all that is planned and ours, and what is still to be pruned.
    pub(super) inventory: Inventory,
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
    /// Writes what was checked. The inventory is stored before the first write, where it says something new.
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
        if inventory != *plan.owned_before() {
            store.save(&inventory).await?;
        }
        let mut written = 0;
        let phases: Vec<&[Step]> = steps.chunk_by(|a, b| a.planned.phase == b.planned.phase).collect();
        for (index, phase) in phases.iter().enumerate() {
            if let Some(first) = phase.first() {
                observer.event(Event::Phase(first.planned.phase, phase.len()));
            }
            let mut writes = stream::iter(*phase)
                .map(|step| {
                    let plan = &plan;
                    async move { (step, self.write_one(plan, step).await) }
                })
                .buffer_unordered(AT_ONCE)
                .boxed();
            let mut failed = Vec::new();
            while let Some((step, done)) = writes.next().await {
                match done {
                    Ok(done) => {
                        written += usize::from(!matches!(done, Done::Unchanged | Done::Used));
                        observer.event(Event::Object(&step.planned.id, done));
                    }
                    Err(error) => failed.push(error),
                }
            }
            match failed.len() {
                0 => {}
                1 => return Err(failed.remove(0)),
                _ => return Err(EngineError::Refused(failed)),
            }
            let is_needed =
                phases.iter().skip(index + 1).flat_map(|phase| phase.iter()).any(writes_something);
            if is_needed {
                self.wait_for_gates(phase, observer).await?;
            }
        }
        Ok(Applied { plan, inventory, written })
    }

    async fn write_one(&self, plan: &Plan, step: &Step) -> Result<Done, EngineError> {
        let address = Address::of(&step.planned);
        match &step.action {
            Action::Keep => Ok(Done::Unchanged),
            Action::Use => Ok(Done::Used),
            Action::Create => self.create(plan, step, &address).await,
            Action::Update { live, .. } => {
                self.update(step, &address, live).await?;
                Ok(Done::Configured)
            }
            Action::Adopt { live, .. } => {
                self.adopt(step, &address, live).await?;
                Ok(Done::Adopted)
            }
            Action::Replace { live, .. } => {
                self.delete_and_wait(&address, live).await?;
                self.create(plan, step, &address).await?;
                Ok(Done::Replaced)
            }
        }
    }

    /// Makes an object, by `POST`, so that nothing is taken over unseen.
    async fn create(&self, plan: &Plan, step: &Step, address: &Address) -> Result<Done, EngineError> {
        let start = Instant::now();
        loop {
            let error = match self.cluster.create(address, &step.planned.object, Mode::Write).await {
                Ok(live) => {
                    self.known.record(&step.planned, &live);
                    return Ok(Done::Created);
                }
                Err(error) => error,
            };
            let defined = step.planned.unverified == Some(Unverified::Definition);
            match error.refusal() {
                // The answer to our own request may have been lost.
                Refusal::AlreadyExists => return self.created_meanwhile(plan, step, address, error).await,
                Refusal::NotFound if defined && start.elapsed() < SERVING => sleep(PAUSE).await,
                Refusal::Webhook if start.elapsed() < self.options.patience && has_webhooks(plan) => {
                    sleep(PAUSE * 5).await;
                }
                _ => return Err(error.into()),
            }
        }
    }

    async fn created_meanwhile(
        &self,
        plan: &Plan,
        step: &Step,
        address: &Address,
        error: ApiError,
    ) -> Result<Done, EngineError> {
        let Some(live) = self.cluster.get(address).await? else { return Err(error.into()) };
        if step.planned.create_if_absent {
            return Ok(Done::Used);
        }
        let situation = self.situation(Some(&live), plan).await?;
        let protection = self.options.collision_protection;
        match (situation.verdict(protection), &situation) {
            (Verdict::Update, Situation::Ours) => {
                self.update(step, address, &live).await?;
                Ok(Done::Created)
            }
            (Verdict::Adopt, _) => {
                self.adopt(step, address, &live).await?;
                Ok(Done::Adopted)
            }
            _ => {
                let (id, situation) = (step.planned.id.clone().into(), situation.into());
                Err(EngineError::Collision { id, situation, protection })
            }
        }
    }

    /// Brings an object of ours to what is planned. What we made by `POST` becomes ours by apply first.
    async fn update(&self, step: &Step, address: &Address, live: &Object) -> Result<(), EngineError> {
        let mut live = live.clone();
        for _ in 0..CONFLICTS {
            let Some(operations) = upgrade(&live) else { break };
            match self.cluster.patch(address, &operations).await {
                Ok(upgraded) => live = upgraded,
                // It was changed by others; with a failed test the server answers that it is not valid.
                Err(error) if matches!(error.refusal(), Refusal::Conflict | Refusal::Invalid) => {
                    live = self.cluster.get(address).await?.ok_or(error)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let live = self.cluster.apply(address, &bound(&step.planned.object, &live), Mode::Write).await?;
        self.known.record(&step.planned, &live);
        Ok(())
    }

    /// Takes an object over, if it is still the one that was looked at.
    async fn adopt(&self, step: &Step, address: &Address, live: &Object) -> Result<(), EngineError> {
        let mut object = bound(&step.planned.object, live);
        let version = live.get(&["metadata", "resourceVersion"]).cloned().unwrap_or(Value::Null);
        object.metadata_mut().insert("resourceVersion".into(), version);
        let live = self.cluster.apply(address, &object, Mode::Write).await?;
        self.known.record(&step.planned, &live);
        Ok(())
    }
}

fn writes_something(step: &Step) -> bool {
    !matches!(step.action, Action::Keep | Action::Use)
}

/// Whether the set brings webhooks, which may refuse its other objects until they are up.
fn has_webhooks(plan: &Plan) -> bool {
    plan.objects().iter().any(|planned| planned.id.group == "admissionregistration.k8s.io")
}
