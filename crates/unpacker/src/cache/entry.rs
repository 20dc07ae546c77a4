//! One entry: a line with the form and the digest of all that follows, a line of JSON with what was skipped, and a tar
//! archive.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufWriter, Read, Seek, SeekFrom, Write};

use blake3::{Hash, Hasher};
use rukpak_tree::{FileTree, Keep, Limits, NewDirectory, Skipped, TreeError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ahead;

/// How an entry begins.
const MAGIC: &str = "rukpak-cache 2 ";

/// Bytes of the first line: the magic, a BLAKE3 digest, a line break. Nobody but us compares it with anything, and it is several times
/// as fast as SHA-256 even where the processor knows that.
const FIRST_LINE: usize = MAGIC.len() + 2 * blake3::OUT_LEN + 1;

/// Bytes written at a time.
const WRITE_BYTES: usize = 256 << 10;

/// What the archive has of a file or directory besides its content and its path: its header, one for a long path, and what fills both,
/// the path and the content up to whole blocks.
const NODE_BYTES: u64 = 4 * 512;

/// The line of what was skipped, whose names are few and short, and the end of the archive.
const REST_BYTES: u64 = 1 << 20;

/// Why an entry is of no use.
#[derive(Debug, Error)]
pub(super) enum EntryError {
    #[error("cannot read the entry")]
    Read(#[from] io::Error),
    #[error("the entry does not begin as one of ours")]
    Magic,
    #[error("got an entry with digest {got}, expected {expected}")]
    Digest { expected: Hash, got: Hash },
    #[error("the entry's second line is not valid")]
    Hints(#[source] serde_json::Error),
    #[error("the entry's archive is not valid")]
    Tree(#[source] TreeError),
}

impl EntryError {
    /// Whether the entry may well be as it was written, and there is no thread or memory to read it.
    pub(super) fn is_of_the_moment(&self) -> bool {
        matches!(self, Self::Read(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory))
    }
}

/// [`Skipped`], as it is stored.
#[derive(Serialize, Deserialize)]
struct Hints {
    entries: u64,
    bytes: u64,
    top_level: BTreeSet<String>,
    misplaced: BTreeSet<String>,
}

/// Writes an entry into an empty file. One that these limits would not let in again is not finished.
pub(super) fn write(file: &mut File, tree: &FileTree, limits: &Limits) -> io::Result<()> {
    // The digest comes first and is known last.
    file.write_all(&[b' '; FIRST_LINE])?;
    let digest = write_hashed(file, tree, limits)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(format!("{MAGIC}{}\n", digest.to_hex()).as_bytes())
}

fn write_hashed(file: &mut File, tree: &FileTree, limits: &Limits) -> io::Result<Hash> {
    let inner = BufWriter::with_capacity(WRITE_BYTES, Bounded { inner: file, room: most(limits) });
    let mut out = Hashing::new(inner);
    let Skipped { entries, bytes, top_level, misplaced } = tree.skipped().clone();
    serde_json::to_writer(&mut out, &Hints { entries, bytes, top_level, misplaced })?;
    out.write_all(b"\n")?;
    tree.write_tar(&mut out)?;
    out.flush()?;
    Ok(out.hasher.finalize())
}

/// Reads an entry and verifies it. Nothing of it is held but the tree.
pub(super) fn read(file: &File, limits: &Limits) -> Result<FileTree, EntryError> {
    verified(file, limits, |rest| {
        let Hints { entries, bytes, top_level, misplaced } = hints(rest)?;
        let tree = FileTree::from_archive(rest, &Keep::everything(), limits).map_err(EntryError::Tree)?;
        Ok(tree.with_skipped(Skipped { entries, bytes, top_level, misplaced }))
    })
}

/// Fills a directory with the files of an entry, and says how many they are. Only then is it verified.
pub(super) fn copy(file: &File, limits: &Limits, directory: &NewDirectory) -> Result<u64, EntryError> {
    verified(file, limits, |rest| {
        hints(rest)?;
        directory.fill(rest, limits).map_err(EntryError::Tree)
    })
}

/// What comes of an entry where it is the one that was written.
fn verified<T>(
    mut file: &File,
    limits: &Limits,
    read: impl FnOnce(&mut dyn BufRead) -> Result<T, EntryError>,
) -> Result<T, EntryError> {
    let mut first = [0; FIRST_LINE];
    file.read_exact(&mut first)?;
    let first = std::str::from_utf8(&first).map_err(|_| EntryError::Magic)?;
    let expected: Hash = first
        .strip_prefix(MAGIC)
        .and_then(|digest| digest.strip_suffix('\n')?.parse().ok())
        .ok_or(EntryError::Magic)?;
    let (read, got) = ahead::hashed(file.take(most(limits)), read)?;
    // What is wrong with bytes that are not those that were written says nothing.
    if got == expected { read } else { Err(EntryError::Digest { expected, got }) }
}

/// The second line.
fn hints(rest: &mut dyn BufRead) -> Result<Hints, EntryError> {
    let mut line = Vec::new();
    rest.take(REST_BYTES).read_until(b'\n', &mut line)?;
    serde_json::from_slice(&line).map_err(EntryError::Hints)
}

/// Bytes of an entry behind its first line, at most: files and as many directories.
fn most(limits: &Limits) -> u64 {
    let Limits { kept_bytes, names_bytes, files, .. } = *limits;
    let nodes = files.saturating_mul(2).saturating_mul(NODE_BYTES);
    [kept_bytes, names_bytes, nodes].into_iter().fold(REST_BYTES, u64::saturating_add)
}

/// Takes so many bytes.
struct Bounded<W> {
    inner: W,
    room: u64,
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.room = self.room.checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        // Of what is not taken now there is another call.
        let written = self.inner.write(bytes)?;
        self.room = self.room.saturating_add((bytes.len() - written) as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Hashes what passes.
struct Hashing<T> {
    inner: T,
    hasher: Hasher,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Self { inner, hasher: Hasher::new() }
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
