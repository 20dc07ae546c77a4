//! The readers that stand between the input and the tar archive, and watch what passes.
//!
//! [`Input`] counts what comes in, a decoder follows, [`Decompressed`] compares what comes out with it, and [`Fenced`]
//! ends a read that goes beyond what the entry at hand may need. What they object to travels as a [`Fault`] inside the
//! [`io::Error`] through the decoder and the tar reader, which pass errors on as they are.

use std::cell::Cell;
use std::io::{self, Read};

use thiserror::Error;

use super::{Format, METADATA_BYTES};
use crate::{Limits, ShownPath, TreeError};

/// Output from which on the ratio is judged.
const RATIO_FROM: u64 = 1 << 20;

/// What zstd calls a frame whose window is above the limit (`ZSTD_error_frameParameter_windowTooLarge`).
const ZSTD_WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";

/// A [`TreeError`] of a stream, which does not know the entry that is read.
#[derive(Debug, Error)]
#[error("the stream was refused")]
pub(super) enum Fault {
    Input(io::Error),
    Corrupt(Format, io::Error),
    Truncated { format: Format, length: u64 },
    Ratio { format: Format, compressed: u64, decompressed: u64, limit: u64 },
    Window { limit: u64 },
    Metadata,
}

impl Fault {
    /// The error, with the last entry that was read.
    pub(super) fn near(self, near: ShownPath) -> TreeError {
        match self {
            Self::Input(source) => TreeError::ReadInput { source },
            Self::Corrupt(format, source) => TreeError::Decompress { format, near, source },
            Self::Truncated { format, length } => TreeError::Truncated { format, length, near },
            Self::Ratio { format, compressed, decompressed, limit } => {
                TreeError::RatioTooHigh { format, compressed, decompressed, near, limit }
            }
            Self::Window { limit } => TreeError::WindowTooLarge { limit },
            Self::Metadata => TreeError::MetadataTooLarge { near, limit: METADATA_BYTES },
        }
    }
}

/// Counts the bytes of an input.
pub(super) struct Input<'c, R> {
    inner: R,
    count: &'c Cell<u64>,
}

impl<'c, R> Input<'c, R> {
    pub(super) fn new(inner: R, count: &'c Cell<u64>) -> Self {
        Self { inner, count }
    }
}

impl<R: Read> Read for Input<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buffer) {
                Ok(read) => {
                    self.count.set(self.count.get().saturating_add(read as u64));
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io::Error::other(Fault::Input(error))),
            }
        }
    }
}

/// Judges the ratio of a decoder, and tells its errors apart.
pub(super) struct Decompressed<'c, R> {
    decoder: R,
    format: Format,
    ratio: u64,
    window: u64,
    /// Bytes that went into the decoder, and some that wait in its buffer.
    taken: &'c Cell<u64>,
    given: u64,
}

impl<'c, R> Decompressed<'c, R> {
    pub(super) fn new(decoder: R, format: Format, limits: &Limits, taken: &'c Cell<u64>) -> Self {
        let Limits { ratio, zstd_window_bytes: window, .. } = *limits;
        Self { decoder, format, ratio, window, taken, given: 0 }
    }

    fn fault(&self, error: io::Error) -> Fault {
        match error.downcast::<Fault>() {
            Ok(fault) => fault,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Fault::Truncated { format: self.format, length: self.taken.get() }
            }
            Err(error) if self.format == Format::Zstd && error.to_string() == ZSTD_WINDOW_TOO_LARGE => {
                Fault::Window { limit: self.window }
            }
            Err(error) => Fault::Corrupt(self.format, error),
        }
    }
}

impl<R: Read> Read for Decompressed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer).map_err(|error| io::Error::other(self.fault(error)))?;
        self.given = self.given.saturating_add(read as u64);
        let (compressed, decompressed) = (self.taken.get(), self.given);
        if decompressed > RATIO_FROM && decompressed > compressed.saturating_mul(self.ratio) {
            let (format, limit) = (self.format, self.ratio);
            return Err(io::Error::other(Fault::Ratio { format, compressed, decompressed, limit }));
        }
        Ok(read)
    }
}

/// How far an archive is read, and how far it may be.
pub(super) struct Progress {
    position: Cell<u64>,
    fence: Cell<u64>,
    ended: Cell<bool>,
}

impl Progress {
    pub(super) fn new(allowed: u64) -> Self {
        Self { position: Cell::new(0), fence: Cell::new(allowed), ended: Cell::new(false) }
    }

    /// Bytes of the archive that were read.
    pub(super) fn position(&self) -> u64 {
        self.position.get()
    }

    /// Whether a read met the end of the archive.
    pub(super) fn ended(&self) -> bool {
        self.ended.get()
    }

    /// Lets no more than this many bytes be read from here on.
    pub(super) fn allow(&self, bytes: u64) {
        self.fence.set(self.position.get().saturating_add(bytes));
    }
}

/// An archive that is not read beyond its fence.
///
/// The tar reader collects long names and PAX records in memory, however large their headers say that they are; this is
/// what bounds it.
pub(super) struct Fenced<'p, R> {
    inner: R,
    progress: &'p Progress,
}

impl<'p, R> Fenced<'p, R> {
    pub(super) fn new(inner: R, progress: &'p Progress) -> Self {
        Self { inner, progress }
    }
}

impl<R: Read> Read for Fenced<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Progress { position, fence, ended } = self.progress;
        let allowed = fence.get().saturating_sub(position.get());
        if allowed == 0 {
            return Err(io::Error::other(Fault::Metadata));
        }
        let read = self.inner.by_ref().take(allowed).read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            ended.set(true);
        }
        position.set(position.get().saturating_add(read as u64));
        Ok(read)
    }
}
