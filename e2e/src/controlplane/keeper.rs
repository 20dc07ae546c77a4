//! The life of a control plane: starts its programs, does what is ordered, and is dropped.

use std::io::{self, Write as _};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, ServiceAccount};
use kube::Client;
use kube::api::{Api, PostParams};
use kube::config::Kubeconfig;
use serde_json::json;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, interval, sleep, timeout};

use super::components::Components;
use super::connect::{client_of, config_of};
use super::control::{self, Order, Ordered};
use super::home::Home;
use super::port::Port;
use super::routes::Routes;
use super::{configuration, credentials, egress};

/// How long a program may take to start.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often it is looked whether it has.
const TICK: Duration = Duration::from_millis(20);

/// How long a request may take.
const REQUEST: Duration = Duration::from_secs(5);

/// Starts a control plane, says when it is ready, or why not, and keeps it until this is dropped.
pub(super) async fn keep(
    home: Home,
    ready: oneshot::Sender<io::Result<()>>,
    progress: impl Fn(&str) + Send + 'static,
) {
    let mut keeper = match Keeper::new(home).await {
        Ok(keeper) => keeper,
        Err(error) => return drop(ready.send(Err(error))),
    };
    let (send_orders, mut orders) = mpsc::channel(1);
    if let Err(error) = keeper.start(send_orders, progress).await {
        return drop(ready.send(Err(error)));
    }
    let _ = ready.send(Ok(()));
    let mut tick = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            Some((order, done)) = orders.recv() => {
                let _ = done.send(keeper.obey(order).await);
            }
            _ = tick.tick() => keeper.complain(),
        }
    }
}

struct Keeper {
    components: Components,
    client: Client,
    home: Home,
    has_complained: bool,
    _port: Port,
}

impl Keeper {
    async fn new(home: Home) -> io::Result<Self> {
        let port = Port::reserve()?;
        credentials::write(&home, &format!("https://{}", port.address()))?;
        configuration::write(&home)?;
        let client = client(&home).await.map_err(io::Error::other)?;
        let components = Components::new(home.clone(), port.address().port());
        Ok(Self { components, client, home, has_complained: false, _port: port })
    }

    async fn start(&mut self, orders: mpsc::Sender<Ordered>, progress: impl Fn(&str)) -> io::Result<()> {
        let routes = Routes::default();
        let listener = UnixListener::bind(self.home.egress_socket())?;
        tokio::spawn(egress::serve(listener, routes.clone(), self.client.clone()));
        progress("starting etcd …");
        self.components.start("etcd")?;
        let socket = self.home.etcd_socket();
        self.wait("etcd", async || UnixStream::connect(&socket).await.is_ok()).await?;
        progress("starting kube-apiserver …");
        self.start_apiserver().await?;
        progress("starting kube-controller-manager, kube-scheduler and kwok …");
        for name in ["kube-controller-manager", "kube-scheduler", "kwok"] {
            self.components.start(name)?;
        }
        let client = self.client.clone();
        let nodes = Api::<Node>::all(client.clone());
        nodes.create(&PostParams::default(), &node()?).await.map_err(io::Error::other)?;
        self.wait("the node", async || is_ready(&nodes).await).await?;
        let accounts = Api::<ServiceAccount>::default_namespaced(client);
        self.wait("the default ServiceAccount", async || accounts.get("default").await.is_ok()).await?;
        let listener = UnixListener::bind(self.home.control_socket())?;
        tokio::spawn(control::serve(listener, routes, orders));
        Ok(())
    }

    async fn obey(&mut self, order: Order) -> io::Result<()> {
        match order {
            Order::Stop => {
                self.components.stop("kube-apiserver");
                Ok(())
            }
            Order::Start if self.components.is_running("kube-apiserver") => Ok(()),
            Order::Start => self.start_apiserver().await,
        }
    }

    async fn start_apiserver(&mut self) -> io::Result<()> {
        self.components.start("kube-apiserver")?;
        let client = self.client.clone();
        let is_ready = async || {
            let request = hyper::Request::get("/readyz").body(Vec::new());
            match request {
                Ok(request) => client.request_text(request).await.is_ok(),
                Err(_) => false,
            }
        };
        self.wait("kube-apiserver", is_ready).await
    }

    /// Waits for something, unless a program ends.
    async fn wait(&mut self, what: &str, is_so: impl AsyncFn() -> bool) -> io::Result<()> {
        let start = Instant::now();
        while !timeout(REQUEST, is_so()).await.unwrap_or(false) {
            self.components.check()?;
            if start.elapsed() > PATIENCE {
                return Err(io::Error::other(format!("{what} is not ready after {PATIENCE:?}")));
            }
            sleep(TICK).await;
        }
        Ok(())
    }

    /// Says, once, that a program has ended by itself: what the tests say then is not about them.
    fn complain(&mut self) {
        if !self.has_complained
            && let Err(error) = self.components.check()
        {
            self.has_complained = true;
            // Not by a macro: the test harness would keep that to itself.
            let _ = writeln!(io::stderr(), "{error}");
        }
    }
}

/// A client that does not try again by itself.
async fn client(home: &Home) -> Result<Client, Box<dyn std::error::Error + Send + Sync>> {
    let kubeconfig = Kubeconfig::read_from(home.kubeconfig("harness"))?;
    Ok(client_of(config_of(kubeconfig).await?)?)
}

fn node() -> io::Result<Node> {
    let labels = json!({
        "kubernetes.io/hostname": "node-0",
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node-role.kubernetes.io/worker": "",
    });
    // As much as anybody asks for. What kwok says of a node by itself lacks the last one.
    let room = json!({ "cpu": "1k", "memory": "1Ti", "pods": "1M", "ephemeral-storage": "1Ti" });
    let node = json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": { "name": "node-0", "labels": labels },
        "status": { "allocatable": room, "capacity": room },
    });
    serde_json::from_value(node).map_err(io::Error::other)
}

/// Whether the scheduler would put something there.
async fn is_ready(nodes: &Api<Node>) -> bool {
    let Ok(node) = nodes.get("node-0").await else { return false };
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    let is_ready = |condition: &k8s_openapi::api::core::v1::NodeCondition| {
        condition.type_ == "Ready" && condition.status == "True"
    };
    let is_tainted = node.spec.as_ref().is_some_and(|spec| spec.taints.is_some());
    conditions.is_some_and(|conditions| conditions.iter().any(is_ready)) && !is_tainted
}
