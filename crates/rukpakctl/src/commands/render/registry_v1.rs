//! A registry+v1 bundle, converted as flags and configuration say.

use rukpak_bundle::RegistryV1;
use rukpak_convert::{
    BundleConfig, Converted, Options, Warning, WatchNamespaces, convert, required_certificates,
};
use serde_json::Value;

use super::Rendered;
use crate::certificates;
use crate::cli::Render;

pub(super) fn render(bundle: RegistryV1, args: &Render) -> anyhow::Result<Rendered> {
    let options = options(&bundle, args)?;
    let Converted { manifests, target_namespaces: _, warnings } = convert(bundle, &options)?;
    Ok(Rendered { manifests, warnings: warnings.iter().map(with_a_way_out).collect() })
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
        None => bundle.install_namespace()?,
    };
    let config = args.config.as_deref().map_or(Ok(Value::Null), super::config::read)?;
    let mut options = Options::new(namespace).configured(BundleConfig::from_value(config)?);
    options.capabilities = args.capabilities.clone().unwrap_or_default();
    match WatchNamespaces::from_names(&args.watch_namespaces)? {
        WatchNamespaces::Unset => {}
        wish => options.watch_namespaces = wish,
    }
    if let Some(provider) = args.cert_provider {
        options.certificate_provider = provider;
    }
    if args.generate_certificates {
        let required = required_certificates(&bundle.parts().csv, options.certificate_provider, &options.install_namespace);
        options.issued = certificates::issue(required)?;
    }
    Ok(options)
}
