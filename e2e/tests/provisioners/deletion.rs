//! What becomes of what is installed when a `BundleDeployment` goes.

use e2e::controlplane::eventually;
use e2e::faults::{Faults, Times, stall_after};
use e2e::image::Image;
use e2e::provisioners::bundle::{definition, gadget, map, maps, plain, workload};
use e2e::provisioners::{Deployment, Place, Which};
use serde_json::{Value, json};

const DEFINITION: &str = "apiextensions.k8s.io/v1/CustomResourceDefinition";

/// Installs a definition, a resource of it, a map and a workload.
async fn installed<'p>(place: &'p Place, policy: Option<&str>) -> Deployment<'p> {
    let group = place.group();
    let objects = [definition(&group), gadget(&group, "one"), map("one", "1"), workload("web")];
    let image = place.push("v1", &plain(&objects));
    let mut spec = place.spec(Which::Plain, &image);
    if let Some(policy) = policy {
        spec["deletionPolicy"] = policy.into();
    }
    let web = place.create(spec).await;
    web.until_settled().await;
    web
}

/// Which of what was installed is there: the definition, its resource, the map, the workload.
async fn there(place: &Place) -> [bool; 4] {
    let group = place.group();
    [
        place.global(DEFINITION).has(&format!("gadgets.{group}")).await,
        place.objects(&format!("{group}/v1/Gadget")).try_has("one").await,
        place.objects("v1/ConfigMap").has("one").await,
        place.objects("apps/v1/Deployment").has("web").await,
    ]
}

/// Whether an object says that somebody owns it.
fn is_marked(object: &Value) -> bool {
    let metadata = object["metadata"].to_string();
    metadata.contains("core.rukpak.io/owner") || metadata.contains("core.rukpak.io/owned-id")
}

#[tokio::test]
async fn everything_goes() {
    let Some(place) = Place::anywhere("delete").await else { return };
    let web = installed(&place, None).await;
    // Another resource, which somebody else made: its definition goes.
    place.objects(&format!("{}/v1/Gadget", place.group())).create(json!({"metadata": {"name": "two"}})).await;
    web.delete().await;
    web.until_gone().await;
    assert_eq!(there(&place).await, [false; 4]);
    assert!(place.global("v1/Namespace").has(place.name()).await, "the namespace stays");
}

#[tokio::test]
async fn definitions_are_kept_with_their_resources() {
    let Some(place) = Place::anywhere("keep").await else { return };
    let web = installed(&place, Some("KeepCRDs")).await;
    web.delete().await;
    web.until_gone().await;
    assert_eq!(there(&place).await, [true, true, false, false]);
    // Who comes next has them again, resources and all.
    let image = place.push("v2", &plain(&[definition(&place.group()), map("one", "2")]));
    let next = place.create(place.spec(Which::Plain, &image)).await;
    let seen = next.until_settled().await;
    assert_eq!(seen.inventory().len(), 2, "{seen}");
}

#[tokio::test]
async fn everything_stays_and_is_nobodys() {
    let Some(place) = Place::anywhere("orphan").await else { return };
    let web = installed(&place, Some("Orphan")).await;
    web.delete().await;
    web.until_gone().await;
    assert_eq!(there(&place).await, [true; 4]);
    let map = place.objects("v1/ConfigMap").get("one").await.unwrap();
    assert!(!is_marked(&map), "{map}");
}

#[tokio::test]
async fn kubectl_can_ask_for_everything_to_stay() {
    let Some(place) = Place::anywhere("cascade").await else { return };
    let web = installed(&place, None).await;
    place.kubectl(&["delete", "bundledeployment", web.name(), "--cascade=orphan", "--timeout=30s"]);
    web.until_gone().await;
    assert_eq!(there(&place).await, [true; 4]);
    let map = place.objects("v1/ConfigMap").get("one").await.unwrap();
    assert!(!is_marked(&map), "{map}");
}

