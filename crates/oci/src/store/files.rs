//! Where the files of an image lie: below a directory, or in an archive.

use std::fs::{File, FileType, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rukpak_tree::ShownPath;

use super::archive::Archive;
use super::error::StoreError;
use crate::Digest;

/// Bytes of a document that is read whole: `index.json`, `manifest.json`, a configuration.
pub(super) const DOCUMENT_BYTES: u64 = 4 << 20;

/// The files of a layout.
pub(super) enum Files {
    Directory(PathBuf),
    Archive(Archive),
}

impl Files {
    /// A file at the root, if there is one. The name is ours, not that of an input.
    pub(super) fn document(&self, name: &'static str) -> Result<Option<Stored>, StoreError> {
        match self {
            Self::Directory(root) => open_below(root, &[name]),
            Self::Archive(archive) => Ok(archive.file(name.as_bytes())),
        }
    }

    /// The file of a blob, if there is one.
    pub(super) fn blob(&self, digest: &Digest) -> Result<Option<Stored>, StoreError> {
        match self {
            Self::Directory(root) => open_below(root, &blob_path(digest)),
            Self::Archive(archive) => Ok(archive.file(blob_path(digest).join("/").as_bytes())),
        }
    }
}

/// Where a layout keeps a blob (image-layout.md, "Blobs").
pub(super) fn blob_path(digest: &Digest) -> [&str; 3] {
    ["blobs", digest.algorithm().as_str(), digest.hex()]
}

/// Bytes of an open file. Each reader of them has a position of its own.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    file: Arc<File>,
    offset: u64,
    size: u64,
}

impl Stored {
    pub(super) fn new(file: Arc<File>, offset: u64, size: u64) -> Self {
        Self { file, offset, size }
    }

    /// Where in its file it begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes it has, as the file system or the archive says.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn reader(&self) -> Section {
        let Self { file, offset, size } = self.clone();
        Section { file, position: offset, end: offset.saturating_add(size) }
    }

    /// Reads a document into memory. `what` and `path` are for errors.
    pub(super) fn document(&self, what: impl AsRef<[u8]>, path: &ShownPath) -> Result<Vec<u8>, StoreError> {
        let too_large = || {
            let (path, what) = (path.clone(), ShownPath::new(&what));
            StoreError::TooLarge { path, what, limit: DOCUMENT_BYTES }
        };
        if self.size > DOCUMENT_BYTES {
            return Err(too_large());
        }
        let mut content = Vec::new();
        // A file may have grown since its size was looked at.
        let mut reader = self.reader().take(DOCUMENT_BYTES);
        reader.read_to_end(&mut content).map_err(|source| StoreError::Read { path: path.clone(), source })?;
        Ok(content)
    }
}

/// A reader of [`Stored`] bytes.
#[derive(Debug)]
pub(super) struct Section {
    file: Arc<File>,
    position: u64,
    end: u64,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let room = buffer.len().min(left);
        let read = self.file.read_at(buffer.get_mut(..room).unwrap_or_default(), self.position)?;
        self.position = self.position.saturating_add(read as u64);
        Ok(read)
    }
}

/// Opens a file below a directory, if there is one, where neither it nor a folder on the way is a link.
pub(super) fn open_below(root: &Path, components: &[&str]) -> Result<Option<Stored>, StoreError> {
    let mut path = root.to_owned();
    for (index, component) in components.iter().enumerate() {
        path.push(component);
        let shown = || ShownPath::of_host(&path);
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::Open { path: shown(), source }),
        };
        if index + 1 == components.len() {
            return open_same(&path, &metadata).map(Some);
        }
        if !metadata.is_dir() {
            let (got, expected) = (describe(metadata.file_type()), "a directory");
            return Err(StoreError::Kind { path: shown(), got, expected });
        }
    }
    Ok(None)
}

/// Opens the file that was looked at before, and nothing that took its place.
fn open_same(path: &Path, before: &Metadata) -> Result<Stored, StoreError> {
    let shown = || ShownPath::of_host(path);
    let kind = |got| StoreError::Kind { path: shown(), got, expected: "a file" };
    if !before.is_file() {
        return Err(kind(describe(before.file_type())));
    }
    let open = |source| StoreError::Open { path: shown(), source };
    let file = File::open(path).map_err(open)?;
    let metadata = file.metadata().map_err(open)?;
    if (before.dev(), before.ino()) != (metadata.dev(), metadata.ino()) {
        return Err(kind("being replaced"));
    }
    Ok(Stored::new(Arc::new(file), 0, metadata.len()))
}

/// What a path is, with its article.
pub(super) fn describe(kind: FileType) -> &'static str {
    if kind.is_file() {
        "a file"
    } else if kind.is_dir() {
        "a directory"
    } else if kind.is_symlink() {
        "a symbolic link"
    } else {
        "neither a file nor a directory"
    }
}
