//! Alerts and dashboard ask for metrics that there are.

use std::collections::BTreeSet;
use std::fs;

use rukpak_provisioner::metrics::{Kind, TABLE};
use serde_json::Value;

use super::{charted, kustomized, manifests, objects};

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
    let rules = rules(&text);
    assert!(!rules.is_empty());
    for rule in &rules {
        let named = metrics(rule["expr"].as_str().unwrap());
        assert!(!named.is_empty() && named.is_subset(&known()), "{rule}");
        for path in ["/alert", "/for", "/labels/severity", "/annotations/summary", "/annotations/description"]
        {
            assert!(rule.pointer(path).is_some_and(Value::is_string), "{path} of {rule}");
        }
    }
}

/// What is at hand is counted, too, and each time somebody looks.
#[test]
fn the_alert_about_fetches_goes_by_those_that_ask_a_server() {
    let Some(text) = kustomized("monitoring") else { return };
    let rules = rules(&text);
    let rule = rules.iter().find(|rule| rule["alert"] == "RukpakFetchesFail").unwrap();
    let counted = rule["expr"].as_str().unwrap().split("rukpak_fetches_total").skip(1);
    let counted: Vec<_> = counted.map(|rest| rest.split('[').next().unwrap()).collect();
    assert_eq!(counted, [r#"{result="failed"}"#, r#"{result=~"failed|fetched"}"#]);
}

#[test]
fn each_provisioner_that_is_meant_to_be_there_is_missed_when_it_is_gone() {
    let missed = |text: &str| -> BTreeSet<String> {
        let queries = rules(text).into_iter().map(|rule| rule["expr"].as_str().unwrap().to_owned());
        queries.filter(|query| query.starts_with("absent(")).collect()
    };
    let gone = |classes: &[&str]| -> BTreeSet<String> {
        classes.iter().map(|class| format!("absent(rukpak_lease_held{{class=\"{class}\"}})")).collect()
    };
    let both = ["core-rukpak-io-registry", "core-rukpak-io-plain"];
    let Some(text) = kustomized("monitoring") else { return };
    assert_eq!(missed(&text), gone(&both));
    for (values, classes) in
        [("", &both[..]), (",plain.enabled=false", &both[..1]), (",registryV1.enabled=false", &both[1..])]
    {
        let Some(text) = charted(&format!("monitoring.prometheusRule=true{values}")) else { return };
        assert_eq!(missed(&text), gone(classes), "{values}");
        let others = rules(&text).len() - classes.len();
        assert!(others > 5, "the other rules are about whoever is there: {text}");
    }
}

/// The rules of the only `PrometheusRule`.
fn rules(text: &str) -> Vec<Value> {
    let all = objects(text);
    let rule = all.iter().find(|object| object.kind() == "PrometheusRule").unwrap();
    let groups = rule.get(&["spec", "groups"]).and_then(Value::as_array).unwrap();
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).cloned().collect()
}
