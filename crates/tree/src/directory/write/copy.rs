//! From an archive into a directory, without a tree in memory.
//!
//! One thread reads, and another writes what was read before: each takes about as long. A few buffers go around between them, so that
//! memory is bounded, and is used again instead of being had from the system anew.

use std::io::{ErrorKind, Read, Write as _};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use super::Staging;
use crate::archive::read_archive;
use crate::{Entry, EntryKind, Limits, ShownPath, TreeError};

/// Bytes of a buffer.
const PIECE: usize = 128 << 10;

/// Buffers.
const PIECES: usize = 4;

/// What is to be written next.
enum Next {
    /// A file of this name, whose content follows.
    File(String),
    /// So many bytes of the file before.
    Piece(Box<[u8]>, usize),
}

/// Writes the files and directories of an archive. How many files it has.
pub(super) fn copy(staging: &Staging, archive: impl Read, limits: &Limits) -> Result<u64, TreeError> {
    let (send, next) = sync_channel(PIECES);
    let (give_back, buffers) = channel();
    thread::scope(|scope| {
        let writer = Writer { staging, next, give_back };
        let writer = scope.spawn(|| writer.run());
        let mut reader = Reader { staging, limits, send, buffers, made: 0, files: 0 };
        let read = read_archive(archive, limits, |entry| reader.pass_on(entry));
        let files = reader.end();
        // Where it has given up, that is why nothing more was read.
        writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        read.map(|()| files)
    })
}

struct Writer<'a> {
    staging: &'a Staging,
    next: Receiver<Next>,
    give_back: Sender<Box<[u8]>>,
}

impl Writer<'_> {
    /// Writes what is sent, and gives the buffers back. With it go both ends, so that nobody waits for one who has given up.
    fn run(self) -> Result<(), TreeError> {
        let mut open = None;
        for next in self.next {
            match next {
                Next::File(path) => open = Some((self.staging.file(&path)?, path)),
                Next::Piece(buffer, length) => {
                    if let (Some((file, path)), Some(piece)) = (&mut open, buffer.get(..length)) {
                        file.write_all(piece).map_err(|error| self.staging.explain(path, error))?;
                    }
                    // Whoever reads may be at the end.
                    let _ = self.give_back.send(buffer);
                }
            }
        }
        Ok(())
    }
}

struct Reader<'a> {
    staging: &'a Staging,
    limits: &'a Limits,
    send: SyncSender<Next>,
    buffers: Receiver<Box<[u8]>>,
    /// How many buffers there are: no more than are needed.
    made: usize,
    files: u64,
}

impl Reader<'_> {
    fn pass_on(&mut self, entry: &mut Entry<'_>) -> Result<(), TreeError> {
        let path = entry.path().clone().into_kept(self.limits)?;
        match entry.kind() {
            EntryKind::Directory if path.is_empty() => return Ok(()),
            EntryKind::Directory => return self.staging.directory(&path),
            EntryKind::File => {}
            EntryKind::Other(kind) => return Err(TreeError::Kind { path: ShownPath::new(path), kind }),
            EntryKind::Symlink(_) | EntryKind::HardLink(_) | EntryKind::Metadata => {
                let kind = "an entry that no archive of ours has";
                return Err(TreeError::Kind { path: ShownPath::new(path), kind });
            }
        }
        self.files += 1;
        let gone = || self.staging.explain(&path, ErrorKind::BrokenPipe.into());
        self.send.send(Next::File(path.clone())).map_err(|_| gone())?;
        let mut left = entry.size();
        while left > 0 {
            let mut buffer = self.buffer().ok_or_else(gone)?;
            let length = entry.piece(&mut buffer)?;
            self.send.send(Next::Piece(buffer, length)).map_err(|_| gone())?;
            left -= length as u64;
        }
        Ok(())
    }

    /// A buffer that nobody uses. `None` where nobody will give one back.
    fn buffer(&mut self) -> Option<Box<[u8]>> {
        if let Ok(buffer) = self.buffers.try_recv() {
            return Some(buffer);
        }
        if self.made == PIECES {
            return self.buffers.recv().ok();
        }
        self.made += 1;
        Some(vec![0; PIECE].into_boxed_slice())
    }

    /// Nothing more is sent. How many files there were.
    fn end(self) -> u64 {
        self.files
    }
}
