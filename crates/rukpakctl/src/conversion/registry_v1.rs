//! A registry+v1 bundle, converted as flags and configuration say.

use anyhow::Context;
use rukpak_bundle::{Capabilities, RegistryV1};
use rukpak_certificates::{Certificates, Request};
use rukpak_convert::{
    Converted as Manifests, Options, Warning, WatchNamespaces, convert, required_certificates,
};
use rukpak_manifest::Object;
use rukpak_manifest::name::Namespace;

use super::{Converted, config};
use crate::cli::ConversionFlags;

/// How many warnings of a conversion are told one by one.
const MOST: usize = 50;

/// A bundle, and what its conversion is told: the defaults, the configuration over them, the flags over both.
#[derive(Clone)]
pub(crate) struct PreparedRegistryV1 {
    bundle: RegistryV1,
    options: Options,
}

impl PreparedRegistryV1 {
    pub(super) fn of(
        bundle: RegistryV1,
        flags: &ConversionFlags,
        namespace: Option<&Namespace>,
        capabilities: Capabilities,
    ) -> anyhow::Result<Self> {
        let namespace = match namespace {
            Some(namespace) => namespace.clone(),
            None => bundle.install_namespace().context("--install-namespace is needed")?,
        };
        let config = flags.config.as_deref().map(config::read).transpose()?.unwrap_or_default();
        let mut options = Options::new(namespace).configured(config);
        options.capabilities = capabilities;
        match WatchNamespaces::from_names(&flags.watch_namespaces)? {
            WatchNamespaces::Unset => {}
            wish => options.watch_namespaces = wish,
        }
        if let Some(provider) = flags.cert_provider {
            options.certificate_provider = provider;
        }
        Ok(Self { bundle, options })
    }

    pub(super) fn install_namespace(&self) -> Object {
        self.bundle.namespace(&self.options.install_namespace)
    }

    pub(super) fn required_certificates(&self) -> Vec<Request> {
        let Options { certificate_provider, install_namespace, .. } = &self.options;
        let required =
            required_certificates(&self.bundle.parts().csv, *certificate_provider, install_namespace);
        required.into_iter().map(Request::from).collect()
    }

    pub(super) fn convert(self, issued: Certificates) -> anyhow::Result<Converted> {
        let issued = issued.into_iter().map(|(name, issued)| (name, issued.into())).collect();
        let options = Options { issued, ..self.options };
        let Manifests { manifests, target_namespaces: _, warnings } = convert(self.bundle, &options)?;
        let mut told: Vec<_> = warnings.iter().take(MOST).map(with_a_way_out).collect();
        if let Some(more @ 1..) = warnings.len().checked_sub(MOST) {
            told.push(format!("{more} more of these"));
        }
        Ok(Converted { manifests, warnings: told })
    }
}

/// A warning, with the flag that helps.
fn with_a_way_out(warning: &Warning) -> String {
    match warning {
        Warning::CertificatePending(_) => format!("{warning}; --generate-certificates issues one"),
        Warning::Collapsed(_) => warning.to_string(),
    }
}
