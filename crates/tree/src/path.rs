//! Names of entries, normalised.

use std::fmt;

use crate::{Limits, NameFault, ShownPath, TreeError};

/// A path relative to the root of a tree: components of any bytes but `/`, none of them empty, `.` or `..`, joined by
/// `/`. The root itself has none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RelativePath(Vec<u8>);

impl RelativePath {
    /// Normalises a name: a leading `/`, empty components and `.` are dropped, `..` is refused.
    pub fn parse(name: &[u8]) -> Result<Self, TreeError> {
        let mut path = Self(Vec::with_capacity(name.len()));
        for component in name.split(|byte| *byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." => {
                    return Err(TreeError::Name {
                        path: ShownPath::new(name),
                        fault: NameFault::ParentDirectory,
                    });
                }
                component => path.push(component),
            }
        }
        Ok(path)
    }

    /// The path that a symbolic link leads to: `target` seen from this directory, or from the root where it begins with
    /// `/`. `None` where it climbs above the root.
    pub(crate) fn follow(&self, target: &[u8]) -> Option<Self> {
        let mut path = if target.starts_with(b"/") { Self::default() } else { self.clone() };
        for component in target.split(|byte| *byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." if path.is_root() => return None,
                b".." => path.pop(),
                component => path.push(component),
            }
        }
        Some(path)
    }

    /// This path with one more component, which must not be empty, `.` or `..`, nor contain `/`.
    pub(crate) fn join(&self, component: &[u8]) -> Self {
        let mut path = Self(Vec::with_capacity(self.0.len() + 1 + component.len()));
        path.0.extend_from_slice(&self.0);
        path.push(component);
        path
    }

    fn push(&mut self, component: &[u8]) {
        if !self.0.is_empty() {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(component);
    }

    /// Drops the last component; of the root nothing. What is left is not copied: a target may climb a thousand times.
    fn pop(&mut self) {
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        self.0.truncate(end);
    }

    /// The path without its last component; the root's is the root.
    pub(crate) fn parent(&self) -> Self {
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        Self(self.0.get(..end).unwrap_or_default().to_vec())
    }

    /// Whether this is the root of the tree.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The components, from the root down.
    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|component| !component.is_empty())
    }

    /// The components joined by `/`.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Checks what is asked of a kept path: UTF-8, no control character, and the limits on lengths and depth.
    pub(crate) fn into_kept(self, limits: &Limits) -> Result<String, TreeError> {
        let path = || ShownPath::new(&self.0);
        if self.0.len() > limits.path_bytes {
            let (length, limit) = (self.0.len(), limits.path_bytes);
            return Err(TreeError::PathTooLong { path: path(), length, limit });
        }
        if let Some(name) = self.components().find(|name| name.len() > limits.name_bytes) {
            let (length, limit) = (name.len(), limits.name_bytes);
            return Err(TreeError::NameTooLong { path: path(), length, limit });
        }
        let depth = self.components().count();
        if depth > limits.depth {
            return Err(TreeError::TooDeep { path: path(), depth, limit: limits.depth });
        }
        match String::from_utf8(self.0) {
            Ok(kept) if kept.contains(char::is_control) => {
                Err(TreeError::Name { path: ShownPath::new(kept), fault: NameFault::ControlCharacter })
            }
            Ok(kept) => Ok(kept),
            Err(error) => {
                Err(TreeError::Name { path: ShownPath::new(error.as_bytes()), fault: NameFault::NotUtf8 })
            }
        }
    }
}

impl fmt::Debug for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelativePath({})", ShownPath::new(&self.0))
    }
}

impl From<&RelativePath> for ShownPath {
    fn from(path: &RelativePath) -> Self {
        Self::new(&path.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("a/b", "a/b")]
    #[case::absolute("/a/b", "a/b")]
    #[case::several_slashes("//a///b//", "a/b")]
    #[case::dots("./a/././b/.", "a/b")]
    #[case::root("./", "")]
    #[case::empty("", "")]
    #[case::not_quite_dots(".../..a/b..", ".../..a/b..")]
    fn parse(#[case] name: &str, #[case] path: &str) {
        assert_eq!(RelativePath::parse(name.as_bytes()).unwrap().as_bytes(), path.as_bytes());
    }

    #[rstest]
    #[case("..")]
    #[case("../a")]
    #[case("a/../b")]
    #[case("/..")]
    #[case("a/..")]
    fn parent_directories_are_refused(#[case] name: &str) {
        let error = RelativePath::parse(name.as_bytes()).unwrap_err();
        assert!(matches!(error, TreeError::Name { fault: NameFault::ParentDirectory, .. }), "{error}");
    }

    #[rstest]
    #[case::sibling("a/b", "c", Some("a/b/c"))]
    #[case::up("a/b", "../c", Some("a/c"))]
    #[case::up_to_the_root("a/b", "../../c", Some("c"))]
    #[case::above_the_root("a/b", "../../../c", None)]
    #[case::above_and_back("a", "../../a/c", None)]
    #[case::absolute("a/b", "/c", Some("c"))]
    #[case::nothing("a/b", "", Some("a/b"))]
    fn follow(#[case] directory: &str, #[case] target: &str, #[case] expected: Option<&str>) {
        let directory = RelativePath::parse(directory.as_bytes()).unwrap();
        let path = directory.follow(target.as_bytes());
        assert_eq!(path.as_ref().map(RelativePath::as_bytes), expected.map(str::as_bytes));
    }
}
