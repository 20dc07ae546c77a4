//! From an archive into a directory, without a tree in memory: a piece at a time, in one buffer.
//!
//! A second thread that writes piece by piece while this one reads makes it slower: what they wait for each other is more than what
//! they save. Who has a large archive reads it far ahead instead.

use std::io::{Read, Write as _};

use super::Staging;
use crate::archive::read_archive;
use crate::{Entry, EntryKind, Limits, ShownPath, TreeError};

/// Bytes of the buffer.
const PIECE: usize = 64 << 10;

/// Writes the files and directories of an archive. How many files it has.
pub(super) fn copy(staging: &Staging, archive: impl Read, limits: &Limits) -> Result<u64, TreeError> {
    let mut buffer = vec![0; PIECE];
    let mut files = 0;
    read_archive(archive, limits, |entry| {
        let path = entry.path().clone().into_kept(limits)?;
        match entry.kind() {
            EntryKind::Directory if path.is_empty() => Ok(()),
            EntryKind::Directory => staging.directory(&path),
            EntryKind::File => {
                files += 1;
                copy_file(staging, &path, entry, &mut buffer)
            }
            EntryKind::Other(kind) => Err(TreeError::Kind { path: ShownPath::new(path), kind }),
            EntryKind::Symlink(_) | EntryKind::HardLink(_) | EntryKind::Metadata => {
                let kind = "an entry that no archive of ours has";
                Err(TreeError::Kind { path: ShownPath::new(path), kind })
            }
        }
    })?;
    Ok(files)
}

fn copy_file(
    staging: &Staging,
    path: &str,
    entry: &mut Entry<'_>,
    buffer: &mut [u8],
) -> Result<(), TreeError> {
    let mut file = staging.file(path)?;
    let mut left = entry.size();
    while left > 0 {
        let length = entry.piece(buffer)?;
        let piece = buffer.get(..length).unwrap_or_default();
        file.write_all(piece).map_err(|error| staging.explain(path, error))?;
        left -= length as u64;
    }
    Ok(())
}
