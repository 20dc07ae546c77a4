//! Watching over a program: that it makes progress, and that what it writes does not grow without bound.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

/// What a file takes on a disk, at least: file systems have blocks of this size.
const BLOCK_BYTES: u64 = 4 << 10;

/// What is watched of a program that runs.
#[derive(Debug)]
pub(super) struct Watch<'w> {
    /// How long there may be no progress; for ever where it is `None`.
    idle: Option<Duration>,
    /// A directory, and how many bytes may be in it.
    growth: Option<(&'w Path, u64)>,
    size: u64,
    last_progress: Instant,
}

/// Why the watch ends a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It neither said nor wrote anything for too long.
    Stalled,
    /// It wrote too much.
    TooLarge,
}

impl<'w> Watch<'w> {
    /// For what reads and writes nothing but this disk.
    pub(super) fn none() -> Self {
        Self { idle: None, growth: None, size: 0, last_progress: Instant::now() }
    }

    /// For what talks to a server.
    pub(super) fn idle(idle: Duration) -> Self {
        Self { idle: Some(idle), ..Self::none() }
    }

    /// And writes what it gets into a directory.
    pub(super) fn growth(self, directory: &'w Path, bytes: u64) -> Self {
        Self { growth: Some((directory, bytes)), ..self }
    }

    pub(super) fn saw_progress(&mut self) {
        self.last_progress = Instant::now();
    }

    /// Looks at the size and the time.
    pub(super) async fn look(&mut self) -> Result<(), Fault> {
        self.last_look().await?;
        match self.idle {
            Some(idle) if self.last_progress.elapsed() >= idle => Err(Fault::Stalled),
            _ => Ok(()),
        }
    }

    /// Looks at the size alone.
    pub(super) async fn last_look(&mut self) -> Result<(), Fault> {
        let Some((directory, limit)) = self.growth else { return Ok(()) };
        let directory = directory.to_owned();
        let size = tokio::task::spawn_blocking(move || size_of(directory, limit)).await.unwrap_or(self.size);
        if size != self.size {
            self.size = size;
            self.saw_progress();
        }
        if size > limit { Err(Fault::TooLarge) } else { Ok(()) }
    }
}

/// Bytes of all files of a directory, as far as the limit matters. What disappears meanwhile counts as nothing.
fn size_of(directory: PathBuf, limit: u64) -> u64 {
    let mut size = 0;
    let mut directories = vec![directory];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => directories.push(entry.path()),
                Ok(metadata) => size += metadata.len().max(BLOCK_BYTES),
                Err(_) => {}
            }
            if size > limit {
                return size;
            }
        }
    }
    size
}
