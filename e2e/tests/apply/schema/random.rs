//! Schemas and values that nobody thought of.

use std::fmt::Write as _;

use e2e::noise::noise;
use serde_json::{Value, json};

use super::Kind;

const SCHEMAS: usize = 120;

const VALUES: usize = 20;

/// Choices, the same each time, others for another `E2E_SEED`.
pub(super) struct Choices(std::vec::IntoIter<u8>);

impl Choices {
    pub(super) fn new() -> Self {
        let seed = std::env::var("E2E_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        Self(noise(4_000_000, seed).into_iter())
    }

    fn below(&mut self, bound: usize) -> usize {
        let (high, low) = (self.0.next().unwrap_or_default(), self.0.next().unwrap_or_default());
        usize::from(u16::from_be_bytes([high, low])) % bound
    }

    fn one_of(&mut self, all: &[Value]) -> Value {
        all[self.below(all.len())].clone()
    }

    pub(super) fn is(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

/// A structural schema that a server takes.
pub(super) fn schema(choices: &mut Choices, depth: usize) -> Value {
    let kinds = if depth == 0 { 5 } else { 9 };
    let mut schema = match choices.below(kinds) {
        0 => json!({"type": "string"}),
        1 => json!({"type": "integer"}),
        2 => json!({"type": "number"}),
        3 => json!({"type": "boolean"}),
        4 => json!({"x-kubernetes-int-or-string": true}),
        5 | 6 => {
            let properties =
                json!({"a": self::schema(choices, depth - 1), "b": self::schema(choices, depth - 1)});
            json!({"type": "object", "properties": properties})
        }
        7 => json!({"type": "object", "additionalProperties": self::schema(choices, depth - 1)}),
        _ => json!({"type": "array", "items": self::schema(choices, depth - 1)}),
    };
    let is_scalar_list = schema["items"]["type"].is_string()
        && !["object", "array"].map(Value::from).contains(&schema["items"]["type"]);
    if is_scalar_list && schema["items"]["nullable"] != true && choices.is(2) {
        schema["x-kubernetes-list-type"] = "set".into();
    }
    if schema["type"] == "object" && choices.is(4) {
        schema["x-kubernetes-preserve-unknown-fields"] = true.into();
    }
    if choices.is(5) && schema["x-kubernetes-int-or-string"] != true {
        schema["nullable"] = true.into();
    }
    limits(choices, &mut schema);
    if choices.is(3) {
        conditions(choices, &mut schema, 2);
    }
    schema
}

/// Adds what is asked of a value of the type.
fn limits(choices: &mut Choices, schema: &mut Value) {
    let small = |choices: &mut Choices| Value::from(choices.below(4));
    let keywords: &[&str] = match schema["type"].as_str() {
        Some("string") => &["minLength", "maxLength", "pattern", "format", "enum"],
        Some("integer" | "number") => {
            &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum"]
        }
        Some("array") => &["minItems", "maxItems"],
        Some("object") => &["minProperties", "maxProperties", "required"],
        _ => &["minimum", "maxLength", "pattern", "enum"],
    };
    for keyword in keywords {
        if !choices.is(3) {
            continue;
        }
        let is_float = schema["type"] == "number" && choices.is(2);
        schema[*keyword] = match *keyword {
            "pattern" => choices.one_of(&[
                json!("^a"),
                json!("b$"),
                json!("^[a-c]{1,2}$"),
                json!("\\d"),
                json!("^[^\\W_]*$"),
            ]),
            "format" => choices.one_of(&[
                json!("date"),
                json!("ipv4"),
                json!("hostname"),
                json!("date-time"),
                json!("uuid"),
            ]),
            "enum" => match schema["type"].as_str() {
                Some("integer" | "number") => json!([1, 2, 4]),
                Some("string") => json!(["a", "b", "10.0.0.1"]),
                _ => json!([1, "a"]),
            },
            "exclusiveMinimum" | "exclusiveMaximum" => true.into(),
            "required" => choices.one_of(&[json!(["a"]), json!(["b"]), json!(["a", "b"]), json!(["c"])]),
            "multipleOf" => {
                choices.one_of(&if is_float { [json!(0.5), json!(1.5)] } else { [json!(2), json!(3)] })
            }
            "minimum" | "maximum" if is_float => choices.one_of(&[json!(0.5), json!(1.5), json!(-2.25)]),
            _ => small(choices),
        };
    }
}

/// Adds conditions, which have neither types nor fields of their own.
fn conditions(choices: &mut Choices, schema: &mut Value, depth: usize) {
    let condition = |choices: &mut Choices| {
        let mut condition = json!({});
        let mut of_type = json!({"type": schema["type"]});
        limits(choices, &mut of_type);
        for (name, value) in of_type.as_object().unwrap().iter().filter(|(name, _)| *name != "type") {
            condition[name] = value.clone();
        }
        if schema["properties"].is_object() && choices.is(2) {
            let mut below = json!({"type": schema["properties"]["a"]["type"]});
            limits(choices, &mut below);
            below.as_object_mut().unwrap().remove("type");
            condition["properties"] = json!({"a": below});
        }
        if depth > 0 && choices.is(4) {
            let mut inner = json!({"type": schema["type"]});
            conditions(choices, &mut inner, depth - 1);
            inner.as_object_mut().unwrap().remove("type");
            condition.as_object_mut().unwrap().append(inner.as_object_mut().unwrap());
        }
        condition
    };
    let added = match choices.below(4) {
        0 => ("not", condition(choices)),
        kind => (["anyOf", "oneOf", "allOf"][kind - 1], json!([condition(choices), condition(choices)])),
    };
    schema[added.0] = added.1;
}

/// A value, mostly of the type.
pub(super) fn value(choices: &mut Choices, schema: &Value, depth: usize) -> Value {
    let texts =
        ["", "a", "b", "ab", "abcd", "1", "ä", "2024-02-29", "10.0.0.1", "a_b", "colour"].map(Value::from);
    let numbers =
        [json!(0), json!(1), json!(2), json!(3), json!(-3), json!(1.0), json!(1.5), json!(2.25), json!(1e20)];
    if choices.is(10) || depth == 0 {
        let any = [
            json!(null),
            json!(true),
            json!([]),
            json!({}),
            json!(1),
            json!(0.5),
            json!("a"),
            json!([1, 1]),
            json!({"a": 1}),
        ];
        return choices.one_of(&any);
    }
    match schema["type"].as_str() {
        Some("string") => choices.one_of(&texts),
        Some("integer" | "number") => choices.one_of(&numbers),
        Some("boolean") => true.into(),
        Some("array") => {
            let length = choices.below(4);
            (0..length).map(|_| value(choices, &schema["items"], depth - 1)).collect()
        }
        Some("object") => {
            let mut object = json!({});
            for name in ["a", "b", "c"] {
                if choices.is(2) {
                    let below = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
                    object[name] = value(choices, below, depth - 1);
                }
            }
            object
        }
        _ if choices.is(2) => choices.one_of(&texts),
        _ => choices.one_of(&numbers),
    }
}

#[tokio::test]
async fn random_schemas_judge_random_values_as_by_the_server() {
    let mut choices = Choices::new();
    // The first is the number of replicas.
    let mut schemas = vec![json!({"type": "integer"})];
    schemas.extend((0..SCHEMAS).map(|_| schema(&mut choices, 3)));
    let Some(kind) = Kind::new("random", &schemas).await else { return };
    let values: Vec<_> = (0..schemas.len())
        .flat_map(|index| std::iter::repeat_n(index, VALUES))
        .map(|index| (index, value(&mut choices, &schemas[index], 4)))
        .collect();
    let answers = kind.ask(values.clone()).await;
    let mut wrong = String::new();
    for ((index, value), answer) in values.iter().zip(&answers) {
        if let Some(complaint) = answer.complaint(false) {
            let _ = writeln!(wrong, "{value} by {}\n{complaint}", schemas[*index]);
        }
    }
    let refused = answers.iter().filter(|answer| answer.server.is_some()).count();
    println!("{} values of {} schemas, {refused} are refused", values.len(), schemas.len());
    assert!(wrong.is_empty(), "{wrong}");
    assert!(refused > values.len() / 5 && refused < values.len() * 4 / 5, "{refused} of {}", values.len());
}
