//! The fault proxy does what it is told to, and nothing else.

use std::time::{Duration, Instant};

use e2e::controlplane::{Fault, FaultProxy, client, eventually};
use futures_util::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ListParams, PostParams, WatchEvent, WatchParams};
use tokio::time::timeout;

use crate::{cluster, config_map};

#[tokio::test]
async fn requests_fail_as_they_are_told_to() {
    let Some(cluster) = cluster().await else { return };
    let namespace = cluster.namespace("faults").await;
    let proxy = FaultProxy::start(&cluster.kubeconfig());
    let client = client(&proxy.kubeconfig()).await;
    let maps = Api::<ConfigMap>::namespaced(client.clone(), namespace.name());
    maps.create(&PostParams::default(), &config_map("one")).await.unwrap();

    proxy.inject(Fault::Status(500), |asked| asked.method == "GET" && asked.path.ends_with("/one"));
    let error = maps.get("one").await.unwrap_err();
    assert!(error.to_string().contains("injected by the fault proxy: 500"), "{error}");
    maps.list(&ListParams::default()).await.unwrap();
    proxy.inject(Fault::Busy(3), |_| true);
    let request = hyper::Request::get("/version").body(kube::client::Body::empty()).unwrap();
    let busy = client.send(request).await.unwrap();
    assert_eq!((busy.status().as_u16(), &busy.headers()["retry-after"]), (429, &"3".parse().unwrap()));
    let mut left = 1;
    proxy.heal();
    proxy.inject(Fault::Cut, move |_| std::mem::take(&mut left) == 1);
    maps.get("one").await.unwrap_err();
    maps.get("one").await.unwrap();

    proxy.heal();
    proxy.inject(Fault::Lost, |asked| asked.method == "POST");
    maps.create(&PostParams::default(), &config_map("lost")).await.unwrap_err();
    maps.get("lost").await.unwrap();

    proxy.heal();
    proxy.inject(Fault::Slow(Duration::from_millis(200)), |_| true);
    let start = Instant::now();
    maps.get("one").await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(200));
    proxy.heal();

    proxy.inject(Fault::Stuck, |asked| asked.method == "GET");
    proxy.inject(Fault::Unanswered, |asked| asked.method == "POST");
    let asking = {
        let maps = maps.clone();
        tokio::spawn(async move {
            let (parameters, two) = (PostParams::default(), config_map("two"));
            tokio::join!(maps.get("one"), maps.create(&parameters, &two))
        })
    };
    eventually("both are stuck", async || (proxy.stuck() == 2).then_some(())).await;
    assert!(!asking.is_finished());
    asking.abort();
    proxy.heal();
    maps.get("two").await.unwrap();

    proxy.leave();
    maps.get("one").await.unwrap_err();
    proxy.come_back();
    maps.get("one").await.unwrap();
    assert_eq!(proxy.asked().last().unwrap().method, "GET");
    assert_eq!(proxy.asked().iter().filter(|asked| asked.path.ends_with("/one")).count(), 6);
}

#[tokio::test]
async fn a_watch_is_cut() {
    let Some(cluster) = cluster().await else { return };
    let namespace = cluster.namespace("cut").await;
    let proxy = FaultProxy::start(&cluster.kubeconfig());
    let maps = Api::<ConfigMap>::namespaced(client(&proxy.kubeconfig()).await, namespace.name());
    let parameters = WatchParams::default();
    let mut watch = maps.watch(&parameters, "0").await.unwrap().boxed();
    maps.create(&PostParams::default(), &config_map("one")).await.unwrap();
    loop {
        let Some(WatchEvent::Added(map)) = watch.try_next().await.unwrap() else { continue };
        if map.metadata.name.as_deref() == Some("one") {
            break;
        }
    }
    proxy.cut();
    // By itself it would last for minutes. The client takes a cut for the end.
    timeout(Duration::from_secs(5), watch.collect::<Vec<_>>()).await.unwrap();
    let _watch = eventually("a new watch", async || maps.watch(&parameters, "0").await.ok()).await;
}
