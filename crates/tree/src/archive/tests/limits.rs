//! Limits: the value itself is accepted, one more is not.

use std::io::Read;
use std::time::Instant;

use rstest::rstest;

use super::{Forge, bundle, read, read_with};
use crate::{FileTree, Limits, TreeError};

/// Limits that small archives reach.
fn small() -> Limits {
    Limits {
        kept_bytes: 100,
        file_bytes: 60,
        files: 4,
        path_bytes: 30,
        name_bytes: 15,
        depth: 4,
        skipped_bytes: 1000,
        skipped_entries: 3,
        ..Limits::default()
    }
}

fn of_size(bytes: usize) -> Vec<u8> {
    vec![b'x'; bytes]
}

fn many(forge: Forge, prefix: &str, count: usize) -> Forge {
    (0..count).fold(forge, |forge, n| forge.file(format!("{prefix}{n}"), ""))
}

#[rstest]
#[case::file(Forge::new().file("manifests/a", of_size(60)))]
#[case::tree(Forge::new().file("manifests/a", of_size(50)).file("manifests/b", of_size(50)))]
#[case::files(many(Forge::new().directory("manifests"), "manifests/", 4))]
#[case::links_are_files(many(Forge::new(), "manifests/", 2).symlink("manifests/a", "0").hard_link("manifests/b", "manifests/0"))]
#[case::directories((0..3).fold(Forge::new(), |forge, n| forge.directory(&format!("manifests/{n}"))))]
#[case::path(Forge::new().file("manifests/9abcde/9abcdefghijkl", ""))]
#[case::name(Forge::new().file("manifests/123456789abcdef", ""))]
#[case::depth(Forge::new().file("manifests/a/b/c", ""))]
#[case::skipped(many(Forge::new(), "x/", 3))]
#[case::skipped_bytes(Forge::new().file("x", of_size(999)).file("y", "y"))]
#[case::replaced(many(Forge::new(), "manifests/", 4).file("manifests/0", of_size(60)).file("manifests/0", of_size(60)))]
fn the_limit_itself_is_accepted(#[case] forge: Forge) {
    read_with(&forge.finish(), &small()).unwrap();
}

