//! A connection, encrypted or not.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A connection whose lines can be read.
pub(super) struct Connection(BufReader<Duplex>);

enum Duplex {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Connection {
    pub(super) fn new(stream: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let duplex = match tls {
            None => Duplex::Plain(stream),
            Some(config) => {
                let connection = ServerConnection::new(config).map_err(io::Error::other)?;
                Duplex::Tls(Box::new(StreamOwned::new(connection, stream)))
            }
        };
        Ok(Self(BufReader::new(duplex)))
    }

    /// Says that nothing follows, and hangs up.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        match self.0.into_inner() {
            Duplex::Plain(stream) => stream.shutdown(Shutdown::Both),
            Duplex::Tls(mut stream) => {
                stream.conn.send_close_notify();
                stream.flush()?;
                stream.sock.shutdown(Shutdown::Both)
            }
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl BufRead for Connection {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.get_mut() {
            Duplex::Plain(stream) => stream.write(bytes),
            Duplex::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.get_mut() {
            Duplex::Plain(stream) => stream.flush(),
            Duplex::Tls(stream) => stream.flush(),
        }
    }
}

impl Read for Duplex {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}
