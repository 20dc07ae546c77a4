//! A free port of the loopback interface that stays ours while nobody listens there.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port that is bound, and not listened to: connections are refused, and nobody else gets it. Who says `SO_REUSEPORT`, as
/// this does, can listen to it besides.
#[derive(Debug)]
pub(super) struct Port {
    address: SocketAddr,
    _held: TcpSocket,
}

impl Port {
    pub(super) fn reserve() -> io::Result<Self> {
        let held = bound((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self { address: held.local_addr()?, _held: held })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Must be called in a runtime.
    pub(super) fn listen(&self) -> io::Result<tokio::net::TcpListener> {
        bound(self.address)?.listen(1024)
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    // After an end that left connections behind.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
