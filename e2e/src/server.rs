//! A web server on this host that answers as it is told, wrong ways included.
//!
//! In: a function from a [`Request`] to a [`Response`], which is a status, headers and [`Step`]s. Every request is
//! remembered. It ends when it is dropped, whatever it was doing.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

mod connection;
mod request;
mod response;

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use crate::certificate::Certificate;
use crate::listener::Listener;

pub use request::Request;
pub use response::{Length, Response, Step};

type Answer = dyn Fn(&Request) -> Response + Send + Sync;

/// A server.
pub struct Server {
    listener: Listener,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Box<Answer>,
    tls: Option<Arc<rustls::ServerConfig>>,
    requests: Mutex<Vec<Request>>,
    /// To hang up at the end.
    open: Mutex<Vec<TcpStream>>,
}

impl Server {
    /// Starts a server on a free port; of HTTPS, where it has a certificate.
    pub fn start(
        certificate: Option<&Certificate>,
        answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            tls: certificate.map(Certificate::config),
            requests: Mutex::default(),
            open: Mutex::default(),
        });
        let for_threads = Arc::clone(&shared);
        let listener = Listener::start(move |stream, is_over| serve(stream, &for_threads, is_over)).unwrap();
        Self { listener, shared }
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn host(&self) -> String {
        self.listener.address().to_string()
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.listener.address().port()
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.listener.address())
    }

    /// All requests until now, in the order in which they came.
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

impl Drop for Server {
    fn drop(&mut self) {
        self.listener.end();
        // Wakes whoever reads or writes.
        for stream in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn serve(stream: TcpStream, shared: &Shared, is_over: &AtomicBool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    shared.open.lock().unwrap_or_else(PoisonError::into_inner).push(stream.try_clone()?);
    let mut connection = connection::Connection::new(stream, shared.tls.clone())?;
    while let Some(request) = Request::read(&mut connection)? {
        shared.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let response = (shared.answer)(&request);
        let is_complete = response.write(&mut connection, &request, is_over)?;
        if !is_complete {
            break;
        }
    }
    connection.finish()
}
