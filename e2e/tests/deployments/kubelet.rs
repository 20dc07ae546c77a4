//! What a kubelet does for a port-forward, on a node where nothing runs: a port of any pod is that port of this host.
//!
//! The API server hands the WebSocket of a client (`v4.channel.k8s.io`) on as it is. The first byte of a message is its channel, 0
//! for data and 1 for errors; the first message of each is the port.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread;

use e2e::certificate::Certificate;
use futures_util::{SinkExt as _, StreamExt as _};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;

/// What clients of the API server offer, and we take.
const PROTOCOL: &str = "v4.channel.k8s.io";

const DATA: u8 = 0;
const ERRORS: u8 = 1;

/// Serves until this process ends. Where it does.
pub(crate) fn start() -> SocketAddr {
    let certificate = Certificate::new().unwrap();
    let chain =
        CertificateDer::pem_slice_iter(certificate.chain().as_bytes()).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(certificate.key().as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()));
    let (bound, is_bound) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            bound.send(listener.local_addr().unwrap()).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(acceptor.clone(), stream));
            }
        });
    });
    is_bound.recv().unwrap()
}

/// Forwards one port, until either side has had enough.
async fn forward(acceptor: TlsAcceptor, stream: TcpStream) {
    let mut port = 0;
    #[expect(clippy::result_large_err, reason = "the library's own type")]
    let accept = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let query = request.uri().query().unwrap_or_default();
        let wanted = query.split('&').find_map(|part| part.strip_prefix("port="));
        port = wanted.and_then(|port| port.parse().ok()).unwrap_or_default();
        response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(PROTOCOL));
        Ok(response)
    };
    let stream = acceptor.accept(stream).await.unwrap();
    let (mut sink, mut messages) = accept_hdr_async(stream, accept).await.unwrap().split();
    let [low, high] = u16::to_le_bytes(port);
    for channel in [DATA, ERRORS] {
        sink.send(Message::binary(vec![channel, low, high])).await.unwrap();
    }
    let mut pod = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut buffer = vec![0; 16 << 10];
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(Ok(Message::Binary(bytes))) if bytes.first() == Some(&DATA) => {
                    pod.write_all(&bytes[1..]).await.unwrap();
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => {}
                _ => return,
            },
            read = pod.read(&mut buffer) => {
                let bytes = [&[DATA], &buffer[..read.unwrap()]].concat();
                if bytes.len() == 1 || sink.send(Message::binary(bytes)).await.is_err() {
                    return;
                }
            }
        }
    }
}
