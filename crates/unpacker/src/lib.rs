//! From a source to a pinned source to a file tree.
//!
//! In: a [`Source`] (an image, a layout or archive of images, a directory, an archive, a git repository, a web server's
//! archive, ConfigMaps) and the [`Access`] that it takes. Out: what it is [`Pinned`] to, and the files below the folders
//! that are kept ([`BundleDir`]), or an [`UnpackError`] that says what, where, and which limit.
//!
//! ```text
//! Source ──resolve──▶ Pinned ──unpack──▶ BundleDir
//!          network             cache, else network
//! ```
//!
//! Nothing that comes from outside is trusted: content is verified against its digest while it streams, and bounded by
//! [`Limits`] in size, number, time and progress. Nothing is fetched twice: see [`Cache`]. The crate knows no clusters and
//! nothing of what is in a bundle.

mod access;
mod cache;
mod config_maps;
mod error;
mod flight;
pub mod git;
mod host;
mod http;
mod image;
mod limits;
mod pinned;
mod pipe;
mod progress;
mod scratch;
mod source;
mod transfer;
mod unpacker;

pub use access::{Access, SshAccess};
pub use cache::{Cache, CacheError};
pub use error::UnpackError;
pub use limits::Limits;
pub use pinned::{BundleDir, Pinned};
pub use progress::{Chosen, Event, Progress};
pub use source::{ConfigMapFiles, GitRevision, GitSource, HttpSource, Source, StoreKind, StoreSource};
pub use transfer::Transfer;
pub use unpacker::{GIT_AT_ONCE, Unpacker};
