//! Sparse files: read where they are small and simple, refused or skipped otherwise.

use std::io::Read as _;
use std::time::Instant;

use super::{Forge, bundle, files, read};
use crate::{FileTree, Limits, TreeError};

/// The header of a sparse file: its pieces as offset and length, and how large it is with its holes.
fn sparse(name: &str, pieces: &[(u64, u64)], stored: u64, real: u64, extended: bool) -> Forge {
    Forge::new().header(name.as_bytes(), b'S', stored, |header| {
        let gnu = header.as_gnu_mut().unwrap();
        gnu.set_real_size(real);
        gnu.set_is_extended(extended);
        for (slot, (offset, length)) in gnu.sparse.iter_mut().zip(pieces) {
            slot.set_offset(*offset);
            slot.set_length(*length);
        }
    })
}

/// More of a sparse file's map: 21 pieces.
fn map_block(pieces: impl Iterator<Item = (u64, u64)>, extended: bool) -> Vec<u8> {
    let mut block = tar::GnuExtSparseHeader::new();
    block.set_is_extended(extended);
    for (slot, (offset, length)) in block.sparse_mut().iter_mut().zip(pieces) {
        slot.set_offset(offset);
        slot.set_length(length);
    }
    block.as_bytes().to_vec()
}

#[test]
fn holes_are_filled() {
    let archive =
        sparse("manifests/a", &[(3, 2), (7, 0)], 2, 7, false).data(b"ab").file("manifests/b", "b").finish();
    assert_eq!(files(&read(&archive).unwrap()), [("manifests/a", "\0\0\0ab\0\0"), ("manifests/b", "b")]);
}

#[test]
fn a_map_of_several_blocks() {
    let pieces = |block: u64| (0..21).map(move |n| ((block * 21 + n) * 2, 0));
    let archive = sparse("manifests/a", &[], 1, 841, true)
        .raw(&map_block(pieces(0), true))
        .raw(&map_block([(840, 1)].into_iter(), false))
        .data(b"x")
        .file("manifests/b", "b")
        .finish();
    let tree = read(&archive).unwrap();
    let content = tree.get("manifests/a").unwrap();
    assert_eq!((content.len(), content.last()), (841, Some(&b'x')));
    assert_eq!(tree.get("manifests/b"), Some(b"b".as_slice()));
}

#[test]
fn holes_count() {
    let pieces = [(1 << 40, 1)];
    let kept = sparse("manifests/a", &pieces, 1, (1 << 40) + 1, false).data(b"x").finish();
    assert!(matches!(read(&kept), Err(TreeError::FileTooLarge { size: 1_099_511_627_777, .. })));
    // What is not kept takes no more than what is stored.
    let skipped = sparse("var/log/lastlog", &pieces, 1, (1 << 40) + 1, false)
        .data(b"x")
        .file("manifests/a", "a")
        .finish();
    let tree = read(&skipped).unwrap();
    assert_eq!(files(&tree), [("manifests/a", "a")]);
    assert_eq!(tree.skipped().bytes, 1);
}

#[test]
fn a_map_of_many_pieces_is_refused_fast() {
    let blocks = 2000_u64;
    let forge = |name| {
        let first = sparse(name, &[], 0, blocks * 42 - 2, true);
        (0..blocks).fold(first, |forge, block| {
            let pieces = (0..21).map(move |n| ((block * 21 + n) * 2, 0));
            forge.raw(&map_block(pieces, block + 1 < blocks))
        })
    };
    let begun = Instant::now();
    let error = read(&forge("manifests/a").finish()).unwrap_err();
    assert!(matches!(error, TreeError::Kind { kind: "a sparse file of too many pieces", .. }), "{error}");
    assert_eq!(read(&forge("x").finish()).unwrap().skipped().entries, 1);
    assert!(begun.elapsed().as_secs() < 10);
}

#[test]
fn a_map_without_an_end_stops() {
    let endless = (0..3000)
        .fold(sparse("x", &[], 0, 0, true), |forge, _| forge.raw(&map_block(std::iter::empty(), true)));
    let error = read(&endless.finish()).unwrap_err();
    assert!(matches!(error, TreeError::MetadataTooLarge { .. }), "{error}");
}

#[test]
fn a_map_that_lies() {
    for (pieces, stored, real) in [
        (vec![(5, 5), (0, 5)], 10, 10),
        (vec![(0, 5)], 10, 5),
        (vec![(0, 5)], 5, 50),
        (vec![(u64::MAX, 5)], 5, 4),
        (vec![(0, u64::MAX)], 5, 5),
    ] {
        for name in ["manifests/a", "x"] {
            let archive = sparse(name, &pieces, stored, real, false).data(b"0123456789").finish();
            let error = read(&archive).unwrap_err();
            assert!(matches!(error, TreeError::NotATar { .. } | TreeError::ReadHeader { .. }), "{error:?}");
        }
    }
}

#[test]
fn sparse_files_of_pax_are_refused() {
    let archive = |name| {
        let records: [(&str, &[u8]); 3] =
            [("GNU.sparse.major", b"1"), ("GNU.sparse.name", b"manifests/a"), ("GNU.sparse.realsize", b"5")];
        Forge::new().pax(&records).file(name, "1\n0\n5\n").finish()
    };
    let error = read(&archive("manifests/GNUSparseFile.1/a")).unwrap_err();
    assert!(matches!(error, TreeError::Kind { kind: "a sparse file in the form of PAX", .. }), "{error}");
    assert_eq!(read(&archive("x")).unwrap().skipped().entries, 1);
}

/// The size in the header would let everything up to a terabyte be read as a long name.
#[test]
fn a_pax_size_on_a_sparse_file_hides_nothing() {
    let taken = std::cell::Cell::new(0);
    for (name, map_blocks) in [("manifests/a", 0), ("x", 0), ("x", 100)] {
        let file = sparse(name, &[(0, 1)], 1 << 40, 1, map_blocks > 0);
        let file = (1..=map_blocks)
            .fold(file, |forge, n| forge.raw(&map_block(std::iter::empty(), n < map_blocks)))
            .data(b"x")
            .header(b"././@LongLink", b'L', 1 << 40, |_| {})
            .unfinished();
        let archive = [Forge::new().pax(&[("size", b"1")]).unfinished(), file].concat();
        let endless = archive.as_slice().chain(super::Zeros(&taken));
        let error = FileTree::from_archive(endless, &bundle(), &Limits::default()).unwrap_err();
        assert!(matches!(error, TreeError::Kind { .. }), "{error}");
    }
    assert!(taken.get() < 1 << 20);
}
