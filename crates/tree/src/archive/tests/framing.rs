//! Archives that end too early, go on too long, or lie about what they hold.

use std::io::{self, Read};

use rstest::rstest;

use super::{Forge, bundle, files, read};
use crate::{FileTree, Format, Limits, TreeError};

#[test]
fn a_plain_archive_may_end_only_where_an_entry_does() {
    let archive =
        Forge::new().file("manifests/a", [b'a'; 700]).file("x", "x").long_name(b"manifests/c").file("c", "c");
    let archive = archive.unfinished();
    // a: header and two blocks; x: header and a block; c: header and block of the long name, header and block.
    let ends = [1536, 2560, 4608];
    assert_eq!(archive.len(), 4608);
    for length in 0..archive.len() {
        let cut = archive.get(..length).unwrap();
        match read(cut) {
            Ok(_) => assert!(ends.contains(&length), "{length} bytes were accepted"),
            Err(TreeError::NotATar { .. }) => assert!(length < 512),
            Err(TreeError::Truncated { format: Format::Tar, .. }) => assert!(!ends.contains(&length)),
            Err(error) => panic!("{length} bytes: {error:?}"),
        }
    }
    assert_eq!(read(&archive).unwrap().iter().count(), 2);
}

#[test]
fn an_end_mark_may_be_cut() {
    let archive = Forge::new().file("manifests/a", "a");
    for zeros in [0, 512, 1024, 10240] {
        let tree = read(&archive.clone().raw(&vec![0; zeros]).unfinished()).unwrap();
        assert_eq!(files(&tree), [("manifests/a", "a")]);
    }
    let error = read(&archive.raw(&[0; 100]).unfinished()).unwrap_err();
    assert!(matches!(error, TreeError::Truncated { .. }), "{error}");
}

#[test]
fn an_archive_of_nothing_is_an_empty_tree() {
    assert!(read(&Forge::new().finish()).unwrap().is_empty());
}

#[test]
fn what_follows_the_end_mark_is_not_looked_at() {
    let second = Forge::new().file("manifests/b", "b").finish();
    let tree = read(&Forge::new().file("manifests/a", "a").raw(&[0; 1024]).raw(&second).finish()).unwrap();
    assert_eq!(files(&tree), [("manifests/a", "a")]);
}

#[test]
fn what_follows_the_end_mark_is_bounded() {
    let taken = std::cell::Cell::new(0);
    let endless = Forge::new().file("manifests/a", "a").finish();
    let endless = endless.as_slice().chain(super::Zeros(&taken));
    let limits = Limits { skipped_bytes: 1 << 20, ..Limits::default() };
    let error = FileTree::from_archive(endless, &bundle(), &limits).unwrap_err();
    assert!(matches!(error, TreeError::SkippedTooLarge { .. }), "{error}");
    assert!(taken.get() < 2 << 20);
}

#[rstest]
#[case::larger_than_the_archive(1_000_000)]
#[case::a_little_larger(1025)]
fn a_size_that_lies(#[case] size: u64) {
    for name in ["manifests/a", "x"] {
        let archive = Forge::new().header(name.as_bytes(), b'0', size, |_| {}).data(b"a").unfinished();
        let error = read(&archive).unwrap_err();
        assert!(matches!(error, TreeError::Truncated { format: Format::Tar, .. }), "{error}");
    }
}

#[test]
fn a_visitor_never_sees_half_a_content() {
    let archive =
        Forge::new().file("whole", "abc").header(b"half", b'0', 5000, |_| {}).data(b"a").unfinished();
    let mut seen = Vec::new();
    let result = crate::read_archive(archive.as_slice(), &Limits::default(), |entry| {
        assert!(matches!(entry.content(2), Err(TreeError::FileTooLarge { limit: 2, .. })));
        let content = entry.content(5000).map_err(|error| matches!(error, TreeError::Truncated { .. }));
        seen.push((format!("{entry:?}"), content));
        Ok(())
    });
    assert!(matches!(result, Err(TreeError::Truncated { .. })));
    let whole = "Entry { path: RelativePath(whole), kind: File, size: 3, stored: 3, .. }".to_owned();
    let half = "Entry { path: RelativePath(half), kind: File, size: 5000, stored: 5000, .. }".to_owned();
    assert_eq!(seen, [(whole, Ok(b"abc".to_vec())), (half, Err(true))]);
}

