//! The program as its users meet it: arguments in; bytes, an exit code and nothing else out.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod certificates;
mod closed;
mod cluster;
mod examples;
mod fail;
mod hostile;
mod render;
mod stored;
mod usage;

use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;

/// What a run left behind.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// The root of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The program, to be run at the root of the checkout.
fn rukpakctl<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rukpakctl"));
    // Neither what a terminal says about itself nor what the user has at home is for tests.
    for variable in ["COLUMNS", "CLICOLOR_FORCE", "NO_COLOR", "HOME", "XDG_CACHE_HOME", "REGISTRY_AUTH_FILE"]
    {
        command.env_remove(variable);
    }
    command.current_dir(root()).args(args).timeout(Duration::from_mins(1));
    command
}

fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
