//! A bundle in immutable `ConfigMaps`, as the source `configMaps` takes it. Pure.
//!
//! A `ConfigMap` holds files of one directory, and takes no more than a megabyte; a directory with more has several. Its name has a
//! digest of its content in it, so that what did not change is there already, and what is there never changes its meaning.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rukpak_api::{ConfigMapSource, LocalReference};
use rukpak_manifest::Object;
use rukpak_tree::{ByteSize, FileTree};
use serde_json::{Map as Fields, Value, json};
use sha2::{Digest as _, Sha256};

/// Label: the `BundleDeployment` whose bundle this is a part of.
pub(super) const LABEL: &str = "core.rukpak.io/content-of";

/// Bytes of the files of one `ConfigMap` (`MaxSecretSize` of Kubernetes' validation).
const MOST: usize = 1 << 20;

/// Bytes to which one is filled where there are more files, so that its name, its labels and the encoding of a request fit as well.
const FULL: usize = 900 << 10;

/// How many one source takes.
const MAPS: usize = 256;

/// Characters of the digest in a name.
const DIGEST: usize = 16;

/// Characters of the longest key.
const KEY: usize = 253;

/// One `ConfigMap`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) name: String,
    /// The directory of the files.
    path: String,
    files: BTreeMap<String, Vec<u8>>,
}

/// Takes the files of a bundle apart, for the `BundleDeployment` of a name.
///
/// # Errors
/// Where a file is larger than a `ConfigMap`, or its name cannot be a key of one; or there are too many.
pub(super) fn of(tree: &FileTree, deployment: &str) -> anyhow::Result<Vec<Map>> {
    let mut maps: Vec<Map> = Vec::new();
    let mut size = 0;
    for (file, content) in tree.iter() {
        let (path, key) = file.rsplit_once('/').unwrap_or(("", file));
        ensure!(
            content.len() <= MOST,
            "{file} has {} bytes, a ConfigMap takes {}; --push hands the bundle over as an image",
            content.len(),
            ByteSize(MOST as u64)
        );
        let is_key = key.len() <= KEY
            && key.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
        ensure!(
            is_key,
            "{file} cannot be a key of a ConfigMap, expected letters, digits, `-`, `_` and `.`; \
             --push hands the bundle over as an image"
        );
        size += key.len() + content.len();
        if let Some(map) = maps.last_mut().filter(|map| map.path == path && size <= FULL) {
            map.files.insert(key.to_owned(), content.to_owned());
        } else {
            size = key.len() + content.len();
            let files = BTreeMap::from([(key.to_owned(), content.to_owned())]);
            maps.push(Map { name: String::new(), path: path.to_owned(), files });
        }
    }
    if maps.len() > MAPS {
        bail!(
            "the bundle takes {} ConfigMaps, a source {MAPS}; --push hands it over as an image",
            maps.len()
        );
    }
    for map in &mut maps {
        map.name = format!("{deployment}-{}", map.digest());
    }
    Ok(maps)
}

impl Map {
    /// How a source names it.
    pub(super) fn source(&self) -> ConfigMapSource {
        let path = Some(self.path.clone()).filter(|path| !path.is_empty());
        ConfigMapSource { config_map: LocalReference { name: self.name.clone() }, path, sha256: None }
    }

    /// The object, for a `BundleDeployment` that is its owner where there is one already.
    pub(super) fn object(&self, namespace: &str, deployment: &str, owner: Option<&Value>) -> Object {
        let (mut texts, mut binaries) = (Fields::new(), Fields::new());
        for (key, content) in &self.files {
            match std::str::from_utf8(content) {
                Ok(text) => texts.insert(key.clone(), text.into()),
                Err(_) => binaries.insert(key.clone(), STANDARD.encode(content).into()),
            };
        }
        let mut object = Object::new("v1", "ConfigMap", Some(namespace), &self.name).with("immutable", true);
        for (field, entries) in [("data", texts), ("binaryData", binaries)] {
            if !entries.is_empty() {
                object = object.with(field, entries);
            }
        }
        let metadata = object.metadata_mut();
        metadata.insert("labels".into(), json!({LABEL: deployment}));
        if let Some(owner) = owner {
            metadata.insert("ownerReferences".into(), json!([owner]));
        }
        object
    }

    /// Of the directory, and of all names and contents with their lengths.
    fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let parts = self.files.iter().flat_map(|(key, content)| [key.as_bytes(), content]);
        for part in [self.path.as_bytes()].into_iter().chain(parts) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut text = String::new();
        for byte in hash.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        text.truncate(DIGEST);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use rukpak_tree::Limits;

    fn tree(files: &[(&str, &[u8])]) -> FileTree {
        let files = files.iter().map(|(path, content)| ((*path).to_owned(), content.to_vec()));
        FileTree::from_files(files, &Limits::default()).unwrap()
    }

    #[test]
    fn one_for_each_directory_in_the_form_that_a_source_takes() {
        let tree = tree(&[
            ("manifests/a.yaml", b"a"),
            ("manifests/b.yaml", b"\xff"),
            ("metadata/annotations.yaml", b"m"),
        ]);
        let maps = of(&tree, "hello").unwrap();
        let object = maps[0].object("rukpak-system", "hello", None);
        insta::assert_snapshot!(rukpak_manifest::yaml::to_string(&object.into_value()));
        let sources: Vec<_> = maps.iter().map(|map| map.source().path.unwrap()).collect();
        assert_eq!(sources, ["manifests", "metadata"]);
    }

    #[test]
    fn a_name_stands_for_its_content() {
        let names = |content: &[u8]| -> Vec<_> {
            let maps = of(&tree(&[("manifests/a", content), ("metadata/a", b"m")]), "hello").unwrap();
            maps.into_iter().map(|map| map.name).collect()
        };
        let [one, same, other] = [b"1", b"1", b"2"].map(|content| names(content));
        assert_eq!(one, same);
        assert_ne!(one[0], other[0]);
        assert_eq!(one[1], other[1], "what did not change is there already");
    }

    #[test]
    fn a_large_directory_has_several() {
        let part = vec![b'x'; 400 << 10];
        let maps =
            of(&tree(&[("manifests/a", &part), ("manifests/b", &part), ("manifests/c", &part)]), "hello");
        let counts: Vec<_> = maps.unwrap().iter().map(|map| map.files.len()).collect();
        assert_eq!(counts, [2, 1]);
    }

    #[rstest]
    #[case::large("manifests/large.yaml", MOST + 1, "manifests/large.yaml has 1048577 bytes, a ConfigMap takes 1 MiB")]
    #[case::no_key("manifests/a b.yaml", 1, "manifests/a b.yaml cannot be a key of a ConfigMap")]
    fn what_no_config_map_takes(#[case] path: &str, #[case] size: usize, #[case] expected: &str) {
        let error = of(&tree(&[(path, &vec![b'x'; size])]), "hello").unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
