//! Directories to work in.

use std::path::{Path, PathBuf};

use crate::UnpackError;
use crate::cache::Claim;

/// A directory to work in, which goes when this is dropped, or with the claim.
pub(crate) enum Scratch {
    Claimed(PathBuf),
    Owned(PathBuf, #[expect(dead_code, reason = "held until the directory is of no use")] Claim),
    Temporary(tempfile::TempDir),
}

impl Scratch {
    pub(crate) fn temporary() -> Result<Self, UnpackError> {
        tempfile::tempdir().map(Self::Temporary).map_err(UnpackError::Scratch)
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Claimed(path) | Self::Owned(path, _) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }
}

/// A name that no other call has.
pub(crate) fn unique() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static CALLS: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed))
}
