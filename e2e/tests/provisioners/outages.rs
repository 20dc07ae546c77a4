//! What is away for a while, or lost: registries, caches, statuses, the API server.

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use e2e::controlplane::eventually;
use e2e::faults::{Faults, Times, late};
use e2e::image::Image;
use e2e::process::{Host, Process};
use e2e::programs;
use e2e::provisioners::bundle::{map, maps, operator, plain};
use e2e::provisioners::{Place, Which};
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::time::sleep;

/// A registry in memory with one bundle.
fn registry() -> Faults {
    let files = maps(2, "1");
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    Faults::serving(&Image::of_files(&files))
}

/// The same, which says nothing when it is asked for it so often.
fn silent_registry(times: Times) -> Faults {
    let faults = registry();
    faults.on("", "/manifests/", times, late(Duration::from_mins(1)));
    faults
}

/// Deletes an object and waits until it is back.
async fn assert_repaired(place: &Place) {
    let maps = place.objects("v1/ConfigMap");
    maps.delete("map-0").await;
    eventually("the map is back", async || maps.has("map-0").await.then_some(())).await;
}

#[tokio::test]
async fn what_drifts_is_repaired_while_the_registry_is_away() {
    let Some(place) = Place::new("registry-away").await else { return };
    let faults = registry();
    let web = place.create(place.spec(Which::Plain, &faults.image("bundle:v1"))).await;
    let before = web.until_settled().await;
    drop(faults);
    assert_repaired(&place).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.at("/status/conditions"), before.at("/status/conditions"));
}

/// More deployments than there are workers want something of a server that says nothing; when all of its places are taken it is asked for
/// no more, and everybody else is served as ever.
#[tokio::test]
async fn a_registry_that_says_nothing_holds_up_nobody_else() {
    let Some(place) = Place::alone("slow-registry").await else { return };
    let web = place.install_plain(&maps(2, "1")).await;
    let slow = silent_registry(Times::Always);
    for number in 0..8 {
        let spec = place.spec(Which::Plain, &slow.image("bundle:v1"));
        place.create_other(&format!("slow-{number}"), spec).await;
    }
    let asked = || slow.requests_for("/manifests/").len();
    eventually("its places are taken", async || (asked() == 3).then_some(())).await;
    assert_repaired(&place).await;
    let next = place
        .create_other("next", place.spec(Which::Plain, &place.push("v2", &plain(&[map("other", "1")]))))
        .await;
    next.until_settled().await;
    assert_eq!(asked(), 3);
    web.until_settled().await;
}

