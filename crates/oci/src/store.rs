//! Images in the file system: image layouts of OCI, as directories and as archives, and the archives of `docker save`.
//!
//! Reading ([`ImageStore`]): a name in, the descriptor of its manifest out, and behind every descriptor its content, which
//! is verified as it passes. All three forms look the same, so that what unpacks one unpacks all. Writing
//! ([`ImageWriter`]): content in, and at the end the manifest and a name; before that, nothing is seen under the name of
//! the layout's index or of the archive, and after it the same image has become the same bytes.
//!
//! What lies there is taken for hostile. A layout's links are not followed, an archive's only within it, no name of an
//! input is joined to a path of the host, and documents, entries and decompression are bounded. Nothing here waits for
//! anything but the disk: it is synchronous, and knows neither registries nor bundles.

mod archive;
mod docker;
mod error;
mod files;
mod index;
mod layout;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use rukpak_tree::ShownPath;

pub use archive::ReadOptions;
pub use error::StoreError;
pub use write::ImageWriter;

use crate::{Descriptor, Digest, Verified};
use archive::Archive;
use docker::DockerArchive;
use files::{Files, describe};
use layout::Layout;

/// Images in a directory or an archive. Several readers can be had of one, each with a position of its own.
pub struct ImageStore(Form);

enum Form {
    Layout(Layout),
    Docker(DockerArchive),
}

impl ImageStore {
    /// Opens an image layout, a directory.
    pub fn oci_layout(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let shown = ShownPath::of_host(path);
        // The directory itself may be called by a link; what lies in it may not.
        match fs::metadata(path) {
            Err(source) => return Err(StoreError::Open { path: shown, source }),
            Ok(metadata) if !metadata.is_dir() => {
                let got = describe(metadata.file_type());
                return Err(StoreError::NoDirectory { path: shown, got });
            }
            Ok(_) => {}
        }
        Layout::open(Files::Directory(path.to_owned()), shown).map(|layout| Self(Form::Layout(layout)))
    }

    /// Opens an image layout in a tar archive, plain or compressed with gzip or zstd.
    pub fn oci_archive(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let files = Files::Archive(Archive::open(path, options)?);
        Layout::open(files, ShownPath::of_host(path)).map(|layout| Self(Form::Layout(layout)))
    }

    /// Opens what `docker save` writes, plain or compressed with gzip or zstd.
    pub fn docker_archive(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let archive = Archive::open(path, options)?;
        DockerArchive::open(archive, ShownPath::of_host(path), &options.limits)
            .map(|archive| Self(Form::Docker(archive)))
    }

    /// The manifest, or index of manifests, of the image that is called so; without a name, or with an empty one, of the only one.
    ///
    /// In the forms of OCI that is the name that `skopeo` gives (`org.opencontainers.image.ref.name`), else the one of
    /// containerd (`io.containerd.image.name`), whole or what follows one of its slashes or colons, else a digest. In a
    /// docker archive it is one of `RepoTags`, with the defaults of [`Reference`](crate::Reference).
    pub fn find(&self, name: Option<&str>) -> Result<Descriptor, StoreError> {
        let name = name.filter(|name| !name.is_empty());
        match &self.0 {
            Form::Layout(layout) => layout.find(name),
            Form::Docker(archive) => archive.find(name),
        }
    }

    /// Reads something small into memory: a manifest, a configuration. It is verified.
    pub fn content(&self, descriptor: &Descriptor, limit: u64) -> Result<Vec<u8>, StoreError> {
        let Descriptor { media_type: _, digest, size } = descriptor;
        if *size > limit {
            let what = ShownPath::new(digest.to_string());
            return Err(StoreError::TooLarge { path: self.path().clone(), what, limit });
        }
        let (mut reader, mut content) = (self.blob(descriptor)?, Vec::new());
        match reader.read_to_end(&mut content) {
            Ok(_) => Ok(content),
            Err(source) => Err(self.unreadable(digest, source)),
        }
    }

    /// A reader of some content, which is verified as it passes.
    pub fn blob(&self, descriptor: &Descriptor) -> Result<Verified<Box<dyn Read + Send>>, StoreError> {
        let content: Box<dyn Read + Send> = match &self.0 {
            Form::Layout(layout) => Box::new(layout.blob(descriptor)?),
            Form::Docker(archive) => archive.blob(descriptor)?,
        };
        Ok(Verified::new(content, descriptor))
    }

    /// What is told where a reader of some content failed.
    #[must_use]
    pub fn unreadable(&self, digest: &Digest, source: io::Error) -> StoreError {
        StoreError::Blob { path: self.path().clone(), digest: digest.clone(), source }
    }

    fn path(&self) -> &ShownPath {
        match &self.0 {
            Form::Layout(layout) => &layout.path,
            Form::Docker(archive) => &archive.path,
        }
    }
}

impl fmt::Debug for ImageStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageStore({})", self.path())
    }
}
