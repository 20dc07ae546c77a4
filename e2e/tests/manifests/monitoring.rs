//! Alerts and dashboard ask for metrics that there are.

use std::collections::BTreeSet;
use std::fs;

use rukpak_provisioner::metrics::{Kind, TABLE};
use serde_json::Value;

use super::{kustomized, manifests, objects};

/// The metrics that a query names.
fn metrics(query: &str) -> BTreeSet<String> {
    let words = query.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("rukpak_")).map(str::to_owned).collect()
}

/// What the provisioners tell, as queries name it.
fn known() -> BTreeSet<String> {
    let named = TABLE.iter().map(|metric| match metric.kind {
        Kind::Histogram => format!("{}_bucket", metric.name),
        _ => metric.name.to_owned(),
    });
    named.collect()
}

#[test]
fn the_dashboard_shows_metrics_that_there_are() {
    let text = fs::read(manifests().join("monitoring/dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_slice(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let queries = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let named: BTreeSet<_> = queries.flat_map(|target| metrics(target["expr"].as_str().unwrap())).collect();
    let known = known();
    assert!(named.len() > 5 && named.is_subset(&known), "{:?}", named.difference(&known));
    // None lies on another.
    let mut taken = BTreeSet::new();
    for panel in panels {
        let of = |field: &str| panel["gridPos"][field].as_u64().unwrap();
        for x in of("x")..of("x") + of("w") {
            for y in of("y")..of("y") + of("h") {
                assert!(x < 24 && taken.insert((x, y)), "{} at {x}, {y}", panel["title"]);
            }
        }
    }
}

#[test]
fn alerts_say_what_is_wrong_by_metrics_that_there_are() {
    let Some(text) = kustomized("monitoring") else { return };
    let all = objects(&text);
    let rule = all.iter().find(|object| object.kind() == "PrometheusRule").unwrap();
    let groups = rule.get(&["spec", "groups"]).and_then(Value::as_array).unwrap();
    let rules: Vec<&Value> = groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
    assert!(!rules.is_empty());
    for rule in rules {
        let named = metrics(rule["expr"].as_str().unwrap());
        assert!(!named.is_empty() && named.is_subset(&known()), "{rule}");
        for path in ["/alert", "/for", "/labels/severity", "/annotations/summary", "/annotations/description"]
        {
            assert!(rule.pointer(path).is_some_and(Value::is_string), "{path} of {rule}");
        }
    }
}
