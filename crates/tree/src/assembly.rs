//! A tree in the making: what every source of files goes through, entry by entry.
//!
//! In: paths, and what stands at them, in the order of the source. Out: a [`FileTree`], or the first rule or limit that is
//! broken. Links are followed when all is there.

mod links;

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::below;
use crate::{FileTree, Keep, Limits, NameFault, RelativePath, ShownPath, Skipped, TreeError};

/// Files, directories and links that are kept so far, and counts of what is not.
pub(crate) struct Assembly<'a> {
    keep: &'a Keep,
    limits: &'a Limits,
    files: BTreeMap<String, Vec<u8>>,
    /// Symbolic links and their targets, as written.
    links: BTreeMap<String, Vec<u8>>,
    directories: BTreeSet<String>,
    /// Bytes of all files.
    kept_bytes: u64,
    skipped: Skipped,
}

impl<'a> Assembly<'a> {
    pub(crate) fn new(keep: &'a Keep, limits: &'a Limits) -> Self {
        Self {
            keep,
            limits,
            files: BTreeMap::new(),
            links: BTreeMap::new(),
            directories: BTreeSet::new(),
            kept_bytes: 0,
            skipped: Skipped::default(),
        }
    }

    pub(crate) fn keep(&self) -> &'a Keep {
        self.keep
    }

    pub(crate) fn limits(&self) -> &'a Limits {
        self.limits
    }

    pub(crate) fn skipped_mut(&mut self) -> &mut Skipped {
        &mut self.skipped
    }

    /// Checks the name of something that is kept.
    pub(crate) fn admit(&self, path: RelativePath) -> Result<String, TreeError> {
        if path.is_root() {
            return Err(TreeError::Name { path: ShownPath::from(&path), fault: NameFault::Empty });
        }
        path.into_kept(self.limits)
    }

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

    /// Keeps a directory.
    pub(crate) fn directory(&mut self, path: String) -> Result<(), TreeError> {
        if self.directories.contains(&path) {
            return self.discard(path.as_bytes(), 1, 0);
        }
        self.expect_directories(&path)?;
        if self.is_leaf(&path) {
            return Err(TreeError::Conflict { path: ShownPath::new(path) });
        }
        if self.directories.len() as u64 >= self.limits.files {
            return Err(TreeError::TooManyDirectories {
                path: ShownPath::new(path),
                limit: self.limits.files,
            });
        }
        self.directories.insert(path);
        Ok(())
    }

    /// Keeps a file of which the source says that it has `size` bytes. `read` gets the number of bytes for which there is
    /// room, and gives the content, or its beginning as soon as that is more than there is room for.
    pub(crate) fn file(
        &mut self,
        path: String,
        size: u64,
        read: impl FnOnce(u64) -> Result<Vec<u8>, TreeError>,
    ) -> Result<(), TreeError> {
        self.make_way(&path)?;
        let room = self.expect_room(&path, size)?;
        let content = read(room)?;
        self.expect_room(&path, content.len() as u64)?;
        self.kept_bytes += content.len() as u64;
        self.files.insert(path, content);
        Ok(())
    }

    /// Keeps a symbolic link.
    pub(crate) fn symlink(&mut self, path: String, target: Vec<u8>) -> Result<(), TreeError> {
        self.make_way(&path)?;
        if target.len() > self.limits.path_bytes {
            let (length, limit) = (target.len(), self.limits.path_bytes);
            return Err(TreeError::PathTooLong { path: ShownPath::new(path), length, limit });
        }
        self.links.insert(path, target);
        Ok(())
    }

    /// Keeps another name of a file or link that was kept before.
    pub(crate) fn hard_link(&mut self, path: String, target: &[u8]) -> Result<(), TreeError> {
        let original = RelativePath::parse(target)?;
        // A name for itself changes nothing, and must not make way for itself.
        if original.as_bytes() == path.as_bytes() && self.is_leaf(&path) {
            return self.discard(target, 1, 0);
        }
        match std::str::from_utf8(original.as_bytes()) {
            Ok(name) if self.links.contains_key(name) => {
                let target = self.links.get(name).cloned().unwrap_or_default();
                self.symlink(path, target)
            }
            Ok(name) if self.files.contains_key(name) => {
                let content = self.files.get(name).cloned().unwrap_or_default();
                self.file(path, content.len() as u64, |_| Ok(content))
            }
            _ => Err(self.cannot_follow(&path, target, &original)),
        }
    }

    /// The tree, with every link followed.
    pub(crate) fn finish(mut self) -> Result<FileTree, TreeError> {
        self.follow_links()?;
        let Self { files, directories, skipped, keep: _, limits: _, links: _, kept_bytes: _ } = self;
        Ok(FileTree { files, directories, skipped })
    }

    /// Makes sure that a file or link can stand at a path: drops what stands there, refuses a directory, counts.
    fn make_way(&mut self, path: &str) -> Result<(), TreeError> {
        if self.links.remove(path).is_some() {
            return self.discard(path.as_bytes(), 1, 0);
        }
        if let Some(content) = self.files.remove(path) {
            let bytes = content.len() as u64;
            self.kept_bytes -= bytes;
            return self.discard(path.as_bytes(), 1, bytes);
        }
        self.expect_directories(path)?;
        if self.is_directory(path) {
            return Err(TreeError::Conflict { path: ShownPath::new(path) });
        }
        if (self.files.len() + self.links.len()) as u64 >= self.limits.files {
            return Err(TreeError::TooManyFiles { path: ShownPath::new(path), limit: self.limits.files });
        }
        Ok(())
    }

    /// How many bytes a file may have, if `size` are not too many.
    fn expect_room(&self, path: &str, size: u64) -> Result<u64, TreeError> {
        let Limits { file_bytes, kept_bytes, .. } = *self.limits;
        if size > file_bytes {
            return Err(TreeError::FileTooLarge { path: ShownPath::new(path), size, limit: file_bytes });
        }
        let total = self.kept_bytes.saturating_add(size);
        if total > kept_bytes {
            return Err(TreeError::TreeTooLarge {
                path: ShownPath::new(path),
                size: total,
                limit: kept_bytes,
            });
        }
        Ok(file_bytes.min(kept_bytes.saturating_sub(self.kept_bytes)))
    }

    /// Refuses a path below a file or link.
    fn expect_directories(&self, path: &str) -> Result<(), TreeError> {
        let mut above = path.match_indices('/').filter_map(|(slash, _)| path.get(..slash));
        match above.find(|directory| self.is_leaf(directory)) {
            Some(file) => Err(TreeError::Conflict { path: ShownPath::new(file) }),
            None => Ok(()),
        }
    }

    fn is_leaf(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.links.contains_key(path)
    }

    /// Whether a directory is named so, or is implied by what stands below it.
    fn is_directory(&self, path: &str) -> bool {
        self.directories.contains(path)
            || below(path, |from, to| self.files.range::<str, _>((from, to))).next().is_some()
            || below(path, |from, to| self.links.range::<str, _>((from, to))).next().is_some()
            || below(path, |from, to| self.directories.range::<str, _>((from, to))).next().is_some()
    }
}
