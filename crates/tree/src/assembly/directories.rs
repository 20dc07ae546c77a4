//! The directories of a tree in the making, named or implied.
//!
//! A path implies all directories above it, which the source does not have to name and everybody who writes the tree has to make: a
//! thousand paths of 32 components are more than thirty thousand of them.

use std::collections::BTreeMap;

/// Each directory, and how many hold it: who names it, the leaves in it, and the directories in it.
#[derive(Default)]
pub(super) struct Directories {
    holders: BTreeMap<String, u64>,
    name_bytes: u64,
}

impl Directories {
    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.holders.len() as u64
    }

    /// Bytes of all their paths.
    pub(super) fn name_bytes(&self) -> u64 {
        self.name_bytes
    }

    /// Adds one who holds a directory. A new one holds the one in which it stands.
    pub(super) fn hold(&mut self, directory: &str) {
        let mut directory = Some(directory);
        while let Some(path) = directory {
            if let Some(holders) = self.holders.get_mut(path) {
                *holders += 1;
                return;
            }
            self.holders.insert(path.to_owned(), 1);
            self.name_bytes += path.len() as u64;
            directory = above(path);
        }
    }

    /// Takes away one who holds a directory. Without the last one it is gone, and lets go of the one in which it stood.
    pub(super) fn release(&mut self, directory: &str) {
        let mut directory = Some(directory);
        while let Some(path) = directory {
            match self.holders.get_mut(path) {
                Some(1) => {
                    self.holders.remove(path);
                    self.name_bytes -= path.len() as u64;
                    directory = above(path);
                }
                Some(holders) => {
                    *holders -= 1;
                    return;
                }
                None => return,
            }
        }
    }
}

/// The directory in which another stands, the root aside.
fn above(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(directory, _)| directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_there_as_long_as_something_holds_it() {
        let mut directories = Directories::default();
        directories.hold("a/b/c");
        directories.hold("a/b/d");
        assert_eq!((directories.count(), directories.name_bytes()), (4, 1 + 3 + 5 + 5));
        directories.hold("a");
        directories.release("a/b/c");
        directories.hold("a/b/d");
        directories.release("a/b/d");
        assert_eq!(directories.count(), 3, "one still holds a/b/d");
        directories.release("a/b/d");
        assert_eq!((directories.count(), directories.name_bytes()), (1, 1), "it is named");
        directories.release("a");
        assert_eq!((directories.count(), directories.name_bytes()), (0, 0));
    }
}
