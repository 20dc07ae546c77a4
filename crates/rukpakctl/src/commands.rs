//! The commands, one file each.

mod apply;
mod completion;
mod content;
mod delete;
mod diff;
mod events;
mod get;
mod inspect;
mod pull;
mod push;
mod render;
mod run;
mod tree;
mod unpack;
mod validate;
mod wait;

use std::process::ExitCode;

use rukpak_bundle::{Bundle, Capabilities, Findings, Format};

use crate::cli::{Cli, Command};
use crate::{cli, fetch};

pub(crate) use unpack::expect_bundle;

/// Runs what the command line asks for.
pub(crate) fn run(Cli { command, quiet }: Cli) -> anyhow::Result<ExitCode> {
    match command {
        Command::Render(args) => render::run(&args, quiet),
        Command::Validate(args) => validate::run(&args, quiet),
        Command::Inspect(args) => inspect::run(&args, quiet),
        Command::Unpack(args) => unpack::run(&args, quiet),
        Command::Pull(args) => pull::run(&args, quiet),
        Command::Push(args) => push::run(&args, quiet),
        Command::Diff(args) => Ok(diff::run(&args, quiet)),
        Command::Apply(args) => apply::run(&args, quiet),
        Command::Delete(args) => delete::run(&args, quiet),
        Command::Get(args) => get::run(&args, quiet),
        Command::Tree(args) => tree::run(&args, quiet),
        Command::Events(args) => events::run(&args, quiet),
        Command::Wait(args) => wait::run(&args, quiet),
        Command::Content(args) => content::run(&args, quiet),
        Command::Run(args) => run::run(&args, quiet),
        Command::Completion(args) => completion::run(&args),
    }
}

/// Reads a bundle. Where it is refused, the error is what was found; the warnings with it, unless they are not wanted.
fn read(
    bundle: &cli::Bundle,
    format: Format,
    capabilities: Option<&Capabilities>,
    quiet: bool,
) -> anyhow::Result<(Bundle, Findings)> {
    let files = fetch::bundle(bundle, quiet)?;
    rukpak_bundle::read_for(files.tree(), format, capabilities)
        .map_err(|findings| if quiet { findings.errors().cloned().collect() } else { findings }.into())
}
