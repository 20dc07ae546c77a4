//! The flags, as they are typed. Every text of `--help`, and so of `docs/cli.md`, stands here.

#![expect(
    clippy::doc_markdown,
    reason = "these comments are the text of --help, where kinds stand without backticks"
)]

mod access;
mod bundle;
mod cluster;
mod conversion;
mod deployment;
mod examples;

use std::io::Write as _;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::error::{ContextKind, ContextValue};
use clap::{
    ArgAction, Args, Command as Flags, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
    ValueHint,
};
use clap_complete::Shell;
use rukpak_apply::engine::DeletionPolicy;
use rukpak_apply::rights::ServiceAccount;
use rukpak_bundle::Capabilities;
use rukpak_oci::{Reference, without_user};

pub(crate) use access::AccessFlags;
pub(crate) use bundle::Bundle;
pub(crate) use cluster::{ApplyFlags, ClusterFlags};
pub(crate) use conversion::ConversionFlags;
pub(crate) use deployment::{Content, Run};

use crate::chosen::Chosen;
use crate::deployment::verdict::Goal;
use crate::output;
use crate::target::{self, Target};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

/// The value of a flag that is given as `--flag`, `--flag=true` or `--flag=false`.
const SWITCH: &str = "true|false";

/// Where the lines of `--help` are broken at the latest.
const WIDTH: usize = 100;

/// Turn Kubernetes operator bundles into plain manifests, and install them
///
/// A registry+v1 bundle (a ClusterServiceVersion, definitions and manifests, as on OperatorHub) becomes the objects
/// that an installation of it consists of. A plain+v0 bundle is a folder of such objects already. `apply` writes them to a
/// cluster and remembers them by a name, under which they are compared, upgraded and removed again.
#[derive(Debug, Parser)]
#[command(version, styles = STYLES, after_help = examples::EXAMPLES, max_term_width = WIDTH)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print neither warnings nor progress on standard error
    #[arg(short, long, global = true, value_name = SWITCH, default_value = "false", action = ArgAction::Set)]
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
    Diff(Diff),
    Apply(Apply),
    Delete(Delete),
    Get(Get),
    Tree(Tree),
    Events(Events),
    Wait(Wait),
    Content(Content),
    Run(Box<Run>),
    Completion(Completion),
}

impl Cli {
    /// Reads the command line; a wrong one ends the process. `None` where it was `--help` or `--version`, which are printed: clap says
    /// nothing of output that cannot be written.
    pub(crate) fn from_command_line() -> anyhow::Result<Option<Self>> {
        let parsed = Self::flags().try_get_matches().and_then(|matches| Self::from_arg_matches(&matches));
        match parsed {
            Ok(cli) => Ok(Some(cli)),
            Err(error) if error.use_stderr() => showable(error).exit(),
            Err(asked) => {
                output::text(|out| write!(out, "{}", asked.render().ansi()))?;
                Ok(None)
            }
        }
    }

    /// All flags of all commands.
    pub(crate) fn flags() -> Flags {
        with_switches(Self::command())
    }
}

/// An error without the password that a value may have had.
fn showable(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) {
        let value = ContextValue::String(without_user(value).into_owned());
        error.insert(ContextKind::InvalidValue, value);
    }
    error
}

/// Lets every [`SWITCH`] stand without its value.
fn with_switches(flags: Flags) -> Flags {
    let flags = flags.mut_args(|argument| {
        let is_switch = argument.get_value_names().is_some_and(|names| names == [SWITCH]);
        if !is_switch {
            return argument;
        }
        argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .hide_default_value(true)
            .hide_possible_values(true)
    });
    flags.mut_subcommands(with_switches)
}

/// Print the plain manifests that a bundle stands for
///
/// All of them or, where anything is wrong, none. Warnings and errors go to standard error.
#[derive(Debug, Args)]
#[command(after_help = examples::RENDER_EXAMPLES)]
pub(crate) struct Render {
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    #[command(flatten)]
    pub(crate) conversion: ConversionFlags,
    /// Issue the certificates that `self-signed` needs, and print them with their private keys
    ///
    /// They are valid for a year. Without this flag a Secret is printed that says that its certificate is pending.
    #[arg(long, value_name = SWITCH, default_value = "false", action = ArgAction::Set)]
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
    #[arg(long, value_name = SWITCH, default_value = "false", action = ArgAction::Set)]
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
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, value_parser = target::directory())]
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
    /// DIR, oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:REF]; a DIR with a colon begins with ./ or /
    #[arg(long, value_name = "TARGET", value_hint = ValueHint::AnyPath, value_parser = Target::parser())]
    pub(crate) to: Target,
}

/// Write a bundle to a registry as an image, and print its name by digest
///
/// Of a directory or an archive a bundle image is built, with the labels that its `metadata/annotations.yaml` says; the
/// same files give the same image. An image in a layout or an archive is copied as it is; of an index, the image for this
/// machine.
#[derive(Debug, Args)]
#[command(after_help = examples::PUSH_EXAMPLES)]
pub(crate) struct Push {
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    /// Where to write it: REGISTRY/REPOSITORY:TAG
    #[arg(value_name = "REF", value_parser = image)]
    pub(crate) reference: Reference,
}

/// Show what `apply` would change
///
/// By a dry run on the server, of every object. Nothing is written. Exits with 0 where nothing would change, 1 where something
/// would, and 3 where that cannot be told.
#[derive(Debug, Args)]
#[command(after_help = examples::DIFF_EXAMPLES)]
pub(crate) struct Diff {
    #[command(flatten)]
    pub(crate) wanted: Wanted,
    /// How to print the changes
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportOutput,
}

