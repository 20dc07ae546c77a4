//! What a client asks for.

use std::fmt;
use std::io::{self, BufRead, Read as _};

/// Bytes of a line of a request's head.
const LINE_BYTES: u64 = 64 << 10;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` and so on.
    pub method: String,
    /// What is asked for, as it was sent: a path and a query, or a whole URL where the server is taken for a proxy.
    pub target: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// What was sent.
    pub body: Vec<u8>,
}

impl Request {
    /// Reads one; `None` where the client has hung up instead.
    pub(super) fn read(connection: &mut impl BufRead) -> io::Result<Option<Self>> {
        let first = line(connection)?;
        let mut words = first.split(' ').map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
        let mut headers = Vec::new();
        loop {
            let line = line(connection)?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self { method, target, headers, body: Vec::new() };
        request.body = if request.header("transfer-encoding").is_some() {
            chunks(connection)?
        } else {
            let length = request.header("content-length").and_then(|length| length.parse().ok());
            let mut body = Vec::new();
            connection.take(length.unwrap_or(0)).read_to_end(&mut body)?;
            body
        };
        Ok(Some(request))
    }

    /// The path, without host and query.
    #[must_use]
    pub fn path(&self) -> &str {
        let target = self.target.split('?').next().unwrap_or_default();
        match target.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/"),
            None => target,
        }
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Request {
    /// `GET /v2/`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)
    }
}

fn line(connection: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    connection.take(LINE_BYTES).read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn chunks(connection: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length = u64::from_str_radix(&line(connection)?, 16).map_err(io::Error::other)?;
        connection.take(length).read_to_end(&mut body)?;
        line(connection)?;
        if length == 0 {
            return Ok(body);
        }
    }
}
