//! Writing one object, until it is as it is planned.
//!
//! What was looked at may have changed since: then it is looked at again, and what follows from that is done. What may pass by
//! itself is waited for: a kind that is about to be served, a server that goes by the definition of a moment ago, and a webhook that is
//! about to answer.

use std::collections::BTreeSet;
use std::time::Duration;

use rukpak_manifest::Object;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::cluster::{Address, ApiError, Mode, Refusal};
use crate::definition::versions;
use crate::engine::look::{bound, brings};
use crate::engine::prune::is_going;
use crate::engine::{Action, Done, Engine, EngineError, Step};
use crate::managed::upgrade;
use crate::owner::PLANNED;
use crate::situation::uncontrol;
use crate::{Plan, Planned, Situation, Unverified, Verdict, marks};

/// How long the server may take to serve a kind after its definition is established.
const SERVING: Duration = Duration::from_secs(30);

/// How long a server may take to go by a definition that was changed: it hears of it by a watch, and there may be several servers.
const HEARD: Duration = Duration::from_secs(5);

/// How often a write that met another one is tried again.
const CONFLICTS: u32 = 5;

/// How long is waited between two tries, and for a webhook.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));

/// The writing of one object.
struct Writing<'a> {
    plan: &'a Plan,
    step: &'a Step,
    address: Address,
    start: Instant,
    conflicts: u32,
    /// Whether a server may still go by the definition that was there before. It would leave out the fields that it does not know.
    may_be_behind: bool,
    /// Versions of which the server said that they are not there any more, as `group/version`.
    gone: BTreeSet<String>,
    /// Webhooks that were deleted just now. A server hears of that by a watch.
    retired: &'a BTreeSet<String>,
}

impl Engine {
    /// A server `may_be_behind` where this write changes the definition of the object, and may still ask webhooks that were `retired`.
    pub(super) async fn write_one(
        &self,
        plan: &Plan,
        step: &Step,
        may_be_behind: bool,
        retired: &BTreeSet<String>,
    ) -> Result<Done, EngineError> {
        let mut writing = Writing {
            plan,
            step,
            address: Address::of(&step.planned),
            start: Instant::now(),
            conflicts: 0,
            may_be_behind,
            gone: BTreeSet::new(),
            retired,
        };
        let mut done = self.as_seen(&writing).await;
        loop {
            let error = match done {
                Err(EngineError::Api(error)) => error,
                done => return done,
            };
            let Some(pause) = self.pause(&mut writing, &error) else { return Err(error.into()) };
            sleep(pause).await;
            done = self.as_found(&writing).await;
        }
    }

    /// How long to wait before an object is looked at again after a refusal; `None` where that is the last word.
    fn pause(&self, writing: &mut Writing<'_>, error: &ApiError) -> Option<Duration> {
        let (plan, step, spent) = (writing.plan, writing.step, writing.start.elapsed());
        let is_made = matches!(step.action, Action::Create | Action::Replace { .. });
        match error.refusal() {
            Refusal::NotFound if step.planned.unverified == Some(Unverified::Definition) => {
                (spent < SERVING).then_some(PAUSES.0)
            }
            // Once more when all have heard: then it is the last word.
            Refusal::Invalid if writing.may_be_behind => {
                writing.may_be_behind = spent < HEARD;
                Some(PAUSES.0)
            }
            Refusal::WebhookAway | Refusal::ConversionAway => self.until_admitted(error, spent),
            // The server of the new version may think otherwise.
            Refusal::Webhook
                if brings(plan, error.webhook())
                    || error.webhook().is_some_and(|webhook| writing.retired.contains(webhook)) =>
            {
                (spent < self.options.patience).then_some(PAUSES.1)
            }
            Refusal::VersionGone => {
                // Of each version it says so once.
                let is_news = writing.gone.insert(error.version_gone()?.to_owned());
                is_news.then_some(PAUSES.0)
            }
            // The answer to our own request may have been lost, or others were faster.
            Refusal::Conflict | Refusal::AlreadyExists => writing.meet(),
            Refusal::NotFound if !is_made => writing.meet(),
            _ => None,
        }
    }

    /// Does what was decided when the object was looked at.
    async fn as_seen(&self, writing: &Writing<'_>) -> Result<Done, EngineError> {
        match &writing.step.action {
            Action::Keep => Ok(Done::Unchanged),
            Action::Use => Ok(Done::Used),
            Action::Decide { .. } => self.as_found(writing).await,
            Action::Create => self.create(writing).await.map(|()| Done::Created),
            Action::Update { live, .. } => self.update(writing, live).await.map(|()| Done::Configured),
            Action::Adopt { live, .. } => self.adopt(writing, live).await.map(|()| Done::Adopted),
            Action::Replace { live, .. } => {
                self.delete_and_wait(&writing.address, live).await?;
                self.create(writing).await.map(|()| Done::Replaced)
            }
        }
    }

