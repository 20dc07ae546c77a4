//! Directories that are written, and those that are not.
#![cfg(unix)]

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use rstest::rstest;
use tempfile::TempDir;

use super::{Lock, NewDirectory, Staging};
use crate::archive::forge::Forge;
use crate::{FileTree, Keep, Limits, TreeError};

fn tree() -> FileTree {
    let archive = Forge::new()
        .directory("manifests/empty/")
        .file("manifests/a.yaml", "a")
        .file("manifests/sub/b.yaml", "b")
        .file("metadata/é", "");
    FileTree::from_archive(archive.finish().as_slice(), &Keep::everything(), &Limits::default()).unwrap()
}

/// Everything below a directory: directories with a slash behind them, files with their contents.
fn listing(directory: &Path) -> Vec<String> {
    let tree = FileTree::from_directory(directory, &Keep::everything(), &Limits::default()).unwrap();
    let files = tree.iter().map(|(path, content)| format!("{path} {}", str::from_utf8(content).unwrap()));
    let directories = tree.all_directories().into_iter().map(|path| format!("{path}/"));
    let mut listing: Vec<_> = files.chain(directories).collect();
    listing.sort();
    listing
}

fn expect_whole(directory: &Path) {
    let expected = [
        "manifests/",
        "manifests/a.yaml a",
        "manifests/empty/",
        "manifests/sub/",
        "manifests/sub/b.yaml b",
        "metadata/",
        "metadata/é ",
    ];
    assert_eq!(listing(directory), expected);
}

#[rstest]
#[case::absent("out", false)]
#[case::empty("out", true)]
#[case::with_a_slash("out/", false)]
#[case::with_a_slash_and_empty("out/./", true)]
#[case::empty_behind_dots("x/../out", true)]
#[case::hidden("x/../.out", false)]
fn a_directory_is_written(#[case] name: &str, #[case] exists: bool) {
    let root = TempDir::new().unwrap();
    fs::create_dir(root.path().join("x")).unwrap();
    let directory = root.path().join(name);
    if exists {
        fs::create_dir(root.path().join("out")).unwrap();
    }
    tree().write_directory(&directory).unwrap();
    expect_whole(&directory);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
}

/// What is mounted there stays, who works in it goes on, and only those may read it who could.
#[test]
fn an_empty_directory_stays_the_one_that_it_is() {
    let root = TempDir::new().unwrap();
    let (out, link) = (root.path().join("out"), root.path().join("link"));
    fs::create_dir(&out).unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o700)).unwrap();
    symlink("out", &link).unwrap();
    let what = |path: &Path| (fs::metadata(path).unwrap().ino(), fs::metadata(path).unwrap().mode());
    let before = what(&out);
    tree().write_directory(&link).unwrap();
    expect_whole(&out);
    assert_eq!((what(&out), names(&out)), (before, vec!["manifests".to_owned(), "metadata".to_owned()]));
    assert_eq!(names(root.path()), ["link", "out"]);
}

#[test]
fn what_a_killed_run_left_in_a_directory_is_removed() {
    let out = TempDir::new().unwrap();
    fs::create_dir_all(out.path().join(".rukpak-new/manifests/old")).unwrap();
    fs::write(out.path().join(".rukpak-lock"), "").unwrap();
    tree().write_directory(out.path()).unwrap();
    expect_whole(out.path());
}

#[test]
fn another_one_at_a_directory_is_left_alone() {
    let out = TempDir::new().unwrap();
    let first = NewDirectory::begin(out.path()).unwrap();
    first.staging.fill(&tree()).unwrap();
    let second = tree().write_directory(out.path()).unwrap_err();
    assert!(matches!(second, TreeError::BeingWritten { .. }), "{second}");
    first.finish().unwrap();
    expect_whole(out.path());
    assert_eq!(names(out.path()), ["manifests", "metadata"]);
}

/// The file that cannot take its place is the last of them or the first, as the file system likes.
#[test]
fn what_comes_into_a_directory_in_the_meantime_stays_alone() {
    let out = TempDir::new().unwrap();
    let first = NewDirectory::begin(out.path()).unwrap();
    first.staging.fill(&tree()).unwrap();
    fs::write(out.path().join("manifests"), "mine").unwrap();
    let error = first.finish().unwrap_err();
    assert!(matches!(error, TreeError::NotEmpty { .. }), "{error}");
    assert_eq!(names(out.path()), ["manifests"]);
}

#[test]
fn an_empty_tree_is_an_empty_directory() {
    let root = TempDir::new().unwrap();
    let directory = root.path().join("out");
    for _ in 0..2 {
        FileTree::default().write_directory(&directory).unwrap();
        assert!(listing(&directory).is_empty());
    }
}

