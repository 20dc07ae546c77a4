//! What is reported on a `BundleDeployment`, step by step.
//!
//! In: the status as it was, and what each step of a reconcile came to. Out: the status as it is to be. Pure, but for the clock that is
//! handed in; what is written when is the driver's.
//!
//! Every condition is there from the first report on, and says for which generation it does. Where an earlier generation is installed
//! and this one fails before its first write, `Installed` and `Healthy` stay what they are, of that generation.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use rukpak_api::condition::{ALL, HAS_VALID_BUNDLE, HEALTHY, INSTALLED, RECONCILING, STALLED, UNPACKED};
use rukpak_api::{Bundle, BundleDeployment, BundleDeploymentStatus, BundleSource, reason};
use rukpak_apply::probe::Summary;
use serde_json::{Map, Value};

use crate::conditions::{self, Truth};

/// What `Healthy` says while not everything is applied; rukpak's words.
const NOT_INSTALLED: &str = "Installed condition is false";

/// How far a reconcile came that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The content could not be had.
    Unpack,
    /// The content is no bundle, or not one that can be installed so.
    Bundle,
    /// The cluster would not take it. Nothing was written.
    Look,
    /// Something was or may have been written.
    Write,
}

/// What a reconcile is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// Nothing is installed yet.
    Install,
    /// Another version is, or the same one with another configuration.
    Upgrade,
    /// What is asked for was, and may not be any more as it was.
    Repair,
}

/// A step that failed, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Which.
    pub(crate) step: Step,
    /// Why, in a word; one of [`reason`].
    pub(crate) reason: &'static str,
    /// Why, in a sentence.
    pub(crate) message: String,
    /// Whether it will be the same until somebody changes something in the `BundleDeployment`.
    pub(crate) is_permanent: bool,
}

/// A status in the making.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    name: String,
    status: BundleDeploymentStatus,
    /// The conditions that others see.
    written: Vec<Condition>,
    generation: Option<i64>,
    /// Whose it is.
    class: String,
    /// What is asked for; an empty object where that is nothing.
    config: Value,
    /// How the objects were found to be doing, once they were looked at.
    found: Option<Summary>,
    clock: fn() -> Timestamp,
}

impl Report {
    /// What is reported on a `BundleDeployment` before anything was done.
    #[must_use]
    pub(crate) fn of(deployment: &BundleDeployment, clock: fn() -> Timestamp) -> Self {
        let name = deployment.metadata.name.clone().unwrap_or_default();
        let status = deployment.status.clone().unwrap_or_default();
        let (generation, config) = (deployment.metadata.generation, config_of(deployment));
        let class = deployment.spec.provisioner_class_name.clone();
        let written = status.conditions.clone();
        let mut report = Self { name, status, written, generation, class, config, found: None, clock };
        report.status.observed_generation = report.generation;
        for kind in ALL {
            if conditions::find(&report.status.conditions, kind).is_none() {
                report.set(kind, Truth::Unknown, reason::PENDING, "not known yet");
            }
        }
        report
            .status
            .conditions
            .sort_by_key(|condition| ALL.iter().position(|kind| *kind == condition.type_));
        report
    }

    /// The status.
    #[must_use]
    pub(crate) fn status(&self) -> &BundleDeploymentStatus {
        &self.status
    }

    /// The same, for what is not a condition.
    pub(crate) fn status_mut(&mut self) -> &mut BundleDeploymentStatus {
        &mut self.status
    }

    /// All of it is written now.
    pub(crate) fn is_written(&mut self) {
        self.written.clone_from(&self.status.conditions);
    }

    /// The content is being fetched. What there is of this generation stays there meanwhile.
    pub(crate) fn unpacking(&mut self, message: &str) {
        let is_there = conditions::is_true_of(&self.status.conditions, UNPACKED, self.generation)
            && self.status.resolved_source.is_some();
        if !is_there {
            self.set(UNPACKED, Truth::False, reason::UNPACKING, message);
        }
        self.going_on(reason::UNPACKING, message);
    }

    /// The content is there, and is this.
    pub(crate) fn unpacked(&mut self, source: BundleSource, content_url: String) {
        let message = format!("Successfully unpacked the bundle of {}", self.name);
        self.set(UNPACKED, Truth::True, reason::UNPACK_SUCCESSFUL, &message);
        self.status.resolved_source = Some(source);
        self.status.content_url = Some(content_url);
    }

    /// The content is a bundle, and can be installed as it is wished. Whether that says something new.
    pub(crate) fn loaded(&mut self, message: &str) -> bool {
        let said = |report: &Self| {
            let condition = conditions::find(&report.status.conditions, HAS_VALID_BUNDLE);
            condition.map(|condition| condition.message.clone())
        };
        let before = said(self);
        self.set(HAS_VALID_BUNDLE, Truth::True, reason::BUNDLE_LOADED, message);
        before != said(self)
    }

