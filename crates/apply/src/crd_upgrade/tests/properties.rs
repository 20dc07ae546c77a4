//! What holds whatever schemas say.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

use super::{UpgradeFinding, check, definition};

/// A keyword and one of its values.
fn keyword() -> impl Strategy<Value = (String, Value)> {
    let number = || prop_oneof![(-3_i64..5).prop_map(Value::from), (-2.0..2.0).prop_map(Value::from)];
    let names = || vec(select(vec!["a", "b", "c"]), 0..3).prop_map(Value::from);
    let maximum = [
        "maximum",
        "maxItems",
        "maxLength",
        "minimum",
        "minItems",
        "minLength",
        "multipleOf",
        "maxProperties",
    ];
    let flags = [
        "nullable",
        "uniqueItems",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "x-kubernetes-int-or-string",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-embedded-resource",
    ];
    let texts = ["format", "pattern", "title", "x-kubernetes-list-type", "x-kubernetes-map-type", "$ref"];
    let rules = vec(select(vec!["self.a", "self.b"]), 0..3)
        .prop_map(|rules| rules.into_iter().map(|rule| json!({"rule": rule})).collect::<Value>());
    prop_oneof![
        3 => (select(maximum.to_vec()), number()).prop_map(|(name, value)| (name.to_owned(), value)),
        3 => (select(flags.to_vec()), any::<bool>()).prop_map(|(name, value)| (name.to_owned(), value.into())),
        2 => (select(texts.to_vec()), "[ab]?").prop_map(|(name, value)| (name.to_owned(), value.into())),
        1 => (select(vec!["required", "x-kubernetes-list-map-keys"]), names())
            .prop_map(|(name, value)| (name.to_owned(), value)),
        1 => names().prop_map(|values| ("enum".to_owned(), values)),
        1 => number().prop_map(|value| ("default".to_owned(), value)),
        1 => rules.prop_map(|rules| ("x-kubernetes-validations".to_owned(), rules)),
        // What does not have its type, or that nobody knows.
        1 => (select(vec!["maximum", "type", "items", "anyOf", "properties", "additionalProperties", "zzz"]), number())
            .prop_map(|(name, value)| (name.to_owned(), value)),
    ]
}

/// A schema, structural or not.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = (option::of(select(vec!["object", "array", "string", "integer"])), vec(keyword(), 0..4))
        .prop_map(|(of_type, keywords)| {
            let mut schema: Map<_, _> = keywords.into_iter().collect();
            if let Some(of_type) = of_type {
                schema.insert("type".into(), of_type.into());
            }
            Value::from(schema)
        });
    let leaf = leaf.boxed();
    leaf.clone().prop_recursive(4, 40, 4, move |inner| {
        let properties = btree_map(select(vec!["a", "b", "items", "title"]), inner.clone(), 0..4);
        let lists = btree_map(select(vec!["allOf", "anyOf", "oneOf"]), vec(inner.clone(), 0..3), 0..2);
        let single = btree_map(select(vec!["items", "additionalProperties", "not"]), inner, 0..2);
        (leaf.clone(), properties, lists, single).prop_map(|(mut schema, properties, lists, single)| {
            if !properties.is_empty() {
                schema["properties"] = json!(properties);
            }
            for (name, list) in lists {
                schema[name] = list.into();
            }
            for (name, one) in single {
                schema[name] = one;
            }
            schema
        })
    })
}

/// A definition that serves one to three versions.
fn served() -> impl Strategy<Value = Value> {
    vec(schema(), 1..4).prop_map(|schemas| {
        let mut definition = definition(&json!({}));
        let one = definition["spec"]["versions"][0].clone();
        definition["spec"]["versions"] = schemas
            .into_iter()
            .zip(["v1", "v1beta1", "v2"])
            .map(|(schema, name)| {
                let mut version = one.clone();
                version["name"] = name.into();
                version["schema"]["openAPIV3Schema"] = schema;
                version
            })
            .collect();
        definition
    })
}