/// However often what runs has to be repaired meanwhile, and its status changes.
#[tokio::test]
async fn a_source_that_fails_is_asked_later_and_later() {
    let Some(place) = Place::new("patient").await else { return };
    let faults = registry();
    let web = place.create(place.spec(Which::Plain, &faults.image("bundle:v1"))).await;
    web.until_settled().await;
    let asked = || faults.requests_for("/manifests/v2").len();
    web.switch_to(&faults.image("bundle:v2")).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    let each = asked();
    let start = Instant::now();
    for _ in 0..15 {
        assert_repaired(&place).await;
    }
    // After 1 s, 2, 4 and so on, or a quarter less.
    let tries = (start.elapsed().as_millis() / 750 + 1).ilog2() + 1;
    let most = each * (1 + usize::try_from(tries).unwrap());
    assert!(asked() <= most, "{each} requests became {} in {:?}", asked(), start.elapsed());
    assert_eq!(web.see().await.message("Unpacked"), seen.message("Unpacked"));
    let before = asked();
    web.look_again("now").await;
    let start = Instant::now();
    eventually("it is asked, since somebody wishes so", async || (asked() > before).then_some(())).await;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

/// Who corrects a typing error does not wait until its server has had its time.
#[tokio::test]
async fn a_corrected_reference_does_not_wait_for_the_wrong_one() {
    let Some(place) = Place::new("corrected").await else { return };
    let slow = silent_registry(Times::Always);
    let web = place.create(place.spec(Which::Plain, &slow.image("bundle:v1"))).await;
    web.until_says("Unpacked", "False/Unpacking").await;
    let start = Instant::now();
    web.switch_to(&place.push("v1", &maps(2, "1"))).await;
    web.until_settled().await;
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn one_that_fetches_ends_when_it_is_told_to_and_the_next_one_goes_on() {
    let Some(place) = Place::alone("told-to-end").await else { return };
    let slow = silent_registry(Times::First(1));
    let web = place.create(place.spec(Which::Plain, &slow.image("bundle:v1"))).await;
    web.until_says("Unpacked", "False/Unpacking").await;
    let start = Instant::now();
    let provisioner = place.provisioners().of(Which::Plain);
    provisioner.stop();
    assert!(start.elapsed() < Duration::from_secs(11), "{:?}", start.elapsed());
    provisioner.start(&[]);
    web.until_settled().await;
}

/// How long it was tried is in the memory of who tried; what came of that is in the status.
#[tokio::test]
async fn who_had_its_time_by_another_process_has_no_more() {
    let Some(place) = Place::new("overdue-before").await else { return };
    let mut spec = place.spec(Which::Plain, &place.image("missing"));
    spec["progressDeadlineMinutes"] = 60.into();
    let web = place.create(spec).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    let conditions = seen.at("/status/conditions").as_array().unwrap();
    let stalled = conditions.iter().position(|one| one["type"] == "Stalled").unwrap();
    let patch = json!([
        {"op": "replace", "path": format!("/status/conditions/{stalled}/status"), "value": "True"},
        {"op": "replace", "path": format!("/status/conditions/{stalled}/reason"), "value": "ProgressDeadlineExceeded"},
    ]);
    let patch = patch.to_string();
    place.kubectl(&["patch", "bd", web.name(), "--subresource=status", "--type=json", "-p", &patch]);
    web.look_again("now").await;
    let seen = web.until_says("Reconciling", "False/ProgressDeadlineExceeded").await;
    assert_eq!(seen.says("Stalled"), "True/ProgressDeadlineExceeded");
    assert!(seen.message("Stalled").starts_with("not installed after 60 min: "), "{seen}");
    let _ = place.push("missing", &plain(&[map("one", "1")]));
    web.look_again("later").await;
    web.until_settled().await;
}

/// A cluster that takes connections and says nothing is what Pods are replaced for.
#[tokio::test]
async fn one_that_has_not_heard_of_the_cluster_yet_ends_when_it_is_told_to() {
    let (host, silent) = (Host::new(), TcpListener::bind("127.0.0.1:0").unwrap());
    let kubeconfig = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "a", "cluster": {"server": format!("http://{}", silent.local_addr().unwrap())}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": ""}}],
        "current-context": "a",
    });
    let kubeconfig = host.write("kubeconfig", kubeconfig.to_string());
    let mut command = host.command(programs::provisioner(Which::Plain.name()));
    command.args(["--http-bind-address", "127.0.0.1:0", "--kubeconfig", &kubeconfig, "--cache-dir"]);
    let mut provisioner =
        Process::start(command.arg(host.path("provisioner")).stderr(Stdio::null())).unwrap();
    let (connection, _) = silent.accept().unwrap();
    let id = i32::try_from(provisioner.child().id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    let start = Instant::now();
    let ended = loop {
        if let Some(ended) = provisioner.child().try_wait().unwrap() {
            break ended;
        }
        assert!(start.elapsed() < Duration::from_secs(5), "it does not end");
        sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(ended.code(), Some(0));
    drop(connection);
}

#[tokio::test]
async fn what_is_there_is_kept_after_a_start_with_the_registry_away() {
    let Some(place) = Place::alone("start-away").await else { return };
    let faults = registry();
    let web = place.create(place.spec(Which::Plain, &faults.image("bundle:v1"))).await;
    let before = web.until_settled().await;
    drop(faults);
    let plain = place.provisioners().of(Which::Plain);
    plain.stop();
    plain.start(&[]);
    assert_repaired(&place).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.at("/status"), before.at("/status"));
}

#[tokio::test]
async fn content_whose_cache_is_removed_is_fetched_again_by_its_digest() {
    let Some(place) = Place::alone("no-cache").await else { return };
    let faults = registry();
    let web = place.create(place.spec(Which::Plain, &faults.image("bundle:v1"))).await;
    let before = web.until_settled().await;
    let plain = place.provisioners().of(Which::Plain);
    let cache = plain.cache();
    // It is written beside the work that what was fetched is needed for.
    let is_kept = || fs::read_dir(cache.join("entries")).is_ok_and(|mut entries| entries.next().is_some());
    eventually("the content is kept", async || is_kept().then_some(())).await;
    plain.empty_cache();
    let asked = faults.requests().len();
    assert_repaired(&place).await;
    let requests = faults.requests().split_off(asked);
    assert!(!requests.is_empty(), "the content was fetched again");
    assert!(!requests.iter().any(|request| request.contains("/manifests/v1")), "by its digest: {requests:?}");
    let seen = web.until_settled().await;
    assert_eq!(seen.at("/status/resolvedSource"), before.at("/status/resolvedSource"));
}

fn lose_status(place: &Place, name: &str) {
    let patch = "[{\"op\": \"replace\", \"path\": \"/status\", \"value\": {}}]";
    place.kubectl(&["patch", "bd", name, "--subresource=status", "--type=json", "-p", patch]);
}

#[tokio::test]
async fn a_status_that_is_lost_is_what_it_was() {
    let Some(place) = Place::new("lost").await else { return };
    let image = place.push("v1", &operator(&place.group(), "1.0.0"));
    let web = place.create(place.spec(Which::RegistryV1, &image)).await;
    let before = web.until_settled().await;
    lose_status(&place, web.name());
    let seen = web.until_settled().await;
    assert_eq!(seen.inventory(), before.inventory());
    for path in ["/status/activeSource", "/status/bundle", "/status/installNamespace", "/status/contentURL"] {
        assert_eq!(seen.at(path), before.at(path), "{path}");
    }
}

/// The next version suggests another namespace.
fn suggested(place: &Place, version: &str, namespace: &str) -> String {
    let mut files = operator(&place.group(), version);
    let mut csv: Value = serde_json::from_str(&files[0].1).unwrap();
    csv["metadata"]["annotations"] =
        json!({"operatorframework.io/suggested-namespace": format!("{}-{namespace}", place.name())});
    files[0].1 = csv.to_string();
    place.push(version, &files)
}

#[rstest]
#[case::made_for_it("made", false)]
#[case::there_before("there", true)]
#[tokio::test]
async fn one_whose_status_is_lost_stays_where_it_was(#[case] what: &str, #[case] is_there: bool) {
    let Some(place) = Place::new(&format!("lost-{what}")).await else { return };
    let [first, other] = ["first", "other"].map(|namespace| format!("{}-{namespace}", place.name()));
    let namespaces = place.global("v1/Namespace");
    if is_there {
        namespaces.create(json!({"metadata": {"name": first}})).await;
    }
    let image = suggested(&place, "1.0.0", "first");
    let source = json!({"type": "image", "image": {"ref": image}});
    let web =
        place.create(json!({"provisionerClassName": Which::RegistryV1.class(), "source": source})).await;
    web.until_settled().await;
    web.switch_to(&suggested(&place, "2.0.0", "other")).await;
    let before = web.until_settled().await;
    assert_eq!(before.text("/status/installNamespace"), first);
    lose_status(&place, web.name());
    let seen = web.until_settled().await;
    assert_eq!(seen.text("/status/installNamespace"), first);
    assert_eq!(seen.inventory(), before.inventory());
    assert!(!namespaces.has(&other).await);
}

/// A definition whose resources no request can read: some are stored in either version, and what converts them is not there.
async fn make_unreadable(place: &Place) -> String {
    let group = format!("unread.{}", place.group());
    let name = format!("gadgets.{group}");
    let schema = json!({"openAPIV3Schema": {"type": "object"}});
    let versions = |stored: &str| {
        let version =
            |name: &str| json!({"name": name, "served": true, "storage": name == stored, "schema": schema});
        json!([version("v1"), version("v2")])
    };
    let definitions = place.global("apiextensions.k8s.io/v1/CustomResourceDefinition");
    let names =
        json!({"kind": "Gadget", "plural": "gadgets", "singular": "gadget", "listKind": "GadgetList"});
    let spec = json!({"group": group, "scope": "Cluster", "names": names, "versions": versions("v1")});
    definitions.create(json!({"metadata": {"name": name}, "spec": spec})).await;
    place.kubectl(&["wait", "--for=condition=Established", "crd", &name]);
    let resources = |version: &str| place.global(&format!("{group}/{version}/Gadget"));
    let gadget = |name: &str| json!({"metadata": {"name": name}});
    eventually("it is served", async || resources("v1").try_create(gadget("one")).await.ok()).await;
    definitions.change(&name, json!({"spec": {"versions": versions("v2")}})).await;
    // The server hears of it by a watch.
    place.wait(Duration::from_secs(1)).await;
    resources("v2").create(gadget("two")).await;
    let service = json!({"namespace": "default", "name": format!("{}-gone", place.name())});
    let webhook = json!({"conversionReviewVersions": ["v1"], "clientConfig": {"service": service}});
    let conversion = json!({"strategy": "Webhook", "webhook": webhook});
    definitions.change(&name, json!({"spec": {"conversion": conversion}})).await;
    let unread = async || {
        let is_read = resources("v2").try_has("one").await || resources("v1").try_has("two").await;
        (!is_read).then_some(())
    };
    eventually("nobody reads them", unread).await;
    name
}

/// One whose first look has failed has lost nothing, and need not list every kind that there is.
#[tokio::test]
async fn a_kind_that_cannot_be_listed_stands_in_nobody_s_way() {
    let Some(place) = Place::alone("unlisted").await else { return };
    let definition = make_unreadable(&place).await;
    let source = json!({"type": "image", "image": {"ref": place.image("1.0.0")}});
    let web =
        place.create(json!({"provisionerClassName": Which::RegistryV1.class(), "source": source})).await;
    web.until("it has failed", |seen| seen.says("Unpacked").starts_with("False/")).await;
    suggested(&place, "1.0.0", "first");
    let audit = place.audit();
    let mark = audit.mark().await;
    web.look_again("now").await;
    let seen = web.until_settled().await;
    assert_eq!(seen.text("/status/installNamespace"), format!("{}-first", place.name()));
    let requests = place.of_provisioners(&audit.since(mark).await);
    let lists = requests.filter(|request| {
        request.uri.contains(&format!("unread.{}/", place.group())) && request.uri.contains("/gadgets")
    });
    assert!(lists.is_empty(), "{lists}");
    let definitions = place.global("apiextensions.k8s.io/v1/CustomResourceDefinition");
    definitions
        .change(&definition, json!({"spec": {"conversion": {"strategy": "None", "webhook": null}}}))
        .await;
    definitions.delete(&definition).await;
}

/// What an earlier version had, and no inventory knows of any more, is found by its marks.
#[tokio::test]
async fn a_status_that_is_lost_in_the_midst_of_an_upgrade_leaves_nothing_behind() {
    let Some(place) = Place::new("lost-more").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1"), map("old", "1")])).await;
    let uid = async || place.objects("v1/ConfigMap").get("one").await.unwrap()["metadata"]["uid"].clone();
    let before = uid().await;
    let image = place.push("v2", &plain(&[map("one", "1")]));
    web.respec(json!({"paused": true, "source": {"image": {"ref": image}}})).await;
    web.until_says("Reconciling", "False/Paused").await;
    lose_status(&place, web.name());
    web.respec(json!({"paused": false})).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.inventory(), [format!("{}_one__ConfigMap", place.name())]);
    assert!(!place.objects("v1/ConfigMap").has("old").await);
    assert_eq!(uid().await, before, "what is in both is not made anew");
}

