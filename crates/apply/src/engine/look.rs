//! What is to be done about each object, and whether the server would take it. Nothing is written.

mod going;
mod unjudged;

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream;
use rukpak_manifest::Object;
use serde_json::Value;

pub(super) use unjudged::brings;
use unjudged::{is_unjudged, is_unread};

use super::error::{Obstacle, is_taken};
use super::prune::is_going;
use super::{AT_ONCE, Engine, EngineError, resources};
use crate::cluster::{Address, ApiError, Mode, Refusal, Trial};
use crate::managed::{is_as_written, is_lost, operations, owns, reclaimed};
use crate::{
    Change, ObjectId, Owner, Plan, Planned, ServedKinds, Situation, Unverified, Verdict, all_known, diff,
    marks,
};

/// A plan that the server would take. Made by [`Engine::look`] alone.
#[derive(Debug, Clone)]
pub struct Checked {
    pub(super) plan: Plan,
    pub(super) steps: Vec<Step>,
}

/// One object of a plan, and what is to be done about it.
#[derive(Debug, Clone)]
pub struct Step {
    /// The object.
    pub planned: Planned,
    /// What is to be done.
    pub action: Action,
}

/// What is to be done about an object.
#[derive(Debug, Clone)]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Update {
        /// As it is.
        live: Box<Object>,
        /// What changes.
        changes: Vec<Change>,
    },
    /// It is another's, and becomes ours.
    Adopt {
        /// As it is.
        live: Box<Object>,
        /// What changes.
        changes: Vec<Change>,
    },
    /// It is deleted and made anew.
    Replace {
        /// As it is.
        live: Box<Object>,
        /// Why: what the server says.
        reason: String,
    },
    /// It is decided when it is written: before that it cannot be read, since what converts it is the set's to bring up.
    Decide {
        /// What the server says.
        reason: String,
    },
    /// Nothing, it is as it should be.
    Keep,
    /// Nothing, it is another's and good enough.
    Use,
}

/// How the name of an object begins that is made for no longer than a dry run lasts.
const TRIAL: &str = "rukpak-trial-";

/// Kinds of the core group that, as definitions, are never made anew: what is in them would go with them.
const KEPT: [&str; 3] = ["Namespace", "PersistentVolume", "PersistentVolumeClaim"];

impl Checked {
    /// What was planned.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What is to be done, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether there are objects of an owner of the same name that is gone. They are ours now; of what else it had the inventory
    /// does not know, which [`Engine::rebuild`] finds out.
    #[must_use]
    pub fn has_predecessor(&self) -> bool {
        let Owner { kind, name, uid } = self.plan.owner();
        self.steps.iter().any(|step| match &step.action {
            Action::Update { live, .. } | Action::Replace { live, .. } => marks(live)
                .is_some_and(|marked| (&marked.kind, &marked.name) == (kind, name) && marked.uid != *uid),
            Action::Create | Action::Adopt { .. } | Action::Decide { .. } | Action::Keep | Action::Use => {
                false
            }
        })
    }

    /// Whether nothing is to be written.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.action, Action::Keep | Action::Use))
    }
}

impl Engine {
    /// Finds out what is to be done about every object of a plan, and whether the server would take it.
    ///
    /// # Errors
    /// All rights that are missing; else everything that is refused, in the order of the plan.
    pub async fn look(&self, plan: Plan, served: &ServedKinds) -> Result<Checked, EngineError> {
        // Whoever had the rights to make it so, is told by the server where they are gone.
        let is_new = |planned: &Planned| !self.known.was_as_planned(planned);
        let needs_rights =
            self.options.verify_rights || plan.objects().iter().any(is_new) || !plan.prune().is_empty();
        let plan = if needs_rights { self.check_rights(plan, served).await? } else { plan };
        let plan = self.with_namespaces(plan).await?;
        let looks = stream::iter(plan.objects())
            .map(|planned| self.look_at(&plan, planned))
            .buffered(AT_ONCE)
            .boxed();
        let (mut steps, mut refused) = (Vec::new(), Vec::new());
        for (looked, planned) in looks.collect::<Vec<_>>().await.into_iter().zip(plan.objects()) {
            match looked {
                Ok(action) => steps.push(Step { planned: planned.clone(), action }),
                Err(error) => refused.push(error),
            }
        }
        let (plan, steps, invalid) = resources::judged(plan, steps).await;
        refused.extend(invalid);
        refused.extend(self.judged_after_all(&plan, &steps).await?);
        refused.extend(self.check_removed_definitions(&plan, served).await.err());
        if !refused.is_empty() {
            return Err(EngineError::Refused(refused));
        }
        Ok(Checked { plan, steps: going::follow(steps) })
    }

    /// Has the server judge what is in those namespaces of the set that are there already.
    async fn with_namespaces(&self, mut plan: Plan) -> Result<Plan, EngineError> {
        let is_open = |planned: &&Planned| {
            planned.unverified == Some(Unverified::Namespace) && !self.known.is_settled(planned)
        };
        let names: BTreeSet<String> =
            plan.objects().iter().filter(is_open).map(|planned| planned.id.namespace.clone()).collect();
        let mut there = BTreeSet::new();
        for name in names {
            match self.cluster.get(&Address::of_namespace(&name)).await {
                Ok(Some(live)) if !is_going(&live) => drop(there.insert(name)),
                Err(error) if error.refusal() != Refusal::Forbidden => return Err(error.into()),
                _ => {}
            }
        }
        plan.verify_in(&there);
        Ok(plan)
    }

