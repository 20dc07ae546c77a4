//! Several replicas of a provisioner: one works, all of them serve content, and another takes over, whatever becomes of the first.

use std::fs;
use std::path::Path;
use std::time::Duration;

use e2e::controlplane::{Fault, FaultProxy, eventually};
use e2e::faults::Faults;
use e2e::image::Image;
use e2e::provisioners::bundle::{map, maps, plain, workload};
use e2e::provisioners::{Daemon, Place, Which};
use hyper::{Method, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use crate::served::client::Answer;
use crate::served::{connect, reader};

/// How long a lease is good that nobody gives back.
const LEASE: Duration = Duration::from_secs(15);

/// One of several.
struct Replica<'p> {
    place: &'p Place,
    daemon: Daemon,
}

impl<'p> Replica<'p> {
    /// Starts one that contends for the lease.
    fn start(place: &'p Place, name: &str, kubeconfig: Option<&Path>) -> Self {
        Self::start_with(place, name, kubeconfig, &["--leader-elect"])
    }

    fn start_with(place: &'p Place, name: &str, kubeconfig: Option<&Path>, arguments: &[&str]) -> Self {
        let daemon = place.another(Which::Plain, name, kubeconfig);
        daemon.start(arguments);
        Self { place, daemon }
    }

    /// Starts one that works by itself, in place of the usual process, and gets at the API server through a proxy.
    async fn behind(place: &'p Place, proxy: &FaultProxy) -> Self {
        place.provisioners().of(Which::Plain).stop();
        let one = Self::start_with(place, "one", Some(&proxy.kubeconfig()), &[]);
        eventually("it is ready", async || one.is_ready().await.then_some(())).await;
        one
    }

    async fn until_it_logs(&self, text: &str) {
        eventually(text, async || self.daemon.log().contains(text).then_some(())).await;
    }

    async fn ask(&self, method: Method, path: &str, token: Option<&str>) -> Option<Answer> {
        let mut connection = connect(self.place, &self.daemon).await?;
        connection.ask(method, path, token, "").await.ok()
    }

    /// The status of its content of a `BundleDeployment`.
    async fn content(&self, path: &str, token: &str) -> Option<StatusCode> {
        Some(self.ask(Method::HEAD, path, Some(token)).await?.status)
    }

    /// The value of a series, named without the label that all have.
    async fn figure(&self, series: &str) -> Option<f64> {
        let text = self.ask(Method::GET, "/metrics", None).await?.text;
        let class = format!("class=\"{}\"", Which::Plain.class());
        let named = |line: &str| line.replace(&format!("{{{class}}}"), "").replace(&format!("{class},"), "");
        let lines: Vec<_> = text.lines().map(named).collect();
        lines.iter().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
    }

    async fn holds(&self) -> bool {
        self.figure("rukpak_lease_held").await == Some(1.0)
    }

    async fn until_it_holds(&self) {
        eventually("the lease is held", async || self.holds().await.then_some(())).await;
    }

    async fn is_ready(&self) -> bool {
        self.ask(Method::GET, "/readyz", None).await.is_some_and(|answer| answer.status == StatusCode::OK)
    }

    async fn until_it_stands_by(&self) {
        eventually("it is ready", async || self.is_ready().await.then_some(())).await;
        assert!(!self.holds().await);
    }
}

impl Drop for Replica<'_> {
    /// The next ones need not wait for its lease.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.daemon.stop();
        }
    }
}

/// Two replicas, of which the first one works, in place of the usual process. That one gets at the API server by a kubeconfig of its own.
async fn pair<'p>(place: &'p Place, kubeconfig: Option<&Path>) -> [Replica<'p>; 2] {
    place.provisioners().of(Which::Plain).stop();
    let one = Replica::start(place, "one", kubeconfig);
    one.until_it_holds().await;
    let two = Replica::start(place, "two", None);
    two.until_it_stands_by().await;
    [one, two]
}

/// Deletes an object and waits until it is back.
async fn assert_repaired(place: &Place) {
    let maps = place.objects("v1/ConfigMap");
    maps.try_delete("map-0").await;
    eventually("the map is back", async || maps.has("map-0").await.then_some(())).await;
}

