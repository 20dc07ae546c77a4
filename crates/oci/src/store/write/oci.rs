//! Writing an image layout to a tar archive.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use rukpak_tree::ShownPath;

use super::super::error::StoreError;
use super::super::files::blob_path;
use super::super::index::LayoutIndex;
use super::super::layout::{INDEX, MARKER, MARKER_CONTENT};
use super::copy;
use super::tar::Tar;
use crate::{Descriptor, Digest, Verified};

pub(super) struct OciWriter {
    path: ShownPath,
    /// `None` once something failed in the midst of an entry.
    tar: Option<Tar>,
    written: BTreeSet<Digest>,
}

impl OciWriter {
    pub(super) fn create(path: &Path) -> Result<Self, StoreError> {
        let mut tar = Tar::create(path)?;
        tar.file(MARKER, MARKER_CONTENT)?;
        Ok(Self { path: tar.shown(), tar: Some(tar), written: BTreeSet::new() })
    }

    pub(super) fn has(&self, descriptor: &Descriptor) -> bool {
        self.written.contains(&descriptor.digest)
    }

    pub(super) fn blob(&mut self, descriptor: &Descriptor, content: &mut dyn Read) -> Result<(), StoreError> {
        if self.has(descriptor) {
            return Ok(());
        }
        let mut tar = self.take()?;
        let name = blob_path(&descriptor.digest).join("/");
        tar.announce(&name)?;
        tar.entry(|file| {
            let size = copy(&mut Verified::new(content, descriptor), file, descriptor, &self.path)?;
            Ok((name, size))
        })?;
        self.tar = Some(tar);
        self.written.insert(descriptor.digest.clone());
        Ok(())
    }

    pub(super) fn finish(mut self, manifest: &Descriptor, name: Option<&str>) -> Result<(), StoreError> {
        let mut tar = self.take()?;
        let mut index = LayoutIndex::new();
        index.put(manifest, name);
        tar.file(INDEX, &index.to_bytes())?;
        tar.finish()
    }

    pub(super) fn shown(&self) -> ShownPath {
        self.path.clone()
    }

    fn take(&mut self) -> Result<Tar, StoreError> {
        self.tar.take().ok_or_else(|| StoreError::GivenUp { path: self.path.clone() })
    }
}
