//! The definition itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::place::{Place, deployment};

#[tokio::test]
async fn the_api_server_takes_the_definition_as_it_is_and_serves_it() {
    let Some(place) = Place::new().await else { return };
    let installed = place.install().await.clone();
    assert_eq!((installed.code, installed.warnings.as_slice()), (201, [].as_slice()), "{}", installed.body);

    let definition = place.definition().await;
    let conditions: BTreeMap<_, _> = definition["status"]["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|condition| (condition["type"].as_str().unwrap(), condition["status"].as_str().unwrap()))
        .collect();
    // No `NonStructuralSchema`.
    assert_eq!(conditions, BTreeMap::from([("Established", "True"), ("NamesAccepted", "True")]));
    assert_eq!(definition["status"]["storedVersions"], json!(["v1alpha2"]));
}

#[tokio::test]
async fn the_rules_can_be_paid_for_where_everything_is_as_large_as_it_may_be() {
    let Some(place) = Place::new().await else { return };
    let path = "a/".repeat(2048);
    let map = json!({"configMap": {"name": "a".repeat(253)}, "path": path});
    let maps: Value = vec![map; 256].into();
    let source = json!({"type": "configMaps", "image": null, "configMaps": maps});
    place.create(&deployment(&json!({"source": source})), "dryRun=All").await.ok();
    let source = json!({
        "type": "git",
        "image": null,
        "git": {"repository": "r".repeat(4096), "ref": {"tag": "t".repeat(4096)}, "directory": path},
    });
    place.create(&deployment(&json!({"source": source})), "dryRun=All").await.ok();
}
