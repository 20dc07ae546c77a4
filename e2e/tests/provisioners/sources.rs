//! Bundles in `ConfigMap`s and archives of web servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::certificate::Certificate;
use e2e::controlplane::eventually;
use e2e::image::{Tar, gzip};
use e2e::process::{Host, Process, run};
use e2e::provisioners::bundle::{Files, map, maps, plain};
use e2e::provisioners::{Deployment, Place, SYSTEM, Which};
use e2e::server::{Response, Server, Step};
use rstest::rstest;
use serde_json::{Value, json};

/// The spec for files of `ConfigMap`s that stand in `manifests/`.
fn spec(place: &Place, names: &[&str]) -> Value {
    let maps = names.iter().map(|name| json!({"configMap": {"name": name}, "path": "manifests"}));
    place.spec_of(Which::Plain, json!({"type": "configMaps", "configMaps": maps.collect::<Vec<_>>()}))
}

fn source(name: &str, content: &str, is_immutable: bool) -> Value {
    json!({"metadata": {"name": name}, "immutable": is_immutable, "data": {"objects.yaml": content}})
}

#[tokio::test]
async fn an_immutable_config_map_is_a_source() {
    let Some(place) = Place::new("immutable").await else { return };
    let name = place.name();
    place.system("v1/ConfigMap").create(source(name, &map("one", "1").to_string(), true)).await;
    let web = place.create(spec(&place, &[name])).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.at("/status/resolvedSource/configMaps/0/configMap/name"), name);
    assert_eq!(place.objects("v1/ConfigMap").get("one").await.unwrap()["data"]["value"], "1");
}

/// As an image may be gone from its registry once it was pulled.
#[tokio::test]
async fn what_was_read_of_a_config_map_is_enough_until_somebody_asks_for_another_look() {
    let Some(place) = Place::new("once-read").await else { return };
    let (name, system, maps) = (place.name(), place.system("v1/ConfigMap"), place.objects("v1/ConfigMap"));
    system.create(source(name, &map("one", "1").to_string(), true)).await;
    let web = place.create(spec(&place, &[name])).await;
    web.until_settled().await;
    let audit = place.audit();
    let mark = audit.mark().await;
    system.delete(name).await;
    maps.delete("one").await;
    eventually("it is repaired", async || maps.has("one").await.then_some(())).await;
    let requests = place.of_provisioners(&audit.since(mark).await);
    let reads = requests.filter(|request| request.uri.contains(&format!("{SYSTEM}/configmaps/{name}")));
    assert!(reads.is_empty(), "{reads}");
    system.create(source(name, &map("two", "2").to_string(), true)).await;
    web.look_again("now").await;
    web.until_settled().await;
    eventually("the other content", async || maps.has("two").await.then_some(())).await;
}

/// A new Pod has an empty cache, and reads anew what the one before has read.
#[tokio::test]
async fn other_files_under_the_name_of_a_config_map_come_when_somebody_asks_for_them() {
    let Some(place) = Place::alone("made-anew").await else { return };
    let (name, system, maps) = (place.name(), place.system("v1/ConfigMap"), place.objects("v1/ConfigMap"));
    let content = |value: &str| source(name, &map("one", value).to_string(), true);
    system.create(content("1")).await;
    let web = place.create(spec(&place, &[name])).await;
    let before = web.until_settled().await;
    let anew = async |value: &str| {
        system.delete(name).await;
        system.create(content(value)).await;
        place.provisioners().of(Which::Plain).empty_cache();
    };
    anew("2").await;
    maps.delete("one").await;
    let seen = web.until("it cannot be repaired", |seen| seen.says("Healthy") == "False/Unhealthy").await;
    assert!(seen.message("Unpacked").contains("to install what it means now, give the annotation"), "{seen}");
    assert!(
        seen.message("Unpacked").contains(&format!("configmap {SYSTEM}/{name} has other files")),
        "{seen}"
    );
    assert!(!maps.has("one").await);
    // The same files are as good as the same ConfigMap.
    anew("1").await;
    let seen = web.until_settled().await;
    assert_eq!(seen.at("/status/resolvedSource"), before.at("/status/resolvedSource"));
}

