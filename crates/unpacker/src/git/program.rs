//! Running a program so that it neither outlives nor outgrows who runs it.
//!
//! Each program leads a process group of its own, which everything that it starts belongs to (`git-remote-https`,
//! `git-index-pack`, `ssh`). The group is killed as a whole: when the run is dropped, when the watch says so, and when the
//! program has ended and something of it has not.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::message::Tail;
use super::watch::{Fault, Watch};

/// How often it is looked whether there is progress.
const TICK: Duration = Duration::from_millis(200);

/// How long what a program started may outlive it, and how long what was killed may take to go.
const LINGER: Duration = Duration::from_secs(1);

/// How long a dropped run waits for its processes to be gone. They are killed, so that this is a matter of microseconds.
const FAREWELL: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Bytes of an answer on standard output. Only names and kinds of objects are read this way.
pub(super) const ANSWER_BYTES: u64 = 1 << 20;

/// The program of this name in a list of directories, relative ones left out.
pub(super) fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    let candidates =
        std::env::split_paths(path).filter(|folder| folder.is_absolute()).map(|folder| folder.join(name));
    candidates.into_iter().find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// What a program did.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    /// Standard output, unless it went elsewhere.
    pub(super) answer: Vec<u8>,
    /// The end of standard error.
    pub(super) tail: Tail,
}

/// Why a program did not come to its end.
#[derive(Debug)]
pub(super) enum Interruption {
    /// The system does not run it, or does not let go of what it wrote.
    System(io::Error),
    /// The watch ended it.
    Watch(Fault),
    /// It answered with more than [`ANSWER_BYTES`].
    AnswerTooLong,
}

impl From<io::Error> for Interruption {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// A program that runs.
pub(super) struct Running {
    child: Child,
    stderr: Option<ChildStderr>,
    /// The process group, as long as something may be left of it.
    group: Option<Pid>,
}

impl Running {
    /// Starts a program with nothing to read. Its standard output is read unless the command has a place for it.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        let mut child = command.spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        Ok(Self { stderr: child.stderr.take(), child, group })
    }

    /// Waits for the end of the program and of all that it started.
    pub(super) async fn finish(mut self, mut watch: Watch<'_>) -> Result<Finished, Interruption> {
        match self.attend(&mut watch).await {
            Ok(finished) => {
                self.group = None;
                Ok(finished)
            }
            Err(interruption) => {
                self.end().await;
                Err(interruption)
            }
        }
    }

    async fn attend(&mut self, watch: &mut Watch<'_>) -> Result<Finished, Interruption> {
        let mut stdout = self.child.stdout.take();
        let (mut from_stdout, mut from_stderr) = (vec![0; 16 << 10], vec![0; 4 << 10]);
        let (mut answer, mut tail) = (Vec::new(), Tail::default());
        let mut ended: Option<(ExitStatus, Instant)> = None;
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let (Some((status, _)), None, None) = (ended, &stdout, &self.stderr) {
                watch.last_look().await.map_err(Interruption::Watch)?;
                return Ok(Finished { status, answer, tail });
            }
            tokio::select! {
                read = read_some(&mut stdout, &mut from_stdout), if stdout.is_some() => {
                    answer.extend_from_slice(read?);
                    watch.saw_progress();
                    if answer.len() as u64 > ANSWER_BYTES {
                        return Err(Interruption::AnswerTooLong);
                    }
                }
                read = read_some(&mut self.stderr, &mut from_stderr), if self.stderr.is_some() => {
                    tail.push(read?);
                    watch.saw_progress();
                }
                status = self.child.wait(), if ended.is_none() => ended = Some((status?, Instant::now())),
                _ = tick.tick() => match ended.map(|(_, since)| since.elapsed()) {
                    // Whoever holds on to the pipes has left the group.
                    Some(lingering) if lingering > LINGER * 2 => (stdout, self.stderr) = (None, None),
                    // Something that it started holds on.
                    Some(lingering) if lingering > LINGER => self.kill(),
                    Some(_) => {}
                    None => watch.look().await.map_err(Interruption::Watch)?,
                },
            }
        }
    }

    /// Kills the group and waits until nothing of it is left, so that whoever removes its files is alone with them.
    async fn end(&mut self) {
        self.kill();
        let _ = self.child.wait().await;
        let mut rest = vec![0; 4 << 10];
        let drain =
            async { while self.stderr.is_some() && read_some(&mut self.stderr, &mut rest).await.is_ok() {} };
        let _ = timeout(LINGER, drain).await;
    }

    /// The group is there as long as the program was not waited for, or something that it started holds its pipes.
    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.group.is_none() {
            return;
        }
        self.kill();
        // The caller is about to remove the directory that they write to. The pipe hangs up with the last of them.
        if let Some(stderr) = &self.stderr {
            let _ = poll(&mut [PollFd::new(stderr, PollFlags::empty())], Some(&FAREWELL));
        }
    }
}

/// Reads some bytes; at the end of the stream, closes it.
async fn read_some<'b>(
    stream: &mut Option<impl AsyncRead + Unpin>,
    buffer: &'b mut [u8],
) -> io::Result<&'b [u8]> {
    let Some(open) = stream else { return Ok(&[]) };
    let length = open.read(buffer).await?;
    if length == 0 {
        *stream = None;
    }
    Ok(buffer.get(..length).unwrap_or_default())
}

#[cfg(test)]
mod tests;
