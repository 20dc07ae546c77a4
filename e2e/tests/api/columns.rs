//! What `kubectl get` shows, and under which names.

use serde_json::{Value, json};

use crate::place::{Place, deployment, name};

/// What is reported on one that runs.
fn status() -> Value {
    let condition = |kind: &str, reason: &str| {
        json!({
            "type": kind, "status": "True", "reason": reason, "message": "", "observedGeneration": 1,
            "lastTransitionTime": "2024-01-01T00:00:00Z",
        })
    };
    let conditions = [condition("Installed", "InstallationSucceeded"), condition("Healthy", "Healthy")];
    json!({"conditions": conditions, "bundle": {"version": "1.2.3"}, "observedGeneration": 1})
}

#[tokio::test]
async fn the_columns_are_those_of_rukpak_and_wide_ones_of_ours() {
    let Some(place) = Place::new().await else { return };
    let created = place.create(&deployment(&json!({})), "").await.ok();
    let name = name(&created);
    let table = place.table(name).await;
    let columns: Vec<_> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| (column["name"].as_str().unwrap(), column["priority"].as_i64().unwrap()))
        .collect();
    let expected = [
        ("Name", 0),
        ("Install State", 0),
        ("Age", 0),
        ("Provisioner", 1),
        ("Version", 1),
        ("Healthy", 1),
        ("Source", 1),
    ];
    assert_eq!(columns, expected);
    let cells = |table: &Value| {
        let mut cells = table["rows"][0]["cells"].clone();
        // The age differs.
        assert!(cells[2].take().is_string(), "{table}");
        cells
    };
    let nothing = json!([name, null, null, "core-rukpak-io-registry", null, null, "image"]);
    assert_eq!(cells(&table), nothing);

    place.change(name, "/status", &json!({"status": status()})).await.ok();
    let reported =
        json!([name, "InstallationSucceeded", null, "core-rukpak-io-registry", "1.2.3", "True", "image"]);
    assert_eq!(cells(&place.table(name).await), reported);
}

#[tokio::test]
async fn kubectl_knows_the_short_names() {
    let Some(place) = Place::new().await else { return };
    let created = place.create(&deployment(&json!({})), "").await.ok();
    let name = name(&created);
    place.change(name, "/status", &json!({"status": status()})).await.ok();
    let get = |arguments: &[&str]| {
        let output = place.kubectl()?.arg("get").args(arguments).output().unwrap();
        let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(output.status.success(), "{stderr}");
        // Columns are as wide as what is in them; the age differs.
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let lines: Vec<_> = stdout.lines().map(words).collect();
        Some(lines)
    };
    let Some(lines) = get(&["bd", name]) else { return };
    assert_eq!(lines[0], ["NAME", "INSTALL", "STATE", "AGE"]);
    assert_eq!(lines[1][..2], [name, "InstallationSucceeded"]);

    let Some(lines) = get(&["bds", name, "--output", "wide"]) else { return };
    assert_eq!(lines[0][4..], ["PROVISIONER", "VERSION", "HEALTHY", "SOURCE"]);
    assert_eq!(lines[1][3..], ["core-rukpak-io-registry", "1.2.3", "True", "image"]);
}
