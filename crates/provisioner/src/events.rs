//! Events on `BundleDeployments`, for who looks at one with `kubectl describe`.
//!
//! In: conditions before and after. Out: an event for each that is news to a person. They are sent by a task of their own, and rather
//! left out than waited for.

use std::collections::HashMap;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Client, Resource as _};
use rukpak_api::condition::{HAS_VALID_BUNDLE, HEALTHY, INSTALLED, RECONCILING, STALLED, UNPACKED};
use rukpak_api::{BundleDeployment, reason};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::conditions::{self, Truth, bounded};

/// Events that wait for being sent.
const WAITING: usize = 1024;

/// Texts that are known again.
const RECORDERS: usize = 256;

/// Bytes of the text of an event (`events.k8s.io/v1`, `note`).
const NOTE: usize = 1024;

/// Where events are told. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Events(mpsc::Sender<(ObjectReference, News)>);

/// Something that a person would want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
struct News {
    is_warning: bool,
    reason: String,
    note: String,
    action: &'static str,
}

impl Events {
    /// Events that are sent in the name of a provisioner, by a task that ends when the last of these is dropped.
    #[must_use]
    pub(crate) fn start(client: Client, controller: &str, instance: &str, tasks: &mut JoinSet<()>) -> Self {
        let reporter = Reporter { controller: controller.into(), instance: Some(instance.into()) };
        let mut recorders = Recorders { client, reporter, of_notes: HashMap::new() };
        let (sender, mut receiver) = mpsc::channel::<(ObjectReference, News)>(WAITING);
        tasks.spawn(async move {
            while let Some((reference, News { is_warning, reason, note, action })) = receiver.recv().await {
                let type_ = if is_warning { EventType::Warning } else { EventType::Normal };
                let recorder = recorders.of(&note);
                let event = Event { type_, reason, note: Some(note), action: action.into(), secondary: None };
                if let Err(error) = recorder.publish(&event, &reference).await {
                    tracing::warn!(%error, "an event could not be sent");
                }
            }
        });
        Self(sender)
    }

    /// Tells what is new in the conditions of a `BundleDeployment`.
    pub(crate) fn changed(&self, deployment: &BundleDeployment, before: &[Condition]) {
        let after = deployment.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
        for news in news(before, after) {
            self.send(deployment, news);
        }
    }

    /// Tells that something is not as somebody may expect.
    pub(crate) fn warn(&self, deployment: &BundleDeployment, reason: &str, note: &str) {
        let (reason, note) = (reason.into(), bounded(note, NOTE));
        self.send(deployment, News { is_warning: true, reason, note, action: "Reconcile" });
    }

    fn send(&self, deployment: &BundleDeployment, news: News) {
        if self.0.try_send((deployment.object_ref(&()), news)).is_err() {
            tracing::debug!("an event is left out");
        }
    }
}

/// A recorder for each text: one makes a single event of those that differ in nothing else, and shows the first one's.
struct Recorders {
    client: Client,
    reporter: Reporter,
    of_notes: HashMap<String, Recorder>,
}

impl Recorders {
    fn of(&mut self, note: &str) -> &Recorder {
        if self.of_notes.len() >= RECORDERS && !self.of_notes.contains_key(note) {
            self.of_notes.clear();
        }
        let Self { client, reporter, of_notes } = self;
        of_notes.entry(note.to_owned()).or_insert_with(|| Recorder::new(client.clone(), reporter.clone()))
    }
}

/// What is news, each once. What only says that something is going on is not; nor that all is well, where it is said of the whole.
fn news(before: &[Condition], after: &[Condition]) -> Vec<News> {
    let mut news = Vec::new();
    for (kind, action) in [
        (UNPACKED, "Unpack"),
        (HAS_VALID_BUNDLE, "Load"),
        (INSTALLED, "Install"),
        (HEALTHY, "Observe"),
        (STALLED, "Reconcile"),
        (RECONCILING, "Reconcile"),
    ] {
        let Some(now) = conditions::find(after, kind) else { continue };
        let then = conditions::find(before, kind);
        let is_new = then.is_none_or(|then| (&then.status, &then.reason) != (&now.status, &now.reason));
        let is_true = now.status == Truth::True.as_str();
        let is_told = match kind {
            STALLED => is_true,
            RECONCILING => is_true && is_told_nowhere_else(&now.reason),
            INSTALLED if is_true => true,
            HEALTHY if is_true => !news.iter().any(|one: &News| one.reason == reason::INSTALLATION_SUCCEEDED),
            _ => !is_true && now.status != Truth::Unknown.as_str() && !is_on_its_way(&now.reason),
        };
        let is_said = news.iter().any(|one: &News| one.note == bounded(&now.message, NOTE));
        if is_new && is_told && !is_said {
            let is_warning = !is_true || matches!(kind, STALLED | RECONCILING);
            news.push(News {
                is_warning,
                reason: now.reason.clone(),
                note: bounded(&now.message, NOTE),
                action,
            });
        }
    }
    news
}

