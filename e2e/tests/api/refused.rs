//! What is refused when it is created: by which words, and by no others.
//!
//! A1 to A7, W2 and W3 are the cases of rukpak's own suite, which must be refused here, too.

use rstest::rstest;
use serde_json::{Value, json};

use crate::place::{Answer, Place, deployment};

const GIT: &str = "https://git.example.com/web.git";
const EXACTLY_ONE: &str =
    "spec.source: exactly one of source.image, source.git, source.configMaps and source.http must be set";
const EXACTLY_ONE_REF: &str = "spec.source.git.ref: exactly one of source.git.ref.branch, source.git.ref.tag and \
                               source.git.ref.commit must be set";
const TYPE: &str = "spec.source: source.type must be image, git, configMaps or http";
const GIT_DIRECTORY: &str = "spec.source.git.directory: source.git.directory must be a directory of the repository: without a \
                             leading / and without ..";
const CONFIG_MAPS_PATH: &str =
    "spec.source.configMaps[0].path: source.configMaps[].path must be inside the bundle: without ..";
const URL: &str = "spec.source.http.url: source.http.url must begin with https:// or http://";
const NAMESPACE_REQUIRED: &str = "spec: spec.installNamespace is required for the class core-rukpak-io-plain, whose bundles \
                                  suggest none";

fn git(reference: &Value, directory: &str) -> Value {
    json!({"type": "git", "image": null, "git": {"repository": GIT, "ref": reference, "directory": directory}})
}

fn config_maps(maps: &Value) -> Value {
    json!({"type": "configMaps", "image": null, "configMaps": maps})
}

fn http(http: &Value) -> Value {
    json!({"type": "http", "image": null, "http": http})
}

async fn refused(place: &Place, spec: &Value) -> Answer {
    place.create(&deployment(spec), "dryRun=All&fieldValidation=Strict").await
}

