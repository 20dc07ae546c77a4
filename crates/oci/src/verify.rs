//! Checking content against its descriptor while it passes.

use std::io::{self, Read};

use rukpak_tree::ByteSize;
use thiserror::Error;

use crate::{Descriptor, Digest, Hasher};

/// How much is read at a time where nobody takes what is read.
const DRAIN_BYTES: usize = 64 << 10;

/// A reader of one blob, which fails unless size and digest are those of its descriptor.
///
/// Its last bytes come out only once the digest is found to be right, so whoever has [`Descriptor::size`] bytes of it has
/// the content that was asked for. Who may stop before that calls [`finish`](Self::finish). A fault travels as
/// [`VerifyError`] inside an [`io::Error`]; reading on meets it again.
#[derive(Debug)]
pub struct Verified<R> {
    inner: R,
    digest: Digest,
    size: u64,
    passed: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Reading(Hasher),
    Right,
    Wrong(VerifyError),
}

/// Content that is not what its descriptor says.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// It has another digest.
    #[error("got content with the digest {got}, expected {expected}")]
    Digest {
        /// Of the descriptor.
        expected: Digest,
        /// Of the content.
        got: Digest,
    },
    /// It ends too early.
    #[error("{digest} ends after {}, expected {}", ByteSize(*.got), ByteSize(*.expected))]
    TooShort {
        /// Of the descriptor.
        digest: Digest,
        /// Bytes, as the descriptor says.
        expected: u64,
        /// Bytes that there are.
        got: u64,
    },
    /// It goes on where it should end.
    #[error("{digest} has more than the expected {}", ByteSize(*.expected))]
    TooLong {
        /// Of the descriptor.
        digest: Digest,
        /// Bytes, as the descriptor says.
        expected: u64,
    },
}

impl VerifyError {
    /// The fault that an error of a [`Verified`] carries, if it carries one.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<VerifyError> for io::Error {
    fn from(fault: VerifyError) -> Self {
        Self::new(io::ErrorKind::InvalidData, fault)
    }
}

impl<R: Read> Verified<R> {
    /// Reads content that should be what the descriptor says.
    pub fn new(inner: R, descriptor: &Descriptor) -> Self {
        let Descriptor { media_type: _, digest, size } = descriptor;
        let state = State::Reading(Hasher::new(digest.algorithm()));
        Self { inner, digest: digest.clone(), size: *size, passed: 0, state }
    }

    /// Reads what is left, and says whether all of it was right.
    pub fn finish(&mut self) -> io::Result<()> {
        io::copy(&mut io::BufReader::with_capacity(DRAIN_BYTES, self), &mut io::sink()).map(drop)
    }

