//! Writing images.
//!
//! What is written has its name only when it is complete and on the disk: it is written to a [`temporary`] file, and
//! renamed. Archives hold no times and no owners, and their entries stand in the order in which they were given.

mod docker;
mod layout;
mod oci;
mod tar;
mod temporary;

use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;

use rukpak_tree::{Limits, ShownPath};

use super::error::StoreError;
use crate::{Descriptor, Manifest, Verified};
use docker::DockerWriter;
use layout::LayoutWriter;
use oci::OciWriter;

/// Bytes copied at a time.
const COPY_BYTES: usize = 64 << 10;

/// Writes an image: first its contents, one by one, and then its manifest and its name.
///
/// Dropped before [`finish`](Self::finish), or after an error, it leaves a layout as it was but for whole blobs, and no
/// archive.
pub struct ImageWriter(Form);

enum Form {
    Layout(LayoutWriter),
    Oci(OciWriter),
    Docker(DockerWriter),
}

impl fmt::Debug for ImageWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match &self.0 {
            Form::Layout(layout) => layout.shown(),
            Form::Oci(archive) => archive.shown(),
            Form::Docker(archive) => archive.shown(),
        };
        write!(f, "ImageWriter({path})")
    }
}

impl ImageWriter {
    /// To an image layout: a directory that is one, is empty, or does not exist yet. Other images in it stay.
    pub fn oci_layout(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        LayoutWriter::create(path.as_ref()).map(|writer| Self(Form::Layout(writer)))
    }

    /// To an image layout in a new tar archive, which replaces what had its name.
    pub fn oci_archive(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        OciWriter::create(path.as_ref()).map(|writer| Self(Form::Oci(writer)))
    }

    /// To a new archive such as `docker save` makes, which replaces what had its name. Layers are written without their
    /// compression, for which there are limits.
    pub fn docker_archive(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, StoreError> {
        DockerWriter::create(path.as_ref(), limits).map(|writer| Self(Form::Docker(writer)))
    }

    /// Whether some content is there already, so that [`blob`](Self::blob) would not read it. In a layout it may come from
    /// another image, and is verified.
    pub fn has(&mut self, descriptor: &Descriptor) -> Result<bool, StoreError> {
        match &mut self.0 {
            Form::Layout(layout) => layout.has(descriptor),
            Form::Oci(archive) => Ok(archive.has(descriptor)),
            Form::Docker(archive) => Ok(archive.has(descriptor)),
        }
    }

    /// Takes some content, and verifies it on the way. After an error an archive is given up.
    pub fn blob(&mut self, descriptor: &Descriptor, content: &mut dyn Read) -> Result<(), StoreError> {
        match &mut self.0 {
            Form::Layout(layout) => layout.blob(descriptor, content),
            Form::Oci(archive) => archive.blob(descriptor, content),
            Form::Docker(archive) => archive.blob(descriptor, content),
        }
    }

    /// Takes the manifest, and gives the image a name. Everything that the manifest of an image names must be there; an
    /// index of several may have images that are not.
    ///
    /// In a layout an image that is called the same is replaced.
    pub fn finish(
        self,
        manifest: &Descriptor,
        manifest_bytes: &[u8],
        name: Option<&str>,
    ) -> Result<(), StoreError> {
        let name = name.filter(|name| !name.is_empty());
        let mut content = manifest_bytes;
        match self.0 {
            Form::Layout(mut layout) => {
                check(manifest, manifest_bytes, &layout.shown(), |part| layout.has(part))?;
                layout.blob(manifest, &mut content)?;
                layout.finish(manifest, name)
            }
            Form::Oci(mut archive) => {
                check(manifest, manifest_bytes, &archive.shown(), |part| Ok(archive.has(part)))?;
                archive.blob(manifest, &mut content)?;
                archive.finish(manifest, name)
            }
            Form::Docker(archive) => archive.finish(manifest, manifest_bytes, name),
        }
    }
}

/// Whether all that the manifest of an image names is there. `path` is for errors.
fn check(
    manifest: &Descriptor,
    bytes: &[u8],
    path: &ShownPath,
    mut has: impl FnMut(&Descriptor) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let Manifest::Image(image) = parse(manifest, bytes, path)? else { return Ok(()) };
    for part in std::iter::once(&image.config).chain(&image.layers) {
        if !has(part)? {
            return Err(StoreError::NoBlob { path: path.clone(), digest: part.digest.clone() });
        }
    }
    Ok(())
}

/// Verifies and decodes a manifest.
fn parse(manifest: &Descriptor, bytes: &[u8], path: &ShownPath) -> Result<Manifest, StoreError> {
    Verified::new(bytes, manifest).finish().map_err(|source| StoreError::Input {
        path: path.clone(),
        digest: manifest.digest.clone(),
        source,
    })?;
    Manifest::parse(bytes, Some(&manifest.media_type))
        .map_err(|source| StoreError::Manifest { path: path.clone(), source })
}

/// Copies some content, and tells its errors from those of the file.
fn copy(
    from: &mut dyn Read,
    to: &mut dyn Write,
    of: &Descriptor,
    path: &ShownPath,
) -> Result<u64, StoreError> {
    let (mut copied, mut buffer) = (0_u64, vec![0; COPY_BYTES]);
    loop {
        let chunk = match from.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(read) => buffer.get(..read).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => {
                return Err(StoreError::Input { path: path.clone(), digest: of.digest.clone(), source });
            }
        };
        to.write_all(chunk).map_err(|source| StoreError::Write { path: path.clone(), source })?;
        copied = copied.saturating_add(chunk.len() as u64);
    }
}
