//! Directories of the host.
#![cfg(unix)]
#![expect(clippy::print_stderr, reason = "a test that cannot be made says so")]

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use rstest::rstest;
use tempfile::TempDir;

use super::Walk;
use crate::assembly::Assembly;
use crate::{FileTree, Keep, Limits, LinkFault, NameFault, RelativePath, TreeError};

/// A directory with files: path and content.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

fn bundle() -> Keep {
    Keep::prefixes(["manifests/", "metadata/"])
}

fn read(root: &Path) -> Result<FileTree, TreeError> {
    FileTree::from_directory(root, &bundle(), &Limits::default())
}

fn files(tree: &FileTree) -> Vec<(&str, &str)> {
    tree.iter().map(|(path, content)| (path, std::str::from_utf8(content).unwrap())).collect()
}

#[test]
fn a_bundle() {
    let root = directory(&[
        ("manifests/b.yaml", "b"),
        ("manifests/a.yaml", "a"),
        ("manifests/sub/c.yaml", "c"),
        ("metadata/annotations.yaml", "m"),
        ("tests/scorecard/config.yaml", "t"),
        ("Dockerfile", "FROM scratch"),
    ]);
    fs::create_dir(root.path().join("manifests/empty")).unwrap();
    let tree = read(root.path()).unwrap();
    let expected = [
        ("manifests/a.yaml", "a"),
        ("manifests/b.yaml", "b"),
        ("manifests/sub/c.yaml", "c"),
        ("metadata/annotations.yaml", "m"),
    ];
    assert_eq!(files(&tree), expected);
    assert!(tree.has_directory("manifests/empty") && !tree.has_directory("tests"));
    assert_eq!(tree.skipped().entries, 2);
    assert_eq!(tree.skipped().top_level.iter().collect::<Vec<_>>(), ["Dockerfile", "tests"]);
}

#[test]
fn an_empty_directory_is_not_an_absent_one() {
    let root = directory(&[]);
    fs::create_dir(root.path().join("manifests")).unwrap();
    let tree = read(root.path()).unwrap();
    assert!(tree.is_empty() && tree.has_directory("manifests") && !tree.has_directory("metadata"));
}

