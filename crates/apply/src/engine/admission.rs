//! Webhooks that do not answer, and may in a while: whoever serves them is about to be up, or they are about to be gone.

use std::collections::BTreeSet;
use std::time::Duration;

use rukpak_manifest::Phase;
use tokio::time::{Instant, sleep};

use super::{Engine, EngineError, Observer, Store};
use crate::cluster::{ApiError, Refusal};
use crate::{Inventory, ObjectId, Plan, Planned, ServedKinds};

/// How long is waited for a webhook between two tries.
const PAUSE: Duration = Duration::from_millis(500);

impl Engine {
    /// Makes a request until no webhook that does not answer is in its way, or our patience is at an end. Twice has to be as good as once.
    ///
    /// # Errors
    /// What is said the last time.
    pub async fn admitted<T, F>(&self, once: impl Fn() -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, ApiError>>,
    {
        let (start, mut made) = (Instant::now(), 1);
        loop {
            let error = match once().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let spent = start.elapsed();
            let Some(pause) = self.until_admitted(&error, spent) else {
                return Err(if made > 1 { error.after(made, spent) } else { error });
            };
            sleep(pause).await;
            made += 1;
        }
    }

    /// How long to wait for a webhook that does not answer; `None` where something else is in the way, or it has had its time.
    pub(super) fn until_admitted(&self, error: &ApiError, spent: Duration) -> Option<Duration> {
        let is_away = matches!(error.refusal(), Refusal::WebhookAway | Refusal::ConversionAway);
        (is_away && spent < self.options.patience).then_some(PAUSE)
    }

    /// Stores an inventory, past webhooks as above: they may be about what it is kept in.
    pub(super) async fn save(&self, store: &dyn Store, inventory: &Inventory) -> Result<(), ApiError> {
        self.admitted(|| store.save(inventory)).await
    }

    /// An error of giving back, and whose webhook it is that is in the way, where that one is given back as well.
    pub(super) async fn with_own_webhooks(
        &self,
        error: EngineError,
        configurations: &[(ObjectId, String)],
        served: &ServedKinds,
    ) -> EngineError {
        let errors = match error {
            EngineError::Refused(errors) => errors,
            error => vec![error],
        };
        let mut told = Vec::new();
        for error in errors {
            told.push(match error {
                EngineError::Api(refused) => match self.own_webhook(&refused, configurations, served).await {
                    Some(id) => EngineError::OwnWebhook { configuration: id.clone().into(), refused },
                    None => EngineError::Api(refused),
                },
                error => error,
            });
        }
        match told.pop() {
            Some(only) if told.is_empty() => only,
            last => EngineError::Refused(told.into_iter().chain(last).collect()),
        }
    }

    /// Whether what a webhook refuses to be deleted may be deleted in a while.
    pub(super) async fn may_admit(
        &self,
        error: &ApiError,
        configurations: &[(ObjectId, String)],
        served: &ServedKinds,
    ) -> bool {
        match error.refusal() {
            Refusal::WebhookAway => true,
            Refusal::Webhook => self.own_webhook(error, configurations, served).await.is_some(),
            _ => false,
        }
    }

    /// Which of these configurations has the webhook that a request failed by. One that cannot be read has none.
    pub(super) async fn own_webhook<'a>(
        &self,
        error: &ApiError,
        configurations: &'a [(ObjectId, String)],
        served: &ServedKinds,
    ) -> Option<&'a ObjectId> {
        let name = error.webhook()?;
        for (id, version) in configurations {
            if self.webhooks_of(id, version, served).await.is_ok_and(|names| names.contains(name)) {
                return Some(id);
            }
        }
        None
    }

    /// The names of the webhooks of a configuration; none where it is not there.
    async fn webhooks_of(
        &self,
        id: &ObjectId,
        version: &str,
        served: &ServedKinds,
    ) -> Result<BTreeSet<String>, ApiError> {
        let Some(address) = self.address_of(id, version, served).await? else { return Ok(BTreeSet::new()) };
        let live = self.cluster.get(&address).await?;
        let webhooks =
            live.as_ref().and_then(|live| live.get(&["webhooks"])?.as_array()).into_iter().flatten();
        Ok(webhooks.filter_map(|webhook| webhook.get("name")?.as_str()).map(str::to_owned).collect())
    }

    /// Whether what an object is refused by is a webhook that goes before it is written.
    pub(super) async fn is_of_retired(&self, plan: &Plan, planned: &Planned, error: &ApiError) -> bool {
        let is_said = matches!(error.refusal(), Refusal::Webhook | Refusal::WebhookAway);
        if !is_said || !is_past_workloads(planned.phase) {
            return false;
        }
        let configurations = webhook_configurations(plan.prune());
        self.own_webhook(error, &configurations, &ServedKinds::default()).await.is_some()
    }

    /// Deletes the configurations of webhooks that the set does not have any more, before the rest of what goes: nobody serves them any
    /// more, and what is still to be written may be what they are about. What their webhooks are called.
    pub(super) async fn retire_webhooks(
        &self,
        plan: &Plan,
        inventory: &mut Inventory,
        store: &dyn Store,
        observer: &dyn Observer,
    ) -> Result<BTreeSet<String>, EngineError> {
        let (configurations, served) = (webhook_configurations(plan.prune()), ServedKinds::default());
        let mut retired = BTreeSet::new();
        for (id, version) in &configurations {
            retired.extend(self.webhooks_of(id, version, &served).await?);
        }
        if configurations.is_empty() {
            return Ok(retired);
        }
        let deleted =
            self.delete_all(plan.owner(), &configurations, &served, inventory, store, observer).await;
        self.save(store, inventory).await?;
        deleted.map(|()| retired)
    }
}

/// Whether a phase comes after the workloads that would serve webhooks, and can be refused by one: no webhook is about configurations of
/// webhooks.
pub(super) fn is_past_workloads(phase: Phase) -> bool {
    Phase::Deploy < phase && phase < Phase::Admission
}

/// The configurations of webhooks that an inventory names.
pub(super) fn webhook_configurations(inventory: &Inventory) -> Vec<(ObjectId, String)> {
    let are_webhooks = |id: &ObjectId| {
        id.group == "admissionregistration.k8s.io" && id.kind.ends_with("WebhookConfiguration")
    };
    let all = inventory.iter().filter(|(id, _)| are_webhooks(id));
    all.map(|(id, version)| (id.clone(), version.to_owned())).collect()
}
