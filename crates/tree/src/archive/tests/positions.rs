//! Where the data of entries lies in the uncompressed archive.

use super::super::forge::{gzip, zstd};
use super::Forge;
use crate::{Format, Limits, compression, read_archive};

#[test]
fn data_lies_where_it_is_said_to() {
    let archive = Forge::new()
        .entry("pax_global_header", b'g', b"18 comment=abcdef\n")
        .directory("manifests/")
        .file("manifests/a", "first")
        .long_name("n".repeat(700).as_bytes())
        .file("x", "long")
        .pax(&[("path", b"pax"), ("size", b"3")])
        .file("x", "pax")
        .header(b"sparse", b'S', 6, |header| {
            let gnu = header.as_gnu_mut().unwrap();
            gnu.set_real_size(10);
            gnu.set_is_extended(true);
            let [first, ..] = &mut gnu.sparse;
            first.set_offset(4);
            first.set_length(6);
        })
        // More of the map, which says nothing more.
        .data(&[0; 512])
        .data(b"sparse")
        .file("last", "last")
        .finish();
    let expected = [
        ("pax_global_header", "18 comment=abcdef\n"),
        ("manifests", ""),
        ("manifests/a", "first"),
        (&"n".repeat(700), "long"),
        ("pax", "pax"),
        ("sparse", "sparse"),
        ("last", "last"),
    ];
    for compressed in [archive.clone(), gzip(&archive), zstd(&archive)] {
        let mut found = Vec::new();
        read_archive(compressed.as_slice(), &Limits::default(), |entry| {
            let (from, length) =
                (usize::try_from(entry.data_offset()).unwrap(), usize::try_from(entry.stored()).unwrap());
            let data = str::from_utf8(&archive[from..from + length]).unwrap();
            found.push((String::from_utf8(entry.path().as_bytes().to_vec()).unwrap(), data));
            Ok(())
        })
        .unwrap();
        let found: Vec<_> = found.iter().map(|(path, data)| (path.as_str(), *data)).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn compressions_are_told_by_four_bytes() {
    let archive = Forge::new().file("a", "a").finish();
    let inputs =
        [(archive.clone(), Format::Tar), (gzip(&archive), Format::Gzip), (zstd(&archive), Format::Zstd)];
    for (input, expected) in inputs {
        assert_eq!(compression(&input), expected);
        assert_eq!(compression(&input[..4]), expected);
    }
    assert_eq!(compression(b""), Format::Tar);
}