/// Ownership is no owner reference, so that this deletes what it should, in the right order.
#[tokio::test]
async fn kubectl_can_wait_for_everything_to_go() {
    let Some(place) = Place::anywhere("foreground").await else { return };
    let web = installed(&place, None).await;
    place.kubectl(&["delete", "bd", web.name(), "--cascade=foreground", "--timeout=30s"]);
    assert_eq!(there(&place).await, [false; 4]);
}

fn image(value: &str) -> Image {
    let files = maps(1, value);
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    Image::of_files(&files)
}

#[tokio::test]
async fn one_whose_content_is_still_being_fetched_goes_at_once() {
    let Some(place) = Place::anywhere("unpacking").await else { return };
    let faults = Faults::serving(&image(place.name()));
    faults.on("GET", "/blobs/", Times::Always, stall_after(1));
    let web = place.create(place.spec(Which::Plain, &faults.image("bundle:v1"))).await;
    let seen = web.until_says("Unpacked", "False/Unpacking").await;
    assert_eq!(seen.says("Reconciling"), "True/Unpacking");
    assert_eq!(
        (seen.says("Installed").as_str(), seen.says("Stalled").as_str()),
        ("Unknown/Pending", "False/Progressing")
    );
    let start = std::time::Instant::now();
    web.delete().await;
    web.until_gone().await;
    // What says nothing is waited for for 20 s.
    assert!(start.elapsed().as_secs() < 14, "{:?}", start.elapsed());
    assert!(!place.objects("v1/ConfigMap").has("map-0").await);
}

/// Neither the content nor its source is needed for it.
#[tokio::test]
async fn one_whose_source_is_away_goes() {
    let Some(place) = Place::anywhere("away").await else { return };
    let faults = Faults::serving(&image("1"));
    let web = place.create(place.spec(Which::Plain, &faults.image("bundle:v1"))).await;
    web.until_settled().await;
    drop(faults);
    web.delete().await;
    web.until_gone().await;
    assert!(!place.objects("v1/ConfigMap").has("map-0").await);
}

#[tokio::test]
async fn one_that_was_never_installed_goes() {
    let Some(place) = Place::anywhere("never").await else { return };
    let web = place.create(place.spec(Which::Plain, &place.image("none"))).await;
    web.until_says("Unpacked", "False/UnpackFailed").await;
    web.delete().await;
    web.until_gone().await;
}

/// A finalizer of somebody else is waited for, and never taken off.
#[tokio::test]
async fn a_resource_that_somebody_holds_is_named_and_waited_for() {
    let Some(place) = Place::anywhere("held").await else { return };
    let group = place.group();
    let web = installed(&place, None).await;
    let gadgets = place.objects(&format!("{group}/v1/Gadget"));
    gadgets.change("one", json!({"metadata": {"finalizers": ["example.com/hold"]}})).await;
    web.delete().await;
    let seen = web
        .until("who holds it is named", |seen| {
            seen.says("Reconciling") == "True/Deleting"
                && seen.message("Reconciling").contains("example.com/hold")
        })
        .await;
    assert_eq!(seen.says("Installed"), "False/Deleting");
    // What serves the resource is still there, so that it can do what it holds it for.
    assert_eq!(there(&place).await, [true; 4]);
    gadgets.change("one", json!({"metadata": {"finalizers": null}})).await;
    web.until_gone().await;
    eventually("everything is gone", async || (there(&place).await == [false; 4]).then_some(())).await;
}

pub(crate) const HOLD: &str = "example.com/hold";

/// How often it was logged that a deletion came to no end.
pub(crate) fn refusals(place: &Place) -> usize {
    let log = place.provisioners().of(Which::Plain).log();
    log.lines().filter(|line| line.contains(place.name()) && line.contains("DeletionBlocked")).count()
}

