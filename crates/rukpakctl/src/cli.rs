//! The flags, as they are typed. Every text of `--help`, and so of `docs/cli.md`, stands here.

#![expect(
    clippy::doc_markdown,
    reason = "these comments are the text of --help, where kinds stand without backticks"
)]

mod access;
mod bundle;
mod examples;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use rukpak_bundle::{Capabilities, Format};
use rukpak_convert::CertificateProvider;
use rukpak_manifest::name::{InvalidNamespace, Namespace};
use rukpak_oci::Reference;

pub(crate) use access::AccessFlags;
pub(crate) use bundle::Bundle;

use crate::target::Target;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

/// Turn Kubernetes operator bundles into plain manifests, offline
///
/// A registry+v1 bundle (a ClusterServiceVersion, definitions and manifests, as on OperatorHub) becomes the objects
/// that an installation of it consists of. A plain+v0 bundle is a folder of such objects already.
#[derive(Debug, Parser)]
#[command(version, styles = STYLES, after_help = examples::EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print neither warnings nor progress on standard error
    #[arg(
        short,
        long,
        global = true,
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        hide_default_value = true,
        hide_possible_values = true,
        action = ArgAction::Set
    )]
    pub(crate) quiet: bool,
}

/// The commands, in the order in which they are used.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Render(Render),
    Validate(Validate),
    Inspect(Inspect),
    Unpack(Unpack),
    Pull(Pull),
    Push(Push),
    Completion(Completion),
}

/// Print the plain manifests that a bundle stands for
///
/// All of them or, where anything is wrong, none. Warnings and errors go to standard error.
#[derive(Debug, Args)]
#[command(after_help = examples::RENDER_EXAMPLES)]
pub(crate) struct Render {
    #[command(flatten)]
    pub(crate) bundle: Bundle,
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
    /// Issue the certificates that `self-signed` needs, and print them with their private keys
    ///
    /// They are valid for a year. Without this flag a Secret is printed that says that its certificate is pending.
    #[arg(
        long,
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        hide_default_value = true,
        hide_possible_values = true,
        action = ArgAction::Set
    )]
    pub(crate) generate_certificates: bool,
    /// Kubernetes version to judge the bundle's requirements by, such as 1.34
    #[arg(long = "kube-version", value_name = "VERSION", value_parser = Capabilities::of_kube_version)]
    pub(crate) capabilities: Option<Capabilities>,
    /// How to print the manifests
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) output: RenderOutput,
}

/// Check a bundle and print every finding
///
/// Exits with 1 where there is an error.
#[derive(Debug, Args)]
#[command(after_help = examples::VALIDATE_EXAMPLES)]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// Exit with 1 on warnings, too
    #[arg(
        long,
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        hide_default_value = true,
        hide_possible_values = true,
        action = ArgAction::Set
    )]
    pub(crate) strict: bool,
    /// How to print the findings
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportOutput,
}

/// Summarise a bundle: install modes, APIs, webhooks, images, permissions, dependencies
#[derive(Debug, Args)]
#[command(after_help = examples::INSPECT_EXAMPLES)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// How to print the summary
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportOutput,
}

/// Write the files of a bundle into a directory
///
/// All of them or, where anything is wrong, none. Only the folders `manifests` and `metadata` are written.
#[derive(Debug, Args)]
#[command(after_help = examples::UNPACK_EXAMPLES)]
pub(crate) struct Unpack {
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// Directory to write; it must be empty or not exist
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) to: PathBuf,
}

/// Fetch a bundle into a directory, an image layout or an archive
///
/// An image is copied as it is, every layer verified; of an index, the image for this machine. Of anything else an image
/// is built, as `push` builds it.
#[derive(Debug, Args)]
#[command(after_help = examples::PULL_EXAMPLES)]
pub(crate) struct Pull {
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// DIR, oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:REF]
    #[arg(long, value_name = "TARGET", value_hint = ValueHint::AnyPath, value_parser = Target::parser())]
    pub(crate) to: Target,
}

/// Write a bundle to a registry as an image, and print its name by digest
///
/// Of a directory or an archive a bundle image is built, with the labels that its `metadata/annotations.yaml` says; the
/// same files give the same image. An image in a layout or an archive is copied as it is.
#[derive(Debug, Args)]
#[command(after_help = examples::PUSH_EXAMPLES)]
pub(crate) struct Push {
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// Where to write it: REGISTRY/REPOSITORY:TAG
    #[arg(value_name = "REF", value_parser = image)]
    pub(crate) reference: Reference,
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = examples::COMPLETION_EXAMPLES)]
pub(crate) struct Completion {
    /// The shell
    pub(crate) shell: Shell,
}

/// `--output` of `render`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RenderOutput {
    /// A stream of documents
    Yaml,
    /// One List of kind `v1 List`
    Json,
    /// A line `kind.group/name` for each object
    Name,
}

/// `--output` of the commands that print a report.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ReportOutput {
    /// For people
    Text,
    /// For programs
    Json,
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

/// A place in a registry to write to, with its transport or without.
fn image(text: &str) -> Result<Reference, String> {
    let reference: Reference = text
        .strip_prefix("docker://")
        .unwrap_or(text)
        .parse()
        .map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
    match reference.digest() {
        None => Ok(reference),
        Some(_) => Err("got a digest, expected a tag: the digest is known when the image is built".into()),
    }
}
