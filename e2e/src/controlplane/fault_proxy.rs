//! A proxy in front of the API server that does on command what an API server does on a bad day.
//!
//! It speaks plain HTTP to its clients, which need no credentials, and asks the API server as the user of the kubeconfig that
//! it was given. Connections are not upgraded: there is no `exec`.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

mod connections;
mod forward;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use kube::config::Kubeconfig;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::mpsc as asynchronous;

use super::background::Background;
use super::credentials::write_kubeconfig;
use super::port::Port;
use connections::Order;

/// A request that a client made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `GET` and so on.
    pub method: String,
    /// The path and the query.
    pub path: String,
}

/// What goes wrong with a request. Where nothing else is said, the API server does not see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429, with a `Retry-After` of so many seconds.
    Busy(u32),
    /// An error with this status code, and a `Status` as the body.
    Status(u16),
    /// No answer: the connection is cut.
    Cut,
    /// The API server is asked, and does what it is asked for; its answer is lost with the connection.
    Lost,
    /// No answer for so long; then it is asked, and answered, as ever.
    Slow(Duration),
    /// No answer, ever; [`FaultProxy::stuck`] counts it.
    Stuck,
    /// The API server does see it, and does what it is asked for; its answer never comes. [`FaultProxy::stuck`] counts it when it
    /// would have come.
    Unanswered,
}

type Matches = dyn FnMut(&Asked) -> bool + Send;

#[derive(Default)]
struct Shared {
    faults: Mutex<Vec<(Fault, Box<Matches>)>>,
    asked: Mutex<Vec<Asked>>,
    stuck: AtomicUsize,
}

/// The proxy. It ends when it is dropped.
pub struct FaultProxy {
    shared: Arc<Shared>,
    orders: asynchronous::UnboundedSender<(Order, mpsc::Sender<()>)>,
    address: String,
    files: TempDir,
    _background: Background,
}

impl std::fmt::Debug for FaultProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaultProxy").field("address", &self.address).finish_non_exhaustive()
    }
}

impl FaultProxy {
    /// Starts one in front of the cluster of a kubeconfig, as its user, with no faults.
    #[must_use]
    pub fn start(kubeconfig: &Path) -> Self {
        let port = Port::reserve().unwrap();
        let address = port.address().to_string();
        let files = tempfile::tempdir().unwrap();
        let cluster = json!({ "server": format!("http://{address}") });
        write_kubeconfig(&files.path().join("kubeconfig"), &cluster, &json!({})).unwrap();
        let shared = Arc::<Shared>::default();
        let (orders, to_obey) = asynchronous::unbounded_channel();
        let (upstream, for_thread) = (Kubeconfig::read_from(kubeconfig).unwrap(), Arc::clone(&shared));
        let serve = move || connections::serve(port, upstream, for_thread, to_obey);
        let background = Background::start("fault proxy", serve).unwrap();
        Self { shared, orders, address, files, _background: background }
    }

    /// How to get at the API server through it.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.files.path().join("kubeconfig")
    }

    /// From now on, this happens to the requests for which something holds. The last of several faults wins.
    pub fn inject(&self, fault: Fault, holds: impl FnMut(&Asked) -> bool + Send + 'static) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).push((fault, Box::new(holds)));
    }

    /// No request fails any more.
    pub fn heal(&self) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Cuts all connections that there are, watches included; new ones are served.
    pub fn cut(&self) {
        self.order(Order::Cut);
    }

    /// Cuts all connections, and refuses new ones.
    pub fn leave(&self) {
        self.order(Order::Leave);
    }

    /// Serves again, at the same address.
    pub fn come_back(&self) {
        self.order(Order::ComeBack);
    }

    /// The requests that came until now, in their order, those that failed included.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests until now are never answered.
    #[must_use]
    pub fn stuck(&self) -> usize {
        self.shared.stuck.load(Ordering::SeqCst)
    }

    fn order(&self, order: Order) {
        let (done, is_done) = mpsc::channel();
        self.orders.send((order, done)).unwrap();
        is_done.recv().unwrap();
    }
}

impl Shared {
    /// Waits until whoever asks hangs up.
    async fn get_stuck<T>(&self) -> T {
        self.stuck.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }

    /// Remembers a request, and says what goes wrong with it.
    fn fault(&self, asked: &Asked) -> Option<Fault> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.iter_mut().rev().find_map(|(fault, holds)| holds(asked).then_some(*fault))
    }
}
