//! Fields that nobody knows: refused where one asks for it, dropped elsewhere, and kept in the configuration.

use rstest::rstest;
use serde_json::{Value, json};

use crate::place::{Place, deployment, merge};

#[rstest]
#[case::in_the_spec(json!({"spec": {"watchNamespaces": ["a"]}}), "spec.watchNamespaces")]
#[case::in_the_source(json!({"spec": {"source": {"upload": {}}}}), "spec.source.upload")]
#[case::in_the_image(json!({"spec": {"source": {"image": {"insecureSkipTlsVerify": true}}}}), "spec.source.image.insecureSkipTlsVerify")]
#[case::in_the_preflight(
    json!({"spec": {"preflight": {"crdUpgradeSafety": {"policy": "Disabled"}}}}),
    "spec.preflight.crdUpgradeSafety.policy",
)]
#[case::of_another_version(json!({"spec": {"template": {"spec": {}}}}), "spec.template")]
#[case::above(json!({"data": {}}), "data")]
#[tokio::test]
async fn a_field(#[case] more: Value, #[case] field: &str) {
    let Some(place) = Place::new().await else { return };
    let mut given = deployment(&json!({}));
    merge(&mut given, &more);
    let answer = place.create(&given, "dryRun=All&fieldValidation=Strict").await;
    let message = answer.body["message"].as_str().unwrap();
    let said = format!(r#"strict decoding error: unknown field "{field}""#);
    assert!(answer.code == 400 && message.ends_with(&said), "{answer:?}");

    let answer = place.create(&given, "dryRun=All&fieldValidation=Warn").await;
    assert_eq!(answer.warnings, [format!(r#"299 - "unknown field \"{field}\"""#)]);
    let pointer = format!("/{}", field.replace('.', "/"));
    assert_eq!((answer.code, answer.body.pointer(&pointer)), (201, None));
}

#[tokio::test]
async fn the_configuration_keeps_everything() {
    let Some(place) = Place::new().await else { return };
    let config = json!({
        "values": "a: b\n",
        "watchNamespace": "web",
        "deploymentConfig": {"env": [{"name": "A", "value": "b"}], "resources": {"limits": {"cpu": 1.5}}},
        "of": {"another": {"class": [1, "two", null, {"three": false}]}},
    });
    let stored =
        place.create(&deployment(&json!({"config": config})), "dryRun=All&fieldValidation=Strict").await.ok();
    assert_eq!(stored["spec"]["config"], config);
}
