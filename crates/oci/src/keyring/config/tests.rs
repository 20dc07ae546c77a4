use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use insta::assert_snapshot;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::keyring::tests::{basic, chain};

fn identity(token: &str) -> Credentials {
    Credentials::Identity(Secret::new(token))
}

#[rstest]
#[case::auth(json!({"auth": STANDARD.encode("kim:hunter2")}), basic("kim", "hunter2"))]
#[case::unpadded(json!({"auth": STANDARD_NO_PAD.encode("kim:hunter22")}), basic("kim", "hunter22"))]
#[case::blanks(json!({"auth": format!(" \n{}\r\n\t", STANDARD.encode("kim:hunter22"))}), basic("kim", "hunter22"))]
#[case::folded(json!({"auth": "a2ltOmh1\nbnRlcjI=\n"}), basic("kim", "hunter2"))]
#[case::stray_bits(json!({"auth": "YTpiYx=="}), basic("a", "bc"))]
#[case::colons(json!({"auth": STANDARD.encode("kim:hun:ter:2")}), basic("kim", "hun:ter:2"))]
#[case::nuls(json!({"auth": STANDARD.encode("kim:hunter2\0\0\0")}), basic("kim", "hunter2"))]
#[case::no_password(json!({"auth": STANDARD.encode("kim:")}), basic("kim", ""))]
#[case::no_user(json!({"auth": STANDARD.encode(":hunter2")}), basic("", "hunter2"))]
#[case::letters(json!({"auth": STANDARD.encode("kïm:hüntér2")}), basic("kïm", "hüntér2"))]
#[case::two_fields(json!({"username": "kim", "password": "hunter2"}), basic("kim", "hunter2"))]
#[case::email(json!({"username": "kim", "password": "hunter2", "email": 5}), basic("kim", "hunter2"))]
#[case::auth_wins(json!({"username": "a", "password": "b", "auth": STANDARD.encode("kim:hunter2")}), basic("kim", "hunter2"))]
#[case::empty_auth(json!({"username": "kim", "password": "hunter2", "auth": ""}), basic("kim", "hunter2"))]
#[case::null_auth(json!({"username": "kim", "password": "hunter2", "auth": null}), basic("kim", "hunter2"))]
#[case::identity(json!({"identitytoken": "t0k3n"}), identity("t0k3n"))]
#[case::identity_and_user(json!({"identitytoken": "t0k3n", "auth": STANDARD.encode("kim:")}), identity("t0k3n"))]
#[case::azure(
    json!({"identitytoken": "t0k3n", "auth": STANDARD.encode("00000000-0000-0000-0000-000000000000:")}),
    identity("t0k3n")
)]
#[case::azure_user(
    json!({"auth": STANDARD.encode("00000000-0000-0000-0000-000000000000:t0k3n")}),
    identity("t0k3n")
)]
#[case::token_user(json!({"auth": STANDARD.encode("<token>:t0k3n")}), identity("t0k3n"))]
#[case::token_field(json!({"username": "<token>", "password": "t0k3n"}), identity("t0k3n"))]
#[case::registry_token(
    json!({"registrytoken": "t0k3n", "identitytoken": "x", "username": "a", "password": "b"}),
    Credentials::Bearer(Secret::new("t0k3n"))
)]
fn forms(#[case] entry: Value, #[case] expected: Credentials) {
    assert_eq!(credentials(&entry), Ok(Some(expected)));
}

#[rstest]
#[case::empty(json!({}))]
#[case::null(json!(null))]
#[case::empty_fields(json!({"auth": "", "username": "", "password": null, "identitytoken": ""}))]
#[case::only_an_email(json!({"email": "kim@example.com"}))]
#[case::empty_pair(json!({"auth": STANDARD.encode(":")}))]
#[case::token_user_without_token(json!({"auth": STANDARD.encode("<token>:")}))]
fn no_credentials(#[case] entry: Value) {
    assert_eq!(credentials(&entry), Ok(None));
}

#[rstest]
#[case::no_auths("{}")]
#[case::null_auths(r#"{"auths": null, "credHelpers": null, "credsStore": null}"#)]
#[case::other_fields(r#"{"HttpHeaders": {"a": "b"}, "detachKeys": 5}"#)]
#[case::null("null")]
fn nothing_in_it(#[case] text: &str) {
    let config = Config::read(text.as_bytes(), Form::DockerConfig).unwrap();
    assert!(config.entries.is_empty() && config.ignored().is_none());
}

