//! How other processes tell the keeper of a control plane what to do: a line over its Unix socket, and a line back.
//!
//! ```text
//! route TARGET SERVER   ok, and it holds as long as the connection
//! stop                  the API server is killed, as in a crash
//! start                 it is started again, with the same data and on the same port, and is ready
//! ```

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};

use super::routes::{Entered, Routes};

/// What happens to the API server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Stop,
    Start,
}

/// An order, and where it is said what came of it.
pub(super) type Ordered = (Order, oneshot::Sender<io::Result<()>>);

/// A route to a server on this host. It is there until this is dropped, or the process ends.
#[derive(Debug)]
#[must_use = "a route goes when it is dropped"]
pub struct Route {
    _connection: std::os::unix::net::UnixStream,
}

/// Serves it, for ever.
pub(super) async fn serve(listener: UnixListener, routes: Routes, orders: mpsc::Sender<Ordered>) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, routes.clone(), orders.clone()));
        }
    }
}

async fn answer(stream: UnixStream, routes: Routes, orders: mpsc::Sender<Ordered>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let done = match line.trim_end() {
        "stop" => order(Order::Stop, &orders).await.map(|()| None),
        "start" => order(Order::Start, &orders).await.map(|()| None),
        route => enter(route, &routes).map(Some).map_err(io::Error::other),
    };
    // Held until the other side is gone.
    let _entered = match done {
        Ok(entered) => {
            stream.write_all(b"ok\n").await?;
            entered
        }
        Err(error) => {
            stream.write_all(error.to_string().as_bytes()).await?;
            return Ok(());
        }
    };
    stream.read_to_end(&mut Vec::new()).await.map(|_| ())
}

fn enter(line: &str, routes: &Routes) -> Result<Entered, String> {
    let words: Vec<&str> = line.split(' ').collect();
    let ["route", target, server] = words.as_slice() else { return Err(format!("unknown order {line:?}")) };
    let server: SocketAddr = server.parse().map_err(|error| format!("{server:?}: {error}"))?;
    Ok(routes.enter(target.parse()?, server))
}

async fn order(order: Order, orders: &mpsc::Sender<Ordered>) -> io::Result<()> {
    let (done, is_done) = oneshot::channel();
    orders.send((order, done)).await.map_err(io::Error::other)?;
    is_done.await.map_err(io::Error::other)?
}

/// Registers a route.
pub(super) async fn route(socket: &Path, target: &str, server: SocketAddr) -> io::Result<Route> {
    let connection = tell(socket, &format!("route {target} {server}")).await?;
    Ok(Route { _connection: connection.into_std()? })
}

/// Stops or starts the API server.
pub(super) async fn apiserver(socket: &Path, order: Order) -> io::Result<()> {
    let order = match order {
        Order::Stop => "stop",
        Order::Start => "start",
    };
    tell(socket, order).await.map(drop)
}

async fn tell(socket: &Path, line: &str) -> io::Result<UnixStream> {
    let mut stream = BufReader::new(UnixStream::connect(socket).await?);
    stream.write_all(format!("{line}\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await?;
    if answer.trim_end() == "ok" {
        return Ok(stream.into_inner());
    }
    // All of what it says.
    stream.read_to_string(&mut answer).await?;
    Err(io::Error::other(format!("the control plane says: {answer}")))
}