#[rstest]
#[case::file(Forge::new().file("manifests/a", of_size(61)), "manifests/a has 61 bytes, the limit for one file is 60 bytes")]
#[case::tree(
    Forge::new().file("manifests/a", of_size(50)).file("manifests/b", of_size(51)),
    "the kept files have 101 bytes with manifests/b, the limit is 100 bytes"
)]
#[case::files(many(Forge::new(), "manifests/", 5), "more than 4 files, the limit; the next is manifests/4")]
#[case::links_are_files(
    many(Forge::new(), "manifests/", 4).symlink("manifests/a", "0"),
    "more than 4 files, the limit; the next is manifests/a"
)]
#[case::hard_links_are_files(
    many(Forge::new(), "manifests/", 4).hard_link("manifests/a", "manifests/0"),
    "more than 4 files, the limit; the next is manifests/a"
)]
#[case::directories(
    (0..5).fold(Forge::new(), |forge, n| forge.directory(&format!("manifests/{n}"))),
    "more than 4 directories, the limit; the next is manifests/3"
)]
#[case::implied_directories(
    Forge::new().file("manifests/a/b/c", "").file("manifests/x/y/z", ""),
    "more than 4 directories, the limit; the next is manifests/x/y/z"
)]
#[case::implied_directories_of_links(
    Forge::new().file("manifests/a/b/c", "").symlink("manifests/x/y/z", "../../a/b/c"),
    "more than 4 directories, the limit; the next is manifests/x/y/z"
)]
#[case::path(
    Forge::new().file("manifests/9abcde/9abcdefghijklm", ""),
    "a path has 31 bytes, the limit is 30: manifests/9abcde/9abcdefghijklm"
)]
#[case::target(
    Forge::new().symlink("manifests/a", "././././././././././././././././a"),
    "a path has 33 bytes, the limit is 30: manifests/a"
)]
#[case::name(
    Forge::new().file("manifests/123456789abcdefg", ""),
    "a component of a path has 16 bytes, the limit is 15: manifests/123456789abcdefg"
)]
#[case::depth(Forge::new().file("manifests/a/b/c/d", ""), "a path has 5 components, the limit is 4: manifests/a/b/c/d")]
#[case::depth_of_directories(
    Forge::new().directory("manifests/a/b/c/d"),
    "a path has 5 components, the limit is 4: manifests/a/b/c/d"
)]
#[case::skipped(many(Forge::new(), "x/", 4), "more than 3 entries are not kept, the limit; the next is x/3")]
#[case::skipped_bytes(
    Forge::new().file("x", of_size(999)).file("y", "yy"),
    "more than 1000 bytes are not kept, the limit; the next is y"
)]
#[case::replaced_files_are_skipped(
    (0..5).fold(Forge::new(), |forge, _| forge.file("manifests/a", "")),
    "more than 3 entries are not kept, the limit; the next is manifests/a"
)]
#[case::repeated_directories_are_skipped(
    (0..5).fold(Forge::new(), |forge, _| forge.directory("manifests")),
    "more than 3 entries are not kept, the limit; the next is manifests"
)]
#[case::global_headers_are_skipped(
    (0..4).fold(Forge::new(), |forge, _| forge.entry("pax_global_header", b'g', b"")),
    "more than 3 entries are not kept, the limit; the next is pax_global_header"
)]
#[case::data_of_directories_is_skipped(
    Forge::new().entry("manifests", b'5', &of_size(1001)),
    "more than 1000 bytes are not kept, the limit; the next is manifests"
)]
fn one_more_is_not(#[case] forge: Forge, #[case] expected: &str) {
    assert_eq!(read_with(&forge.finish(), &small()).unwrap_err().to_string(), expected);
}

/// A file counts with its path, and with those of `manifests` and `manifests/d`.
#[rstest]
#[case::a_file(Forge::new().file("manifests/d/abcd", ""), 9 + 11 + 16)]
#[case::a_link(Forge::new().file("manifests/d/a", "").symlink("manifests/d/b", "././a"), 9 + 11 + 13 + 13 + 5)]
#[case::directories(Forge::new().directory("manifests/d").file("manifests/a", ""), 9 + 11 + 11)]
#[case::replaced(Forge::new().file("manifests/d/a", "").symlink("manifests/d/b", "a").file("manifests/d/b", ""), 46 + 1)]
fn names_are_bounded(#[case] forge: Forge, #[case] bytes: u64) {
    let archive = forge.finish();
    let limits = |names_bytes| Limits { names_bytes, ..Limits::default() };
    read_with(&archive, &limits(bytes)).unwrap();
    let error = read_with(&archive, &limits(bytes - 1)).unwrap_err();
    assert!(matches!(error, TreeError::NamesTooLarge { limit, .. } if limit == bytes - 1), "{error}");
}

/// Small as an archive, they were a hundred megabytes once they were written with all their directories.
#[test]
fn deep_files_are_as_many_directories() {
    let deep =
        |number: usize| (0..30).fold("manifests".to_owned(), |path, _| format!("{path}/{number:0100}"));
    let archive = (0..1500).fold(Forge::new(), |forge, number| {
        forge.long_name(format!("{}/f", deep(number)).as_bytes()).file("cut", "")
    });
    let error = read(&archive.finish()).unwrap_err();
    assert!(matches!(error, TreeError::TooManyDirectories { limit: 10_000, .. }), "{error}");
}

#[test]
fn the_size_of_a_replaced_file_is_given_back() {
    let sizes = [50, 60, 10, 60, 40];
    let archive = sizes.iter().fold(Forge::new(), |forge, size| forge.file("manifests/a", of_size(*size)));
    let archive = archive.file("manifests/b", of_size(60)).finish();
    let limits = Limits { skipped_entries: 4, ..small() };
    let tree = read_with(&archive, &limits).unwrap();
    assert_eq!(tree.get("manifests/a").map(<[u8]>::len), Some(40));
    assert_eq!((tree.skipped().entries, tree.skipped().bytes), (4, 180));
}

