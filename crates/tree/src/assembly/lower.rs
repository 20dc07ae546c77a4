//! What a layer does to those below it.
//!
//! What is hidden is gone for good: it makes room, and counts as skipped. Of the layer that is read nothing is ever hidden,
//! so the order of a layer's entries does not matter.

use std::mem;

use super::Assembly;
use crate::{RelativePath, TreeError};

impl Assembly<'_> {
    /// Ends a layer: what it has is now there for the next one to replace or hide.
    pub(crate) fn end_layer(&mut self) {
        self.lower.merge(mem::take(&mut self.upper));
    }

    /// Notes that this layer has a directory, if it is kept, without counting an entry.
    pub(crate) fn touch_directory(&mut self, path: &RelativePath) -> Result<(), TreeError> {
        if !path.is_root() && self.keep.covers(path) {
            let path = self.admit(path.clone())?;
            self.place_directory(path)?;
        }
        Ok(())
    }

    /// Hides what lower layers have at a path and below it.
    pub(crate) fn hide(&mut self, path: &RelativePath) -> Result<(), TreeError> {
        match str::from_utf8(path.as_bytes()) {
            Ok(path) => self.hide_at(path),
            // No kept path is so.
            Err(_) => Ok(()),
        }
    }

    /// Hides what lower layers have below a directory.
    pub(crate) fn hide_below(&mut self, directory: &RelativePath) -> Result<(), TreeError> {
        match str::from_utf8(directory.as_bytes()) {
            Ok(directory) => self.hide_all_below(directory),
            Err(_) => Ok(()),
        }
    }

    pub(super) fn hide_at(&mut self, path: &str) -> Result<(), TreeError> {
        if let Some(node) = self.lower.take(path) {
            self.forget(path, &node)?;
        }
        self.hide_all_below(path)
    }

    fn hide_all_below(&mut self, directory: &str) -> Result<(), TreeError> {
        self.lower.take_below(directory).iter().try_for_each(|(path, node)| self.forget(path, node))
    }
}
