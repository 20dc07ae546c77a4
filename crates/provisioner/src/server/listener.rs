//! Connections: who is let in, for how long, and how it ends.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Limits;
use super::patient::Patient;
use super::peers::{Peers, Seat};

/// How long it is waited where no connection can be taken, as when files run out.
const BREATH: Duration = Duration::from_millis(100);

/// What serves connections.
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    pub(super) tls: TlsAcceptor,
    pub(super) router: Router,
    pub(super) limits: Limits,
}

impl Listener {
    /// Serves until it is told to stop; then what was begun is finished, for a while.
    pub(super) async fn run(self, stop: CancellationToken) {
        let (connections, cut) = (TaskTracker::new(), CancellationToken::new());
        let peers = Peers::new(self.limits.connections, self.limits.connections_of_one);
        while let Some(accepted) = stop.run_until_cancelled(self.socket.accept()).await {
            match accepted {
                Ok((stream, peer)) => {
                    let Some(seat) = peers.admit(peer.ip()) else {
                        tracing::debug!(%peer, "a connection is refused: there are enough of this address");
                        continue;
                    };
                    let served = self.connection(stream, seat, stop.clone());
                    let cut = cut.clone();
                    connections.spawn(async move { cut.run_until_cancelled(served).await });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot take a connection");
                    sleep(BREATH).await;
                }
            }
        }
        drop(self.socket);
        connections.close();
        if timeout(self.limits.drain, connections.wait()).await.is_err() {
            tracing::warn!(open = connections.len(), "connections are cut");
            cut.cancel();
            connections.wait().await;
        }
    }

    fn connection(
        &self,
        stream: TcpStream,
        seat: Seat,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (tls, router, limits) = (self.tls.clone(), self.router.clone(), self.limits);
        let served = async move {
            let stream = Patient::new(stream, limits.stall, limits.rate);
            let stream = match timeout(limits.handshake, tls.accept(stream)).await {
                Ok(Ok(stream)) => TokioIo::new(stream),
                Ok(Err(error)) => return tracing::debug!(%error, "no TLS"),
                Err(_) => return tracing::debug!("no TLS in time"),
            };
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new())
                .header_read_timeout(limits.headers)
                .max_headers(limits.header_lines)
                .max_buf_size(limits.header_bytes);
            let connection = http.serve_connection(stream, TowerToHyperService::new(router));
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                _ = timeout(limits.life, stop.cancelled()) => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection has ended");
            }
        };
        async move {
            tokio::select! {
                () = served => {}
                () = seat.lost() => tracing::debug!("a connection is cut: its place is another's"),
            }
        }
    }
}
