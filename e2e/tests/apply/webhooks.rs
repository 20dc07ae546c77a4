//! Webhooks that refuse, that do not answer, and that are the set's own.

#[path = "webhooks/dropped.rs"]
mod dropped;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::controlplane::{Authority, Backend, Cluster, Issued, Route, eventually};
use rukpak_apply::cluster::{Cluster as Acting, Refusal};
use rukpak_apply::engine::{DeletionPolicy, EngineError, Store as _};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::bench::{Bench, text};
use super::definitions::gadgets;

const MAPS: &str = "
{apiVersion: v1, kind: ServiceAccount, metadata: {name: first}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: '1'}}
";

/// A Service in a namespace, and what a webhook behind it needs.
struct Webhook {
    certificate: Issued,
    authority: String,
    cluster: Cluster,
    name: String,
}

impl Webhook {
    async fn new(bench: &Bench) -> Self {
        let authority = Authority::new("e2e webhook");
        let certificate = authority.server(&[&format!("backend.{}.svc", bench.namespace)]);
        let authority = STANDARD.encode(authority.certificate());
        let cluster = Cluster::current().await.unwrap();
        Self { certificate, authority, cluster, name: format!("{}.example.com", bench.namespace) }
    }

    /// Its Service and its configuration, which is about ConfigMaps of that namespace with a label only, since inventories are
    /// ConfigMaps, too.
    fn set(&self, bench: &Bench) -> String {
        let namespace = &bench.namespace;
        let service = json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "backend"},
            "spec": {"ports": [{"port": 443}]},
        });
        let webhook = json!({
            "name": self.name,
            "clientConfig": {
                "service": {"namespace": namespace, "name": "backend"},
                "caBundle": self.authority,
            },
            "rules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE", "UPDATE"],
            }],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "objectSelector": {"matchExpressions": [{"key": "core.rukpak.io/owner-name", "operator": "Exists"}]},
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "timeoutSeconds": 1,
        });
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": namespace},
            "webhooks": [webhook],
        });
        format!("{service}\n---\n{configuration}\n")
    }

    /// A server that says no to the ConfigMaps for which something holds; where it is reached, if the cluster is ours.
    async fn serve(
        &self,
        bench: &Bench,
        refuses: impl Fn(&Value) -> bool + Send + Sync + 'static,
    ) -> Option<(Backend, Route)> {
        let backend = Backend::start(&self.certificate, move |call| {
            let request = &call.body["request"];
            let status = json!({"message": "not with us"});
            let response = json!({"uid": request["uid"], "allowed": !refuses(request), "status": status});
            (
                200,
                json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}),
            )
        });
        let target = format!("{}/backend:443", bench.namespace);
        let route = self.cluster.route(&target, backend.address()).await?;
        Some((backend, route))
    }
}

/// Waits until the webhook is called for what another owner wants.
async fn called(bench: &Bench) {
    let other = bench.other("caller");
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: caller}}";
    eventually("the webhook is called", async || other.look(map).await.err()).await;
}

