//! Data on standard output.

use std::io::{self, BufWriter, StdoutLock};

use anstream::AutoStream;

/// Standard output, locked and in large pieces. The caller flushes it, so that a failure to write is not lost.
pub(crate) fn stdout() -> BufWriter<StdoutLock<'static>> {
    const PIECE: usize = 64 * 1024;
    BufWriter::with_capacity(PIECE, io::stdout().lock())
}

/// Standard output for text that has colours where it goes to a terminal.
pub(crate) fn terminal() -> BufWriter<AutoStream<StdoutLock<'static>>> {
    BufWriter::new(anstream::stdout().lock())
}

/// Whether an error is that nobody reads our output any more.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}
