//! Archives of Docker, in the shapes that its releases and other programs give them.

use std::fs;
use std::io::Read as _;

use insta::assert_snapshot;
use oci_distribution::manifest as wire;
use rstest::rstest;
use serde_json::{Value, json};
use tar::EntryType::{Regular, Symlink};
use tempfile::tempdir;

use super::forge::{gzip, tar_of, zstd};
use super::*;
use crate::Digest;

/// The one layer of an image.
fn layer(content: &str) -> Vec<u8> {
    tar(&[("manifests/a.yaml", content.as_bytes())])
}

fn config(layers: &[&[u8]]) -> Vec<u8> {
    let diff_ids: Vec<_> = layers.iter().map(|layer| Digest::sha256(layer)).collect();
    json!({"os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}).to_string().into_bytes()
}

fn manifest(images: &Value) -> Vec<u8> {
    images.to_string().into_bytes()
}

fn read(bytes: &[u8], name: Option<&str>) -> Result<String, String> {
    let directory = tempdir().unwrap();
    let path = directory.path().join("image.tar");
    fs::write(&path, bytes).unwrap();
    let store = docker_archive(&path);
    store.and_then(|store| file_of(&store, name)).map_err(|error| text(&error, directory.path()))
}

/// Two images, as `docker save` wrote them until version 24.
fn two_images() -> Vec<u8> {
    let image = |name: &str| {
        json!({"Config": format!("{name}.json"), "RepoTags": [format!("{name}:v1"), format!("quay.io/x/{name}:v1")],
            "Layers": [format!("{name}/layer.tar")]})
    };
    tar(&[
        ("a/layer.tar", &layer("a")),
        ("a.json", &config(&[&layer("a")])),
        ("b/layer.tar", &layer("b")),
        ("b.json", &config(&[&layer("b")])),
        ("manifest.json", &manifest(&json!([image("a"), image("b")]))),
    ])
}

#[rstest]
#[case::short("a:v1", "a")]
#[case::with_defaults("docker.io/library/b:v1", "b")]
#[case::of_a_registry("quay.io/x/a:v1", "a")]
#[case::by_its_configuration("b.json", "b")]
#[case::by_its_place("@1", "b")]
fn names(#[case] name: &str, #[case] content: &str) {
    assert_eq!(read(&two_images(), Some(name)), Ok(content.into()));
}

#[rstest]
#[case::plain(<[u8]>::to_vec, <[u8]>::to_vec)]
#[case::compressed_layer(gzip, <[u8]>::to_vec)]
#[case::layer_of_zstd(zstd, <[u8]>::to_vec)]
#[case::compressed_archive(<[u8]>::to_vec, gzip)]
#[case::both(gzip, zstd)]
fn compressed(#[case] layers: fn(&[u8]) -> Vec<u8>, #[case] archive: fn(&[u8]) -> Vec<u8>) {
    let image = json!([{"Config": "c", "RepoTags": null, "Layers": ["l"]}]);
    let bytes = tar(&[
        ("manifest.json", &manifest(&image)),
        ("l", &layers(&layer("a"))),
        ("c", &config(&[&layer("a")])),
    ]);
    assert_eq!(read(&archive(&bytes), None), Ok("a".into()));
}

#[test]
fn the_manifest_is_that_of_a_registry() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("image.tar");
    fs::write(&path, two_images()).unwrap();
    let store = docker_archive(&path).unwrap();
    let found = store.find(Some("a:v1")).unwrap();
    assert_eq!(found.media_type, wire::IMAGE_MANIFEST_MEDIA_TYPE);
    let bytes = store.content(&found, 4 << 20).unwrap();
    assert_eq!(found, Descriptor::of(wire::IMAGE_MANIFEST_MEDIA_TYPE, &bytes));
    assert_snapshot!(String::from_utf8(bytes).unwrap());
}

/// An empty layer occurs in many images more than once.
#[test]
fn one_layer_may_be_listed_twice() {
    let image = json!([{"Config": "c", "Layers": ["l", "l", "m"]}]);
    let (layer, config) = (layer("a"), config(&[&layer("a"), &layer("a"), &layer("a")]));
    let bytes =
        tar(&[("manifest.json", &manifest(&image)), ("l", &layer), ("m", &gzip(&layer)), ("c", &config)]);
    assert_eq!(read(&bytes, None), Ok("aaa".into()));
}

/// Docker once wrote a link where a layer occurs in several images.
#[test]
fn a_layer_may_be_a_link() {
    let image = json!([{"Config": "c", "Layers": ["b/layer.tar"]}]);
    let bytes = tar_of(&[
        ("a/layer.tar", Regular, "", &layer("a")),
        ("b/layer.tar", Symlink, "../a/layer.tar", b""),
        ("c", Regular, "", &config(&[&layer("a")])),
        ("manifest.json", Regular, "", &manifest(&image)),
    ]);
    assert_eq!(read(&bytes, None), Ok("a".into()));
}

/// As Docker writes them since version 25.
#[test]
fn an_archive_may_be_both() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("image.tar");
    let built = image("a");
    write(ImageWriter::oci_archive(&path).unwrap(), &built, Some("v1")).unwrap();
    let blob = |descriptor: &Descriptor| crate::store::files::blob_path(&descriptor.digest).join("/");
    let docker = json!([{"Config": blob(&built.config_descriptor), "RepoTags": ["a:v1"],
        "Layers": [blob(&built.layer_descriptor)]}]);
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(bytes.len() - 1024);
    bytes.extend(tar(&[("manifest.json", &manifest(&docker))]));
    fs::write(&path, bytes).unwrap();
    assert_eq!(file_of(&oci_archive(&path).unwrap(), Some("v1")).unwrap(), "a");
    assert_eq!(file_of(&docker_archive(&path).unwrap(), Some("a:v1")).unwrap(), "a");
}

