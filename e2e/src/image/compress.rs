//! Compressing, for layers.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// Compresses with gzip.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Compresses with zstd.
#[must_use]
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd_with_window(bytes, 0)
}

/// A zstd frame whose header asks for a window of `2^log` bytes; 0 for what is usual.
#[must_use]
pub fn zstd_with_window(bytes: &[u8], log: u32) -> Vec<u8> {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.window_log(log).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What something was before it was compressed with gzip or zstd, if it was.
pub(super) fn decompress(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    match bytes {
        [0x1f, 0x8b, ..] => MultiGzDecoder::new(bytes).read_to_end(&mut content).unwrap(),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            ::zstd::Decoder::new(bytes).unwrap().read_to_end(&mut content).unwrap()
        }
        _ => return bytes.to_owned(),
    };
    content
}
