//! One layer: what is read, and what is wrong with it.

use std::io::{self, Read};

use rukpak_oci::{Digest, RegistryError, StoreError};
use rukpak_tree::{Layers, TreeError};

use crate::UnpackError;

/// How much of a broken layer is read on, to see whether it is the one that was asked for.
const AFTERMATH_BYTES: u64 = 32 << 20;

/// Puts a layer on top, and makes sure that it was read to its end, where it is verified.
///
/// What cannot be decoded is most likely not what its digest says; then that is the error.
pub(super) fn apply(tree: &mut Layers<'_>, content: &mut impl Read) -> Result<(), TreeError> {
    let applied = tree.apply(&mut *content);
    let left = match &applied {
        Ok(()) => u64::MAX,
        Err(
            TreeError::NotATar { .. }
            | TreeError::Decompress { .. }
            | TreeError::Truncated { .. }
            | TreeError::ReadHeader { .. },
        ) => AFTERMATH_BYTES,
        Err(_) => 0,
    };
    match io::copy(&mut content.take(left), &mut io::sink()) {
        Ok(_) => applied,
        Err(source) => Err(TreeError::ReadInput { source }),
    }
}

/// The error of a layer: that of the connection or file, if it comes from there.
pub(super) fn explain(error: TreeError, digest: Digest) -> UnpackError {
    let TreeError::ReadInput { source } = error else {
        return UnpackError::Layer { digest, source: error };
    };
    match source.downcast::<RegistryError>() {
        Ok(error) => error.into(),
        Err(source) => UnpackError::Layer { digest, source: TreeError::ReadInput { source } },
    }
}

/// The error of a copy: that of the connection, if it comes from there.
pub(crate) fn explain_store(error: StoreError) -> UnpackError {
    match error {
        StoreError::Input { path, digest, source } => match source.downcast::<RegistryError>() {
            Ok(error) => error.into(),
            Err(source) => StoreError::Input { path, digest, source }.into(),
        },
        error => error.into(),
    }
}