fn refusal(error: &EngineError) -> Refusal {
    match error {
        EngineError::Api(error) => error.refusal(),
        EngineError::Refused(all) if all.len() == 1 => refusal(&all[0]),
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_webhook_that_says_no_says_it_before_the_first_write() {
    let Some(bench) = Bench::new("denied").await else { return };
    let webhook = Webhook::new(&bench).await;
    let Some(_server) = webhook.serve(&bench, |_| true).await else { return };
    bench.put(&webhook.set(&bench)).await;
    called(&bench).await;
    let error = bench.apply(MAPS).await.unwrap_err();
    assert_eq!((refusal(&error), error.is_permanent()), (Refusal::Webhook, false));
    let expected = format!(
        "cannot create ConfigMap {}/a: admission webhook \"{}\" denied the request: not with us",
        bench.namespace, webhook.name
    );
    assert_eq!(text(&error), expected);
    assert_eq!(bench.get("v1/ServiceAccount", "first").await, None);
}

#[tokio::test]
async fn a_webhook_that_does_not_answer_in_time_is_named() {
    let Some(bench) = Bench::new("timeout").await else { return };
    let webhook = Webhook::new(&bench).await;
    let slow = |_: &Value| {
        thread::sleep(Duration::from_secs(3));
        false
    };
    let Some(_server) = webhook.serve(&bench, slow).await else { return };
    bench.put(&webhook.set(&bench)).await;
    called(&bench).await;
    let error = bench.apply(MAPS).await.unwrap_err();
    assert_eq!((refusal(&error), error.is_permanent()), (Refusal::WebhookAway, false));
    let text = text(&error);
    let beginning = format!("cannot create ConfigMap {}/a: ", bench.namespace);
    assert!(text.starts_with(&beginning) && text.contains(&webhook.name), "{text}");
    assert_eq!(bench.get("v1/ServiceAccount", "first").await, None);
}

/// It answered the dry run, and is away for a moment when it comes to writing.
#[tokio::test]
async fn a_webhook_that_is_away_in_the_midst_is_waited_for() {
    let Some(bench) = Bench::new("away-in-the-midst").await else { return };
    let webhook = Webhook::new(&bench).await;
    let is_reached = Arc::new(AtomicBool::new(false));
    let reached = Arc::clone(&is_reached);
    let Some(server) = webhook
        .serve(&bench, move |_| {
            reached.store(true, Ordering::SeqCst);
            false
        })
        .await
    else {
        return;
    };
    bench.put(&webhook.set(&bench)).await;
    eventually("the webhook is called", async || {
        bench.look(MAPS).await.unwrap();
        is_reached.load(Ordering::SeqCst).then_some(())
    })
    .await;
    let checked = bench.look(MAPS).await.unwrap();
    drop(server);
    let back = async {
        sleep(Duration::from_secs(2)).await;
        webhook.serve(&bench, |_| false).await
    };
    let (written, _server) = tokio::join!(bench.write(checked), back);
    assert_eq!(written.unwrap().written, 2);
}

/// Its server is part of what is written, so that nothing can be asked of it before.
#[tokio::test]
async fn a_webhook_of_the_set_whose_server_is_not_up_yet_is_waited_for() {
    let Some(bench) = Bench::new("own").await else { return };
    let webhook = Webhook::new(&bench).await;
    let set = format!("{}---\n{MAPS}", webhook.set(&bench));
    bench.apply(&set).await.unwrap();
    called(&bench).await;
    let next =
        set.replace("x: '1'", "x: '2'") + "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n";
    let up = async {
        sleep(Duration::from_secs(2)).await;
        webhook.serve(&bench, |_| false).await
    };
    let (applied, server) = tokio::join!(bench.apply(&next), up);
    if server.is_none() {
        return;
    }
    assert_eq!(applied.unwrap().written, 2);
    let map = bench.get("v1/ConfigMap", "a").await.unwrap();
    assert_eq!(map.get(&["data", "x"]), Some(&json!("2")));
}

/// And not for ever.
#[tokio::test]
async fn a_webhook_of_the_set_whose_server_never_comes_up_is_named() {
    let Some(mut bench) = Bench::new("never").await else { return };
    let webhook = Webhook::new(&bench).await;
    let set = format!("{}---\n{MAPS}", webhook.set(&bench));
    bench.apply(&set).await.unwrap();
    called(&bench).await;
    bench.options.patience = Duration::from_secs(2);
    let error = bench.apply(&set.replace("x: '1'", "x: '2'")).await.unwrap_err();
    assert_eq!(refusal(&error), Refusal::WebhookAway);
    let text = text(&error);
    assert!(
        text.contains(&format!("ConfigMap {}/a: ", bench.namespace)) && text.contains(&webhook.name),
        "{text}"
    );
    // What is in the way goes first, so that the rest can.
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!(bench.get("v1/ConfigMap", "a").await, None);
}

/// A webhook of the set that nobody serves, about requests in the namespace.
fn dead(bench: &Bench, group: &str, resource: &str, operation: &str) -> String {
    let webhook = json!({
        "name": format!("dead.{}.example.com", bench.namespace),
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [{
            "apiGroups": [group], "apiVersions": ["*"], "resources": [resource], "operations": [operation],
        }],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": bench.namespace}},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 1,
    });
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": bench.namespace},
        "webhooks": [webhook],
    });
    format!("---\n{configuration}\n")
}

