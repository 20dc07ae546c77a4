//! An API server that fails in the midst: what passes by itself is waited for, and nothing is lost or done twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::controlplane::{Asked, Authority, Cluster, Fault, FaultProxy};
use rstest::rstest;
use rukpak_apply::cluster::Refusal;
use rukpak_apply::engine::{DeletionPolicy, Done, EngineError};
use tokio::time::sleep;

use super::bench::{Bench, text};
use super::definitions::gadgets;

/// Something of every phase that a namespace can hold, and a kind of its own.
fn set(group: &str) -> String {
    format!(
        "{}---
{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: web}}}}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: old}}}}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: pages}}, data: {{a: '1'}}}}
---
{{apiVersion: v1, kind: Service, metadata: {{name: web}}, spec: {{ports: [{{port: 80}}]}}}}
",
        gadgets(group)
    )
}

fn proxy(cluster: &Cluster) -> FaultProxy {
    FaultProxy::start(&cluster.kubeconfig())
}

async fn proxied(name: &str) -> Option<(Bench, FaultProxy, Bench)> {
    let bench = Bench::new(name).await?;
    let proxy = proxy(&Cluster::current().await?);
    let behind = bench.behind(&proxy).await;
    Some((bench, proxy, behind))
}

/// Every request fails the first time that it is made.
#[rstest]
#[case::busy("busy", Fault::Busy(0))]
#[case::broken("broken", Fault::Status(500))]
#[case::not_ready("not-ready", Fault::Status(503))]
#[case::cut("cut", Fault::Cut)]
#[case::answer_lost("lost", Fault::Lost)]
#[tokio::test]
async fn every_request_fails_once(#[case] name: &str, #[case] fault: Fault) {
    let Some((bench, proxy, behind)) = proxied(name).await else { return };
    let group = format!("once-{name}.{}.example.com", bench.namespace);
    let set = set(&group);
    let mut seen = BTreeMap::<_, u32>::new();
    let writes = Arc::new(AtomicUsize::new(0));
    let failed = Arc::clone(&writes);
    proxy.inject(fault, move |asked| {
        let times = seen.entry((asked.method.clone(), asked.path.clone())).or_default();
        *times += 1;
        if *times == 1 && asked.method != "GET" && !asked.path.contains("dryRun=") {
            failed.fetch_add(1, Ordering::SeqCst);
        }
        // What is looked at again and again, too.
        *times == 1
    });
    let applied = behind.apply(&set).await.unwrap();
    assert_eq!(applied.written, 6);
    assert!(writes.load(Ordering::SeqCst) >= 6, "each write has failed: {writes:?}");
    let done = behind.done();
    assert!(done.len() == 6 && done.values().all(|done| *done == Done::Created), "{done:?}");
    let written = ["ConfigMap old", "ConfigMap pages", "Service web", "ServiceAccount web"];
    let definition = format!("CustomResourceDefinition gadgets.{group}");
    let expected: BTreeSet<_> = written.iter().copied().chain([definition.as_str(), "Gadget one"]).collect();
    let inventory = bench.inventory().await;
    assert_eq!(inventory.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
    assert_eq!(bench.apply(&set).await.unwrap().written, 0, "it was all there");
    bench.done();

    let next = set.replace("{a: '1'}", "{a: '2'}").replace("{name: old}", "{name: new}");
    let applied = behind.apply(&next).await.unwrap();
    assert_eq!(applied.written, 2);
    let done = behind.done();
    assert_eq!((done["ConfigMap pages"], done["ConfigMap new"]), (Done::Configured, Done::Created));
    assert_eq!(done["ConfigMap old"], Done::Deleted);
    assert_eq!(bench.get("v1/ConfigMap", "old").await, None);
    assert_eq!(bench.apply(&next).await.unwrap().written, 0, "it was all there");

    behind.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!(bench.inventory().await, [""; 0]);
    assert_eq!(bench.get("v1/Service", "web").await, None);
    assert_eq!(bench.get("apiextensions.k8s.io/v1/CustomResourceDefinition", &definition[25..]).await, None);
}

/// It is away when the first object is written, and comes back.
#[rstest]
#[case::for_a_moment(2)]
#[case::for_a_minute(60)]
#[tokio::test]
async fn a_server_that_is_away_for_a_while_is_waited_for(#[case] seconds: u64) {
    let Some(mut bench) = Bench::new("away").await else { return };
    bench.options.patience = Duration::from_mins(3);
    let proxy = proxy(&Cluster::current().await.unwrap());
    let behind = bench.behind(&proxy).await;
    let set = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n\
        {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}";
    let checked = behind.look(set).await.unwrap();
    proxy.leave();
    let back = async {
        sleep(Duration::from_secs(seconds)).await;
        proxy.come_back();
    };
    let (store, _) = bench.store().await;
    let engine = behind.engine();
    let (written, ()) = tokio::join!(engine.write(checked, &store, &()), back);
    assert_eq!(written.unwrap().written, 2);
    assert_eq!(bench.apply(set).await.unwrap().written, 0);
}

/// What is told says who was asked for what, and what was written is in the inventory.
#[tokio::test]
async fn a_server_that_stays_away_is_given_up() {
    let Some(mut bench) = Bench::new("gone").await else { return };
    bench.options.patience = Duration::from_secs(2);
    let proxy = proxy(&Cluster::current().await.unwrap());
    let behind = bench.behind(&proxy).await;
    let set = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n\
        {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}";
    let checked = behind.look(set).await.unwrap();
    proxy.inject(Fault::Cut, |asked| asked.path.contains("/services"));
    let error = behind.write(checked).await.unwrap_err();
    let EngineError::Api(refused) = &error else { panic!("{error:?}") };
    assert_eq!(refused.refusal(), Refusal::Unavailable);
    let text = text(&error);
    let beginning = format!("cannot create Service {}/a: the API server does not answer, ", bench.namespace);
    assert!(text.starts_with(&beginning) && text.contains(" times in "), "{text}");
    assert_eq!(bench.inventory().await, ["ConfigMap a", "Service a"]);
    assert!(bench.get("v1/ConfigMap", "a").await.is_some());
    // Run again, it comes to its end.
    proxy.heal();
    assert_eq!(behind.apply(set).await.unwrap().written, 1);
}

#[tokio::test]
async fn a_busy_server_says_when_it_wants_to_be_asked_again() {
    let Some((_bench, proxy, behind)) = proxied("asked-again").await else { return };
    let mut left = 1;
    proxy.inject(Fault::Busy(2), move |asked| {
        let is_write = asked.method == "POST" && !asked.path.contains("dryRun");
        is_write && asked.path.contains("services") && std::mem::take(&mut left) == 1
    });
    let set = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}";
    let (start, checked) = (Instant::now(), behind.look(set).await.unwrap());
    behind.write(checked).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(2), "after {:?}", start.elapsed());
    let is_write = |asked: &Asked| {
        asked.method == "POST" && asked.path.contains("services") && !asked.path.contains("dryRun")
    };
    assert_eq!(proxy.asked().iter().filter(|asked| is_write(asked)).count(), 2);
}

/// No longer than we would wait anyway.
#[tokio::test]
async fn a_server_that_is_busy_for_long_is_not_waited_for() {
    let Some((bench, proxy, behind)) = proxied("too-busy").await else { return };
    bench.store().await;
    proxy.inject(Fault::Busy(3600), |asked| asked.path.contains("/services"));
    let set = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}";
    let error = text(&behind.look(set).await.unwrap_err());
    assert!(error.ends_with("; it wants to be asked again in 3600 s"), "{error}");
    let asked = proxy.asked().into_iter().filter(|asked| asked.path.contains("/services"));
    assert_eq!(asked.count(), 2, "once by a dry run and once by a read");
}

/// It will not be another one in a while.
#[tokio::test]
async fn a_server_that_is_not_trusted_is_not_asked_again() {
    let Some(current) = Cluster::current().await else { return };
    let mut config = current.config();
    let another = STANDARD.decode(
        Authority::new("another")
            .certificate()
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect::<String>(),
    );
    config.root_cert = Some(vec![another.unwrap()]);
    let error = rukpak_apply::cluster::Cluster::connect(config).unwrap().discover().await.unwrap_err();
    assert_eq!(error.to_string(), "cannot discover API groups: the API server cannot be trusted");
}