/// Whether something went wrong of which no other condition says anything, since what runs goes on as it is.
fn is_told_nowhere_else(reason: &str) -> bool {
    [reason::UPGRADE_FAILED, reason::REPAIR_FAILED, reason::SERVICE_ACCOUNT_NOT_FOUND].contains(&reason)
}

/// Whether a reason only says that something is going on.
fn is_on_its_way(reason: &str) -> bool {
    [
        reason::UNPACKING,
        reason::INSTALLING,
        reason::UPGRADING,
        reason::DELETING,
        reason::PAUSED,
        reason::INSTALLATION_STATUS_FALSE,
        reason::PENDING,
        reason::UNHEALTHY,
    ]
    .contains(&reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    use jiff::Timestamp;

    fn conditions(all: &[(&str, Truth, &str, &str)]) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (kind, truth, reason, message) in all {
            let (what, why) = ((*kind, *truth), (*reason, *message));
            conditions::set(&mut conditions, &[], what, why, Some(1), Timestamp::UNIX_EPOCH);
        }
        conditions
    }

    fn told(before: &[Condition], after: &[Condition]) -> Vec<(bool, String)> {
        news(before, after).into_iter().map(|news| (news.is_warning, news.reason)).collect()
    }

    #[test]
    fn an_installation_is_one_event() {
        let before = conditions(&[(INSTALLED, Truth::False, reason::INSTALLING, "a")]);
        let after = conditions(&[
            (UNPACKED, Truth::True, reason::UNPACK_SUCCESSFUL, "u"),
            (INSTALLED, Truth::True, reason::INSTALLATION_SUCCEEDED, "i"),
            (HEALTHY, Truth::True, reason::HEALTHY, "h"),
        ]);
        assert_eq!(told(&[], &before), []);
        assert_eq!(told(&before, &after), [(false, reason::INSTALLATION_SUCCEEDED.to_owned())]);
        assert_eq!(told(&after, &after), []);
    }

    #[test]
    fn a_failure_is_told_once_however_many_conditions_say_it() {
        let after = conditions(&[
            (HAS_VALID_BUNDLE, Truth::False, reason::BUNDLE_LOAD_FAILED, "no"),
            (INSTALLED, Truth::False, reason::INSTALL_FAILED, "no"),
            (HEALTHY, Truth::False, reason::INSTALLATION_STATUS_FALSE, "x"),
            (STALLED, Truth::True, reason::BUNDLE_LOAD_FAILED, "no"),
        ]);
        assert_eq!(told(&[], &after), [(true, reason::BUNDLE_LOAD_FAILED.to_owned())]);
    }

    /// What runs is installed and healthy as before; only that something is tried again says that it is not what is wanted.
    #[test]
    fn what_is_tried_again_beside_what_runs_is_told_once() {
        let runs = (INSTALLED, Truth::True, reason::INSTALLATION_SUCCEEDED, "i");
        let before = conditions(&[runs, (RECONCILING, Truth::True, reason::PROGRESSING, "p")]);
        let after = conditions(&[runs, (RECONCILING, Truth::True, reason::UPGRADE_FAILED, "no")]);
        assert_eq!(told(&before, &after), [(true, reason::UPGRADE_FAILED.to_owned())]);
        assert_eq!((told(&after, &after), told(&after, &before)), (vec![], vec![]));
        let stalled = (STALLED, Truth::True, reason::SERVICE_ACCOUNT_NOT_FOUND, "no");
        let both = [stalled, (RECONCILING, Truth::True, reason::SERVICE_ACCOUNT_NOT_FOUND, "no")];
        assert_eq!(told(&[], &conditions(&both)), [(true, reason::SERVICE_ACCOUNT_NOT_FOUND.to_owned())]);
    }

    #[test]
    fn health_that_comes_later_is_told() {
        let before = conditions(&[(HEALTHY, Truth::False, reason::UNHEALTHY, "0 of 1")]);
        let after = conditions(&[(HEALTHY, Truth::True, reason::HEALTHY, "1 of 1")]);
        assert_eq!(told(&before, &after), [(false, reason::HEALTHY.to_owned())]);
        assert_eq!(told(&after, &before), []);
    }
}