/// What is given back is waited for as long as there is patience, then it is told whose webhook that is; without it, all goes.
async fn is_in_the_way(bench: &mut Bench, cannot: &str) {
    let configurations = "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration";
    bench.options.patience = Duration::from_secs(2);
    let start = Instant::now();
    let error = bench.tear_down(DeletionPolicy::Delete).await.unwrap_err();
    let text = text(&error);
    assert!(
        matches!(&error, EngineError::OwnWebhook { configuration, .. } if configuration.name == bench.namespace)
    );
    assert!(start.elapsed() >= bench.options.patience, "after {:?}", start.elapsed());
    assert!(text.starts_with(cannot) && text.contains(&format!("dead.{}", bench.namespace)), "{text}");
    bench.options.patience = Duration::from_secs(30);
    let clear = async {
        sleep(Duration::from_secs(1)).await;
        bench.delete(configurations, &bench.namespace).await;
    };
    let (gone, ()) = tokio::join!(bench.tear_down(DeletionPolicy::Delete), clear);
    gone.unwrap();
    assert_eq!(bench.inventory().await, [""; 0]);
}

#[tokio::test]
async fn a_dead_webhook_of_the_set_that_is_about_inventories() {
    let Some(mut bench) = Bench::new("dead-maps").await else { return };
    let set = dead(&bench, "", "configmaps", "UPDATE");
    bench.put("{apiVersion: v1, kind: ConfigMap, metadata: {name: theirs}}").await;
    bench.apply(&format!("{MAPS}{set}")).await.unwrap();
    eventually("it is called", async || {
        let (store, inventory) = bench.store().await;
        store.save(&inventory).await.err()
    })
    .await;
    is_in_the_way(&mut bench, "cannot patch ConfigMap ").await;
}

#[tokio::test]
async fn a_dead_webhook_of_the_set_that_is_about_its_resources() {
    let Some(mut bench) = Bench::new("dead-gadgets").await else { return };
    let group = format!("dead.{}.example.com", bench.namespace);
    let set = format!("{}{}", gadgets(&group), dead(&bench, &group, "gadgets", "DELETE"));
    bench.apply(&set).await.unwrap();
    eventually("it is called", async || {
        bench.put(&format!("{{apiVersion: {group}/v1, kind: Gadget, metadata: {{name: another}}}}")).await;
        let another = bench.get(&format!("{group}/v1/Gadget"), "another").await.unwrap();
        let uid = another.get(&["metadata", "uid"]).and_then(Value::as_str).unwrap();
        bench.cluster.delete(&bench.address(&another).await, uid).await.err()
    })
    .await;
    is_in_the_way(&mut bench, "cannot delete Gadget.").await;
}

