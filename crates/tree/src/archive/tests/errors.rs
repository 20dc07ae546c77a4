//! What the errors say, causes included.

use std::error::Error;
use std::fmt::Write as _;

use super::super::forge::{gzip, zstd_with_window};
use super::{Forge, read};

#[test]
fn texts() {
    let plain = Forge::new().file("manifests/a", "a").file("manifests/b", "b").finish();
    let zipped = gzip(&plain);
    let mut flipped = plain.clone();
    flipped[1030] ^= 1;
    let bomb = gzip(&Forge::new().file("manifests/a", "a").file("x", vec![0; 20_000_000]).finish());
    let big = super::noise(2 << 20);
    let archives = [
        ("nothing", vec![]),
        ("yaml", b"apiVersion: v1\n".to_vec()),
        ("zip in gzip", gzip(b"PK\x03\x04")),
        ("cut", plain[..1500].to_vec()),
        ("cut gzip", zipped[..zipped.len() - 4].to_vec()),
        ("gzip and more", [zipped.as_slice(), b"more that follows"].concat()),
        ("wrong checksum", flipped),
        ("parent directory", Forge::new().file("../../etc/cron.d/x", "").finish()),
        ("not UTF-8", Forge::new().file(b"manifests/\xff", "").finish()),
        ("control character", Forge::new().file("manifests/a\nb", "").finish()),
        (
            "long",
            Forge::new()
                .long_name(format!("manifests/{}", "n".repeat(5000)).as_bytes())
                .file("x", "")
                .finish(),
        ),
        ("fifo", Forge::new().entry("manifests/f", b'6', b"").finish()),
        ("conflict", Forge::new().file("manifests/a", "").file("manifests/a/b", "").finish()),
        ("link that leaves", Forge::new().symlink("manifests/a", "../../etc/passwd").finish()),
        ("link out of the kept folders", Forge::new().symlink("manifests/a", "../b").finish()),
        ("link to nothing", Forge::new().symlink("manifests/a", "b\x1b").finish()),
        ("link to a directory", Forge::new().symlink("manifests/a", ".").finish()),
        ("link to itself", Forge::new().symlink("manifests/a", "a").finish()),
        ("ratio", bomb),
        ("window", zstd_with_window(&plain, 24)),
        ("metadata", Forge::new().file("manifests/a", "").long_name(&big).file("x", "").finish()),
    ];
    let mut texts = String::new();
    for (name, archive) in archives {
        let error = read(&archive).unwrap_err();
        write!(texts, "{name}: {error}").unwrap();
        let mut cause = error.source();
        while let Some(error) = cause {
            write!(texts, "\n    because: {error}").unwrap();
            cause = error.source();
        }
        texts.push('\n');
    }
    insta::assert_snapshot!(texts);
}
