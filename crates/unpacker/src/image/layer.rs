//! One layer: what is read, and what is wrong with it.

use std::io::{self, Read};

use rukpak_oci::{Digest, RegistryError, StoreError};
use rukpak_tree::{Layers, TreeError};

use crate::UnpackError;

/// How much of a broken layer is read on, to see whether it is the one that was asked for.
const AFTERMATH_BYTES: u64 = 32 << 20;

/// What is wrong with a layer.
pub(super) struct Broken {
    error: TreeError,
    /// Whether all of it was read, and has its digest.
    is_verified: bool,
}

/// Puts a layer on top, and makes sure that it was read to its end, where it is verified.
///
/// What cannot be decoded or is not accepted may not be what its digest says; then that is the error.
pub(super) fn apply(tree: &mut Layers<'_>, content: &mut impl Read) -> Result<(), Broken> {
    let applied = tree.apply(&mut *content);
    let left = match &applied {
        Ok(()) => u64::MAX,
        Err(TreeError::ReadInput { .. }) => 0,
        Err(_) => AFTERMATH_BYTES,
    };
    match (io::copy(&mut content.take(left), &mut io::sink()), applied) {
        (Ok(_), Ok(())) => Ok(()),
        (Ok(read), Err(error)) => Err(Broken { error, is_verified: read < left }),
        (Err(source), _) => Err(Broken { error: TreeError::ReadInput { source }, is_verified: false }),
    }
}

impl Broken {
    /// The error of a layer: that of the connection or file, if it comes from there.
    pub(super) fn explain(self, digest: Digest) -> UnpackError {
        let Self { error, is_verified } = self;
        let TreeError::ReadInput { source } = error else {
            return UnpackError::Layer { digest, source: error, is_verified };
        };
        match source.downcast::<RegistryError>() {
            Ok(error) => error.into(),
            Err(source) => {
                UnpackError::Layer { digest, source: TreeError::ReadInput { source }, is_verified }
            }
        }
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

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use rukpak_tree::{Keep, Limits};

    use super::*;

    /// A mirror may have changed a bit of it: that passes.
    #[rstest]
    #[case::read_to_its_end(1000, true)]
    #[case::too_large_for_that(3 * AFTERMATH_BYTES, false)]
    fn what_is_wrong_with_a_layer_is_for_good_where_it_was_verified(
        #[case] bytes: u64,
        #[case] is_permanent: bool,
    ) {
        let (keep, limits) = (Keep::everything(), Limits::default());
        let mut content = io::repeat(b'x').take(bytes);
        let broken = apply(&mut Layers::new(&keep, &limits), &mut content).unwrap_err();
        let error = broken.explain(Digest::sha256(b""));
        assert!(matches!(error, UnpackError::Layer { .. }), "{error:?}");
        assert_eq!(error.is_permanent(), is_permanent);
    }
}
