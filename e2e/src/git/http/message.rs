//! Requests, as far as git's clients make them.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Bytes of a request's head.
const HEAD_BYTES: usize = 64 << 10;

/// A connection, encrypted or not.
pub(super) trait Duplex: Read + Write + Send {
    /// Says that nothing follows.
    fn finish(&mut self) -> io::Result<()>;
}

impl Duplex for TcpStream {
    fn finish(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl Duplex for rustls::StreamOwned<rustls::ServerConnection, TcpStream> {
    fn finish(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        self.flush()?;
        self.sock.shutdown(Shutdown::Write)
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    pub(super) content_type: String,
    pub(super) content_encoding: String,
    pub(super) protocol: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// `user:password` of basic authentication.
    pub(super) fn credentials(&self) -> Option<String> {
        let encoded = self.authorization.as_deref()?.strip_prefix("Basic ")?;
        String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
    }

    /// Whether the body, which is not compressed, contains a text. git compresses only long ones.
    pub(super) fn body_mentions(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

/// Reads a request with its body.
pub(super) fn read_request(stream: &mut impl Read) -> io::Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > HEAD_BYTES {
            return Err(io::Error::other("the head of the request is too long"));
        }
        head.push(byte(stream)?);
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let method = first.next().unwrap_or_default().to_owned();
    let target = first.next().unwrap_or_default().to_owned();
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
    let header = |name: &str| {
        headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| (*value).to_owned())
    };
    let body = if header("transfer-encoding").is_some() {
        chunks(stream)?
    } else {
        let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = Vec::new();
        stream.take(length).read_to_end(&mut body)?;
        body
    };
    Ok(Request {
        authorization: header("authorization"),
        content_type: header("content-type").unwrap_or_default(),
        content_encoding: header("content-encoding").unwrap_or_default(),
        protocol: header("git-protocol"),
        method,
        target,
        body,
    })
}

fn chunks(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(byte(stream)?);
        }
        let line = String::from_utf8_lossy(&line);
        let length = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        stream.take(length).read_to_end(&mut body)?;
        // The line break behind the chunk.
        let _ = (byte(stream)?, byte(stream)?);
        if length == 0 {
            return Ok(body);
        }
    }
}

fn byte(stream: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    stream.read_exact(&mut byte)?;
    let [byte] = byte;
    Ok(byte)
}
