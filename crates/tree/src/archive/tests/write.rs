//! Archives that are written: what they hold, and that they are read back.
#![expect(clippy::print_stderr, reason = "a test that cannot be made says so")]

use std::io::{self, Write};
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::{Forge, files};
use crate::{EntryKind, FileTree, Keep, Limits, Skipped, read_archive};

fn write(tree: &FileTree) -> Vec<u8> {
    let mut archive = Vec::new();
    tree.write_tar(&mut archive).unwrap();
    archive
}

fn read(archive: &[u8]) -> FileTree {
    FileTree::from_archive(archive, &Keep::everything(), &Limits::default()).unwrap()
}

/// Names of 100 bytes and one more, and the longest that the limits allow.
fn long_names() -> FileTree {
    let longest = |last: &str| {
        let above = vec!["d".repeat(255); 15].join("/");
        format!("{above}/{}{last}", "é".repeat((4096 - above.len() - 3) / 2))
    };
    let names =
        ["n".repeat(100), "n".repeat(101), format!("{}/..x", "n".repeat(97)), longest("aa"), longest("ab")];
    assert_eq!(longest("aa").len(), 4096);
    let limits = Limits { name_bytes: 1000, ..Limits::default() };
    FileTree::from_files(names.into_iter().map(|name| (name, "x")), &limits).unwrap()
}

#[test]
fn an_archive_in_order() {
    let archive = Forge::new()
        .file("manifests/a/z", "1")
        .file("manifests/a-b", "2")
        .file("b", [b'b'; 1000])
        .directory("metadata/empty/")
        .finish();
    let archive = write(&read(&archive));
    let mut entries = Vec::new();
    read_archive(archive.as_slice(), &Limits::default(), |entry| {
        let slash = if *entry.kind() == EntryKind::Directory { "/" } else { "" };
        entries.push(format!("{}{slash} {}", str::from_utf8(entry.path().as_bytes()).unwrap(), entry.size()));
        Ok(())
    })
    .unwrap();
    let expected = [
        "b 1000",
        "manifests/ 0",
        "manifests/a/ 0",
        "manifests/a-b 1",
        "manifests/a/z 1",
        "metadata/ 0",
        "metadata/empty/ 0",
    ];
    assert_eq!(entries, expected);
    // Seven headers, four blocks of data, two of the end mark.
    assert_eq!(archive.len(), 13 * 512);
    assert!(archive.ends_with(&[0; 1024]));
    for entry in tar::Archive::new(archive.as_slice()).entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        let directory = header.entry_type().is_dir();
        assert_eq!(entry.path_bytes().ends_with(b"/"), directory);
        assert_eq!(header.mode().unwrap(), if directory { 0o755 } else { 0o644 });
        assert_eq!((header.mtime().unwrap(), header.uid().unwrap(), header.gid().unwrap()), (0, 0, 0));
        assert_eq!(
            (header.username_bytes(), header.groupname_bytes()),
            (Some(b"".as_slice()), Some(b"".as_slice()))
        );
    }
}

#[test]
fn an_empty_tree_is_an_end_mark() {
    assert_eq!(write(&FileTree::default()), [0; 1024]);
}

#[test]
fn long_names_are_read_back() {
    let tree = long_names();
    let limits = Limits { name_bytes: 1000, ..Limits::default() };
    let again = FileTree::from_archive(write(&tree).as_slice(), &Keep::everything(), &limits).unwrap();
    assert_eq!(files(&again), files(&tree));
    assert_eq!(again.all_directories(), tree.all_directories());
}

