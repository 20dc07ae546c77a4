//! `git http-backend`, by the rules of CGI (RFC 3875).

use std::io::{self, BufRead as _, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::message::{Duplex, Request};
use crate::git::{Process, find};

/// How an answer is sent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    /// After how many bytes of the body it is cut.
    pub(super) limit: Option<usize>,
    /// How many bytes are sent in 10 ms.
    pub(super) throttle: Option<usize>,
}

/// Lets git answer a request.
pub(super) fn run(
    stream: &mut Box<dyn Duplex>,
    request: &Request,
    root: &Path,
    is_old: bool,
    pace: Pace,
) -> io::Result<()> {
    let git = find("git").ok_or(io::ErrorKind::NotFound)?;
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    // A proxy is asked for a whole URL.
    let path = path
        .strip_prefix("http://")
        .and_then(|rest| rest.find('/').and_then(|at| rest.get(at..)))
        .unwrap_or(path);
    let mut command = Process::command(git);
    command
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_PROJECT_ROOT", root)
        .envs([("GIT_HTTP_EXPORT_ALL", "1"), ("REMOTE_ADDR", "127.0.0.1"), ("HOME", "/nonexistent")])
        .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
        .envs([("REQUEST_METHOD", request.method.as_str()), ("PATH_INFO", path), ("QUERY_STRING", query)])
        .env("CONTENT_TYPE", &request.content_type)
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", &request.content_encoding)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(protocol) = request.protocol.as_ref().filter(|_| !is_old) {
        command.env("GIT_PROTOCOL", protocol);
    }
    let mut process = Process::start(&mut command)?;
    if let Some(mut stdin) = process.child().stdin.take() {
        stdin.write_all(&request.body)?;
    }
    let output = process.child().stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut output = BufReader::new(output);
    write_head(stream, &mut output)?;
    write_body(stream, &mut output, pace)
}

fn write_head(stream: &mut impl Write, output: &mut impl io::BufRead) -> io::Result<()> {
    let mut status = "200 OK".to_owned();
    let mut headers = String::new();
    for line in output.by_ref().lines() {
        let line = line?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        match line.strip_prefix("Status: ") {
            Some(other) => other.clone_into(&mut status),
            None => headers.extend([line, "\r\n"]),
        }
    }
    write!(stream, "HTTP/1.1 {status}\r\n{headers}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
}

fn write_body(stream: &mut impl Write, output: &mut impl io::Read, pace: Pace) -> io::Result<()> {
    let mut left = pace.limit.unwrap_or(usize::MAX);
    let mut buffer = vec![0; pace.throttle.unwrap_or(64 << 10).min(64 << 10)];
    loop {
        let length = output.read(&mut buffer)?;
        let chunk = buffer.get(..length.min(left)).unwrap_or_default();
        if length == 0 {
            return stream.write_all(b"0\r\n\r\n");
        }
        write!(stream, "{:x}\r\n", chunk.len())?;
        stream.write_all(chunk)?;
        stream.write_all(b"\r\n")?;
        stream.flush()?;
        left -= chunk.len();
        if left == 0 {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if pace.throttle.is_some() {
            thread::sleep(Duration::from_millis(10));
        }
    }
}
