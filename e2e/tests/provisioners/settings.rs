//! What a spec says besides its source.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use e2e::controlplane::eventually;
use e2e::image::{Tar, gzip};
use e2e::provisioners::bundle::{map, maps, operator, plain};
use e2e::provisioners::{Place, Which};
use e2e::server::{Response, Server};
use serde_json::{Value, json};

#[tokio::test]
async fn the_namespace_is_made_and_stays() {
    let Some(place) = Place::new("namespace").await else { return };
    let web = place.install_plain(&maps(1, "1")).await;
    let namespaces = place.global("v1/Namespace");
    let made = namespaces.get(place.name()).await.unwrap();
    let expected = format!("BundleDeployment/{}", web.name());
    assert_eq!(made["metadata"]["annotations"]["core.rukpak.io/created-for"], expected);
    assert!(made["metadata"]["labels"].get("core.rukpak.io/owner-name").is_none(), "{made}");
    let seen = web.see().await;
    assert_eq!(seen.text("/status/installNamespace"), place.name());
    assert!(!seen.inventory().iter().any(|id| id.ends_with("_Namespace")), "{seen}");
    web.delete().await;
    web.until_gone().await;
    let stays = namespaces.get(place.name()).await.unwrap();
    assert_eq!(stays["metadata"]["uid"], made["metadata"]["uid"]);
    assert_eq!(stays["metadata"].get("deletionTimestamp"), None);
}

#[tokio::test]
async fn an_operator_is_installed_into_the_namespace_that_it_suggests() {
    let Some(place) = Place::new("suggested").await else { return };
    let image = place.push("v1", &operator(&place.group(), "1.0.0"));
    let source = json!({"type": "image", "image": {"ref": image}});
    let operator =
        place.create(json!({"provisionerClassName": Which::RegistryV1.class(), "source": source})).await;
    let seen = operator.until_settled().await;
    let namespace = format!("{}-system", place.name());
    assert_eq!(seen.text("/status/installNamespace"), namespace);
    assert_eq!(seen.at("/spec/installNamespace"), &Value::Null);
    assert!(place.global("v1/Namespace").has(&namespace).await);
    assert!(seen.inventory().iter().any(|id| id.starts_with(&format!("{namespace}_"))), "{seen}");
}

#[tokio::test]
async fn nothing_is_written_while_it_is_paused() {
    let Some(place) = Place::new("paused").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1")])).await;
    let maps = place.objects("v1/ConfigMap");
    web.respec(json!({"paused": true})).await;
    let seen = web.until_says("Reconciling", "False/Paused").await;
    assert_eq!(
        (seen.says("Installed").as_str(), seen.says("Healthy").as_str()),
        ("True/InstallationSucceeded", "True/Healthy")
    );
    maps.change("one", json!({"data": {"value": "theirs"}})).await;
    let seen = web.until("what differs is said", |seen| seen.message("Reconciling").contains("one")).await;
    assert_eq!(seen.says("Reconciling"), "False/Paused");
    let image = place.push("v2", &plain(&[map("one", "2"), map("two", "2")]));
    web.switch_to(&image).await;
    place.wait(std::time::Duration::from_secs(3)).await;
    assert_eq!(maps.get("one").await.unwrap()["data"]["value"], "theirs");
    assert!(!maps.has("two").await);
    web.respec(json!({"paused": false})).await;
    web.until_settled().await;
    assert_eq!(maps.get("one").await.unwrap()["data"]["value"], "2");
    // And it does not hold back a deletion.
    web.respec(json!({"paused": true})).await;
    web.until_says("Reconciling", "False/Paused").await;
    web.delete().await;
    web.until_gone().await;
    assert!(!maps.has("one").await);
}

#[tokio::test]
async fn what_goes_while_it_is_paused_is_missed() {
    let Some(place) = Place::anywhere("paused-missed").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1"), map("two", "1")])).await;
    web.respec(json!({"paused": true})).await;
    web.until_says("Reconciling", "False/Paused").await;
    let maps = place.objects("v1/ConfigMap");
    maps.delete("one").await;
    let seen = web.until("it is missed", |seen| seen.says("Healthy") == "False/Unhealthy").await;
    assert!(seen.message("Healthy").contains("1 of 2") && seen.message("Healthy").contains("one"), "{seen}");
    let seen = web.until_says("Reconciling", "False/Paused").await;
    assert!(seen.message("Reconciling").contains("create ConfigMap"), "{seen}");
    web.respec(json!({"paused": false})).await;
    web.until_settled().await;
    assert!(maps.has("one").await);
}

