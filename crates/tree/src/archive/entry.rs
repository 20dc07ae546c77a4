//! One entry of an archive.

use std::fmt;
use std::io::{self, Read};

use super::stream::Progress;
use super::{METADATA_BYTES, explain};
use crate::{Format, RelativePath, ShownPath, TreeError};

/// Bytes of a sparse file's map beyond its header: 336 pieces. The tar reader takes a time that grows with the square of
/// their number.
const SPARSE_MAP_BYTES: u64 = 8 << 10;

const BLOCK_BYTES: u64 = 512;

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A file, contiguous or sparse.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, and its target as written.
    Symlink(Vec<u8>),
    /// Another name of an earlier entry, and the name of that as written.
    HardLink(Vec<u8>),
    /// No entry of its own, but something about the archive: a global PAX header, a volume's label.
    Metadata,
    /// Anything else, with its article: `a fifo`.
    Other(&'static str),
}

/// One entry of an archive, as long as it is visited.
pub struct Entry<'a> {
    path: RelativePath,
    kind: EntryKind,
    size: u64,
    stored: u64,
    data_offset: u64,
    /// Bytes of its content that were read.
    read: u64,
    data: &'a mut dyn Read,
    progress: &'a Progress,
}

impl Entry<'_> {
    /// Its normalised name, of any bytes.
    #[must_use]
    pub fn path(&self) -> &RelativePath {
        &self.path
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> &EntryKind {
        &self.kind
    }

    /// Bytes of its content, as the archive claims. For a sparse file with its holes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes that its data takes in the archive, as the archive claims.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.stored
    }

    /// Where its data begins, in bytes from the beginning of the uncompressed archive: [`stored`](Self::stored) bytes from
    /// there are what the archive has of it. Of a sparse file these are the pieces without the holes.
    #[must_use]
    pub fn data_offset(&self) -> u64 {
        self.data_offset
    }

    /// Reads its content into memory, once: [`size`](Self::size) bytes, or an error if those are more than `limit`.
    pub fn content(&mut self, limit: u64) -> Result<Vec<u8>, TreeError> {
        if self.size > limit {
            return Err(TreeError::FileTooLarge { path: (&self.path).into(), size: self.size, limit });
        }
        let mut content = Vec::with_capacity(usize::try_from(self.size).unwrap_or_default());
        (&mut self.data)
            .take(self.size)
            .read_to_end(&mut content)
            .map_err(|error| explain(error, self.progress, &self.path))?;
        if (content.len() as u64) < self.size {
            let near = ShownPath::from(&self.path);
            return Err(TreeError::Truncated { format: Format::Tar, length: self.progress.position(), near });
        }
        Ok(content)
    }

    /// Reads the next piece of its content into a buffer, and says how many bytes it is: fewer than the buffer takes at the end alone.
    pub(crate) fn piece(&mut self, buffer: &mut [u8]) -> Result<usize, TreeError> {
        let left = usize::try_from(self.size - self.read).unwrap_or(usize::MAX);
        let length = left.min(buffer.len());
        let piece = buffer.get_mut(..length).unwrap_or_default();
        self.data.read_exact(piece).map_err(|error| explain(error, self.progress, &self.path))?;
        self.read += length as u64;
        Ok(length)
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("path", &self.path)
            .field("kind", &self.kind)
            .field("size", &self.size)
            .field("stored", &self.stored)
            .finish_non_exhaustive()
    }
}

/// Shows an entry to the visitor, lets its data and what describes the next entry be read, and gives its name.
pub(super) fn visit(
    entry: &mut tar::Entry<'_, impl Read>,
    progress: &Progress,
    visit: &mut impl FnMut(&mut Entry<'_>) -> Result<(), TreeError>,
) -> Result<RelativePath, TreeError> {
    let path = RelativePath::parse(&entry.path_bytes())?;
    // The tar reader has read what describes the entry, and nothing beyond. Its own position is that behind the first
    // header, where more of a sparse file's map may follow.
    let data_offset = progress.position();
    let records = Records::of(entry).map_err(|error| explain(error, progress, &path))?;
    let sparse = entry.header().entry_type().is_gnu_sparse();
    if records.size && (sparse || records.unreadable) {
        // The tar reader passes over the size behind a record that it cannot read, and does not say how much of a sparse
        // file is stored; where the next entry begins is then anybody's guess.
        return Err(TreeError::Kind {
            path: (&path).into(),
            kind: "an entry with a PAX size that cannot be relied on",
        });
    }
    let stored = if sparse {
        // The size of the entry is that of the file, holes included; how much of it is stored stands in the header.
        entry.header().entry_size().map_err(|error| explain(error, progress, &path))?
    } else {
        entry.size()
    };
    let map = data_offset.saturating_sub(entry.raw_file_position());
    progress.allow(stored.saturating_add(BLOCK_BYTES).saturating_add(METADATA_BYTES));

    let kind = match kind_of(entry) {
        EntryKind::File if records.sparse => EntryKind::Other("a sparse file in the form of PAX"),
        EntryKind::File if map > SPARSE_MAP_BYTES => EntryKind::Other("a sparse file of too many pieces"),
        // Archives older than POSIX have no other way to say it.
        EntryKind::File if entry.size() == 0 && entry.path_bytes().ends_with(b"/") => EntryKind::Directory,
        kind => kind,
    };
    let size = entry.size();
    let mut shown = Entry { path, kind, size, stored, data_offset, read: 0, data: entry, progress };
    visit(&mut shown)?;
    Ok(shown.path)
}

/// What the header says that the entry is.
fn kind_of(entry: &tar::Entry<'_, impl Read>) -> EntryKind {
    let target = || entry.link_name_bytes().unwrap_or_default().into_owned();
    match entry.header().entry_type().as_byte() {
        b'0' | b'7' | b'S' => EntryKind::File,
        b'1' => EntryKind::HardLink(target()),
        b'2' => EntryKind::Symlink(target()),
        b'3' => EntryKind::Other("a character device"),
        b'4' => EntryKind::Other("a block device"),
        // `D` is a directory of GNU tar's incremental archives, with a list of its content as data.
        b'5' | b'D' => EntryKind::Directory,
        b'6' => EntryKind::Other("a fifo"),
        b'g' | b'V' => EntryKind::Metadata,
        b'M' => EntryKind::Other("the rest of a file of another volume"),
        _ => EntryKind::Other("an entry of an unknown type"),
    }
}

/// What the PAX records of an entry say that the tar reader does not act on.
#[derive(Default)]
struct Records {
    /// There is one that the tar reader cannot read. It takes a line break for the end of a record, and attributes may
    /// hold one.
    unreadable: bool,
    /// The data is not the content, but a map of holes and what lies between them.
    sparse: bool,
    /// The entry's size is among them.
    size: bool,
}

impl Records {
    /// For a PAX header that is an entry of its own this reads its data, within what describes an entry.
    fn of(entry: &mut tar::Entry<'_, impl Read>) -> io::Result<Self> {
        let mut records = Self::default();
        for record in entry.pax_extensions()?.into_iter().flatten() {
            match record.as_ref().map(tar::PaxExtension::key_bytes) {
                Ok(b"size") => records.size = true,
                Ok(key) => records.sparse |= key.starts_with(b"GNU.sparse."),
                Err(_) => records.unreadable = true,
            }
        }
        Ok(records)
    }
}
