//! An API server on a bad day, as a provisioner meets it: it is busy, it fails, it is slow, answers are lost, connections are cut, and for a
//! while it is not there at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use e2e::controlplane::{Fault, FaultProxy, at_last};
use e2e::provisioners::bundle::maps;
use e2e::provisioners::{Deployment, Place, Seen, Which};
use e2e::random::{Random, seed};

/// What happens to requests, each to so many of a hundred.
const FAULTS: [(Fault, usize); 7] = [
    (Fault::Busy(0), 4),
    (Fault::Status(500), 3),
    (Fault::Status(503), 3),
    (Fault::Status(504), 2),
    (Fault::Cut, 3),
    (Fault::Lost, 3),
    (Fault::Slow(Duration::from_millis(300)), 4),
];

/// Has all of that happen from now on, by chance. How often it does.
fn spoil(proxy: &FaultProxy) -> Arc<AtomicUsize> {
    let seed = seed();
    #[expect(clippy::print_stdout, reason = "it is shown where the test fails")]
    {
        println!("CHAOS_SEED={seed}");
    }
    let happened = Arc::new(AtomicUsize::new(0));
    for (lane, (fault, chance)) in (0..).zip(FAULTS) {
        let (mut random, happened) = (Random::new(seed, lane), Arc::clone(&happened));
        proxy.inject(fault, move |_| {
            let happens = random.percent(chance);
            happened.fetch_add(usize::from(happens), Ordering::Relaxed);
            happens
        });
    }
    happened
}

async fn until_settled(deployment: &Deployment<'_>, objects: usize) {
    let seen = deployment.until_at_last("it is installed and healthy", Seen::is_settled).await;
    assert_eq!(seen.inventory().len(), objects);
}

#[tokio::test]
async fn whatever_the_api_server_answers_the_end_is_the_same() {
    let Some(place) = Place::alone("bad-day").await else { return };
    let proxy = FaultProxy::start(&place.kubeconfig(Which::Plain));
    place.provisioners().of(Which::Plain).stop();
    let daemon = place.another(Which::Plain, "unlucky", Some(&proxy.kubeconfig()));
    daemon.start(&[]);
    let happened = spoil(&proxy);

    let image = place.push("v1", &maps(5, "1"));
    let one = place.create(place.spec(Which::Plain, &image)).await;
    let mut spec = place.spec(Which::Plain, &image);
    spec["installNamespace"] = format!("{}-other", place.name()).into();
    let other = place.create_other("other", spec).await;
    until_settled(&one, 5).await;
    until_settled(&other, 5).await;

    let maps_of_one = place.objects("v1/ConfigMap");
    let repaired = async || {
        maps_of_one.delete("map-0").await;
        at_last("the map is back", async || maps_of_one.has("map-0").await.then_some(())).await;
    };
    proxy.cut();
    repaired().await;
    proxy.leave();
    place.wait(Duration::from_secs(5)).await;
    proxy.come_back();
    repaired().await;

    let image = place.push("v2", &maps(2, "2"));
    one.switch_to(&image).await;
    until_settled(&one, 2).await;
    assert_eq!(maps_of_one.get("map-1").await.unwrap()["data"]["value"], "2");
    assert!(!maps_of_one.has("map-2").await);

    one.delete().await;
    other.delete().await;
    one.until_gone_at_last().await;
    other.until_gone_at_last().await;
    assert!(!maps_of_one.has("map-0").await && !maps_of_one.has("map-1").await);
    assert_eq!(daemon.state(), "running");
    assert!(happened.load(Ordering::Relaxed) >= 10, "it was no bad day");
}