/// Nobody has installed what it is asked for since, whatever is said of what runs.
#[tokio::test]
async fn what_a_paused_one_is_asked_for_is_looked_at_and_not_said_to_be_installed() {
    let Some(place) = Place::anywhere("previewed").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1"), map("two", "1")])).await;
    let before = web.see().await;
    let image = place.push("v2", &plain(&[map("one", "1"), map("three", "1")]));
    web.respec(json!({"paused": true, "source": {"image": {"ref": image}}})).await;
    let seen = web.until_says("Reconciling", "False/Paused").await;
    for what in ["create ConfigMap", "three", "delete ConfigMap", "two"] {
        assert!(seen.message("Reconciling").contains(what), "{what}\n{seen}");
    }
    assert_eq!(seen.says("Unpacked"), "True/UnpackSuccessful");
    assert_ne!(seen.at("/status/resolvedSource"), before.at("/status/resolvedSource"));
    assert_eq!(seen.at("/status/activeSource"), before.at("/status/activeSource"));
    for kind in ["Installed", "Healthy"] {
        assert_eq!((seen.says(kind), seen.generation_of(kind)), (before.says(kind), Some(1)), "{seen}");
    }
    assert!(!place.objects("v1/ConfigMap").has("three").await);
    // And of what cannot be had, that is said.
    web.switch_to(&place.image("v3")).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    assert_eq!(
        (seen.says("Installed"), seen.generation_of("Installed")),
        (before.says("Installed"), Some(1))
    );
    web.respec(json!({"paused": false, "source": {"image": {"ref": image}}})).await;
    let seen = web.until_settled().await;
    assert!(seen.inventory().iter().any(|id| id.contains("three")), "{seen}");
}

#[tokio::test]
async fn one_that_begins_paused_says_what_it_would_do() {
    let Some(place) = Place::anywhere("begins-paused").await else { return };
    let image = place.push("v1", &plain(&[map("one", "1")]));
    let mut spec = place.spec(Which::Plain, &image);
    spec["paused"] = true.into();
    let web = place.create(spec).await;
    let seen = web.until_says("Installed", "False/Paused").await;
    assert!(
        seen.message("Reconciling").contains("create") && seen.message("Reconciling").contains("one"),
        "{seen}"
    );
    assert!(!place.global("v1/Namespace").has(place.name()).await);
    web.respec(json!({"paused": false})).await;
    web.until_settled().await;
}

#[tokio::test]
async fn a_setting_that_an_operator_does_not_know_is_refused() {
    let Some(place) = Place::anywhere("unknown-key").await else { return };
    let image = place.push("v1", &operator(&place.group(), "1.0.0"));
    let mut spec = place.spec(Which::RegistryV1, &image);
    spec["config"] = json!({"watchNamespaze": "a"});
    let operator = place.create(spec).await;
    let seen = operator.until_says("HasValidBundle", "False/InvalidConfig").await;
    assert!(seen.message("HasValidBundle").contains("watchNamespaze"), "{seen}");
    assert_eq!(seen.says("Stalled"), "True/InvalidConfig");
    assert_eq!(seen.says("Installed"), "False/InstallFailed");
    operator.respec(json!({"config": null})).await;
    operator.until_settled().await;
}

