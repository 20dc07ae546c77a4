//! Archives of every kind, most of them ill-meant, and the trees or errors that they become.

mod compression;
mod errors;
mod framing;
mod kinds;
mod limits;
mod links;
mod names;
mod positions;
mod property;
mod sparse;
mod write;

use super::forge::Forge;
use crate::{FileTree, Keep, Limits, TreeError};

/// What a bundle's reader keeps.
fn bundle() -> Keep {
    Keep::prefixes(["manifests/", "metadata/"])
}

fn read(archive: &[u8]) -> Result<FileTree, TreeError> {
    FileTree::from_archive(archive, &bundle(), &Limits::default())
}

fn read_with(archive: &[u8], limits: &Limits) -> Result<FileTree, TreeError> {
    FileTree::from_archive(archive, &bundle(), limits)
}

/// Paths and contents as text, for comparison.
fn files(tree: &FileTree) -> Vec<(&str, &str)> {
    tree.iter().map(|(path, content)| (path, std::str::from_utf8(content).unwrap())).collect()
}

/// Bytes that no compressor makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(length).collect()
}

/// A reader of zeros that remembers how much was taken from it.
struct Zeros<'c>(&'c std::cell::Cell<u64>);

impl std::io::Read for Zeros<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        buffer.fill(0);
        self.0.set(self.0.get() + buffer.len() as u64);
        Ok(buffer.len())
    }
}

#[test]
fn a_bundle() {
    let archive = Forge::new()
        .directory("./")
        .directory("./manifests/")
        .file("./manifests/b.yaml", "b")
        .file("./manifests/a.yaml", "a")
        .file("./metadata/annotations.yaml", "m")
        .file("./tests/scorecard/config.yaml", "t")
        .file("./Dockerfile", "FROM scratch")
        .finish();
    let tree = read(&archive).unwrap();
    assert_eq!(
        files(&tree),
        [("manifests/a.yaml", "a"), ("manifests/b.yaml", "b"), ("metadata/annotations.yaml", "m")]
    );
    assert_eq!(tree.get("manifests/a.yaml"), Some(b"a".as_slice()));
    assert_eq!(tree.get("Dockerfile"), None);
    let under: Vec<_> = tree.files_under("manifests").map(|(path, _)| path).collect();
    assert_eq!(under, ["manifests/a.yaml", "manifests/b.yaml"]);
    assert!(tree.has_directory("manifests") && tree.has_directory("metadata/") && tree.has_directory(""));
    assert!(!tree.has_directory("tests") && !tree.has_directory("manifests/a.yaml"));
    let skipped = tree.skipped();
    // The root counts, too.
    assert_eq!((skipped.entries, skipped.bytes), (3, 13));
    assert_eq!(skipped.top_level.iter().collect::<Vec<_>>(), ["Dockerfile", "tests"]);
    assert!(skipped.misplaced.is_empty());
}

#[test]
fn an_empty_directory_is_not_an_absent_one() {
    let tree = read(&Forge::new().directory("manifests/").finish()).unwrap();
    assert!(tree.is_empty() && tree.has_directory("manifests") && !tree.has_directory("metadata"));
    let tree = read(&Forge::new().directory("manifests/a/b").finish()).unwrap();
    assert!(tree.has_directory("manifests/a") && tree.has_directory("manifests"));
    assert_eq!(tree.directories_under("manifests").collect::<Vec<_>>(), ["manifests/a/b"]);
}

#[test]
fn a_folder_above_the_right_one_is_named() {
    let archive = Forge::new()
        .file("my-bundle/manifests/a.yaml", "a")
        .file("my-bundle/metadata/annotations.yaml", "m")
        .file("other/README.md", "r")
        .finish();
    let tree = read(&archive).unwrap();
    assert!(tree.is_empty());
    assert_eq!(
        tree.skipped().misplaced.iter().collect::<Vec<_>>(),
        ["my-bundle/manifests", "my-bundle/metadata"]
    );
    assert_eq!(tree.skipped().top_level.iter().collect::<Vec<_>>(), ["my-bundle", "other"]);
}

#[test]
fn sixteen_names_are_remembered() {
    let archive =
        (0..100).rev().fold(Forge::new(), |forge, n| forge.file(format!("d{n:02}/manifests/a"), ""));
    let tree = read(&archive.finish()).unwrap();
    let expected: Vec<_> = (0..16).map(|n| format!("d{n:02}")).collect();
    assert_eq!(tree.skipped().top_level.iter().cloned().collect::<Vec<_>>(), expected);
    assert_eq!(tree.skipped().misplaced.len(), 16);
}

#[test]
fn everything_can_be_kept() {
    let archive = Forge::new().directory("./").file("a", "1").file("b/c", "2").finish();
    let tree = FileTree::from_archive(archive.as_slice(), &Keep::everything(), &Limits::default()).unwrap();
    assert_eq!(files(&tree), [("a", "1"), ("b/c", "2")]);
    assert_eq!(tree.files_under("").count(), 2);
}

#[test]
fn files_under_a_directory_are_not_those_beside_it() {
    let names =
        ["manifests-old/a", "manifests.yaml", "manifests/a", "manifests/sub/b", "manifests0", "metadata/m"];
    let tree = FileTree::from_files(names.map(|name| (name, "")), &Limits::default()).unwrap();
    let under: Vec<_> = tree.files_under("manifests/").map(|(path, _)| path).collect();
    assert_eq!(under, ["manifests/a", "manifests/sub/b"]);
}
