//! What stands at a path: kinds that are refused, and entries that meet others.

use rstest::rstest;

use super::{Forge, files, read};
use crate::{FileTree, Keep, Limits, TreeError};

#[rstest]
#[case::character_device(b'3', "a character device")]
#[case::block_device(b'4', "a block device")]
#[case::fifo(b'6', "a fifo")]
#[case::volume(b'M', "the rest of a file of another volume")]
#[case::unknown(b'Z', "an entry of an unknown type")]
fn special_kinds(#[case] kind: u8, #[case] expected: &str) {
    let error = read(&Forge::new().entry("manifests/x", kind, b"").finish()).unwrap_err();
    assert!(matches!(error, TreeError::Kind { kind, .. } if kind == expected), "{error}");
    let skipped =
        read(&Forge::new().entry("dev/x", kind, b"data").file("manifests/a", "a").finish()).unwrap();
    assert_eq!(files(&skipped), [("manifests/a", "a")]);
    assert_eq!(skipped.skipped().bytes, 4);
}

#[rstest]
#[case::contiguous(b'7')]
#[case::old(0)]
fn other_kinds_of_files(#[case] kind: u8) {
    let archive =
        Forge::new().header(b"manifests/a", b'0', 1, |header| header.as_old_mut().linkflag = [kind]);
    assert_eq!(files(&read(&archive.data(b"a").finish()).unwrap()), [("manifests/a", "a")]);
}

#[test]
fn a_name_with_a_slash_at_its_end_is_a_directory() {
    let tree = read(&Forge::new().file("manifests/", "").file("manifests/a/", "content").finish()).unwrap();
    assert!(tree.has_directory("manifests"));
    // With content it is none.
    assert_eq!(files(&tree), [("manifests/a", "content")]);
}

#[test]
fn modes_are_ignored() {
    let archive = Forge::new().header(b"manifests/a", b'0', 1, |header| header.set_mode(0o6000)).data(b"a");
    assert_eq!(files(&read(&archive.finish()).unwrap()), [("manifests/a", "a")]);
}

#[test]
fn global_headers_and_labels_are_no_entries() {
    let archive = Forge::new()
        .entry("pax_global_header", b'g', b"18 comment=abcdef\n")
        .entry("label", b'V', b"")
        .file("a", "a")
        .finish();
    let tree = FileTree::from_archive(archive.as_slice(), &Keep::everything(), &Limits::default()).unwrap();
    assert_eq!(files(&tree), [("a", "a")]);
    assert!(tree.skipped().top_level.is_empty());
}

#[test]
fn data_of_what_is_no_file_is_passed_over() {
    let archive = Forge::new().entry("manifests/", b'5', &[1; 700]).file("manifests/a", "a").finish();
    let tree = read(&archive).unwrap();
    assert_eq!(files(&tree), [("manifests/a", "a")]);
    assert_eq!(tree.skipped().bytes, 700);
}

#[rstest]
#[case::file(Forge::new().file("manifests/a", "old").file("./manifests/a", "new!"))]
#[case::link(Forge::new().symlink("manifests/a", "../../etc/passwd").file("manifests/a", "new!"))]
#[case::by_a_link(Forge::new().file("manifests/a", "old").file("metadata/b", "new!").symlink("manifests/a", "../metadata/b"))]
#[case::by_a_hard_link(Forge::new().file("manifests/a", "old").file("metadata/b", "new!").hard_link("manifests/a", "metadata/b"))]
fn a_later_entry_replaces_an_earlier_one(#[case] forge: Forge) {
    let tree = read(&forge.finish()).unwrap();
    assert_eq!(tree.get("manifests/a"), Some(b"new!".as_slice()));
    assert_eq!(tree.skipped().entries, 1);
    assert!(tree.skipped().top_level.is_empty());
}

#[rstest]
#[case::file_then_below(Forge::new().file("manifests/a", "").file("manifests/a/b", ""), "manifests/a")]
#[case::file_then_far_below(Forge::new().file("manifests/a", "").file("manifests/a/b/c", ""), "manifests/a")]
#[case::file_then_directory(Forge::new().file("manifests/a", "").directory("manifests/a/"), "manifests/a")]
#[case::file_then_directory_below(Forge::new().file("manifests/a", "").directory("manifests/a/b"), "manifests/a")]
#[case::directory_then_file(Forge::new().directory("manifests/a/").file("manifests/a", ""), "manifests/a")]
#[case::below_then_file(Forge::new().file("manifests/a/b", "").file("manifests/a", ""), "manifests/a")]
#[case::directory_below_then_file(Forge::new().directory("manifests/a/b").file("manifests/a", ""), "manifests/a")]
#[case::link_then_below(Forge::new().symlink("manifests/a", "/var").file("manifests/a/b", ""), "manifests/a")]
#[case::link_below_then_file(Forge::new().symlink("manifests/a/b", "c").file("manifests/a", ""), "manifests/a")]
#[case::link_then_directory(Forge::new().symlink("manifests/a", "b").directory("manifests/a"), "manifests/a")]
#[case::directory_then_link(Forge::new().directory("manifests/a").symlink("manifests/a", "b"), "manifests/a")]
#[case::the_folder_itself(Forge::new().file("manifests", "").file("manifests/a", ""), "manifests")]
fn a_path_is_a_file_or_a_directory(#[case] forge: Forge, #[case] both: &str) {
    let error = read(&forge.finish()).unwrap_err();
    assert!(matches!(&error, TreeError::Conflict { path } if path.as_str() == both), "{error}");
}
