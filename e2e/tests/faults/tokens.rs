//! Token servers that lie, and who is shown which credentials.

use e2e::certificate::Certificate;
use e2e::faults::Times::Always;
use e2e::faults::{Faults, endless, guarded, instead, stall_after};
use e2e::server::{Request, Response};
use rstest::rstest;

use super::{Client, PASSWORD, assert_says, basic, files, image, served};

/// A registry that lets in whoever has the token `sesame`, and says where tokens are.
fn wants_token(faults: &Faults, realm: &str) {
    let challenge = format!("Bearer realm=\"{realm}\",service=\"e2e\",scope=\"repository:other:pull,push\"");
    faults.on("", "/v2/", Always, guarded(&["Bearer sesame"], challenge));
}

/// The same, with a token server of its own.
fn with_token_server(faults: &Faults, answer: Response) {
    wants_token(faults, &faults.server().url("/token"));
    faults.on("", "/token", Always, instead(answer));
}

fn token() -> Response {
    Response::new(200, *br#"{"token":"sesame","expires_in":300}"#)
}

fn kim(faults: &Faults) -> Client {
    Client::with(&[(&faults.server().host(), &format!(r#""auth": "{}""#, basic(PASSWORD)))])
}

/// The token's scope is ours, whatever the registry says.
#[test]
fn a_token_is_asked_for_once_and_for_our_repository() {
    let (faults, _, expected) = served();
    with_token_server(&faults, token());
    assert_eq!(Client::default().get(&faults), expected);
    let asked = faults.requests_for("/token");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].to_string(), "GET /token?scope=repository%3Abundle%3Apull&service=e2e");
    assert_eq!(asked[0].header("authorization"), None);
}

#[rstest]
#[case::alone(r#"{"access_token":"sesame"}"#)]
#[case::beside_none(r#"{"token":"","access_token":"sesame"}"#)]
fn a_token_may_have_the_name_of_oauth(#[case] answer: &str) {
    let (faults, _, expected) = served();
    with_token_server(&faults, Response::new(200, answer.as_bytes()));
    assert_eq!(Client::default().get(&faults), expected);
}

#[test]
fn a_password_is_for_the_token_server_alone() {
    let (faults, _, expected) = served();
    with_token_server(&faults, token());
    assert_eq!(kim(&faults).get(&faults), expected);
    let shown = |request: &Request| request.header("authorization").map(str::to_owned);
    let password = format!("Basic {}", basic(PASSWORD));
    assert_eq!(faults.requests_for("/token").iter().map(shown).collect::<Vec<_>>(), [Some(password.clone())]);
    assert!(faults.requests_for("/v2/").iter().all(|request| shown(request).as_ref() != Some(&password)));
}

/// An identity token goes into a form and not into a header.
#[test]
fn an_identity_token_is_posted() {
    let (faults, _, expected) = served();
    with_token_server(&faults, token());
    let client = Client::with(&[(&faults.server().host(), r#""identitytoken": "hunter2 hunter2&x""#)]);
    assert_eq!(client.get(&faults), expected);
    let asked = faults.requests_for("/token");
    assert_eq!(asked.len(), 1);
    let body = String::from_utf8_lossy(&asked[0].body);
    assert_eq!((asked[0].to_string().as_str(), asked[0].header("authorization")), ("POST /token", None));
    insta::assert_snapshot!("form_of_an_identity_token", body);
}

/// A token for the registry itself is shown to it, and nobody is asked for another.
#[test]
fn a_registry_token_is_shown_as_it_is() {
    let (faults, _, expected) = served();
    with_token_server(&faults, token());
    let client = Client::with(&[(&faults.server().host(), r#""registrytoken": "sesame""#)]);
    assert_eq!(client.get(&faults), expected);
    assert_eq!(faults.requests_for("/token").len(), 0);
}

/// The more specific one first; who was refused is not tried again.
#[test]
fn several_credentials_are_tried_in_turn() {
    let (faults, _, expected) = served();
    let right = format!("Basic {}", basic(PASSWORD));
    faults.on("", "/v2/", Always, guarded(&[&right], "Basic realm=\"e2e\""));
    let host = faults.server().host();
    let (wrong, other) = (basic("wrong"), basic("other"));
    let client = Client::with(&[
        (&host, &format!(r#""auth": "{}""#, basic(PASSWORD))),
        (&format!("{host}/bundle"), &format!(r#""auth": "{wrong}""#)),
        (&format!("{host}/another"), &format!(r#""auth": "{other}""#)),
    ]);
    assert_eq!(client.get(&faults), expected);
    let shown: Vec<_> = faults
        .server()
        .requests()
        .iter()
        .filter_map(|request| request.header("authorization").map(str::to_owned))
        .collect();
    assert_eq!(shown[..2], [format!("Basic {wrong}"), right.clone()]);
    assert!(shown[2..].iter().all(|shown| *shown == right), "{shown:#?}");
}

#[test]
fn several_credentials_are_tried_at_the_token_server() {
    let (faults, _, expected) = served();
    wants_token(&faults, &faults.server().url("/token"));
    faults.on("", "/token", Always, instead(token()));
    let right = format!("Basic {}", basic(PASSWORD));
    faults.on("", "/token", Always, guarded(&[&right], "Basic realm=\"e2e\""));
    let host = faults.server().host();
    let client = Client::with(&[
        (&host, &format!(r#""auth": "{}""#, basic(PASSWORD))),
        (&format!("{host}/bundle"), &format!(r#""auth": "{}""#, basic("wrong"))),
    ]);
    assert_eq!(client.get(&faults), expected);
}

/// A token server may not find whom it does not know, or fail over it.
#[rstest]
#[case::unknown(404)]
#[case::teapot(418)]
#[case::broken(501)]
fn whatever_a_token_server_answers_the_next_credentials_are_tried(#[case] status: u16) {
    let (faults, _, expected) = served();
    wants_token(&faults, &faults.server().url("/token"));
    let right = format!("Basic {}", basic(PASSWORD));
    let answer: e2e::faults::Fault = std::sync::Arc::new(move |request: &Request, _| {
        let is_right = request.header("authorization") == Some(&right);
        if is_right { token() } else { e2e::faults::error(status, "UNKNOWN", "who?") }
    });
    faults.on("", "/token", Always, answer);
    let host = faults.server().host();
    let client = Client::with(&[
        (&host, &format!(r#""auth": "{}""#, basic(PASSWORD))),
        (&format!("{host}/bundle"), &format!(r#""auth": "{}""#, basic("wrong"))),
    ]);
    assert_eq!(client.get(&faults), expected);
}

/// A login that has expired keeps nobody from what everybody may have.
#[test]
fn who_is_refused_is_nobody_at_last() {
    let (faults, _, expected) = served();
    wants_token(&faults, &faults.server().url("/token"));
    let answer: e2e::faults::Fault =
        std::sync::Arc::new(|request: &Request, _| match request.header("authorization") {
            None => token(),
            Some(_) => e2e::faults::error(401, "UNAUTHORIZED", "expired"),
        });
    faults.on("", "/token", Always, answer);
    assert_eq!(kim(&faults).get(&faults), expected);
}

/// That nobody may have it says nothing of what is wrong with the credentials.
#[test]
fn who_is_refused_is_told_of_the_credentials() {
    let (faults, ..) = served();
    wants_token(&faults, &faults.server().url("/token"));
    let answer: e2e::faults::Fault =
        std::sync::Arc::new(|request: &Request, _| match request.header("authorization") {
            None => e2e::faults::error(403, "DENIED", "not for everybody"),
            Some(_) => e2e::faults::error(401, "UNAUTHORIZED", "your password has expired"),
        });
    faults.on("", "/token", Always, answer);
    assert_says("token_expired", &kim(&faults).refused(&faults));
    assert_eq!(faults.requests_for("/token").len(), 2);
}

#[rstest]
#[case::no_token("token_missing", Response::new(200, *b"{}"))]
#[case::empty_token("token_missing", Response::new(200, *br#"{"token":""}"#))]
#[case::null("token_missing", Response::new(200, *br#"{"token":null}"#))]
#[case::line_break("token_no_header", Response::new(200, *br#"{"token":"sesame\nX-Evil: 1"}"#))]
#[case::nul("token_no_header", Response::new(200, *br#"{"token":"sesame\u0000"}"#))]
#[case::html("token_something_else", Response::new(200, *b"<html><body>sesame</body></html>"))]
#[case::number("token_something_else", Response::new(200, *br#"{"token":1}"#))]
#[case::nothing("token_something_else", Response::new(200, []))]
#[case::not_found("token_not_found", Response::new(404, *b"nothing here"))]
#[case::denied("token_denied", Response::new(401, *br#"{"details":"who are you?"}"#))]
#[case::forbidden("token_forbidden", e2e::faults::error(403, "DENIED", "not you"))]
#[case::redirect_to_a_file("token_redirect", Response::redirect(302, "file:///etc/passwd"))]
fn token_servers_that_lie(#[case] name: &str, #[case] answer: Response) {
    let (faults, ..) = served();
    with_token_server(&faults, answer);
    assert_says(name, &Client::default().refused(&faults));
}

#[test]
fn a_token_without_an_end_is_refused() {
    let (faults, ..) = served();
    with_token_server(&faults, token());
    faults.on("", "/token", Always, endless(200, *br#"{"token":"#));
    assert_says("token_endless", &Client::default().refused(&faults));
}

#[test]
fn an_error_of_a_token_server_without_an_end_is_refused() {
    let (faults, ..) = served();
    with_token_server(&faults, token());
    faults.on("", "/token", Always, endless(400, *b"no token, "));
    assert_says("token_endless_error", &Client::default().refused(&faults));
}

#[test]
fn a_token_server_that_stalls_is_refused() {
    let (faults, ..) = served();
    with_token_server(&faults, token());
    faults.on("", "/token", Always, stall_after(3));
    assert_says("token_stalls", &Client::impatient().refused(&faults));
}

/// A token that is not good enough is not asked for again and again.
#[rstest]
#[case::anonymous("never_good_enough_anonymous", false, 1)]
#[case::with_a_password("never_good_enough", true, 2)]
fn a_registry_that_is_never_content(#[case] name: &str, #[case] has_password: bool, #[case] asked: usize) {
    let (faults, ..) = served();
    with_token_server(&faults, Response::new(200, *br#"{"token":"other"}"#));
    let client = if has_password { kim(&faults) } else { Client::default() };
    assert_says(name, &client.refused(&faults));
    assert_eq!(faults.requests_for("/token").len(), asked);
}

/// A token that is good no longer is replaced by another.
#[test]
fn a_token_that_expires_is_replaced() {
    let (faults, _, expected) = served();
    wants_token(&faults, &faults.server().url("/token"));
    faults.on("", "/token", Always, instead(token()));
    // As if it had expired after the manifest.
    let challenge = format!("Bearer realm=\"{}\"", faults.server().url("/token"));
    faults.on("", "/blobs/", e2e::faults::Times::First(1), guarded(&[], challenge));
    assert_eq!(Client::default().get(&faults), expected);
    assert_eq!(faults.requests_for("/token").len(), 2);
}

#[rstest]
#[case::nothing_known("challenge_unknown", "Negotiate")]
#[case::no_realm("challenge_unknown", "Bearer service=\"e2e\"")]
#[case::nonsense("challenge_unknown", "=,=\"")]
#[case::file("realm_file", "Bearer realm=\"file:///etc/passwd\"")]
#[case::no_url("realm_no_url", "Bearer realm=\"http://\"")]
fn challenges_that_are_refused(#[case] name: &str, #[case] challenge: &str) {
    let (faults, ..) = served();
    faults.on("", "/v2/", Always, guarded(&[], challenge));
    assert_says(name, &kim(&faults).refused(&faults));
}

/// A password does not go to another host in the clear, nor does an identity token.
#[rstest]
#[case::password(&format!(r#""auth": "{}""#, basic(PASSWORD)))]
#[case::identity_token(&format!(r#""identitytoken": "{PASSWORD}""#))]
fn a_token_server_elsewhere_gets_no_password_in_the_clear(#[case] entry: &str) {
    let (faults, ..) = served();
    let tokens = Faults::new();
    let realm = format!("http://localhost:{}/token", tokens.server().port());
    wants_token(&faults, &realm);
    let client = Client::with(&[(&faults.server().host(), entry)]);
    assert_says("realm_elsewhere", &client.refused(&faults));
    assert_eq!(tokens.server().connections(), 0);
}

/// Without a password there is nothing to lose.
#[test]
fn a_token_server_elsewhere_is_asked_anonymously() {
    let (faults, _, expected) = served();
    let tokens = Faults::new();
    tokens.on("", "/token", Always, instead(token()));
    wants_token(&faults, &format!("http://localhost:{}/token", tokens.server().port()));
    assert_eq!(Client::default().get(&faults), expected);
}

/// Whoever speaks HTTPS is not to send us to HTTP.
#[rstest]
#[case::anonymous(false)]
#[case::with_a_password(true)]
fn a_registry_of_https_with_a_token_server_of_http(#[case] has_password: bool) {
    let certificate = Certificate::new().unwrap();
    let faults = Faults::with_tls(&certificate);
    faults.put("bundle:v1", &image().0);
    let tokens = Faults::new();
    wants_token(&faults, &tokens.server().url("/token"));
    let mut client = if has_password { kim(&faults) } else { Client::default() };
    client.access.certificates = Some(certificate.authority().to_owned());
    assert_says("realm_http", &client.refused(&faults));
    assert_eq!(tokens.server().connections(), 0);
}

/// The token server is trusted by the same certificates.
#[test]
fn a_token_server_of_https() {
    let certificate = Certificate::new().unwrap();
    let (faults, tokens) = (Faults::with_tls(&certificate), Faults::with_tls(&certificate));
    faults.put("bundle:v1", &e2e::image::Image::of_files(&[("manifests/a.yaml", "a")]));
    tokens.on("", "/token", Always, instead(token()));
    wants_token(&faults, &format!("https://localhost:{}/token", tokens.server().port()));
    let mut client = kim(&faults);
    client.access.certificates = Some(certificate.authority().to_owned());
    assert_eq!(client.get(&faults), files(&[("manifests/a.yaml", "a")]));
    let password = format!("Basic {}", basic(PASSWORD));
    assert_eq!(tokens.server().requests()[0].header("authorization"), Some(password.as_str()));
}
