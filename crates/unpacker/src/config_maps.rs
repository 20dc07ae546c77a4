//! Bundles that stand in ConfigMaps.

use std::collections::BTreeMap;

use rukpak_tree::{FileTree, Limits};

use crate::{ConfigMapFiles, UnpackError};

/// Puts the files of all ConfigMaps into one tree, each below its path.
pub(crate) fn unpack(maps: &[ConfigMapFiles], limits: &Limits) -> Result<FileTree, UnpackError> {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    let mut files = Vec::new();
    for ConfigMapFiles { name, path, files: content } in maps {
        for (key, bytes) in content {
            let components =
                path.split('/').chain([key.as_str()]).filter(|part| !part.is_empty() && *part != ".");
            let path = components.collect::<Vec<_>>().join("/");
            if let Some(other) = owners.insert(path.clone(), name) {
                let maps = [other.to_owned(), name.clone()];
                return Err(UnpackError::DuplicatePath { path, maps });
            }
            files.push((path, bytes.clone()));
        }
    }
    FileTree::from_files(files, limits).map_err(UnpackError::Tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(name: &str, path: &str, keys: &[&str]) -> ConfigMapFiles {
        let files = keys.iter().map(|key| ((*key).to_owned(), name.as_bytes().to_vec())).collect();
        ConfigMapFiles { name: name.into(), path: path.into(), files }
    }

    #[test]
    fn each_below_its_path() {
        let maps = [
            map("one", "manifests/", &["a", "b"]),
            map("two", "/manifests/./", &["c"]),
            map("three", "", &["d"]),
        ];
        let tree = unpack(&maps, &Limits::default()).unwrap();
        let paths: Vec<_> = tree.iter().collect();
        assert_eq!(
            paths,
            [("d", &b"three"[..]), ("manifests/a", b"one"), ("manifests/b", b"one"), ("manifests/c", b"two")]
        );
    }

    #[test]
    fn a_path_belongs_to_one() {
        let error =
            unpack(&[map("one", "x", &["a"]), map("two", "x//", &["a"])], &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "duplicate path \"x/a\" found in configmaps [one two]");
    }

    #[test]
    fn nothing_leaves_the_tree() {
        let error = unpack(&[map("one", "../x", &["a"])], &Limits::default()).unwrap_err();
        assert!(matches!(error, UnpackError::Tree(_)), "{error}");
    }
}
