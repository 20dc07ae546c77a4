//! Answers without an end.

use e2e::faults::Times::Always;
use e2e::faults::{endless, instead, with_header};
use e2e::server::Response;
use rstest::rstest;

use super::{Client, assert_says, served};

#[rstest]
#[case::manifest("endless_manifest", "/manifests/sha256:", 200, "GET")]
#[case::blob("endless_blob", "/blobs/", 200, "GET")]
#[case::error_about_a_manifest("endless_error_about_a_manifest", "/manifests/sha256:", 400, "GET")]
#[case::error_about_a_blob("endless_error_about_a_blob", "/blobs/", 400, "GET")]
#[case::not_found("endless_not_found", "/blobs/", 404, "GET")]
#[case::forbidden("endless_forbidden", "/blobs/", 403, "GET")]
fn an_answer_without_an_end_is_refused(
    #[case] name: &str,
    #[case] path: &str,
    #[case] status: u16,
    #[case] method: &'static str,
) {
    let (faults, ..) = served();
    faults.on(method, path, Always, endless(status, *b"no end in sight, "));
    let text = Client::default().refused(&faults);
    insta::with_settings!({ filters => [(r"more than \d+ bytes for", "more than [N] bytes for"), (r"expected \d+", "expected [N]")] }, {
        assert_says(name, &text);
    });
}

/// A length that is too large is believed: nothing is read.
#[test]
fn a_manifest_that_is_said_to_be_large_is_refused() {
    let (faults, ..) = served();
    faults.on("GET", "/manifests/sha256:", Always, instead(Response::new(200, vec![b' '; (4 << 20) + 1])));
    assert_says("endless_manifest", &Client::default().refused(&faults));
}

#[test]
fn a_manifest_may_be_as_large_as_registries_take_them() {
    let (image, expected) = super::image();
    let mut bytes = image.manifest.bytes.to_vec();
    bytes.resize(4 << 20, b' ');
    let image = image.with_manifest_bytes(e2e::image::OCI_MANIFEST, bytes);
    assert_eq!(Client::default().get(&e2e::faults::Faults::serving(&image)), expected);
}

/// Headers are held in memory, too.
#[rstest]
#[case::manifest("/manifests/sha256:")]
#[case::blob("/blobs/")]
fn headers_of_megabytes_are_refused(#[case] path: &str) {
    let (faults, ..) = served();
    faults.on("GET", path, Always, with_header("X-Large", "x".repeat(4 << 20)));
    assert_says("headers_of_megabytes", &Client::default().refused(&faults).replace("manifests", "blobs"));
}

#[test]
fn an_error_is_told_on_one_line_and_cut() {
    let (faults, ..) = served();
    let message = format!("first\nsecond \u{1b}[2J\r{}", "x".repeat(10_000));
    faults.on("GET", "/blobs/", Always, instead(e2e::faults::error(400, "NAME_INVALID", &message)));
    let text = Client::default().refused(&faults);
    assert!(text.len() < 1000 && !text.contains('\n'), "{text}");
    assert_says("long_message", &text);
}

/// A page for people is not repeated.
#[test]
fn a_page_is_no_message() {
    let (faults, ..) = served();
    let page = Response::new(404, *b"<html><body>nothing</body></html>").header("Content-Type", "text/html");
    faults.on("GET", "/manifests/", Always, instead(page));
    assert_says("page", &Client::default().refused(&faults));
}
