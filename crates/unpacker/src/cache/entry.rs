//! One entry: a line with the form and the digest of all that follows, a line of JSON with what was skipped, and a tar
//! archive.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use rukpak_oci::{Algorithm, Digest, Hasher};
use rukpak_tree::{FileTree, Keep, Limits, Skipped, TreeError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How an entry begins.
const MAGIC: &str = "rukpak-cache 1 ";

/// Bytes of the first line: the magic, a digest, a line break.
const FIRST_LINE: usize = MAGIC.len() + "sha256:".len() + 64 + 1;

/// Bytes written at a time.
const WRITE_BYTES: usize = 256 << 10;

/// Beside the kept files an entry holds headers of the archive, which are small.
const OVERHEAD: u64 = 64 << 20;

/// Why an entry is of no use.
#[derive(Debug, Error)]
pub(super) enum EntryError {
    #[error("cannot read the entry")]
    Read(#[from] io::Error),
    #[error("the entry does not begin as one of ours")]
    Magic,
    #[error("got an entry with digest {got}, expected {expected}")]
    Digest { expected: Digest, got: Digest },
    #[error("the entry's second line is not valid")]
    Hints(#[source] serde_json::Error),
    #[error("the entry's archive is not valid")]
    Tree(#[source] TreeError),
}

/// [`Skipped`], as it is stored.
#[derive(Serialize, Deserialize)]
struct Hints {
    entries: u64,
    bytes: u64,
    top_level: BTreeSet<String>,
    misplaced: BTreeSet<String>,
}

/// Writes an entry into an empty file.
pub(super) fn write(file: &mut File, tree: &FileTree) -> io::Result<()> {
    // The digest comes first and is known last.
    file.write_all(&[b' '; FIRST_LINE])?;
    let digest = write_hashed(file, tree)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(format!("{MAGIC}{digest}\n").as_bytes())
}

fn write_hashed(file: &mut File, tree: &FileTree) -> io::Result<Digest> {
    let inner = BufWriter::with_capacity(WRITE_BYTES, file);
    let mut out = Hashing { inner, hasher: Hasher::new(Algorithm::Sha256) };
    let Skipped { entries, bytes, top_level, misplaced } = tree.skipped().clone();
    serde_json::to_writer(&mut out, &Hints { entries, bytes, top_level, misplaced })?;
    out.write_all(b"\n")?;
    tree.write_tar(&mut out)?;
    out.flush()?;
    Ok(out.hasher.finish())
}

/// Reads an entry and verifies it.
pub(super) fn read(mut file: &File, limits: &Limits) -> Result<FileTree, EntryError> {
    let mut first = [0; FIRST_LINE];
    file.read_exact(&mut first)?;
    let first = std::str::from_utf8(&first).map_err(|_| EntryError::Magic)?;
    let expected: Digest = first
        .strip_prefix(MAGIC)
        .and_then(|digest| digest.strip_suffix('\n')?.parse().ok())
        .ok_or(EntryError::Magic)?;
    let mut rest = Vec::new();
    file.take(limits.kept_bytes.saturating_add(OVERHEAD)).read_to_end(&mut rest)?;
    let got = Digest::sha256(&rest);
    if got != expected {
        return Err(EntryError::Digest { expected, got });
    }
    let line = rest.iter().position(|byte| *byte == b'\n').ok_or(EntryError::Magic)?;
    let (hints, archive) = rest.split_at(line);
    let Hints { entries, bytes, top_level, misplaced } =
        serde_json::from_slice(hints).map_err(EntryError::Hints)?;
    let archive = archive.get(1..).unwrap_or_default();
    // It was accepted when it was written, and names directories that it only implied before.
    let limits = Limits { files: u64::MAX, ..limits.clone() };
    let tree = FileTree::from_archive(archive, &Keep::everything(), &limits).map_err(EntryError::Tree)?;
    Ok(tree.with_skipped(Skipped { entries, bytes, top_level, misplaced }))
}

struct Hashing<W> {
    inner: W,
    hasher: Hasher,
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
