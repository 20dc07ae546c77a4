//! `rukpakctl completion`: the flags, as a shell's completion script.

use std::io::Write;
use std::process::ExitCode;

use crate::cli::{Cli, Completion};
use crate::output;

/// Prints the script.
pub(crate) fn run(args: &Completion) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    // It panics where it cannot write, so not to standard output itself, which may be a closed pipe.
    clap_complete::generate(args.shell, &mut Cli::flags(), "rukpakctl", &mut script);
    output::data(|out| out.write_all(&script))?;
    Ok(ExitCode::SUCCESS)
}
