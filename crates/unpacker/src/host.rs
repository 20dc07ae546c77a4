//! Sources that are files of this host. Everything here blocks.

use std::fs::File;
use std::io;

use rukpak_oci::{ImageStore, ReadOptions};
use rukpak_tree::{FileTree, Keep, ShownPath, TreeError};

use crate::{Limits, Source, StoreKind, StoreSource, UnpackError, image};

/// Reads files of this host.
pub(crate) fn read(source: &Source, keep: &Keep, limits: &Limits) -> Result<FileTree, UnpackError> {
    let archive = |source: TreeError, archive: String| UnpackError::Archive { archive, source };
    match source {
        Source::Directory(path) => {
            FileTree::from_directory(path, keep, &limits.tree).map_err(UnpackError::Tree)
        }
        Source::Archive(path) => {
            let shown = ShownPath::of_host(path).to_string();
            let file =
                File::open(path).map_err(|source| UnpackError::Open { path: shown.clone(), source })?;
            FileTree::from_archive(file, keep, &limits.tree).map_err(|error| archive(error, shown))
        }
        Source::Stdin => FileTree::from_archive(io::stdin().lock(), keep, &limits.tree)
            .map_err(|error| archive(error, "standard input".into())),
        Source::Store(source) => {
            image::unpack_stored(&open_store(source, limits)?, source.name.as_deref(), keep, limits)
        }
        Source::Image(_) | Source::Git(_) | Source::Http(_) | Source::ConfigMaps(_) => {
            Err(UnpackError::Interrupted)
        }
    }
}

/// Opens a layout or archive.
pub(crate) fn open_store(source: &StoreSource, limits: &Limits) -> Result<ImageStore, UnpackError> {
    let StoreSource { kind, path, name: _ } = source;
    let options = ReadOptions { limits: limits.tree.clone(), ..ReadOptions::default() };
    Ok(match kind {
        StoreKind::OciLayout => ImageStore::oci_layout(path),
        StoreKind::OciArchive => ImageStore::oci_archive(path, &options),
        StoreKind::DockerArchive => ImageStore::docker_archive(path, &options),
    }?)
}
