//! Definitions that are made to be too much.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::{MAX_FINDINGS, MAX_NESTING, MAX_PATH, UpgradeFinding, check, definition, lines};

/// Checks, and asserts that it does not take long: a second where it is optimised.
#[track_caller]
fn in_time(old: &Value, new: &Value) -> Vec<UpgradeFinding> {
    let start = Instant::now();
    let findings = check(old, new, &[]);
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 1 });
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());
    findings
}

/// A schema with so many fields, ten in each object.
fn wide(fields: usize, leaf: &Value) -> Value {
    let mut level: Vec<Value> = vec![leaf.clone(); fields];
    while level.len() > 1 {
        level = level
            .chunks(10)
            .map(|chunk| {
                let properties: Map<_, _> = chunk
                    .iter()
                    .enumerate()
                    .map(|(index, field)| (format!("f{index}"), field.clone()))
                    .collect();
                json!({"type": "object", "properties": properties})
            })
            .collect();
    }
    level.pop().unwrap()
}

#[test]
fn many_fields() {
    let (old, new) = (
        wide(100_000, &json!({"type": "string", "maxLength": 2})),
        wide(100_000, &json!({"type": "string", "maxLength": 1})),
    );
    assert_eq!(in_time(&definition(&old), &definition(&old)), []);
    let findings = in_time(&definition(&old), &definition(&new));
    assert_eq!(findings.len(), MAX_FINDINGS + 1);
    assert_eq!(findings[0].path.as_deref(), Some("^.a.f0.f0.f0.f0.f0"));
    assert_eq!(findings[MAX_FINDINGS].to_string(), "tooManyFindings: 99500 more findings are not listed");
    let removed = in_time(&definition(&old), &definition(&json!({"type": "object"})));
    assert_eq!(removed.len(), 10);
}

#[test]
fn many_values() {
    let values = |from: usize| (from..from + 100_000).map(|value| value.to_string()).collect::<Value>();
    let rules = |from: usize| {
        (from..from + 50_000).map(|rule| json!({"rule": format!("self.a != {rule}")})).collect::<Value>()
    };
    let conditions =
        |from: usize| (from..from + 50_000).map(|value| json!({"minimum": value})).collect::<Value>();
    let field = |from| {
        json!({"enum": values(from), "required": values(from), "x-kubernetes-validations": rules(from),
            "anyOf": conditions(from), "oneOf": conditions(from)})
    };
    let findings = in_time(&definition(&field(0)), &definition(&field(10)));
    let mut rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
    rules.dedup();
    assert_eq!(rules, ["enum", "oneOf", "required", "x-kubernetes-validations", "minimum"]);
}

#[test]
fn many_versions() {
    let mut versions = Vec::new();
    for number in 0..5000 {
        versions
            .push(json!({"name": format!("v{number}"), "served": true, "schema": {"openAPIV3Schema": {}}}));
    }
    let mut new = definition(&json!({}));
    new["spec"]["versions"] = versions.into();
    let findings = in_time(&new, &new);
    assert_eq!(lines(&findings), ["tooLarge: definition too large: the comparison was not finished"]);
}

#[test]
fn conditions_in_conditions() {
    let nested = |leaf: Value| (0..100).fold(leaf, |inner, _| json!({"anyOf": [inner, {"minimum": 1}]}));
    let values: Vec<_> = (0..1000).map(|number| format!("{number:01000}")).collect();
    let leaf = |name: &str| json!({"enum": values, "required": [name]});
    let findings = in_time(&definition(&nested(leaf("a"))), &definition(&nested(leaf("b"))));
    assert_eq!(lines(&findings), ["tooLarge: definition too large: the comparison was not finished"]);
}

#[test]
fn values_in_versions() {
    let mut new = definition(&json!({}));
    let values: Vec<_> = (0..500).collect();
    new["spec"]["versions"] = (0..1000)
        .map(|number| {
            let fields: Map<_, _> =
                (0..100).map(|field| (format!("{number}-{field}"), json!({"default": 1}))).collect();
            let root =
                json!({"enum": values, "properties": fields, "x-kubernetes-preserve-unknown-fields": true});
            json!({"name": format!("v{number}"), "served": true, "schema": {"openAPIV3Schema": root}})
        })
        .collect();
    let findings = in_time(&definition(&json!({})), &new);
    assert_eq!(findings[0].rule, "tooLarge");
}

#[test]
fn deep_schemas() {
    let nested = |depth: usize| {
        (0..depth).fold(json!({"type": "string"}), |inner, _| json!({"type": "array", "items": inner}))
    };
    // The field is a level of its own, and so are its root and their properties.
    let (right, deep) = (definition(&nested(MAX_NESTING - 3)), definition(&nested(MAX_NESTING - 2)));
    assert_eq!(check(&right, &right, &[]), []);
    for (old, new) in [(&right, &deep), (&deep, &right), (&deep, &deep)] {
        let findings = check(old, new, &[]);
        assert_eq!(findings.len(), 1);
        assert_eq!(
            findings[0].to_string(),
            "v1: ^: tooDeep: schema nested deeper than 256: it is not compared"
        );
    }
}

#[test]
fn long_paths() {
    let name = "n".repeat(MAX_PATH / 2);
    let nested = (0..3).fold(
        json!({"maximum": 1}),
        |inner, _| json!({"type": "object", "properties": {(name.clone()): inner}}),
    );
    let findings = check(&definition(&nested), &definition(&nested), &[]);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule, "tooDeep");
    assert!(findings[0].path.as_ref().unwrap().len() <= MAX_PATH);
}
