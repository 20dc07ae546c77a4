//! What a bundle becomes.

#![expect(clippy::doc_markdown, reason = "these comments are the text of --help")]

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use rukpak_bundle::Format;
use rukpak_convert::CertificateProvider;
use rukpak_manifest::name::{InvalidNamespace, Namespace};

/// What every command that converts a bundle is told about it.
#[derive(Debug, Args)]
pub(crate) struct ConversionFlags {
    /// Namespace to install into [default: what the bundle suggests, else <package>-system]
    #[arg(long, value_name = "NS")]
    pub(crate) install_namespace: Option<Namespace>,
    /// Namespace to watch, repeatable; empty for all [default: all, or the install namespace, as supported]
    #[arg(long = "watch-namespace", value_name = "NS", value_parser = watch_namespace)]
    pub(crate) watch_namespaces: Vec<String>,
    /// Configuration as YAML or JSON; a flag wins over it
    ///
    /// It holds what `spec.config` of a BundleDeployment holds: `certificateProvider`, `watchNamespace`,
    /// `watchNamespaces` and `deploymentConfig`.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// Where the certificates of webhooks come from [default: self-signed]
    #[arg(long, value_name = "PROVIDER", value_parser = cert_provider())]
    pub(crate) cert_provider: Option<CertificateProvider>,
    /// Format of the bundle
    ///
    /// `auto` means registry+v1 where there is a ClusterServiceVersion or a directory `metadata`, else plain.
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format())]
    pub(crate) format: Format,
}

/// The names, from the type that knows them.
fn cert_provider() -> impl TypedValueParser<Value = CertificateProvider> {
    PossibleValuesParser::new(CertificateProvider::ALL.map(CertificateProvider::as_str))
        .try_map(|name| name.parse::<CertificateProvider>())
}

/// The formats, from the type that knows them.
fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(["auto", "registry+v1", "plain"]).try_map(|name| name.parse::<Format>())
}

/// A namespace, or the empty text.
fn watch_namespace(text: &str) -> Result<String, InvalidNamespace> {
    if !text.is_empty() {
        text.parse::<Namespace>()?;
    }
    Ok(text.to_owned())
}
