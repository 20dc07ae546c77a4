//! Schemas keyword by keyword, with values that are taken and refused.

use std::fmt::Write as _;

use serde_json::Value;

use super::Kind;

/// A schema, and values of it, all as JSON: what is taken, what is refused by both, and what only the server refuses.
type Case = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

const CASES: &[Case] = &[
    (
        r#"{"type": "integer"}"#,
        &["1", "0", "2147483647"],
        &["-1", "2147483648", "\"a\"", "1.5", "1e30", "1.0"],
        &[],
    ),
    (
        r#"{"type": "integer"}"#,
        &["1", "-1", "1.0", "9007199254740991", "null"],
        &["1.5", "\"1\"", "true", "[]", "1e30", "18446744073709551615"],
        &[],
    ),
    (r#"{"type": "number"}"#, &["1", "1.5", "1e30"], &["\"1\"", "{}"], &[]),
    (r#"{"type": "string"}"#, &["\"\"", "null"], &["1", "false", "[\"a\"]"], &[]),
    (r#"{"type": "string", "nullable": true}"#, &["null", "\"a\""], &["1"], &[]),
    (r#"{"type": "boolean"}"#, &["true"], &["\"true\"", "0"], &[]),
    (r#"{"x-kubernetes-int-or-string": true}"#, &["1", "\"a\"", "1.0"], &["1.5", "true", "[]", "{}"], &[]),
    (
        r#"{"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^[0-9]+%?$"}"#,
        &["1", "\"5%\""],
        &["\"a\"", "true"],
        &[],
    ),
    (
        r#"{"x-kubernetes-int-or-string": true, "enum": [1, "A"]}"#,
        &["1", "\"A\"", "65"],
        &["2", "\"B\""],
        &[],
    ),
    (
        r#"{"type": "integer", "format": "int32"}"#,
        &["1", "1.0"],
        &["true", "\"a\"", "{}", "[]"],
        &["3000000000"],
    ),
    (r#"{"type": "integer", "format": "int64"}"#, &["1", "3000000000"], &["true"], &[]),
    (r#"{"type": "number", "format": "float"}"#, &["1", "1.5"], &["true"], &["1e300"]),
    (r#"{"type": "number", "format": "double"}"#, &["1", "1e300"], &["\"a\""], &[]),
    (r#"{"type": "string", "enum": ["a", "b"]}"#, &["\"a\""], &["\"c\"", "\"\""], &[]),
    (r#"{"type": "string", "nullable": true, "enum": ["a", null]}"#, &["\"a\""], &["null"], &[]),
    (r#"{"type": "number", "enum": [1, 2.5]}"#, &["1", "1.0", "2.5", "1.25"], &["2", "3.5"], &[]),
    (r#"{"type": "integer", "maximum": 3, "minimum": 1}"#, &["1", "3", "2.0"], &["0", "4", "4.0"], &[]),
    (
        r#"{"type": "integer", "maximum": 3, "minimum": 1, "exclusiveMaximum": true, "exclusiveMinimum": true}"#,
        &["2"],
        &["1", "3"],
        &[],
    ),
    (
        r#"{"type": "number", "maximum": 3.5, "minimum": -1.5}"#,
        &["3.5", "-1.5", "3"],
        &["3.75", "-2", "4"],
        &[],
    ),
    (r#"{"type": "integer", "maximum": 2.5}"#, &[], &["3"], &["2", "1"]),
    (r#"{"type": "integer", "multipleOf": 3}"#, &["6", "0", "-3", "6.0"], &["4", "4.0"], &[]),
    (r#"{"type": "number", "multipleOf": 0.5}"#, &["1.5", "0.5"], &["1", "0.75"], &[]),
    (r#"{"type": "number", "multipleOf": 2.5}"#, &["4", "5.0"], &["5", "4.0"], &[]),
    (
        r#"{"type": "string", "minLength": 2, "maxLength": 3}"#,
        &["\"äöü\"", "\"ab\""],
        &["\"ä\"", "\"abcd\""],
        &[],
    ),
    (r#"{"type": "string", "pattern": "b"}"#, &["\"abc\""], &["\"ac\""], &[]),
    (r#"{"type": "string", "pattern": "^[\\w-.]+$"}"#, &["\"a-.\""], &["\"ä\"", "\"a b\""], &[]),
    (r#"{"type": "string", "pattern": "^[^[&&\\d]+$"}"#, &["\"ab\""], &["\"a&\"", "\"[\"", "\"1\""], &[]),
    (r#"{"type": "string", "pattern": "^(?i)a{,2}\\<$"}"#, &["\"A{,2}<\""], &["\"aa\""], &[]),
    (r#"{"type": "string", "pattern": "^\\pL\\s?\\b.$"}"#, &["\"a b\""], &["\"1 b\""], &[]),
    (r#"{"type": "string", "pattern": "^.\\Ba"}"#, &["\"aa\""], &[], &["\"-a\""]),
    (
        r#"{"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2}"#,
        &["[1]", "[1, 2]"],
        &["[]", "[1, 2, 3]", "[\"a\"]", "[null]", "{}"],
        &[],
    ),
    (r#"{"type": "array", "items": {"type": "integer", "default": 7}}"#, &["[null]"], &["[true]"], &[]),
    (
        r#"{"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}"#,
        &["[\"a\", \"b\"]"],
        &["[\"a\", \"b\", \"a\", \"a\"]"],
        &[],
    ),
    (
        r#"{"type": "array", "items": {"x-kubernetes-int-or-string": true}, "x-kubernetes-list-type": "set"}"#,
        &["[1, \"1\", 1.0]"],
        &["[1, 1]"],
        &[],
    ),
    (
        r#"{"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string", "default": "x"}, "b": {"type": "string"}}}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]}"#,
        &["[{\"a\": \"1\"}, {\"a\": \"2\"}]", "[{}]"],
        &["[{\"a\": \"1\"}, {\"b\": \"1\"}, {\"a\": \"1\", \"b\": \"2\"}]", "[{}, {\"a\": \"x\"}]", "[1]"],
        &[],
    ),
    (
        r#"{"type": "array", "items": {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "b"]}"#,
        &["[{\"a\": 1, \"b\": \"1\"}, {\"a\": 1, \"b\": \"2\"}]"],
        &["[{\"a\": 1, \"b\": \"1\"}, {\"a\": 1.0, \"b\": \"1\"}]", "[{\"a\": 1}]"],
        &[],
    ),
    (
        r#"{"type": "object", "required": ["a", "d"], "properties": {"a": {"type": "string"}, "d": {"type": "integer", "default": 1}}}"#,
        &["{\"a\": \"\"}", "{\"a\": \"\", \"d\": null, \"unknown\": 1}"],
        &["{}", "{\"a\": null}", "{\"A\": \"\"}"],
        &[],
    ),
    (
        r#"{"type": "object", "minProperties": 1, "maxProperties": 1, "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}"#,
        &["{\"a\": \"\", \"c\": 1}"],
        &["{}", "{\"c\": 1}", "{\"a\": \"\", \"b\": \"\"}"],
        &[],
    ),
    (
        r#"{"type": "object", "additionalProperties": {"type": "integer", "maximum": 3}}"#,
        &["{\"a\": 1}", "{\"a\": null}"],
        &["{\"a\": 4}", "{\"b\": \"a\"}"],
        &[],
    ),
    (
        r#"{"type": "object", "additionalProperties": true, "maxProperties": 1}"#,
        &["{\"a\": {\"b\": 1}}"],
        &["{\"a\": 1, \"b\": 1}"],
        &[],
    ),
    (
        r#"{"type": "object", "x-kubernetes-preserve-unknown-fields": true, "maxProperties": 1, "properties": {"a": {"type": "integer"}}}"#,
        &["{\"z\": 1}"],
        &["{\"z\": 1, \"y\": 1}", "{\"a\": \"\"}"],
        &[],
    ),
    (
        r#"{"x-kubernetes-preserve-unknown-fields": true, "not": {"required": ["z"]}}"#,
        &["{\"a\": 1}"],
        &["{\"z\": 1}", "1", "\"a\""],
        &[],
    ),
    (
        r#"{"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true}"#,
        &[
            "{\"apiVersion\": \"v1\", \"kind\": \"A\", \"metadata\": {\"name\": \"a\", \"zzz\": 1}, \"spec\": {}}",
        ],
        &["{}", "{\"apiVersion\": \"\", \"kind\": \"A\"}", "{\"apiVersion\": \"a/b/c\", \"kind\": \"_\"}"],
        &["{\"apiVersion\": \"v1\", \"kind\": \"A\", \"metadata\": {\"labels\": {\"a\": \"not a label\"}}}"],
    ),
    (
        r#"{"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec": {"type": "object"}}, "maxProperties": 2}"#,
        &["{\"apiVersion\": \"v1\", \"kind\": \"A\", \"zzz\": 1}"],
        &["{\"apiVersion\": \"v1\", \"kind\": \"A\", \"spec\": {}}"],
        &[],
    ),
    (r#"{"type": "integer", "allOf": [{"maximum": 5}, {"minimum": 3}]}"#, &["4"], &["6", "2"], &[]),
    (r#"{"type": "integer", "anyOf": [{"maximum": 1}, {"minimum": 3}]}"#, &["1", "3"], &["2"], &[]),
    (r#"{"type": "integer", "oneOf": [{"maximum": 5}, {"minimum": 3}]}"#, &["1", "6"], &["4"], &[]),
    (r#"{"type": "integer", "not": {"enum": [4]}}"#, &["3"], &["4", "4.0"], &[]),
    (
        r#"{"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}"#,
        &["{\"a\": \"\"}"],
        &["{}", "{\"a\": \"\", \"b\": \"\"}"],
        &[],
    ),
    (
        r#"{"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "anyOf": [{"properties": {"a": {"enum": ["x"]}}, "required": ["b"]}, {"properties": {"a": {"pattern": "^y"}}}]}"#,
        &["{\"a\": \"x\", \"b\": 1}", "{\"a\": \"y\"}", "{}"],
        &["{\"a\": \"x\"}", "{\"a\": \"z\", \"b\": 1}"],
        &[],
    ),
    (
        r#"{"type": "integer", "x-kubernetes-validations": [{"rule": "self != 3"}]}"#,
        &["2"],
        &["\"a\""],
        &["3"],
    ),
    (r#"{"type": "string", "format": "byte"}"#, &["\"YQ==\"", "[1]"], &["\"\"", "\"YQ\"", "1"], &[]),
    (
        r#"{"type": "string", "format": "cidr"}"#,
        &["\"10.0.0.0/8\"", "\"::/0\"", "\"010.0.0.0/8\""],
        &["\"10.0.0.0\"", "\"10.0.0.0/33\"", "\"a/8\""],
        &[],
    ),
    (
        r#"{"type": "string", "format": "date"}"#,
        &["\"2024-02-29\""],
        &["\"2023-02-29\"", "\"2023-1-1\"", "\"\""],
        &[],
    ),
    (
        r#"{"type": "string", "format": "date-time"}"#,
        &["\"2024-02-29T23:59:59Z\"", "\"2024-02-29t23:59:59.1+01:00\""],
        &["\"2024-02-29T23:59:60Z\"", "\"2024-02-29\"", "\"2024-02-29T23:59:59\""],
        &[],
    ),
    (
        r#"{"type": "string", "format": "duration"}"#,
        &["\"1h30m\"", "\"3 days\"", "\"1.5h\""],
        &["\"long\"", "\"\""],
        &["\"10\""],
    ),
    (r#"{"type": "string", "format": "email"}"#, &["\"a@b\"", "\"A <a@b>\""], &["\"a\""], &["\"a@\""]),
    (
        r#"{"type": "string", "format": "hexcolor"}"#,
        &["\"#fff\"", "\"ffffff\""],
        &["\"ffff\"", "\"#ggg\""],
        &[],
    ),
    (
        r#"{"type": "string", "format": "hostname"}"#,
        &["\"example.org\"", "\"a-b.example.org\"", "\"a-b\"", "\"a-\"", "\"a$b\"", "\"1\""],
        &["\"my-own-host\"", "\"a_b.example.org\"", "\"example.1\"", "\"\"", "\"-a\"", "\"a.\""],
        &[],
    ),
    (
        r#"{"type": "string", "format": "ipv4"}"#,
        &["\"10.0.0.1\"", "\"10.0.0.01\"", "\"::ffff:1.2.3.4\""],
        &["\"10.0.0\"", "\"::1\"", "\"\""],
        &[],
    ),
    (
        r#"{"type": "string", "format": "ipv6"}"#,
        &["\"::1\"", "\"1::8\"", "\"::ffff:1.2.3.4\""],
        &["\"10.0.0.1\"", "\"fe80::1%eth0\"", "\"1:2\""],
        &[],
    ),
    (r#"{"type": "string", "format": "password"}"#, &["\"\""], &["1"], &[]),
    (
        r#"{"type": "string", "format": "uri"}"#,
        &["\"https://example.org:80/a\"", "\"/a\"", "\"mailto:a@b\""],
        &["\"example.org\"", "\"\"", "\"1a://b\""],
        &["\"http://[\""],
    ),
    (
        r#"{"type": "string", "format": "uuid"}"#,
        &["\"123e4567-e89b-12d3-a456-426614174000\"", "\"123E4567e89b12d3a456426614174000\""],
        &["\"123e4567\"", "\"123e4567-e89b-12d3-a456-4266141740000\""],
        &[],
    ),
    (
        r#"{"type": "string", "format": "uuid4"}"#,
        &["\"123e4567-e89b-42d3-a456-426614174000\""],
        &["\"123e4567-e89b-12d3-a456-426614174000\"", "\"123e4567-e89b-42d3-c456-426614174000\""],
        &[],
    ),
    (
        r#"{"type": "string", "format": "uuid5"}"#,
        &["\"123e4567-e89b-52d3-a456-426614174000\""],
        &["\"123e4567-e89b-42d3-a456-426614174000\""],
        &[],
    ),
    (
        r#"{"type": "string", "format": "uuid3"}"#,
        &["\"123e4567-e89b-32d3-0456-426614174000\""],
        &["\"123e4567-e89b-42d3-a456-426614174000\""],
        &[],
    ),
    (r#"{"type": "string", "format": "colour"}"#, &["\"a\""], &["1", "[]"], &[]),
    (r#"{"type": "string", "format": "isbn"}"#, &["\"0321751043\""], &[], &["\"a\""]),
];

#[tokio::test]
async fn each_keyword_is_judged_as_by_the_server() {
    let schemas: Vec<Value> =
        CASES.iter().map(|(schema, ..)| serde_json::from_str(schema).unwrap()).collect();
    let Some(kind) = Kind::new("keywords", &schemas).await else { return };
    let mut values = Vec::new();
    for (index, (_, taken, refused, late)) in CASES.iter().enumerate() {
        for (list, expected) in [(taken, (false, false)), (refused, (true, false)), (late, (true, true))] {
            values.extend(list.iter().map(|value| (index, *value, expected)));
        }
    }
    let parsed =
        values.iter().map(|(index, value, _)| (*index, serde_json::from_str(value).unwrap())).collect();
    let answers = kind.ask(parsed).await;
    let mut wrong = String::new();
    for ((index, value, (is_refused, is_late)), answer) in values.iter().zip(&answers) {
        let differs = answer.server.is_some() != *is_refused;
        let expected = if differs { "  the server is expected to say otherwise\n" } else { "" };
        if let Some(complaint) = answer.complaint(*is_late).or((differs).then(String::new)) {
            let _ = writeln!(wrong, "{value} by {}\n{expected}{complaint}", CASES[*index].0);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    println!("{} values of {} schemas", values.len(), CASES.len());
}