#[tokio::test]
async fn one_whose_status_is_lost_takes_everything_with_it() {
    let Some(place) = Place::alone("lost-delete").await else { return };
    let web = place.install_plain(&maps(2, "1")).await;
    let plain = place.provisioners().of(Which::Plain);
    plain.kill();
    lose_status(&place, web.name());
    web.delete().await;
    plain.start(&[]);
    web.until_gone().await;
    let maps = place.objects("v1/ConfigMap");
    assert!(!maps.has("map-0").await && !maps.has("map-1").await);
}

#[tokio::test]
async fn an_api_server_that_was_away_is_worked_with_again() {
    let Some(place) = Place::alone("api-away").await else { return };
    let web = place.install_plain(&maps(2, "1")).await;
    place.cluster().stop_apiserver().await.unwrap();
    place.wait(Duration::from_secs(1)).await;
    place.cluster().start_apiserver().await.unwrap();
    assert_repaired(&place).await;
    let image = place.push("v2", &maps(1, "2"));
    web.switch_to(&image).await;
    web.until_settled().await;
    for which in Which::ALL {
        assert_eq!(place.provisioners().of(which).state(), "running");
    }
}

/// A `BundleDeployment` that comes back from a backup has another UID, and its objects still have the old one.
#[tokio::test]
async fn one_that_is_restored_has_its_objects_again() {
    let Some(place) = Place::alone("restored").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1"), map("old", "1")])).await;
    let (before, maps) = (web.see().await, place.objects("v1/ConfigMap"));
    let uid = maps.get("one").await.unwrap()["metadata"]["uid"].clone();
    let provisioner = place.provisioners().of(Which::Plain);
    provisioner.stop();
    web.change(json!({"metadata": {"finalizers": null}})).await;
    web.delete().await;
    web.until_gone().await;
    let image = place.push("v2", &plain(&[map("one", "2")]));
    let web = place.create(place.spec(Which::Plain, &image)).await;
    provisioner.start(&[]);
    let seen = web.until_settled().await;
    assert_ne!(seen.at("/metadata/uid"), before.at("/metadata/uid"));
    assert_eq!(maps.get("one").await.unwrap()["metadata"]["uid"], uid);
    assert_eq!(maps.get("one").await.unwrap()["data"]["value"], "2");
    // What it had, and has no more, is found by its marks.
    assert!(!maps.has("old").await);
    web.delete().await;
    web.until_gone().await;
    assert!(!maps.has("one").await);
}
