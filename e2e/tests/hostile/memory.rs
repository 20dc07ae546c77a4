//! What is small on its way and large in memory: layers that wait for each other, documents of many values.

use std::time::Duration;

use e2e::faults::Times::Always;
use e2e::faults::late;
use e2e::image::{Image, OCI_MANIFEST, OCI_TAR, Part, Tar, layer};
use e2e::noise::noise;
use e2e::process::Host;
use rstest::rstest;

use super::{MEMORY, MOST, Place, WORST, assert_says, good, one};

/// Layers that would all fit in between, and cannot be decoded before the lowest one is there.
#[test]
fn small_layers_do_not_all_wait_at_once() {
    let large = |number| {
        let tar = Tar::new().file(format!("elsewhere/{number}"), noise(1_000_000, number));
        Part::new(OCI_TAR, tar.finish())
    };
    let layers: Vec<_> = std::iter::once(layer(&good())).chain((1..128).map(large)).collect();
    let place = Place::of(&Image::new(&layers));
    place.faults.on("GET", &layers[0].digest, Always, late(Duration::from_secs(3)));
    assert_eq!(place.accepts(), one("manifests/a.yaml", "a"));
}

/// Text of objects that are small, and are large as values.
fn objects(bytes: usize) -> String {
    let object = r#"{"":0},"#;
    object.repeat(bytes / object.len())
}

/// A manifest that says nothing at length.
#[test]
fn a_manifest_of_many_objects_takes_no_memory() {
    let manifest = format!(r#"{{"schemaVersion":2,"x":[{}0]}}"#, objects((4 << 20) - 100));
    let image = Image::new(&[]).with_manifest_bytes(OCI_MANIFEST, manifest.into_bytes());
    Place::of(&image).refuses("manifest_of_many_objects");
}

/// A file of credentials, and the index of a layout, say so with an error.
#[rstest]
#[case::credentials("credentials_of_many_objects", &["--authfile", "document.json", "127.0.0.1:1/a"])]
#[case::index("index_of_many_objects", &["oci:."])]
fn documents_of_many_objects_are_bounded(#[case] name: &str, #[case] arguments: &[&str]) {
    let host = Host::new();
    let document = format!(r#"{{"schemaVersion":2,"x":[{}0]}}"#, objects((4 << 20) - 100));
    let _ = host.write("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
    let _ = host.write("document.json", &document);
    let _ = host.write("index.json", &document);
    let (run, usage) = host.run_measured(MEMORY, [&["render", "-q"], arguments].concat());
    WORST.count(name, usage);
    assert_says(name, &run.refused());
    assert!(usage.resident <= MOST.resident && usage.cpu <= MOST.cpu, "{usage}");
}
