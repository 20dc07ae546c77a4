//! The control plane of one suite: a process of its own, which ends with the suite's.
//!
//! A static is not dropped when a test process ends, but its files are closed. So `with-controlplane` runs a command that reads
//! from us until that happens, and then ends as it always does: with its programs and its files.

use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{EXISTING_VARIABLE, HOME_VARIABLE};

/// A control plane that is there until the process ends, or this is dropped.
#[derive(Debug)]
pub(super) struct Own {
    home: PathBuf,
    /// Its standard input is what it waits for.
    _runner: Child,
}

impl Own {
    /// Starts it, and waits until Pods can run.
    pub(super) fn start(with_controlplane: impl AsRef<OsStr>) -> io::Result<Self> {
        let script = format!("echo \"${HOME_VARIABLE}\"; exec cat >/dev/null");
        let mut runner = Command::new(with_controlplane)
            .args(["sh", "-c", &script])
            .env_remove(EXISTING_VARIABLE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut home = String::new();
        if let Some(stdout) = runner.stdout.take() {
            BufReader::new(stdout).read_line(&mut home)?;
        }
        match home.strip_suffix('\n') {
            Some(home) => Ok(Self { home: home.into(), _runner: runner }),
            None => Err(io::Error::other(format!("with-controlplane has ended ({})", runner.wait()?))),
        }
    }

    /// Where its files are.
    pub(super) fn home(&self) -> &Path {
        &self.home
    }
}