#[tokio::test]
async fn a_config_map_that_does_not_exist_is_waited_for() {
    let Some(place) = Place::anywhere("no-map").await else { return };
    let name = place.name();
    let web = place.create(spec(&place, &[name])).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    let expected =
        format!("source bundle content: get configmap rukpak-system/{name}: ConfigMap {name:?} not found");
    assert_eq!(seen.message("Unpacked"), expected);
    assert_eq!(seen.says("Installed"), "False/InstallFailed");
    place.system("v1/ConfigMap").create(source(name, &map("one", "1").to_string(), true)).await;
    web.until_settled().await;
}

#[tokio::test]
async fn a_config_map_that_may_change_is_refused_until_it_is_made_anew() {
    let Some(place) = Place::anywhere("mutable").await else { return };
    let (name, system) = (place.name(), place.system("v1/ConfigMap"));
    system.create(source(name, &map("one", "1").to_string(), false)).await;
    let web = place.create(spec(&place, &[name])).await;
    let seen = web.until_says("Unpacked", "False/ConfigMapNotImmutable").await;
    assert!(
        seen.message("Unpacked").contains(&format!("configmap rukpak-system/{name} is not immutable")),
        "{seen}"
    );
    assert_eq!(seen.says("Stalled"), "False/Progressing", "it is tried again");
    assert!(!place.objects("v1/ConfigMap").has("one").await);
    system.change(name, json!({"immutable": true})).await;
    web.until_settled().await;
}

#[tokio::test]
async fn a_config_map_without_objects_is_no_bundle() {
    let Some(place) = Place::anywhere("scalar").await else { return };
    let name = place.name();
    place.system("v1/ConfigMap").create(source(name, "only a string", true)).await;
    let web = place.create(spec(&place, &[name])).await;
    let seen = web.until_says("HasValidBundle", "False/BundleLoadFailed").await;
    assert_eq!(seen.says("Installed"), "False/InstallFailed");
    let message = seen.message("Installed");
    assert!(message.contains("manifests/objects.yaml:1:1") && message.contains("string"), "{seen}");
}

#[tokio::test]
async fn files_of_several_config_maps_make_one_bundle_unless_they_collide() {
    let Some(place) = Place::anywhere("several").await else { return };
    let [one, two] = [1, 2].map(|number| format!("{}-{number}", place.name()));
    let system = place.system("v1/ConfigMap");
    system.create(source(&one, &map("one", "1").to_string(), true)).await;
    let second = json!({"metadata": {"name": two}, "immutable": true, "data": {"more.yaml": map("two", "1").to_string()}});
    system.create(second).await;
    let web = place.create(spec(&place, &[&one, &two])).await;
    web.until_settled().await;
    assert!(place.objects("v1/ConfigMap").has("two").await);
    let twice = place.create_other("twice", spec(&place, &[&one, &one])).await;
    let seen = twice.until_says("Unpacked", "False/UnpackFailed").await;
    assert!(seen.message("Unpacked").contains("objects.yaml"), "{seen}");
}

/// A web server with an archive of files.
fn archive(files: &Files) -> Vec<u8> {
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    gzip(&Tar::files(&files).finish())
}

async fn from_the_web<'p>(place: &'p Place, server: &Server, path: &str, more: Value) -> Deployment<'p> {
    let mut http = json!({"url": server.url(path)});
    http.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    place.create(place.spec_of(Which::Plain, json!({"type": "http", "http": http}))).await
}

#[tokio::test]
async fn an_archive_of_a_web_server_is_pinned_to_what_it_was() {
    let Some(place) = Place::new("archive").await else { return };
    let bytes = archive(&maps(1, "1"));
    let server = Server::start(None, move |_| Response::new(200, bytes.clone()));
    let web = from_the_web(&place, &server, "/web.tgz", json!({})).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.text("/status/resolvedSource/http/sha256").len(), 64, "{seen}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_archive_that_is_not_there_is_said() {
    let Some(place) = Place::anywhere("not-found").await else { return };
    let server = Server::start(None, |_| Response::new(404, *b"no"));
    let web = from_the_web(&place, &server, "/web.tgz", json!({})).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    assert!(seen.message("Unpacked").contains("404"), "{seen}");
    assert_eq!(seen.says("Reconciling"), "True/UnpackFailed");
}

