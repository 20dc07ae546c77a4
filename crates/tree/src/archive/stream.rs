//! The readers that stand between the input and the tar archive, and watch what passes.
//!
//! [`Decompressed`] counts what goes into a decoder, which may come to nothing, and compares what comes out with it, and [`Fenced`] ends a read that goes
//! beyond what the entry at hand may need. What they object to travels as a [`Fault`] inside the
//! [`io::Error`] through the decoder and the tar reader, which pass errors on as they are.

use std::cell::Cell;
use std::io::{self, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use thiserror::Error;

use super::{BUFFER_BYTES, Format, METADATA_BYTES};
use crate::{Limits, ShownPath, TreeError};

/// How many bytes tell how an input is compressed.
const MAGIC_BYTES: u64 = 4;

/// Output from which on the ratio is judged.
const RATIO_FROM: u64 = 1 << 20;

/// What zstd calls a frame whose window is above the limit (`ZSTD_error_frameParameter_windowTooLarge`).
const ZSTD_WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";

/// A [`TreeError`] of a stream, which does not know the entry that is read.
#[derive(Debug, Error)]
#[error("the stream was refused")]
pub(crate) enum Fault {
    Input(io::Error),
    Corrupt(Format, io::Error),
    Truncated { format: Format, length: u64 },
    Ratio { format: Format, compressed: u64, decompressed: u64, limit: u64 },
    Window { limit: u64 },
    TooMuch { format: Format, limit: u64 },
    Metadata,
}

impl Fault {
    /// The error, with the last entry that was read.
    pub(crate) fn near(self, near: ShownPath) -> TreeError {
        match self {
            Self::Input(source) => TreeError::ReadInput { source },
            Self::Corrupt(format, source) => TreeError::Decompress { format, near, source },
            Self::Truncated { format, length } => TreeError::Truncated { format, length, near },
            Self::Ratio { format, compressed, decompressed, limit } => {
                TreeError::RatioTooHigh { format, compressed, decompressed, near, limit }
            }
            Self::Window { limit } => TreeError::WindowTooLarge { limit },
            Self::TooMuch { format, limit } => TreeError::InputTooLarge { format, near, limit },
            Self::Metadata => TreeError::MetadataTooLarge { near, limit: METADATA_BYTES },
        }
    }
}

/// Counts the bytes of an input, of which a compressed one has a limit, and marks its errors.
///
/// What a decoder makes of them does not bound them: of frames that are skipped, and of members and blocks of nothing, it
/// makes nothing and reads on.
struct Input<R> {
    inner: R,
    format: Format,
    limit: u64,
    count: u64,
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buffer) {
                Ok(read) => {
                    self.count = self.count.saturating_add(read as u64);
                    let Self { format, limit, .. } = *self;
                    if self.count > limit && format != Format::Tar {
                        return Err(io::Error::other(Fault::TooMuch { format, limit }));
                    }
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io::Error::other(Fault::Input(error))),
            }
        }
    }
}

type Source<R> = BufReader<Input<Chain<Cursor<Vec<u8>>, R>>>;

enum Decoder<R: Read> {
    Plain(Source<R>),
    Gzip(Box<MultiGzDecoder<Source<R>>>),
    Zstd(zstd::Decoder<'static, Source<R>>),
}

/// What an input decompresses to. Judges the ratio, and tells errors apart: each is a [`Fault`] inside an [`io::Error`].
pub(crate) struct Decompressed<R: Read> {
    decoder: Decoder<R>,
    ratio: u64,
    window: u64,
    given: u64,
}

impl<R: Read> Decompressed<R> {
    /// Looks at the first bytes of an input.
    pub(crate) fn new(mut input: R, limits: &Limits) -> io::Result<Self> {
        let Limits { ratio, zstd_window_bytes: window, .. } = *limits;
        let limit = limits.input_bytes();
        let mut head = Vec::new();
        let read = input.by_ref().take(MAGIC_BYTES).read_to_end(&mut head);
        read.map_err(|error| io::Error::other(Fault::Input(error)))?;
        let format = Format::of(&head);
        let input = Input { inner: Cursor::new(head).chain(input), format, limit, count: 0 };
        let source = BufReader::with_capacity(BUFFER_BYTES, input);
        let decoder = match format {
            Format::Tar => Decoder::Plain(source),
            Format::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(source))),
            Format::Zstd => {
                let corrupt = |error| io::Error::other(Fault::Corrupt(format, error));
                let mut decoder = zstd::Decoder::with_buffer(source).map_err(corrupt)?;
                // The bounds of zstd itself (`ZSTD_WINDOWLOG_ABSOLUTEMIN` and `_MAX`).
                let log = window.max(1).ilog2().clamp(10, 30);
                decoder.window_log_max(log).map_err(corrupt)?;
                Decoder::Zstd(decoder)
            }
        };
        Ok(Self { decoder, ratio, window, given: 0 })
    }

    /// How the input is compressed; [`Format::Tar`] where its bytes come out as they are.
    pub(crate) fn format(&self) -> Format {
        match self.decoder {
            Decoder::Plain(_) => Format::Tar,
            Decoder::Gzip(_) => Format::Gzip,
            Decoder::Zstd(_) => Format::Zstd,
        }
    }

    /// Bytes that came out.
    pub(crate) fn given(&self) -> u64 {
        self.given
    }

    /// Bytes that went into the decoder, and some that wait in its buffer.
    fn taken(&self) -> u64 {
        match &self.decoder {
            Decoder::Plain(source) => source.get_ref().count,
            Decoder::Gzip(decoder) => decoder.get_ref().get_ref().count,
            Decoder::Zstd(decoder) => decoder.get_ref().get_ref().count,
        }
    }

    fn fault(&self, error: io::Error) -> Fault {
        let format = self.format();
        match error.downcast::<Fault>() {
            Ok(fault) => fault,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Fault::Truncated { format, length: self.taken() }
            }
            Err(error) if format == Format::Zstd && error.to_string() == ZSTD_WINDOW_TOO_LARGE => {
                Fault::Window { limit: self.window }
            }
            Err(error) => Fault::Corrupt(format, error),
        }
    }
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.decoder {
            Decoder::Plain(source) => source.read(buffer),
            Decoder::Gzip(decoder) => decoder.read(buffer),
            Decoder::Zstd(decoder) => decoder.read(buffer),
        };
        let read = read.map_err(|error| io::Error::other(self.fault(error)))?;
        self.given = self.given.saturating_add(read as u64);
        let (compressed, decompressed, limit) = (self.taken(), self.given, self.ratio);
        if decompressed > RATIO_FROM && decompressed > compressed.saturating_mul(limit) {
            let format = self.format();
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
