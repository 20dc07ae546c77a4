//! Whether a live object is as it should be.
//!
//! In: a live object, or that there is none. Out: a [`Health`], which says in a sentence what is waited for. The rules are those of
//! kstatus (`sigs.k8s.io/cli-utils/pkg/kstatus/status`), one file per kind of object; where one differs, its documentation says why.
//! A probe asks no server and no clock: how long an object may be in progress is the caller's to say.
//!
//! Every rule applies to a group and kind, whatever the version. Before it, the same is looked at on every object: whether it is
//! being deleted, whether its controller has seen the latest generation, and what the conditions `Reconciling` and `Stalled` say.

mod certificates;
mod conditions;
mod custom;
mod definitions;
mod deletion;
mod gates;
mod health;
mod injection;
mod jobs;
mod live;
mod namespaces;
mod pods;
mod policies;
mod services;
mod storage;
mod summary;
#[cfg(test)]
mod tests;
mod workloads;

use rukpak_manifest::Object;

pub use custom::{
    Assertion, ConditionEqual, CustomProbe, Expected, FieldPath, FieldValue, FieldsEqual, GroupKind,
    LabelSelector, ParseFieldPathError, Requirement, Selector,
};
pub(crate) use deletion::left_in;
pub use gates::{gate, is_gate};
pub use health::Health;
pub(crate) use injection::without_placeholders;
pub use jobs::absent;
pub use summary::Summary;

use health::Check;
use live::Live;

/// A rule of one kind.
type Rule = fn(Live<'_>) -> Check;

/// The API groups that belong to the API server. Kinds of these without a rule of their own have nothing to wait for; kinds of any
/// other group are custom resources, whose conditions are looked at.
const BUILT_IN_GROUPS: [&str; 21] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// The rules by which live objects are judged: those of the known kinds, and any number of custom ones.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Probes {
    custom: Vec<CustomProbe>,
}

impl Probes {
    /// The rules of the known kinds, and these. A custom rule adds to the rule of a kind and does not replace it.
    #[must_use]
    pub fn new(custom: Vec<CustomProbe>) -> Self {
        Self { custom }
    }

    /// How a live object is doing. `None`: there is no such object; whether that is as it should be, [`absent`] says.
    #[must_use]
    pub fn judge(&self, live: Option<&Object>) -> Health {
        let Some(object) = live else { return Health::NotFound };
        let live = Live::of(object);
        Health::from(known(live).and_then(|()| custom::hold(&self.custom, live)))
    }

    /// Whether [`judge`](Self::judge) looks at more of a kind than whether it is being deleted, so that a change of a live object means
    /// that it has to be read.
    #[must_use]
    pub fn is_probed(&self, group: &str, kind: &str) -> bool {
        rule(group, kind).is_some()
            || !is_built_in(group)
            || self.custom.iter().any(|probe| probe.selector.may_select(group, kind))
    }
}

/// Whether the kinds of a group belong to the API server.
#[must_use]
pub fn is_built_in(group: &str) -> bool {
    BUILT_IN_GROUPS.contains(&group)
}

/// What the known rules say.
fn known(live: Live<'_>) -> Check {
    deletion::not_deleted(live)?;
    conditions::generation(live)?;
    conditions::standard(live)?;
    match rule(live.group(), live.kind()) {
        Some(rule) => live.well_formed().and_then(|()| rule(live)),
        None => conditions::ready(live),
    }
}

/// The rule of a kind that has one of its own. A `CronJob` is as it should be as soon as it is there, as kstatus has it.
fn rule(group: &str, kind: &str) -> Option<Rule> {
    Some(match (group, kind) {
        ("", "Namespace") => namespaces::namespace,
        ("", "PersistentVolumeClaim") => storage::claim,
        ("", "Pod") => pods::pod,
        ("", "Service") => services::service,
        ("", "ReplicationController") | ("apps", "ReplicaSet") => workloads::replica_set,
        ("apps", "Deployment") => workloads::deployment,
        ("apps", "StatefulSet") => workloads::stateful_set,
        ("apps", "DaemonSet") => workloads::daemon_set,
        ("batch", "Job") => jobs::job,
        ("policy", "PodDisruptionBudget") => policies::disruption_budget,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definitions::definition,
        ("apiregistration.k8s.io", "APIService") => services::api_service,
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => injection::injected,
        ("cert-manager.io", "Certificate" | "Issuer" | "ClusterIssuer") => certificates::ready,
        _ => return None,
    })
}
