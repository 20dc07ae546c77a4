//! Links: followed to kept files, refused otherwise.

use std::time::Instant;

use rstest::rstest;

use super::{Forge, files, read, read_with};
use crate::{Limits, LinkFault, NameFault, TreeError};

#[rstest]
#[case::beside("manifests/l", "a")]
#[case::dotted("manifests/l", "././a")]
#[case::up_and_down("manifests/l", "../manifests/a")]
#[case::from_below("manifests/x/y/l", "../../a")]
#[case::from_the_other_folder("metadata/l", "../manifests/a")]
#[case::absolute("manifests/l", "/manifests/a")]
#[case::over_another("manifests/l", "m")]
fn symbolic_links_are_followed(#[case] name: &str, #[case] target: &str) {
    // The target stands behind the link, which is no matter for a symbolic one.
    let archive =
        Forge::new().symlink(name, target).symlink("manifests/m", "a").file("manifests/a", "content");
    let tree = read(&archive.finish()).unwrap();
    assert_eq!(tree.get(name), Some(b"content".as_slice()));
    assert_eq!(tree.iter().count(), 3);
}

#[rstest]
#[case::above_the_root("../../etc/passwd", LinkFault::LeavesTree)]
#[case::above_the_root_and_back("../../manifests/a", LinkFault::LeavesTree)]
#[case::absolute_above_the_root("/../manifests/a", LinkFault::LeavesTree)]
#[case::absolute("/etc/passwd", LinkFault::NotKept)]
#[case::to_what_is_not_kept("../Dockerfile", LinkFault::NotKept)]
#[case::to_nothing("b", LinkFault::Dangling)]
#[case::to_nothing_over_another("dangling", LinkFault::Dangling)]
#[case::below_a_file("a/b", LinkFault::Dangling)]
#[case::to_a_directory("sub", LinkFault::ToDirectory)]
#[case::to_an_empty_directory("empty", LinkFault::ToDirectory)]
#[case::to_its_own_directory("", LinkFault::ToDirectory)]
#[case::to_the_root("..", LinkFault::ToDirectory)]
#[case::to_itself("l", LinkFault::TooManyHops)]
#[case::in_a_circle("circle", LinkFault::TooManyHops)]
fn symbolic_links_are_refused(#[case] target: &str, #[case] expected: LinkFault) {
    let archive = Forge::new()
        .file("Dockerfile", "")
        .file("manifests/a", "a")
        .file("manifests/sub/c", "c")
        .directory("manifests/empty")
        .symlink("manifests/l", target);
    let archive = match target {
        "circle" => archive.symlink("manifests/circle", "l"),
        "dangling" => archive.symlink("manifests/dangling", "nothing"),
        _ => archive,
    };
    let error = read(&archive.finish()).unwrap_err();
    assert!(matches!(&error, TreeError::Link { fault, .. } if *fault == expected), "{error}");
}

#[rstest]
#[case::forty(40, true)]
#[case::one_more(41, false)]
fn chains_end_somewhere(#[case] links: usize, #[case] followed: bool) {
    let chain = (1..=links).fold(Forge::new().file("manifests/0", "x"), |forge, n| {
        forge.symlink(&format!("manifests/{n}"), &(n - 1).to_string())
    });
    match read(&chain.finish()) {
        Ok(tree) => assert!(followed && tree.iter().all(|(_, content)| content == b"x")),
        Err(TreeError::Link { fault: LinkFault::TooManyHops, .. }) => assert!(!followed),
        Err(error) => panic!("{error}"),
    }
}

/// Each of ten thousand links leads over forty, by targets that climb a thousand times.
#[test]
fn long_ways_take_no_time() {
    let target = |name: &str| format!("{}{name}", "x/../".repeat(250));
    let link = |forge: Forge, n: usize, target: &str| {
        forge.pax(&[("linkpath", target.as_bytes())]).symlink(&format!("manifests/{n}"), "cut")
    };
    let chain = (1..=40).fold(Forge::new().file("manifests/0", "x"), |forge, n| {
        link(forge, n, &target(&(n - 1).to_string()))
    });
    let many = (41..9_999).fold(chain, |forge, n| link(forge, n, &target("39")));
    let begun = Instant::now();
    assert_eq!(read(&many.finish()).unwrap().iter().count(), 9_999);
    assert!(begun.elapsed().as_secs() < 20);
}

