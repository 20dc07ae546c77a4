//! Of several replicas one holds the lease, and knows when it does not any more.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::time::Duration;

use e2e::controlplane::{self, Cluster, Fault, FaultProxy, eventually};
use k8s_openapi::api::coordination::v1;
use kube::api::{Api, Patch, PatchParams};
use rukpak_provisioner::lease::{Held, Lease};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

const NAME: &str = "provisioner-plain";
/// Seconds that the lease is good for.
const DURATION: u32 = 10;

struct Contender {
    identity: String,
    held: Held,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Contender {
    async fn start(kubeconfig: &Path, namespace: &str, name: &str, seconds: u32) -> Self {
        let config = controlplane::config(kubeconfig).await;
        let cluster = rukpak_apply::cluster::Cluster::connect(config).unwrap();
        let lease = Lease::new(cluster, namespace, NAME, name).lasting(seconds);
        let (identity, held, stop) = (lease.identity().to_owned(), lease.held(), CancellationToken::new());
        let task = tokio::spawn(lease.run(stop.clone()));
        Self { identity, held, stop, task }
    }
}

fn leases(cluster: &Cluster, namespace: &str) -> Api<v1::Lease> {
    Api::namespaced(cluster.client(), namespace)
}

async fn holder(leases: &Api<v1::Lease>) -> Option<String> {
    leases.get(NAME).await.unwrap().spec.unwrap().holder_identity
}

#[tokio::test]
async fn one_that_is_given_back_is_taken_over_at_once() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("handover").await;
    let leases = leases(&cluster, namespace.name());
    let start = |name| Contender::start_in(&cluster, namespace.name(), name, 60);
    let one = start("one").await;
    timeout(Duration::from_secs(10), one.held.acquired()).await.unwrap();
    assert_eq!(holder(&leases).await.as_ref(), Some(&one.identity));
    let two = start("two").await;
    sleep(Duration::from_secs(1)).await;
    assert!(one.held.is_held() && !two.held.is_held());

    one.stop.cancel();
    one.task.await.unwrap();
    assert!(!one.held.is_held());
    // At the next look, an eighth of the duration later at most, where it would else be the whole.
    timeout(Duration::from_secs(40), two.held.acquired()).await.unwrap();
    let spec = leases.get(NAME).await.unwrap().spec.unwrap();
    assert_eq!((spec.holder_identity, spec.lease_transitions), (Some(two.identity), Some(1)));
    assert!(spec.acquire_time.is_some() && spec.renew_time.is_some());
    two.stop.cancel();
    two.task.await.unwrap();
    assert_eq!(holder(&leases).await, None);
}

#[tokio::test]
async fn who_is_cut_off_knows_before_another_begins() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("cut").await;
    let proxy = FaultProxy::start(&cluster.kubeconfig());
    let one = Contender::start(&proxy.kubeconfig(), namespace.name(), "one", DURATION).await;
    timeout(Duration::from_secs(10), one.held.acquired()).await.unwrap();
    let two = Contender::start_in(&cluster, namespace.name(), "two", DURATION).await;
    // It is renewed: nobody else gets it.
    sleep(Duration::from_secs(u64::from(DURATION) + 1)).await;
    assert!(one.held.is_held() && !two.held.is_held());

    proxy.leave();
    let cut = Instant::now();
    let at = async |held: &Held, is_held: bool| {
        if is_held {
            held.acquired().await;
        } else {
            held.lost().await;
        }
        cut.elapsed()
    };
    let (lost, taken) =
        timeout(Duration::from_secs(30), async { tokio::join!(at(&one.held, false), at(&two.held, true)) })
            .await
            .unwrap();
    assert!(lost < taken, "lost after {lost:?}, taken after {taken:?}");
    assert!(lost < Duration::from_secs(DURATION.into()), "{lost:?}");

    // Back again, it waits for its turn.
    proxy.come_back();
    sleep(Duration::from_secs(3)).await;
    assert!(!one.held.is_held() && two.held.is_held());
    two.stop.cancel();
    timeout(Duration::from_secs(10), one.held.acquired()).await.unwrap();
}

#[tokio::test]
async fn one_whose_answers_are_lost_is_still_held() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("answers").await;
    let proxy = FaultProxy::start(&cluster.kubeconfig());
    let mut left = 1;
    proxy.inject(Fault::Lost, move |asked| asked.method == "POST" && std::mem::take(&mut left) == 1);
    let one = Contender::start(&proxy.kubeconfig(), namespace.name(), "one", DURATION).await;
    // The Lease was made although nobody said so.
    timeout(Duration::from_secs(5), one.held.acquired()).await.unwrap();
    assert_eq!(holder(&leases(&cluster, namespace.name())).await, Some(one.identity));
}

#[tokio::test]
async fn a_label_on_it_costs_nothing() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("label").await;
    let leases = leases(&cluster, namespace.name());
    let one = Contender::start_in(&cluster, namespace.name(), "one", DURATION).await;
    timeout(Duration::from_secs(10), one.held.acquired()).await.unwrap();
    let label = json!({ "metadata": { "labels": { "team": "a" } } });
    leases.patch(NAME, &PatchParams::default(), &Patch::Merge(&label)).await.unwrap();
    let renewed = async || leases.get(NAME).await.unwrap().spec.unwrap().renew_time;
    let before = renewed().await;
    eventually("a renewal", async || (renewed().await != before).then_some(())).await;
    let longer = Duration::from_secs(u64::from(DURATION) + 1);
    assert!(timeout(longer, one.held.lost()).await.is_err());
    assert_eq!(
        leases.get(NAME).await.unwrap().metadata.labels.unwrap().get("team").map(String::as_str),
        Some("a")
    );
}

impl Contender {
    async fn start_in(cluster: &Cluster, namespace: &str, name: &str, seconds: u32) -> Self {
        Self::start(&cluster.kubeconfig(), namespace, name, seconds).await
    }
}
