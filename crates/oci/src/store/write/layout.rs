//! Writing to an image layout, a directory.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use rukpak_tree::ShownPath;

use super::super::error::StoreError;
use super::super::files::{DOCUMENT_BYTES, Files, blob_path, describe, open_below};
use super::super::index::LayoutIndex;
use super::super::layout::{INDEX, MARKER, MARKER_CONTENT, has_marker, read_index};
use super::copy;
use super::temporary::{Temporary, is_temporary, sweep, sync};
use crate::{Descriptor, Digest, Verified};

/// The tag of temporary files.
const TAG: &str = "layout";

pub(super) struct LayoutWriter {
    root: PathBuf,
    /// What was written, or found to be right.
    known: BTreeSet<Digest>,
}

impl LayoutWriter {
    pub(super) fn create(root: &Path) -> Result<Self, StoreError> {
        let layout = Self { root: root.to_owned(), known: BTreeSet::new() };
        if let Some(metadata) = fs::metadata(root).ok().filter(|metadata| !metadata.is_dir()) {
            let got = describe(metadata.file_type());
            return Err(StoreError::NoDirectory { path: layout.shown(), got });
        }
        fs::create_dir_all(root).map_err(|source| layout.cannot_write(source))?;
        let cannot_list = |source| StoreError::Open { path: layout.shown(), source };
        let is_layout = || has_marker(&layout.files(), &layout.shown());
        if !is_layout()? {
            if is_empty(root).map_err(cannot_list)? {
                layout.write(MARKER, MARKER_CONTENT)?;
            } else if !is_layout()? {
                // It has not become one in the meantime, either.
                return Err(StoreError::NotALayout { path: layout.shown() });
            }
        }
        sweep(root, TAG).map_err(cannot_list)?;
        Ok(layout)
    }

    /// Whether a blob is there and right.
    pub(super) fn has(&mut self, descriptor: &Descriptor) -> Result<bool, StoreError> {
        if self.known.contains(&descriptor.digest) {
            return Ok(true);
        }
        let Some(stored) = open_below(&self.root, &blob_path(&descriptor.digest))? else { return Ok(false) };
        let is_right = Verified::new(stored.reader(), descriptor).finish().is_ok();
        if is_right {
            self.known.insert(descriptor.digest.clone());
        }
        Ok(is_right)
    }

    pub(super) fn blob(&mut self, descriptor: &Descriptor, content: &mut dyn Read) -> Result<(), StoreError> {
        if self.has(descriptor)? {
            return Ok(());
        }
        let cannot_write = |source| self.cannot_write(source);
        let mut temporary = Temporary::create(&self.root, TAG).map_err(cannot_write)?;
        let mut content = Verified::new(content, descriptor);
        copy(&mut content, temporary.file(), descriptor, &self.shown())?;
        let [blobs, algorithm, hex] = blob_path(&descriptor.digest);
        let mut target = self.root.clone();
        for folder in [blobs, algorithm] {
            target.push(folder);
            create_folder(&target).map_err(cannot_write)?;
        }
        target.push(hex);
        temporary.commit(&target).map_err(cannot_write)?;
        self.known.insert(descriptor.digest.clone());
        Ok(())
    }

    /// Puts the image into the index. Other processes that do so at the same time are waited for.
    pub(super) fn finish(self, manifest: &Descriptor, name: Option<&str>) -> Result<(), StoreError> {
        let _locked = lock(&self.root).map_err(|source| StoreError::Open { path: self.shown(), source })?;
        let index = read_index(&self.files(), &self.shown())?;
        let mut index = index.unwrap_or_else(LayoutIndex::new);
        index.put(manifest, name);
        let index = index.to_bytes();
        // What is written must be readable.
        if index.len() as u64 > DOCUMENT_BYTES {
            let (path, what) = (self.shown(), ShownPath::new(INDEX));
            return Err(StoreError::TooLarge { path, what, limit: DOCUMENT_BYTES });
        }
        self.write(INDEX, &index)
    }

    pub(super) fn shown(&self) -> ShownPath {
        ShownPath::of_host(&self.root)
    }

    fn files(&self) -> Files {
        Files::Directory(self.root.clone())
    }

    /// Writes a document at the root.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), StoreError> {
        let write = || {
            let mut temporary = Temporary::create(&self.root, TAG)?;
            temporary.file().write_all(content)?;
            temporary.commit(&self.root.join(name))
        };
        write().map_err(|source| self.cannot_write(source))
    }

    fn cannot_write(&self, source: io::Error) -> StoreError {
        StoreError::Write { path: self.shown(), source }
    }
}

/// Whether a directory holds nothing but what an earlier run of ours left.
fn is_empty(directory: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(directory)? {
        if !is_temporary(&entry?.file_name(), TAG) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn create_folder(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => path.parent().map_or(Ok(()), sync),
    }
}

/// Holds the directory until what is returned is dropped. Where the file system has no locks, nothing is held.
fn lock(directory: &Path) -> io::Result<File> {
    let file = File::open(directory)?;
    while file.lock().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {}
    Ok(file)
}