#[tokio::test]
async fn an_archive_with_another_digest_is_refused() {
    let Some(place) = Place::anywhere("digest").await else { return };
    let bytes = archive(&maps(1, "1"));
    let server = Server::start(None, move |_| Response::new(200, bytes.clone()));
    let web = from_the_web(&place, &server, "/web.tgz", json!({"sha256": "0".repeat(64)})).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    assert!(seen.message("Unpacked").contains("expected sha256:0000"), "{seen}");
    assert_eq!(seen.says("Installed"), "False/InstallFailed");
    assert!(!place.objects("v1/ConfigMap").has("map-0").await);
}

/// Clients in Go write out what is not set.
#[tokio::test]
async fn a_secret_without_a_name_is_none() {
    let Some(place) = Place::anywhere("nameless").await else { return };
    let bytes = archive(&maps(1, "1"));
    let server = Server::start(None, move |_| Response::new(200, bytes.clone()));
    let web = from_the_web(&place, &server, "/web.tgz", json!({"auth": {"secret": {}}})).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.at("/spec/source/http/auth/secret/name"), "");
    let mut spec = place.spec(Which::Plain, &place.push("v1", &plain(&[map("other", "1")])));
    spec["source"]["image"]["pullSecret"] = "".into();
    place.create_other("image", spec).await.until_settled().await;
}

/// Some servers take a token for either.
#[rstest]
#[case::user("username", "word:")]
#[case::password("password", ":word")]
#[tokio::test]
async fn a_user_or_a_password_alone_is_sent(#[case] key: &str, #[case] sent: &str) {
    let Some(place) = Place::anywhere(&format!("only-{key}")).await else { return };
    let (bytes, certificate) = (archive(&maps(1, "1")), Certificate::new().unwrap());
    let expected = format!("Basic {}", STANDARD.encode(sent));
    let server = Server::start(Some(&certificate), move |request| {
        let is_known = request.header("authorization") == Some(&expected);
        if is_known { Response::new(200, bytes.clone()) } else { Response::new(401, *b"no") }
    });
    let secret = format!("{}-http", place.name());
    let content = json!({"metadata": {"name": secret}, "stringData": {key: "word"}});
    place.system("v1/Secret").create(content).await;
    let auth = json!({"secret": {"name": secret}, "insecureSkipVerify": true});
    from_the_web(&place, &server, "/web.tgz", json!({"auth": auth})).await.until_settled().await;
    place.until_warned("InsecureSource").await;
}

#[tokio::test]
async fn a_secret_without_anything_of_use_is_said() {
    let Some(place) = Place::anywhere("useless").await else { return };
    let server = Server::start(None, |_| Response::new(404, *b"no"));
    let secret = format!("{}-http", place.name());
    let content = json!({"metadata": {"name": secret}, "stringData": {"token": "word"}});
    place.system("v1/Secret").create(content).await;
    let auth = json!({"auth": {"secret": {"name": secret}}});
    let web = from_the_web(&place, &server, "/web.tgz", auth).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    let expected = format!(
        "secret rukpak-system/{secret} has none of what is needed, expected `username` or `password`, or both"
    );
    assert!(seen.message("Unpacked").ends_with(&expected), "{seen}");
    assert!(server.requests().is_empty());
}

