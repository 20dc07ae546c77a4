//! Decompressing a stream that is no archive to be looked into: a layer as a whole, an archive to be read by position.
//!
//! In: a reader of bytes, plain or compressed with gzip or zstd, and [`Limits`]. Out: a reader of the content, which is not
//! held. The rules are those of [`read_archive`](crate::read_archive): the first bytes tell the compression, members and
//! frames are read on end, and the ratio and the window are bounded. How many bytes are accepted is for who reads.

use std::io::{self, Read};

use crate::archive::{Decompressed, Fault};
use crate::{Format, Limits, ShownPath};

/// A reader of what a stream decompresses to. What it objects to is a [`TreeError`](crate::TreeError) inside the
/// [`io::Error`]; an error of the input comes as it is.
pub struct Decompress<R: Read>(Decompressed<R>);

impl<R: Read> Decompress<R> {
    /// Looks at the first bytes of an input.
    pub fn new(input: R, limits: &Limits) -> io::Result<Self> {
        Decompressed::new(input, limits).map(Self).map_err(|error| explain(error, 0))
    }

    /// How the input is compressed; `None` where its bytes come out as they are.
    #[must_use]
    pub fn compression(&self) -> Option<Format> {
        Some(self.0.format()).filter(|format| *format != Format::Tar)
    }
}

impl<R: Read> Read for Decompress<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| explain(error, self.0.given()))
    }
}

/// The error for whoever knows no entries, only how much came out.
fn explain(error: io::Error, given: u64) -> io::Error {
    match error.downcast::<Fault>() {
        Ok(Fault::Input(error)) | Err(error) => error,
        Ok(fault) => io::Error::other(fault.near(ShownPath::new(format!("byte {given} of its content")))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::TreeError;
    use crate::archive::forge::{gzip, zstd, zstd_with_window};
    use rstest::rstest;

    fn decompress(input: &[u8]) -> Result<(Option<Format>, Vec<u8>), io::Error> {
        let mut reader = Decompress::new(input, &Limits::default())?;
        let mut content = Vec::new();
        reader.read_to_end(&mut content)?;
        Ok((reader.compression(), content))
    }

    #[rstest]
    #[case::empty(b"", None, b"")]
    #[case::short(b"a", None, b"a")]
    #[case::plain(b"plain text", None, b"plain text")]
    #[case::gzip(&gzip(b"text"), Some(Format::Gzip), b"text")]
    #[case::two_members(&[gzip(b"te"), gzip(b"xt")].concat(), Some(Format::Gzip), b"text")]
    #[case::zstd(&zstd(b"text"), Some(Format::Zstd), b"text")]
    #[case::once_only(&gzip(&gzip(b"text")), Some(Format::Gzip), &gzip(b"text"))]
    fn contents(#[case] input: &[u8], #[case] format: Option<Format>, #[case] content: &[u8]) {
        assert_eq!(decompress(input).unwrap(), (format, content.to_vec()));
    }

    #[rstest]
    #[case::cut_off(&gzip(&[7; 5000])[..20], "the gzip data is cut off after 20 bytes, near byte 0 of its content")]
    #[case::checksum(
        &[&gzip(b"text")[..16], &[0; 8]].concat(),
        "the gzip stream is corrupt near byte 4 of its content"
    )]
    #[case::trailer(&[gzip(b"text"), vec![1; 20]].concat(), "the gzip stream is corrupt near byte 4 of its content")]
    #[case::window(
        &zstd_with_window(&vec![0; 100_000], 27),
        "the zstd stream needs a window of more than 8 MiB, the limit"
    )]
    fn errors(#[case] input: &[u8], #[case] message: &str) {
        let error = decompress(input).unwrap_err().downcast::<TreeError>().unwrap();
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn the_ratio_is_bounded() {
        let (mut reader, mut room) =
            (Decompress::new(Cursor::new(gzip(&vec![0; 8 << 20])), &Limits::default()).unwrap(), [0; 4096]);
        let error = loop {
            match reader.read(&mut room) {
                Ok(read) => assert_ne!(read, 0),
                Err(error) => break error.downcast::<TreeError>().unwrap(),
            }
        };
        let TreeError::RatioTooHigh { compressed, decompressed, limit: 200, .. } = error else {
            panic!("{error}")
        };
        assert!(decompressed > 200 * compressed && decompressed < 3 << 20, "{error}");
    }

    #[rstest]
    #[case::plain(b"text".to_vec())]
    #[case::gzip(gzip(b"text")[..12].to_vec())]
    #[case::zstd(zstd(b"text")[..12].to_vec())]
    fn errors_of_the_input_are_passed_on(#[case] start: Vec<u8>) {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::new(io::ErrorKind::TimedOut, "cable"))
            }
        }
        let mut reader = Decompress::new(start.as_slice().chain(Broken), &Limits::default()).unwrap();
        let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::TimedOut, "cable"));
    }
}
