//! What a server answers, right or wrong.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::Request;

/// How long at most a step lasts that has no end of its own.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often such a step looks whether the server is over.
const TICK: Duration = Duration::from_millis(10);

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names and values, `Content-Length` and `Transfer-Encoding` aside.
    pub headers: Vec<(String, String)>,
    /// How long the body is said to be.
    pub length: Length,
    /// How the body is sent.
    pub steps: Vec<Step>,
    /// A wait before the first byte of the head.
    pub delay: Duration,
}

/// How long a body is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many bytes.
    Bytes(u64),
    /// It comes in chunks, until there is an empty one.
    Chunked,
}

/// A part of sending a body.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sends these.
    Send(Arc<[u8]>),
    /// Sends these, a piece at a time, with a wait after each.
    Slowly {
        /// What is sent.
        bytes: Arc<[u8]>,
        /// Bytes of a piece.
        piece: usize,
        /// The wait.
        pause: Duration,
    },
    /// Sends these so many times.
    Repeat(Arc<[u8]>, u64),
    /// Does nothing, until the client or the server goes.
    Hang,
    /// Hangs up.
    Cut,
}

impl Response {
    /// A status and a body.
    pub fn new(status: u16, body: impl Into<Arc<[u8]>>) -> Self {
        let body = body.into();
        Self {
            status,
            headers: Vec::new(),
            length: Length::Bytes(body.len() as u64),
            steps: vec![Step::Send(body)],
            delay: Duration::ZERO,
        }
    }

    /// Leads elsewhere.
    #[must_use]
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::new(status, []).header("Location", location)
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a wait before it.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Sent in steps of so many bytes as it is said to have, or in chunks.
    #[must_use]
    pub fn sent(self, length: Length, steps: Vec<Step>) -> Self {
        Self { length, steps, ..self }
    }

    /// What the body is, if it is sent in one step.
    #[must_use]
    pub fn body(&self) -> Arc<[u8]> {
        match self.steps.as_slice() {
            [Step::Send(bytes)] => Arc::clone(bytes),
            _ => Arc::default(),
        }
    }

    /// Sends it. Whether the client may ask for more on the same connection.
    pub(super) fn write(
        &self,
        out: &mut impl Write,
        request: &Request,
        is_over: &AtomicBool,
    ) -> io::Result<bool> {
        wait(self.delay, is_over);
        let mut head = Vec::new();
        write!(head, "HTTP/1.1 {} Status\r\n", self.status)?;
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        match self.length {
            Length::Bytes(bytes) => write!(head, "Content-Length: {bytes}\r\n\r\n")?,
            Length::Chunked => write!(head, "Transfer-Encoding: chunked\r\n\r\n")?,
        }
        out.write_all(&head)?;
        out.flush()?;
        if request.method == "HEAD" {
            return Ok(true);
        }
        let mut body = Body { out, is_chunked: self.length == Length::Chunked };
        for step in &self.steps {
            match step {
                Step::Send(bytes) => body.send(bytes)?,
                Step::Slowly { bytes, piece, pause } => {
                    for piece in bytes.chunks((*piece).max(1)) {
                        body.send(piece)?;
                        wait(*pause, is_over);
                    }
                }
                Step::Repeat(bytes, times) => (0..*times).try_for_each(|_| body.send(bytes))?,
                Step::Hang => wait(PATIENCE, is_over),
                Step::Cut => return Ok(false),
            }
        }
        body.end()?;
        Ok(true)
    }
}

struct Body<'a, W> {
    out: &'a mut W,
    is_chunked: bool,
}

impl<W: Write> Body<'_, W> {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.is_chunked {
            write!(self.out, "{:x}\r\n", bytes.len())?;
        }
        self.out.write_all(bytes)?;
        if self.is_chunked {
            self.out.write_all(b"\r\n")?;
        }
        self.out.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        if self.is_chunked {
            self.out.write_all(b"0\r\n\r\n")?;
        }
        self.out.flush()
    }
}

fn wait(time: Duration, is_over: &AtomicBool) {
    let mut left = time;
    while !left.is_zero() && !is_over.load(Ordering::SeqCst) {
        let step = left.min(TICK);
        thread::sleep(step);
        left -= step;
    }
}
