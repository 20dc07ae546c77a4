//! The connections of the proxy: taken, cut and refused.

use std::sync::Arc;
use std::sync::mpsc as synchronous;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kube::Client;
use kube::config::Kubeconfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Shared, forward};
use crate::controlplane::connect::{client_of, config_of};
use crate::controlplane::port::Port;

/// What happens to all of them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Cut,
    Leave,
    ComeBack,
}

pub(super) async fn serve(
    port: Port,
    kubeconfig: Kubeconfig,
    shared: Arc<Shared>,
    mut orders: mpsc::UnboundedReceiver<(Order, synchronous::Sender<()>)>,
) {
    let client = client(kubeconfig).await;
    let mut connections = JoinSet::new();
    let mut listener = Some(port.listen().unwrap());
    loop {
        tokio::select! {
            Some((order, done)) = orders.recv() => {
                listener = match order {
                    Order::Cut => listener,
                    Order::Leave => None,
                    Order::ComeBack => Some(listener.unwrap_or_else(|| port.listen().unwrap())),
                };
                if !matches!(order, Order::ComeBack) {
                    connections.shutdown().await;
                }
                let _ = done.send(());
            }
            Some(stream) = accept(listener.as_ref()) => {
                connections.spawn(connection(stream, client.clone(), Arc::clone(&shared)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> Option<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.ok().map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

async fn connection(stream: TcpStream, client: Client, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| forward::answer(request, &client, &shared));
    // Who hangs up is none of the proxy's failures.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// A client that asks once.
async fn client(kubeconfig: Kubeconfig) -> Client {
    client_of(config_of(kubeconfig).await.unwrap()).unwrap()
}