#[tokio::test]
async fn a_setting_has_no_effect_on_a_plain_bundle_which_is_a_warning() {
    let Some(place) = Place::anywhere("no-effect").await else { return };
    let image = place.push("v1", &maps(1, "1"));
    let mut spec = place.spec(Which::Plain, &image);
    spec["config"] = json!({"values": "a: 1"});
    let web = place.create(spec).await;
    let seen = web.until_settled().await;
    assert!(seen.message("HasValidBundle").contains("spec.config.values has no effect"), "{seen}");
    eventually("a warning", async || {
        let is_so = |event: &Value| {
            event["type"] == "Warning"
                && event["note"].as_str().is_some_and(|note| note.contains("spec.config.values"))
        };
        place.events().await.iter().any(is_so).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_operator_watches_the_namespaces_that_it_is_told() {
    let Some(place) = Place::anywhere("watched").await else { return };
    let image = place.push("v1", &operator(&place.group(), "1.0.0"));
    let mut spec = place.spec(Which::RegistryV1, &image);
    spec["config"] = json!({"watchNamespaces": ["a", "b"]});
    let operator = place.create(spec).await;
    let seen = operator.until_says("HasValidBundle", "False/InvalidConfig").await;
    let message = seen.message("HasValidBundle");
    assert!(message.contains("AllNamespaces") && message.contains("SingleNamespace"), "{seen}");
    let watched = format!("{}-watched", place.name());
    let deployment = json!({"env": [{"name": "COLOUR", "value": "blue"}], "nodeSelector": null});
    operator.respec(json!({"config": {"watchNamespaces": [watched], "deploymentConfig": deployment}})).await;
    place.global("v1/Namespace").create(json!({"metadata": {"name": watched}})).await;
    operator.until_settled().await;
    let live = place.objects("apps/v1/Deployment").get(place.name()).await.unwrap();
    let template = &live["spec"]["template"];
    assert_eq!(template["metadata"]["annotations"]["olm.targetNamespaces"], watched);
    assert_eq!(template["spec"]["containers"][0]["env"].as_array().unwrap().last().unwrap()["value"], "blue");
}

#[tokio::test]
async fn nobody_is_installed_with_the_provisioners_rights_where_that_is_not_wished() {
    let Some(place) = Place::alone("require").await else { return };
    let provisioner = place.provisioners().of(Which::Plain);
    provisioner.stop();
    provisioner.start(&["--require-service-account"]);
    let image = place.push("v1", &maps(1, "1"));
    let web = place.create(place.spec(Which::Plain, &image)).await;
    let seen = web.until_says("Stalled", "True/InvalidSpec").await;
    assert!(seen.message("Stalled").contains("spec.serviceAccountName must be set"), "{seen}");
    assert!(!place.global("v1/Namespace").has(place.name()).await);
    provisioner.stop();
    provisioner.start(&[]);
    web.until_settled().await;
}

#[tokio::test]
async fn the_flags_say_how_much_is_taken_and_how_much_at_a_time() {
    let Some(place) = Place::alone("flags").await else { return };
    let provisioner = place.provisioners().of(Which::Plain);
    provisioner.stop();
    provisioner.start(&["--max-file-size=2Ki", "--concurrency=1"]);
    let large = place.push("large", &plain(&[map("one", &"1".repeat(4096))]));
    let web = place.create(place.spec(Which::Plain, &large)).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    assert!(seen.message("Unpacked").contains("the limit for one file is 2"), "{seen}");

    let (at_once, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen_most = Arc::clone(&most);
    let server = Server::start(None, move |request| {
        seen_most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(300));
        at_once.fetch_sub(1, Ordering::SeqCst);
        let objects = map(request.path().trim_matches('/'), "1").to_string();
        Response::new(200, gzip(&Tar::files(&[("manifests/map.yaml", &objects)]).finish()))
    });
    let mut all = Vec::new();
    for number in ["a", "b", "c"] {
        let http = json!({"type": "http", "http": {"url": server.url(&format!("/{number}"))}});
        all.push(place.create_other(number, place.spec_of(Which::Plain, http)).await);
    }
    for deployment in all {
        deployment.until_settled().await;
    }
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

/// However often it was missed before.
#[tokio::test]
async fn a_namespace_that_appears_is_noticed_at_once() {
    let Some(place) = Place::new("appears").await else { return };
    let elsewhere = format!("{}-elsewhere", place.name());
    let mut other = map("one", "1");
    other["metadata"]["namespace"] = elsewhere.as_str().into();
    let web = place.create(place.spec(Which::Plain, &place.push("v1", &plain(&[other])))).await;
    let misses = || {
        let log = place.provisioners().of(Which::Plain).log();
        log.lines().filter(|line| line.contains("WARN") && line.contains(&elsewhere)).count()
    };
    eventually("it is missed some times", async || (misses() >= 5).then_some(())).await;
    let seen = web.see().await;
    assert_eq!(seen.says("Reconciling"), "True/InstallFailed");
    assert!(seen.message("Reconciling").contains(&elsewhere), "{seen}");
    let start = std::time::Instant::now();
    place.global("v1/Namespace").create(json!({"metadata": {"name": elsewhere}})).await;
    web.until_settled().await;
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