fn one(image: &Value, files: &[(&str, &[u8])]) -> Vec<u8> {
    let manifest = manifest(&json!([image]));
    tar(&[&[("manifest.json", manifest.as_slice())], files].concat())
}

#[test]
fn faults() {
    let cases = [
        ("no manifest", tar(&[("repositories", b"{}")]), None),
        ("layout", tar(&[("oci-layout", b"{}")]), None),
        ("manifest is no list", tar(&[("manifest.json", b"{}")]), None),
        ("no images", tar(&[("manifest.json", b"[]")]), None),
        ("two images", two_images(), None),
        ("other name", two_images(), Some("a")),
        ("config is outside", one(&json!({"Config": "../c", "Layers": []}), &[]), None),
        (
            "layer is outside",
            one(&json!({"Config": "c", "Layers": ["../../etc/passwd"]}), &[("c", &config(&[b""]))]),
            None,
        ),
        ("no config", one(&json!({"Config": "c", "Layers": []}), &[]), None),
        ("no layer", one(&json!({"Config": "c", "Layers": ["l"]}), &[("c", &config(&[b""]))]), None),
        ("too few layers", one(&json!({"Config": "c", "Layers": []}), &[("c", &config(&[b""]))]), None),
        (
            "other layer",
            one(&json!({"Config": "c", "Layers": ["l"]}), &[("c", &config(&[b"x"])), ("l", b"y")]),
            None,
        ),
        ("config of another shape", one(&json!({"Config": "c", "Layers": []}), &[("c", b"{}")]), None),
        (
            "digest of another shape",
            one(
                &json!({"Config": "c", "Layers": []}),
                &[("c", br#"{"rootfs":{"diff_ids":["sha256:../x"]}}"#)],
            ),
            None,
        ),
        (
            "damaged layer",
            one(
                &json!({"Config": "c", "Layers": ["l"]}),
                &[("c", &config(&[b"x"])), ("l", &gzip(b"x")[..15])],
            ),
            None,
        ),
    ];
    let texts = cases.map(|(case, bytes, name)| format!("{case}\n    {}", read(&bytes, name).unwrap_err()));
    assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_layer_that_grows_without_end_is_refused() {
    let bytes = one(
        &json!({"Config": "c", "Layers": ["l", "m"]}),
        &[("c", &config(&[b"x", b"y"])), ("l", &gzip(&[0; 5000])), ("m", &gzip(&[0; 5001]))],
    );
    let directory = tempdir().unwrap();
    let path = directory.path().join("image.tar");
    fs::write(&path, bytes).unwrap();
    let limits = Limits { skipped_bytes: 10_000, ..Limits::default() };
    let store = ImageStore::docker_archive(&path, &ReadOptions { temporary: None, limits }).unwrap();
    let error = text(&store.find(None).unwrap_err(), directory.path());
    assert_eq!(error, "m of DIR/image.tar has more than 10000 bytes, the limit");
}

#[test]
fn what_was_not_asked_for_is_not_there() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("image.tar");
    fs::write(&path, two_images()).unwrap();
    let store = docker_archive(&path).unwrap();
    let layer = Descriptor::of("x", &layer("a"));
    assert!(matches!(store.blob(&layer).err(), Some(StoreError::NoBlob { .. })));
    store.find(Some("a:v1")).unwrap();
    let mut content = vec![];
    store.blob(&layer).unwrap().read_to_end(&mut content).unwrap();
    assert_eq!(content.len() as u64, layer.size);
}
