//! Why an input does not become a tree, or a tree no directory.

use std::io;

use thiserror::Error;

use crate::{ByteSize, Format, ShownPath};

/// Why an input does not become a tree, or a tree no directory.
#[derive(Debug, Error)]
pub enum TreeError {
    /// The given directory does not exist.
    #[error("found no directory {path}")]
    NoDirectory {
        /// As given.
        path: ShownPath,
    },
    /// The given path exists and is no directory.
    #[error("expected a directory, {path} is none")]
    NotADirectory {
        /// As given.
        path: ShownPath,
    },
    /// A directory cannot be listed.
    #[error("cannot read the directory {path}")]
    ReadDirectory {
        /// On the host.
        path: ShownPath,
        /// What the system says.
        source: io::Error,
    },
    /// A file or link of a directory cannot be read.
    #[error("cannot read {path}")]
    ReadFile {
        /// On the host.
        path: ShownPath,
        /// What the system says.
        source: io::Error,
    },
    /// The stream that the archive comes from failed.
    #[error("cannot read the archive")]
    ReadInput {
        /// What the stream says.
        source: io::Error,
    },
    /// The input, or what it decompresses to, does not begin as a tar archive does.
    #[error("expected a tar archive, plain or compressed with gzip or zstd, got {got}")]
    NotATar {
        /// What it seems to be.
        got: String,
    },
    /// Compressed data is corrupt, or followed by something else.
    #[error("the {format} stream is corrupt near {near}")]
    Decompress {
        /// How it is compressed.
        format: Format,
        /// The last entry that was read before.
        near: ShownPath,
        /// What the decoder says.
        source: io::Error,
    },
    /// The input ends in the midst of an entry or of compressed data.
    #[error("the {format} data is cut off after {}, near {near}", ByteSize(*.length))]
    Truncated {
        /// What is not complete.
        format: Format,
        /// How many bytes of it there are.
        length: u64,
        /// The last entry that was read before.
        near: ShownPath,
    },
    /// An entry's header cannot be read.
    #[error("the tar archive is malformed at byte {offset}, near {near}")]
    ReadHeader {
        /// Where, in the uncompressed archive.
        offset: u64,
        /// The last entry that was read before.
        near: ShownPath,
        /// What is wrong.
        source: io::Error,
    },

