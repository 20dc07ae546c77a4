//! Layers that replace and hide what those below them have.

mod limits;
mod property;

use std::error::Error;
use std::fmt::Write as _;

use rstest::rstest;

use super::Layers;
use crate::archive::forge::{Forge, gzip, zstd};
use crate::{FileTree, Keep, Limits, LinkFault, TreeError};

/// What a bundle's reader keeps.
fn bundle() -> Keep {
    Keep::prefixes(["manifests/", "metadata/"])
}

fn read_as(keep: &Keep, limits: &Limits, layers: &[Vec<u8>]) -> Result<FileTree, TreeError> {
    let mut tree = Layers::new(keep, limits);
    layers.iter().try_for_each(|layer| tree.apply(layer.as_slice()))?;
    tree.finish()
}

fn read<const N: usize>(layers: [Forge; N]) -> Result<FileTree, TreeError> {
    read_as(&bundle(), &Limits::default(), &layers.map(Forge::finish))
}

/// Files and their contents, and directories with a slash behind them.
fn listing(tree: &FileTree) -> Vec<String> {
    let files = tree.iter().map(|(path, content)| format!("{path} {}", str::from_utf8(content).unwrap()));
    let directories = tree.all_directories().into_iter().map(|path| format!("{path}/"));
    let mut listing: Vec<_> = files.chain(directories).collect();
    listing.sort();
    listing
}

/// A lower layer with a bit of everything.
fn lower() -> Forge {
    Forge::new()
        .directory("manifests/")
        .file("manifests/a", "1")
        .file("manifests/d/b", "1")
        .file("manifests/d/e/c", "1")
        .symlink("manifests/l", "a")
        .file("metadata/m", "1")
        .file("Dockerfile", "1")
}

#[rstest]
#[case::plain(vec![])]
#[case::gzip(gzip(b""))]
#[case::zstd(zstd(b""))]
fn a_layer_without_a_byte_changes_nothing(#[case] layer: Vec<u8>) {
    let layers = [lower().finish(), layer];
    let tree = read_as(&bundle(), &Limits::default(), &layers).unwrap();
    let [lower, _] = layers;
    assert_eq!(listing(&tree), listing(&read_as(&bundle(), &Limits::default(), &[lower]).unwrap()));
}

