//! What stands behind a Service: an HTTPS server on this host that answers JSON with JSON, as webhooks and aggregated APIs do.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt as _, Collected, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use tokio_rustls::TlsAcceptor;

use super::Issued;
use super::background::Background;

/// What the API server asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `GET` and so on.
    pub method: String,
    /// The path and the query.
    pub path: String,
    /// What was sent; null, where that was nothing.
    pub body: Value,
}

type Answer = dyn Fn(&Call) -> (u16, Value) + Send + Sync;

/// A server. It ends when it is dropped.
pub struct Backend {
    address: SocketAddr,
    shared: Arc<Shared>,
    _background: Background,
}

struct Shared {
    answer: Box<Answer>,
    calls: Mutex<Vec<Call>>,
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backend").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Backend {
    /// Starts one. Its certificate, which may come from a Secret, has to name `SERVICE.NAMESPACE.svc`. What it answers is a
    /// status code and a body.
    pub fn start(
        certificate: &Issued,
        answer: impl Fn(&Call) -> (u16, Value) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { answer: Box::new(answer), calls: Mutex::default() });
        let (acceptor, for_thread) = (acceptor(certificate), Arc::clone(&shared));
        let background = Background::start("backend", move || serve(listener, acceptor, for_thread)).unwrap();
        Self { address, shared, _background: background }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was asked until now.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            // A client that does not like the certificate, or goes away, is none of the server's failures.
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let service = service_fn(|request| respond(Arc::clone(&shared), request));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let call = Call {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    shared.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
    let (status, answer) = (shared.answer)(&call);
    let mut response = Response::new(Full::new(Bytes::from(answer.to_string())));
    *response.status_mut() = status.try_into().unwrap();
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    Ok(response)
}

fn acceptor(certificate: &Issued) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(certificate.chain.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
