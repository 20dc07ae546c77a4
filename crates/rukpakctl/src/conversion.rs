//! From a bundle to the objects that are printed or applied, as flags and configuration say.
//!
//! [`Prepared`] knows all but the certificates of webhooks, and says which of those it needs; [`Converted`] is the result.

pub(crate) mod config;
mod plain;
mod registry_v1;

use rukpak_bundle::{Bundle, Capabilities};
use rukpak_certificates::{Certificates, Request};
use rukpak_manifest::name::Namespace;
use rukpak_manifest::{ManifestSet, Object};

use crate::cli::ConversionFlags;
use plain::PreparedPlain;
pub(crate) use plain::no_effect;
use registry_v1::PreparedRegistryV1;

/// A bundle, and what its conversion is told.
#[derive(Clone)]
pub(crate) enum Prepared {
    RegistryV1(Box<PreparedRegistryV1>),
    Plain(PreparedPlain),
}

/// The objects, and what their user should know.
pub(crate) struct Converted {
    pub(crate) manifests: ManifestSet,
    pub(crate) warnings: Vec<String>,
}

impl Prepared {
    /// What flags and configuration say about a bundle that goes into a namespace, or into the one that it suggests, for a cluster of
    /// which so much is known.
    pub(crate) fn of(
        bundle: Bundle,
        flags: &ConversionFlags,
        namespace: Option<&Namespace>,
        capabilities: Capabilities,
    ) -> anyhow::Result<Self> {
        Ok(match bundle {
            Bundle::RegistryV1(bundle) => {
                Self::RegistryV1(PreparedRegistryV1::of(bundle, flags, namespace, capabilities)?.into())
            }
            Bundle::Plain(bundle) => Self::Plain(PreparedPlain::of(bundle, flags)?),
        })
    }

    /// The namespace that it is installed into, as it would be made; `None` where the bundle leaves that open.
    pub(crate) fn install_namespace(&self) -> Option<Object> {
        match self {
            Self::RegistryV1(prepared) => Some(prepared.install_namespace()),
            Self::Plain(_) => None,
        }
    }

    /// The certificates that somebody has to issue.
    pub(crate) fn required_certificates(&self) -> Vec<Request> {
        match self {
            Self::RegistryV1(prepared) => prepared.required_certificates(),
            Self::Plain(_) => Vec::new(),
        }
    }

    /// The objects. A certificate that is not given is pending.
    pub(crate) fn convert(self, issued: Certificates) -> anyhow::Result<Converted> {
        match self {
            Self::RegistryV1(prepared) => prepared.convert(issued),
            Self::Plain(prepared) => Ok(prepared.convert()),
        }
    }
}
