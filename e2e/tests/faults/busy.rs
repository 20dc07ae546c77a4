//! Servers that have no time.

use e2e::faults::Times::{Always, First};
use e2e::faults::instead;
use e2e::server::Response;
use rstest::rstest;

use super::{Client, assert_says, served};

/// `Retry-After`, where the server sends one.
fn busy(status: u16, retry_after: Option<&str>) -> Response {
    let response = Response::new(status, *b"busy");
    match retry_after {
        Some(value) => response.header("Retry-After", value),
        None => response,
    }
}

#[rstest]
#[case::ping("/v2/")]
#[case::manifest("/manifests/")]
#[case::blob("/blobs/")]
fn a_busy_server_is_asked_again(#[case] path: &str, #[values(429, 500, 502, 503, 504)] status: u16) {
    let (faults, _, expected) = served();
    faults.on("GET", path, First(3), instead(busy(status, Some("0"))));
    assert_eq!(Client::default().get(&faults), expected);
}

#[rstest]
#[case::not_said(None)]
#[case::seconds(Some("1"))]
#[case::date_in_the_past(Some("Thu, 01 Jan 1970 00:00:00 GMT"))]
#[case::nonsense(Some("soon"))]
fn a_busy_server_is_waited_for(#[case] retry_after: Option<&str>) {
    let (faults, _, expected) = served();
    faults.on("GET", "/blobs/", First(1), instead(busy(503, retry_after)));
    assert_eq!(Client::default().get(&faults), expected);
    assert_eq!(faults.requests_for("/blobs/").len(), 2);
}

#[rstest]
#[case::seconds(429, "3600")]
#[case::all_there_are(503, "18446744073709551615")]
#[case::date(429, "Fri, 31 Dec 2100 23:59:59 GMT")]
fn a_server_that_is_busy_for_long_is_not_waited_for(#[case] status: u16, #[case] retry_after: &str) {
    let (faults, ..) = served();
    faults.on("GET", "/blobs/", Always, instead(busy(status, Some(retry_after))));
    let text = Client::default().refused(&faults).replace("429", "503").replace(" 3600 s", " 999999 s");
    assert_says("busy_for_long", &text);
    assert_eq!(faults.requests_for("/blobs/").len(), 1);
}

#[rstest]
#[case::manifest("always_busy_with_a_manifest", "/manifests/sha256:")]
#[case::blob("always_busy_with_a_blob", "/blobs/")]
fn a_server_that_is_always_busy_is_given_up(#[case] name: &str, #[case] path: &str) {
    let (faults, ..) = served();
    faults.on("GET", path, Always, instead(busy(500, None)));
    assert_says(name, &Client::default().refused(&faults));
    assert_eq!(faults.requests_for(path).len(), 4);
}

/// Nothing that repeating would change.
#[rstest]
#[case(400)]
#[case(404)]
#[case(410)]
#[case(501)]
fn other_answers_are_the_last_word(#[case] status: u16) {
    let (faults, ..) = served();
    faults.on("GET", "/blobs/", Always, instead(busy(status, Some("0"))));
    let text = Client::default().refused(&faults);
    assert!(text.contains(&format!(" answers {status}")), "{text}");
    assert_eq!(faults.requests_for("/blobs/").len(), 1);
}
