//! What is not borne with, and how it ends.

use std::io;
use std::time::{Duration, Instant};

use e2e::controlplane::{Cluster, eventually};
use hyper::{Method, StatusCode};
use rukpak_provisioner::server::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::client::{Connection, tls, tls_over};
use crate::{Running, people};

const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn who_does_not_say_what_they_want_is_left() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("slow").await;
    let handshake = Duration::from_secs(2);
    let limits = Limits { handshake, headers: SHORT, ..Limits::default() };
    let running = Running::start(&cluster, namespace.name(), limits).await;
    let start = Instant::now();
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    assert_eq!(timeout(LONG, silent.read(&mut [0])).await.unwrap().unwrap_or(0), 0);
    let authorities = running.authorities().await;
    let mut slow = tls(running.address, &authorities, "localhost").await.unwrap();
    slow.write_all(b"GET /livez HTTP/1.1\r\nhost: local").await.unwrap();
    let mut answer = Vec::new();
    // Cut without a word of TLS about it, or after an answer that says why.
    let _ = timeout(LONG, slow.read_to_end(&mut answer)).await.unwrap();
    assert!(!String::from_utf8_lossy(&answer).contains(" 200 "), "{answer:?}");
    assert!(start.elapsed() >= handshake + SHORT);
}

#[tokio::test]
async fn requests_that_are_too_long_are_refused() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("long").await;
    let running = Running::start(&cluster, namespace.name(), Limits::default()).await;
    let authorities = running.authorities().await;
    let status = async |headers: String| {
        let mut stream = tls(running.address, &authorities, "localhost").await.unwrap();
        let request = format!("GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
        // The server may stop reading before all is sent.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = timeout(LONG, stream.read_to_end(&mut answer)).await.unwrap();
        String::from_utf8_lossy(&answer).lines().next().map(str::to_owned)
    };
    assert_eq!(status(format!("x: {}\r\n", "y".repeat(20_000))).await.as_deref(), Some("HTTP/1.1 200 OK"));
    let too_large = "HTTP/1.1 431 Request Header Fields Too Large";
    assert_eq!(status(format!("x: {}\r\n", "y".repeat(60_000))).await.as_deref(), Some(too_large));
    assert_eq!(status("x: y\r\n".repeat(100)).await.as_deref(), Some(too_large));
}

/// A connection from an address of this host.
async fn connect_from(running: &Running, source: u8) -> io::Result<Connection> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, source], 0).into())?;
    let stream = socket.connect(running.address).await?;
    let authorities = running.authorities().await;
    Connection::over(tls_over(stream, &authorities, "localhost").await?).await
}

#[tokio::test]
async fn so_many_connections_of_an_address_and_no_more() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("many").await;
    let limits = Limits { connections: 8, connections_of_one: 2, ..Limits::default() };
    let running = Running::start(&cluster, namespace.name(), limits).await;
    let (mut one, two) = (connect_from(&running, 1).await.unwrap(), connect_from(&running, 1).await.unwrap());
    assert!(connect_from(&running, 1).await.is_err());
    let mut other = connect_from(&running, 2).await.unwrap();
    for connection in [&mut one, &mut other] {
        assert_eq!(connection.get("/livez", None).await.status, StatusCode::OK);
    }
    drop(two);
    let again = async || connect_from(&running, 1).await.ok();
    assert_eq!(eventually("room", again).await.get("/livez", None).await.status, StatusCode::OK);
}

/// As a probe of the cluster does, whoever else is there.
#[tokio::test]
async fn who_has_less_connections_gets_in_where_all_places_are_taken() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("crowd").await;
    let limits = Limits { connections: 4, connections_of_one: 4, ..Limits::default() };
    let running = Running::start(&cluster, namespace.name(), limits).await;
    let mut crowd = Vec::new();
    for _ in 0..4 {
        crowd.push(connect_from(&running, 2).await.unwrap());
    }
    let mut probe = connect_from(&running, 1).await.unwrap();
    assert_eq!(probe.get("/livez", None).await.status, StatusCode::OK);
    let [first, others @ ..] = &mut crowd[..] else { unreachable!() };
    first.ask(Method::GET, "/livez", None, "").await.unwrap_err();
    for other in others {
        assert_eq!(other.get("/livez", None).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_connection_is_not_kept_for_ever_by_using_it() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("life").await;
    let limits = Limits { life: SHORT, ..Limits::default() };
    let running = Running::start(&cluster, namespace.name(), limits).await;
    let start = Instant::now();
    let mut connection = running.connect().await;
    while connection.ask(Method::GET, "/livez", None, "").await.is_ok() {
        assert!(start.elapsed() < LONG);
    }
    assert!(start.elapsed() >= SHORT);
}

#[tokio::test]
async fn who_does_not_take_what_they_asked_for_makes_room() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("stall").await;
    let limits = Limits { connections_of_one: 1, stall: SHORT, ..Limits::default() };
    let running = Running::start(&cluster, namespace.name(), limits).await;
    let authorities = running.authorities().await;
    let reader = reader(&cluster, namespace.name(), &running).await;
    let lazy = async || tls(running.address, &authorities, "localhost").await.ok();
    let mut lazy = eventually("room", lazy).await;
    let request =
        format!("GET /bundles/endless.tgz HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {reader}\r\n\r\n");
    lazy.write_all(request.as_bytes()).await.unwrap();
    let mut begin = [0; 15];
    lazy.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK");
    let next = async || Connection::open(running.address, &authorities, "localhost").await.ok();
    let mut next = timeout(LONG, eventually("room", next)).await.unwrap();
    assert_eq!(next.get("/livez", None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_was_begun_is_finished_when_it_stops() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("stop").await;
    let limits = Limits { drain: Duration::from_secs(5), ..Limits::default() };
    let running = Running::start(&cluster, namespace.name(), limits).await;
    let authorities = running.authorities().await;
    let reader = reader(&cluster, namespace.name(), &running).await;
    let (mut idle, mut begun, mut endless) =
        (running.connect().await, running.connect().await, running.connect().await);
    idle.get("/livez", None).await;
    let token = reader.clone();
    let begun =
        tokio::spawn(async move { begun.ask(Method::GET, "/bundles/slow.tgz", Some(&token), "").await });
    let endless =
        tokio::spawn(
            async move { endless.ask(Method::GET, "/bundles/endless.tgz", Some(&reader), "").await },
        );
    let _both = timeout(LONG, running.begun.acquire_many(2)).await.unwrap().unwrap();
    running.stop.cancel();
    let start = Instant::now();
    assert_eq!(begun.await.unwrap().unwrap().text, "one two");
    idle.ask(Method::GET, "/livez", None, "").await.unwrap_err();
    assert!(Connection::open(running.address, &authorities, "localhost").await.is_err());
    running.server.stopped().await;
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    endless.await.unwrap().unwrap_err();
}

/// The token of somebody who may read content, and is known to.
async fn reader(cluster: &Cluster, namespace: &str, running: &Running) -> String {
    let reader = people::token(cluster, namespace, "reader", &["get"], "/bundles/*").await;
    eventually("the right to read", async || {
        let answer = running.connect().await.get("/bundles/web.tgz", Some(&reader)).await;
        (answer.status == StatusCode::OK).then_some(())
    })
    .await;
    reader
}
