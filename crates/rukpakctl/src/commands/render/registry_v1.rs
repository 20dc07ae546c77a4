//! A registry+v1 bundle, converted as flags and configuration say.

use anyhow::Context;
use rukpak_bundle::RegistryV1;
use rukpak_convert::{Converted, Options, Warning, WatchNamespaces, convert, required_certificates};

use super::{Rendered, config};
use crate::certificates;
use crate::cli::Render;

/// How many warnings of a conversion are told one by one.
const MOST: usize = 50;

pub(super) fn render(bundle: RegistryV1, args: &Render) -> anyhow::Result<Rendered> {
    let options = options(&bundle, args)?;
    let Converted { manifests, target_namespaces: _, warnings } = convert(bundle, &options)?;
    let mut told: Vec<_> = warnings.iter().take(MOST).map(with_a_way_out).collect();
    if let Some(more @ 1..) = warnings.len().checked_sub(MOST) {
        told.push(format!("{more} more of these"));
    }
    Ok(Rendered { manifests, warnings: told })
}

/// A warning, with the flag that helps.
fn with_a_way_out(warning: &Warning) -> String {
    match warning {
        Warning::CertificatePending(_) => format!("{warning}; --generate-certificates issues one"),
        Warning::Collapsed(_) => warning.to_string(),
    }
}

/// What the conversion is told: the defaults, the configuration over them, the flags over both.
fn options(bundle: &RegistryV1, args: &Render) -> anyhow::Result<Options> {
    let namespace = match &args.install_namespace {
        Some(namespace) => namespace.clone(),
        None => bundle.install_namespace().context("--install-namespace is needed")?,
    };
    let config = args.config.as_deref().map(config::read).transpose()?.unwrap_or_default();
    let mut options = Options::new(namespace).configured(config);
    options.capabilities = args.capabilities.clone().unwrap_or_default();
    match WatchNamespaces::from_names(&args.watch_namespaces)? {
        WatchNamespaces::Unset => {}
        wish => options.watch_namespaces = wish,
    }
    if let Some(provider) = args.cert_provider {
        options.certificate_provider = provider;
    }
    if args.generate_certificates {
        let required = required_certificates(
            &bundle.parts().csv,
            options.certificate_provider,
            &options.install_namespace,
        );
        options.issued = certificates::issue(required)?;
    }
    Ok(options)
}
