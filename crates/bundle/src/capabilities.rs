//! What is known of the cluster that a bundle is meant for.

use std::collections::BTreeSet;

use rukpak_manifest::GroupVersionKind;
use semver::Version;
use thiserror::Error;

use crate::version::tolerant;

/// What a cluster can do, as far as it is known. Offline nothing is, and requirements are checked for their syntax only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// Its Kubernetes version.
    pub kube_version: Option<Version>,
    /// The types that it serves.
    pub served: Option<BTreeSet<GroupVersionKind>>,
}

/// A text that is no version of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("invalid Kubernetes version {0:?}, expected one such as 1.34 or v1.34.2")]
pub struct InvalidKubeVersion(String);

impl Capabilities {
    /// A cluster of which its Kubernetes version alone is known, written as `1.34` or `v1.34.2`.
    ///
    /// # Errors
    /// The text is no version.
    pub fn of_kube_version(version: &str) -> Result<Self, InvalidKubeVersion> {
        let parsed = tolerant(version).map_err(|_| InvalidKubeVersion(version.into()))?;
        Ok(Self { kube_version: Some(parsed), served: None })
    }

    /// Whether it is known that the cluster serves a type.
    #[must_use]
    pub fn serves(&self, group: &str, version: &str, kind: &str) -> bool {
        let wanted = GroupVersionKind { group: group.into(), version: version.into(), kind: kind.into() };
        self.served.as_ref().is_some_and(|served| served.contains(&wanted))
    }
}