#[test]
fn a_folder_above_the_right_one_is_named() {
    let root = directory(&[
        ("1.0.0/manifests/a", ""),
        ("1.1.0/manifests/a", ""),
        ("1.1.0/metadata/a", ""),
        ("x/y", ""),
    ]);
    let tree = read(root.path()).unwrap();
    assert!(tree.is_empty());
    let expected = ["1.0.0/manifests", "1.1.0/manifests", "1.1.0/metadata"];
    assert_eq!(tree.skipped().misplaced.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn prefixes_may_have_several_components() {
    let root = directory(&[("a/b/kept", "k"), ("a/c/other", "o"), ("a/file", "f"), ("b/kept", "o")]);
    let tree = FileTree::from_directory(root.path(), &Keep::prefixes(["a/b"]), &Limits::default()).unwrap();
    assert_eq!(files(&tree), [("a/b/kept", "k")]);
    assert_eq!(tree.skipped().entries, 3);
}

#[test]
fn everything_can_be_kept() {
    let root = directory(&[("a", "1"), ("b/c", "2")]);
    let tree = FileTree::from_directory(root.path(), &Keep::everything(), &Limits::default()).unwrap();
    assert_eq!(files(&tree), [("a", "1"), ("b/c", "2")]);
}

#[test]
fn what_is_not_kept_is_not_opened() {
    let root = directory(&[("manifests/a", "a"), ("other/b", "b")]);
    UnixListener::bind(root.path().join("socket")).unwrap();
    fs::write(root.path().join(OsStr::from_bytes(b"\xff\n")), "").unwrap();
    symlink("/", root.path().join("link")).unwrap();
    fs::set_permissions(root.path().join("other"), fs::Permissions::from_mode(0o000)).unwrap();
    let tree = read(root.path()).unwrap();
    fs::set_permissions(root.path().join("other"), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(files(&tree), [("manifests/a", "a")]);
    assert_eq!(tree.skipped().top_level.iter().collect::<Vec<_>>(), [r"\xff\n", "link", "other", "socket"]);
}

#[test]
fn what_is_no_directory() {
    let root = directory(&[("file", "")]);
    let absent = read(&root.path().join("absent")).unwrap_err();
    assert!(matches!(absent, TreeError::NoDirectory { .. }), "{absent}");
    let file = read(&root.path().join("file")).unwrap_err();
    assert!(matches!(file, TreeError::NotADirectory { .. }), "{file}");
    let below = read(&root.path().join("file/below")).unwrap_err();
    assert!(matches!(below, TreeError::ReadDirectory { .. }) && below.source().is_some(), "{below}");
}

#[rstest]
#[case::file("manifests/a")]
#[case::directory("manifests")]
fn what_cannot_be_read_is_named(#[case] path: &str) {
    let root = directory(&[("manifests/a", "")]);
    let closed = root.path().join(path);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let result = read(root.path());
    let all_powerful = fs::File::open(&closed).is_ok();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    if all_powerful {
        eprintln!("not tested: this user may read everything");
        return;
    }
    let error = result.unwrap_err();
    assert!(error.to_string().ends_with(path) && error.source().is_some(), "{error}");
}

#[test]
fn the_root_may_be_a_link() {
    let root = directory(&[("v1/manifests/a", "a")]);
    symlink("v1", root.path().join("current")).unwrap();
    assert_eq!(files(&read(&root.path().join("current")).unwrap()), [("manifests/a", "a")]);
}

#[rstest]
#[case::beside("a", None)]
#[case::from_the_other_folder("../metadata/m", None)]
#[case::over_another("sub/up", None)]
#[case::leaves("../../a", Some(LinkFault::LeavesTree))]
#[case::absolute("/etc/passwd", Some(LinkFault::LeavesTree))]
#[case::not_kept("../Dockerfile", Some(LinkFault::NotKept))]
#[case::dangling("b", Some(LinkFault::Dangling))]
#[case::directory("sub", Some(LinkFault::ToDirectory))]
#[case::circle("l", Some(LinkFault::TooManyHops))]
fn links(#[case] target: &str, #[case] expected: Option<LinkFault>) {
    let root = directory(&[("manifests/a", "content"), ("metadata/m", "content"), ("Dockerfile", "")]);
    fs::create_dir(root.path().join("manifests/sub")).unwrap();
    symlink("../a", root.path().join("manifests/sub/up")).unwrap();
    symlink(target, root.path().join("manifests/l")).unwrap();
    match (read(root.path()), expected) {
        (Ok(tree), None) => assert_eq!(tree.get("manifests/l"), Some(b"content".as_slice())),
        (Err(TreeError::Link { fault, .. }), Some(expected)) => assert_eq!(fault, expected),
        (result, expected) => panic!("{result:?}, expected {expected:?}"),
    }
}

#[test]
fn an_absolute_link_may_lead_into_the_directory() {
    let root = directory(&[("v1/manifests/a", "a")]);
    let real = root.path().canonicalize().unwrap().join("v1");
    symlink("v1", root.path().join("current")).unwrap();
    symlink(real.join("manifests/a"), real.join("manifests/real")).unwrap();
    symlink(root.path().join("current/manifests/a"), real.join("manifests/given")).unwrap();
    let tree = read(&root.path().join("current")).unwrap();
    assert_eq!(files(&tree), [("manifests/a", "a"), ("manifests/given", "a"), ("manifests/real", "a")]);
    symlink(real.join("../v1/manifests/a"), real.join("manifests/around")).unwrap();
    let error = read(&root.path().join("current")).unwrap_err();
    assert!(matches!(error, TreeError::Link { fault: LinkFault::LeavesTree, .. }), "{error}");
}

#[test]
fn a_link_in_the_place_of_a_kept_folder_is_not_followed() {
    let root = directory(&[("v1/a", "a")]);
    symlink("v1", root.path().join("manifests")).unwrap();
    let error = read(root.path()).unwrap_err();
    assert!(matches!(error, TreeError::Link { fault: LinkFault::NotKept, .. }), "{error}");
}

#[test]
fn special_files_are_refused() {
    let root = directory(&[("manifests/a", "")]);
    UnixListener::bind(root.path().join("manifests/s")).unwrap();
    let error = read(root.path()).unwrap_err();
    assert_eq!(error.to_string(), "manifests/s is a socket, expected a file, a directory or a link");
    let everything_kept =
        FileTree::from_directory(Path::new("/dev"), &Keep::prefixes(["null"]), &Limits::default());
    assert!(matches!(everything_kept, Err(TreeError::Kind { kind: "a character device", .. })));
}

#[rstest]
#[case::not_utf8(b"\xff", NameFault::NotUtf8)]
#[case::line_break(b"a\nb", NameFault::ControlCharacter)]
fn kept_names_are_clean(#[case] name: &[u8], #[case] expected: NameFault) {
    for directory_name in [false, true] {
        let root = directory(&[("manifests/a", "")]);
        let path = root.path().join("manifests").join(OsStr::from_bytes(name));
        if directory_name { fs::create_dir(path) } else { fs::write(path, "") }.unwrap();
        let error = read(root.path()).unwrap_err();
        assert!(matches!(error, TreeError::Name { fault, .. } if fault == expected), "{error}");
    }
}

#[rstest]
#[case::file(Limits { file_bytes: 2, ..Limits::default() }, "manifests/a has 3 bytes, the limit for one file is 2 bytes")]
#[case::tree(
    Limits { kept_bytes: 5, ..Limits::default() },
    "the kept files have 6 bytes with manifests/b, the limit is 5 bytes"
)]
#[case::files(Limits { files: 1, ..Limits::default() }, "more than 1 files, the limit; the next is manifests/b")]
#[case::depth(Limits { depth: 2, ..Limits::default() }, "a path has 3 components, the limit is 2: manifests/sub/c")]
#[case::skipped(
    Limits { skipped_entries: 1, ..Limits::default() },
    "more than 1 entries are not kept, the limit; the next is "
)]
fn each_limit(#[case] limits: Limits, #[case] expected: &str) {
    let files =
        [("manifests/a", "abc"), ("manifests/b", "abc"), ("manifests/sub/c", ""), ("x", ""), ("y", "")];
    let root = directory(&files);
    let error = FileTree::from_directory(root.path(), &bundle(), &limits).unwrap_err();
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn a_listing_stops_where_it_is_too_long() {
    let names: Vec<_> = (0..50).map(|n| format!("manifests/{n:02}")).collect();
    let root = directory(&names.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>());
    let limits = Limits { files: 10, ..Limits::default() };
    let error = FileTree::from_directory(root.path(), &bundle(), &limits).unwrap_err();
    assert!(matches!(error, TreeError::TooManyFiles { limit: 10, .. }), "{error}");
    let keep = bundle();
    let mut walk = Walk { root: root.path(), assembly: Assembly::new(&keep, &limits), pending: Vec::new() };
    assert_eq!(walk.list(&RelativePath::parse(b"manifests").unwrap()).unwrap().len(), 21);
}

/// The files of `/proc` have no size, and content all the same: like a file that grows while it is read.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_grows_stays_within_the_limit() {
    let limits = Limits { file_bytes: 10, ..Limits::default() };
    let keep = Keep::prefixes(["status"]);
    let error = FileTree::from_directory(Path::new("/proc/self"), &keep, &limits).unwrap_err();
    assert!(matches!(error, TreeError::FileTooLarge { size: 11, limit: 10, .. }), "{error}");
    let limits = Limits { kept_bytes: 10, ..Limits::default() };
    let error = FileTree::from_directory(Path::new("/proc/self"), &keep, &limits).unwrap_err();
    assert!(matches!(error, TreeError::TreeTooLarge { size: 11, limit: 10, .. }), "{error}");
}
