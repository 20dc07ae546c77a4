//! One run of a program: a line in, what it prints out, within bounds of time and size.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use super::HelperError;

/// Bytes that a program may print.
pub(in crate::keyring) const OUTPUT_SIZE: u64 = 64 << 10;

/// Bytes of its complaints that are kept.
const COMPLAINTS_SIZE: u64 = 4 << 10;

/// What a program printed, and how it ended. It has no `Debug`, since it may hold a secret.
pub(super) struct Printed {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Runs `PROGRAM get`. It and what it starts have a process group of their own, which ends as a whole where something fails
/// or the call is dropped.
pub(super) async fn run(
    program: &Path,
    search: Option<&OsStr>,
    input: &str,
    timeout: Duration,
) -> Result<Printed, HelperError> {
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(search) = search {
        command.env("PATH", search);
    }
    let mut child = command.process_group(0).kill_on_drop(true).spawn().map_err(HelperError::Run)?;
    // Dropped before the child is, whose number nobody else can have until it was waited for.
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let printed = tokio::time::timeout(timeout, exchange(&mut child, input)).await;
    if let Ok(Ok(_)) = printed {
        group.0 = None;
    }
    printed.unwrap_or(Err(HelperError::TimedOut(timeout)))
}

async fn exchange(child: &mut Child, input: &str) -> Result<Printed, HelperError> {
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(HelperError::Run(io::ErrorKind::BrokenPipe.into()));
    };
    let write = async move {
        // A program that knows one registry only need not read which.
        let _ = stdin.write_all(input.as_bytes()).await;
        Ok(())
    };
    let complaints = async {
        let (kept, mut rest) = kept(stderr, COMPLAINTS_SIZE).await?;
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.map_err(HelperError::Run)?;
        Ok(kept)
    };
    let answer = async {
        let (kept, _) = kept(stdout, OUTPUT_SIZE + 1).await?;
        if kept.len() as u64 > OUTPUT_SIZE { Err(HelperError::TooLong) } else { Ok(kept) }
    };
    let ((), stdout, stderr) = tokio::try_join!(write, answer, complaints)?;
    let status = child.wait().await.map_err(HelperError::Run)?;
    Ok(Printed { status, stdout, stderr })
}

/// The beginning of what comes out of a pipe, and the pipe.
async fn kept<R: AsyncRead + Unpin>(pipe: R, limit: u64) -> Result<(Vec<u8>, R), HelperError> {
    let mut kept = vec![];
    let mut beginning = pipe.take(limit);
    beginning.read_to_end(&mut kept).await.map_err(HelperError::Run)?;
    Ok((kept, beginning.into_inner()))
}

/// A process group that is ended when this is dropped: whatever is left of a helper, and of what it started.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        // There is nothing to be done about a process that cannot be ended; most likely there is none.
        let _ = self.0.map(|group| kill_process_group(group, Signal::KILL));
    }
}
