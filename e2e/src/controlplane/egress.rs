//! The proxy through which the API server calls what is in the cluster: webhooks and aggregated APIs.
//!
//! It asks for `CONNECT IP:PORT`, over a Unix socket, with the address of a Service as the IP. Where a route is known for it,
//! it is connected with the server of the route; everything else is refused at once.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use kube::Client;
use kube::api::{Api, ListParams};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::time::timeout;

use super::routes::{Routes, Target};

/// Bytes of the head of a request.
const HEAD_BYTES: usize = 8 << 10;

/// How long it may take to ask whose address it is, and to connect.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves it, for ever.
pub(super) async fn serve(listener: UnixListener, routes: Routes, client: Client) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            // Who hangs up is none of our failures.
            tokio::spawn(tunnel(stream, routes.clone(), client.clone()));
        }
    }
}

async fn tunnel(mut caller: UnixStream, routes: Routes, client: Client) -> io::Result<()> {
    let wanted = wanted(&mut caller).await?;
    let connected = match timeout(PATIENCE, connect(&wanted, &routes, &client)).await {
        Ok(connected) => connected,
        Err(_) => Err("it takes too long".into()),
    };
    match connected {
        Ok(mut server) => {
            caller.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            copy_bidirectional(&mut caller, &mut server).await.map(|_| ())
        }
        Err(why) => {
            let body = format!("e2e: no way to {wanted}: {why}\n");
            let head = format!("HTTP/1.1 502 Bad Gateway\r\nContent-Length: {}\r\n\r\n", body.len());
            caller.write_all(format!("{head}{body}").as_bytes()).await
        }
    }
}

/// What a caller wants to be connected with. Nothing follows the head, since callers wait for the answer.
async fn wanted(caller: &mut UnixStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if caller.read_buf(&mut head).await? == 0 || head.len() > HEAD_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let wanted = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    wanted.map(str::to_owned).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

async fn connect(wanted: &str, routes: &Routes, client: &Client) -> Result<TcpStream, String> {
    let address: SocketAddr = wanted.parse().map_err(|_| "not an address".to_owned())?;
    let server = match routes.find(&Target::Address(address)) {
        Some(server) => server,
        None => by_service(address, routes, client).await?,
    };
    TcpStream::connect(server).await.map_err(|error| format!("{server}: {error}"))
}

/// The server for the Service that has this address.
async fn by_service(address: SocketAddr, routes: &Routes, client: &Client) -> Result<SocketAddr, String> {
    let params = ListParams::default().fields(&format!("spec.clusterIP={}", address.ip()));
    let found = Api::<Service>::all(client.clone()).list(&params).await.map_err(|error| error.to_string())?;
    let service = found.items.into_iter().next().ok_or("no Service has this address")?;
    let (Some(namespace), Some(name)) = (service.metadata.namespace, service.metadata.name) else {
        return Err("a Service without a name".into());
    };
    let why = format!("no route for {namespace}/{name}:{}", address.port());
    routes.find(&Target::Service { namespace, name, port: address.port() }).ok_or(why)
}