    /// Objects are about to be written. Those that only bring back what was applied before change nothing about that; where others wait
    /// for one of them, that stays said.
    pub(crate) fn writing(&mut self) {
        let reason = if self.was_installed() { reason::UPGRADING } else { reason::INSTALLING };
        let is_waiting = self.says(RECONCILING, Truth::True, reason) || self.is_overdue();
        if self.is_installed() || self.says(INSTALLED, Truth::False, reason) && is_waiting {
            return;
        }
        self.not_installed(reason, "objects are being written");
        self.going_on(reason, "objects are being written");
    }

    /// Objects are written, and others wait for one of them.
    pub(crate) fn waiting(&mut self, message: &str) {
        if self.is_installed() {
            return self.going_on(reason::PROGRESSING, message);
        }
        let reason = if self.was_installed() { reason::UPGRADING } else { reason::INSTALLING };
        self.not_installed(reason, message);
        self.going_on(reason, message);
    }

    /// All objects are applied.
    pub(crate) fn applied(&mut self, bundle: Bundle) {
        let message = format!("Instantiated bundle {} successfully", self.name);
        self.set(INSTALLED, Truth::True, reason::INSTALLATION_SUCCEEDED, &message);
        self.status.active_source.clone_from(&self.status.resolved_source);
        self.status.active_config = Some(self.config.clone());
        self.status.active_class = Some(self.class.clone());
        self.status.bundle = Some(bundle);
    }

    /// How the objects are doing that are applied.
    pub(crate) fn observed(&mut self, summary: &Summary) {
        self.health(summary);
        if summary.is_healthy() {
            self.settled(reason::SETTLED, "everything is applied and healthy");
        } else {
            self.reconciling(reason::PROGRESSING, &summary.to_string());
        }
    }

    /// The same, where something else is to be said of what goes on. It is said of the generation that is installed.
    pub(crate) fn health(&mut self, summary: &Summary) {
        let (truth, reason) = if summary.is_healthy() {
            (Truth::True, reason::HEALTHY)
        } else {
            (Truth::False, reason::UNHEALTHY)
        };
        let installed = conditions::find(&self.status.conditions, INSTALLED)
            .filter(|installed| installed.status == Truth::True.as_str());
        let generation = installed.map_or(self.generation, |installed| installed.observed_generation);
        self.set_of(generation, (HEALTHY, truth), (reason, &summary.to_string()));
        self.found = Some(summary.clone());
    }

    /// How the objects were found to be doing, if they were looked at.
    #[must_use]
    pub(crate) fn found(&self) -> Option<Summary> {
        self.found.clone()
    }

    /// When the objects began to have what they are waited for, if they are not healthy.
    #[must_use]
    pub(crate) fn unhealthy_since(&self) -> Option<Timestamp> {
        let time = |kind| {
            let condition = conditions::find(&self.status.conditions, kind)?;
            (condition.status != Truth::Unknown.as_str()).then_some(condition.last_transition_time.0)
        };
        if conditions::is_true(&self.status.conditions, HEALTHY) {
            return None;
        }
        time(HEALTHY).max(time(INSTALLED))
    }

    /// The objects are not healthy, and had their time to become so.
    pub(crate) fn overdue(&mut self, minutes: i32) {
        let healthy =
            conditions::find(&self.status.conditions, HEALTHY).map(|healthy| healthy.message.clone());
        let message = format!("not healthy after {minutes} min: {}", healthy.unwrap_or_default());
        self.stalled(reason::PROGRESS_DEADLINE_EXCEEDED, &message);
    }

    /// Objects wait for others, and had their time for it.
    pub(crate) fn waits_too_long(&mut self, minutes: i32, message: &str) {
        let message = format!("not installed after {minutes} min: {message}");
        self.stalled(reason::PROGRESS_DEADLINE_EXCEEDED, &message);
    }

    /// Everything is as it should be, but something to be tried again went wrong.
    pub(crate) fn troubled(&mut self, reason: &'static str, message: &str) {
        self.reconciling(reason, message);
    }

    /// What a version before had is about to be deleted. Where that was said before, more may be said by now.
    pub(crate) fn prunes(&mut self, message: &str) {
        if !self.says(RECONCILING, Truth::True, reason::PRUNING) {
            self.pruning(message);
        }
    }

    /// What a version before had is not gone yet.
    pub(crate) fn pruning(&mut self, message: &str) {
        self.going_on(reason::PRUNING, message);
    }

    /// Nothing is written, since nobody wants it to; this is what would be.
    pub(crate) fn paused(&mut self, message: &str) {
        if !self.is_anything_there() {
            self.not_installed(reason::PAUSED, message);
        }
        self.settled(reason::PAUSED, message);
    }

    /// A step failed.
    pub(crate) fn failed(&mut self, failure: &Failure) {
        let Failure { step, reason, message, is_permanent } = failure;
        match step {
            Step::Unpack => self.set(UNPACKED, Truth::False, reason, message),
            Step::Bundle => self.set(HAS_VALID_BUNDLE, Truth::False, reason, message),
            Step::Look => {}
            Step::Write => self.not_installed(reason, message),
        }
        if *step != Step::Write && !self.is_anything_there() {
            let is_told_apart = *reason == reason::KIND_NOT_SERVED;
            let reason = if is_told_apart { reason } else { reason::INSTALL_FAILED };
            self.not_installed(reason, message);
        }
        let message = match self.foreign_class() {
            Some(class) => &format!(
                "{message}; what runs was installed by the class {class}, and is left as it is until this can be installed"
            ),
            None => message,
        };
        if *is_permanent {
            self.stalled(reason, message);
        } else {
            self.reconciling(reason, message);
        }
    }