    async fn look_at(&self, plan: &Plan, planned: &Planned) -> Result<Action, EngineError> {
        if self.known.is_settled(planned) {
            return Ok(Action::Keep);
        }
        let address = Address::of(planned);
        let live = match self.find(plan, planned, &address).await {
            Ok(Some(live)) => live,
            Ok(None) => return Ok(Action::Create),
            Err(error) if is_unread(planned, &error) => {
                return Ok(Action::Decide { reason: error.to_string() });
            }
            Err(error) => return Err(error.into()),
        };
        // Whosever it is, it is made anew when it is gone.
        if is_going(&live) {
            return Ok(Action::Replace { live: live.into(), reason: "it is being deleted".into() });
        }
        let situation = self.situation(Some(&live), plan.owner()).await?;
        if planned.create_if_absent && situation != Situation::Ours {
            self.known.uses(planned);
            return Ok(Action::Use);
        }
        let protection = self.options.collision_protection;
        match situation.verdict(protection) {
            Verdict::Create => Ok(Action::Create),
            Verdict::Collision => {
                let (id, situation) = (planned.id.clone().into(), situation.into());
                Err(EngineError::Collision { id, situation, protection })
            }
            verdict => self.compare(plan, &address, planned, live, verdict).await,
        }
    }

    /// An object as it is; `None` where there is none, and the server would take it.
    async fn find(
        &self,
        plan: &Plan,
        planned: &Planned,
        address: &Address,
    ) -> Result<Option<Object>, ApiError> {
        let is_verified = planned.unverified.is_none();
        let is_known = plan.owned_before().contains(&planned.id) || self.known.was_as_planned(planned);
        let how = if all_known(&planned.id) { Trial::Post } else { Trial::Apply };
        let mut trial = Ok(false);
        // What nobody of ours has, or uses, is most likely absent: then the dry run says it with the same request.
        if is_verified && !is_known {
            trial = self.cluster.would_create(address, &planned.object, how).await;
            if matches!(trial, Ok(true)) {
                return Ok(None);
            }
        }
        if let Some(live) = self.cluster.get(address).await? {
            return Ok(Some(live));
        }
        if is_verified && is_known {
            trial = self.cluster.would_create(address, &planned.object, how).await;
        }
        if let Err(error) = trial
            && !self.may_pass(plan, planned, &error).await
        {
            return Err(error);
        }
        Ok(None)
    }

    /// Whose a live object is, seen from an owner.
    pub(super) async fn situation(
        &self,
        live: Option<&Object>,
        owner: &Owner,
    ) -> Result<Situation, ApiError> {
        let is_alive = match live.and_then(marks) {
            Some(marked) if marked != *owner => self.owners.is_alive(&marked).await?,
            _ => true,
        };
        Ok(Situation::of(live, owner, |_| is_alive))
    }

    /// What a write would change, as the server says.
    async fn compare(
        &self,
        plan: &Plan,
        address: &Address,
        planned: &Planned,
        live: Object,
        verdict: Verdict,
    ) -> Result<Action, EngineError> {
        if verdict == Verdict::Update {
            if self.known.recognise(planned, &live) {
                return Ok(Action::Keep);
            }
            if is_as_written(&planned.object, &live) {
                self.known.record(planned, &live);
                return Ok(Action::Keep);
            }
        }
        self.check_definition(&live, &planned.object).await?;
        let reclaimed = match verdict {
            // What stands against it stands against the next request, too.
            Verdict::Update => self.reclaimed(address, planned, &live).await.unwrap_or_default(),
            _ => None,
        };
        let seen = reclaimed.as_ref().unwrap_or(&live);
        let next = match self.applied(address, seen, &bound(planned, seen)).await {
            Ok(next) => next,
            Err(error) if error.refusal() == Refusal::Immutable => {
                return self.replacement(plan, address, planned, live, error).await;
            }
            Err(error) => {
                if !self.may_pass(plan, planned, &error).await {
                    return Err(error.into());
                }
                let (live, changes) = (live.into(), vec![]);
                return Ok(match verdict {
                    Verdict::Adopt => Action::Adopt { live, changes },
                    _ => Action::Update { live, changes },
                });
            }
        };
        let changes = diff(&live, &next);
        let is_kept = verdict == Verdict::Update && changes.is_empty() && reclaimed.is_none();
        if is_kept {
            self.known.record(planned, &live);
        }
        let live = Box::new(live);
        Ok(match verdict {
            Verdict::Adopt => Action::Adopt { live, changes },
            _ if is_kept => Action::Keep,
            _ => Action::Update { live, changes },
        })
    }

