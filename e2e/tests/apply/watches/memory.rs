//! How much memory a watch takes.

use e2e::controlplane::eventually;
use futures_util::StreamExt as _;
use rukpak_apply::cluster::Cluster;
use rukpak_apply::probe::Probes;
use rukpak_apply::watch::Watches;
use rukpak_apply::{Discovery, Input, Inventory, plan};
use serde_json::json;

use super::kinds;
use crate::bench::{Bench, manifests};
use crate::process::{client, owner};

/// How much memory watched objects take: `... --test apply ten_thousand -- --ignored --nocapture`, alone in its process.
#[tokio::test]
#[ignore = "makes ten thousand objects"]
async fn ten_thousand_objects_in_little_memory() {
    const OBJECTS: usize = 10_000;
    let Some(bench) = Bench::new("many").await else { return };
    let cluster = Cluster::new(client("watches/", None).await);
    let (owner, discovery) = (owner(), Discovery::new(cluster.clone()));
    let set: Vec<_> = (0..OBJECTS)
        .map(|index| {
            format!(
                "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: configuration-of-something-{index}}}}}"
            )
        })
        .collect();
    let input = Input {
        manifests: &manifests(&set.join("\n---\n")),
        owner: &owner,
        inventory: &Inventory::default(),
        served: &discovery.served().await.unwrap(),
        namespace: &bench.namespace,
        namespace_is_absent: false,
    };
    let plan = plan(input).unwrap();
    futures_util::stream::iter(plan.objects())
        .for_each_concurrent(32, async |planned| bench.put_object(&planned.object).await)
        .await;
    let (watches, triggers) = Watches::start(cluster, discovery, &owner.kind, Probes::default());
    let each = |bytes: usize| bytes / OBJECTS;
    let before = resident();
    watches.need("web", &kinds(&["ConfigMap"]));
    eventually("all are known", async || {
        let all = watches.watched();
        (all.len() == 1 && all[0].objects == OBJECTS).then_some(())
    })
    .await;
    let seen = resident();
    let known = watches.known();
    for planned in plan.objects() {
        let mut live = (*planned.object).clone();
        live.metadata_mut().insert("uid".into(), json!("1"));
        live.metadata_mut().insert("resourceVersion".into(), json!("1"));
        known.record(planned, &live);
    }
    let (seen, recorded) = (each(seen - before), each(resident() - seen));
    println!(
        "{seen} bytes for each of {OBJECTS} objects that are seen, and {recorded} more when they were looked at"
    );
    assert!(seen + recorded < 2048);
    drop(triggers);
}

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