#[rstest]
#[case::nothing(Forge::new(), &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1", "l 1"])]
#[case::a_file(Forge::new().file("manifests/a", "2"), &["a 2", "d/", "d/b 1", "d/e/", "d/e/c 1", "l 2"])]
#[case::a_new_file(Forge::new().file("manifests/n", "2"), &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1", "l 1", "n 2"])]
#[case::a_new_file_in_a_directory(
    Forge::new().directory("manifests/").directory("manifests/d/").file("manifests/d/n", "2"),
    &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1", "d/n 2", "l 1"]
)]
#[case::whiteout_of_a_file(
    Forge::new().file("manifests/.wh.l", "").file("manifests/.wh.a", ""),
    &["d/", "d/b 1", "d/e/", "d/e/c 1"]
)]
#[case::whiteout_of_a_link(Forge::new().file("manifests/.wh.l", ""), &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1"])]
#[case::whiteout_of_a_directory(Forge::new().file("manifests/.wh.d", ""), &["a 1", "l 1"])]
#[case::whiteout_deep_down(Forge::new().file("./manifests//d/.wh.e", ""), &["a 1", "d/", "d/b 1", "l 1"])]
#[case::whiteout_of_all_that_is_in_it(
    Forge::new().file("manifests/d/e/.wh.c", ""),
    &["a 1", "d/", "d/b 1", "d/e/", "l 1"]
)]
#[case::whiteout_before_the_file(
    Forge::new().file("manifests/.wh.a", "").file("manifests/a", "2"),
    &["a 2", "d/", "d/b 1", "d/e/", "d/e/c 1", "l 2"]
)]
#[case::whiteout_behind_the_file(
    Forge::new().file("manifests/a", "2").file("manifests/.wh.a", ""),
    &["a 2", "d/", "d/b 1", "d/e/", "d/e/c 1", "l 2"]
)]
#[case::whiteout_before_the_directory(
    Forge::new().file("manifests/.wh.d", "").file("manifests/d/n", "2"),
    &["a 1", "d/", "d/n 2", "l 1"]
)]
#[case::whiteout_behind_the_directory(
    Forge::new().directory("manifests/d/").file("manifests/.wh.d", ""),
    &["a 1", "d/", "l 1"]
)]
#[case::whiteout_behind_a_file_below(
    Forge::new().file("manifests/d/n", "2").file("manifests/.wh.d", ""),
    &["a 1", "d/", "d/n 2", "l 1"]
)]
#[case::whiteout_around_a_whiteout(
    Forge::new().file("manifests/d/.wh.b", "").file("manifests/.wh.d", ""),
    &["a 1", "d/", "l 1"]
)]
#[case::whiteout_of_any_kind(Forge::new().directory("manifests/.wh.d/").symlink("manifests/.wh.l", "x"), &["a 1"])]
#[case::whiteout_with_content(Forge::new().file("manifests/.wh.d", "content"), &["a 1", "l 1"])]
#[case::whiteout_of_nothing(
    Forge::new().file("manifests/.wh.x", "").file("manifests/a/x/.wh.y", "").file("manifests/.wh.l", ""),
    &["a/", "a/x/", "d/", "d/b 1", "d/e/", "d/e/c 1"]
)]
#[case::whiteout_of_a_longer_name(
    Forge::new().file("manifests/.wh.d.yaml", ""),
    &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1", "l 1"]
)]
#[case::whiteout_of_what_is_no_text(
    Forge::new().file(b"manifests/.wh.\xff", ""),
    &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1", "l 1"]
)]
#[case::opaque_first(
    Forge::new().file("manifests/d/.wh..wh..opq", "").file("manifests/d/e/n", "2"),
    &["a 1", "d/", "d/e/", "d/e/n 2", "l 1"]
)]
#[case::opaque_last(
    Forge::new().file("manifests/d/e/n", "2").file("manifests/d/.wh..wh..opq", ""),
    &["a 1", "d/", "d/e/", "d/e/n 2", "l 1"]
)]
#[case::opaque_between(
    Forge::new().file("manifests/n", "2").file("manifests/.wh..wh..opq", "").file("manifests/o", "2"),
    &["n 2", "o 2"]
)]
#[case::opaque_and_the_same_file(
    Forge::new().file("manifests/a", "2").file("manifests/.wh..wh..opq", ""),
    &["a 2"]
)]
#[case::opaque_empty(Forge::new().file("manifests/d/.wh..wh..opq", ""), &["a 1", "d/", "l 1"])]
#[case::opaque_where_nothing_was(
    Forge::new().file("manifests/n/.wh..wh..opq", ""),
    &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1", "l 1", "n/"]
)]
#[case::file_over_a_directory(Forge::new().file("manifests/d", "2"), &["a 1", "d 2", "l 1"])]
#[case::link_over_a_directory(Forge::new().symlink("manifests/d", "a"), &["a 1", "d 1", "l 1"])]
#[case::hard_link_over_what_it_leads_to(Forge::new().hard_link("manifests/d", "manifests/d/b"), &["a 1", "d 1", "l 1"])]
#[case::directory_over_a_file(
    Forge::new().directory("manifests/a").file("manifests/.wh.l", ""),
    &["a/", "d/", "d/b 1", "d/e/", "d/e/c 1"]
)]
#[case::file_below_a_file(
    Forge::new().file("manifests/a/b/c", "2").file("manifests/.wh.l", ""),
    &["a/", "a/b/", "a/b/c 2", "d/", "d/b 1", "d/e/", "d/e/c 1"]
)]
#[case::directory_over_a_link(Forge::new().directory("manifests/l"), &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1", "l/"])]
#[case::file_below_a_link(
    Forge::new().file("manifests/l/n", "2"),
    &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1", "l/", "l/n 2"]
)]
#[case::hard_link_to_a_lower_file(
    Forge::new().hard_link("manifests/h", "manifests/a"),
    &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1", "h 1", "l 1"]
)]
#[case::hard_link_to_a_lower_link(
    Forge::new().hard_link("manifests/h", "manifests/l").file("manifests/a", "2"),
    &["a 2", "d/", "d/b 1", "d/e/", "d/e/c 1", "h 2", "l 2"]
)]
#[case::hard_link_to_what_is_replaced_then(
    Forge::new().hard_link("manifests/h", "manifests/a").file("manifests/a", "2"),
    &["a 2", "d/", "d/b 1", "d/e/", "d/e/c 1", "h 1", "l 2"]
)]
#[case::hard_link_to_itself(
    Forge::new().hard_link("manifests/a", "manifests/a").file("manifests/.wh.a", ""),
    &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1", "l 1"]
)]
#[case::aufs(
    Forge::new()
        .directory(".wh..wh.plnk")
        .file("manifests/.wh..wh.aufs", "x")
        .file("manifests/.wh..wh.orph/a", "x")
        .file("manifests/.wh.d/a", "x"),
    &["a 1", "d/", "d/b 1", "d/e/", "d/e/c 1", "l 1"]
)]
fn a_layer_over_another(#[case] upper: Forge, #[case] expected: &[&str]) {
    let tree = read([lower(), upper]).unwrap();
    let expected = expected.iter().map(|line| format!("manifests/{line}"));
    let mut expected: Vec<_> =
        expected.chain(["manifests/", "metadata/", "metadata/m 1"].map(String::from)).collect();
    expected.sort();
    assert_eq!(listing(&tree), expected);
    assert!(tree.skipped().top_level.iter().eq(["Dockerfile"]), "{tree:?}");
}

