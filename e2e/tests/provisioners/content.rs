//! What is no bundle, and what is said of it; in rukpak's words where it has some.

use e2e::provisioners::bundle::{Files, annotations, map, maps, operator, plain};
use e2e::provisioners::{Place, Seen, Which};
use serde_json::json;

/// Creates one of a bundle that is none, and says how that is reported.
async fn refused(place: &Place, which: Which, files: &Files) -> Seen {
    let image = place.push("v1", files);
    let deployment = place.create(place.spec(which, &image)).await;
    deployment.until_says("Stalled", "True/BundleLoadFailed").await
}

/// Nothing was installed before: both conditions say why.
fn assert_says(seen: &Seen, expected: &str) {
    assert_eq!(seen.says("Unpacked"), "True/UnpackSuccessful", "{seen}");
    assert_eq!(seen.says("HasValidBundle"), "False/BundleLoadFailed", "{seen}");
    assert_eq!(seen.says("Installed"), "False/InstallFailed", "{seen}");
    assert_eq!(seen.says("Healthy"), "False/InstallationStatusFalse", "{seen}");
    assert_eq!(seen.says("Reconciling"), "False/BundleLoadFailed", "{seen}");
    for kind in ["HasValidBundle", "Installed"] {
        assert!(seen.message(kind).contains(expected), "{kind}\n{seen}");
        assert_eq!(seen.generation_of(kind), Some(seen.generation()));
    }
    assert_eq!((seen.inventory().len(), seen.at("/status/activeSource")), (0, &json!(null)), "{seen}");
}

#[tokio::test]
async fn a_plain_bundle_has_manifests() {
    let Some(place) = Place::new("no-manifests").await else { return };
    let files = vec![("README.md".to_owned(), "nothing".to_owned())];
    let seen = refused(&place, Which::Plain, &files).await;
    assert_says(&seen, "readdir manifests: file does not exist");
}

#[tokio::test]
async fn a_plain_bundle_has_objects() {
    let Some(place) = Place::new("empty").await else { return };
    let seen =
        refused(&place, Which::Plain, &vec![("manifests/none.yaml".into(), "---\n# nothing\n".into())]).await;
    assert_says(&seen, "found zero objects: plain+v0 bundles are required to contain at least one object");
}

#[tokio::test]
async fn a_plain_bundle_has_no_directories() {
    let Some(place) = Place::new("nested").await else { return };
    let mut files = maps(1, "1");
    files.push(("manifests/emptydir/map.yaml".into(), map("nested", "1").to_string()));
    let seen = refused(&place, Which::Plain, &files).await;
    assert_says(
        &seen,
        "subdirectories are not allowed within the \"manifests\" directory of the bundle image filesystem: \
         found \"manifests/emptydir\"",
    );
}

#[tokio::test]
async fn an_operators_bundle_has_what_one_needs() {
    let Some(place) = Place::new("no-csv").await else { return };
    let mut files = vec![("metadata/annotations.yaml".to_owned(), annotations("broken"))];
    files.extend(maps(1, "1"));
    let seen = refused(&place, Which::RegistryV1, &files).await;
    assert_says(&seen, "convert registry+v1 bundle to plain+v0 bundle:");
    assert!(!place.objects("v1/ConfigMap").has("map-0").await);
}

/// And nothing of it is tried again before somebody changes something.
#[tokio::test]
async fn what_is_no_bundle_is_not_tried_again_by_itself() {
    let Some(place) = Place::new("hopeless").await else { return };
    let seen = refused(&place, Which::Plain, &vec![("manifests/a.yaml".into(), "[no object]".into())]).await;
    assert!(seen.message("HasValidBundle").contains("manifests/a.yaml"), "{seen}");
    place.quiet_for(std::time::Duration::from_secs(5)).await;
    // A new version is a change.
    let web = place.deployment(place.name());
    let image = place.push("v2", &maps(1, "1"));
    web.switch_to(&image).await;
    web.until_settled().await;
}

/// A class is a promise about the content.
#[tokio::test]
async fn the_bundle_of_another_format_is_refused() {
    let Some(place) = Place::new("other-format").await else { return };
    let seen = refused(&place, Which::RegistryV1, &plain(&[map("a", "1")])).await;
    assert_says(&seen, "convert registry+v1 bundle to plain+v0 bundle:");
    // An operator's bundle says that it is no plain one.
    let image = place.push("operator", &operator(&place.group(), "1.0.0"));
    let other = place.create_other("plain", place.spec(Which::Plain, &image)).await;
    let seen = other.until_says("HasValidBundle", "False/BundleLoadFailed").await;
    let message = seen.message("HasValidBundle");
    assert!(message.contains("says that it is \"registry+v1\", and has the ClusterServiceVersion"), "{seen}");
    assert!(message.ends_with(Which::RegistryV1.class()), "{seen}");
}
