//! Content that is not what its descriptor says, and content that does not come.

use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::faults::Times::{After, Always, First};
use e2e::faults::{Faults, content, cut_after, instead, late, slowly, stall_after, with_header};
use e2e::image::{Image, OCI_GZIP, Part, Tar, gzip, layer};
use e2e::noise::noise;
use e2e::server::{Length, Response, Step};
use rstest::rstest;

use super::{Client, ENOUGH, PATIENCE, assert_says, files, image, served};

#[test]
fn a_manifest_of_another_digest_is_refused() {
    let (faults, ..) = served();
    let other = Image::of_files(&[("manifests/a.yaml", "other")]);
    let bytes = Arc::clone(&other.manifest.bytes);
    faults.on("GET", "/manifests/sha256:", Always, content(bytes));
    assert_says("manifest_digest", &Client::default().refused(&faults));
}

/// The header says one thing, the body another.
#[test]
fn a_tag_whose_digest_is_another_is_refused() {
    let (faults, ..) = served();
    faults.on("HEAD", "/manifests/", Always, instead(Response::new(405, [])));
    let other = format!("sha256:{}", "0".repeat(64));
    faults.on("GET", "/manifests/v1", Always, with_header("Docker-Content-Digest", other));
    assert_says("manifest_digest", &Client::default().refused(&faults));
}

/// What a HEAD says has to be there.
#[test]
fn a_digest_that_does_not_exist_is_refused() {
    let (faults, ..) = served();
    let other = format!("sha256:{}", "0".repeat(64));
    faults.on("HEAD", "/manifests/v1", Always, with_header("Docker-Content-Digest", other));
    assert_says("manifest_missing", &Client::default().refused(&faults));
}

/// A registry need not answer HEAD, nor name digests.
#[rstest]
#[case::no_head(405)]
#[case::not_found(404)]
#[case::without_digest(200)]
fn a_registry_that_knows_no_head_is_asked_otherwise(#[case] status: u16) {
    let (faults, _, expected) = served();
    faults.on("HEAD", "/manifests/", Always, instead(Response::new(status, [])));
    assert_eq!(Client::default().get(&faults), expected);
}

#[rstest]
#[case::other_bytes("blob_digest", |blob: &[u8]| [&blob[..blob.len() - 1], b"x"].concat())]
#[case::no_archive("blob_digest", |blob: &[u8]| vec![b'x'; blob.len()])]
#[case::another_layer("blob_short", |_: &[u8]| gzip(&Tar::files(&[("manifests/a.yaml", "evil")]).finish()))]
#[case::shorter("blob_short", |blob: &[u8]| blob[..blob.len() - 1].to_vec())]
#[case::longer("blob_long", |blob: &[u8]| [blob, b"x"].concat())]
#[case::much_longer("blob_long", |blob: &[u8]| blob.repeat(3))]
#[case::nothing("blob_short", |_: &[u8]| vec![])]
fn a_blob_that_is_not_what_its_descriptor_says(#[case] name: &str, #[case] change: fn(&[u8]) -> Vec<u8>) {
    let (mut image, _) = image();
    let layer = image.layers()[0].clone();
    image.blobs[1] = layer.clone().that_is(change(&layer.bytes));
    let text = Client::default().refused(&Faults::serving(&image));
    assert_says(name, &blank_sizes(&text));
}

/// A server whose lengths and ranges are as bad as its content.
#[test]
fn a_rest_that_is_too_long_is_refused() {
    let (faults, layer, _) = served();
    faults.on("GET", "/blobs/", Always, content(&layer.bytes[..layer.bytes.len() - 1]));
    assert_says("blob_long", &blank_sizes(&Client::default().refused(&faults)));
}