#[rstest]
#[case::whiteout_of_a_kept_folder(Forge::new().file(".wh.manifests", ""), &["metadata/", "metadata/m 1"])]
#[case::whiteout_of_a_kept_folder_that_comes_again(
    Forge::new().file("manifests/n", "2").file("./.wh.manifests", ""),
    &["manifests/", "manifests/n 2", "metadata/", "metadata/m 1"]
)]
#[case::opaque_root(Forge::new().file(".wh..wh..opq", ""), &[])]
#[case::opaque_root_last(
    Forge::new().file("manifests/n", "2").directory("metadata/").file(".wh..wh..opq", ""),
    &["manifests/", "manifests/n 2", "metadata/"]
)]
#[case::file_over_a_kept_folder(Forge::new().file("metadata", "2").file(".wh.manifests", ""), &["metadata 2"])]
fn the_root(#[case] upper: Forge, #[case] expected: &[&str]) {
    assert_eq!(listing(&read([lower(), upper]).unwrap()), expected);
}

#[rstest]
#[case::whiteout_above(Forge::new().file(".wh.a", ""), &["c/d/", "c/d/y 1"])]
#[case::whiteout_of_it(Forge::new().file("a/.wh.b", ""), &["c/d/", "c/d/y 1"])]
#[case::whiteout_beside(Forge::new().file("a/.wh.c", "").file("a/.wh.bb", ""), &["a/b/", "a/b/x 1", "c/d/", "c/d/y 1"])]
#[case::opaque_above(Forge::new().file("a/.wh..wh..opq", ""), &["c/d/", "c/d/y 1"])]
#[case::file_above(Forge::new().file("a", "2"), &["c/d/", "c/d/y 1"])]
#[case::link_above(Forge::new().symlink("./a", "c"), &["c/d/", "c/d/y 1"])]
#[case::directory_above(Forge::new().directory("a"), &["a/b/", "a/b/x 1", "c/d/", "c/d/y 1"])]
#[case::file_beside(Forge::new().file("a/c", "2"), &["a/b/", "a/b/x 1", "c/d/", "c/d/y 1"])]
#[case::root_as_a_file(Forge::new().file("./", "2"), &["a/b/", "a/b/x 1", "c/d/", "c/d/y 1"])]
#[case::metadata_with_a_name(
    Forge::new().entry("a", b'g', b"18 comment=abcdef\n").entry(".wh.a", b'V', b""),
    &["a/b/", "a/b/x 1", "c/d/", "c/d/y 1"]
)]
#[case::layer_that_has_it_itself(
    Forge::new().file("a/b/n", "2").file(".wh.a", ""),
    &["a/b/", "a/b/n 2", "c/d/", "c/d/y 1"]
)]
fn what_is_kept_may_lie_deep(#[case] upper: Forge, #[case] expected: &[&str]) {
    let lower = Forge::new().file("a/b/x", "1").file("c/d/y", "1").file("a/c", "1");
    let keep = Keep::prefixes(["a/b", "c/d"]);
    let tree = read_as(&keep, &Limits::default(), &[lower.finish(), upper.finish()]).unwrap();
    // That they imply others is no matter here.
    let above = ["a/", "c/"].map(String::from);
    let listing: Vec<_> = listing(&tree).into_iter().filter(|line| !above.contains(line)).collect();
    assert_eq!(listing, expected);
}

