use std::error::Error;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;

use super::*;
use crate::{Basic, Secret};

pub(super) fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

pub(super) fn basic(username: &str, password: &str) -> Credentials {
    Credentials::Basic(Basic { username: username.into(), password: Secret::new(password) })
}

/// An error as the command line shows it.
pub(super) fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

/// A configuration whose entries have themselves as user.
fn config(keys: &[&str]) -> String {
    let entries: Vec<String> =
        keys.iter().map(|key| format!("{key:?}: {{\"username\": {key:?}, \"password\": \"x\"}}")).collect();
    format!("{{\"auths\": {{{}}}}}", entries.join(", "))
}

fn users(keyring: &Keyring, image: &str) -> Vec<String> {
    let users = keyring.lookup(&reference(image)).into_iter().map(|credentials| match credentials {
        Credentials::Basic(basic) => basic.username,
        other => panic!("{other:?}"),
    });
    users.collect()
}

#[rstest]
#[case::nothing(&[], "quay.io/a/b", &[])]
#[case::one_of_several(&["a.io", "b.io"], "b.io/x", &["b.io"])]
// TestDockerKeyringLookup of the kubelet.
#[case::longest_first(&["e.com", "e.com/pong"], "e.com/pong/pang", &["e.com/pong", "e.com"])]
#[case::other_path(&["e.com", "e.com/pong"], "e.com/ping", &["e.com"])]
#[case::repository_first(&["e.com", "e.com/a", "e.com/a/b"], "e.com/a/b:v1", &["e.com/a/b", "e.com/a", "e.com"])]
#[case::glob_last(&["*.e.com", "r.e.com"], "r.e.com/a", &["r.e.com", "*.e.com"])]
// The kubelet's order is that of the text, so that a path does not lift a glob over a host.
#[case::glob_with_path_last(&["*.e.com/a", "r.e.com"], "r.e.com/a", &["r.e.com", "*.e.com/a"])]
#[case::same_key_in_other_words(&["https://e.com", "e.com", "http://e.com/v2/"], "e.com/a",
    &["e.com", "http://e.com/v2/", "https://e.com"])]
#[case::hub(&["https://index.docker.io/v1/", "docker.io/org", "quay.io"], "org/a",
    &["docker.io/org", "https://index.docker.io/v1/"])]
#[case::hub_by_every_name(&["registry-1.docker.io", "index.docker.io", "docker.io"], "busybox",
    &["docker.io", "index.docker.io", "registry-1.docker.io"])]
fn order(#[case] keys: &[&str], #[case] image: &str, #[case] expected: &[&str]) {
    let keyring = Keyring::from_docker_config(config(keys).as_bytes()).unwrap();
    assert_eq!(users(&keyring, image), expected);
}

#[test]
fn the_first_of_two_keyrings_is_preferred_where_they_are_equally_specific() {
    let keyring = |json: &str| Keyring::from_dockercfg(json.as_bytes()).unwrap();
    let first = keyring(r#"{"https://e.com": {"username": "first", "password": "x"}}"#);
    let second = keyring(
        r#"{"e.com": {"username": "second", "password": "x"}, "e.com/a": {"username": "path", "password": "x"}}"#,
    );
    assert_eq!(users(&first.clone().merge(second.clone()), "e.com/a"), ["path", "first", "second"]);
    assert_eq!(users(&second.merge(first), "e.com/b"), ["second", "first"]);
}

#[test]
fn what_several_keys_hold_is_found_once() {
    let entry = r#"{"username": "kim", "password": "hunter2"}"#;
    let token = r#"{"identitytoken": "hunter2"}"#;
    let json =
        format!(r#"{{"e.com": {entry}, "e.com/a": {token}, "*.com": {entry}, "https://e.com": {token}}}"#);
    let keyring = Keyring::from_dockercfg(json.as_bytes()).unwrap();
    assert_eq!(
        keyring.lookup(&reference("e.com/a")),
        [Credentials::Identity(Secret::new("hunter2")), basic("kim", "hunter2")]
    );
}

#[test]
fn many_entries_that_match_take_no_time() {
    let keys: Vec<String> = (0..10_000).map(|i| format!("{}.com", "*".repeat(i % 1000 + i / 1000))).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let keyring = Keyring::from_docker_config(config(&keys).as_bytes()).unwrap();
    assert!(users(&keyring, "e.com/a").len() > 900);
}

#[tokio::test]
async fn a_pull_secret_runs_no_programs() {
    let json = br#"{"credsStore": "x", "credHelpers": {"e.com": "x"}, "auths": {"e.com": {"username": "kim", "password": "x"}}}"#;
    let keyring = Keyring::from_docker_config(json).unwrap();
    assert_eq!(keyring.credentials(&reference("e.com/a")).await.unwrap(), [basic("kim", "x")]);
    assert_eq!(keyring.credentials(&reference("quay.io/a")).await.unwrap(), []);
}

#[test]
fn nothing_is_printed() {
    let auth = STANDARD.encode("kim:hunter2");
    let json = format!(
        r#"{{"auths": {{
            "a.io": {{"auth": "{auth}"}}, "b.io": {{"username": "kim", "password": "hunter2"}},
            "c.io": {{"identitytoken": "hunter2"}}, "https://kim:hunter2@d.io": {{"registrytoken": "hunter2"}}
        }}}}"#
    );
    let keyring = Keyring::from_docker_config(json.as_bytes()).unwrap();
    let printed = format!("{keyring:?} {keyring:#?}");
    assert!(printed.contains("<redacted>") && printed.contains("c.io"), "{printed}");
    assert!(!printed.contains("hunter2") && !printed.contains(&auth), "{printed}");
}
