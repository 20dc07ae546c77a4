//! `rukpakctl`: bundles to plain manifests, and those to a cluster, without a controller or by handing them to one.
//!
//! In: a bundle (a directory, an archive, an image, standard input), flags, and a cluster where one is written to or looked at.
//! Out: manifests, findings, changes or a summary on standard output; everything else on standard error. What a bundle is, what
//! becomes of it and how it is applied is decided in the library crates; here are flags, files and terminals.

mod age;
mod chosen;
mod cli;
mod cluster;
mod commands;
mod conversion;
mod deployment;
mod descendants;
mod destination;
mod difference;
mod fetch;
mod following;
mod image;
mod installation;
mod installed;
mod lost;
mod meanwhile;
mod output;
mod printable;
mod progress;
mod report;
mod roles;
mod source;
mod table;
mod target;

use std::panic;
use std::process::{self, ExitCode};

/// Exit codes: 0 done, 1 failed, 2 wrong usage (which `parse` ends with), 101 a bug.
fn main() -> ExitCode {
    end_with_a_bug();
    let ran = cli::Cli::from_command_line().and_then(|cli| cli.map_or(Ok(ExitCode::SUCCESS), commands::run));
    let code = match ran {
        Ok(code) => code,
        // Whoever read our output has seen enough: `rukpakctl render … | head`.
        Err(error) if output::is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report::error(&error);
            ExitCode::FAILURE
        }
    };
    fetch::settle();
    code
}

/// Whichever thread comes upon a bug, it is told as ever, and everything ends: half of a result would be taken for the whole.
fn end_with_a_bug() {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |bug| {
        tell(bug);
        process::exit(101);
    }));
}
