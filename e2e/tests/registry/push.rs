//! What `push` writes, and prints.

use std::fs;
use std::path::Path;

use e2e::process::Host;
use rstest::rstest;

use super::{assert_says, bundle, digest_of, registry, skopeo};

#[test]
fn the_same_bundle_has_the_same_digest() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let first = host.run(["push", "-q", &bundle(), &registry.image("bundle:v1")]).ok();
    assert!(first.starts_with(&registry.image("bundle@sha256:")), "{first}");
    assert_eq!(host.run(["push", "-q", &bundle(), &registry.image("bundle:v1")]).ok(), first);
    // Another person, another place, another name.
    let other = Host::new().run(["push", "-q", &bundle(), &registry.image("other/bundle:v2")]).ok();
    assert_eq!(digest_of(&other), digest_of(&first));
}

#[test]
fn what_is_there_is_not_sent_again() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let reference = registry.image("bundle:v1");
    host.run(["push", &bundle(), &reference]).ok();
    let before = registry.requests();
    host.run(["push", &bundle(), &reference]).ok();
    let after = registry.requests().split_off(before.len());
    let puts: Vec<_> = after.iter().filter(|request| !request.starts_with("HEAD ")).collect();
    assert_eq!(puts, ["GET /v2/ 200", "PUT /v2/bundle/manifests/v1 201"]);
}

/// What some bundles bring beside their manifests goes along.
#[test]
fn what_was_pulled_is_pushed_as_the_same() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    host.run(["pull", "-q", &bundle(), "--to", "first"]).ok();
    fs::create_dir(host.path("first/tests")).unwrap();
    fs::write(host.path("first/tests/config.yaml"), "kind: Configuration").unwrap();
    let pushed = host.run(["push", "-q", "first", &registry.image("bundle:v1")]).ok();
    host.run(["pull", "-q", &registry.image("bundle:v1"), "--to", "second"]).ok();
    let again = host.run(["push", "-q", "second", &registry.image("bundle:v2")]).ok();
    assert_eq!(digest_of(&again), digest_of(&pushed));
}

/// Registries are asked what an image is without a look into its layers.
#[test]
fn a_bundle_without_labels_is_not_pushed() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    host.run(["pull", "-q", &bundle(), "--to", "broken"]).ok();
    fs::write(host.path("broken/metadata/annotations.yaml"), "annotations:\n  a: [1\n").unwrap();
    let refused = host.run(["push", "broken", &registry.image("bundle:v1")]).refused();
    assert!(
        refused.contains("metadata/annotations.yaml:") && refused.contains("annotations-unreadable"),
        "{refused}"
    );
    assert!(registry.requests().iter().all(|request| !request.starts_with("PUT ")));
}

/// What is printed is what can be fetched.
#[test]
fn the_printed_name_can_be_rendered() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let pushed = host.run(["push", "-q", &bundle(), &registry.image("bundle:v1")]).ok();
    let expected = host.run(["render", "-q", &bundle()]).ok();
    assert_eq!(host.run(["render", "-q", pushed.trim_end()]).ok(), expected);
}

/// An image is copied as it is.
#[rstest]
#[case::layout("oci:layout:v1")]
#[case::oci_archive("oci-archive:bundle.tar:v1")]
fn a_copy_keeps_its_digest(#[case] stored: &str) {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let pushed = host.run(["push", "-q", &bundle(), &registry.image("bundle:v1")]).ok();
    host.run(["pull", &registry.image("bundle:v1"), "--to", stored]).ok();
    let copied = host.run(["push", "-q", stored, &registry.image("copy:v1")]).ok();
    assert_eq!(digest_of(&copied), digest_of(&pushed));
    let expected = host.run(["render", "-q", &bundle()]).ok();
    assert_eq!(host.run(["render", "-q", copied.trim_end()]).ok(), expected);
}

/// A docker archive holds no manifest of a registry, so that one is made, and always the same.
#[test]
fn a_docker_archive_is_copied() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let archive = "docker-archive:bundle.tar:registry.example.com/bundle:v1";
    host.run(["pull", &bundle(), "--to", archive]).ok();
    let copied = host.run(["push", "-q", archive, &registry.image("copy:v1")]).ok();
    assert_eq!(host.run(["push", "-q", archive, &registry.image("copy:v2")]).ok(), copied);
    let expected = host.run(["render", "-q", &bundle()]).ok();
    assert_eq!(host.run(["render", "-q", copied.trim_end()]).ok(), expected);
    let reference = format!("docker://{}", registry.image("copy:v1"));
    skopeo(&host, &["copy", "--src-tls-verify=false", &reference, "oci:copy:v1"]);
}

#[test]
fn an_image_of_a_registry_is_not_pushed() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    host.run(["push", &bundle(), &registry.image("bundle:v1")]).ok();
    let source = format!("docker://{}", registry.image("bundle:v1"));
    let text = host.run(["push", &source, &registry.image("copy:v1")]).refused();
    assert_says("an_image_of_a_registry", &text);
}

#[test]
fn what_is_no_bundle_is_not_pushed() {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    let _ = host.write("nothing/README.md", "nothing");
    let text = host.run(["push", "nothing", &registry.image("bundle:v1")]).refused();
    assert_says("no_bundle", &text);
    let puts = registry.requests().into_iter().filter(|request| request.starts_with('P'));
    assert_eq!(puts.collect::<Vec<_>>(), Vec::<String>::new());
}

/// Nothing is begun for what is not there, and what is wrong with what is there is not told of the registry.
#[rstest]
#[case::missing("a_blob_that_is_missing", |blob: &Path| fs::remove_file(blob).unwrap(), 0)]
#[case::cut("a_blob_that_is_cut", |blob: &Path| fs::write(blob, &fs::read(blob).unwrap()[1..]).unwrap(), 2)]
#[case::changed("a_blob_that_is_changed", |blob: &Path| {
    let mut bytes = fs::read(blob).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(blob, bytes).unwrap();
}, 2)]
fn a_layout_that_is_damaged_is_told_as_that(
    #[case] name: &str,
    #[case] damage: fn(&Path),
    #[case] uploads: usize,
) {
    let (host, Some(registry)) = (Host::new(), registry()) else { return };
    host.run(["pull", &bundle(), "--to", "oci:layout"]).ok();
    let blobs = fs::read_dir(host.path("layout/blobs/sha256")).unwrap().map(|entry| entry.unwrap().path());
    let layer = blobs.max_by_key(|blob| fs::metadata(blob).unwrap().len()).unwrap();
    damage(&layer);
    let text = host.run(["push", "-q", "oci:layout", &registry.image("bundle:v1")]).refused();
    assert_says(name, &text);
    let begun = registry.requests().into_iter().filter(|request| request.starts_with("POST "));
    assert!(begun.count() <= uploads);
    // What the registry has need not be there.
    host.run(["push", "-q", &bundle(), &registry.image("bundle:v1")]).ok();
    host.run(["push", "-q", "oci:layout", &registry.image("bundle:v2")]).ok();
}
