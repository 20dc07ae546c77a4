//! What holds whatever schemas and values say.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::*;

const KEYWORDS: [&str; 34] = [
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "type",
    "uniqueItems",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
    "zzz",
];

const TEXTS: [&str; 22] = [
    "",
    "a",
    "b",
    "object",
    "array",
    "string",
    "integer",
    "number",
    "boolean",
    "set",
    "map",
    "date-time",
    "date",
    "duration",
    "ipv4",
    "uuid",
    "hostname",
    "uri",
    "cidr",
    "^[a-b]{1,2}$",
    "((",
    "2020-02-30T1:é",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..5).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        select(TEXTS.to_vec()).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(select(vec!["a", "b", "x", "apiVersion", "kind", "metadata", ""]), inner, 0..4)
                .prop_map(|fields| json!(fields)),
        ]
    })
}

/// A schema whose keywords mostly have their type.
fn schema() -> impl Strategy<Value = Value> {
    let keyword = (select(KEYWORDS.to_vec()), value()).prop_map(|(name, value)| (name.to_owned(), value));
    let leaf = vec(keyword, 0..5).prop_map(|keywords| Value::Object(Map::from_iter(keywords)));
    leaf.prop_recursive(4, 30, 4, |inner| {
        let properties = btree_map(select(vec!["a", "b", "x"]), inner.clone(), 0..3);
        let lists = btree_map(select(vec!["allOf", "anyOf", "oneOf"]), vec(inner.clone(), 1..3), 0..2);
        let single = btree_map(select(vec!["items", "additionalProperties", "not"]), inner.clone(), 0..2);
        (inner, properties, lists, single).prop_map(|(mut schema, properties, lists, single)| {
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

proptest! {
    #[test]
    fn every_schema_judges_every_value(root in schema(), x in value(), before in value()) {
        let definition = definition_of(&root);
        let resource = |x| Object::new("example.org/v1", "Widget", None, "one").with("x", x);
        let (live, next) = (resource(before), resource(x));
        let judge = Judge::default();
        let created = judge.created(&definition, &next);
        prop_assert!(created.is_sorted());
        prop_assert_eq!(&judge.created(&definition, &next), &created);
        // What changes nothing is asked nothing.
        prop_assert!(judge.changed(&definition, &live, &next).is_sorted());
        prop_assert_eq!(judge.changed(&definition, &next, &next), []);
    }

    #[test]
    fn what_is_not_is_what_is_otherwise(schema in schema(), x in value()) {
        // Never may both be refused: what is not known is refused by neither.
        let judge = |schema: &Value| {
            let definition = definition_of(&json!({"x-kubernetes-preserve-unknown-fields": true, "allOf": [schema]}));
            let resource = Object::new("example.org/v1", "Widget", None, "one").with("x", x.clone());
            Judge::default().created(&definition, &resource)
        };
        let negated = json!({"not": schema.clone()});
        prop_assert!(judge(&schema).is_empty() || judge(&negated).is_empty());
    }
}
