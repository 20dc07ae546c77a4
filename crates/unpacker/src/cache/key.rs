//! What an entry is found by.

use std::fmt;

use rukpak_oci::Digest;
use rukpak_tree::Keep;

/// The hash of all that decides about a tree: where it comes from, by names that never change their meaning, what of it is
/// kept, and the form of the entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(String);

/// Changes whenever the same source would make another tree, or an entry is written in another way.
const FORM: &str = "1";

impl Key {
    /// Of a source: its kind, and texts that name its content.
    pub(crate) fn of(kind: &str, names: &[&str], keep: &Keep) -> Self {
        let mut text = format!("{FORM}\0{kind}\0{keep:?}");
        for name in names {
            text.push('\0');
            text.push_str(name);
        }
        Self(format!("{kind}-{}", Digest::sha256(text.as_bytes()).hex()))
    }

    /// A key by its name.
    pub(crate) fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name of the entry's file.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
