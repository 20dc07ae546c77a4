//! A proxy that a client reaches a server through (`CONNECT`).

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpStream};
use std::thread;

use crate::listener::Listener;

/// A proxy. It ends when it is dropped.
#[derive(Debug)]
pub struct Tunnel(Listener);

impl Tunnel {
    /// Starts one.
    #[must_use]
    pub fn start() -> Self {
        Self(Listener::start(|caller, _| tunnel(caller)).unwrap())
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address())
    }

    /// How many came to it until now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.connections()
    }
}

fn tunnel(mut caller: TcpStream) -> io::Result<()> {
    let mut head = BufReader::new(caller.try_clone()?);
    let mut first = String::new();
    head.read_line(&mut first)?;
    let mut line = first.clone();
    while line != "\r\n" {
        line.clear();
        if head.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let wanted = first.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    let server = TcpStream::connect(wanted.ok_or(io::ErrorKind::InvalidData)?)?;
    caller.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (from, to) = (server.try_clone()?, caller.try_clone()?);
    let back = thread::spawn(move || pass(from, to));
    pass(caller, server)?;
    back.join().unwrap_or(Ok(()))
}

/// Passes everything on, and then that this was all.
fn pass(mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)
}