/// What runs is fetched from where it was found, whatever the spec says of another server by now.
#[tokio::test]
async fn the_password_for_one_server_is_not_shown_to_another() {
    let Some(place) = Place::alone("moved").await else { return };
    let (bytes, certificate) = (archive(&maps(1, "1")), Certificate::new().unwrap());
    let old = Server::start(Some(&certificate), move |_| Response::new(200, bytes.clone()));
    let new = Server::start(Some(&certificate), |_| Response::new(404, *b"no"));
    let trust = json!({"auth": {"insecureSkipVerify": true}});
    let web = from_the_web(&place, &old, "/web.tgz", trust).await;
    web.until_settled().await;
    let secret = format!("{}-http", place.name());
    let content =
        json!({"metadata": {"name": secret}, "stringData": {"username": "kim", "password": "word"}});
    place.system("v1/Secret").create(content).await;
    let http = json!({"url": new.url("/web.tgz"), "auth": {"secret": {"name": secret}}});
    let provisioner = place.provisioners().of(Which::Plain);
    provisioner.stop();
    std::fs::remove_dir_all(provisioner.cache()).unwrap();
    web.respec(json!({"source": {"http": http}})).await;
    provisioner.start(&[]);
    web.until_says("Unpacked", "False/UnpackFailed").await;
    eventually("what runs is fetched", async || (old.requests().len() > 1).then_some(())).await;
    let shows = |server: &Server| -> Vec<_> {
        server.requests().iter().map(|request| request.header("authorization").is_some()).collect()
    };
    assert_eq!((shows(&old), shows(&new).contains(&true)), (vec![false, false], true));
}

/// Content that is not in the cache is fetched for whoever asks for it, and a server that says nothing holds up its own alone.
#[tokio::test]
async fn content_that_does_not_come_holds_up_no_other_content() {
    let Some(place) = Place::alone("no-content").await else { return };
    let is_over = Arc::new(AtomicBool::new(false));
    let is_silent = Arc::clone(&is_over);
    let silent = Server::start(None, move |request| {
        let bytes = archive(&plain(&[map(request.path().trim_matches('/'), "1")]));
        let answer = Response::new(200, bytes);
        if is_silent.load(Ordering::SeqCst) { Response { steps: vec![Step::Hang], ..answer } } else { answer }
    });
    let bytes = archive(&maps(1, "1"));
    let other = Server::start(None, move |_| Response::new(200, bytes.clone()));
    let of = |url: String| place.spec_of(Which::Plain, json!({"type": "http", "http": {"url": url}}));
    let web = place.create(of(other.url("/web.tgz"))).await;
    let mut all = vec![web];
    for number in ["a", "b", "c", "d"] {
        all.push(place.create_other(number, of(silent.url(&format!("/{number}")))).await);
    }
    for deployment in &all {
        deployment.until_settled().await;
    }
    let account = format!("{}:reader", place.name());
    place.kubectl(&["create", "serviceaccount", "reader", "-n", place.name()]);
    let binding = ["create", "clusterrolebinding", place.name(), "--clusterrole=bundle-reader"];
    place.kubectl(&[&binding[..], &[&format!("--serviceaccount={account}")]].concat());

    let provisioner = place.provisioners().of(Which::Plain);
    provisioner.stop();
    std::fs::remove_dir_all(provisioner.cache()).unwrap();
    is_over.store(true, Ordering::SeqCst);
    let before = provisioner.log().len();
    provisioner.start(&[]);
    let port = eventually("it serves", async || {
        let log = provisioner.log().split_off(before);
        let line = log.lines().find(|line| line.contains("the server listens"))?.to_owned();
        let rest = line.split_once("127.0.0.1:")?.1;
        Some(rest.chars().take_while(char::is_ascii_digit).collect::<String>())
    })
    .await;
    let host = Host::new();
    let ask = |name: &str| {
        let url = format!("https://localhost:{port}/bundles/{name}.tgz");
        let reader = account.replace(':', "/");
        let mut command = host.rukpakctl(["content", name, "--service-account", &reader, "--url", &url]);
        command.env("KUBECONFIG", place.cluster().kubeconfig());
        command
    };
    let [web, silent_ones @ ..] = &all[..] else { unreachable!() };
    let asking: Vec<_> =
        silent_ones.iter().map(|one| Process::start(&mut ask(one.name())).unwrap()).collect();
    eventually("all are asked for", async || (silent.requests().len() > 4).then_some(())).await;
    for _ in 0..4 {
        assert_eq!(run(&mut ask(web.name())).ok(), "manifests/objects.yaml\n");
    }
    drop(asking);
}