#[test]
fn sizes_beyond_any_disk() {
    for size in [u64::MAX, 1 << 63, u64::MAX - 511] {
        let kept = Forge::new().header(b"manifests/a", b'0', size, |_| {}).unfinished();
        assert!(matches!(read(&kept), Err(TreeError::FileTooLarge { .. } | TreeError::ReadHeader { .. })));
        let skipped = Forge::new().header(b"x", b'0', size, |_| {}).unfinished();
        assert!(matches!(
            read(&skipped),
            Err(TreeError::SkippedTooLarge { .. } | TreeError::ReadHeader { .. })
        ));
        let pax = Forge::new().pax(&[("size", size.to_string().as_bytes())]).file("manifests/a", "").finish();
        assert!(matches!(read(&pax), Err(TreeError::FileTooLarge { .. } | TreeError::ReadHeader { .. })));
    }
}

#[test]
fn a_pax_size_counts_more_than_the_header() {
    let archive = Forge::new().pax(&[("size", b"3")]).header(b"manifests/a", b'0', 0, |_| {}).data(b"abc");
    let tree = read(&archive.file("manifests/b", "b").finish()).unwrap();
    assert_eq!(files(&tree), [("manifests/a", "abc"), ("manifests/b", "b")]);
}

#[test]
fn a_checksum_that_is_wrong() {
    let mut archive = Forge::new().file("manifests/a", "a").file("manifests/b", "b").finish();
    archive[1024] ^= 1;
    let error = read(&archive).unwrap_err();
    assert!(
        matches!(&error, TreeError::ReadHeader { offset: 1536, near, .. } if near.as_str() == "manifests/a")
    );
    archive[0] ^= 1;
    assert!(matches!(read(&archive).unwrap_err(), TreeError::ReadHeader { offset: 512, .. }));
}

#[rstest]
#[case::nothing(b"".as_slice(), "nothing")]
#[case::text(b"apiVersion: v1\nkind: ConfigMap\n", "text")]
#[case::long_text(&[b'a'; 5000], "text")]
#[case::text_cut_in_a_character(&[b'\xc3'; 1], "text")]
#[case::zip(b"PK\x03\x04\x14\0\0\0", "a zip archive")]
#[case::bzip2(b"BZh91AY&SY", "a bzip2 stream")]
#[case::xz(b"\xfd7zXZ\0\0\x04", "an xz stream")]
#[case::noise(&[0xa5; 4096], "data of an unknown format")]
fn what_is_no_archive_is_named(#[case] input: &[u8], #[case] expected: &str) {
    let error = read(input).unwrap_err();
    assert!(matches!(&error, TreeError::NotATar { got } if got == expected), "{error}");
    let error = read(&super::super::forge::gzip(input)).unwrap_err();
    let expected = format!("{expected}, compressed with gzip");
    assert!(matches!(&error, TreeError::NotATar { got } if *got == expected), "{error}");
}

#[test]
fn long_names_and_records_are_bounded() {
    let attribute = vec![b'v'; 1 << 20];
    let name = vec![b'n'; 1 << 20];
    for forge in [
        Forge::new().pax(&[("SCHILY.xattr.user.x", &attribute)]),
        Forge::new().long_name(&name),
        Forge::new().entry("././@LongLink", b'K', &name),
        Forge::new().entry("pax_global_header", b'g', &name),
    ] {
        let error = read(&forge.file("x", "").finish()).unwrap_err();
        assert!(matches!(error, TreeError::MetadataTooLarge { limit: 1_048_576, .. }), "{error}");
    }
    let most = Forge::new().pax(&[("SCHILY.xattr.user.x", attribute.get(..1_000_000).unwrap())]);
    assert_eq!(files(&read(&most.file("manifests/a", "a").finish()).unwrap()), [("manifests/a", "a")]);
}