    /// Judges what was read into `chunk`; nothing of it is the end.
    fn judge(&mut self, chunk: &[u8]) -> Result<(), VerifyError> {
        let (digest, expected) = (self.digest.clone(), self.size);
        self.passed = self.passed.saturating_add(chunk.len() as u64);
        if self.passed > expected {
            return Err(VerifyError::TooLong { digest, expected });
        }
        if let State::Reading(hasher) = &mut self.state {
            hasher.update(chunk);
        }
        if chunk.is_empty() && self.passed < expected {
            return Err(VerifyError::TooShort { digest, expected, got: self.passed });
        }
        if self.passed < expected {
            return Ok(());
        }
        match std::mem::replace(&mut self.state, State::Right) {
            State::Reading(hasher) => match hasher.finish() {
                got if got == digest => Ok(()),
                got => Err(VerifyError::Digest { expected: digest, got }),
            },
            State::Right => Ok(()),
            State::Wrong(fault) => Err(fault),
        }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let State::Wrong(fault) = &self.state {
            return Err(fault.clone().into());
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.inner.read(buffer)?;
        match self.judge(buffer.get(..read).unwrap_or_default()) {
            Ok(()) => Ok(read),
            Err(fault) => {
                self.state = State::Wrong(fault.clone());
                Err(fault.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    /// Gives out this many bytes at a time.
    struct Chunks<'a>(&'a [u8], usize);

    impl Read for Chunks<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let room = buffer.len().min(self.1);
            self.0.read(&mut buffer[..room])
        }
    }

    fn read(content: &[u8], expected: &Descriptor, chunk: usize) -> (Vec<u8>, Result<(), VerifyError>) {
        let mut got = Vec::new();
        let result = Verified::new(Chunks(content, chunk), expected).read_to_end(&mut got);
        (got, result.map(drop).map_err(|error| VerifyError::of(&error).unwrap().clone()))
    }

    #[rstest]
    #[case::right("abc", "")]
    #[case::other(
        "abd",
        "got content with the digest sha256:a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9, expected sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )]
    #[case::empty(
        "",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad ends after 0 bytes, expected 3 bytes"
    )]
    #[case::short(
        "ab",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad ends after 2 bytes, expected 3 bytes"
    )]
    #[case::long(
        "abcd",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad has more than the expected 3 bytes"
    )]
    fn faults(#[case] content: &str, #[case] message: &str, #[values(1, 2, 100)] chunk: usize) {
        let (_, result) = read(content.as_bytes(), &Descriptor::of("x", b"abc"), chunk);
        assert_eq!(result.err().map_or(String::new(), |fault| fault.to_string()), message);
    }

    #[test]
    fn the_last_byte_is_held_back_until_the_digest_is_known() {
        let expected = Descriptor::of("x", b"abc");
        let mut room = [0; 3];
        let error = Verified::new(b"abd".as_slice(), &expected).read_exact(&mut room).unwrap_err();
        assert!(matches!(VerifyError::of(&error), Some(VerifyError::Digest { .. })), "{error}");
        assert_eq!(read(b"abd", &expected, 1).0, b"ab");
    }

    #[test]
    fn a_fault_is_met_again() {
        let mut reader = Verified::new(b"abd".as_slice(), &Descriptor::of("x", b"abc"));
        let mut room = [0; 8];
        let first = reader.read(&mut room).unwrap_err().to_string();
        assert_eq!(reader.read(&mut room).unwrap_err().to_string(), first);
        assert_eq!(reader.finish().unwrap_err().to_string(), first);
    }

    #[rstest]
    #[case::unread(0, b"abc", true)]
    #[case::half_read(1, b"abc", true)]
    #[case::read(3, b"abc", true)]
    #[case::other(1, b"abd", false)]
    #[case::longer(3, b"abcd", false)]
    #[case::shorter(1, b"ab", false)]
    fn finish(#[case] stop_after: usize, #[case] content: &[u8], #[case] right: bool) {
        let mut reader = Verified::new(Chunks(content, 1), &Descriptor::of("x", b"abc"));
        let mut room = vec![0; stop_after];
        reader.read_exact(&mut room).unwrap();
        assert_eq!(reader.finish().is_ok(), right);
        assert_eq!(reader.finish().is_ok(), right);
    }

    #[test]
    fn an_endless_blob_is_not_read_to_its_end() {
        let expected = Descriptor::of("x", &[0; 100]);
        let error = Verified::new(io::repeat(0), &expected).finish().unwrap_err();
        assert!(matches!(VerifyError::of(&error), Some(VerifyError::TooLong { .. })), "{error}");
    }

    #[test]
    fn nothing_is_verified_too() {
        assert_eq!(read(b"", &Descriptor::of("x", b""), 1).1, Ok(()));
        let other = Descriptor { size: 0, ..Descriptor::of("x", b"abc") };
        assert!(matches!(read(b"", &other, 1).1, Err(VerifyError::Digest { .. })));
    }

    #[test]
    fn errors_of_the_source_are_passed_on() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("cable"))
            }
        }
        let error = Verified::new(Broken, &Descriptor::of("x", b"abc")).finish().unwrap_err();
        assert_eq!((error.to_string().as_str(), VerifyError::of(&error)), ("cable", None));
    }

    proptest! {
        #[test]
        fn only_the_right_content_passes(
            content in proptest::collection::vec(any::<u8>(), 0..200),
            other in proptest::collection::vec(any::<u8>(), 0..200),
            chunk in 1_usize..70,
        ) {
            let expected = Descriptor::of("x", &content);
            prop_assert_eq!(read(&content, &expected, chunk), (content.clone(), Ok(())));
            let (got, result) = read(&other, &expected, chunk);
            prop_assert_eq!(result.is_ok(), other == content);
            prop_assert!(result.is_ok() || got.len() < content.len() || content.starts_with(&got));
        }
    }
}
