//! What was read past.

use std::collections::BTreeSet;

use crate::{Keep, RelativePath, ShownPath};

/// How many names are remembered as hints.
const NAMES: usize = 16;

/// What an input held beside the files that were kept.
///
/// For a directory only what stands beside the kept folders is counted, without its size, since nothing else is opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skipped {
    /// Entries outside the kept folders, and entries that a later one of the same path replaced.
    pub entries: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// The names at the root of the input that are not kept: the first 16 in their order, printable.
    pub top_level: BTreeSet<String>,
    /// Folders that would have been kept had they stood at the root, such as `my-bundle/manifests`: the first 16 in their
    /// order, printable.
    pub misplaced: BTreeSet<String>,
}

impl Skipped {
    /// Remembers the names of an entry that is not kept.
    pub(crate) fn note(&mut self, path: &RelativePath, keep: &Keep) {
        if let Some(name) = path.components().next() {
            remember(&mut self.top_level, name);
        }
        if let Some(folder) = keep.misplaced(path) {
            remember(&mut self.misplaced, folder);
        }
    }
}

/// Adds a name, and drops the last one where there are more than [`NAMES`].
pub(crate) fn remember(names: &mut BTreeSet<String>, name: &[u8]) {
    let shown = ShownPath::new(name);
    if !names.contains(shown.as_str()) {
        names.insert(shown.as_str().to_owned());
        if names.len() > NAMES {
            names.pop_last();
        }
    }
}
