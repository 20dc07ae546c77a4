//! The flags, as they are typed. Every text of `--help`, and so of `docs/cli.md`, stands here.

#![expect(
    clippy::doc_markdown,
    reason = "these comments are the text of --help, where kinds stand without backticks"
)]

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use rukpak_bundle::{Capabilities, Format};
use rukpak_convert::CertificateProvider;
use rukpak_manifest::name::{InvalidNamespace, Namespace};

use crate::source::Source;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  rukpakctl render ./bundle | kubectl apply --server-side -f -
  rukpakctl validate --strict ./bundle
  rukpakctl inspect bundle.tgz

Exit codes:
  0  done
  1  failed
  2  wrong usage";

const RENDER_EXAMPLES: &str = "\
Examples:
  # Install into the namespace that the bundle suggests, and watch all namespaces
  rukpakctl render ./bundle

  # Watch two namespaces, and let cert-manager issue the certificates of webhooks
  rukpakctl render ./bundle --watch-namespace team-a --watch-namespace team-b \\
      --cert-provider cert-manager

  # What a bundle image holds, by way of standard input
  crane export registry.example.com/bundle:v1 - | rukpakctl render - -o name";

const VALIDATE_EXAMPLES: &str = "\
Examples:
  rukpakctl validate ./bundle
  rukpakctl validate --strict -o json bundle.tgz";

const INSPECT_EXAMPLES: &str = "\
Examples:
  rukpakctl inspect ./bundle
  rukpakctl inspect -o json bundle.tgz";

const COMPLETION_EXAMPLES: &str = "\
Examples:
  source <(rukpakctl completion bash)
  rukpakctl completion fish > ~/.config/fish/completions/rukpakctl.fish";

/// Turn Kubernetes operator bundles into plain manifests, offline
///
/// A registry+v1 bundle (a ClusterServiceVersion, definitions and manifests, as on OperatorHub) becomes the objects
/// that an installation of it consists of. A plain+v0 bundle is a folder of such objects already.
#[derive(Debug, Parser)]
#[command(version, styles = STYLES, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print no warnings on standard error
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
    Completion(Completion),
}

/// Print the plain manifests that a bundle stands for
///
/// All of them or, where anything is wrong, none. Warnings and errors go to standard error.
#[derive(Debug, Args)]
#[command(after_help = RENDER_EXAMPLES)]
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
#[command(after_help = VALIDATE_EXAMPLES)]
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
#[command(after_help = INSPECT_EXAMPLES)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// How to print the summary
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportOutput,
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = COMPLETION_EXAMPLES)]
pub(crate) struct Completion {
    /// The shell
    pub(crate) shell: Shell,
}

/// What every command that reads a bundle is told about it.
#[derive(Debug, Args)]
pub(crate) struct Bundle {
    /// Directory, archive (.tar, .tgz, …), or `-` for an archive on standard input
    #[arg(value_name = "SOURCE", value_hint = ValueHint::AnyPath, value_parser = source())]
    pub(crate) source: Source,
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

fn source() -> impl TypedValueParser<Value = Source> {
    OsStringValueParser::new().map(Source::from)
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