/// Install or upgrade a bundle, under a name
///
/// The objects of the bundle are checked by a dry run on the server, all of them, before the first is written by server-side
/// apply, phase by phase. An inventory remembers them under the name. What a new version does not have any more is deleted as
/// soon as the new one is healthy: with `--wait` within this run, else with the next one that finds it so. It can be
/// interrupted at any time, and goes on when it is run again.
#[derive(Debug, Args)]
#[command(after_help = examples::APPLY_EXAMPLES)]
pub(crate) struct Apply {
    /// Wait until everything is healthy
    #[arg(long, value_name = SWITCH, default_value = "false", action = ArgAction::Set)]
    pub(crate) wait: bool,
    /// Print what would be done, and write nothing
    #[arg(long, value_name = SWITCH, default_value = "false", action = ArgAction::Set)]
    pub(crate) dry_run: bool,
    /// What `delete` does about the objects [default: Delete, or what was said before]
    ///
    /// Delete deletes them; KeepCRDs all but the definitions and their resources; Orphan none.
    #[arg(long, value_name = "POLICY", value_parser = cluster::policy())]
    pub(crate) deletion_policy: Option<DeletionPolicy>,
    /// How to print what was done, or with `--dry-run` would be
    ///
    /// For people it is told on standard error, and what would be done on standard output.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportOutput,
    #[command(flatten)]
    pub(crate) wanted: Wanted,
}

/// What is to be installed, how and where.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// Name of the installation
    #[arg(value_name = "NAME", value_parser = cluster::name)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) bundle: Bundle,
    #[command(flatten)]
    pub(crate) conversion: ConversionFlags,
    #[command(flatten)]
    pub(crate) how: ApplyFlags,
    #[command(flatten)]
    pub(crate) cluster: ClusterFlags,
}

/// Remove an installation
///
/// First the custom resources of its definitions, while the operator still runs, which may have to take finalizers off; then
/// webhooks; then the rest in reverse order; the definitions at the end. The namespace that it was installed into stays.
/// Where the inventory is lost, the marks on the objects tell what it was of.
#[derive(Debug, Args)]
#[command(after_help = examples::DELETE_EXAMPLES)]
pub(crate) struct Delete {
    #[command(flatten)]
    pub(crate) installed: Installed,
    /// What is done about the objects [default: what was said before, else Delete]
    #[arg(long, value_name = "POLICY", value_parser = cluster::policy())]
    pub(crate) deletion_policy: Option<DeletionPolicy>,
    /// ServiceAccount to act as on the objects
    #[arg(long, value_name = "NS/NAME", value_parser = ServiceAccount::from_str)]
    pub(crate) service_account: Option<ServiceAccount>,
    /// How long objects are waited for to be gone, such as 90s or 10m
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = cluster::duration)]
    pub(crate) timeout: Duration,
}

/// List installations, or show one
///
/// Those of `apply`, which have an inventory, and the BundleDeployments, which a controller installs. Of one of these: what it is
/// made of, and its conditions.
#[derive(Debug, Args)]
#[command(after_help = examples::GET_EXAMPLES)]
pub(crate) struct Get {
    /// Name of the installation, or KIND/NAME [default: all]
    ///
    /// KIND is bundledeployment or inventory.
    #[arg(value_name = "NAME", value_parser = Chosen::from_str)]
    pub(crate) chosen: Option<Chosen>,
    #[command(flatten)]
    pub(crate) cluster: ClusterFlags,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: GetOutput,
}

/// Show the objects of an installation, those that they made, and how they are doing
#[derive(Debug, Args)]
#[command(after_help = examples::TREE_EXAMPLES)]
pub(crate) struct Tree {
    #[command(flatten)]
    pub(crate) installed: Installed,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportOutput,
}

/// Show the events of the objects of an installation
///
/// And of those that they made, and of the BundleDeployment itself. The latest one stands last.
#[derive(Debug, Args)]
#[command(after_help = examples::EVENTS_EXAMPLES)]
pub(crate) struct Events {
    #[command(flatten)]
    pub(crate) installed: Installed,
    /// How to print them
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ReportOutput,
}

/// Wait until an installation is healthy
///
/// Exits with 1 where it is not in time, or never will be: where one of its objects has failed, or the BundleDeployment is Stalled.
/// What a BundleDeployment reports counts for the generation of its spec that it is about, and not for an earlier one. An
/// installation of `apply` can be waited for to be healthy or deleted.
#[derive(Debug, Args)]
#[command(after_help = examples::WAIT_EXAMPLES)]
pub(crate) struct Wait {
    #[command(flatten)]
    pub(crate) installed: Installed,
    /// What for
    #[arg(long = "for", value_name = "GOAL", default_value = "healthy")]
    pub(crate) goal: Goal,
    /// How long, such as 90s or 10m
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = cluster::duration)]
    pub(crate) timeout: Duration,
}

/// What is installed, by whomever, and where.
#[derive(Debug, Args)]
pub(crate) struct Installed {
    /// Name of the installation, or KIND/NAME
    ///
    /// KIND is bundledeployment or inventory.
    #[arg(value_name = "NAME", value_parser = Chosen::from_str)]
    pub(crate) chosen: Chosen,
    #[command(flatten)]
    pub(crate) cluster: ClusterFlags,
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

/// `--output` of `get`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum GetOutput {
    /// For people
    Text,
    /// For programs
    Json,
    /// The same, as YAML
    Yaml,
    /// A line `kind/name` for each, as other commands take it
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
