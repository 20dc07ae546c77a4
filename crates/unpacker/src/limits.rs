//! How much is accepted of a source.

use std::time::Duration;

/// Bounds on fetching and unpacking. Each has an error of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// On the files of a bundle and on what is read past on the way to them.
    pub tree: rukpak_tree::Limits,
    /// Layers of an image. 128, one more than Docker makes.
    pub layers: usize,
    /// Bytes of a manifest or index. 4 MiB, what the OCI distribution specification asks registries to accept.
    pub manifest_bytes: u64,
    /// From the beginning to the end of one fetch. 10 minutes.
    pub time: Duration,
    /// Without progress. 20 s.
    pub idle: Duration,
    /// Bytes of a git repository's objects on disk while it is fetched. 2 GiB. An unpacker fetches two at a time.
    pub git_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tree: rukpak_tree::Limits::default(),
            layers: 128,
            manifest_bytes: 4 << 20,
            time: Duration::from_mins(10),
            idle: Duration::from_secs(20),
            git_bytes: 2 << 30,
        }
    }
}
