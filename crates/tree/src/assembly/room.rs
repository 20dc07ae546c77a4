//! How much is kept and how much is skipped, and whether the limits have room for more.

use super::{Assembly, Node};
use crate::{Limits, RelativePath, ShownPath, TreeError};

impl Assembly<'_> {
    /// Counts an entry outside the kept folders.
    pub(crate) fn skip(&mut self, path: &RelativePath, bytes: u64) -> Result<(), TreeError> {
        self.skipped.note(path, self.keep);
        self.discard(path.as_bytes(), 1, bytes)
    }

    /// Counts entries and bytes that are read and not kept.
    pub(crate) fn discard(&mut self, path: &[u8], entries: u64, bytes: u64) -> Result<(), TreeError> {
        self.skipped.entries = self.skipped.entries.saturating_add(entries);
        self.skipped.bytes = self.skipped.bytes.saturating_add(bytes);
        if self.skipped.entries > self.limits.skipped_entries {
            let limit = self.limits.skipped_entries;
            return Err(TreeError::TooManySkipped { path: ShownPath::new(path), limit });
        }
        if self.skipped.bytes > self.limits.skipped_bytes {
            let limit = self.limits.skipped_bytes;
            return Err(TreeError::SkippedTooLarge { path: ShownPath::new(path), limit });
        }
        Ok(())
    }

    /// Adds to this layer, and counts. What is too much is an error: the directories that the path implies may be.
    pub(super) fn put(&mut self, path: String, node: Node) -> Result<(), TreeError> {
        match &node {
            Node::File(content) => {
                self.leaves += 1;
                self.kept_bytes += content.len() as u64;
            }
            Node::Link(_) => self.leaves += 1,
            Node::Directory => {}
        }
        self.names_bytes += name_bytes(&path, &node);
        if let Some(directory) = directory_of(&path, &node) {
            self.directories.hold(directory);
        }
        let Limits { files, names_bytes, .. } = *self.limits;
        if self.directories.count() > files {
            return Err(TreeError::TooManyDirectories { path: ShownPath::new(path), limit: files });
        }
        let size = self.names_bytes.saturating_add(self.directories.name_bytes());
        if size > names_bytes {
            return Err(TreeError::NamesTooLarge { path: ShownPath::new(path), size, limit: names_bytes });
        }
        self.upper.insert(path, node);
        Ok(())
    }

    /// Gives back the room of what was kept, and counts it as skipped.
    pub(super) fn forget(&mut self, path: &str, node: &Node) -> Result<(), TreeError> {
        let mut bytes = 0;
        match node {
            Node::File(content) => {
                bytes = content.len() as u64;
                self.leaves -= 1;
                self.kept_bytes -= bytes;
            }
            Node::Link(_) => self.leaves -= 1,
            Node::Directory => {}
        }
        self.names_bytes -= name_bytes(path, node);
        if let Some(directory) = directory_of(path, node) {
            self.directories.release(directory);
        }
        self.discard(path.as_bytes(), 1, bytes)
    }

    /// How many bytes a file may have, if `size` are not too many.
    pub(super) fn expect_room(&self, path: &str, size: u64) -> Result<u64, TreeError> {
        self.expect_room_beside(0, path, size)
    }

    /// The same, where other bytes are about to be kept too.
    pub(super) fn expect_room_beside(&self, others: u64, path: &str, size: u64) -> Result<u64, TreeError> {
        let Limits { file_bytes, kept_bytes, .. } = *self.limits;
        let kept = self.kept_bytes.saturating_add(others);
        if size > file_bytes {
            return Err(TreeError::FileTooLarge { path: ShownPath::new(path), size, limit: file_bytes });
        }
        let total = kept.saturating_add(size);
        if total > kept_bytes {
            return Err(TreeError::TreeTooLarge {
                path: ShownPath::new(path),
                size: total,
                limit: kept_bytes,
            });
        }
        Ok(file_bytes.min(kept_bytes.saturating_sub(kept)))
    }
}

/// Bytes of the names that a node brings, those of directories left out.
fn name_bytes(path: &str, node: &Node) -> u64 {
    let bytes = match node {
        Node::File(_) => path.len(),
        Node::Link(target) => path.len() + target.len(),
        Node::Directory => 0,
    };
    bytes as u64
}

/// The directory that is there because of a node: itself, or the one in which it stands.
fn directory_of<'p>(path: &'p str, node: &Node) -> Option<&'p str> {
    match node {
        Node::Directory => Some(path),
        Node::File(_) | Node::Link(_) => path.rsplit_once('/').map(|(directory, _)| directory),
    }
}
