//! Why a cluster is not as it was planned.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::cluster::{ApiError, Refusal};
use crate::crd_upgrade::UpgradeFinding;
use crate::few::few;
use crate::probe::is_built_in;
use crate::rights::MissingRights;
use crate::schema::Violation;
use crate::{CollisionProtection, ObjectId, Shown, Situation};

/// Objects that an error names.
pub(super) const NAMED: usize = 5;

/// Why a cluster is not as it was planned, or was not given back.
#[derive(Debug, Error)]
pub enum EngineError {
    /// A request was refused.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The set was refused before the first write: everything that is wrong with it.
    #[error("{}", Lines(.0))]
    Refused(Vec<EngineError>),
    /// An object is another's.
    #[error(
        "{} cannot be taken: {situation}; collision protection is {protection}",
        Shown(.id)
    )]
    Collision {
        /// The object.
        id: Box<ObjectId>,
        /// Whose it is.
        situation: Box<Situation>,
        /// What may be taken over.
        protection: CollisionProtection,
    },
    /// A field of an object is set once for all.
    #[error("{} would have to be made anew, {obstacle}", Shown(.id))]
    Immutable {
        /// The object.
        id: Box<ObjectId>,
        /// Why it is not.
        obstacle: Obstacle,
        /// What the server says.
        source: ApiError,
    },
    /// A field of an object is set once for all, and the object that would be made in its place is not valid.
    #[error("{} would have to be made anew ({immutable}) and would not be valid", Shown(.id))]
    Irreplaceable {
        /// The object.
        id: Box<ObjectId>,
        /// What the server says to the change.
        immutable: String,
        /// What it says to the new one.
        source: ApiError,
    },
    /// A custom resource will not be valid by its definition in the set, which the server does not have yet.
    #[error("{} will not be valid: {}", Shown(.id), Listed(.violations))]
    InvalidResource {
        /// The resource.
        id: Box<ObjectId>,
        /// Everything that is wrong with it.
        violations: Vec<Violation>,
    },
    /// The actor may not do all that the set needs.
    #[error(transparent)]
    MissingRights(#[from] MissingRights),
    /// A definition takes something away from what is there.
    #[error("{}", Findings(.0))]
    CrdUpgrade(Vec<UpgradeFinding>),
    /// What an object must be before others are written, it is not.
    #[error("{} is not ready{}: {message}", Shown(.id), After(*.waited))]
    NotReady {
        /// The object.
        id: Box<ObjectId>,
        /// What is missing.
        message: String,
        /// How long it was waited for, where that says something: not where others wait on.
        waited: Option<Duration>,
    },
    /// A webhook that is to go itself is in the way of what goes before it.
    #[error("{refused}; that is a webhook of {}, which is to go as well", Shown(.configuration))]
    OwnWebhook {
        /// What has it.
        configuration: Box<ObjectId>,
        /// What the server says.
        refused: ApiError,
    },
    /// Objects that were deleted are still there.
    #[error("{count} {} still there{}: {left}", if *.count == 1 { "object is" } else { "objects are" }, After(*.waited))]
    NotGone {
        /// How many.
        count: usize,
        /// The first of them, and the finalizers that hold them.
        left: String,
        /// How long it was waited for, where that says something: not where others wait on.
        waited: Option<Duration>,
    },
}

/// Why an object is not made anew whose field is set once for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Obstacle {
    /// Nobody asked for it.
    #[error("which was not asked for")]
    NotAsked,
    /// It never is: what is in it would go with it.
    #[error("which objects of its kind never are, since what they hold would be lost")]
    Kept,
    /// It is a `StatefulSet` whose volumes are deleted with it
    /// (<https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention>).
    #[error(
        "and its volumes would be deleted with it: apply it as it is with persistentVolumeClaimRetentionPolicy.whenDeleted: Retain \
         first, and make it anew then"
    )]
    Volumes,
}

/// Objects that are still there, as a text has them.
pub(super) fn named(left: impl ExactSizeIterator<Item = String>) -> String {
    few(left, NAMED)
}

/// Whether an object is not valid for no other reason than that something else has the port or the address that it asks for.
pub(super) fn is_taken(error: &ApiError) -> bool {
    error.message().contains("already allocated")
}

impl EngineError {
    /// All of several errors at once; `Ok` of none.
    pub(super) fn of_all(mut errors: Vec<Self>) -> Result<(), Self> {
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(Self::Refused(errors)),
        }
    }

    /// Whether making an object anew, where that is asked for, gets over it.
    #[must_use]
    pub fn can_be_forced(&self) -> bool {
        matches!(self, Self::Immutable { obstacle: Obstacle::NotAsked, .. })
    }

    /// Whether the same plan will be refused for ever.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Immutable { .. }
            | Self::Irreplaceable { .. }
            | Self::CrdUpgrade(_)
            | Self::InvalidResource { .. } => true,
            Self::Refused(all) => all.iter().any(Self::is_permanent),
            Self::Api(error) => match error.refusal() {
                Refusal::TooLarge => true,
                // What is valid of a custom resource its definition says, which is others' and may become another.
                Refusal::Invalid => is_built_in(&error.id().group) && !is_taken(error),
                _ => false,
            },
            Self::Collision { .. }
            | Self::MissingRights(_)
            | Self::NotReady { .. }
            | Self::OwnWebhook { .. }
            | Self::NotGone { .. } => false,
        }
    }
}

/// How long something was waited for.
struct After(Option<Duration>);

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |waited| write!(f, " after {} s", waited.as_secs()))
    }
}

/// Violations, one behind the other.
struct Listed<'a>(&'a [Violation]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{violation}")?;
        }
        Ok(())
    }
}

/// Findings, each with its definition.
struct Findings<'a>(&'a [UpgradeFinding]);

impl fmt::Display for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}CustomResourceDefinition {}: {finding}", finding.crd)?;
        }
        Ok(())
    }
}

/// Errors, one behind the other.
struct Lines<'a>(&'a [EngineError]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            error.fmt(f)?;
            let mut cause = std::error::Error::source(error);
            while let Some(error) = cause {
                write!(f, ": {error}")?;
                cause = error.source();
            }
        }
        Ok(())
    }
}