/// How small something is compressed is not ours to say.
fn blank_sizes(text: &str) -> String {
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let words = text.split(' ').map(|word| if is_number(word) { "[N]" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The connection is cut once, and the rest is asked for.
#[test]
fn a_blob_that_is_cut_is_gone_on_with() {
    let (faults, _, expected) = served();
    faults.on("GET", "/blobs/", First(1), cut_after(100_000));
    assert_eq!(Client::default().get(&faults), expected);
    let ranges: Vec<_> = faults.requests_for("/blobs/").iter().map(range).collect();
    assert_eq!(ranges, [None, Some("bytes=100000-".to_owned())]);
}

/// A chunked answer whose end is never told.
#[rstest]
#[case::cut(Step::Cut)]
#[case::silent(Step::Hang)]
fn what_breaks_behind_the_last_byte_took_nothing(#[case] then: Step) {
    let (faults, layer, expected) = served();
    let whole = layer.bytes;
    faults.on(
        "GET",
        "/blobs/",
        Always,
        Arc::new(move |_, response| {
            response.sent(Length::Chunked, vec![Step::Send(Arc::clone(&whole)), then.clone()])
        }),
    );
    assert_eq!(Client::default().get(&faults), expected);
    assert_eq!(faults.requests_for("/blobs/").len(), 1);
}

fn range(request: &e2e::server::Request) -> Option<String> {
    request.header("range").map(str::to_owned)
}

#[test]
fn a_server_without_ranges_begins_anew() {
    let (faults, layer, expected) = served();
    faults.on("GET", "/blobs/", After(1), instead(Response::new(200, layer.bytes)));
    faults.on("GET", "/blobs/", First(1), cut_after(100_000));
    assert_eq!(Client::default().get(&faults), expected);
    assert_eq!(faults.requests_for("/blobs/").len(), 2);
}

#[rstest]
#[case::with_ranges(None)]
#[case::without_ranges(Some(200))]
fn a_second_cut_is_refused(#[case] whole: Option<u16>) {
    let (faults, layer, _) = served();
    if let Some(status) = whole {
        faults.on("GET", "/blobs/", Always, instead(Response::new(status, layer.bytes)));
    }
    faults.on("GET", "/blobs/", Always, cut_after(100_000));
    assert_says("cut_twice", &Client::default().refused(&faults));
    assert_eq!(faults.requests_for("/blobs/").len(), 2);
}

/// What comes from there is put at the wrong place.
#[rstest]
#[case::elsewhere("bytes 5-99/100")]
#[case::nonsense("0")]
fn a_range_that_was_not_asked_for_is_refused(#[case] range: &'static str) {
    let (faults, ..) = served();
    faults.on("GET", "/blobs/", After(1), with_header("Content-Range", range));
    faults.on("GET", "/blobs/", First(1), cut_after(100_000));
    assert_says("wrong_range", &Client::default().refused(&faults));
}

#[test]
fn a_manifest_that_is_cut_is_asked_for_again() {
    let (faults, _, expected) = served();
    faults.on("GET", "/manifests/", First(1), cut_after(10));
    assert_eq!(Client::default().get(&faults), expected);
}

#[test]
fn a_manifest_that_is_cut_twice_is_refused() {
    let (faults, ..) = served();
    faults.on("GET", "/manifests/", Always, cut_after(10));
    assert_says("manifest_cut_twice", &Client::default().refused(&faults));
    assert_eq!(faults.requests_for("/manifests/sha256:").len(), 2);
}

#[rstest]
#[case::before_the_first_byte(0)]
#[case::in_the_midst(100_000)]
fn a_stall_is_made_up_for_once(#[case] bytes: usize) {
    let (faults, _, expected) = served();
    faults.on("GET", "/blobs/", First(1), stall_after(bytes));
    assert_eq!(Client::waiting(ENOUGH).get(&faults), expected);
    assert_eq!(faults.requests_for("/blobs/").len(), 2);
}

#[rstest]
#[case::blob("stall_of_a_blob", "/blobs/", stall_after(100_000))]
#[case::blob_without_a_byte("stall_of_a_blob_without_a_byte", "/blobs/", stall_after(0))]
#[case::blob_without_a_head("stall_without_a_head", "/blobs/", late(PATIENCE))]
#[case::manifest("stall_of_a_manifest", "/manifests/sha256:", stall_after(10))]
#[case::ping("stall_of_a_ping", "/v2/", late(PATIENCE))]
#[case::trickle("trickle", "/blobs/", slowly(1, Duration::from_millis(50)))]
fn a_stall_is_refused(#[case] name: &str, #[case] path: &str, #[case] fault: e2e::faults::Fault) {
    let (faults, ..) = served();
    faults.on("GET", path, Always, fault);
    assert_says(name, &blank_sizes(&Client::impatient().refused(&faults)));
}

/// Slow is not stalled: all of it takes longer than is waited for a part.
#[test]
fn a_slow_server_is_waited_for() {
    let (faults, _, expected) = served();
    faults.on("GET", "/blobs/", Always, slowly(4 << 10, Duration::from_millis(80)));
    let start = Instant::now();
    assert_eq!(Client::waiting(ENOUGH).get(&faults), expected);
    assert!(start.elapsed() > ENOUGH, "it was not slow");
    assert_eq!(faults.requests_for("/blobs/").len(), 1);
}

/// All in all there is not for ever.
#[test]
fn a_fetch_has_an_end() {
    let (faults, ..) = served();
    faults.on("GET", "/blobs/", Always, slowly(8 << 10, Duration::from_millis(500)));
    let mut client = Client::default();
    client.limits.time = Duration::from_secs(1);
    assert_says("out_of_time", &client.refused(&faults));
}

#[test]
fn a_truncated_layer_of_the_right_digest_is_refused() {
    let whole = layer(&Tar::new().file("manifests/a.yaml", noise(100_000, 1)));
    let half = Part::new(OCI_GZIP, &whole.bytes[..whole.bytes.len() / 2]);
    let text = Client::default().refused(&Faults::serving(&Image::new(&[half])));
    assert_says("truncated_gzip", &blank_sizes(&text));
}

/// The lowest layer comes last. What counts is the manifest.
#[test]
fn layers_are_put_in_the_order_of_the_manifest() {
    let layers: Vec<_> = ["one", "two", "three"]
        .map(|text| {
            layer(&Tar::files(&[("manifests/a.yaml", text), (&format!("manifests/{text}.yaml"), "")]))
        })
        .into();
    let image = Image::new(&layers);
    let faults = Faults::serving(&image);
    faults.on("GET", layers[0].digest.clone(), Always, late(Duration::from_millis(500)));
    faults.on("GET", layers[1].digest.clone(), Always, late(Duration::from_millis(200)));
    let expected = files(&[
        ("manifests/a.yaml", "three"),
        ("manifests/one.yaml", ""),
        ("manifests/three.yaml", ""),
        ("manifests/two.yaml", ""),
    ]);
    assert_eq!(Client::default().get(&faults), expected);
}

/// Layers that are not needed any more are not waited for.
#[test]
fn a_refusal_does_not_wait_for_other_layers() {
    let mut layers = vec![layer(&Tar::files(&[("../x", "")]))];
    layers.extend((0..20).map(|number| layer(&Tar::files(&[("manifests/a.yaml", &number.to_string())]))));
    let faults = Faults::serving(&Image::new(&layers));
    for layer in &layers[1..] {
        faults.on("GET", layer.digest.clone(), Always, late(PATIENCE));
    }
    let start = Instant::now();
    assert_says("refused_early", &Client::default().refused(&faults));
    assert!(start.elapsed() < Duration::from_secs(15), "after {:?}", start.elapsed());
    assert!(faults.requests_for("/blobs/").len() <= 5, "{:#?}", faults.requests());
}
