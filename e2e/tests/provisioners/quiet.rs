//! Where nothing changes, nothing is written and nobody is asked.

use std::time::Duration;

use e2e::controlplane::eventually;
use e2e::provisioners::bundle::{maps, operator};
use e2e::provisioners::{Deployment, Place, Which};

/// Some deployments of both classes, all of them settled.
async fn settled(place: &Place) -> Vec<Deployment<'_>> {
    let image = place.push("v1", &operator(&place.group(), "1.0.0"));
    let mut all = vec![place.create(place.spec(Which::RegistryV1, &image)).await];
    let image = place.push("maps", &maps(5, "1"));
    for number in 0..3 {
        let name = format!("plain-{number}");
        let mut spec = place.spec(Which::Plain, &image);
        spec["installNamespace"] = format!("{}-{name}", place.name()).into();
        all.push(place.create_other(&name, spec).await);
    }
    for deployment in &all {
        deployment.until_settled().await;
    }
    all
}

#[tokio::test]
async fn nothing_is_asked_or_written_while_nothing_changes() {
    let Some(place) = Place::new("quiet").await else { return };
    let all = settled(&place).await;
    let before = futures_util::future::join_all(all.iter().map(Deployment::see)).await;
    place.quiet_for(Duration::from_secs(20)).await;
    let after = futures_util::future::join_all(all.iter().map(Deployment::see)).await;
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_start_finds_everything_settled_without_a_write() {
    let Some(place) = Place::alone("restart").await else { return };
    let all = settled(&place).await;
    let before = futures_util::future::join_all(all.iter().map(Deployment::see)).await;
    let (audit, pulls) = (place.audit(), place.pulls());
    for which in Which::ALL {
        place.provisioners().of(which).stop();
    }
    let mark = audit.mark().await;
    for which in Which::ALL {
        place.provisioners().of(which).start(&[]);
    }
    place.wait(Duration::from_secs(6)).await;
    let writes = place.of_provisioners(&audit.since(mark).await).writes();
    assert!(writes.is_empty(), "{writes}");
    assert_eq!(place.pulls(), pulls, "the content is in the cache");
    let after = futures_util::future::join_all(all.iter().map(Deployment::see)).await;
    assert_eq!(before, after);
    // And it is there.
    let maps = e2e::provisioners::Objects::new(
        place.client(),
        "v1/ConfigMap",
        Some(&format!("{}-plain-0", place.name())),
    );
    maps.delete("map-0").await;
    eventually("the map is back", async || maps.has("map-0").await.then_some(())).await;
}