/// Whoever asks is told to ask again.
#[track_caller]
fn assert_is_later(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    assert_eq!(answer.headers["retry-after"], "10");
}

/// A registry in memory with one bundle.
fn registry() -> Faults {
    let files = maps(2, "1");
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    Faults::serving(&Image::of_files(&files))
}

#[tokio::test]
async fn one_that_stands_by_serves_what_it_never_fetched_and_writes_nothing() {
    let Some(place) = Place::alone("standby").await else { return };
    let [one, two] = pair(&place, None).await;
    let registry = registry();
    let web = place.create(place.spec(Which::Plain, &registry.image("bundle:v1"))).await;
    web.until_settled().await;
    let token = reader(&place).await;
    let path = format!("/bundles/{}.tgz", web.name());
    let pulls = registry.requests().len();
    eventually("the content is served", async || {
        (two.content(&path, &token).await == Some(StatusCode::OK)).then_some(())
    })
    .await;
    let requests = registry.requests().split_off(pulls);
    assert!(!requests.is_empty(), "it has a cache of its own");
    assert!(!requests.iter().any(|request| request.contains("/manifests/v1")), "by its digest: {requests:?}");

    // What was not unpacked yet says why; what cannot be fetched now may be later.
    let none = place.create_other("none", place.spec(Which::Plain, &registry.image("none:v1"))).await;
    let seen = none.until_says("Unpacked", "False/UnpackFailed").await;
    let answer = eventually("the standby has seen it, too", async || {
        let answer = two.ask(Method::GET, &format!("/bundles/{}.tgz", none.name()), Some(&token)).await?;
        answer.text.contains(seen.message("Unpacked")).then_some(answer)
    })
    .await;
    assert_is_later(&answer);
    drop(registry);
    fs::remove_dir_all(two.daemon.cache()).unwrap();
    let answer = two.ask(Method::GET, &path, Some(&token)).await.unwrap();
    assert_is_later(&answer);
    assert_eq!(one.content(&path, &token).await, Some(StatusCode::OK), "who fetched it has it");

    let figures = async |series: &str| [one.figure(series).await, two.figure(series).await];
    let settled = r#"rukpak_reconciles_total{outcome="settled"}"#;
    let [works, stands_by] = figures(settled).await;
    assert!(works > Some(0.0) && stands_by == Some(0.0), "{settled}: {works:?}, {stands_by:?}");
    for (series, expected) in [
        (r#"rukpak_objects_written_total{action="created"}"#, [2.0, 0.0]),
        (r#"rukpak_reconciles_total{outcome="panicked"}"#, [0.0, 0.0]),
        ("rukpak_queue_length", [0.0, 0.0]),
        ("rukpak_reconciles_running", [0.0, 0.0]),
        ("rukpak_lease_held", [1.0, 0.0]),
    ] {
        assert_eq!(figures(series).await, expected.map(Some), "{series}");
    }
    eventually("both count all of them", async || {
        let [works, stands_by] = figures(r#"rukpak_deployments{condition="Installed",status="True"}"#).await;
        (works == stands_by && works > Some(0.0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn one_that_is_told_to_end_hands_over_at_once() {
    let Some(place) = Place::alone("handover").await else { return };
    let [one, two] = pair(&place, None).await;
    let web = place.install_plain(&maps(2, "1")).await;
    let before = web.see().await;
    one.daemon.stop();
    let ended = Instant::now();
    two.until_it_holds().await;
    assert!(ended.elapsed() < LEASE / 3 * 2, "after {:?}: the lease was given back", ended.elapsed());
    assert_repaired(&place).await;
    assert_eq!(web.until_settled().await.at("/status"), before.at("/status"));
    // Back again, it waits for its turn.
    one.daemon.start(&["--leader-elect"]);
    one.until_it_stands_by().await;
    two.daemon.stop();
    one.until_it_holds().await;
    assert_repaired(&place).await;
}

#[tokio::test]
async fn what_one_that_is_killed_has_begun_another_finishes() {
    let Some(place) = Place::alone("takeover").await else { return };
    let proxy = FaultProxy::start(&place.kubeconfig(Which::Plain));
    let [one, two] = pair(&place, Some(&proxy.kubeconfig())).await;
    proxy.inject(Fault::Stuck, |asked| {
        asked.method == "POST" && asked.path.contains("/configmaps") && !asked.path.contains("dryRun")
    });
    let web = place.create(place.spec(Which::Plain, &place.push("v1", &maps(3, "1")))).await;
    eventually("it is in the midst of it", async || (proxy.stuck() > 0).then_some(())).await;
    one.daemon.kill();
    let killed = Instant::now();
    two.until_it_holds().await;
    assert!(killed.elapsed() > LEASE / 2, "nobody takes what somebody holds");
    let seen = web.until_settled().await;
    assert_eq!(seen.inventory().len(), 3);
    assert_eq!(two.figure(r#"rukpak_objects_written_total{action="created"}"#).await, Some(3.0));
}

/// It can still write, and nobody but its clock tells it that it must not.
#[tokio::test]
async fn one_that_cannot_renew_stops_writing_before_another_begins() {
    let Some(place) = Place::alone("cut-off").await else { return };
    // As the administrator, so that the log of the API server tells the two apart.
    let proxy = FaultProxy::start(&place.cluster().kubeconfig());
    let [one, two] = pair(&place, Some(&proxy.kubeconfig())).await;
    let web = place.install_plain(&maps(2, "1")).await;
    // And one that it is in the midst of.
    let suffix = "stuck";
    let namespace = format!("{}-{suffix}", place.name());
    let path = format!("/namespaces/{namespace}/configmaps");
    proxy.inject(Fault::Stuck, move |asked| asked.method == "POST" && asked.path.contains(&path));
    let mut spec = place.spec(Which::Plain, &place.image("v1"));
    spec["installNamespace"] = namespace.into();
    let stuck = place.create_other(suffix, spec).await;
    eventually("it is in the midst of it", async || (proxy.stuck() > 0).then_some(())).await;
    assert!(one.figure("rukpak_reconciles_running").await >= Some(1.0));
    let (audit, maps) = (place.audit(), place.objects("v1/ConfigMap"));
    let mark = audit.mark().await;
    proxy.inject(Fault::Cut, |asked| asked.path.contains("/leases"));
    eventually("another one takes over", async || {
        // There is always something to do.
        maps.try_delete("map-0").await;
        two.holds().await.then_some(())
    })
    .await;
    proxy.heal();
    assert_repaired(&place).await;
    web.until_settled().await;
    stuck.until_settled().await;
    assert!(one.is_ready().await && !one.holds().await);
    for series in ["rukpak_queue_length", "rukpak_reconciles_running", "rukpak_fetches_waiting"] {
        assert_eq!(one.figure(series).await, Some(0.0), "{series} of one that stands by");
    }

    let writes = audit.since(mark).await.by_agent("provisioner-plain/").writes();
    let writes = writes.filter(|request| request.uri.contains(place.name()));
    let user = Which::Plain.user();
    let of_two = writes.iter().position(|request| request.user == user).unwrap();
    let of_one = writes.iter().rposition(|request| request.user != user).unwrap();
    assert!(of_one < of_two, "{writes}");
}

/// As where the API server is cut in two: each of them finds what the other has written, and gives way.
#[tokio::test]
async fn two_that_both_believe_to_be_in_charge_do_no_harm() {
    let Some(place) = Place::alone("both").await else { return };
    place.provisioners().of(Which::Plain).stop();
    let both = ["one", "two"].map(|name| Replica::start_with(&place, name, None, &[]));
    for one in &both {
        eventually("it is ready", async || one.is_ready().await.then_some(())).await;
    }
    let web = place.install_plain(&maps(4, "1")).await;
    let objects = place.objects("v1/ConfigMap");
    let uid = async |name: &str| objects.get(name).await.unwrap()["metadata"]["uid"].clone();
    let before = uid("map-0").await;
    web.switch_to(&place.push("v2", &maps(2, "2"))).await;
    let seen = web.until_settled().await;
    let expected = ["map-0", "map-1"].map(|name| format!("{}_{name}__ConfigMap", place.name()));
    assert_eq!(seen.inventory(), expected);
    assert_eq!(uid("map-0").await, before, "it is changed, and not made anew");
    eventually("what is not wanted any more goes", async || (!objects.has("map-3").await).then_some(()))
        .await;
    web.delete().await;
    web.until_gone().await;
    assert!(!objects.has("map-0").await && !objects.has("map-1").await);
}

#[tokio::test]
async fn one_whose_status_others_write_all_the_time_gives_way_and_tries_again() {
    let Some(place) = Place::alone("conflicts").await else { return };
    let proxy = FaultProxy::start(&place.kubeconfig(Which::Plain));
    let one = Replica::behind(&place, &proxy).await;
    proxy.inject(Fault::Status(409), |asked| asked.method == "PUT" && asked.path.contains("/status"));
    let web = place.create(place.spec(Which::Plain, &place.push("v1", &maps(2, "1")))).await;
    one.until_it_logs("it changes all the time").await;
    assert!(!place.objects("v1/ConfigMap").has("map-0").await, "what is not in the status is not made");
    proxy.heal();
    web.until_settled().await;
}

#[tokio::test]
async fn one_whose_inventory_somebody_else_writes_stops_and_finds_what_it_owns() {
    let Some(place) = Place::alone("inventory").await else { return };
    let proxy = FaultProxy::start(&place.kubeconfig(Which::Plain));
    let one = Replica::behind(&place, &proxy).await;
    proxy.inject(Fault::Slow(Duration::from_secs(3)), |asked| {
        asked.method == "POST" && asked.path.contains("/configmaps") && !asked.path.contains("dryRun")
    });
    // The second phase begins with another look.
    let files = plain(&[map("one", "1"), workload("web")]);
    let web = place.create(place.spec(Which::Plain, &place.push("v1", &files))).await;
    web.until("it is being written", |seen| !seen.inventory().is_empty()).await;
    let patch = "[{\"op\": \"replace\", \"path\": \"/status/inventory\", \"value\": {\"entries\": []}}]";
    place.kubectl(&["patch", "bd", web.name(), "--subresource=status", "--type=json", "-p", patch]);
    one.until_it_logs("somebody else has written its inventory").await;
    proxy.heal();
    let seen = web.until_settled().await;
    assert_eq!(seen.inventory().len(), 2, "{seen}");
}

/// Its list tells, when it can be asked again; and until then nobody takes it for one that has never seen a list.
#[tokio::test]
async fn one_that_goes_while_nobody_can_watch_is_gone() {
    let Some(place) = Place::alone("unseen").await else { return };
    let proxy = FaultProxy::start(&place.kubeconfig(Which::Plain));
    let one = Replica::behind(&place, &proxy).await;
    let web = place.install_plain(&maps(2, "1")).await;
    let token = reader(&place).await;
    proxy.leave();
    web.change(json!({"metadata": {"finalizers": null}})).await;
    web.delete().await;
    web.until_gone().await;
    one.until_it_logs("the watch of BundleDeployments begins anew").await;
    assert!(one.is_ready().await, "it knows all that there were");
    proxy.come_back();
    let path = format!("/bundles/{}.tgz", web.name());
    eventually("it is known to be gone", async || {
        (one.content(&path, &token).await == Some(StatusCode::NOT_FOUND)).then_some(())
    })
    .await;
    assert!(one.is_ready().await);
    // What it left is nobody's.
    let maps = place.objects("v1/ConfigMap");
    maps.delete("map-0").await;
    place.wait(Duration::from_secs(2)).await;
    assert!(!maps.has("map-0").await && maps.has("map-1").await);
    // And the next one of the same name has it again.
    let web = place.create(place.spec(Which::Plain, &place.image("v1"))).await;
    web.until_settled().await;
}
