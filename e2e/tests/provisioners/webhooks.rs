//! Operators with webhooks, whose certificates are issued by us; and webhooks of others that say no.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::controlplane::{Authority, Backend, Issued, eventually};
use e2e::provisioners::bundle::{Files, map, operator, plain};
use e2e::provisioners::{Place, Which};
use serde_json::{Value, json};

/// An operator with a webhook that is asked about its `Gadget`s.
fn with_webhook(group: &str) -> Files {
    let mut files = operator(group, "1.0.0");
    let (_, csv) = files.iter_mut().find(|(path, _)| path == "manifests/csv.yaml").unwrap();
    let mut value: Value = serde_json::from_str(csv).unwrap();
    let package = group.split('.').next().unwrap();
    value["spec"]["webhookdefinitions"] = json!([{
        "type": "ValidatingAdmissionWebhook",
        "generateName": format!("v.{group}"),
        "deploymentName": package,
        "containerPort": 443,
        "targetPort": 9443,
        "webhookPath": "/validate",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "rules": [{"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["gadgets"]}],
    }]);
    // A bundle with webhooks can be in one namespace or in all.
    for mode in value["spec"]["installModes"].as_array_mut().unwrap() {
        mode["supported"] = (mode["type"] == "AllNamespaces").into();
    }
    *csv = value.to_string();
    files
}

fn decoded(secret: &Value, key: &str) -> String {
    String::from_utf8(STANDARD.decode(secret["data"][key].as_str().unwrap()).unwrap()).unwrap()
}

fn review(uid: &Value, is_allowed: bool) -> (u16, Value) {
    let response = json!({"uid": uid, "allowed": is_allowed, "status": {"message": "not with us"}});
    (200, json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}))
}

/// The API server calls a webhook over TLS, and goes by its `caBundle`: only who serves what the Secret holds is believed.
#[tokio::test]
async fn the_certificate_of_a_webhook_is_one_that_the_api_server_believes() {
    let Some(place) = Place::new("webhook").await else { return };
    let group = place.group();
    let image = place.push("v1", &with_webhook(&group));
    let web = place.create(place.spec(Which::RegistryV1, &image)).await;
    let seen = web.until_settled().await;
    let id = |kind: &str| {
        let ids = seen.inventory();
        let id = ids.iter().find(|id| id.ends_with(&format!("_{kind}"))).unwrap();
        id.split('_').nth(1).unwrap().to_owned()
    };
    let (secrets, secret, service) = (place.objects("v1/Secret"), id("Secret"), id("Service"));
    let held = secrets.get(&secret).await.unwrap();
    let certificate = Issued { chain: decoded(&held, "tls.crt"), key: decoded(&held, "tls.key") };
    let backend = Backend::start(&certificate, |call| {
        let request = &call.body["request"];
        review(&request["uid"], request["object"]["spec"]["size"] == 1)
    });
    let _route =
        place.cluster().route(&format!("{}/{service}:443", place.name()), backend.address()).await.unwrap();
    let gadgets = place.objects(&format!("{group}/v1/Gadget"));
    let big = json!({"metadata": {"name": "big"}, "spec": {"size": 2}});
    let refused = eventually("the webhook is called", async || {
        let refused = gadgets.try_create(big.clone()).await.unwrap_err();
        refused.contains("not with us").then_some(refused)
    })
    .await;
    assert!(refused.contains("denied the request"), "{refused}");
    gadgets.create(json!({"metadata": {"name": "small"}, "spec": {"size": 1}})).await;
    assert!(!backend.calls().is_empty());

    // Another look, and another start, keep what is good.
    web.look_again("once").await;
    web.until_settled().await;
    assert_eq!(
        secrets.get(&secret).await.unwrap()["metadata"]["resourceVersion"],
        held["metadata"]["resourceVersion"]
    );
    let said = place.everything_said().await;
    let key = certificate.key.lines().nth(1).unwrap();
    assert!(
        !said.contains(key) && !said.contains(held["data"]["tls.key"].as_str().unwrap()),
        "a key was said"
    );

    // One that is broken is replaced, with what vouches for it.
    secrets.change(&secret, json!({"data": {"tls.crt": "", "tls.key": ""}})).await;
    let name = id("ValidatingWebhookConfiguration");
    let configurations = place.global("admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration");
    eventually("a new certificate is vouched for", async || {
        let secret = secrets.get(&secret).await?;
        let configuration = configurations.get(&name).await?;
        let bundle = configuration["webhooks"][0]["clientConfig"]["caBundle"].as_str()?;
        let bundle = String::from_utf8(STANDARD.decode(bundle).unwrap()).unwrap();
        let is_new = !decoded(&secret, "tls.key").is_empty() && bundle != decoded(&held, "ca.crt");
        (is_new && bundle == decoded(&secret, "ca.crt")).then_some(())
    })
    .await;
}

