//! Data on standard output.

mod pretty;

use std::io::{self, BufWriter, StdoutLock, Write};

use anstream::AutoStream;
use anyhow::Context;
use serde::Serialize;
use serde_json::Serializer;

use pretty::Pretty;

/// Writes data: bytes for other programs, whatever standard output is.
pub(crate) fn data(
    write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>,
) -> anyhow::Result<()> {
    in_large_pieces(io::stdout().lock(), write)
}

/// Writes a value as JSON, and a line break behind it.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    data(|out| {
        value.serialize(&mut Serializer::with_formatter(&mut *out, Pretty::default()))?;
        writeln!(out)
    })
}

/// Writes text that has its colours only where it goes to a terminal.
pub(crate) fn text(
    write: impl FnOnce(&mut BufWriter<AutoStream<StdoutLock<'static>>>) -> io::Result<()>,
) -> anyhow::Result<()> {
    in_large_pieces(anstream::stdout().lock(), write)
}

fn in_large_pieces<W: Write>(
    stream: W,
    write: impl FnOnce(&mut BufWriter<W>) -> io::Result<()>,
) -> anyhow::Result<()> {
    const PIECE: usize = 64 * 1024;
    let mut out = BufWriter::with_capacity(PIECE, stream);
    // Flushed here, since dropping it would lose the error.
    write(&mut out).and_then(|()| out.flush()).context("cannot write to standard output")
}

/// Whether an error is that nobody reads our output any more.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