#[test]
fn modes_are_the_usual_ones() {
    let root = TempDir::new().unwrap();
    let directory = root.path().join("out");
    tree().write_directory(&directory).unwrap();
    // What the umask leaves of them.
    let probe = root.path().join("probe");
    fs::write(&probe, "").unwrap();
    let umask = 0o666 & !fs::metadata(&probe).unwrap().mode();
    for (path, mode) in [("", 0o755), ("manifests/sub", 0o755), ("manifests/sub/b.yaml", 0o644)] {
        assert_eq!(
            fs::metadata(directory.join(path)).unwrap().mode() & 0o7777 & !0o111,
            mode & !umask & !0o111
        );
    }
    assert_eq!(fs::metadata(directory.join("manifests/a.yaml")).unwrap().mode() & 0o111, 0);
}

/// A directory `root` in which `out` cannot be written.
fn obstacle(name: &str, root: &Path) {
    let out = root.join("out");
    match name {
        "file" => fs::write(out, "mine").unwrap(),
        "link" => symlink("elsewhere", out).unwrap(),
        "not empty" => {
            fs::create_dir(&out).unwrap();
            fs::write(out.join(".mine"), "mine").unwrap();
        }
        other => panic!("{other}"),
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn texts_of_errors() {
    let root = TempDir::new().unwrap();
    let mut texts = String::new();
    let mut note = |name: &str, directory: &Path| {
        let error = tree().write_directory(directory).unwrap_err();
        write!(texts, "{name}: {error}").unwrap();
        if let Some(cause) = error.source() {
            write!(texts, "\n    because: {cause}").unwrap();
        }
        texts.push('\n');
    };
    for name in ["file", "link", "not empty"] {
        let root = root.path().join(name);
        fs::create_dir(&root).unwrap();
        obstacle(name, &root);
        let before = names(&root);
        note(name, &root.join("out"));
        assert_eq!(names(&root), before);
    }
    note("the root", Path::new("/"));
    note("no name but dots", &root.path().join("absent/.."));
    note("no directory above", &root.path().join("absent/out"));
    note("a file above", &root.path().join("file/out/out"));
    let lock = Lock::take(&root.path().join(".out.rukpak-lock")).unwrap();
    note("another one at it", &root.path().join("out"));
    drop(lock);
    fs::create_dir(root.path().join(".out.rukpak-lock")).unwrap();
    note("no lock", &root.path().join("out"));
    let texts = texts.replace(root.path().to_str().unwrap(), "ROOT");
    insta::assert_snapshot!(texts);
}

#[test]
fn nothing_is_left_after_an_error() {
    let root = TempDir::new().unwrap();
    let limits = Limits { name_bytes: 1000, ..Limits::default() };
    let long = "n".repeat(300);
    let tree = FileTree::from_files([("a/b", "a"), (long.as_str(), "b")], &limits).unwrap();
    let error = tree.write_directory(&root.path().join("out")).unwrap_err();
    // It says where the file was meant to be, and why it is not.
    let TreeError::Write { path, source } = error else { panic!("{error}") };
    assert!(path.as_str().contains("/out/nnn"), "{path}");
    assert_eq!(source.kind(), ErrorKind::InvalidFilename);
    assert!(names(root.path()).is_empty());
    fs::create_dir(root.path().join("out")).unwrap();
    assert!(tree.write_directory(&root.path().join("out")).is_err());
    assert_eq!(names(root.path()), ["out"]);
}

#[test]
fn what_a_killed_run_left_is_removed() {
    let root = TempDir::new().unwrap();
    let leftover = root.path().join(".out.rukpak-new");
    fs::create_dir_all(leftover.join("manifests/old")).unwrap();
    fs::write(leftover.join("manifests/a.yaml"), "old").unwrap();
    fs::write(root.path().join(".out.rukpak-lock"), "").unwrap();
    fs::create_dir(root.path().join("elsewhere")).unwrap();
    fs::write(root.path().join("elsewhere/mine"), "").unwrap();
    symlink(root.path().join("elsewhere"), leftover.join("link")).unwrap();
    tree().write_directory(&root.path().join("out")).unwrap();
    expect_whole(&root.path().join("out"));
    assert_eq!(names(root.path()), ["elsewhere", "out"]);
    assert_eq!(names(&root.path().join("elsewhere")), ["mine"]);
}

#[rstest]
#[case::file(false)]
#[case::link(true)]
fn what_stands_in_the_place_of_the_hidden_directory_is_not_followed(#[case] link: bool) {
    let root = TempDir::new().unwrap();
    fs::create_dir(root.path().join("elsewhere")).unwrap();
    fs::write(root.path().join("elsewhere/mine"), "").unwrap();
    let hidden = root.path().join(".out.rukpak-new");
    if link { symlink("elsewhere", hidden) } else { fs::write(hidden, "") }.unwrap();
    tree().write_directory(&root.path().join("out")).unwrap();
    expect_whole(&root.path().join("out"));
    assert_eq!(names(root.path()), ["elsewhere", "out"]);
    assert_eq!(names(&root.path().join("elsewhere")), ["mine"]);
}

#[test]
fn a_link_in_the_place_of_the_lock_is_not_followed() {
    let root = TempDir::new().unwrap();
    for target in ["mine", "absent"] {
        fs::write(root.path().join("mine"), "mine").unwrap();
        let lock = root.path().join(".out.rukpak-lock");
        symlink(target, &lock).unwrap();
        let error = tree().write_directory(&root.path().join("out")).unwrap_err();
        assert!(matches!(error, TreeError::BeingWritten { .. }), "{error}");
        assert_eq!(fs::read(root.path().join("mine")).unwrap(), b"mine");
        assert_eq!(names(root.path()), [".out.rukpak-lock", "mine"]);
        fs::remove_file(lock).unwrap();
    }
}

#[test]
fn another_one_at_it_is_left_alone() {
    let root = TempDir::new().unwrap();
    let path = root.path().join(".out.rukpak-lock");
    let lock = Lock::take(&path).unwrap().unwrap();
    fs::create_dir(root.path().join(".out.rukpak-new")).unwrap();
    fs::write(root.path().join(".out.rukpak-new/half"), "").unwrap();
    let error = tree().write_directory(&root.path().join("out")).unwrap_err();
    assert!(matches!(error, TreeError::BeingWritten { .. }), "{error}");
    assert_eq!(names(root.path()), [".out.rukpak-lock", ".out.rukpak-new"]);
    assert_eq!(names(&root.path().join(".out.rukpak-new")), ["half"]);
    // Another directory is another matter.
    tree().write_directory(&root.path().join("out2")).unwrap();
    drop(lock);
    tree().write_directory(&root.path().join("out")).unwrap();
    assert_eq!(names(root.path()), ["out", "out2"]);
}

/// The holder of a lock removes its file, and whoever opened that before must not take it for the next one's.
#[test]
fn a_lock_whose_file_is_gone_is_none() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("lock");
    fs::write(&path, "").unwrap();
    let old = fs::File::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(!super::lock::is_at(&old, &path).unwrap());
    let new = Lock::take(&path).unwrap().unwrap();
    assert!(!super::lock::is_at(&old, &path).unwrap());
    assert!(Lock::take(&path).unwrap().is_none());
    drop(new);
    assert!(!path.exists());
}

#[test]
fn of_many_at_once_one_is_whole() {
    let root = TempDir::new().unwrap();
    for round in 0..20 {
        let directory = root.path().join(format!("out{round}"));
        let barrier = Barrier::new(8);
        let results: Vec<_> = thread::scope(|scope| {
            let write = |writer: usize| {
                let (directory, barrier) = (&directory, &barrier);
                scope.spawn(move || {
                    let files = (0..20).map(|n| (format!("d{writer}/{n}"), writer.to_string()));
                    let tree = FileTree::from_files(files, &Limits::default()).unwrap();
                    barrier.wait();
                    tree.write_directory(directory)
                })
            };
            let writers: Vec<_> = (0..8).map(write).collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        let winners: Vec<_> = (0..8).filter(|writer| results[*writer].is_ok()).collect();
        assert_eq!(winners.len(), 1, "{results:?}");
        for error in results.into_iter().filter_map(Result::err) {
            assert!(matches!(error, TreeError::BeingWritten { .. } | TreeError::NotEmpty { .. }), "{error}");
        }
        assert_eq!(names(&directory), [format!("d{}", winners[0])]);
        assert_eq!(names(&directory.join(format!("d{}", winners[0]))).len(), 20);
    }
    assert_eq!(names(root.path()).len(), 20);
}

#[test]
fn names_that_the_file_system_takes_for_one_are_told() {
    let root = TempDir::new().unwrap();
    let target = root.path().join("out");
    for (taken, is_directory) in [("a", true), ("b", false)] {
        let tree = FileTree::from_files([("a/x", ""), ("b", "")], &Limits::default()).unwrap();
        let staging = Staging::make(root.path().join("staging"), target.clone(), false).unwrap();
        // As a file system that does not tell upper from lower case has it once `A` or `B` is written.
        let path = staging.path.join(taken);
        if is_directory { fs::create_dir(path) } else { fs::write(path, "") }.unwrap();
        let error = staging.fill(&tree).unwrap_err();
        assert!(error.to_string().contains(&format!("out/{taken}:")), "{error}");
        assert!(matches!(error, TreeError::NamesCollide { .. }), "{error}");
        assert!(
            error.to_string().ends_with("does not tell its name from that of another file or directory"),
            "{error}"
        );
    }
    assert!(names(root.path()).is_empty());
}

#[test]
fn what_comes_into_the_place_in_the_meantime_stays() {
    let root = TempDir::new().unwrap();
    for (name, expected_not_empty) in [("file", false), ("not empty", true)] {
        let root = root.path().join(name);
        fs::create_dir(&root).unwrap();
        let target = root.join("out");
        let staging = Staging::make(root.join("staging"), target.clone(), false).unwrap();
        staging.fill(&tree()).unwrap();
        obstacle(name, &root);
        let error = staging.put_in_place().unwrap_err();
        assert_eq!(matches!(error, TreeError::NotEmpty { .. }), expected_not_empty, "{error}");
        assert_eq!(matches!(error, TreeError::NotADirectory { .. }), !expected_not_empty, "{error}");
        drop(staging);
        assert_eq!(names(&root), ["out"]);
    }
}

#[test]
fn a_directory_that_cannot_be_written_to() {
    let root = TempDir::new().unwrap();
    let closed = root.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
    let all_powerful = fs::write(closed.join("probe"), "").is_ok();
    let result = tree().write_directory(&closed.join("out"));
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    if !all_powerful {
        assert!(matches!(result, Err(TreeError::Lock { .. })));
        assert!(names(&closed).is_empty());
    }
}

/// An archive as we write it: files of no, of some and of many pieces, and directories with nothing in them.
fn archive() -> (FileTree, Vec<u8>) {
    let large = "0123456789".repeat(100_000);
    let files = [("a", ""), ("manifests/large.yaml", &large), ("manifests/sub/b.yaml", "b"), ("z", &large)];
    let files = FileTree::from_files(files, &Limits::default()).unwrap();
    let archive = Forge::new().directory("manifests/empty/").directory("empty/").finish();
    let mut tree =
        FileTree::from_archive(archive.as_slice(), &Keep::everything(), &Limits::default()).unwrap();
    tree.files = files.files;
    let mut bytes = Vec::new();
    tree.write_tar(&mut bytes).unwrap();
    (tree, bytes)
}

#[test]
fn an_archive_becomes_the_directory_that_its_tree_becomes() {
    let root = TempDir::new().unwrap();
    let (tree, bytes) = archive();
    tree.write_directory(&root.path().join("tree")).unwrap();
    let new = NewDirectory::begin(&root.path().join("archive")).unwrap();
    assert_eq!(new.fill(bytes.as_slice(), &Limits::default()).unwrap(), 4);
    assert!(!root.path().join("archive").exists());
    new.finish().unwrap();
    let [expected, got] = ["tree", "archive"].map(|name| listing(&root.path().join(name)));
    assert_eq!(got, expected);
    assert!(got.contains(&"manifests/empty/".to_owned()));
    let mode = |name: &str| fs::metadata(root.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("archive/manifests/sub/b.yaml"), mode("tree/manifests/sub/b.yaml"));
    assert_eq!(names(root.path()), ["archive", "tree"]);
}

#[rstest]
#[case::cut(archive().1[..700_000].to_vec(), "after 700000 bytes")]
#[case::out_of_it(Forge::new().file("../a", "a").finish(), "..")]
#[case::a_link(Forge::new().symlink("a", "/etc/passwd").finish(), "a is an entry that no archive of ours has")]
#[case::another_name(Forge::new().file("a", "").hard_link("b", "a").finish(), "b is an entry that no archive")]
#[case::a_fifo(Forge::new().entry("a", b'6', b"").finish(), "a is a fifo")]
#[case::twice(Forge::new().file("a", "1").file("a", "2").file("b", "2".repeat(2_000_000)).finish(), "out/a:")]
#[case::no_archive(b"hello".to_vec(), "tar archive")]
fn of_an_archive_that_is_none_of_ours_nothing_stays(#[case] archive: Vec<u8>, #[case] expected: &str) {
    let root = TempDir::new().unwrap();
    let new = NewDirectory::begin(&root.path().join("out")).unwrap();
    let error = new.fill(archive.as_slice(), &Limits::default()).unwrap_err();
    drop(new);
    assert!(error.to_string().contains(expected), "{error}");
    assert!(names(root.path()).is_empty());
}
