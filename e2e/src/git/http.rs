//! git over HTTP and HTTPS: a small web server that runs `git http-backend`, and can misbehave.

mod backend;
mod message;

use std::io::{self, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Certificate;
use crate::listener::Listener;
pub use message::Request;
use message::{Duplex, read_request};

/// How long a server waits for a client that says nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server is like.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whom it lets in, as `user:password`; everyone where it is `None`.
    pub credentials: Option<String>,
    /// How it speaks HTTPS; HTTP where it is `None`.
    pub certificate: Option<Certificate>,
    /// Whether it knows only version 0 of git's protocol.
    pub is_old: bool,
    /// What it does with requests that it lets in.
    pub behaviour: Behaviour,
}

/// What a server does.
#[derive(Debug, Clone, Default)]
pub enum Behaviour {
    /// What it should.
    #[default]
    Serve,
    /// Accepts connections and says nothing.
    Stall,
    /// Sends whoever asks what there is to another server.
    Redirect {
        /// That server: `https://host:port`.
        to: String,
    },
    /// Cuts the first answers to requests for objects.
    Cut {
        /// How many.
        answers: usize,
        /// After how many bytes.
        after: usize,
    },
    /// Sends answers slowly.
    Throttle {
        /// Bytes in 10 ms.
        bytes: usize,
    },
    /// Answers requests for objects with this message, as a proxy or server may that repeats what it got.
    Fail {
        /// Parts of `{authorization}` are the header of this name.
        message: String,
    },
}

/// A server of all repositories in a directory. It ends when it is dropped.
#[derive(Debug)]
pub struct HttpServer {
    listener: Listener,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    options: Options,
    requests: Mutex<Vec<Request>>,
    answers_cut: AtomicUsize,
    /// Held as long as the server lives, in order not to hang up.
    stalled: Mutex<Vec<TcpStream>>,
}

impl HttpServer {
    /// Starts a server on a free port.
    pub fn start(root: &Path, options: Options) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            root: root.to_owned(),
            options,
            requests: Mutex::default(),
            answers_cut: AtomicUsize::new(0),
            stalled: Mutex::default(),
        });
        let for_threads = Arc::clone(&shared);
        let listener = Listener::start(move |stream, _| serve(stream, &for_threads))?;
        Ok(Self { listener, shared })
    }

    /// The URL of a path, by the server's address.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.url_of("127.0.0.1", path)
    }

    /// The URL of a path, by a name that the server has.
    #[must_use]
    pub fn url_of(&self, host: &str, path: &str) -> String {
        let scheme = if self.shared.options.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{host}:{}{path}", self.listener.address().port())
    }

    /// All requests until now.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many connections there were until now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.listener.connections()
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    if let Behaviour::Stall = shared.options.behaviour {
        shared.stalled.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        return Ok(());
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut stream: Box<dyn Duplex> = match &shared.options.certificate {
        Some(certificate) => {
            let connection = rustls::ServerConnection::new(certificate.config()).map_err(io::Error::other)?;
            Box::new(rustls::StreamOwned::new(connection, stream))
        }
        None => Box::new(stream),
    };
    let request = read_request(&mut stream)?;
    shared.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    answer(&mut stream, &request, shared)?;
    stream.flush()?;
    stream.finish()
}

fn answer(stream: &mut Box<dyn Duplex>, request: &Request, shared: &Shared) -> io::Result<()> {
    let Options { credentials, is_old, behaviour, certificate: _ } = &shared.options;
    if credentials.as_ref().is_some_and(|expected| request.credentials().as_ref() != Some(expected)) {
        let challenge = "WWW-Authenticate: Basic realm=\"e2e\"\r\n";
        return write!(
            stream,
            "HTTP/1.1 401 Unauthorized\r\n{challenge}Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    let is_for_objects = request.method == "POST" && request.body_mentions("want ");
    match behaviour {
        Behaviour::Redirect { to } if request.target.contains("/info/refs?") => {
            let location = format!("Location: {to}{}\r\n", request.target);
            write!(stream, "HTTP/1.1 302 Found\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n")
        }
        Behaviour::Fail { message } if is_for_objects => {
            let authorization = request.authorization.as_deref().unwrap_or_default();
            let message = message.replace("{authorization}", authorization);
            let line = format!("ERR {message}");
            let packet = format!("{:04x}{line}", line.len() + 4);
            let kind = "Content-Type: application/x-git-upload-pack-result\r\n";
            write!(stream, "HTTP/1.1 200 OK\r\n{kind}Connection: close\r\n\r\n{packet}")
        }
        Behaviour::Cut { answers, after } if is_for_objects => {
            let limit = (shared.answers_cut.fetch_add(1, Ordering::SeqCst) < *answers).then_some(*after);
            backend::run(stream, request, &shared.root, *is_old, backend::Pace { limit, throttle: None })
        }
        Behaviour::Throttle { bytes } => {
            let pace = backend::Pace { limit: None, throttle: Some(*bytes) };
            backend::run(stream, request, &shared.root, *is_old, pace)
        }
        _ => backend::run(stream, request, &shared.root, *is_old, backend::Pace::default()),
    }
}
