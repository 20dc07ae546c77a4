//! What happens after minutes in which nobody does anything. All of it takes a minute, beside which the tests that come after it run:
//! so it is one test, on one thread.

use std::time::Duration;

use e2e::controlplane::{at_last, eventually};
use e2e::faults::Faults;
use e2e::image::Image;
use e2e::provisioners::bundle::{map, maps, plain, workload};
use e2e::provisioners::{Place, Seen, Which};
use serde_json::json;

use super::deletion::{HOLD, refusals};

#[tokio::test]
async fn what_is_to_happen_after_a_minute_happens() {
    tokio::join!(
        who_is_not_healthy_in_time_is_stalled_until_they_are(),
        who_cannot_be_installed_in_time_is_stalled_and_tried_again(),
        a_tag_that_moves_is_followed_where_it_is_polled(),
        a_tag_that_does_not_move_costs_no_write(),
        a_registry_that_is_away_when_it_is_polled_changes_nothing(),
        a_deletion_that_somebody_holds_up_stays_stalled_until_they_let_go(),
    );
}

/// Since when it is so is when it became so, however often it is found out. It goes on when what is in the way is gone.
async fn who_is_not_healthy_in_time_is_stalled_until_they_are() {
    let Some(place) = Place::new("overdue").await else { return };
    let mut gated = workload("web");
    gated["spec"]["template"]["spec"]["schedulingGates"] = json!([{"name": "example.com/gate"}]);
    let mut spec = place.spec(Which::Plain, &place.push("v1", &plain(&[map("one", "1"), gated])));
    spec["progressDeadlineMinutes"] = 1.into();
    let web = place.create(spec).await;
    let seen = web.until_says("Healthy", "False/Unhealthy").await;
    assert_eq!(seen.says("Stalled"), "False/Progressing");
    let stalled = web
        .until_at_last("it had its time", |seen| seen.says("Stalled") == "True/ProgressDeadlineExceeded")
        .await;
    assert!(stalled.message("Stalled").contains("not healthy after 1 min"), "{stalled}");
    assert_eq!(stalled.says("Installed"), "True/InstallationSucceeded");
    for look in ["once", "twice"] {
        web.look_again(look).await;
        let seen =
            web.until("it is looked at", |seen| seen.text("/status/lastHandledReconcileAt") == look).await;
        for kind in ["Healthy", "Reconciling", "Stalled"] {
            assert_eq!(
                (seen.says(kind), seen.since(kind)),
                (stalled.says(kind), stalled.since(kind)),
                "{seen}"
            );
        }
    }
    let pods = place.objects("v1/Pod");
    for pod in pods.list().await {
        pods.change(pod["metadata"]["name"].as_str().unwrap(), json!({"spec": {"schedulingGates": null}}))
            .await;
    }
    let seen = web.until_settled().await;
    assert_eq!(seen.says("Stalled"), "False/Settled");
}

async fn a_tag_that_moves_is_followed_where_it_is_polled() {
    let Some(place) = Place::new("polled").await else { return };
    let mut spec = place.spec(Which::Plain, &place.push("v1", &maps(1, "1")));
    spec["source"]["pollIntervalMinutes"] = 1.into();
    let web = place.create(spec).await;
    let before = web.until_settled().await;
    let _ = place.push("v1", &maps(1, "2"));
    let seen = web
        .until_at_last("the tag is followed", |seen| {
            seen.is_settled() && seen.at("/status/activeSource") != before.at("/status/activeSource")
        })
        .await;
    assert_eq!((seen.generation(), seen.at("/spec")), (before.generation(), before.at("/spec")));
    assert_eq!(place.objects("v1/ConfigMap").get("map-0").await.unwrap()["data"]["value"], "2");
}

async fn a_tag_that_does_not_move_costs_no_write() {
    let Some(place) = Place::new("unmoved").await else { return };
    let mut spec = place.spec(Which::Plain, &place.push("v1", &maps(1, "1")));
    spec["source"]["pollIntervalMinutes"] = 1.into();
    let web = place.create(spec).await;
    let (before, pulls) = (web.until_settled().await, place.pulls().len());
    at_last("the tag is looked at", async || (place.pulls().len() > pulls).then_some(())).await;
    place.wait(Duration::from_secs(2)).await;
    let version = "/metadata/resourceVersion";
    assert_eq!(web.see().await.at(version), before.at(version));
}

