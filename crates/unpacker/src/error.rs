//! Why a source does not become a file tree.

use std::time::Duration;

use rukpak_oci::http::{HttpError, ShownUrl};
use rukpak_oci::{Digest, KeyringError, ManifestError, RegistryError, StoreError};
use rukpak_tree::{ByteSize, TreeError};
use thiserror::Error;

use crate::git::GitError;

/// Why a source does not become a file tree.
#[derive(Debug, Error)]
pub enum UnpackError {
    /// The registry does not give the image.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The image is not in the directory or archive.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A credential cannot be had.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The manifest is not understood.
    #[error("{image}")]
    Manifest {
        /// The image.
        image: String,
        /// Why.
        source: ManifestError,
    },
    /// The image has more layers than it may have.
    #[error("the image has {layers} layers, the limit is {limit}")]
    TooManyLayers {
        /// How many it has.
        layers: usize,
        /// The limit.
        limit: usize,
    },
    /// The image is larger, as it is stored, than what is read or copied.
    #[error("the image has {}, the limit is {}", ByteSize(*.size), ByteSize(*.limit))]
    ImageTooLarge {
        /// Bytes of its layers, and of what else is taken of it, as it says itself.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// The index refers to an index, and that to another, and so on.
    #[error("the image's index leads through more than {limit} indexes to no image")]
    TooManyIndexes {
        /// The limit.
        limit: usize,
    },
    /// A layer is no archive.
    #[error(
        "layer {digest} has media type {media_type:?}, expected a tar archive, plain or compressed with gzip or zstd"
    )]
    LayerType {
        /// The layer.
        digest: Digest,
        /// What it is said to be.
        media_type: String,
    },
    /// A layer cannot be read or is not accepted.
    #[error("layer {digest}")]
    Layer {
        /// The layer.
        digest: Digest,
        /// Why.
        source: TreeError,
        /// Whether all of it was read, and has that digest.
        is_verified: bool,
    },
    /// The files cannot be read or are not accepted.
    #[error(transparent)]
    Tree(TreeError),
    /// An archive cannot be read or is not accepted.
    #[error("{archive}")]
    Archive {
        /// Which one.
        archive: String,
        /// Why.
        source: TreeError,
    },
    /// A file of the host cannot be opened.
    #[error("cannot read {path}")]
    Open {
        /// Which one.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The git repository does not give the commit.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The web server does not give the archive.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The web server answers with something else.
    #[error("{url} answers {status}{}", if .message.is_empty() { String::new() } else { format!(": {}", .message) })]
    HttpStatus {
        /// What was asked for.
        url: ShownUrl,
        /// The status.
        status: u16,
        /// What the server says.
        message: String,
    },
    /// Credentials would go over the network in the clear.
    #[error("{url} is not https, over which alone credentials go")]
    CredentialsInTheClear {
        /// Where they would go.
        url: ShownUrl,
    },
    /// The address is none that archives are fetched from.
    #[error("{url} {why}")]
    HttpUrl {
        /// The address.
        url: ShownUrl,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The archive is another one.
    #[error("got an archive with digest {got} from {url}, expected {expected}")]
    HttpDigest {
        /// Where it comes from.
        url: ShownUrl,
        /// What it should hash to.
        expected: Digest,
        /// What it hashes to.
        got: Digest,
    },
    /// The web server's answer cannot be read or is not accepted, and need not be the archive that was meant.
    #[error("{url}")]
    HttpContent {
        /// Where it comes from.
        url: ShownUrl,
        /// Why.
        source: TreeError,
    },
    /// Two ConfigMaps have a file of the same path.
    #[error("duplicate path {path:?} found in configmaps [{} {}]", .maps[0], .maps[1])]
    DuplicatePath {
        /// The path.
        path: String,
        /// The names of the ConfigMaps.
        maps: [String; 2],
    },
    /// It took too long.
    #[error("{what} was not there after {} s, the limit", .limit.as_secs())]
    TimedOut {
        /// What was asked for.
        what: String,
        /// The limit.
        limit: Duration,
    },
    /// An image is to be copied from one registry to another.
    #[error("an image is copied to a registry from a layout or an archive, not from another registry")]
    NotStored,
    /// A directory to work in cannot be made.
    #[error("cannot make a directory to work in")]
    Scratch(#[source] std::io::Error),
    /// A thread of ours ended early: the process is shutting down, or a bug.
    #[error("the unpacking was interrupted")]
    Interrupted,
}

impl UnpackError {
    /// Whether the same pinned source will fail in the same way for ever: what is wrong is its content, or what was said of it.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Manifest { .. }
            | Self::TooManyLayers { .. }
            | Self::ImageTooLarge { .. }
            | Self::TooManyIndexes { .. }
            | Self::LayerType { .. }
            | Self::DuplicatePath { .. }
            | Self::HttpUrl { .. }
            | Self::CredentialsInTheClear { .. } => true,
            // Reading from a connection may fail for reasons that pass.
            Self::Layer { is_verified, .. } => *is_verified,
            Self::Archive { source, .. } | Self::Tree(source) => !matches!(
                source,
                TreeError::ReadInput { .. } | TreeError::ReadFile { .. } | TreeError::ReadDirectory { .. }
            ),
            Self::Http(error) => error.is_permanent(),
            Self::Registry(error) => error.is_permanent(),
            Self::Git(error) => error.is_permanent(),
            Self::Store(_)
            | Self::Keyring(_)
            | Self::Open { .. }
            | Self::HttpStatus { .. }
            | Self::HttpDigest { .. }
            | Self::HttpContent { .. }
            | Self::TimedOut { .. }
            | Self::NotStored
            | Self::Scratch(_)
            | Self::Interrupted => false,
        }
    }

    /// Whether there is nothing, or something else, where a pinned source was.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Registry(RegistryError::NotFound { .. })
            | Self::Git(GitError::NoSuchRevision { .. })
            | Self::HttpDigest { .. } => true,
            Self::HttpStatus { status, .. } => matches!(status, 404 | 410),
            _ => false,
        }
    }
}
