//! A bounded, read-only file tree in memory, and the only reader of archives.
//!
//! In: a directory ([`FileTree::from_directory`]), a stream of tar, plain or compressed with gzip or zstd
//! ([`FileTree::from_archive`]), the layers of an image ([`Layers`]), or files in memory ([`FileTree::from_files`]); the
//! folders to keep ([`Keep`]) and how much is accepted ([`Limits`]). Out: a [`FileTree`], or a [`TreeError`] that names the
//! limit or rule and the path. A tree can be written again, as a tar archive ([`FileTree::write_tar`]) or as a directory
//! ([`FileTree::write_directory`]); what was written as an archive can become a directory without a tree ([`NewDirectory::fill`]).
//!
//! Everything that is read is taken for hostile. Memory is bounded by the limits, whatever the input claims; only kept
//! files are held. Reading writes nothing to disk and joins no name of an archive to a path of the host; writing a directory
//! does, with the names that the rules let into the tree. The rules:
//!
//! - A leading `/` and every `.` and empty component of a name is dropped; a name with `..` is refused, kept or not.
//! - Kept names are UTF-8 without control characters. Modes, owners, times and extended attributes are ignored.
//! - Devices, fifos, sockets and whatever else is neither a file, a directory nor a link is refused among what is kept.
//! - A link is followed where it ends at a kept file, and then stands for a file of that content. A link that leaves the
//!   tree, or ends at a directory, at nothing, or at what is not kept, is refused.
//! - A later entry of an archive replaces an earlier one of the same path; a file never replaces a directory, nor the
//!   reverse. A layer replaces and hides what those below it have, whatever that is.
//! - What is not kept is counted and skipped, whatever it is.
//!
//! The crate is synchronous, and knows neither bundles nor networks.

mod archive;
mod assembly;
mod decompress;
mod directory;
mod error;
mod keep;
mod layers;
mod limits;
mod path;
mod shown;
mod skipped;
mod tree;

pub use archive::{Entry, EntryKind, Format, compression, read_archive};
pub use decompress::Decompress;
pub use directory::NewDirectory;
pub use error::{LinkFault, NameFault, TreeError};
pub use keep::Keep;
pub use layers::Layers;
pub use limits::Limits;
pub use path::RelativePath;
pub use shown::{ByteSize, ShownPath, is_harmless};
pub use skipped::Skipped;
pub use tree::FileTree;