    /// Decides anew, by the object as it is now, and does it.
    async fn as_found(&self, writing: &Writing<'_>) -> Result<Done, EngineError> {
        let Writing { plan, step: Step { planned, action }, address, .. } = writing;
        let Some(live) = self.cluster.get(address).await? else {
            return self.create(writing).await.map(|()| Done::Created);
        };
        if is_going(&live) {
            self.delete_and_wait(address, &live).await?;
            return self.create(writing).await.map(|()| Done::Replaced);
        }
        let is_ours = marks(&live).as_ref() == Some(plan.owner());
        let situation = self.situation(Some(&live), plan.owner()).await?;
        if planned.create_if_absent && situation != Situation::Ours {
            return Ok(Done::Used);
        }
        let protection = self.options.collision_protection;
        let verdict = situation.verdict(protection);
        if verdict == Verdict::Update && is_ours && is_made(planned, action, &live) {
            return Ok(Done::Created);
        }
        if matches!(verdict, Verdict::Update | Verdict::Adopt) {
            self.check_definition(&live, &planned.object).await?;
        }
        match verdict {
            Verdict::Update => self.update(writing, &live).await.map(|()| Done::Configured),
            Verdict::Adopt => self.adopt(writing, &live).await.map(|()| Done::Adopted),
            Verdict::Create | Verdict::Collision => {
                let (id, situation) = (planned.id.clone().into(), situation.into());
                Err(EngineError::Collision { id, situation, protection })
            }
        }
    }

    /// Makes an object, by `POST`, so that nothing is taken over unseen. What a dry run says of fields that its kind does not have,
    /// is said now where there was none, and where a server may know less of them than it will.
    async fn create(&self, writing: &Writing<'_>) -> Result<(), EngineError> {
        let Writing { step: Step { planned, .. }, address, may_be_behind, .. } = writing;
        let was_not_asked =
            matches!(planned.unverified, Some(Unverified::Namespace | Unverified::Definition));
        let is_strict = *may_be_behind || was_not_asked;
        let made = if is_strict {
            self.cluster.create_strictly(address, &planned.object).await
        } else {
            self.cluster.create(address, &planned.object, Mode::Write).await
        };
        let live = match made {
            // An apply takes some fields that a strict `POST` does not, and it is by an apply that the object is changed.
            Err(error) if was_not_asked && !may_be_behind && error.refusal() == Refusal::Invalid => {
                self.cluster.apply(address, &planned.object, Mode::DryRun).await.map_err(|_| error)?;
                self.cluster.create(address, &planned.object, Mode::Write).await?
            }
            made => made?,
        };
        self.known.record(planned, &live);
        Ok(())
    }

    /// Brings an object of ours to what is planned.
    async fn update(&self, writing: &Writing<'_>, live: &Object) -> Result<(), EngineError> {
        let planned = &writing.step.planned;
        let reclaimed = self.reclaimed(&writing.address, planned, live).await?;
        let with = reclaimed.as_ref().and_then(|live| live.get(&["metadata", "managedFields"]));
        let with =
            with.map(|entries| json!({"op": "add", "path": "/metadata/managedFields", "value": entries}));
        let seen = reclaimed.as_ref().unwrap_or(live);
        let prepared = self.prepare(writing, seen, with.into_iter().collect()).await?;
        let live = bound(planned, prepared.as_ref().unwrap_or(live));
        let live = self.cluster.apply(&writing.address, &live, Mode::Write).await?;
        self.known.record(planned, &live);
        Ok(())
    }

    /// Takes an object over, if it is still the one that was looked at. Whoever controls it does not any more.
    async fn adopt(&self, writing: &Writing<'_>, live: &Object) -> Result<(), EngineError> {
        let prepared = self.prepare(writing, live, uncontrol(live)).await?;
        let (planned, live) = (&writing.step.planned, prepared.as_ref().unwrap_or(live));
        let mut object = bound(planned, live);
        let version = live.get(&["metadata", "resourceVersion"]).cloned().unwrap_or(Value::Null);
        object.metadata_mut().insert("resourceVersion".into(), version);
        let live = self.cluster.apply(&writing.address, &object, Mode::Write).await?;
        self.known.record(planned, &live);
        Ok(())
    }

    /// Makes ready what is to be applied: what we made by `POST` becomes ours by apply, and what was written in versions that are gone
    /// becomes of the one that is planned. The object as it is then, where that, or what goes `with` it and before it, changes it.
    async fn prepare(
        &self,
        writing: &Writing<'_>,
        live: &Object,
        with: Vec<Value>,
    ) -> Result<Option<Object>, EngineError> {
        let Writing { plan, step: Step { planned, .. }, address, gone, .. } = writing;
        if planned.id.is_definition() {
            self.leave_versions(plan, &planned.object, live).await?;
        }
        let is_unverified = planned.unverified == Some(Unverified::Definition);
        let definition = is_unverified.then(|| plan.definition_of(planned)).flatten();
        let stay = definition.map(|definition| versions(&definition.object));
        let is_gone = |version: &str| {
            gone.contains(version) || stay.as_ref().is_some_and(|stay| !stay.contains(version))
        };
        Ok(match upgrade(live, is_gone, with) {
            Some(operations) => Some(self.cluster.patch(address, &operations).await?),
            None => None,
        })
    }
}

impl Writing<'_> {
    /// Longer each time, and not for ever.
    fn meet(&mut self) -> Option<Duration> {
        self.conflicts += 1;
        (self.conflicts <= CONFLICTS).then(|| PAUSES.0 * self.conflicts)
    }
}

/// Whether an object that was to be made is what we made, though nobody told us.
fn is_made(planned: &Planned, action: &Action, live: &Object) -> bool {
    matches!(action, Action::Create | Action::Replace { .. })
        && live.annotation(PLANNED) == planned.object.annotation(PLANNED)
}
