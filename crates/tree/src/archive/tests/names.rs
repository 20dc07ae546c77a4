//! Names: dropped slashes and dots, refused ones, and where long ones come from.

use rstest::rstest;

use super::{Forge, files, read};
use crate::{NameFault, TreeError};

#[rstest]
#[case::plain("manifests/a.yaml")]
#[case::absolute("/manifests/a.yaml")]
#[case::dot("./manifests/a.yaml")]
#[case::slashes_and_dots("//./manifests//././a.yaml")]
fn names_are_normalised(#[case] name: &str) {
    let tree = read(&Forge::new().file(name, "a").finish()).unwrap();
    assert_eq!(files(&tree), [("manifests/a.yaml", "a")]);
}

#[rstest]
#[case::first("../manifests/a.yaml")]
#[case::absolute("/../manifests/a.yaml")]
#[case::inside("manifests/../a.yaml")]
#[case::last("manifests/..")]
#[case::where_nothing_is_kept("x/../y")]
fn parent_directories_are_refused_everywhere(#[case] name: &str) {
    for kind in *b"0123567" {
        let error = read(&Forge::new().entry(name, kind, b"").finish()).unwrap_err();
        assert!(matches!(error, TreeError::Name { fault: NameFault::ParentDirectory, .. }), "{error}");
    }
}

#[rstest]
#[case::not_utf8(b"manifests/\xff.yaml", NameFault::NotUtf8)]
#[case::line_break(b"manifests/a\nb", NameFault::ControlCharacter)]
#[case::escape(b"manifests/\x1b[2J", NameFault::ControlCharacter)]
#[case::delete(b"manifests/\x7f", NameFault::ControlCharacter)]
#[case::c1("manifests/\u{85}".as_bytes(), NameFault::ControlCharacter)]
fn kept_names_are_clean(#[case] name: &[u8], #[case] expected: NameFault) {
    for kind in *b"052" {
        let error = read(&Forge::new().entry(name, kind, b"").finish()).unwrap_err();
        assert!(matches!(error, TreeError::Name { fault, .. } if fault == expected), "{error}");
    }
}

#[test]
fn nul_in_a_long_name_is_refused() {
    for forge in [Forge::new().long_name(b"manifests/a\0b"), Forge::new().pax(&[("path", b"manifests/a\0b")])]
    {
        let error = read(&forge.file("manifests/x", "").finish()).unwrap_err();
        assert!(matches!(error, TreeError::Name { fault: NameFault::ControlCharacter, .. }), "{error}");
    }
}

#[rstest]
#[case(b"x/\xff.yaml", r"x")]
#[case(b"\xff\n/y", r"\xff\n")]
fn names_that_are_not_kept_may_be_anything(#[case] name: &[u8], #[case] top_level: &str) {
    let tree = read(&Forge::new().file(name, "a").finish()).unwrap();
    assert!(tree.is_empty());
    assert_eq!(tree.skipped().top_level.iter().collect::<Vec<_>>(), [top_level]);
}

#[test]
fn an_empty_name_is_no_file() {
    let archive = Forge::new().file("./", "content").finish();
    assert_eq!(read(&archive).unwrap().skipped().entries, 1);
    let everything = crate::Keep::everything();
    let error = crate::FileTree::from_archive(archive.as_slice(), &everything, &crate::Limits::default())
        .unwrap_err();
    assert!(matches!(error, TreeError::Name { fault: NameFault::Empty, .. }), "{error}");
}

#[test]
fn names_that_differ_in_case_are_two() {
    let tree = read(&Forge::new().file("manifests/a", "1").file("manifests/A", "2").finish()).unwrap();
    assert_eq!(files(&tree), [("manifests/A", "2"), ("manifests/a", "1")]);
}

#[test]
fn long_names() {
    let long = format!("manifests/{}.yaml", "n".repeat(200));
    let gnu = Forge::new().long_name(long.as_bytes()).file("manifests/cut", "1").finish();
    assert_eq!(files(&read(&gnu).unwrap()), [(long.as_str(), "1")]);
    let pax = Forge::new().pax(&[("path", long.as_bytes())]).file("manifests/cut", "1").finish();
    assert_eq!(files(&read(&pax).unwrap()), [(long.as_str(), "1")]);
    let ustar = Forge::new()
        .header("n".repeat(99).as_bytes(), b'0', 1, |header| {
            *header = {
                let mut ustar = tar::Header::new_ustar();
                ustar.as_old_mut().name = header.as_old().name;
                ustar.as_ustar_mut().unwrap().prefix[..9].copy_from_slice(b"manifests");
                ustar.set_size(1);
                ustar
            };
        })
        .data(b"1")
        .finish();
    assert_eq!(files(&read(&ustar).unwrap()), [(format!("manifests/{}", "n".repeat(99)).as_str(), "1")]);
}

#[test]
fn a_pax_name_decides_whether_an_entry_is_kept() {
    let archive = Forge::new()
        .pax(&[("path", b"manifests/a.yaml")])
        .file("elsewhere", "a")
        .pax(&[("path", b"elsewhere")])
        .file("manifests/b.yaml", "b")
        .finish();
    assert_eq!(files(&read(&archive).unwrap()), [("manifests/a.yaml", "a")]);
    let error = read(&Forge::new().pax(&[("path", b"../x")]).file("manifests/a", "").finish()).unwrap_err();
    assert!(matches!(error, TreeError::Name { fault: NameFault::ParentDirectory, .. }), "{error}");
}

#[test]
fn long_link_targets() {
    let long = format!("manifests/{}", "n".repeat(200));
    let target = "n".repeat(200);
    let archive = Forge::new()
        .long_name(long.as_bytes())
        .file("cut", "1")
        .entry("././@LongLink", b'K', target.as_bytes())
        .symlink("manifests/gnu", "cut")
        .pax(&[("linkpath", target.as_bytes())])
        .symlink("manifests/pax", "cut")
        .finish();
    assert_eq!(
        files(&read(&archive).unwrap()),
        [("manifests/gnu", "1"), (long.as_str(), "1"), ("manifests/pax", "1")]
    );
}
