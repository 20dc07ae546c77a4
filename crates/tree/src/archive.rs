//! Reading a tar archive from a stream, plain or compressed, and writing one ([`write`]).
//!
//! In: a reader and [`Limits`]. Out: its entries in their order, each with a normalised name, or the first thing that is
//! wrong. Nothing is held but the entry at hand. Decisions that the formats leave open:
//!
//! - The compression is told by the first bytes, never by a name. Members of gzip and frames of zstd are read on end.
//!   Bytes after the last one that are no further member or frame are an error, zeros included, as in Go's `gzip`.
//! - The stream is read to its end, so that a checksum behind the last entry counts. What follows the end-of-archive mark
//!   is not looked at, as in GNU tar, and counts as skipped.
//! - An archive may end without that mark where an entry ends, as GNU tar accepts it; anywhere else it is cut off.
//! - Long names and PAX records of more than 1 MiB are refused, the bound that Go's `archive/tar` has.
//! - Global PAX headers describe no entry and are not applied, as in Go. Of an entry's own records the name, the target of
//!   a link and the size count; one that cannot be read is passed over.

mod entry;
#[cfg(test)]
pub(crate) mod forge;
mod format;
mod stream;
#[cfg(test)]
mod tests;
mod write;

use std::io::{self, BufReader, Read};

pub use entry::{Entry, EntryKind};
pub use format::{Format, compression};
pub(crate) use stream::{Decompressed, Fault};
use stream::{Fenced, Progress};
pub(crate) use write::write;

use crate::assembly::Assembly;
use crate::{Limits, RelativePath, ShownPath, TreeError};

/// How much is read between two entries: the header of one, its long names and its PAX records.
const METADATA_BYTES: u64 = 1 << 20;

/// How many bytes decide what an input is: one tar header.
const HEAD_BYTES: u64 = 512;

/// Bytes read at a time from the input and from the decoder.
const BUFFER_BYTES: usize = 64 << 10;

/// Reads an archive and shows its entries to `visit`, in their order.
///
/// The names are normalised, and refused where they contain `..`. Memory and the ratio of the compression are bounded
/// here; how many entries and bytes are accepted is the visitor's to say: an error from it ends the reading.
pub fn read_archive(
    input: impl Read,
    limits: &Limits,
    visit: impl FnMut(&mut Entry<'_>) -> Result<(), TreeError>,
) -> Result<(), TreeError> {
    let (format, head, content) = open(input, limits)?;
    read_entries(content, not_a_tar(&head, format), limits, visit).map(drop)
}

/// Does what [`read_archive`] says, and gives the number of bytes that follow the end of the archive. One without a byte, compressed or
/// not, is a layer that changes nothing, as it is to containerd.
pub(crate) fn read_layer(
    input: impl Read,
    limits: &Limits,
    visit: impl FnMut(&mut Entry<'_>) -> Result<(), TreeError>,
) -> Result<u64, TreeError> {
    let (format, head, content) = open(input, limits)?;
    if head.is_empty() {
        return Ok(0);
    }
    read_entries(content, not_a_tar(&head, format), limits, visit)
}

/// How an input is compressed, the first bytes of its content, and all of its content.
fn open(input: impl Read, limits: &Limits) -> Result<(Format, Vec<u8>, impl Read), TreeError> {
    let start = |error| explain(error, &Progress::new(0), &RelativePath::default());
    let content = Decompressed::new(input, limits).map_err(start)?;
    let format = content.format();
    let (head, content) = peek(BufReader::with_capacity(BUFFER_BYTES, content)).map_err(start)?;
    Ok((format, head, content))
}

/// What an input is that does not begin like an archive.
fn not_a_tar(head: &[u8], format: Format) -> Option<String> {
    (!format::has_tar_magic(head)).then(|| format::describe(head, format))
}

/// Reads the entries of an uncompressed archive, and counts what follows them. `not_a_tar` says what it is if its first
/// header is none.
fn read_entries(
    content: impl Read,
    not_a_tar: Option<String>,
    limits: &Limits,
    mut visit: impl FnMut(&mut Entry<'_>) -> Result<(), TreeError>,
) -> Result<u64, TreeError> {
    let progress = Progress::new(METADATA_BYTES);
    let mut near = RelativePath::default();
    let mut archive = tar::Archive::new(Fenced::new(content, &progress));
    for (index, entry) in archive.entries().map_err(|error| explain(error, &progress, &near))?.enumerate() {
        let mut entry = entry.map_err(|error| {
            let in_first_header = index == 0 && progress.position() <= HEAD_BYTES;
            match (explain(error, &progress, &near), not_a_tar.clone()) {
                (
                    TreeError::ReadHeader { .. } | TreeError::Truncated { format: Format::Tar, .. },
                    Some(got),
                ) if in_first_header => TreeError::NotATar { got },
                (error, _) => error,
            }
        })?;
        near = entry::visit(&mut entry, &progress, &mut visit)?;
    }
    if progress.position() == 0 {
        return Err(TreeError::NotATar { got: not_a_tar.unwrap_or_default() });
    }
    progress.allow(u64::MAX);
    let mut rest = archive.into_inner().take(limits.skipped_bytes.saturating_add(1));
    let after_end = io::copy(&mut rest, &mut io::sink()).map_err(|error| explain(error, &progress, &near))?;
    if after_end > limits.skipped_bytes {
        return Err(TreeError::SkippedTooLarge { path: shown(&near), limit: limits.skipped_bytes });
    }
    Ok(after_end)
}

/// Puts an entry into a tree, if it is kept.
pub(crate) fn add(assembly: &mut Assembly<'_>, entry: &mut Entry<'_>) -> Result<(), TreeError> {
    let path = entry.path().clone();
    match entry.kind() {
        EntryKind::Metadata => return assembly.discard(path.as_bytes(), 1, entry.stored()),
        EntryKind::Directory if path.is_root() => {
            return assembly.discard(path.as_bytes(), 1, entry.stored());
        }
        _ if !assembly.keep().covers(&path) => return assembly.skip(&path, entry.stored()),
        EntryKind::File => {}
        // Only a file's data is kept.
        _ => assembly.discard(path.as_bytes(), 0, entry.stored())?,
    }
    let kept = assembly.admit(path)?;
    match entry.kind() {
        EntryKind::File => assembly.file(kept, entry.size(), |room| entry.content(room)),
        EntryKind::Directory => assembly.directory(kept),
        EntryKind::Symlink(target) => assembly.symlink(kept, target.clone()),
        EntryKind::HardLink(target) => assembly.hard_link(kept, target),
        EntryKind::Metadata => Ok(()),
        EntryKind::Other(kind) => Err(TreeError::Kind { path: ShownPath::new(kept), kind }),
    }
}

/// The first bytes of a reader, and a reader that begins with them.
fn peek<R: Read>(mut reader: R) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::new();
    reader.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok((head.clone(), io::Cursor::new(head).chain(reader)))
}

/// What an error of the archive's reader means.
fn explain(error: io::Error, progress: &Progress, near: &RelativePath) -> TreeError {
    match error.downcast::<Fault>() {
        Ok(fault) => fault.near(shown(near)),
        Err(_) if progress.ended() => {
            TreeError::Truncated { format: Format::Tar, length: progress.position(), near: shown(near) }
        }
        Err(source) => TreeError::ReadHeader { offset: progress.position(), near: shown(near), source },
    }
}

/// The last entry as an error names it.
fn shown(near: &RelativePath) -> ShownPath {
    if near.is_root() { ShownPath::new("its beginning") } else { near.into() }
}
