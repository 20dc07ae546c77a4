//! Webhooks that do not answer, and may in a while: whoever serves them is about to be up, or they are about to be gone.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::prune::address;
use super::{Engine, EngineError, Store};
use crate::cluster::{ApiError, Refusal};
use crate::{Inventory, ObjectId, ServedKinds};

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
            let Some(address) = address(id, version, served) else { continue };
            let Ok(Some(live)) = self.cluster.get(&address).await else { continue };
            let webhooks = live.get(&["webhooks"]).and_then(Value::as_array).into_iter().flatten();
            if webhooks.filter_map(|webhook| webhook.get("name")?.as_str()).any(|webhook| webhook == name) {
                return Some(id);
            }
        }
        None
    }
}

/// The configurations of webhooks that an inventory names.
pub(super) fn webhook_configurations(inventory: &Inventory) -> Vec<(ObjectId, String)> {
    let are_webhooks = |id: &ObjectId| {
        id.group == "admissionregistration.k8s.io" && id.kind.ends_with("WebhookConfiguration")
    };
    let all = inventory.iter().filter(|(id, _)| are_webhooks(id));
    all.map(|(id, version)| (id.clone(), version.to_owned())).collect()
}
