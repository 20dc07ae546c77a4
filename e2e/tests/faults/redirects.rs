//! Redirects: followed to where the content is, and with nothing that is not meant for there.

use std::sync::Arc;

use e2e::certificate::Certificate;
use e2e::faults::Times::Always;
use e2e::faults::{Fault, Faults, error, guarded, instead};
use e2e::server::{Request, Response};
use rstest::rstest;

use super::{Client, PASSWORD, assert_says, basic, image, served};

/// A client with an identity token, and a registry whose token server redirects.
fn with_identity_token(faults: &Faults, status: u16, target: &str) -> Client {
    let challenge = format!("Bearer realm=\"{}\",service=\"e2e\"", faults.server().url("/token"));
    faults.on("", "/v2/", Always, guarded(&["Bearer sesame"], challenge));
    faults.on("", "/token", Always, instead(Response::redirect(status, target)));
    Client::with(&[(&faults.server().host(), &format!(r#""identitytoken": "{PASSWORD}""#))])
}

/// To the same path, elsewhere.
fn to(base: String) -> Fault {
    Arc::new(move |request: &Request, _| {
        Response::redirect(307, &format!("{base}{}?signature=1", request.path()))
    })
}

/// A client with a password for a registry that wants it.
fn kim(faults: &Faults) -> Client {
    let basic = basic(PASSWORD);
    faults.on("", "/v2/", Always, guarded(&[&format!("Basic {basic}")], "Basic realm=\"e2e\""));
    Client::with(&[(&faults.server().host(), &format!(r#""auth": "{basic}""#))])
}

#[rstest]
#[case::blobs("/blobs/")]
#[case::manifests("/manifests/")]
fn another_host_is_not_shown_who_we_are(#[case] path: &str) {
    let (faults, _, expected) = served();
    let (storage, ..) = served();
    let client = kim(&faults);
    faults.on("", path, Always, to(format!("http://localhost:{}", storage.server().port())));
    assert_eq!(client.get(&faults), expected);
    let there = storage.server().requests();
    assert!(!there.is_empty());
    for request in there {
        assert_eq!((request.header("authorization"), request.target.contains("?signature=1")), (None, true));
    }
}

/// Another port is another origin.
#[test]
fn another_port_is_not_shown_who_we_are() {
    let (faults, _, expected) = served();
    let (storage, ..) = served();
    let client = kim(&faults);
    faults.on("", "/blobs/", Always, to(storage.server().url("")));
    assert_eq!(client.get(&faults), expected);
    let shown: Vec<_> =
        storage.server().requests().iter().map(|request| request.header("authorization").is_some()).collect();
    assert_eq!(shown, [false]);
}

#[test]
fn the_same_host_is_shown_who_we_are() {
    let (faults, _, expected) = served();
    let client = kim(&faults);
    // The rule that was made last has the last word: also for those who did not show who they are.
    let moved: Fault = Arc::new(|request, response| {
        let is_first = response.status == 200 && !request.target.contains("?moved");
        if is_first { Response::redirect(302, &format!("{}?moved", request.path())) } else { response }
    });
    faults.on("", "/blobs/", Always, moved);
    assert_eq!(client.get(&faults), expected);
    let last = faults.requests_for("/blobs/").pop().unwrap();
    assert_eq!(last.header("authorization"), Some(format!("Basic {}", basic(PASSWORD)).as_str()));
}

/// Where a redirect leads is no registry of ours: nobody there says which token server is shown the password.
#[rstest]
#[case::token("Bearer realm=\"{}\",service=\"e2e\"")]
#[case::password("Basic realm=\"e2e\"")]
fn another_host_does_not_get_to_ask_who_we_are(#[case] challenge: &str) {
    let (faults, ..) = served();
    let (storage, tokens) = (Faults::new(), Faults::new());
    let client = kim(&faults);
    let challenge = challenge.replace("{}", &tokens.server().url("/token"));
    storage.on("", "", Always, guarded(&[], challenge));
    faults.on("", "/blobs/", Always, to(storage.server().url("")));
    assert_says("storage_that_asks", &client.refused(&faults));
    assert_eq!(tokens.server().connections(), 0);
    assert!(storage.server().requests().iter().all(|request| request.header("authorization").is_none()));
}

/// The registry took the credentials.
#[rstest]
#[case::blobs("/blobs/")]
#[case::manifests("/manifests/")]
fn a_storage_that_refuses_is_not_taken_for_the_registry(#[case] path: &str) {
    let (faults, ..) = served();
    let storage = Faults::new();
    let client = kim(&faults);
    storage.on("", "", Always, instead(error(403, "DENIED", "the signature is expired")));
    faults.on("", path, Always, to(storage.server().url("")));
    let text = client.refused(&faults).replace("/manifests/v1", "/blobs/sha256:[DIGEST]");
    assert_says("storage_that_refuses", &text);
}

/// It is in the body, which is sent along.
#[rstest]
#[case::another_host(307, |tokens: &Faults| format!("http://localhost:{}/token", tokens.server().port()))]
#[case::another_port(308, |tokens: &Faults| tokens.server().url("/token"))]
fn an_identity_token_goes_to_no_other_server(#[case] status: u16, #[case] target: fn(&Faults) -> String) {
    let (faults, ..) = served();
    let tokens = Faults::new();
    let client = with_identity_token(&faults, status, &target(&tokens));
    assert_says("identity_token_elsewhere", &client.refused(&faults).replace("localhost", "127.0.0.1"));
    assert_eq!(tokens.server().connections(), 0);
}

#[test]
fn an_identity_token_goes_to_another_place_of_its_server() {
    let (faults, _, expected) = served();
    let client = with_identity_token(&faults, 307, "/there");
    faults.on("POST", "/there", Always, instead(Response::new(200, *br#"{"token":"sesame"}"#)));
    assert_eq!(client.get(&faults), expected);
    let sent = faults.requests_for("/there").pop().unwrap();
    assert!(String::from_utf8_lossy(&sent.body).contains(PASSWORD));
}

#[rstest]
#[case::loop_("redirect_loop", |faults: &Faults| to(faults.server().url("")))]
#[case::to_nowhere("redirect_to_nowhere", |_: &Faults| instead(Response::new(302, [])))]
#[case::to_a_file("redirect_to_no_url", |_: &Faults| instead(Response::redirect(302, "file:///etc/passwd")))]
#[case::to_no_url("redirect_to_no_url", |_: &Faults| instead(Response::redirect(302, "http://")))]
fn redirects_that_are_refused(#[case] name: &str, #[case] fault: fn(&Faults) -> Fault) {
    let (faults, ..) = served();
    faults.on("", "/blobs/", Always, fault(&faults));
    assert_says(name, &Client::default().refused(&faults));
}

#[test]
fn ten_redirects_are_followed_and_no_more() {
    let (faults, ..) = served();
    faults.on("", "/blobs/", Always, to(faults.server().url("")));
    Client::default().refused(&faults);
    assert_eq!(faults.requests_for("/blobs/").len(), 11);
}

/// Never back to plain HTTP.
#[rstest]
#[case::blobs("/blobs/")]
#[case::manifests("/manifests/")]
fn https_does_not_lead_to_http(#[case] path: &str) {
    let certificate = Certificate::new().unwrap();
    let faults = Faults::with_tls(&certificate);
    faults.put("bundle:v1", &image().0);
    let plain = Faults::new();
    plain.put("bundle:v1", &image().0);
    faults.on("", path, Always, to(plain.server().url("")));
    let mut client = Client::default();
    client.access.certificates = Some(certificate.authority().to_owned());
    let text = client.refused(&faults);
    assert_says("https_to_http", &text.replace("/manifests/v1", "/blobs/sha256:[DIGEST]"));
    assert_eq!(plain.server().connections(), 0);
}

#[test]
fn https_leads_to_https() {
    let certificate = Certificate::new().unwrap();
    let (faults, storage) = (Faults::with_tls(&certificate), Faults::with_tls(&certificate));
    for registry in [&faults, &storage] {
        registry.put("bundle:v1", &image().0);
    }
    faults.on("", "/blobs/", Always, to(storage.server().url("")));
    let mut client = Client::default();
    client.access.certificates = Some(certificate.authority().to_owned());
    assert_eq!(client.get(&faults), image().1);
    assert_eq!(storage.requests().len(), 1);
}
