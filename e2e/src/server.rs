//! A web server on this host that answers as it is told, wrong ways included.
//!
//! In: a function from a [`Request`] to a [`Response`], which is a status, headers and [`Step`]s. Every request is
//! remembered. It ends when it is dropped, whatever it was doing.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

mod connection;
mod request;
mod response;

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::certificate::Certificate;

pub use request::Request;
pub use response::{Length, Response, Step};

type Answer = dyn Fn(&Request) -> Response + Send + Sync;

/// A server.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    answer: Box<Answer>,
    tls: Option<Arc<rustls::ServerConfig>>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    /// To hang up at the end.
    open: Mutex<Vec<TcpStream>>,
    is_over: AtomicBool,
}

impl Server {
    /// Starts a server on a free port; of HTTPS, where it has a certificate.
    pub fn start(
        certificate: Option<&Certificate>,
        answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            tls: certificate.map(Certificate::config),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            open: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let for_thread = Arc::clone(&shared);
        let thread = Some(thread::spawn(move || accept(&listener, &for_thread)));
        Self { address, shared, thread }
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    /// All requests until now, in the order in which they came.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many connections there were until now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes whoever accepts, and then whoever reads or writes.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for stream in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming().flatten() {
        if shared.is_over.load(Ordering::SeqCst) {
            return;
        }
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let shared = Arc::clone(shared);
        // A client that goes away is none of the server's failures.
        thread::spawn(move || serve(stream, &shared));
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    shared.open.lock().unwrap_or_else(PoisonError::into_inner).push(stream.try_clone()?);
    let mut connection = connection::Connection::new(stream, shared.tls.clone())?;
    while let Some(request) = Request::read(&mut connection)? {
        shared.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let response = (shared.answer)(&request);
        let is_complete = response.write(&mut connection, &request, &shared.is_over)?;
        if !is_complete {
            break;
        }
    }
    connection.finish()
}