async fn a_registry_that_is_away_when_it_is_polled_changes_nothing() {
    let Some(place) = Place::new("poll-away").await else { return };
    let files = maps(1, "1");
    let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    let faults = Faults::serving(&Image::of_files(&files));
    let mut spec = place.spec(Which::Plain, &faults.image("bundle:v1"));
    spec["source"]["pollIntervalMinutes"] = 1.into();
    let web = place.create(spec).await;
    let before = web.until_settled().await;
    drop(faults);
    let seen =
        web.until_at_last("it cannot be looked at", |seen| seen.says("Reconciling") == "True/Retrying").await;
    let message = seen.message("Reconciling");
    assert!(message.starts_with("it is not known whether there is a new version: "), "{seen}");
    for kind in ["Unpacked", "HasValidBundle", "Installed", "Healthy"] {
        assert_eq!((seen.says(kind), seen.since(kind)), (before.says(kind), before.since(kind)), "{seen}");
    }
    assert_eq!(seen.at("/status/activeSource"), before.at("/status/activeSource"));
    assert!(place.objects("v1/ConfigMap").has("map-0").await);
}

/// Whatever it is that is tried again.
async fn who_cannot_be_installed_in_time_is_stalled_and_tried_again() {
    let Some(place) = Place::new("never").await else { return };
    place.make_namespace().await;
    let with_deadline = |image: &str| {
        let mut spec = place.spec(Which::Plain, image);
        spec["progressDeadlineMinutes"] = 1.into();
        spec
    };
    let maps = place.objects("v1/ConfigMap");
    maps.create(json!({"metadata": {"name": "one"}, "data": {"value": "theirs"}})).await;
    let missing = place.create_other("missing", with_deadline(&place.image("missing"))).await;
    let collides = place.push("v1", &plain(&[map("one", "1")]));
    let collides = place.create_other("collides", with_deadline(&collides)).await;
    for (deployment, why) in [(&missing, "found no image"), (&collides, "one")] {
        let stalled = deployment
            .until_at_last("it had its time", |seen| seen.says("Stalled") == "True/ProgressDeadlineExceeded")
            .await;
        let message = stalled.message("Stalled");
        assert!(message.starts_with("not installed after 1 min: ") && message.contains(why), "{stalled}");
    }
    let _ = place.push("missing", &plain(&[map("two", "1")]));
    maps.delete("one").await;
    for deployment in [&missing, &collides] {
        deployment.until_at_last("it got on", Seen::is_settled).await;
        assert_eq!(deployment.see().await.says("Stalled"), "False/Settled");
    }
}

/// The writes of the status of a `BundleDeployment` among what was asked since a moment.
async fn reports(place: &Place, mark: e2e::controlplane::Mark) -> usize {
    let asked = place.of_provisioners(&place.audit().since(mark).await);
    asked.writes().filter(|request| request.subresource == "status").len()
}

/// That it is stalled is said once, so that who waits for it to be so for a while hears of it; what holds it up may go at any time.
async fn a_deletion_that_somebody_holds_up_stays_stalled_until_they_let_go() {
    let Some(place) = Place::new("blocked").await else { return };
    let mut spec = place.spec(Which::Plain, &place.push("v1", &plain(&[map("one", "1"), map("two", "1")])));
    spec["progressDeadlineMinutes"] = 1.into();
    let web = place.create(spec).await;
    web.until_settled().await;
    let maps = place.objects("v1/ConfigMap");
    maps.change("one", json!({"metadata": {"finalizers": [HOLD]}})).await;
    web.delete().await;
    web.until("who holds it is named", |seen| seen.message("Reconciling").contains(HOLD)).await;
    let stalled =
        web.until_at_last("it is stalled", |seen| seen.says("Stalled") == "True/DeletionBlocked").await;
    let mark = place.audit().mark().await;
    for look in 0..4 {
        let before = refusals(&place);
        maps.change("one", json!({"metadata": {"annotations": {"example.com/look": look.to_string()}}}))
            .await;
        eventually("it is looked at again", async || (refusals(&place) > before).then_some(())).await;
        let seen = web.see().await;
        assert_eq!(seen.at("/status"), stalled.at("/status"), "{seen}");
    }
    assert_eq!(reports(&place, mark).await, 0);
    assert!(!maps.has("two").await);
    let start = std::time::Instant::now();
    maps.change("one", json!({"metadata": {"finalizers": null}})).await;
    web.until_gone().await;
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
