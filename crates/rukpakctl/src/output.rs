//! Data on standard output.

mod pretty;

use std::error::Error;
use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};

use anstream::AutoStream;
use rukpak_manifest::Object;
use serde::Serialize;
use serde_json::{Map, Serializer, Value};

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

/// `v1 List`, the form in which kubectl takes several objects as one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct List<'a> {
    api_version: &'static str,
    items: Vec<&'a Map<String, Value>>,
    kind: &'static str,
}

impl<'a> List<'a> {
    pub(crate) fn of(objects: impl IntoIterator<Item = &'a Object>) -> Self {
        Self { api_version: "v1", items: objects.into_iter().map(Object::fields).collect(), kind: "List" }
    }
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
    write(&mut out).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Closed.into(),
        _ => anyhow::Error::new(error).context("cannot write to standard output"),
    })
}

/// Nobody reads our output any more. Connections to others may break in the same way, and are errors.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the output any more")
    }
}

impl Error for Closed {}

/// Whether an error is that nobody reads our output any more.
pub(crate) fn is_closed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Closed>().is_some()
}

/// What was printed, or that nobody wanted to read it: what the exit code says is true all the same.
pub(crate) fn read_or_not(printed: anyhow::Result<()>) -> anyhow::Result<()> {
    printed.or_else(|error| if is_closed(&error) { Ok(()) } else { Err(error) })
}
