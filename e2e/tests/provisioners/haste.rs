//! Users who change their mind, or are many: what was said last counts, and nothing of the rest is left.

use std::time::Duration;

use e2e::provisioners::bundle::{map, maps, plain};
use e2e::provisioners::{Place, Which};
use serde_json::json;

#[tokio::test]
async fn the_last_word_counts_however_fast_it_comes() {
    let Some(place) = Place::new("mind").await else { return };
    let versions = [0, 1, 2]
        .map(|number: usize| plain(&[map("both", &number.to_string()), map(&format!("only-{number}"), "1")]));
    let images: Vec<_> =
        versions.iter().enumerate().map(|(number, files)| place.push(&format!("v{number}"), files)).collect();
    let web = place.create(place.spec(Which::Plain, &images[0])).await;
    for round in 0..12 {
        place.wait(Duration::from_millis(40 * (round % 5))).await;
        let number = usize::try_from(round).unwrap() % 3;
        web.switch_to(&images[number]).await;
        // Others have something to say about it, too.
        web.change(json!({"metadata": {"labels": {"example.com/round": round.to_string()}}})).await;
    }
    let seen = web.until_settled().await;
    assert_eq!(
        seen.inventory(),
        ["both", "only-2"].map(|name| format!("{}_{name}__ConfigMap", place.name()))
    );
    let live = place.objects("v1/ConfigMap");
    assert_eq!(live.get("both").await.unwrap()["data"]["value"], "2");
    assert!(!live.has("only-0").await && !live.has("only-1").await);
}

#[tokio::test]
async fn one_that_is_made_again_at_once_has_what_it_should() {
    let Some(place) = Place::new("again").await else { return };
    let image = place.push("v1", &maps(3, "1"));
    let mut uids = Vec::new();
    for round in 0..4 {
        let web = place.create(place.spec(Which::Plain, &image)).await;
        place.wait(Duration::from_millis(70 * round)).await;
        uids.push(web.see().await.text("/metadata/uid").to_owned());
        web.delete().await;
        web.until_gone().await;
        assert!(!place.objects("v1/ConfigMap").has("map-0").await, "round {round}");
    }
    let web = place.create(place.spec(Which::Plain, &image)).await;
    web.until_settled().await;
    uids.push(web.see().await.text("/metadata/uid").to_owned());
    let owner = &place.objects("v1/ConfigMap").get("map-0").await.unwrap()["metadata"]["annotations"];
    assert_eq!(owner["core.rukpak.io/owner-uid"].as_str(), uids.last().map(String::as_str));
}

#[tokio::test]
async fn many_at_once_are_all_installed() {
    let Some(place) = Place::anywhere("many").await else { return };
    let image = place.push("v1", &maps(2, place.name()));
    let mut all = Vec::new();
    for number in 0..30 {
        let mut spec = place.spec(Which::Plain, &image);
        spec["installNamespace"] = format!("{}-{number}", place.name()).into();
        all.push(place.create_other(&number.to_string(), spec).await);
    }
    for deployment in &all {
        assert_eq!(deployment.until_settled().await.inventory().len(), 2);
    }
    let is_content = |pull: &&String| pull.starts_with("GET") && pull.contains("/blobs/");
    let pulls = place.pulls();
    assert_eq!(pulls.iter().filter(is_content).count(), 1, "the content is fetched once: {pulls:#?}");
    for deployment in &all {
        deployment.delete().await;
    }
    for deployment in &all {
        deployment.until_gone().await;
    }
}