/// The same definition with its members, and what is a set in it, written in another order, and read again.
fn reordered(value: &Value) -> Value {
    fn write(value: &Value, is_set: bool, out: &mut String) {
        match value {
            Value::Object(members) => {
                let members: Vec<_> = members
                    .iter()
                    .rev()
                    .map(|(name, member)| {
                        let sets = [
                            "required",
                            "enum",
                            "versions",
                            "x-kubernetes-validations",
                            "x-kubernetes-list-map-keys",
                        ];
                        let mut text = format!("{}:", json!(name));
                        write(member, sets.contains(&name.as_str()), &mut text);
                        text
                    })
                    .collect();
                *out += &["{", &members.join(","), "}"].concat();
            }
            Value::Array(items) => {
                let mut texts = Vec::new();
                for item in items {
                    let mut text = String::new();
                    write(item, false, &mut text);
                    texts.push(text);
                }
                if is_set {
                    texts.reverse();
                }
                *out += &["[", &texts.join(","), "]"].concat();
            }
            other => out.push_str(&other.to_string()),
        }
    }
    let mut text = String::new();
    write(value, false, &mut text);
    serde_json::from_str(&text).unwrap()
}

/// Calls back for each place where a schema describes fields.
fn described(schema: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    let Value::Object(schema) = schema else { return };
    if schema.get("properties").is_none_or(Value::is_object) {
        visit(schema);
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(|property| described(property, visit));
    }
    for below in ["items", "additionalProperties"] {
        if let Some(below) = schema.get_mut(below) {
            described(below, visit);
        }
    }
}

fn is_sorted_and_unique(findings: &[UpgradeFinding]) -> bool {
    findings.is_sorted_by(|a, b| a < b)
}

proptest! {
    #[test]
    fn nothing_changes_where_nothing_changed(definition in served()) {
        prop_assert_eq!(check(&definition, &definition, &[]), []);
    }

    #[test]
    fn findings_are_sorted_and_each_is_there_once(old in served(), new in served()) {
        prop_assert!(is_sorted_and_unique(&check(&old, &new, &[])));
    }

    #[test]
    fn order_does_not_count(old in served(), new in served()) {
        let findings = check(&old, &new, &[]);
        prop_assert_eq!(check(&reordered(&old), &reordered(&new), &[]), findings);
        prop_assert_eq!(check(&old, &reordered(&old), &[]), []);
    }

    #[test]
    fn a_new_optional_field_is_always_right(root in schema(), at in any::<Index>(), field in schema()) {
        let mut old = definition(&json!({}));
        old["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = root;
        let mut new = old.clone();
        let schema = &mut new["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        let mut places = 0;
        described(schema, &mut |_| places += 1);
        prop_assume!(places > 0);
        let mut place = at.index(places);
        described(schema, &mut |schema| {
            if place == 0 {
                let properties = schema.entry("properties").or_insert_with(|| json!({}));
                properties["new"] = field.clone();
            }
            place = place.wrapping_sub(1);
        });
        prop_assert_eq!(check(&old, &new, &[]), []);
    }

    #[test]
    fn what_is_waived_is_gone_and_nothing_else(old in served(), new in served(), at in any::<Index>()) {
        let findings = check(&old, &new, &[]);
        prop_assume!(!findings.is_empty());
        let waived = at.get(&findings);
        let waiver = format!("{}:{}:{}", waived.crd, waived.rule, waived.path.as_deref().unwrap_or("*"));
        let left = check(&old, &new, &[waiver.parse().unwrap()]);
        let expected: Vec<_> = findings
            .iter()
            .filter(|finding| finding.rule != waived.rule || (waived.path.is_some() && finding.path != waived.path))
            .cloned()
            .collect();
        prop_assert_eq!(left, expected);
        prop_assert_eq!(check(&old, &new, &["*:*:*".parse().unwrap()]), []);
    }
}
