//! Manifests that lie, contradict themselves, or are not meant for us.

use e2e::faults::Faults;
use e2e::faults::Times::Always;
use e2e::faults::with_header;
use e2e::image::{DOCKER_MANIFEST, Image, OCI_GZIP, OCI_INDEX, OCI_MANIFEST, Part, Tar, layer};
use rstest::rstest;
use serde_json::{Value, json};

use super::{Client, assert_says, files};

fn small() -> Image {
    Image::of_files(&[("manifests/a.yaml", "a")])
}

#[rstest]
#[case::negative_size("negative_size", |manifest: &mut Value| manifest["layers"][0]["size"] = (-1).into())]
#[case::huge_size("huge_size", |manifest: &mut Value| manifest["layers"][0]["size"] = i64::MAX.into())]
#[case::size_beyond_64_bits("size_beyond_64_bits", |manifest: &mut Value| {
    manifest["layers"][0]["size"] = 1e30.into();
})]
#[case::size_as_text("size_as_text", |manifest: &mut Value| manifest["layers"][0]["size"] = "1".into())]
#[case::no_digest("no_digest", |manifest: &mut Value| manifest["layers"][0]["digest"] = "sha256:../../x".into())]
#[case::unknown_hash("unknown_hash", |manifest: &mut Value| manifest["layers"][0]["digest"] = "md5:00".into())]
#[case::no_layers("no_layers", |manifest: &mut Value| drop(manifest.as_object_mut().unwrap().remove("layers")))]
#[case::image_and_index("image_and_index", |manifest: &mut Value| manifest["manifests"] = json!([]))]
#[case::many_layers("many_layers", |manifest: &mut Value| {
    let layer = manifest["layers"][0].clone();
    manifest["layers"] = vec![layer; 200].into();
})]
#[case::no_archive("no_archive", |manifest: &mut Value| {
    manifest["layers"][0]["mediaType"] = "application/vnd.cncf.helm.chart.content.v1+json".into();
})]
#[case::encrypted("encrypted", |manifest: &mut Value| {
    manifest["layers"][0]["mediaType"] = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted".into();
})]
#[case::other_type_inside("other_type_inside", |manifest: &mut Value| manifest["mediaType"] = DOCKER_MANIFEST.into())]
#[case::unknown_type("unknown_type", |manifest: &mut Value| {
    manifest["mediaType"] = "application/vnd.example+json\u{1b}[2J".into();
})]
fn manifests_that_are_refused(#[case] name: &str, #[case] change: fn(&mut Value)) {
    let faults = Faults::serving(&small().with_manifest(change));
    let text = Client::default().refused(&faults);
    assert_says(name, &text);
}

#[rstest]
#[case::schema_1(
    "schema_1",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    r#"{"schemaVersion":1,"name":"bundle","tag":"v1","fsLayers":[],"history":[]}"#
)]
#[case::html("html", "text/html", "<html><body>Sign in</body></html>")]
#[case::not_json("not_json", OCI_MANIFEST, "manifest")]
#[case::empty("empty", OCI_MANIFEST, "")]
#[case::list("list", OCI_MANIFEST, "[]")]
#[case::unknown("unknown", "application/vnd.example+json", "{}")]
fn documents_that_are_refused(#[case] name: &str, #[case] media_type: &str, #[case] document: &str) {
    let faults = Faults::serving(&small().with_manifest_bytes(media_type, document.as_bytes()));
    assert_says(name, &Client::default().refused(&faults));
}

/// The limit that was set, and not another.
#[rstest]
#[case::image(small())]
#[case::index(Image::index(OCI_INDEX, &[("linux/amd64", small())]))]
fn a_manifest_of_more_than_the_limit_is_refused(#[case] image: Image) {
    let mut client = Client::default();
    client.limits.manifest_bytes = image.manifest.bytes.len() as u64;
    let larger = image.clone().with_manifest(|manifest| manifest["x"] = "y".into());
    assert!(client.fetch(&Faults::serving(&larger).image("bundle:v1")).is_err());
    client.limits.manifest_bytes = larger.manifest.bytes.len().max(small().manifest.bytes.len()) as u64;
    assert!(client.fetch(&Faults::serving(&larger).image("bundle:v1")).is_ok());
    client.limits.manifest_bytes = 100;
    assert_says("manifest_of_more_than_100_bytes", &client.refused(&Faults::serving(&image)));
}

#[rstest]
#[case::one(&[11 << 30])]
#[case::together(&[6 << 30, 6 << 30])]
fn layers_of_more_than_may_be_read_are_not_begun(#[case] sizes: &[u64]) {
    let layer = |size: &u64| Part::new(OCI_GZIP, *b"some").said_to_have(*size);
    let faults = Faults::serving(&Image::new(&sizes.iter().map(layer).collect::<Vec<_>>()));
    let text = Client::default().refused(&faults);
    assert_says(&format!("layers_of_{}_gibibytes", sizes.iter().sum::<u64>() >> 30), &text);
    assert_eq!(faults.requests_for("/blobs/").len(), 0);
}

