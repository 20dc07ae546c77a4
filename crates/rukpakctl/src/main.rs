//! `rukpakctl`: bundles to plain manifests, without a cluster.
//!
//! In: a bundle (a directory, an archive, an image, standard input) and flags. Out: manifests, findings or a summary on
//! standard output; everything else on standard error. What a bundle is and what becomes of it is decided in the library crates;
//! here are flags, files and terminals.

mod certificates;
mod cli;
mod commands;
mod fetch;
mod image;
mod output;
mod printable;
mod progress;
mod report;
mod source;
mod target;

use std::process::ExitCode;

use clap::Parser;

/// Exit codes: 0 done, 1 failed, 2 wrong usage (which `parse` ends with).
fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(code) => code,
        // Whoever read our output has seen enough: `rukpakctl render … | head`.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report::error(&error);
            ExitCode::FAILURE
        }
    }
}
