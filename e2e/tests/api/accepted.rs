//! What is accepted: what rukpak v0.24 accepts, as it is there, and our fields; and what is filled in.
//!
//! `rukpak/` holds what rukpak's documentation and its own suite create.

use rstest::rstest;
use serde_json::{Value, json};

use crate::place::{Place, deployment, merge, object};

#[rstest]
#[case::image(include_str!("rukpak/image.yaml"))]
#[case::certificate(include_str!("rukpak/certificate.yaml"))]
#[case::git_branch(include_str!("rukpak/git-branch.yaml"))]
#[case::git_tag(include_str!("rukpak/git-tag.yaml"))]
#[case::git_commit(include_str!("rukpak/git-commit.yaml"))]
#[case::git_https(include_str!("rukpak/git-https.yaml"))]
#[case::git_ssh(include_str!("rukpak/git-ssh.yaml"))]
#[case::http(include_str!("rukpak/http.yaml"))]
#[case::http_auth(include_str!("rukpak/http-auth.yaml"))]
#[case::config_maps(include_str!("rukpak/config-maps.yaml"))]
#[case::preflight(include_str!("rukpak/preflight.yaml"))]
#[tokio::test]
async fn a_manifest_of_rukpak(#[case] yaml: &str) {
    let Some(place) = Place::new().await else { return };
    let given = object(yaml.as_bytes());
    let stored = place.create(&given, "dryRun=All&fieldValidation=Strict").await.ok();
    // All of it is kept, and nothing else comes but defaults.
    let mut expected = given["spec"].clone();
    merge(&mut expected, &json!({"collisionProtection": "Prevent", "deletionPolicy": "Delete"}));
    if let Some(safety) = expected.pointer_mut("/preflight/crdUpgradeSafety") {
        merge(safety, &json!({"enforcement": "Strict"}));
    }
    assert_eq!(stored["spec"], expected);
}

#[rstest]
#[case::registry_without_a_namespace(json!({}))]
#[case::another_class(json!({"provisionerClassName": "org-example-another"}))]
#[case::account_with_its_namespace(json!({"serviceAccountName": "a", "serviceAccountNamespace": "web"}))]
#[case::account_in_the_namespace(json!({"serviceAccountName": "a", "installNamespace": "web"}))]
#[case::account_elsewhere(
    json!({"serviceAccountName": "a", "serviceAccountNamespace": "accounts", "installNamespace": "web"}),
)]
#[case::namespace_of_63(json!({"installNamespace": "n".repeat(63)}))]
#[case::account_of_253(json!({"serviceAccountName": "a".repeat(253), "installNamespace": "web"}))]
#[case::poll(json!({"source": {"pollIntervalMinutes": 1}}))]
#[case::hash(json!({
    "source": {
        "type": "http", "image": null, "http": {"url": "https://example.com/a.tgz", "sha256": "0123456789abcdef".repeat(4)},
    },
}))]
#[case::directory_with_dots(json!({
    "source": {
        "type": "git", "image": null, "git": {"repository": "git@host:path", "ref": {"tag": "v1"}, "directory": "a..b/.../c"},
    },
}))]
#[case::the_rest(json!({
    "paused": true,
    "collisionProtection": "IfNoController",
    "deletionPolicy": "KeepCRDs",
    "progressDeadlineMinutes": 10_080,
    "force": true,
    "preflight": {"crdUpgradeSafety": {
        "enforcement": "None",
        "waivers": [{"crd": "webs.example.com", "rule": "scope", "path": "^.spec.*"}, {"crd": "*", "rule": "", "path": "^"}, {}],
    }},
}))]
#[tokio::test]
async fn a_field_of_ours(#[case] spec: Value) {
    let Some(place) = Place::new().await else { return };
    let mut expected = deployment(&spec);
    let stored = place.create(&expected, "dryRun=All&fieldValidation=Strict").await.ok();
    let defaults = json!({"collisionProtection": "Prevent", "deletionPolicy": "Delete"});
    for (name, value) in defaults.as_object().unwrap() {
        expected["spec"].as_object_mut().unwrap().entry(name).or_insert(value.clone());
    }
    assert_eq!(stored["spec"], expected["spec"]);
}

#[rstest]
#[case::collision_protection(json!({}), "/collisionProtection", Some(json!("Prevent")))]
#[case::deletion_policy(json!({}), "/deletionPolicy", Some(json!("Delete")))]
#[case::null_is_nothing(json!({"deletionPolicy": null}), "/deletionPolicy", Some(json!("Delete")))]
#[case::enforcement(
    json!({"preflight": {"crdUpgradeSafety": {}}}),
    "/preflight/crdUpgradeSafety/enforcement",
    Some(json!("Strict")),
)]
#[case::no_preflight(json!({}), "/preflight", None)]
#[case::no_namespace(json!({}), "/installNamespace", None)]
#[case::not_paused(json!({}), "/paused", None)]
#[case::null_is_not_kept(json!({"paused": null}), "/paused", None)]
#[tokio::test]
async fn a_default(#[case] fields: Value, #[case] pointer: &str, #[case] expected: Option<Value>) {
    let Some(place) = Place::new().await else { return };
    let mut given = deployment(&json!({}));
    // As it is, with null.
    given["spec"].as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let stored = place.create(&given, "dryRun=All&fieldValidation=Strict").await.ok();
    assert_eq!(stored["spec"].pointer(pointer), expected.as_ref());
}

#[tokio::test]
async fn a_go_client_writes_an_empty_reference_and_an_empty_name() {
    let Some(place) = Place::new().await else { return };
    let auth = json!({"secret": {"name": ""}, "insecureSkipVerify": true});
    for auth in [auth, json!({"secret": {}})] {
        let http = json!({"url": "https://example.com/a.tgz", "auth": auth});
        let given = deployment(&json!({"source": {"type": "http", "image": null, "http": http}}));
        let stored = place.create(&given, "dryRun=All&fieldValidation=Strict").await.ok();
        assert_eq!(stored["spec"]["source"]["http"]["auth"]["secret"], json!({"name": ""}));
    }
}
