//! Why a valid bundle cannot be converted as asked.

use thiserror::Error;

use crate::UnsupportedInstallMode;

/// Why a valid bundle cannot be converted as asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConvertError {
    /// The bundle cannot watch what it is to watch.
    #[error(transparent)]
    InstallMode(#[from] UnsupportedInstallMode),
    /// The bundle has more parts than a conversion takes.
    #[error(
        "the bundle has {parts} permissions, deployments, containers and webhooks, more than the limit of {limit}"
    )]
    TooManyParts {
        /// How many there are.
        parts: usize,
        /// How many there may be.
        limit: usize,
    },
    /// What every deployment, container, watched namespace and converted definition gets a copy of would become too much.
    #[error(
        "the annotations of every deployment, the configuration of every container, the roles of every watched \
         namespace and the conversion of every definition would make {bytes} bytes, more than the limit of {limit}"
    )]
    TooMuchCopied {
        /// How much there would be, about.
        bytes: usize,
        /// How much there may be.
        limit: usize,
    },
}
