//! The image layout of OCI (image-layout.md), in a directory or in an archive.

use rukpak_tree::ShownPath;
use serde::Deserialize;

use super::docker;
use super::error::StoreError;
use super::files::{Files, Section};
use super::index::LayoutIndex;
use crate::Descriptor;

/// What an error calls it.
pub(super) const WHAT: &str = "an OCI image layout";

/// The file that tells a layout.
pub(super) const MARKER: &str = "oci-layout";

/// What it holds.
pub(super) const MARKER_CONTENT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// The file that names the images.
pub(super) const INDEX: &str = "index.json";

/// A layout that was found to be one.
pub(super) struct Layout {
    pub(super) path: ShownPath,
    files: Files,
    index: LayoutIndex,
}

impl Layout {
    pub(super) fn open(files: Files, path: ShownPath) -> Result<Self, StoreError> {
        if !has_marker(&files, &path)? {
            if files.document(docker::MANIFEST)?.is_some() {
                let (got, expected) = (docker::WHAT, WHAT);
                return Err(StoreError::Kind { path, got, expected });
            }
            return Err(missing(MARKER, &path));
        }
        let index = read_index(&files, &path)?.ok_or_else(|| missing(INDEX, &path))?;
        Ok(Self { path, files, index })
    }

    pub(super) fn find(&self, name: Option<&str>) -> Result<Descriptor, StoreError> {
        self.index.find(name, &self.path)
    }

    pub(super) fn blob(&self, descriptor: &Descriptor) -> Result<Section, StoreError> {
        let no_blob = || StoreError::NoBlob { path: self.path.clone(), digest: descriptor.digest.clone() };
        Ok(self.files.blob(&descriptor.digest)?.ok_or_else(no_blob)?.reader())
    }
}

/// Whether there is a layout, of a version that is understood.
pub(super) fn has_marker(files: &Files, path: &ShownPath) -> Result<bool, StoreError> {
    #[derive(Deserialize)]
    struct Marker {
        #[serde(rename = "imageLayoutVersion")]
        version: String,
    }
    let Some(marker) = files.document(MARKER)? else { return Ok(false) };
    let marker = marker.document(MARKER, path)?;
    let Marker { version } = serde_json::from_slice(&marker).map_err(|source| StoreError::Decode {
        path: path.clone(),
        what: ShownPath::new(MARKER),
        source,
    })?;
    if version.starts_with("1.") {
        return Ok(true);
    }
    Err(StoreError::Version { path: path.clone(), version: version.chars().take(80).collect() })
}

/// The index, if there is one.
pub(super) fn read_index(files: &Files, path: &ShownPath) -> Result<Option<LayoutIndex>, StoreError> {
    let Some(index) = files.document(INDEX)? else { return Ok(None) };
    let index = index.document(INDEX, path)?;
    let index = LayoutIndex::parse(&index).map_err(|source| StoreError::Decode {
        path: path.clone(),
        what: ShownPath::new(INDEX),
        source,
    })?;
    Ok(Some(index))
}

fn missing(what: &str, path: &ShownPath) -> StoreError {
    let (path, what) = (path.clone(), ShownPath::new(what));
    StoreError::Missing { path, what, expected: WHAT }
}
