//! A plain bundle, which is taken as it is: nothing that only an operator has can be chosen.

use rukpak_bundle::Plain;
use rukpak_manifest::{ManifestSet, Object};

use super::{Converted, config};
use crate::cli::ConversionFlags;

/// A plain bundle, and what was asked of it in vain.
#[derive(Clone)]
pub(crate) struct PreparedPlain {
    objects: Vec<Object>,
    warnings: Vec<String>,
}

impl PreparedPlain {
    pub(super) fn of(Plain { objects, .. }: Plain, flags: &ConversionFlags) -> anyhow::Result<Self> {
        let unused = [
            ("--watch-namespace", !flags.watch_namespaces.is_empty()),
            ("--cert-provider", flags.cert_provider.is_some()),
        ];
        let unused = unused.into_iter().filter(|(_, given)| *given).map(|(flag, _)| no_effect(flag));
        let mut warnings: Vec<_> = unused.collect();
        if let Some(path) = &flags.config {
            let fields = config::fields(path)?.into_iter();
            warnings.extend(fields.map(|field| no_effect(&format!("{field} of the configuration"))));
        }
        Ok(Self { objects, warnings })
    }

    pub(super) fn convert(self) -> Converted {
        // That several objects have one identity was found when the bundle was read.
        let (manifests, _) = ManifestSet::new(self.objects);
        Converted { manifests, warnings: self.warnings }
    }
}

/// What is said of something that a plain bundle does not look at.
pub(crate) fn no_effect(what: &str) -> String {
    format!("{what} has no effect on a plain bundle")
}