/// Also by a process that has not seen how it was installed.
#[tokio::test]
async fn who_holds_a_deletion_up_and_lets_go_is_heard_after_a_restart() {
    let Some(place) = Place::alone("let-go").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1"), map("two", "1")])).await;
    let maps = place.objects("v1/ConfigMap");
    maps.change("one", json!({"metadata": {"finalizers": [HOLD]}})).await;
    web.delete().await;
    web.until("who holds it is named", |seen| seen.message("Reconciling").contains(HOLD)).await;
    let provisioner = place.provisioners().of(Which::Plain);
    provisioner.kill();
    provisioner.start(&[]);
    let before = refusals(&place);
    // By then it would wait for a while.
    eventually("it is tried some times", async || (refusals(&place) >= before + 4).then_some(())).await;
    let start = std::time::Instant::now();
    maps.change("one", json!({"metadata": {"finalizers": null}})).await;
    web.until_gone().await;
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

/// What is left when somebody sees what they are doing stays.
#[tokio::test]
async fn what_is_left_stays_where_that_is_asked_for_while_the_rest_goes() {
    let Some(place) = Place::anywhere("rescued").await else { return };
    let web = installed(&place, None).await;
    let (workloads, gadgets) =
        (place.objects("apps/v1/Deployment"), place.objects(&format!("{}/v1/Gadget", place.group())));
    workloads.change("web", json!({"metadata": {"finalizers": [HOLD]}})).await;
    web.delete().await;
    web.until("who holds it is named", |seen| seen.message("Reconciling").contains(HOLD)).await;
    web.respec(json!({"deletionPolicy": "Orphan"})).await;
    web.until_gone().await;
    assert!(!gadgets.try_has("one").await);
    assert_eq!(there(&place).await, [true, false, true, true]);
    workloads.change("web", json!({"metadata": {"finalizers": null}})).await;
}

/// Nobody else waits for them.
#[tokio::test]
async fn many_that_somebody_holds_up_leave_the_turns_to_others() {
    let Some(place) = Place::anywhere("many-held").await else { return };
    let image = place.push("v1", &plain(&[map("one", "1")]));
    let maps = |number: usize| {
        e2e::provisioners::Objects::new(
            place.client(),
            "v1/ConfigMap",
            Some(&format!("{}-{number}", place.name())),
        )
    };
    let mut held = Vec::new();
    for number in 0..16 {
        let mut spec = place.spec(Which::Plain, &image);
        spec["installNamespace"] = format!("{}-{number}", place.name()).into();
        held.push(place.create_other(&number.to_string(), spec).await);
    }
    for (number, web) in held.iter().enumerate() {
        web.until_settled().await;
        maps(number).change("one", json!({"metadata": {"finalizers": [HOLD]}})).await;
    }
    futures_util::future::join_all(held.iter().map(Deployment::delete)).await;
    for web in &held {
        web.until("who holds it is named", |seen| seen.message("Reconciling").contains(HOLD)).await;
    }
    let start = std::time::Instant::now();
    place.install_plain(&plain(&[map("one", "1")])).await;
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    for (number, web) in held.iter().enumerate() {
        maps(number).change("one", json!({"metadata": {"finalizers": null}})).await;
        web.until_gone().await;
    }
}

#[tokio::test]
async fn what_an_upgrade_takes_away_and_somebody_holds_is_named_and_waited_for() {
    let Some(place) = Place::anywhere("held-old").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1"), map("old", "1")])).await;
    let maps = place.objects("v1/ConfigMap");
    maps.change("old", json!({"metadata": {"finalizers": ["example.com/hold"]}})).await;
    web.switch_to(&place.push("v2", &plain(&[map("one", "2")]))).await;
    let seen = web
        .until("who holds it is named", |seen| {
            seen.says("Reconciling").starts_with("True/")
                && seen.message("Reconciling").contains("example.com/hold")
        })
        .await;
    assert!(seen.inventory().iter().any(|id| id.contains("_old_")), "{seen}");
    assert_eq!(maps.get("one").await.unwrap()["data"]["value"], "2");
    maps.change("old", json!({"metadata": {"finalizers": null}})).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.inventory().len(), 1, "{seen}");
    assert!(!maps.has("old").await);
}
