//! Writing a tree as a tar archive.
//!
//! In: a tree. Out: the same bytes for the same files and directories, however they came into the tree.
//!
//! Names of more than 100 bytes are written in the form of GNU tar, which GNU tar, Go's `archive/tar`, libarchive, busybox
//! and our own reader know. PAX records would do as well; these are what the `tar` crate writes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use tar::{Builder, EntryType, Header};

use crate::FileTree;

/// Writes the archive, its end mark included, and flushes `out`.
pub(crate) fn write(tree: &FileTree, out: impl Write) -> io::Result<()> {
    let directories = tree.all_directories().into_iter().map(|path| (path, None));
    let files = tree.iter().map(|(path, content)| (path, Some(content)));
    // A path sorts before all that begin with it, so a directory comes before what lies in it.
    let sorted: BTreeMap<_, _> = directories.chain(files).collect();
    let mut archive = Builder::new(out);
    for (path, content) in sorted {
        if let Some(content) = content {
            let mut header = header(EntryType::Regular, 0o644, content.len() as u64);
            archive.append_data(&mut header, path, content)?;
        } else {
            let mut header = header(EntryType::Directory, 0o755, 0);
            archive.append_data(&mut header, format!("{path}/"), io::empty())?;
        }
    }
    archive.into_inner()?.flush()
}

/// A header that says nothing that may differ from one writing to the next.
fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}
