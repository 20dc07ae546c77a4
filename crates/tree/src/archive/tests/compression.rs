//! gzip and zstd: recognised, read through, cut off, corrupt, too good to be true.

use std::io::{self, Read};

use rstest::rstest;

use super::super::forge::{gzip, zstd, zstd_with_window};
use super::{Forge, bundle, files, noise, read};
use crate::{FileTree, Format, Limits, TreeError};

/// An archive that does not get much smaller.
fn archive() -> Vec<u8> {
    Forge::new().file("manifests/a", noise(40_000)).file("manifests/b", "b").finish()
}

#[rstest]
#[case::gzip(gzip(&archive()))]
#[case::zstd(zstd(&archive()))]
#[case::zstd_behind_a_frame_to_skip([b"\x50\x2a\x4d\x18\x03\0\0\0abc".as_slice(), &zstd(&archive())].concat())]
#[case::plain(archive())]
fn compression_is_recognised(#[case] input: Vec<u8>) {
    let tree = read(&input).unwrap();
    assert_eq!(tree.iter().count(), 2);
    assert_eq!(tree.get("manifests/a"), Some(noise(40_000).as_slice()));
}

#[rstest]
#[case::gzip(gzip)]
#[case::zstd(zstd)]
fn parts_are_read_on_end(#[case] compress: fn(&[u8]) -> Vec<u8>) {
    let archive = archive();
    // The borders of the members are not those of the entries.
    let parts: Vec<u8> = archive.chunks(777).flat_map(compress).collect();
    assert_eq!(read(&parts).unwrap(), read(&archive).unwrap());
}

#[rstest]
#[case::gzip(gzip, Format::Gzip)]
#[case::zstd(zstd, Format::Zstd)]
fn a_cut_is_always_noticed(#[case] compress: fn(&[u8]) -> Vec<u8>, #[case] expected: Format) {
    let whole = compress(&archive());
    let sixteenths = (1..16).map(|part| whole.len() * part / 16);
    // The last bytes are a checksum, which stands behind the end of the archive.
    let last = whole.len() - 20..whole.len();
    for length in sixteenths.chain(last).chain(6..40) {
        let error = read(whole.get(..length).unwrap()).unwrap_err();
        match error {
            TreeError::Truncated { format, .. } => assert_eq!(format, expected, "{length} bytes"),
            error => panic!("{length} bytes: {error:?}"),
        }
    }
    assert!(read(&whole).is_ok());
}

#[test]
fn a_cut_between_members_is_a_cut_of_the_archive() {
    let archive = archive();
    let (first, _) = archive.split_at(20_000);
    let error = read(&gzip(first)).unwrap_err();
    assert!(matches!(error, TreeError::Truncated { format: Format::Tar, length: 20_000, .. }), "{error}");
}

#[rstest]
#[case::gzip(gzip, Format::Gzip)]
#[case::zstd(zstd, Format::Zstd)]
fn corruption_is_noticed(#[case] compress: fn(&[u8]) -> Vec<u8>, #[case] expected: Format) {
    let whole = compress(&archive());
    for at in [whole.len() / 2, whole.len() - 3] {
        let mut corrupt = whole.clone();
        *corrupt.get_mut(at).unwrap() ^= 0x55;
        let error = read(&corrupt).unwrap_err();
        assert!(
            matches!(error, TreeError::Decompress { format, .. } if format == expected),
            "{at}: {error:?}"
        );
    }
}

#[rstest]
#[case::gzip_garbage(gzip, b"garbage that follows")]
#[case::gzip_zeros(gzip, &[0; 512])]
#[case::zstd_garbage(zstd, b"garbage that follows")]
fn what_follows_the_last_member_is_an_error(#[case] compress: fn(&[u8]) -> Vec<u8>, #[case] garbage: &[u8]) {
    let error = read(&[compress(&archive()).as_slice(), garbage].concat()).unwrap_err();
    assert!(matches!(error, TreeError::Decompress { .. }), "{error:?}");
}

#[test]
fn compressed_twice() {
    let error = read(&gzip(&gzip(&archive()))).unwrap_err();
    assert!(
        matches!(&error, TreeError::NotATar { got } if got == "a gzip stream, compressed with gzip"),
        "{error}"
    );
}

