//! Limits hold over all layers, and what is hidden makes room.

use std::time::Instant;

use rstest::rstest;

use super::{Forge, bundle, read_as};
use crate::Limits;

/// Limits that small layers reach.
fn small() -> Limits {
    Limits {
        kept_bytes: 100,
        file_bytes: 60,
        files: 3,
        skipped_bytes: 1000,
        skipped_entries: 5,
        ..Limits::default()
    }
}

fn of_size(bytes: usize) -> Vec<u8> {
    vec![b'x'; bytes]
}

/// Three files of 90 bytes, a directory, and the one in which that stands.
fn lower() -> Forge {
    let forge = Forge::new().directory("manifests/d");
    ["a", "b", "d/c"].iter().fold(forge, |forge, name| forge.file(format!("manifests/{name}"), of_size(30)))
}

#[rstest]
#[case::bytes(Forge::new().file("manifests/a", of_size(40)), (1, 30))]
#[case::replaced_by_smaller(Forge::new().file("manifests/a", "").file("manifests/b", of_size(60)), (2, 60))]
#[case::whiteout_makes_room(
    Forge::new().file("manifests/.wh.a", "").file("manifests/n", of_size(40)),
    (2, 30)
)]
#[case::opaque_makes_room(
    Forge::new().file("manifests/.wh..wh..opq", "").file("manifests/n", of_size(60)),
    (5, 90)
)]
#[case::directory_makes_room(Forge::new().file("manifests/d", of_size(40)), (2, 30))]
#[case::directory_for_a_file_makes_room(
    Forge::new().file("manifests/a/n", of_size(40)),
    (1, 30)
)]
#[case::a_whiteout_makes_room_for_directories(
    Forge::new().file("manifests/.wh.d", "").file("manifests/x/y", ""),
    (3, 30)
)]
#[case::a_directory_again(Forge::new().directory("manifests/d"), (1, 0))]
#[case::a_whiteout_with_content(Forge::new().file("manifests/.wh.n", of_size(1000)), (1, 1000))]
#[case::aufs(Forge::new().file(".wh..wh.plnk/1", of_size(1000)), (1, 1000))]
fn the_limit_itself_is_accepted(#[case] upper: Forge, #[case] skipped: (u64, u64)) {
    let tree = read_as(&bundle(), &small(), &[lower().unfinished(), upper.unfinished()]).unwrap();
    assert_eq!((tree.skipped().entries, tree.skipped().bytes), skipped);
}

#[rstest]
#[case::bytes(
    Forge::new().file("manifests/a", of_size(41)),
    "the kept files have 101 bytes with manifests/a, the limit is 100 bytes"
)]
#[case::files(Forge::new().file("manifests/n", ""), "more than 3 files, the limit; the next is manifests/n")]
#[case::links(Forge::new().symlink("manifests/n", "a"), "more than 3 files, the limit; the next is manifests/n")]
#[case::hard_links(
    Forge::new().file("manifests/.wh.b", "").hard_link("manifests/n", "manifests/a").hard_link("manifests/o", "manifests/a"),
    "more than 3 files, the limit; the next is manifests/o"
)]
#[case::bytes_of_links(
    Forge::new().file("manifests/d/c", of_size(40)).file("manifests/.wh.b", "").symlink("manifests/n", "d/c"),
    "the kept files have 110 bytes with manifests/n, the limit is 100 bytes"
)]
#[case::directories(
    (0..3).fold(Forge::new(), |forge, n| forge.directory(&format!("manifests/n{n}"))),
    "more than 3 directories, the limit; the next is manifests/n1"
)]
#[case::directories_of_whiteouts(
    (0..3).fold(Forge::new(), |forge, n| forge.file(format!("manifests/n{n}/.wh.a"), "")),
    "more than 3 directories, the limit; the next is manifests/n1"
)]
#[case::skipped_bytes(
    Forge::new().file("manifests/.wh.d", of_size(971)),
    "more than 1000 bytes are not kept, the limit; the next is manifests/d/c"
)]
#[case::skipped_entries(
    Forge::new().file("x", "").file("manifests/.wh.a", "").file(".wh..wh..opq", ""),
    "more than 5 entries are not kept, the limit; the next is manifests/d"
)]
#[case::bookkeeping(
    (0..6).fold(Forge::new(), |forge, n| forge.file(format!(".wh..wh.{n}"), "")),
    "more than 5 entries are not kept, the limit; the next is .wh..wh.5"
)]
#[case::whiteouts_of_nothing(
    (0..6).fold(Forge::new(), |forge, _| forge.file("x/.wh.y", "")),
    "more than 5 entries are not kept, the limit; the next is x/.wh.y"
)]
fn one_more_is_not(#[case] upper: Forge, #[case] expected: &str) {
    let error = read_as(&bundle(), &small(), &[lower().unfinished(), upper.unfinished()]).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_is_skipped_adds_up() {
    let layer = || Forge::new().file("x", of_size(250)).unfinished();
    assert!(read_as(&bundle(), &small(), &[layer(), layer(), layer(), layer()]).is_ok());
    let error = read_as(&bundle(), &small(), &[layer(), layer(), layer(), layer(), layer()]).unwrap_err();
    assert_eq!(error.to_string(), "more than 1000 bytes are not kept, the limit; the next is x");
    // The second block of the end mark, and what follows it.
    let layer = |zeros: usize| Forge::new().raw(&vec![0; 1024 + zeros]).unfinished();
    let limits = Limits { skipped_bytes: 2048, ..small() };
    assert!(read_as(&bundle(), &limits, &[layer(512), layer(512)]).is_ok());
    let error = read_as(&bundle(), &limits, &[layer(512), layer(513)]).unwrap_err();
    assert_eq!(error.to_string(), "more than 2 KiB are not kept, the limit; the next is the end of a layer");
}

/// Each whiteout looks only at what it hides, however much the layer itself has.
#[test]
fn many_whiteouts_over_many_files_take_no_time() {
    let files = |prefix: &str| {
        (0..10_000).fold(Forge::new(), |forge, n| forge.file(format!("manifests/{prefix}{n}"), ""))
    };
    let upper = (0..100_000).fold(files("n"), |forge, _| forge.file(".wh..wh..opq", ""));
    let layers = [files("a"), Forge::new().file(".wh.manifests", ""), upper].map(Forge::finish);
    let begun = Instant::now();
    assert_eq!(read_as(&bundle(), &Limits::default(), &layers).unwrap().iter().count(), 10_000);
    assert!(begun.elapsed().as_secs() < 20);
}
