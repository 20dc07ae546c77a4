//! A client that trusts what it is told to.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A connection that is kept.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// The certificate that it was shown.
    pub(crate) shown: CertificateDer<'static>,
}

/// What is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// TLS to a server of this name, by authorities in PEM.
pub(crate) async fn tls(
    address: SocketAddr,
    authorities: &str,
    name: &str,
) -> io::Result<TlsStream<TcpStream>> {
    tls_over(TcpStream::connect(address).await?, authorities, name).await
}

/// The same, over a connection that is there.
pub(crate) async fn tls_over(
    stream: TcpStream,
    authorities: &str,
    name: &str,
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
        roots.add(authority.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

impl Connection {
    /// A new one.
    pub(crate) async fn open(address: SocketAddr, authorities: &str, name: &str) -> io::Result<Self> {
        Self::over(tls(address, authorities, name).await?).await
    }

    /// The same, over TLS that is there.
    pub(crate) async fn over(stream: TlsStream<TcpStream>) -> io::Result<Self> {
        let shown = stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        Ok(Self { sender, shown })
    }

    /// Asks for a path, with a token where there is one.
    pub(crate) async fn get(&mut self, path: &str, token: Option<&str>) -> Answer {
        self.ask(Method::GET, path, token, "").await.unwrap()
    }

    /// Makes a request. An error where it is not answered to its end.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> hyper::Result<Answer> {
        let mut request = Request::new(Full::from(body.to_owned()));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        request.headers_mut().insert("host", "localhost".parse().unwrap());
        if let Some(token) = token {
            request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        }
        self.send(request).await
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Answer> {
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let text = String::from_utf8(body.collect().await?.to_bytes().to_vec()).unwrap();
        Ok(Answer { status: head.status, headers: head.headers, text })
    }
}