#[rstest]
#[case::within_the_limit(23, true)]
#[case::above_the_limit(24, false)]
#[case::far_above_the_limit(27, false)]
fn windows(#[case] log: u32, #[case] accepted: bool) {
    match read(&zstd_with_window(&archive(), log)) {
        Ok(tree) => assert!(accepted && tree.iter().count() == 2),
        Err(TreeError::WindowTooLarge { limit: 8_388_608 }) => assert!(!accepted),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn a_small_file_may_compress_well() {
    let archive = Forge::new().file("manifests/zeros", vec![0; 1_000_000]).finish();
    for compressed in [gzip(&archive), zstd(&archive)] {
        assert!(archive.len() > 300 * compressed.len());
        assert_eq!(read(&compressed).unwrap().iter().count(), 1);
    }
}

/// A gigabyte of zeros in one file, compressed in parts that are all the same.
fn bomb(name: &str, compress: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let header = Forge::new().header(name.as_bytes(), b'0', 1 << 30, |_| {}).unfinished();
    let zeros = compress(&vec![0; 16 << 20]);
    [compress(&header), zeros.repeat(64), compress(&[0; 1024])].concat()
}

#[rstest]
#[case::gzip(gzip)]
#[case::zstd(zstd)]
fn bombs_stop(#[case] compress: fn(&[u8]) -> Vec<u8>) {
    let error = read(&bomb("x", compress)).unwrap_err();
    let TreeError::RatioTooHigh { decompressed, limit: 200, .. } = error else { panic!("{error:?}") };
    // The decoder's input is read ahead, which lets some of the output pass.
    assert!(decompressed < 32 << 20, "{decompressed}");
    let error = read(&bomb("manifests/a", compress)).unwrap_err();
    assert!(matches!(error, TreeError::FileTooLarge { size: 1_073_741_824, .. }), "{error:?}");
}

#[test]
fn the_ratio_is_a_limit_of_its_own() {
    let archive = Forge::new().file("x", vec![0; 4 << 20]).file("manifests/a", "a").finish();
    let compressed = gzip(&archive);
    assert!(matches!(read(&compressed).unwrap_err(), TreeError::RatioTooHigh { .. }));
    let limits = Limits { ratio: 2000, ..Limits::default() };
    let tree = FileTree::from_archive(compressed.as_slice(), &bundle(), &limits).unwrap();
    assert_eq!(files(&tree), [("manifests/a", "a")]);
}

/// A part of an input that comes to nothing, again and again.
struct Nothing {
    part: Vec<u8>,
    at: usize,
}

impl Read for Nothing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.part.get(self.at..).unwrap().read(buffer)?;
        self.at = (self.at + read) % self.part.len();
        Ok(read)
    }
}

/// An empty block that is not the last one (RFC 1951, section 3.2.4), in a member without an end.
const STORED_BLOCK: &[u8] = b"\0\0\0\xff\xff";

#[rstest]
#[case::frames_that_are_skipped(zstd(&archive()), b"\x50\x2a\x4d\x18\x03\0\0\0abc", Format::Zstd)]
#[case::frames_of_nothing(zstd(&archive()), &zstd(b""), Format::Zstd)]
#[case::nothing_but_frames(vec![], &zstd(b""), Format::Zstd)]
#[case::members_of_nothing(gzip(&archive()), &gzip(b""), Format::Gzip)]
#[case::blocks_of_nothing(b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec(), STORED_BLOCK, Format::Gzip)]
fn what_comes_to_nothing_has_an_end(
    #[case] beginning: Vec<u8>,
    #[case] nothing: &[u8],
    #[case] expected: Format,
) {
    let limits = Limits { kept_bytes: 100_000, skipped_bytes: 1_000_000, ..Limits::default() };
    let input = beginning.as_slice().chain(Nothing { part: nothing.to_vec(), at: 0 });
    match FileTree::from_archive(input, &bundle(), &limits).unwrap_err() {
        TreeError::InputTooLarge { format, limit, .. } => assert_eq!((format, limit), (expected, 1_100_000)),
        error => panic!("{error:?}"),
    }
}

/// What comes to something is bounded by that: here headers and padding are more than the limit.
#[test]
fn an_input_that_is_not_compressed_has_no_such_limit() {
    let limits = Limits { kept_bytes: 40_001, skipped_bytes: 2000, ..Limits::default() };
    let archive = archive();
    assert!(archive.len() as u64 > limits.input_bytes());
    assert!(FileTree::from_archive(archive.as_slice(), &bundle(), &limits).is_ok());
}