/// GNU tar, or another one that knows its form of long names.
#[test]
fn tar_lists_it() {
    let tree = long_names();
    let started = Command::new("tar")
        .args(["-t", "-f", "-", "--quoting-style=literal"])
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        eprintln!("not tested: there is no tar");
        return;
    };
    child.stdin.take().unwrap().write_all(&write(&tree)).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("quoting-style") {
        eprintln!("not tested: tar is not that of GNU");
        return;
    }
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    let directories = tree.all_directories().into_iter().map(|path| format!("{path}/"));
    let mut expected: Vec<_> = directories.chain(tree.iter().map(|(path, _)| path.to_owned())).collect();
    let listed = String::from_utf8(output.stdout).unwrap();
    let mut listed: Vec<_> = listed.lines().collect();
    expected.sort();
    listed.sort_unstable();
    assert_eq!(listed, expected);
}

#[test]
fn what_cannot_be_written_is_an_error() {
    /// Takes so many bytes, and fails.
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.min(bytes.len()) {
                0 => Err(io::ErrorKind::StorageFull.into()),
                taken => {
                    self.0 -= taken;
                    Ok(taken)
                }
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let tree = FileTree::from_files([("a/b", "content")], &Limits::default()).unwrap();
    let whole = write(&tree).len();
    assert!(tree.write_tar(Full(whole)).is_ok());
    for room in 0..whole {
        assert_eq!(tree.write_tar(Full(room)).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
    // What waits in a buffer is written, or an error.
    assert!(tree.write_tar(io::BufWriter::with_capacity(1 << 20, Full(whole - 1))).is_err());
}

#[test]
fn a_tree_that_was_stored_keeps_its_hints() {
    let archive = Forge::new().file("x/manifests/a", "a").file("manifests/a", "a").finish();
    let tree = super::read(&archive).unwrap();
    let stored: Skipped = tree.skipped().clone();
    assert!(!stored.misplaced.is_empty());
    let again = read(&write(&tree));
    assert_eq!(again.skipped(), &Skipped::default());
    let again = again.with_skipped(stored);
    assert_eq!((again.skipped(), files(&again)), (tree.skipped(), files(&tree)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn whatever_is_in_it_is_read_back(
        entries in proptest::collection::vec(
            (
                proptest::collection::vec("[a-c]|[ -~é漢😀&&[^/]]{1,40}|[a-zé]{90,120}", 1..5),
                proptest::option::of(proptest::collection::vec(any::<u8>(), 0..1200)),
            ),
            0..12,
        ),
    ) {
        let add = |forge: Forge, (path, content): &(String, Option<Vec<u8>>)| match content {
            Some(content) => forge.long_name(path.as_bytes()).file("x", content),
            None => forge.long_name(format!("{path}/").as_bytes()).entry("x", b'5', b""),
        };
        let read = |archive: Forge| {
            FileTree::from_archive(archive.finish().as_slice(), &Keep::everything(), &Limits::default())
        };
        let mut taken: Vec<(String, Option<Vec<u8>>)> = Vec::new();
        for (names, content) in entries {
            let one = (names.join("/"), content);
            // What clashes with another one, or is no name, is left out.
            let all = taken.iter().chain([&one]);
            let before = taken.iter().any(|(path, _)| *path == one.0);
            if !before && read(all.fold(Forge::new(), add)).is_ok() {
                taken.push(one);
            }
        }
        let tree = read(taken.iter().fold(Forge::new(), add)).unwrap();
        let archive = write(&tree);
        let again = FileTree::from_archive(archive.as_slice(), &Keep::everything(), &Limits::default()).unwrap();
        prop_assert_eq!(&again.files, &tree.files);
        prop_assert_eq!(again.all_directories(), tree.all_directories());
        prop_assert_eq!(again.skipped(), &Skipped::default());
        // With all directories named it is equal in all.
        let archive_again = write(&again);
        prop_assert_eq!(&archive_again, &archive);
        let third = FileTree::from_archive(archive_again.as_slice(), &Keep::everything(), &Limits::default());
        prop_assert_eq!(third.unwrap(), again);
        // The order in which the tree was made does not show.
        prop_assert_eq!(write(&read(taken.iter().rev().fold(Forge::new(), add)).unwrap()), archive);
    }
}