    /// A name that is not accepted.
    #[error("{path}: {fault}")]
    Name {
        /// The name.
        path: ShownPath,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// Something that is neither a file, a directory nor a link.
    #[error("{path} is {kind}, expected a file, a directory or a link")]
    Kind {
        /// Which entry.
        path: ShownPath,
        /// What it is, with its article.
        kind: &'static str,
    },
    /// A file stands where a directory is needed, or the reverse.
    #[error("{path} is both a file and a directory")]
    Conflict {
        /// The path that is both.
        path: ShownPath,
    },
    /// A link that does not end at a kept file.
    #[error("cannot follow the link {path} to {target}: {fault}")]
    Link {
        /// The link.
        path: ShownPath,
        /// Its target, as written.
        target: ShownPath,
        /// What is wrong with it.
        fault: LinkFault,
    },

    /// [`Limits::kept_bytes`](crate::Limits::kept_bytes).
    #[error("the kept files have {} with {path}, the limit is {}", ByteSize(*.size), ByteSize(*.limit))]
    TreeTooLarge {
        /// The file that is too much.
        path: ShownPath,
        /// Bytes of all files together, this one included.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// [`Limits::file_bytes`](crate::Limits::file_bytes).
    #[error("{path} has {}, the limit for one file is {}", ByteSize(*.size), ByteSize(*.limit))]
    FileTooLarge {
        /// The file.
        path: ShownPath,
        /// Its size in bytes; of a file that grows while it is read, what was read.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// [`Limits::files`](crate::Limits::files), of files and links.
    #[error("more than {limit} files, the limit; the next is {path}")]
    TooManyFiles {
        /// The file that is too much.
        path: ShownPath,
        /// The limit.
        limit: u64,
    },
    /// [`Limits::files`](crate::Limits::files), of directories, named or implied by a path.
    #[error("more than {limit} directories, the limit; the next is {path}")]
    TooManyDirectories {
        /// The directory that is too much.
        path: ShownPath,
        /// The limit.
        limit: u64,
    },
    /// [`Limits::names_bytes`](crate::Limits::names_bytes).
    #[error("the paths that are kept have {} with {path}, the limit is {}", ByteSize(*.size), ByteSize(*.limit))]
    NamesTooLarge {
        /// The path that is too much.
        path: ShownPath,
        /// Bytes of all paths and targets together, this one's included.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// [`Limits::path_bytes`](crate::Limits::path_bytes).
    #[error("a path has {length} bytes, the limit is {limit}: {path}")]
    PathTooLong {
        /// The path, or the link whose target it is.
        path: ShownPath,
        /// Its length in bytes.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// [`Limits::name_bytes`](crate::Limits::name_bytes).
    #[error("a component of a path has {length} bytes, the limit is {limit}: {path}")]
    NameTooLong {
        /// The path.
        path: ShownPath,
        /// The length of its first component that is too long, in bytes.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// [`Limits::depth`](crate::Limits::depth).
    #[error("a path has {depth} components, the limit is {limit}: {path}")]
    TooDeep {
        /// The path.
        path: ShownPath,
        /// How many components it has.
        depth: usize,
        /// The limit.
        limit: usize,
    },
    /// [`Limits::ratio`](crate::Limits::ratio).
    #[error(
        "{} of {format} became {}, near {near}; the limit is a ratio of {limit}",
        ByteSize(*.compressed),
        ByteSize(*.decompressed)
    )]
    RatioTooHigh {
        /// How it is compressed.
        format: Format,
        /// Bytes that were read.
        compressed: u64,
        /// Bytes that came out.
        decompressed: u64,
        /// The last entry that was read before.
        near: ShownPath,
        /// The limit.
        limit: u64,
    },
    /// [`Limits::skipped_bytes`](crate::Limits::skipped_bytes).
    #[error("more than {} are not kept, the limit; the next is {path}", ByteSize(*.limit))]
    SkippedTooLarge {
        /// The entry that is too much.
        path: ShownPath,
        /// The limit.
        limit: u64,
    },
    /// [`Limits::skipped_entries`](crate::Limits::skipped_entries).
    #[error("more than {limit} entries are not kept, the limit; the next is {path}")]
    TooManySkipped {
        /// The entry that is too much.
        path: ShownPath,
        /// The limit.
        limit: u64,
    },
    /// [`Limits::zstd_window_bytes`](crate::Limits::zstd_window_bytes).
    #[error("the zstd stream needs a window of more than {}, the limit", ByteSize(*.limit))]
    WindowTooLarge {
        /// The limit.
        limit: u64,
    },
    /// [`Limits::input_bytes`](crate::Limits::input_bytes).
    #[error("the {format} stream has more than {}, the limit, near {near}", ByteSize(*.limit))]
    InputTooLarge {
        /// How it is compressed.
        format: Format,
        /// The last entry that was read before.
        near: ShownPath,
        /// The limit.
        limit: u64,
    },
    /// An entry's long name or PAX records are larger than any writer makes them.
    #[error("more than {} of names and attributes describe one entry, the limit, near {near}", ByteSize(*.limit))]
    MetadataTooLarge {
        /// The last entry that was read before.
        near: ShownPath,
        /// The limit.
        limit: u64,
    },

    /// The path of a directory to write does not end in a name: `/`, `.`, `..`.
    #[error("expected the path of a directory to write, got {path}, which does not end in a name")]
    NamelessDirectory {
        /// As given.
        path: ShownPath,
    },
    /// The directory to write is there, and something is in it.
    #[error("the directory {path} is not empty, expected an empty one or none")]
    NotEmpty {
        /// On the host.
        path: ShownPath,
    },
    /// Another process, or another thread of this one, is writing the directory.
    #[error("another process is writing {path} at this moment")]
    BeingWritten {
        /// On the host.
        path: ShownPath,
    },
    /// The file that tells other processes that the directory is being written cannot be made or locked.
    #[error("cannot create and lock {path}")]
    Lock {
        /// The file that is locked, on the host.
        path: ShownPath,
        /// What the system says.
        source: io::Error,
    },
    /// What a run that was killed left beside the directory cannot be removed.
    #[error("cannot remove {path}, which an earlier run left")]
    RemoveLeftover {
        /// On the host.
        path: ShownPath,
        /// What the system says.
        source: io::Error,
    },
    /// A file or directory cannot be written. The disk may be full.
    #[error("cannot write {path}")]
    Write {
        /// On the host, where it was meant to be in the end.
        path: ShownPath,
        /// What the system says.
        source: io::Error,
    },
    /// Two names of the tree are one for the file system, which may not tell upper case from lower.
    #[error(
        "cannot write {path}: the file system does not tell its name from that of another file or directory"
    )]
    NamesCollide {
        /// On the host, where it was meant to be in the end: the later one in the order of the tree.
        path: ShownPath,
    },
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameFault {
    /// It has a component `..`.
    #[error("a name must not contain ..")]
    ParentDirectory,
    /// It is not UTF-8.
    #[error("the name is not UTF-8")]
    NotUtf8,
    /// It contains NUL, a line break or another control character.
    #[error("the name contains a control character")]
    ControlCharacter,
    /// It is empty or means the root, and belongs to something that is no directory.
    #[error("the name is empty")]
    Empty,
    /// It begins as that of a whiteout (`.wh.`), and what follows is no name: nothing, `.` or `..`.
    #[error("a whiteout must end in the name of what it removes")]
    NamelessWhiteout,
}

/// What is wrong with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LinkFault {
    /// It leads above the root of the tree.
    #[error("it leaves the tree")]
    LeavesTree,
    /// It leads into the tree, and out of the kept folders.
    #[error("it leads out of the folders that are kept")]
    NotKept,
    /// It leads to a directory.
    #[error("it leads to a directory, expected a file")]
    ToDirectory,
    /// It leads to nothing. For a hard link of an archive: to nothing that stands before it.
    #[error("there is no such file")]
    Dangling,
    /// It leads to link after link; most likely they go in a circle.
    #[error("too many links in a row")]
    TooManyHops,
}
