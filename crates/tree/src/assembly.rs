//! A tree in the making: what every source of files goes through, entry by entry.
//!
//! In: paths, and what stands at them, in the order of the source. Out: a [`FileTree`], or the first rule or limit that is
//! broken. Links are followed when all is there.
//!
//! A source has one layer, or several of which each replaces and hides what those below it have. A path that is both a file
//! and a directory is an error only within one layer.

mod directories;
mod links;
mod lower;
mod nodes;
mod room;

use directories::Directories;
use nodes::{Node, Nodes};

use crate::{FileTree, Keep, Limits, NameFault, RelativePath, ShownPath, Skipped, TreeError};

/// Files, directories and links that are kept so far, and counts of what is not.
pub(crate) struct Assembly<'a> {
    keep: &'a Keep,
    limits: &'a Limits,
    /// What the layers below this one have. Nothing in it clashes with what this layer has.
    lower: Nodes,
    /// What the layer that is read has.
    upper: Nodes,
    /// Files and links of both.
    leaves: u64,
    /// Directories of both, those that are only implied included.
    directories: Directories,
    /// Bytes of all files.
    kept_bytes: u64,
    /// Bytes of the paths of all nodes, and of the targets of links. Those of directories are counted there.
    names_bytes: u64,
    skipped: Skipped,
}

impl<'a> Assembly<'a> {
    pub(crate) fn new(keep: &'a Keep, limits: &'a Limits) -> Self {
        Self {
            keep,
            limits,
            lower: Nodes::default(),
            upper: Nodes::default(),
            leaves: 0,
            directories: Directories::default(),
            kept_bytes: 0,
            names_bytes: 0,
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

    /// Keeps a directory.
    pub(crate) fn directory(&mut self, path: String) -> Result<(), TreeError> {
        match self.place_directory(path)? {
            None => Ok(()),
            Some(path) => self.discard(path.as_bytes(), 1, 0),
        }
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
        self.put(path, Node::File(content))
    }

    /// Keeps a symbolic link.
    pub(crate) fn symlink(&mut self, path: String, target: Vec<u8>) -> Result<(), TreeError> {
        self.make_way(&path)?;
        if target.len() > self.limits.path_bytes {
            let (length, limit) = (target.len(), self.limits.path_bytes);
            return Err(TreeError::PathTooLong { path: ShownPath::new(path), length, limit });
        }
        self.put(path, Node::Link(target))
    }

    /// Keeps another name of a file or link that was kept before.
    pub(crate) fn hard_link(&mut self, path: String, target: &[u8]) -> Result<(), TreeError> {
        let original = RelativePath::parse(target)?;
        // A name for itself changes nothing, and must not make way for itself.
        if original.as_bytes() == path.as_bytes() && self.is_leaf(&path) {
            if let Some(leaf) = self.lower.take_leaf(&path) {
                self.upper.insert(path, leaf);
            }
            return self.discard(target, 1, 0);
        }
        match str::from_utf8(original.as_bytes()).ok().and_then(|name| self.get(name)) {
            Some(Node::Link(target)) => {
                let target = target.clone();
                self.symlink(path, target)
            }
            Some(Node::File(content)) => {
                let content = content.clone();
                self.file(path, content.len() as u64, |_| Ok(content))
            }
            Some(Node::Directory) | None => Err(self.cannot_follow(&path, target, &original)),
        }
    }

    /// The tree, with every link followed.
    pub(crate) fn finish(mut self) -> Result<FileTree, TreeError> {
        self.end_layer();
        self.follow_links()?;
        let mut tree = FileTree { skipped: self.skipped, ..FileTree::default() };
        for (path, node) in self.lower {
            match node {
                Node::File(content) => drop(tree.files.insert(path, content)),
                Node::Directory => drop(tree.directories.insert(path)),
                // The file that it leads to took its place.
                Node::Link(_) => {}
            }
        }
        Ok(tree)
    }

    /// Makes sure that this layer has a directory, and gives the path back if it was there.
    fn place_directory(&mut self, path: String) -> Result<Option<String>, TreeError> {
        if let Some(Node::Directory) = self.upper.get(&path) {
            return Ok(Some(path));
        }
        self.expect_directories(&path)?;
        if self.upper.is_leaf(&path) {
            return Err(TreeError::Conflict { path: ShownPath::new(path) });
        }
        match self.lower.take(&path) {
            Some(Node::Directory) => {
                self.upper.insert(path.clone(), Node::Directory);
                return Ok(Some(path));
            }
            Some(leaf) => self.forget(&path, &leaf)?,
            None => {}
        }
        self.put(path, Node::Directory)?;
        Ok(None)
    }

    /// Makes sure that a file or link can stand at a path: drops what stands there, refuses a directory of this layer,
    /// counts.
    fn make_way(&mut self, path: &str) -> Result<(), TreeError> {
        if let Some(leaf) = self.upper.take_leaf(path) {
            return self.forget(path, &leaf);
        }
        self.expect_directories(path)?;
        if self.upper.is_directory(path) {
            return Err(TreeError::Conflict { path: ShownPath::new(path) });
        }
        self.hide_at(path)?;
        if self.leaves >= self.limits.files {
            return Err(TreeError::TooManyFiles { path: ShownPath::new(path), limit: self.limits.files });
        }
        Ok(())
    }

    /// Refuses a path below a file or link of this layer, and drops those of lower layers.
    fn expect_directories(&mut self, path: &str) -> Result<(), TreeError> {
        for directory in path.match_indices('/').filter_map(|(slash, _)| path.get(..slash)) {
            if self.upper.is_leaf(directory) {
                return Err(TreeError::Conflict { path: ShownPath::new(directory) });
            }
            if let Some(leaf) = self.lower.take_leaf(directory) {
                self.forget(directory, &leaf)?;
            }
        }
        Ok(())
    }

    fn get(&self, path: &str) -> Option<&Node> {
        self.upper.get(path).or_else(|| self.lower.get(path))
    }

    fn is_leaf(&self, path: &str) -> bool {
        self.upper.is_leaf(path) || self.lower.is_leaf(path)
    }

    fn is_directory(&self, path: &str) -> bool {
        self.upper.is_directory(path) || self.lower.is_directory(path)
    }
}