#[test]
fn malformed() {
    let long = format!(r#"{{"auths": {{"{}": 1}}}}"#, "a".repeat(500));
    let many: Vec<String> = (0..10_001).map(|i| format!(r#""{i}": {{}}"#)).collect();
    let many = format!(r#"{{"auths": {{{}}}}}"#, many.join(", "));
    let values = format!(r#"{{"x": [{}0]}}"#, r#"{"": 0},"#.repeat(50_000));
    let hunter2 = "hunter2-hunter2";
    let encoded = STANDARD.encode(hunter2);
    let raw = STANDARD.encode(b"kim:hunter2\xff");
    let texts = [
        "",
        "hunter2-hunter2",
        r#"{"auths": {"quay.io": {"auth": hunter2-hunter2}}}"#,
        "{\"auths\": {\"quay.io\": {\"auth\": \"hunter2-hunter2\n\"}}}",
        r#"{"auths": {"quay.io": {"auth": "hunter2-hunter2"#,
        r#"{"auths": {}} hunter2-hunter2"#,
        "\"hunter2-hunter2\"",
        r#"["hunter2-hunter2"]"#,
        r#"{"auths": "hunter2-hunter2"}"#,
        r#"{"auths": [{"quay.io": "hunter2-hunter2"}]}"#,
        r#"{"credHelpers": ["hunter2-hunter2"]}"#,
        r#"{"auths": {"quay.io": "hunter2-hunter2"}}"#,
        r#"{"auths": {"https://kim:hunter2-hunter2@quay.io/v1/": true}}"#,
        r#"{"auths": {"quay.io/\u001b[31m\u202e": ["hunter2-hunter2"]}}"#,
        r#"{"auths": {"quay.io": {"auth": ["hunter2-hunter2"]}}}"#,
        r#"{"auths": {"quay.io": {"password": 22}}}"#,
        r#"{"auths": {"quay.io": {"username": {"hunter2-hunter2": 1}}}}"#,
        r#"{"auths": {"quay.io": {"identitytoken": false}}}"#,
        r#"{"auths": {"quay.io": {"registrytoken": 1.5}}}"#,
        r#"{"auths": {"quay.io": {"registrytoken": "hunter2-hunter2\n"}}}"#,
        r#"{"auths": {"quay.io": {"auth": "hunter2-hunter2"}}}"#,
        r#"{"auths": {"quay.io": {"auth": "   "}}}"#,
        &format!(r#"{{"auths": {{"quay.io": {{"auth": "{encoded}"}}}}}}"#),
        &format!(r#"{{"auths": {{"quay.io": {{"auth": "{raw}"}}}}}}"#),
        r#"{"credHelpers": {"quay.io": "../hunter2-hunter2"}}"#,
        r#"{"credHelpers": {"quay.io": ["hunter2-hunter2"]}}"#,
        r#"{"credsStore": "hunter2-hunter2/x"}"#,
        r#"{"credsStore": 22}"#,
        &long,
        &many,
        &values,
    ];
    let errors = texts.map(|text| {
        let read = Config::read(text.as_bytes(), Form::DockerConfig);
        let error = read.and_then(|config| config.with_helpers(None)).unwrap_err();
        let all = format!("{} {error:?}", chain(&error));
        assert!(![hunter2, &encoded, &raw].iter().any(|secret| all.contains(secret)), "{all}");
        format!("{:.70} -> {}", text.replace('\n', "\\n"), chain(&error))
    });
    assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_warning_names_keys_only() {
    let json = br#"{"credHelpers": {"quay.io": "hunter2", "https://kim:hunter2@e.com": ["hunter2"]}, "credsStore": "hunter2"}"#;
    let config = Config::read(json, Form::DockerConfig).unwrap();
    assert_eq!(config.ignored().unwrap(), "credHelpers[e.com], credHelpers[quay.io], credsStore");

    let helpers: Vec<String> = (0..1000).map(|i| format!(r#""{i}.io": """#)).collect();
    let json = format!(r#"{{"credHelpers": {{{}}}}}"#, helpers.join(", "));
    let config = Config::read(json.as_bytes(), Form::DockerConfig).unwrap();
    assert!(
        config
            .ignored()
            .unwrap()
            .ends_with("credHelpers[100.io], credHelpers[101.io], 995 more of credHelpers")
    );
}
