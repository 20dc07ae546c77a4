//! Definitions and resources that are made to be too much.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;
use crate::crd_upgrade::MAX_NESTING;

/// Judges, and asserts that it does not take long: some seconds where it is optimised.
#[track_caller]
fn in_time(schema: &Value, value: Value) -> Vec<String> {
    let start = Instant::now();
    let definition = definition_of(&json!({"type": "object", "properties": {"x": schema}}));
    let resource = Object::new("example.org/v1", "Widget", None, "one").with("x", value);
    let judge = Judge::default();
    let lines = lines(&judge.created(&definition, &resource));
    let _ = judge.changed(&definition, &resource.clone().with("x", json!([1])), &resource);
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 5 });
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());
    lines
}

#[test]
fn many_violations() {
    let lines = in_time(&json!({"items": {"maximum": 1}}), vec![2; 10_000].into());
    assert_eq!(lines.len(), MAX_VIOLATIONS + 1);
    assert!(lines.contains(&"more is not listed".to_owned()), "{lines:?}");
}

#[test]
fn long_texts() {
    let lines = in_time(&json!({"maximum": 1, "enum": ["a".repeat(100_000)]}), "b".repeat(100_000).into());
    assert_eq!(lines.len(), 1);
    assert!(lines[0].len() < 2 * MAX_TEXT, "{}", lines[0].len());
}

#[test]
fn conditions_in_conditions() {
    let nested =
        (0..60).fold(json!({"maximum": 1}), |inner, _| json!({"anyOf": [inner, {"items": {"minimum": 2}}]}));
    in_time(&json!({"items": nested}), vec![json!([1]); 20_000].into());
}

#[test]
fn many_allowed_values() {
    let allowed: Vec<_> = (0..50_000).collect();
    in_time(&json!({"items": {"enum": allowed}}), vec![json!(-1); 50_000].into());
}

#[test]
fn many_patterns() {
    let pattern = |number| json!({"pattern": format!("^([a-z]+{number}.{{0,900}})+$")});
    let conditions: Vec<_> = (0..1000).map(pattern).collect();
    in_time(&json!({"allOf": conditions}), "a".repeat(60_000).into());
}

#[test]
fn defaults_of_defaults() {
    let leaf = json!({"default": vec![1; 10_000]});
    let items = json!({"properties": {"a": leaf.clone(), "b": leaf}});
    assert_eq!(in_time(&json!({"items": items}), vec![json!({}); 10_000].into()), [""; 0]);
}

#[test]
fn deep_values_and_schemas() {
    let nested = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(in_time(&json!({"type": "string"}), nested(MAX_NESTING)), [""; 0]);
    let schema = (0..MAX_NESTING).fold(json!({"type": "string"}), |inner, _| json!({"items": inner}));
    assert_eq!(in_time(&schema, json!(1)), [""; 0]);
}