    /// What is owned is about to be given back. Where that was said before, more may be said by now.
    pub(crate) fn gives_back(&mut self, message: &str) {
        if !self.says(RECONCILING, Truth::True, reason::DELETING) {
            self.deleting(message);
        }
    }

    /// What is owned is being given back. Where that had its time, what is in the way stays said until it is gone.
    pub(crate) fn deleting(&mut self, message: &str) {
        if !self.says(STALLED, Truth::True, reason::DELETION_BLOCKED) {
            self.not_installed(reason::DELETING, message);
            self.reconciling(reason::DELETING, message);
        }
    }

    /// What is owned cannot be given back.
    pub(crate) fn deletion_failed(&mut self, reason: &'static str, message: &str, is_stalled: bool) {
        self.not_installed(reason::DELETING, message);
        if is_stalled {
            self.stalled(reason, message);
        } else {
            self.reconciling(reason::DELETING, message);
        }
    }

    /// What this reconcile is for, as far as it is known now.
    #[must_use]
    pub(crate) fn attempt(&self) -> Attempt {
        if self.is_active() {
            Attempt::Repair
        } else if self.was_installed() {
            Attempt::Upgrade
        } else {
            Attempt::Install
        }
    }

    /// Whether this very content is applied for this very generation.
    pub(crate) fn is_installed(&self) -> bool {
        conditions::is_true_of(&self.status.conditions, INSTALLED, self.generation)
            && self.status.active_source == self.status.resolved_source
    }

    /// Whether what was applied once is what is asked for.
    fn is_active(&self) -> bool {
        let status = &self.status;
        let is_configured_so = || status.active_config.as_ref() == Some(&self.config);
        self.was_installed()
            && self.foreign_class().is_none()
            && status.active_source == status.resolved_source
            && (self.is_installed() || is_configured_so())
    }

    /// The class of what runs, where it is another one.
    fn foreign_class(&self) -> Option<&str> {
        self.status.active_class.as_deref().filter(|class| *class != self.class)
    }

    /// Whether all objects of some version were applied once.
    fn was_installed(&self) -> bool {
        self.status.active_source.is_some()
    }

    /// Whether something may be in the cluster.
    fn is_anything_there(&self) -> bool {
        self.was_installed()
            || self.status.inventory.as_ref().is_some_and(|inventory| !inventory.entries.is_empty())
    }

    fn not_installed(&mut self, reason: &str, message: &str) {
        self.set(INSTALLED, Truth::False, reason, message);
        self.set(HEALTHY, Truth::False, reason::INSTALLATION_STATUS_FALSE, NOT_INSTALLED);
    }

    fn reconciling(&mut self, reason: &str, message: &str) {
        self.set(RECONCILING, Truth::True, reason, message);
        self.set(STALLED, Truth::False, reason::PROGRESSING, "it goes on, or is tried again, by itself");
    }

    /// The same, unless it is said of this generation that it had its time: it has not more by being tried again.
    fn going_on(&mut self, reason: &str, message: &str) {
        if !self.is_overdue() {
            self.reconciling(reason, message);
        }
    }

    /// Whether it is said of this generation that it had its time.
    #[must_use]
    pub(crate) fn is_overdue(&self) -> bool {
        self.says(STALLED, Truth::True, reason::PROGRESS_DEADLINE_EXCEEDED)
    }

    /// Whether a condition says so of this generation.
    fn says(&self, kind: &str, truth: Truth, reason: &str) -> bool {
        conditions::find(&self.status.conditions, kind).is_some_and(|condition| {
            condition.status == truth.as_str()
                && condition.reason == reason
                && condition.observed_generation == self.generation
        })
    }

    fn stalled(&mut self, reason: &str, message: &str) {
        self.set(RECONCILING, Truth::False, reason, message);
        self.set(STALLED, Truth::True, reason, message);
    }

    fn settled(&mut self, reason: &str, message: &str) {
        self.set(RECONCILING, Truth::False, reason, message);
        self.set(STALLED, Truth::False, reason, message);
    }

    fn set(&mut self, kind: &str, truth: Truth, reason: &str, message: &str) {
        self.set_of(self.generation, (kind, truth), (reason, message));
    }

    fn set_of(&mut self, generation: Option<i64>, what: (&str, Truth), said: (&str, &str)) {
        let now = (self.clock)();
        conditions::set(&mut self.status.conditions, &self.written, what, said, generation, now);
    }
}

/// The configuration that is asked for; an empty object where that is none, so that it can be told from one that is not known.
pub(crate) fn config_of(deployment: &BundleDeployment) -> Value {
    deployment.spec.config.clone().unwrap_or_else(|| Value::Object(Map::new()))
}

#[cfg(test)]
mod tests;