#[test]
fn layers_build_on_each_other() {
    let layers = [
        Forge::new().file("manifests/a", "1").file("manifests/b", "1"),
        Forge::new().file("manifests/.wh.a", "").file("manifests/b", "2").file("manifests/c", "2"),
        Forge::new().file("manifests/a", "3").file("manifests/.wh.c", ""),
        Forge::new(),
        Forge::new().file("manifests/a/x", "5"),
        Forge::new().file("manifests/.wh.a", "").file("metadata/m", "6"),
    ];
    assert_eq!(listing(&read(layers).unwrap()), ["manifests/", "manifests/b 2", "metadata/", "metadata/m 6"]);
    assert_eq!(read([]).unwrap(), FileTree::default());
}

#[test]
fn layers_are_compressed_as_they_like() {
    let layers = ["a", "b", "c"].map(|name| Forge::new().file(format!("manifests/{name}"), name).finish());
    let [plain, gzipped, zstandard] = layers;
    let layers = [plain, gzip(&gzipped), zstd(&zstandard)];
    let tree = read_as(&bundle(), &Limits::default(), &layers).unwrap();
    assert_eq!(listing(&tree), ["manifests/", "manifests/a a", "manifests/b b", "manifests/c c"]);
}

/// The examples of the image specification.
#[test]
fn the_examples_of_the_specification() {
    let read = |layers: [Forge; 2]| {
        listing(&read_as(&Keep::everything(), &Limits::default(), &layers.map(Forge::finish)).unwrap())
    };
    let base = || Forge::new().directory("a/").directory("a/b/").directory("a/b/c/").file("a/b/c/bar", "1");
    let again = |forge: Forge| forge.directory("a/b/").directory("a/b/c/").file("a/b/c/foo", "2");
    let opaque = |forge: Forge| forge.file("a/.wh..wh..opq", "");
    let expected = ["a/", "a/b/", "a/b/c/", "a/b/c/foo 2"];
    assert_eq!(read([base(), again(opaque(Forge::new().directory("a/")))]), expected);
    assert_eq!(read([base(), opaque(again(Forge::new().directory("a/")))]), expected);

    let base = || {
        Forge::new()
            .file("etc/my-app-config", "1")
            .file("bin/my-app-binary", "1")
            .file("bin/my-app-tools", "1")
            .file("bin/tools/my-app-tool-one", "1")
    };
    let explicit = ["my-app-binary", "my-app-tools", "tools"]
        .iter()
        .fold(Forge::new().directory("bin/"), |forge, name| forge.file(format!("bin/.wh.{name}"), ""));
    let expected = ["bin/", "etc/", "etc/my-app-config 1"];
    assert_eq!(read([base(), explicit]), expected);
    assert_eq!(read([base(), Forge::new().directory("bin/").file("bin/.wh..wh..opq", "")]), expected);
}