#[rstest]
#[case::plain("manifests/a", None)]
#[case::absolute("/./manifests/a", None)]
#[case::of_a_link("manifests/s", None)]
#[case::to_nothing("manifests/b", Some(LinkFault::Dangling))]
#[case::to_what_comes_later("manifests/z", Some(LinkFault::Dangling))]
#[case::to_what_is_not_kept("Dockerfile", Some(LinkFault::NotKept))]
#[case::to_a_directory("manifests", Some(LinkFault::ToDirectory))]
#[case::to_itself("manifests/l", Some(LinkFault::Dangling))]
fn hard_links(#[case] target: &str, #[case] expected: Option<LinkFault>) {
    let archive = Forge::new()
        .file("Dockerfile", "")
        .file("manifests/a", "content")
        .symlink("manifests/s", "a")
        .hard_link("manifests/l", target)
        .file("manifests/z", "");
    match (read(&archive.finish()), expected) {
        (Ok(tree), None) => assert_eq!(tree.get("manifests/l"), Some(b"content".as_slice())),
        (Err(TreeError::Link { fault, .. }), Some(expected)) => assert_eq!(fault, expected),
        (result, expected) => panic!("{result:?}, expected {expected:?}"),
    }
}

#[test]
fn a_hard_link_does_not_climb() {
    let error = read(&Forge::new().hard_link("manifests/l", "../etc/passwd").finish()).unwrap_err();
    assert!(matches!(error, TreeError::Name { fault: NameFault::ParentDirectory, .. }), "{error}");
}

#[test]
fn a_hard_link_keeps_what_a_later_entry_replaces() {
    let archive = Forge::new().file("manifests/a", "old").hard_link("manifests/l", "manifests/a");
    let tree = read(&archive.file("manifests/a", "new").finish()).unwrap();
    assert_eq!(files(&tree), [("manifests/a", "new"), ("manifests/l", "old")]);
}

#[test]
fn a_hard_link_to_itself_changes_nothing() {
    let archive = Forge::new().file("manifests/a", "content").hard_link("manifests/a", "manifests/a");
    assert_eq!(files(&read(&archive.finish()).unwrap()), [("manifests/a", "content")]);
}

#[test]
fn links_that_are_not_kept_may_lead_anywhere() {
    let archive = Forge::new().symlink("bin", "../../usr/bin").hard_link("x", "../../etc/shadow").finish();
    assert_eq!(read(&archive).unwrap().skipped().entries, 2);
}

#[test]
fn a_link_in_the_place_of_a_kept_folder_is_not_followed() {
    let error = read(&Forge::new().file("v1/a", "a").symlink("manifests", "v1").finish()).unwrap_err();
    assert!(matches!(&error, TreeError::Link { fault: LinkFault::NotKept, .. }), "{error}");
}

#[rstest]
#[case::symbolic(b'2')]
#[case::hard(b'1')]
fn copies_count(#[case] kind: u8) {
    let limits = Limits { kept_bytes: 25, ..Limits::default() };
    let link = |forge: Forge, name: &str| match kind {
        b'2' => forge.symlink(name, "a"),
        _ => forge.hard_link(name, "manifests/a"),
    };
    let one = link(Forge::new().file("manifests/a", "ten bytes."), "manifests/l");
    assert_eq!(read_with(&one.clone().finish(), &limits).unwrap().iter().count(), 2);
    let error = read_with(&link(one, "manifests/m").finish(), &limits).unwrap_err();
    assert!(matches!(error, TreeError::TreeTooLarge { size: 30, limit: 25, .. }), "{error}");
}