/// Of one account, since such questions are in no namespace.
#[tokio::test]
async fn a_dead_webhook_of_the_set_that_is_about_rights() {
    let Some(mut bench) = Bench::new("dead-rights").await else { return };
    let namespace = bench.namespace.clone();
    let account = json!({"kind": "ServiceAccount", "namespace": namespace, "name": "installer"});
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [account],
    });
    bench.put("{apiVersion: v1, kind: ServiceAccount, metadata: {name: installer}}").await;
    bench.put(&binding.to_string()).await;
    let is_asked = format!("request.userInfo.username == 'system:serviceaccount:{namespace}:installer'");
    let conditions = json!([{"name": "installer", "expression": is_asked}]);
    let set = dead(&bench, "authorization.k8s.io", "selfsubjectaccessreviews", "CREATE");
    let set = set
        .replace("\"timeoutSeconds\":1", &format!("\"timeoutSeconds\":1,\"matchConditions\":{conditions}"));
    bench.apply(&format!("{MAPS}{set}")).await.unwrap();
    let account = format!("{namespace}/installer").parse().unwrap();
    let config = Cluster::current().await.unwrap().config();
    let acting = Acting::acting_as(config.clone(), &account).await.unwrap();
    bench.acting = Some(acting);
    bench.options.patience = Duration::ZERO;
    eventually("it is called", async || {
        bench.look("{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}").await.err()
    })
    .await;
    bench.acting = Some(Acting::acting_as(config.clone(), &account).await.unwrap());
    is_in_the_way(&mut bench, "cannot create SelfSubjectAccessReview").await;
    bench.delete("rbac.authorization.k8s.io/v1/ClusterRoleBinding", &namespace).await;
}

/// Whether something is more than a dry run, and so not to be allowed before so many requests have been refused.
fn refuses_writes(times: u32) -> impl Fn(&Value) -> bool + Send + Sync + 'static {
    let left = AtomicU32::new(times);
    move |request| {
        let count = |left: u32| left.checked_sub(1);
        request["dryRun"] == false && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count).is_ok()
    }
}

/// A new version of its server may think otherwise than the one that still runs.
#[tokio::test]
async fn a_webhook_of_the_set_may_change_its_mind() {
    let Some(bench) = Bench::new("mind").await else { return };
    let webhook = Webhook::new(&bench).await;
    let set = format!("{}---\n{MAPS}", webhook.set(&bench));
    bench.apply(&set).await.unwrap();
    called(&bench).await;
    let Some(_server) = webhook.serve(&bench, refuses_writes(3)).await else { return };
    bench.apply(&set.replace("x: '1'", "x: '2'")).await.unwrap();
    let map = bench.get("v1/ConfigMap", "a").await.unwrap();
    assert_eq!(map.get(&["data", "x"]), Some(&json!("2")));
}

#[tokio::test]
async fn a_webhook_of_others_has_the_last_word() {
    let Some(bench) = Bench::new("last-word").await else { return };
    let webhook = Webhook::new(&bench).await;
    let Some((backend, _route)) = webhook.serve(&bench, refuses_writes(1)).await else { return };
    bench.put(&webhook.set(&bench)).await;
    eventually("the webhook is called", async || {
        bench.look(MAPS).await.unwrap();
        backend.calls().pop()
    })
    .await;
    let error = bench.apply(MAPS).await.unwrap_err();
    assert_eq!(refusal(&error), Refusal::Webhook);
    // What was written, or may have been, is in the inventory; run again, it comes to its end.
    assert_eq!(bench.inventory().await, ["ConfigMap a", "ServiceAccount first"]);
    assert_eq!(bench.apply(MAPS).await.unwrap().written, 1);
}

/// A placeholder that is written again and again would fight with who fills it in.
#[tokio::test]
async fn a_ca_that_was_injected_stays() {
    let Some(bench) = Bench::new("injected").await else { return };
    let placeholder = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": bench.namespace, "annotations": {"cert-manager.io/inject-ca-from": "a/b"}},
        "webhooks": [{
            "name": "injected.example.com",
            "clientConfig": {"url": "https://127.0.0.1:1", "caBundle": "Cg=="},
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
        }],
    });
    bench.apply(&placeholder.to_string()).await.unwrap();
    let kind = "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration";
    let mut webhooks = bench.get(kind, &bench.namespace).await.unwrap().get(&["webhooks"]).unwrap().clone();
    webhooks[0]["clientConfig"]["caBundle"] =
        STANDARD.encode(Authority::new("injected").certificate()).into();
    bench.change(kind, &bench.namespace, json!({"webhooks": webhooks})).await;
    assert_eq!(bench.apply(&placeholder.to_string()).await.unwrap().written, 0);
}