#[rstest]
#[case::a2_two_sources(json!({"git": {"repository": GIT, "ref": {"tag": "v1"}}}), &[EXACTLY_ONE])]
#[case::all_sources(
    json!({
        "git": {"repository": GIT, "ref": {"tag": "v1"}},
        "configMaps": [{"configMap": {"name": "a"}}],
        "http": {"url": "https://example.com/a.tgz"},
    }),
    &[EXACTLY_ONE],
)]
#[case::a3_no_source(
    json!({"image": null}),
    &[EXACTLY_ONE, "spec.source: source.image must be set for source type image"],
)]
#[case::w2_type_git_without_git(
    json!({"type": "git", "image": null}),
    &[EXACTLY_ONE, "spec.source: source.git must be set for source type git"],
)]
#[case::w2_type_git_with_an_image(
    json!({"type": "git"}),
    &["spec.source: source.git must be set for source type git"],
)]
#[case::w3_type_image_without_image(
    json!({"image": null, "http": {"url": "https://example.com/a.tgz"}}),
    &["spec.source: source.image must be set for source type image"],
)]
#[case::type_config_maps_with_an_image(
    json!({"type": "configMaps"}),
    &["spec.source: source.configMaps must be set for source type configMaps"],
)]
#[case::type_http_with_an_image(
    json!({"type": "http"}),
    &["spec.source: source.http must be set for source type http"],
)]
#[case::unknown_type(json!({"type": "upload"}), &[TYPE])]
#[case::unknown_type_alone(json!({"type": "invalid source", "image": null}), &[EXACTLY_ONE, TYPE])]
#[case::type_in_another_case(json!({"type": "configmaps"}), &[TYPE])]
#[case::no_type(json!({"type": null}), &["spec.source.type: Required value"])]
#[case::empty_ref(
    json!({"image": {"ref": ""}}),
    &[r"spec.source.image.ref: spec.source.image.ref in body should be at least 1 chars long"],
)]
#[case::no_ref(json!({"image": {"ref": null, "pullSecret": "a"}}), &["spec.source.image.ref: Required value"])]
#[case::a4_git_two_refs(git(&json!({"branch": "main", "commit": "abc"}), "."), &[EXACTLY_ONE_REF])]
#[case::git_three_refs(git(&json!({"branch": "main", "tag": "v1", "commit": "abc"}), "."), &[EXACTLY_ONE_REF])]
#[case::a5_git_no_ref(git(&json!({}), "."), &[EXACTLY_ONE_REF])]
#[case::git_without_ref(
    json!({"type": "git", "image": null, "git": {"repository": GIT}}),
    &["spec.source.git.ref: Required value"],
)]
#[case::git_without_repository(
    json!({"type": "git", "image": null, "git": {"ref": {"tag": "v1"}}}),
    &["spec.source.git.repository: Required value"],
)]
#[case::git_directory_above(git(&json!({"tag": "v1"}), "../elsewhere"), &[GIT_DIRECTORY])]
#[case::git_directory_above_all(git(&json!({"tag": "v1"}), ".."), &[GIT_DIRECTORY])]
#[case::git_directory_above_on_the_way(git(&json!({"tag": "v1"}), "./a/../../b"), &[GIT_DIRECTORY])]
#[case::git_directory_of_the_host(git(&json!({"tag": "v1"}), "/etc"), &[GIT_DIRECTORY])]
#[case::config_maps_none(
    config_maps(&json!([])),
    &["spec.source.configMaps: spec.source.configMaps in body should have at least 1 items"],
)]
#[case::config_maps_path_above(config_maps(&json!([{"configMap": {"name": "a"}, "path": "../b"}])), &[CONFIG_MAPS_PATH])]
#[case::config_maps_path_above_on_the_way(
    config_maps(&json!([{"configMap": {"name": "a"}, "path": "manifests/../../b"}])),
    &[CONFIG_MAPS_PATH],
)]
#[case::config_maps_without_a_map(
    config_maps(&json!([{"path": "manifests"}])),
    &["spec.source.configMaps[0].configMap: Required value"],
)]
#[case::config_maps_without_a_name(
    config_maps(&json!([{"configMap": {}}])),
    &["spec.source.configMaps[0]: source.configMaps[].configMap.name must be set"],
)]
#[case::http_of_a_file(http(&json!({"url": "file:///etc/passwd"})), &[URL])]
#[case::http_without_a_scheme(http(&json!({"url": "example.com/a.tgz"})), &[URL])]
#[case::http_without_url(http(&json!({"sha256": "0".repeat(64)})), &["spec.source.http.url: Required value"])]
#[case::http_hash_too_short(
    http(&json!({"url": "https://example.com/a.tgz", "sha256": "abc"})),
    &["spec.source.http.sha256: spec.source.http.sha256 in body should match '^[0-9a-f]{64}$'"],
)]
#[case::poll_interval_of_nothing(
    json!({"pollIntervalMinutes": 0}),
    &["spec.source.pollIntervalMinutes: spec.source.pollIntervalMinutes in body should be greater than or equal to 1"],
)]
#[tokio::test]
async fn a_source(#[case] source: Value, #[case] causes: &[&str]) {
    let Some(place) = Place::new().await else { return };
    assert_eq!(refused(&place, &json!({"source": source})).await.causes(), causes);
}

