//! The layers of an OCI image, put on top of each other.
//!
//! In: one archive for each layer, the lowest first. Out: the tree that a container would see, as far as it is kept. The
//! rules are those of the image specification (`layer.md`, "Applying Changesets"), read as containerd reads them
//! (`archive.Apply`), with these decisions:
//!
//! - A layer's whiteouts hide only what lower layers have, in whatever order its entries come.
//! - A whiteout, and a file's path, say that their directories are there. What a lower layer has in the place of such a
//!   directory is replaced, a symbolic link too: nothing is ever written through a link.
//! - Symbolic links are followed when all layers are there, so that one may lead to what a higher layer brings.
//! - A hard link stands for what its target has at that moment, in this layer or a lower one.

#[cfg(test)]
mod tests;
mod whiteout;

use std::io::Read;

use whiteout::Meaning;

use crate::archive;
use crate::assembly::Assembly;
use crate::{Entry, EntryKind, FileTree, Keep, Limits, ShownPath, TreeError};

/// A tree that is made of layers.
///
/// The limits hold for all layers together: for what is kept at any moment, and for all that is read past. What a layer
/// hides or replaces makes room again, and counts as skipped.
pub struct Layers<'a> {
    assembly: Assembly<'a>,
    /// Bytes behind the ends of the archives.
    after_ends: u64,
}

impl<'a> Layers<'a> {
    /// No layer yet.
    #[must_use]
    pub fn new(keep: &'a Keep, limits: &'a Limits) -> Self {
        Self { assembly: Assembly::new(keep, limits), after_ends: 0 }
    }

    /// Puts a layer on top: a tar archive, plain or compressed, as [`read_archive`](crate::read_archive)
    /// reads it.
    ///
    /// After an error the layers are of no use, since a part of this one may have been applied.
    pub fn apply(&mut self, input: impl Read) -> Result<(), TreeError> {
        let limits = self.assembly.limits();
        let after_end = archive::read_layer(input, limits, |entry| add(&mut self.assembly, entry))?;
        self.after_ends = self.after_ends.saturating_add(after_end);
        if self.after_ends > limits.skipped_bytes {
            let path = ShownPath::new("the end of a layer");
            return Err(TreeError::SkippedTooLarge { path, limit: limits.skipped_bytes });
        }
        self.assembly.end_layer();
        Ok(())
    }

    /// The tree of all layers, with every link followed.
    pub fn finish(self) -> Result<FileTree, TreeError> {
        self.assembly.finish()
    }
}

/// Does what an entry of a layer says.
fn add(assembly: &mut Assembly<'_>, entry: &mut Entry<'_>) -> Result<(), TreeError> {
    if *entry.kind() == EntryKind::Metadata {
        return archive::add(assembly, entry);
    }
    let path = entry.path();
    match Meaning::of(path)? {
        Meaning::Entry => {
            // What stands above the kept folders is kept in no layer, and replaces them where it is no directory.
            let above = !path.is_root() && !assembly.keep().covers(path) && assembly.keep().leads_to(path);
            if above && *entry.kind() != EntryKind::Directory {
                assembly.hide_below(path)?;
            }
            archive::add(assembly, entry)
        }
        Meaning::Whiteout { directory, hidden } => {
            assembly.discard(path.as_bytes(), 1, entry.stored())?;
            assembly.touch_directory(&directory)?;
            assembly.hide(&hidden)
        }
        Meaning::Opaque { directory } => {
            assembly.discard(path.as_bytes(), 1, entry.stored())?;
            assembly.touch_directory(&directory)?;
            assembly.hide_below(&directory)
        }
        Meaning::Bookkeeping => assembly.discard(path.as_bytes(), 1, entry.stored()),
    }
}