/// A document of a million brackets is no deep recursion.
#[test]
fn a_deep_document_is_refused() {
    let document = "[".repeat(1_000_000);
    let faults = Faults::serving(&small().with_manifest_bytes(OCI_MANIFEST, document.as_bytes()));
    assert_says("deep", &Client::default().refused(&faults));
}

/// The header says another kind than the document.
#[test]
fn a_manifest_that_is_announced_as_another_kind_is_refused() {
    let faults = Faults::serving(&small());
    faults.on("GET", "/manifests/", Always, with_header("Content-Type", OCI_INDEX));
    assert_says("announced_as_an_index", &Client::default().refused(&faults));
}

/// Many servers do not know what they serve.
#[rstest]
#[case("application/octet-stream")]
#[case("application/json; charset=utf-8")]
#[case("")]
fn a_content_type_that_says_nothing_does_not_matter(#[case] media_type: &str) {
    let faults = Faults::serving(&small());
    faults.on("GET", "/manifests/", Always, with_header("Content-Type", media_type));
    assert_eq!(Client::default().get(&faults), files(&[("manifests/a.yaml", "a")]));
}

/// An index refers to an index, and so on.
#[rstest]
#[case::some(3, None)]
#[case::too_many(10, Some("nested_indexes"))]
fn nested_indexes(#[case] depth: usize, #[case] refused: Option<&str>) {
    let index = (0..depth).fold(small(), |inner, _| Image::index(OCI_INDEX, &[("linux/amd64", inner)]));
    let faults = Faults::serving(&index);
    match refused {
        None => assert_eq!(Client::default().get(&faults), files(&[("manifests/a.yaml", "a")])),
        Some(name) => assert_says(name, &Client::default().refused(&faults)),
    }
}

/// A server can answer with whatever it likes, but not with what has another digest.
#[test]
fn an_index_that_refers_to_itself_is_refused() {
    let index = Image::index(OCI_INDEX, &[("linux/amd64", small())]);
    let faults = Faults::serving(&index);
    let itself = e2e::faults::content(index.manifest.bytes.clone());
    faults.on("GET", small().digest(), Always, itself);
    assert_says("manifest_digest_of_an_index", &Client::default().refused(&faults));
}

#[rstest]
#[case::other_platforms("no_platform", &["linux/s390x", "windows/amd64"])]
#[case::nothing("empty_index", &[])]
fn an_index_without_an_image_for_us(#[case] name: &str, #[case] platforms: &[&str]) {
    let images: Vec<_> = platforms.iter().map(|platform| (*platform, small())).collect();
    let faults = Faults::serving(&Image::index(OCI_INDEX, &images));
    assert_says(name, &Client::default().refused(&faults));
}

/// The URLs of a layer are not asked, whatever they say (CVE-2020-15157).
#[test]
fn the_urls_of_a_foreign_layer_are_not_asked() {
    let elsewhere = Faults::new();
    let url = elsewhere.server().url("/layer");
    let image = small().with_manifest(|manifest| {
        let layer = &mut manifest["layers"][0];
        layer["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip".into();
        layer["urls"] = json!([url]);
    });
    let faults = Faults::serving(&image);
    assert_eq!(Client::default().get(&faults), files(&[("manifests/a.yaml", "a")]));
    assert_eq!(elsewhere.server().connections(), 0);
}

#[test]
fn a_layer_that_is_only_elsewhere_is_refused() {
    let elsewhere = Faults::new();
    let url = elsewhere.server().url("/layer");
    let missing = Part::new(OCI_GZIP, *b"missing");
    let mut image = Image::new(&[missing]).with_manifest(|manifest| {
        manifest["layers"][0]["urls"] = json!([url]);
    });
    image.blobs.truncate(1);
    assert_says("foreign_layer", &Client::default().refused(&Faults::serving(&image)));
    assert_eq!(elsewhere.server().connections(), 0);
}

/// As many layers as there may be.
#[test]
fn an_image_of_128_layers() {
    let layers: Vec<_> =
        (0..128).map(|number| layer(&Tar::files(&[("manifests/a.yaml", &format!("{number}"))]))).collect();
    let faults = Faults::serving(&Image::new(&layers));
    assert_eq!(Client::default().get(&faults), files(&[("manifests/a.yaml", "127")]));
}

/// A descriptor with fields that nobody knows is read all the same.
#[test]
fn unknown_fields_do_not_matter() {
    let image = small().with_manifest(|manifest| {
        manifest["artifactType"] = "application/vnd.example".into();
        manifest["annotations"] = json!({ "a": "b" });
        manifest["layers"][0]["data"] = "AAAA".into();
        manifest["x"] = json!([{}]);
    });
    assert_eq!(Client::default().get(&Faults::serving(&image)), files(&[("manifests/a.yaml", "a")]));
}