/// A webhook of somebody else that is asked about the maps of a namespace.
async fn foreign_webhook(place: &Place, authority: &Authority) {
    place
        .objects("v1/Service")
        .create(json!({"metadata": {"name": "backend"}, "spec": {"ports": [{"port": 443}]}}))
        .await;
    let webhook = json!({
        "name": place.group(),
        "clientConfig": {
            "service": {"namespace": place.name(), "name": "backend"},
            "caBundle": STANDARD.encode(authority.certificate()),
        },
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE", "UPDATE"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": place.name()}},
        "objectSelector": {"matchExpressions": [{"key": "core.rukpak.io/owner-name", "operator": "Exists"}]},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 2,
    });
    place
        .global("admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration")
        .create(json!({"metadata": {"name": place.name()}, "webhooks": [webhook]}))
        .await;
}

/// What the dry run let pass, and the write does not: then the version before is not whole any more, and this is said.
#[tokio::test]
async fn an_upgrade_that_fails_on_its_way_is_said_and_comes_to_its_end() {
    let Some(place) = Place::new("midway").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1")])).await;
    let before = web.see().await;
    let authority = Authority::new("e2e webhook");
    let certificate = authority.server(&[&format!("backend.{}.svc", place.name())]);
    let says_no = Arc::new(AtomicBool::new(true));
    let for_backend = Arc::clone(&says_no);
    let backend = Backend::start(&certificate, move |call| {
        let request = &call.body["request"];
        let is_two = request["object"]["metadata"]["name"] == "two";
        review(&request["uid"], !(is_two && request["dryRun"] == false && for_backend.load(Ordering::SeqCst)))
    });
    let _route =
        place.cluster().route(&format!("{}/backend:443", place.name()), backend.address()).await.unwrap();
    foreign_webhook(&place, &authority).await;
    let maps = place.objects("v1/ConfigMap");
    // It is called when this is not written any more.
    eventually("the webhook is called", async || {
        let labels = json!({"core.rukpak.io/owner-name": "nobody"});
        let probe = json!({"metadata": {"name": "two", "labels": labels}});
        let refused = maps.try_create(probe).await;
        if refused.is_ok() {
            maps.delete("two").await;
        }
        refused.err().filter(|refused| refused.contains("not with us")).map(drop)
    })
    .await;
    let image = place.push("v2", &plain(&[map("one", "2"), map("two", "2")]));
    web.switch_to(&image).await;
    let seen = web.until_says("Installed", "False/UpgradeFailed").await;
    assert!(seen.message("Installed").contains("not with us"), "{seen}");
    assert_eq!(seen.says("Healthy"), "False/InstallationStatusFalse");
    assert_eq!(seen.says("Reconciling"), "True/UpgradeFailed");
    assert_eq!(seen.at("/status/activeSource"), before.at("/status/activeSource"));
    says_no.store(false, Ordering::SeqCst);
    let seen = web.until_settled().await;
    assert_eq!(seen.inventory().len(), 2, "{seen}");
    assert_ne!(seen.at("/status/activeSource"), before.at("/status/activeSource"));
}

/// A webhook must not be there before who serves it: what is waited for is said, and can still be called off.
#[tokio::test]
async fn an_installation_that_waits_for_a_workload_says_so_and_can_be_called_off() {
    let Some(place) = Place::new("gate").await else { return };
    let group = place.group();
    let mut files = with_webhook(&group);
    let (_, csv) = files.iter_mut().find(|(path, _)| path == "manifests/csv.yaml").unwrap();
    let mut value: Value = serde_json::from_str(csv).unwrap();
    let pod = &mut value["spec"]["install"]["spec"]["deployments"][0]["spec"]["template"]["spec"];
    pod["nodeSelector"] = json!({"nowhere": "true"});
    *csv = value.to_string();
    let image = place.push("v1", &files);
    let web = place.create(place.spec(Which::RegistryV1, &image)).await;
    let seen = web
        .until("who is waited for is named", |seen| seen.message("Installed").contains("Deployment"))
        .await;
    assert_eq!(seen.says("Installed"), "False/Installing", "{seen}");
    assert!(
        seen.says("Reconciling").starts_with("True/") && seen.says("Stalled").starts_with("False/"),
        "{seen}"
    );
    let webhooks = place.global("admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration");
    let is_ours = |webhook: &Value| webhook["metadata"]["labels"]["core.rukpak.io/owner-name"] == web.name();
    assert!(!webhooks.list().await.iter().any(is_ours));
    web.delete().await;
    web.until_gone().await;
    assert!(!place.objects("apps/v1/Deployment").has(place.name()).await);
}