#[rstest]
#[case::file_then_below(Forge::new().file("manifests/d", "").file("manifests/d/n", ""), "manifests/d")]
#[case::below_then_file(Forge::new().file("manifests/d/n", "").file("manifests/d", ""), "manifests/d")]
#[case::link_then_below(Forge::new().symlink("manifests/a", "/etc").file("manifests/a/b", ""), "manifests/a")]
#[case::link_then_directory(Forge::new().symlink("manifests/n", "a").directory("manifests/n"), "manifests/n")]
#[case::directory_of_both_then_file(Forge::new().directory("manifests").file("manifests", ""), "manifests")]
#[case::file_then_whiteout_in_it(Forge::new().file("manifests/d", "").file("manifests/d/.wh.b", ""), "manifests/d")]
#[case::whiteout_in_it_then_file(Forge::new().file("manifests/d/.wh.b", "").file("manifests/d", ""), "manifests/d")]
#[case::opaque_then_link(Forge::new().file("manifests/n/.wh..wh..opq", "").symlink("manifests/n", "a"), "manifests/n")]
fn within_a_layer_a_path_is_a_file_or_a_directory(#[case] upper: Forge, #[case] both: &str) {
    let error = read([lower(), upper]).unwrap_err();
    assert!(matches!(&error, TreeError::Conflict { path } if path.as_str() == both), "{error}");
}

#[rstest]
#[case::to_what_is_gone(Forge::new().file("manifests/.wh.a", ""), LinkFault::Dangling)]
#[case::to_what_is_a_directory_now(Forge::new().directory("manifests/a"), LinkFault::ToDirectory)]
#[case::to_itself(Forge::new().symlink("manifests/a", "l"), LinkFault::TooManyHops)]
#[case::hard_to_what_is_gone(
    Forge::new().file("manifests/.wh.a", "").hard_link("manifests/h", "manifests/a"),
    LinkFault::Dangling
)]
#[case::hard_to_a_lower_directory(Forge::new().hard_link("manifests/h", "manifests/d"), LinkFault::ToDirectory)]
fn links_to_what_a_layer_changes(#[case] upper: Forge, #[case] expected: LinkFault) {
    let error = read([lower(), upper]).unwrap_err();
    assert!(matches!(&error, TreeError::Link { fault, .. } if *fault == expected), "{error}");
}

#[test]
fn a_link_may_wait_for_a_higher_layer() {
    let layers = [Forge::new().symlink("manifests/l", "n"), Forge::new().file("manifests/n", "2")];
    assert_eq!(listing(&read(layers).unwrap()), ["manifests/", "manifests/l 2", "manifests/n 2"]);
    // And what a link led to outside the tree is no matter once it is gone.
    let layers = [Forge::new().symlink("manifests/l", "../../x"), Forge::new().file("manifests/.wh.l", "")];
    assert_eq!(listing(&read(layers).unwrap()), ["manifests/"]);
}

#[test]
fn an_archive_is_no_layer() {
    let archive = Forge::new().file("manifests/a", "1").file("manifests/.wh.a", "2").finish();
    let tree = FileTree::from_archive(archive.as_slice(), &bundle(), &Limits::default()).unwrap();
    assert_eq!(listing(&tree), ["manifests/", "manifests/.wh.a 2", "manifests/a 1"]);
}

#[test]
fn texts_of_errors() {
    let layers = [
        ("nothing", Forge::new().file("manifests/.wh.", "")),
        ("its own directory", Forge::new().file("manifests/.wh..", "")),
        ("the directory above", Forge::new().file("x/.wh...", "")),
        ("conflict", Forge::new().symlink("manifests/a", "/etc").file("manifests/a/b", "")),
        ("directory of a whiteout", Forge::new().file(b"manifests/\xff/.wh.a", "")),
    ];
    let mut texts = String::new();
    for (name, upper) in layers {
        let error = read([lower(), upper]).unwrap_err();
        writeln!(texts, "{name}: {error}").unwrap();
        assert!(error.source().is_none());
    }
    insta::assert_snapshot!(texts);
}