#[rstest]
#[case::a6_class_with_a_slash(
    json!({"provisionerClassName": "invalid/class-name"}),
    &["spec.provisionerClassName: spec.provisionerClassName in body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'"],
)]
#[case::a7_class_of_earlier_days(
    json!({"provisionerClassName": "core.rukpak.io/registry"}),
    &["spec.provisionerClassName: spec.provisionerClassName in body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'"],
)]
#[case::no_class(json!({"provisionerClassName": null}), &["spec.provisionerClassName: Required value"])]
#[case::no_source(json!({"source": null}), &["spec.source: Required value"])]
#[case::namespace_that_can_be_none(
    json!({"installNamespace": "Web_1"}),
    &["spec.installNamespace: spec.installNamespace in body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'"],
)]
#[case::long_namespace(
    json!({"installNamespace": "n".repeat(64)}),
    &["spec.installNamespace: Too long: may not be more than 63 bytes"],
)]
#[case::plain_without_namespace(json!({"provisionerClassName": "core-rukpak-io-plain"}), &[NAMESPACE_REQUIRED])]
#[case::account_without_a_namespace(
    json!({"serviceAccountName": "installer"}),
    &["spec: spec.serviceAccountName needs spec.serviceAccountNamespace or spec.installNamespace, since a bundle must not choose \
       as whom it is installed"],
)]
#[case::namespace_of_no_account(
    json!({"serviceAccountNamespace": "web", "installNamespace": "web"}),
    &["spec: spec.serviceAccountNamespace has no meaning without spec.serviceAccountName"],
)]
#[case::empty_account(
    json!({"serviceAccountName": "", "installNamespace": "web"}),
    &["spec.serviceAccountName: spec.serviceAccountName in body should be at least 1 chars long"],
)]
#[case::collision_protection(
    json!({"collisionProtection": "Sometimes"}),
    &[r#"spec.collisionProtection: Unsupported value: "Sometimes": supported values: "Prevent", "IfNoController", "None""#],
)]
#[case::deletion_policy(
    json!({"deletionPolicy": "delete"}),
    &[r#"spec.deletionPolicy: Unsupported value: "delete": supported values: "Delete", "KeepCRDs", "Orphan""#],
)]
#[case::enforcement(
    json!({"preflight": {"crdUpgradeSafety": {"enforcement": "Loose"}}}),
    &[r#"spec.preflight.crdUpgradeSafety.enforcement: Unsupported value: "Loose": supported values: "Strict", "None""#],
)]
#[case::waiver_of_a_path_that_is_none(
    json!({"preflight": {"crdUpgradeSafety": {"waivers": [{"path": "^.spec.size"}, {"path": "spec"}]}}}),
    &["spec.preflight.crdUpgradeSafety.waivers[1].path: waivers[].path must be as the refusal names it, with ^ before it, such as ^.spec.replicas"],
)]
#[case::waiver_of_a_definition_that_is_none(
    json!({"preflight": {"crdUpgradeSafety": {"waivers": [{"crd": "Web"}]}}}),
    &["spec.preflight.crdUpgradeSafety.waivers[0].crd: waivers[].crd must be the name of a CustomResourceDefinition, such as webs.example.com"],
)]
#[case::deadline_of_nothing(
    json!({"progressDeadlineMinutes": 0}),
    &["spec.progressDeadlineMinutes: spec.progressDeadlineMinutes in body should be greater than or equal to 1"],
)]
#[case::config_that_is_a_text(
    json!({"config": "watchNamespace: web"}),
    &[r#"spec.config: spec.config in body must be of type object: "string""#],
)]
#[tokio::test]
async fn a_spec(#[case] spec: Value, #[case] causes: &[&str]) {
    let Some(place) = Place::new().await else { return };
    assert_eq!(refused(&place, &spec).await.causes(), causes);
}

#[tokio::test]
async fn a1_a_name_of_more_than_52_characters() {
    let Some(place) = Place::new().await else { return };
    let mut deployment = deployment(&json!({}));
    deployment["metadata"]["name"] = "n".repeat(53).into();
    let answer = place.create(&deployment, "dryRun=All").await;
    assert_eq!(answer.causes(), [": metadata.name must not have more than 52 characters"]);
    deployment["metadata"]["name"] = "n".repeat(52).into();
    place.create(&deployment, "dryRun=All").await.ok();
}

#[tokio::test]
async fn no_spec() {
    let Some(place) = Place::new().await else { return };
    let mut deployment = deployment(&json!({}));
    deployment.as_object_mut().unwrap().remove("spec");
    assert_eq!(place.create(&deployment, "dryRun=All").await.causes(), ["spec: Required value"]);
}
