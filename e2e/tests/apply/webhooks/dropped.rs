//! Webhooks that an upgrade drops.

use std::time::Duration;

use e2e::controlplane::eventually;
use rukpak_apply::engine::EngineError;
use serde_json::json;

use super::super::bench::Bench;
use super::super::definitions::gadgets;
use super::{Webhook, dead};

/// The first version has a webhook about its gadgets; the next one has other gadgets and a workload, and no webhook.
fn without_its_webhook(bench: &Bench, group: &str, nodes: &str) -> String {
    let operator = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "operator"},
        "spec": {
            "selector": {"matchLabels": {"app": bench.namespace}},
            "template": {
                "metadata": {"labels": {"app": bench.namespace}},
                "spec": {"nodeSelector": {"kubernetes.io/os": nodes}, "containers": [{"name": "a", "image": "b"}]},
            },
        },
    });
    let another = format!("{{apiVersion: {group}/v1, kind: Gadget, metadata: {{name: two}}}}");
    format!("{}---\n{operator}\n---\n{another}\n", gadgets(group).replace("size: 1", "size: 2"))
}

const CONFIGURATIONS: &str = "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration";

/// Waits until a gadget of somebody else is refused.
async fn guarded(bench: &Bench, group: &str) {
    let other = bench.other("caller");
    let gadget = format!("{{apiVersion: {group}/v1, kind: Gadget, metadata: {{name: caller}}}}");
    eventually("the webhook is called", async || other.look(&gadget).await.err()).await;
}

/// Nobody would ever write what it refuses, and so get to where it is pruned.
#[tokio::test]
async fn a_dead_webhook_that_an_upgrade_drops_is_not_asked() {
    let Some(bench) = Bench::new("dropped-dead").await else { return };
    let group = format!("dropped.{}.example.com", bench.namespace);
    let set = format!("{}{}", gadgets(&group), dead(&bench, &group, "gadgets", "*"));
    bench.apply(&set).await.unwrap();
    guarded(&bench, &group).await;
    let next = without_its_webhook(&bench, &group, "linux");
    let checked = bench.look(&next).await.unwrap();
    bench.write(checked).await.unwrap();
    assert_eq!(bench.get(CONFIGURATIONS, &bench.namespace).await, None);
    let inventory = bench.inventory().await;
    assert!(inventory.iter().all(|one| !one.starts_with("Validating")), "{inventory:?}");
    let gadget = bench.get(&format!("{group}/v1/Gadget"), "one").await.unwrap();
    assert_eq!(gadget.get(&["spec", "size"]), Some(&json!(2)));
    assert_eq!(bench.apply(&next).await.unwrap().written, 0);
}

#[tokio::test]
async fn a_webhook_that_an_upgrade_drops_does_not_judge_it() {
    let Some(bench) = Bench::new("dropped-judge").await else { return };
    let webhook = Webhook::new(&bench).await;
    let Some(_server) = webhook.serve(&bench, |_| true).await else { return };
    let group = format!("judged.{}.example.com", bench.namespace);
    let guard = webhook.set(&bench).replace("\"apiGroups\":[\"\"]", &format!("\"apiGroups\":[\"{group}\"]"));
    let guard = guard.replace("\"configmaps\"", "\"gadgets\"");
    bench.apply(&format!("{}---\n{guard}", gadgets(&group))).await.unwrap();
    guarded(&bench, &group).await;
    bench.apply(&without_its_webhook(&bench, &group, "linux")).await.unwrap();
    assert!(bench.get(&format!("{group}/v1/Gadget"), "two").await.is_some());
    assert_eq!(bench.get(CONFIGURATIONS, &bench.namespace).await, None);
}

/// What runs is still the version that has it.
#[tokio::test]
async fn a_webhook_that_an_upgrade_drops_stays_until_the_workloads_are_up() {
    let Some(mut bench) = Bench::new("dropped-late").await else { return };
    let group = format!("late.{}.example.com", bench.namespace);
    let set = format!("{}{}", gadgets(&group), dead(&bench, &group, "gadgets", "*"));
    bench.apply(&set).await.unwrap();
    bench.options.wait = Some(Duration::from_secs(1));
    let error = bench.apply(&without_its_webhook(&bench, &group, "plan9")).await.unwrap_err();
    assert!(matches!(error, EngineError::NotReady { .. }), "{error:?}");
    assert!(bench.get(CONFIGURATIONS, &bench.namespace).await.is_some());
    assert!(bench.inventory().await.iter().any(|one| one.starts_with("Validating")));
}