#[test]
fn the_defaults() {
    let sixteen_mib = 16 << 20;
    let archive = |extra| Forge::new().file("manifests/a", of_size(sixteen_mib + extra)).finish();
    assert!(read(&archive(0)).is_ok());
    let error = read(&archive(1)).unwrap_err();
    assert_eq!(error.to_string(), "manifests/a has 16777217 bytes, the limit for one file is 16 MiB");
    let archive =
        (0..4).fold(Forge::new(), |forge, n| forge.file(format!("manifests/{n}"), of_size(sixteen_mib)));
    assert!(read(&archive.clone().finish()).is_ok());
    let error = read(&archive.file("manifests/4", "x").finish()).unwrap_err();
    assert_eq!(error.to_string(), "the kept files have 67108865 bytes with manifests/4, the limit is 64 MiB");
}

#[test]
fn a_hundred_thousand_files() {
    assert_eq!(read(&many(Forge::new(), "manifests/", 10_000).finish()).unwrap().iter().count(), 10_000);
    let error = read(&many(Forge::new(), "manifests/", 100_000).finish()).unwrap_err();
    assert!(matches!(error, TreeError::TooManyFiles { limit: 10_000, .. }), "{error}");
    let tree = read(&many(Forge::new(), "x/", 100_000).finish()).unwrap();
    assert_eq!(tree.skipped().entries, 100_000);
}

/// One entry again and again.
struct Endless {
    entry: Vec<u8>,
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.entry.get(self.at..).unwrap().read(buffer)?;
        self.at = (self.at + read) % self.entry.len();
        Ok(read)
    }
}

#[rstest]
#[case::skipped(Forge::new().file("x", ""))]
#[case::kept(Forge::new().file("manifests/a", ""))]
#[case::directories(Forge::new().directory("manifests"))]
#[case::root(Forge::new().directory("./"))]
#[case::headers(Forge::new().entry("g", b'g', b""))]
#[case::links_to_itself(Forge::new().hard_link("manifests/a", "manifests/a"))]
fn an_endless_archive_stops(#[case] entry: Forge) {
    let first = Forge::new().file("manifests/a", "").unfinished();
    let begun = Instant::now();
    let input = first.as_slice().chain(Endless { entry: entry.unfinished(), at: 0 });
    let error = FileTree::from_archive(input, &bundle(), &Limits::default()).unwrap_err();
    assert!(matches!(error, TreeError::TooManySkipped { limit: 1_000_000, .. }), "{error}");
    assert!(begun.elapsed().as_secs() < 120);
}

#[test]
fn an_endless_file_stops() {
    let header = Forge::new().header(b"x", b'0', 11 << 30, |_| {}).unfinished();
    let error =
        FileTree::from_archive(header.as_slice().chain(std::io::repeat(0)), &bundle(), &Limits::default());
    assert!(matches!(error, Err(TreeError::SkippedTooLarge { limit: 10_737_418_240, .. })));
}

#[test]
fn deep_nesting() {
    let name = |depth: usize| {
        ["manifests"].into_iter().chain(std::iter::repeat_n("d", depth - 1)).collect::<Vec<_>>().join("/")
    };
    assert!(read(&Forge::new().file(name(32), "").finish()).is_ok());
    assert!(matches!(
        read(&Forge::new().file(name(33), "").finish()),
        Err(TreeError::TooDeep { depth: 33, .. })
    ));
    let long = Forge::new().long_name(name(2000).as_bytes()).file("cut", "").finish();
    assert!(matches!(read(&long), Err(TreeError::TooDeep { depth: 2000, .. })));
    // What is not kept may nest as it likes.
    let elsewhere = format!("x/{}", name(100_000));
    assert!(read(&Forge::new().long_name(elsewhere.as_bytes()).file("cut", "").finish()).is_ok());
}
