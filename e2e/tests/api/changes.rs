//! What may change of a `BundleDeployment`, and by whom.

use rstest::rstest;
use serde_json::{Value, json};

use crate::place::{Place, deployment, merge, name};

const FIXED: &str =
    "spec: spec.installNamespace cannot change once it is set; delete this and make a new one to move it";
const RESOLVED: &str = ": spec.installNamespace must be the namespace that the bundle is installed into; delete this and make a \
                        new one to move it";

/// Makes one, and reports a status on it.
async fn with(place: &Place, spec: &Value, status: &Value) -> String {
    let created = place.create(&deployment(spec), "").await.ok();
    let name = name(&created).to_owned();
    if !status.is_null() {
        place.change(&name, "/status", &json!({"status": status})).await.ok();
    }
    name
}

#[rstest]
#[case::another_namespace(json!({"installNamespace": "a"}), Value::Null, json!({"installNamespace": "b"}), &[FIXED])]
#[case::no_namespace_any_more(json!({"installNamespace": "a"}), Value::Null, json!({"installNamespace": null}), &[FIXED])]
#[case::another_namespace_than_that_in_use(
    json!({}),
    json!({"installNamespace": "web-system"}),
    json!({"installNamespace": "b"}),
    &[RESOLVED],
)]
#[case::both(
    json!({"installNamespace": "a"}),
    json!({"installNamespace": "a"}),
    json!({"installNamespace": "b"}),
    &[RESOLVED, FIXED],
)]
#[case::to_the_plain_class_without_a_namespace(
    json!({}),
    Value::Null,
    json!({"provisionerClassName": "core-rukpak-io-plain"}),
    &["spec: spec.installNamespace is required for the class core-rukpak-io-plain, whose bundles suggest none"],
)]
#[tokio::test]
async fn it_may_not(
    #[case] spec: Value,
    #[case] status: Value,
    #[case] change: Value,
    #[case] causes: &[&str],
) {
    let Some(place) = Place::new().await else { return };
    let name = with(&place, &spec, &status).await;
    let before = place.get(&name).await;
    let answer = place.change(&name, "", &json!({"spec": change})).await;
    assert_eq!(answer.causes(), causes);
    assert_eq!(place.get(&name).await, before);
}

#[rstest]
#[case::the_first_namespace(json!({}), Value::Null, json!({"installNamespace": "a"}))]
#[case::the_namespace_in_use(json!({}), json!({"installNamespace": "a"}), json!({"installNamespace": "a"}))]
#[case::the_class(
    json!({"installNamespace": "a"}),
    json!({"installNamespace": "a"}),
    json!({"provisionerClassName": "core-rukpak-io-plain"}),
)]
#[case::the_source(
    json!({}),
    json!({"installNamespace": "a"}),
    json!({"source": {"type": "http", "image": null, "http": {"url": "https://example.com/a.tgz"}}}),
)]
#[case::the_rest(
    json!({"paused": true, "deletionPolicy": "Orphan", "config": {"watchNamespace": "a"}}),
    Value::Null,
    json!({"paused": null, "deletionPolicy": "KeepCRDs", "config": null, "force": true}),
)]
#[tokio::test]
async fn it_may(#[case] spec: Value, #[case] status: Value, #[case] change: Value) {
    let Some(place) = Place::new().await else { return };
    let name = with(&place, &spec, &status).await;
    let mut expected = place.get(&name).await;
    merge(&mut expected["spec"], &change);
    let changed = place.change(&name, "", &json!({"spec": change})).await.ok();
    assert_eq!(changed["spec"], expected["spec"]);
    assert_eq!(changed["metadata"]["generation"], 2);
}

#[tokio::test]
async fn the_status_cannot_name_another_namespace_than_the_spec() {
    let Some(place) = Place::new().await else { return };
    let name = with(&place, &json!({"installNamespace": "a"}), &Value::Null).await;
    let answer = place.change(&name, "/status", &json!({"status": {"installNamespace": "b"}})).await;
    assert_eq!(answer.causes(), [RESOLVED]);
}

#[tokio::test]
async fn the_status_is_not_written_with_the_rest() {
    let Some(place) = Place::new().await else { return };
    let mut given = deployment(&json!({}));
    given["status"] = json!({"observedGeneration": 7});
    let created = place.create(&given, "").await.ok();
    assert_eq!(created.get("status"), None);

    let name = name(&created);
    let change = json!({"spec": {"paused": true}, "status": {"observedGeneration": 7}});
    let changed = place.change(name, "", &change).await.ok();
    assert_eq!((changed.get("status"), &changed["spec"]["paused"]), (None, &json!(true)));
}

#[tokio::test]
async fn the_rest_is_not_written_with_the_status() {
    let Some(place) = Place::new().await else { return };
    let name = with(&place, &json!({}), &Value::Null).await;
    let before = place.get(&name).await;
    let change = json!({
        "metadata": {"labels": {"a": "b"}},
        "spec": {"paused": true, "source": {"image": {"ref": "elsewhere"}}},
        "status": {"observedGeneration": 1},
    });
    let changed = place.change(&name, "/status", &change).await.ok();
    assert_eq!(changed["status"], json!({"observedGeneration": 1}));
    assert_eq!(changed["spec"], before["spec"]);
    assert_eq!(changed["metadata"].get("labels"), None);
    assert_eq!(changed["metadata"]["generation"], 1);
}

#[tokio::test]
async fn a_condition_is_there_once() {
    let Some(place) = Place::new().await else { return };
    let name = with(&place, &json!({}), &Value::Null).await;
    let condition = json!({
        "type": "Installed", "status": "True", "reason": "InstallationSucceeded", "message": "",
        "lastTransitionTime": "2024-01-01T00:00:00Z", "observedGeneration": 1,
    });
    let answer =
        place.change(&name, "/status", &json!({"status": {"conditions": [condition, condition]}})).await;
    assert_eq!(answer.causes(), [r#"status.conditions[1]: Duplicate value: {"type":"Installed"}"#]);
}
