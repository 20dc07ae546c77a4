//! Whatever the bytes: no panic, and nothing beyond the limits.

use proptest::prelude::*;

use super::super::forge::{gzip, zstd};
use super::{Forge, bundle};
use crate::{FileTree, Keep, Limits};

fn limits() -> Limits {
    Limits {
        kept_bytes: 3000,
        file_bytes: 1500,
        files: 8,
        path_bytes: 60,
        name_bytes: 30,
        depth: 4,
        ..Limits::default()
    }
}

fn stays_within_the_limits(input: &[u8]) -> Result<(), TestCaseError> {
    for keep in [bundle(), Keep::everything()] {
        let Ok(tree) = FileTree::from_archive(input, &keep, &limits()) else { continue };
        let sizes: Vec<_> = tree.iter().map(|(_, content)| content.len()).collect();
        prop_assert!(sizes.len() <= 8 && sizes.iter().sum::<usize>() <= 3000);
        prop_assert!(sizes.iter().all(|size| *size <= 1500));
        for (path, _) in tree.iter() {
            prop_assert!(path.len() <= 60 && path.split('/').count() <= 4);
            prop_assert!(path.split('/').all(|name| !matches!(name, "" | "." | "..") && name.len() <= 30));
            prop_assert!(!path.contains(char::is_control));
            prop_assert!(tree.get(path).is_some() && !tree.has_directory(path));
        }
    }
    Ok(())
}

/// A valid archive with one of everything.
fn rich() -> Forge {
    Forge::new()
        .entry("pax_global_header", b'g', b"18 comment=abcdef\n")
        .directory("manifests/")
        .file("manifests/a", [b'a'; 600])
        .pax(&[("path", b"manifests/pax"), ("size", b"3")])
        .file("x", "pax")
        .long_name(b"manifests/long")
        .file("x", "long")
        .symlink("manifests/s", "a")
        .hard_link("manifests/h", "manifests/a")
        .header(b"manifests/sparse", b'S', 2, |header| {
            let gnu = header.as_gnu_mut().unwrap();
            gnu.set_real_size(10);
            let [first, ..] = &mut gnu.sparse;
            first.set_offset(8);
            first.set_length(2);
        })
        .data(b"sp")
        .file("elsewhere/e", [b'e'; 600])
}

/// Makes the checksum of every block right that looks like a header.
fn mend(archive: &mut [u8]) {
    for block in archive.chunks_exact_mut(512) {
        if block.get(257..262) == Some(b"ustar".as_slice()) {
            let mut header = tar::Header::new_old();
            header.as_mut_bytes().copy_from_slice(block);
            header.set_cksum();
            block.copy_from_slice(header.as_bytes());
        }
    }
}

#[test]
fn the_rich_archive_is_valid() {
    let tree = FileTree::from_archive(rich().finish().as_slice(), &bundle(), &limits()).unwrap();
    assert_eq!(tree.iter().count(), 6);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn arbitrary_bytes(input in proptest::collection::vec(any::<u8>(), 0..2048)) {
        stays_within_the_limits(&input)?;
        for magic in [b"\x1f\x8b\x08\0".as_slice(), b"\x28\xb5\x2f\xfd"] {
            stays_within_the_limits(&[magic, &input].concat())?;
        }
    }

    #[test]
    fn mutated_archives(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..12),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
        mended in any::<bool>(),
    ) {
        let mut archive = rich().finish();
        for (at, value) in changes {
            *at.get_mut(&mut archive) = value;
        }
        if mended {
            mend(&mut archive);
        }
        if let Some(cut) = cut {
            archive.truncate(cut.index(archive.len()));
        }
        stays_within_the_limits(&archive)?;
        stays_within_the_limits(&gzip(&archive))?;
    }

    /// Changes where they hurt: names, kinds, sizes and links of headers.
    #[test]
    fn mutated_headers(
        changes in proptest::collection::vec(
            (0..20_usize, prop_oneof![0..16_usize, 100..160_usize, 345..500_usize], any::<u8>()),
            1..8,
        ),
    ) {
        let mut archive = rich().finish();
        for (block, at, value) in changes {
            if let Some(byte) = archive.get_mut(block * 512 + at) {
                *byte = value;
            }
        }
        mend(&mut archive);
        stays_within_the_limits(&archive)?;
    }

    #[test]
    fn mutated_streams(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for mut stream in [gzip(&rich().finish()), zstd(&rich().finish())] {
            for (at, value) in &changes {
                *at.get_mut(&mut stream) = *value;
            }
            stays_within_the_limits(&stream)?;
        }
    }
}
