//! Why a reconcile did not come to its end.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use rukpak_api::{BundleDeployment, reason};
use rukpak_apply::PlanError;
use rukpak_apply::cluster::{ActingError, ApiError, Refusal};
use rukpak_apply::engine::EngineError;
use rukpak_bundle::Lack;
use rukpak_certificates::CertificateError;
use thiserror::Error;

use crate::format::FormatError;
use crate::report::{Attempt, Failure, Step};
use crate::sources::SourceError;
use crate::writer::is_overtaken;

/// Why a reconcile did not come to its end.
#[derive(Debug, Error)]
pub(crate) enum ReconcileError {
    /// The spec cannot be carried out.
    #[error("{0}")]
    Spec(String),
    /// The content is not asked for any more.
    #[error("something else is asked for")]
    Renewed,
    /// The content cannot be had.
    #[error("source bundle content")]
    Source(#[from] SourceError),
    /// The content could not be had a moment ago, and it is not yet time to ask again.
    #[error("{0}")]
    Unfetched(String),
    /// The content is fetched when others have been.
    #[error("waits for other fetches, from {server} or for the same namespace, to end")]
    NoPlace {
        /// Where it is fetched from.
        server: String,
        /// How long it has been waiting.
        waited: Duration,
    },
    /// The content cannot be installed as it is wished.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Nobody to act as.
    #[error(transparent)]
    Account(#[from] ActingError),
    /// No certificates.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    /// What no server takes.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// What the server does not take, or could not be asked.
    #[error(transparent)]
    Look(EngineError),
    /// A request that is not the engine's.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Writing went wrong on the way.
    #[error(transparent)]
    Write(EngineError),
    /// What a version before had, and this one has not, cannot be deleted.
    #[error(transparent)]
    Prune(EngineError),
    /// A thread of ours was not begun any more: the process is shutting down.
    #[error("the reconcile was interrupted")]
    Interrupted,
    /// A bug of ours.
    #[error("a bug of the provisioner, of which its log says more: {0}")]
    Panicked(String),
}

impl ReconcileError {
    /// Whether somebody else is at work, or there is something else to do: then there is nothing to report.
    pub(crate) fn is_overtaken(&self, deployment: &BundleDeployment) -> bool {
        match self {
            Self::Renewed => true,
            Self::Api(error)
            | Self::Look(EngineError::Api(error))
            | Self::Write(EngineError::Api(error))
            | Self::Prune(EngineError::Api(error)) => is_overtaken(error, deployment),
            _ => false,
        }
    }

    /// Whether the cluster has to change, and nobody tells when it does.
    pub(crate) fn is_of_cluster(&self) -> bool {
        matches!(self, Self::Format(error) if error.lack().is_some())
    }

    /// What is reported of it.
    pub(crate) fn failure(&self, attempt: Attempt) -> Failure {
        Failure {
            step: self.step(),
            reason: self.reason(attempt),
            message: chain(self),
            is_permanent: self.is_permanent(),
        }
    }

    fn step(&self) -> Step {
        match self {
            Self::Source(_) | Self::Unfetched(_) | Self::NoPlace { .. } | Self::Renewed => Step::Unpack,
            Self::Format(_) => Step::Bundle,
            Self::Spec(_)
            | Self::Account(_)
            | Self::Certificates(_)
            | Self::Plan(_)
            | Self::Look(_)
            | Self::Api(_)
            | Self::Prune(_)
            | Self::Interrupted
            | Self::Panicked(_) => Step::Look,
            Self::Write(_) => Step::Write,
        }
    }

    fn reason(&self, attempt: Attempt) -> &'static str {
        match self {
            Self::Spec(_) => reason::INVALID_SPEC,
            Self::Source(SourceError::NotImmutable { .. }) => reason::CONFIG_MAP_NOT_IMMUTABLE,
            Self::Source(_) | Self::Unfetched(_) | Self::NoPlace { .. } => reason::UNPACK_FAILED,
            Self::Format(FormatError::Config(_)) => reason::INVALID_CONFIG,
            Self::Format(error) if error.lack() == Some(Lack::Api) => reason::KIND_NOT_SERVED,
            Self::Format(_) => reason::BUNDLE_LOAD_FAILED,
            Self::Account(ActingError::ServiceAccountNotFound(_)) => reason::SERVICE_ACCOUNT_NOT_FOUND,
            Self::Plan(error) if is_not_served(error) => reason::KIND_NOT_SERVED,
            Self::Prune(_) => reason::PRUNING,
            _ => match attempt {
                Attempt::Install => reason::INSTALL_FAILED,
                Attempt::Upgrade => reason::UPGRADE_FAILED,
                Attempt::Repair => reason::REPAIR_FAILED,
            },
        }
    }

    /// Whether it will be the same until somebody changes something in the `BundleDeployment`.
    fn is_permanent(&self) -> bool {
        match self {
            Self::Spec(_) => true,
            Self::Format(error) => error.lack().is_none(),
            Self::Source(error) => error.is_permanent(),
            Self::Plan(error) => !is_not_served(error),
            Self::Look(error) | Self::Write(error) => error.is_permanent(),
            Self::NoPlace { .. }
            | Self::Unfetched(_)
            | Self::Renewed
            | Self::Account(_)
            | Self::Certificates(_)
            | Self::Api(_)
            | Self::Prune(_)
            | Self::Interrupted
            | Self::Panicked(_) => false,
        }
    }

    /// Whether it is this version, this configuration, or this spec, that cannot be installed: what runs has no part in it.
    pub(crate) fn is_of_the_version(&self) -> bool {
        match self {
            Self::Spec(_)
            | Self::Source(_)
            | Self::Unfetched(_)
            | Self::NoPlace { .. }
            | Self::Format(_)
            | Self::Certificates(_)
            | Self::Plan(_)
            | Self::Look(_) => true,
            Self::Renewed
            | Self::Account(_)
            | Self::Api(_)
            | Self::Write(_)
            | Self::Prune(_)
            | Self::Interrupted
            | Self::Panicked(_) => false,
        }
    }

    /// Whether nothing was written, and the server answers, as far as it says: then it can be asked how what runs is doing.
    pub(crate) fn leaves_what_runs(&self) -> bool {
        match self {
            Self::Account(_) | Self::Api(_) | Self::Look(EngineError::Api(_)) => self.is_blocked(),
            error => error.is_of_the_version(),
        }
    }

    /// Whether it is not known yet what is to be watched.
    pub(crate) fn is_before_the_plan(&self) -> bool {
        matches!(
            self,
            Self::Spec(_) | Self::Source(_) | Self::Unfetched(_) | Self::Format(_) | Self::Account(_)
        )
    }

    /// Whether something of the cluster is in the way that somebody may take out of it at any time: an object of another one, or a
    /// right, a `ServiceAccount` or a namespace that is missing.
    pub(crate) fn is_blocked(&self) -> bool {
        match self {
            Self::Account(error) => match error {
                ActingError::ServiceAccountNotFound(_) | ActingError::MayNotImpersonate { .. } => true,
                ActingError::Config(_) | ActingError::Api(_) => false,
            },
            Self::Look(error) | Self::Write(error) | Self::Prune(error) => is_blocked(error),
            Self::Api(error) => is_missing(error),
            _ => false,
        }
    }

    /// The namespaces that it is waited for, to be there or to be gone.
    pub(crate) fn namespaces(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        match self {
            Self::Look(error) | Self::Write(error) | Self::Prune(error) => add_namespaces(error, &mut all),
            _ => {}
        }
        all
    }

    /// Whether nothing failed, and something that others wait for only takes its time.
    pub(crate) fn is_waiting(&self) -> bool {
        let waits = |error: &EngineError| match error {
            EngineError::NotReady { .. } | EngineError::NotGone { .. } => true,
            // Most likely a webhook of the same set that does not serve yet.
            EngineError::Api(error) => {
                matches!(error.refusal(), Refusal::WebhookAway | Refusal::ConversionAway)
            }
            _ => false,
        };
        match self {
            Self::Write(EngineError::Refused(all)) | Self::Prune(EngineError::Refused(all)) => {
                all.iter().all(waits)
            }
            Self::Write(error) | Self::Prune(error) => waits(error),
            _ => false,
        }
    }
}

/// The same of what an engine refuses.
pub(crate) fn is_blocked(error: &EngineError) -> bool {
    match error {
        EngineError::Refused(all) => all.iter().any(is_blocked),
        EngineError::Collision { .. } | EngineError::MissingRights(_) => true,
        EngineError::Api(error) => is_missing(error),
        _ => false,
    }
}

/// Whether a right or a namespace is missing.
fn is_missing(error: &ApiError) -> bool {
    matches!(error.refusal(), Refusal::Forbidden | Refusal::NotFound | Refusal::Terminating)
}

fn add_namespaces(error: &EngineError, all: &mut BTreeSet<String>) {
    match error {
        EngineError::Refused(errors) => errors.iter().for_each(|error| add_namespaces(error, all)),
        EngineError::Api(error) if matches!(error.refusal(), Refusal::NotFound | Refusal::Terminating) => {
            all.extend(Some(error.id().namespace.clone()).filter(|namespace| !namespace.is_empty()));
        }
        _ => {}
    }
}

/// Whether a plan fails by kinds alone that nobody serves yet.
fn is_not_served(error: &PlanError) -> bool {
    error.0.iter().all(rukpak_apply::Problem::is_not_served)
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // A transparent error repeats its cause.
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    use rstest::rstest;
    use rukpak_apply::{CollisionProtection, Situation};

    fn collision() -> EngineError {
        EngineError::Collision {
            id: Box::new("a_b__ConfigMap".parse().unwrap()),
            situation: Box::new(Situation::Uncontrolled),
            protection: CollisionProtection::Prevent,
        }
    }

    fn not_ready() -> EngineError {
        let id = Box::new("a_b_apps_Deployment".parse().unwrap());
        EngineError::NotReady { id, message: "no".into(), waited: None }
    }

    #[rstest]
    #[case::another_has_it(ReconcileError::Look(collision()), true)]
    #[case::among_others(ReconcileError::Look(EngineError::Refused(vec![not_ready(), collision()])), true)]
    #[case::nobody_to_act_as(
        ReconcileError::Account(ActingError::ServiceAccountNotFound("a/b".parse().unwrap())), true
    )]
    #[case::it_takes_its_time(ReconcileError::Write(not_ready()), false)]
    #[case::the_spec(ReconcileError::Spec("no".into()), false)]
    fn what_somebody_may_take_out_of_the_way(#[case] error: ReconcileError, #[case] expected: bool) {
        assert_eq!(error.is_blocked(), expected);
    }
}