#[test]
fn a_long_name_that_claims_terabytes_allocates_none() {
    let taken = std::cell::Cell::new(0);
    for (name, kind) in [("././@LongLink", b'L'), ("PaxHeaders/x", b'x')] {
        let header = Forge::new().header(name.as_bytes(), kind, 1 << 42, |_| {}).unfinished();
        let endless = header.as_slice().chain(super::Zeros(&taken));
        let error = FileTree::from_archive(endless, &bundle(), &Limits::default()).unwrap_err();
        assert!(matches!(error, TreeError::MetadataTooLarge { .. }), "{error}");
    }
    assert!(taken.get() < 4 << 20);
}

#[test]
fn the_bound_of_long_names_does_not_shrink_with_the_data_before() {
    let long = format!("manifests/{}", "n".repeat(200));
    let archive =
        Forge::new().file("x", vec![0; 3 << 20]).long_name(long.as_bytes()).file("cut", "1").finish();
    assert_eq!(files(&read(&archive).unwrap()), [(long.as_str(), "1")]);
}

/// A line break in a value is legal in PAX, and beyond the tar reader.
#[test]
fn an_attribute_with_a_line_break_is_passed_over() {
    let long = format!("manifests/{}", "n".repeat(200));
    let attribute: (&str, &[u8]) = ("SCHILY.xattr.com.apple.provenance", b"\x01\n\x02");
    let archive = Forge::new().pax(&[attribute, ("path", long.as_bytes())]).file("cut", "a");
    assert_eq!(
        files(&read(&archive.file("manifests/b", "b").finish()).unwrap()),
        [("manifests/b", "b"), (&long, "a")]
    );
    let archive = Forge::new().pax(&[attribute, ("size", b"1")]).header(b"x", b'0', 0, |_| {}).data(b"a");
    let error = read(&archive.finish()).unwrap_err();
    assert!(matches!(error, TreeError::Kind { .. }), "{error}");
}

#[test]
fn records_without_a_form() {
    for records in
        [b"no record".as_slice(), b"999 path=manifests/x\n", b"\n\n\n", b"7 path\n", b"-1 a=b\n", b"\xff"]
    {
        let archive = Forge::new().pax_data(records).file("manifests/a", "a").finish();
        assert_eq!(files(&read(&archive).unwrap()), [("manifests/a", "a")]);
    }
}

#[test]
fn an_error_of_the_input_is_told_apart() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::ConnectionReset))
        }
    }
    let plain = Forge::new().file("manifests/a", "a").unfinished();
    let gzip = super::super::forge::gzip(&plain);
    let zstd = super::super::forge::zstd(&plain);
    for whole in [plain, gzip, zstd] {
        for length in [0, 1, 50, whole.len()] {
            let input = whole.get(..length).unwrap_or(&whole).chain(Broken);
            let error = FileTree::from_archive(input, &bundle(), &Limits::default()).unwrap_err();
            assert!(
                matches!(&error, TreeError::ReadInput { source } if source.kind() == io::ErrorKind::ConnectionReset),
                "{length}: {error:?}"
            );
        }
    }
}

#[test]
fn an_input_that_comes_byte_by_byte() {
    struct Slow<'a>(&'a [u8], bool);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::Error::from(io::ErrorKind::Interrupted));
            }
            let one = buffer.len().min(1);
            self.0.read(buffer.get_mut(..one).unwrap())
        }
    }
    let plain = Forge::new().file("manifests/a", "content").finish();
    for archive in [super::super::forge::gzip(&plain), super::super::forge::zstd(&plain), plain] {
        let tree = FileTree::from_archive(Slow(&archive, false), &bundle(), &Limits::default()).unwrap();
        assert_eq!(files(&tree), [("manifests/a", "content")]);
    }
}