    /// An object of ours as it would be with an entry of ours in its `managedFields`; `None` where it has one.
    pub(super) async fn reclaimed(
        &self,
        address: &Address,
        planned: &Planned,
        live: &Object,
    ) -> Result<Option<Object>, ApiError> {
        if !is_lost(live) {
            return Ok(None);
        }
        let answer = self.cluster.apply(address, &bound(planned, live), Mode::DryRun).await?;
        Ok(reclaimed(live, &answer))
    }

    /// What the apply of an object would make of the live one. Where nobody can read that, an apply says why.
    pub(super) async fn applied(
        &self,
        address: &Address,
        live: &Object,
        bound: &Object,
    ) -> Result<Object, ApiError> {
        match operations(live, bound) {
            Some(operations) => match self.cluster.would_become(address, &operations).await {
                Err(error) if error.is_of_patched() => self.cluster.apply(address, bound, Mode::DryRun).await,
                answer => answer,
            },
            None => self.cluster.apply(address, bound, Mode::DryRun).await,
        }
    }

    /// What an object would be that is made anew, told by one of another name.
    async fn anew(&self, address: &Address, object: &Object) -> Result<Object, ApiError> {
        let mut trial = object.clone();
        trial.metadata_mut().remove("name");
        trial.metadata_mut().insert("generateName".into(), TRIAL.into());
        self.cluster.create(address, &trial, Mode::DryRun).await
    }

    /// To delete an object and make it anew, where that is asked for and nothing says that the second would fail.
    async fn replacement(
        &self,
        plan: &Plan,
        address: &Address,
        planned: &Planned,
        live: Object,
        error: ApiError,
    ) -> Result<Action, EngineError> {
        let obstacle = obstacle(&planned.id, &live).or((!self.options.force).then_some(Obstacle::NotAsked));
        if let Some(obstacle) = obstacle {
            return Err(EngineError::Immutable { id: planned.id.clone().into(), obstacle, source: error });
        }
        match self.never_made(plan, address, planned, &live).await? {
            Some(source) => {
                let (id, immutable) = (planned.id.clone().into(), error.to_string());
                Err(EngineError::Irreplaceable { id, immutable, source })
            }
            None => Ok(Action::Replace { live: live.into(), reason: error.to_string() }),
        }
    }

    /// Why an object that is made anew would not be valid. What is said of the live one under another name too is about the name.
    async fn never_made(
        &self,
        plan: &Plan,
        address: &Address,
        planned: &Planned,
        live: &Object,
    ) -> Result<Option<ApiError>, ApiError> {
        let refused = match self.anew(address, &planned.object).await {
            Err(error) if error.refusal() == Refusal::Unavailable => return Err(error),
            Err(error) if !is_unjudged(plan, planned, &error) => error,
            _ => return Ok(None),
        };
        let Some(why) = invalid(&refused) else { return Ok(None) };
        let is_said_of_both = match self.anew(address, &as_planned(live)).await {
            Err(error) => invalid(&error) == Some(why),
            Ok(_) => false,
        };
        Ok((!is_said_of_both).then_some(refused))
    }
}

/// What is not valid about an object, whatever its name is and whatever else there is.
fn invalid(error: &ApiError) -> Option<&str> {
    let message = error.message();
    let is_of_this_one = message.contains("metadata.name") || is_taken(error);
    let why = message.split_once(" is invalid: ").map_or(message, |(_, why)| why);
    (error.refusal() == Refusal::Invalid && !is_of_this_one).then_some(why)
}

/// A live object without what only servers write.
fn as_planned(live: &Object) -> Object {
    let mut object = live.clone();
    object.fields_mut().remove("status");
    let metadata = object.metadata_mut();
    metadata.retain(|field, _| ["namespace", "labels", "annotations"].contains(&field.as_str()));
    object
}

/// Whether an object is never made anew.
pub(crate) fn is_kept(id: &ObjectId) -> bool {
    id.is_definition() || id.group.is_empty() && KEPT.contains(&id.kind.as_str())
}

/// Why an object is not made anew even where that is asked for.
fn obstacle(id: &ObjectId, live: &Object) -> Option<Obstacle> {
    let when_deleted = live.get(&["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"]);
    let is_set = (id.group.as_str(), id.kind.as_str()) == ("apps", "StatefulSet");
    if is_kept(id) {
        Some(Obstacle::Kept)
    } else if is_set && when_deleted.is_some_and(|when| when == "Delete") {
        Some(Obstacle::Volumes)
    } else {
        None
    }
}

/// A planned object that can only change the one that was looked at, and never make one. How many replicas it has stays as it is until
/// its autoscaler says so: a number that was ours and is not said any more would be one.
pub(super) fn bound(planned: &Planned, live: &Object) -> Object {
    let mut bound = Object::clone(&planned.object);
    if planned.is_scaled
        && owns(live, &["spec", "replicas"])
        && let Some(replicas) = live.get(&["spec", "replicas"])
        && let Some(Value::Object(spec)) = bound.fields_mut().get_mut("spec")
    {
        spec.insert("replicas".into(), replicas.clone());
    }
    let uid = live.get(&["metadata", "uid"]).cloned().unwrap_or(Value::Null);
    bound.metadata_mut().insert("uid".into(), uid);
    bound
}
