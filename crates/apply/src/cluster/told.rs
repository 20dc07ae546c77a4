//! What is told of an API server's words.
//!
//! They go into logs and statuses, and some of them have values of the object that they are about, which may be a Secret.

/// How a server begins that cannot read what a patch makes of an object, before that whole object in quotes. It names none.
const PATCHED: &str = "\"\" is invalid: patch: Invalid value: \"";

/// How a server that merges fields begins to tell of a value that has another type.
const VALUE: &str = "&value.valueUnstructured{Value:";

/// How a server begins to tell of a value that its rules do not allow (apimachinery, `pkg/util/validation/field/errors.go`).
const REFUSED: [&str; 2] = ["Invalid value: ", "Unsupported value: "];

/// Characters that are told.
const CHARACTERS: usize = 2000;

/// A message without the values of the object.
pub(super) fn told(message: &str) -> String {
    of_rules(&without_values(&without_patched(message)))
}

/// What rules say, without the objects and lists that they say it of.
pub(crate) fn of_rules(message: &str) -> String {
    REFUSED.iter().fold(message.to_owned(), |message, label| without_refused(&message, label))
}

/// As much of a message as is told.
pub(super) fn bounded(message: String) -> String {
    match message.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}...", message.get(..end).unwrap_or_default()),
        None => message,
    }
}

/// Whether it says that the server cannot read what a patch makes of an object.
pub(super) fn is_of_patched(message: &str) -> bool {
    message.contains(PATCHED)
}

/// `"" is invalid: patch: Invalid value: "…": why` becomes `why` (apiserver, `pkg/endpoints/handlers/patch.go`).
fn without_patched(message: &str) -> String {
    let Some((_, quoted)) = message.split_once(PATCHED) else { return message.to_owned() };
    let why = quoted.get(end_of_quoted(quoted)..).unwrap_or_default();
    match why.trim_start_matches(": ") {
        "" => "what the patch makes of it is not valid".to_owned(),
        why => why.to_owned(),
    }
}

/// `got &value.valueUnstructured{Value:…}` becomes `got a list`, and so on (structured-merge-diff, as Go prints it).
fn without_values(message: &str) -> String {
    let mut told = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, value)) = rest.split_once(VALUE) {
        told.push_str(before);
        told.push_str(type_of(value));
        rest = value.get(end_of_brackets(value)..).unwrap_or_default();
    }
    told.push_str(rest);
    told
}

/// `Invalid value: core.PodTemplateSpec{…}: why` becomes `Invalid value: an object: why`, and so does `{…}`. A value that is neither an
/// object nor a list stays: it is the one that is wrong.
fn without_refused(message: &str, label: &str) -> String {
    let mut told = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, value)) = rest.split_once(label) {
        told.push_str(before);
        told.push_str(label);
        rest = value;
        if let Some(end) = end_of_structure(value) {
            told.push_str(if value.starts_with('[') { "a list" } else { "an object" });
            rest = value.get(end..).unwrap_or_default();
        }
    }
    told.push_str(rest);
    told
}

/// Where an object or a list ends that stands at the beginning, as JSON (`{"a":1}`) or as Go prints it (`&core.A{B:[]string{"c"}}`,
/// `map[string]interface {}{}`); `None` where neither does.
fn end_of_structure(value: &str) -> Option<usize> {
    const INTERFACE: &str = "interface {}";
    let (mut at, mut is_structure) = (0, false);
    while let Some(rest) = value.get(at..) {
        at += match rest.bytes().next() {
            _ if rest.starts_with(INTERFACE) => INTERFACE.len(),
            Some(b'{' | b'[' | b'(') => {
                is_structure = true;
                1 + end_of_brackets(rest.get(1..).unwrap_or_default())
            }
            Some(b'&' | b'*' | b'.' | b'_') => 1,
            Some(byte) if byte.is_ascii_alphanumeric() => 1,
            _ => break,
        };
    }
    is_structure.then_some(at)
}

/// What a value is, as Go prints it.
fn type_of(value: &str) -> &'static str {
    match value.as_bytes() {
        [b'm', b'a', b'p', ..] => "an object",
        [b'[', ..] => "a list",
        [b'"', ..] => "a string",
        [b't' | b'f', ..] => "a boolean",
        [b'-' | b'0'..=b'9', ..] => "a number",
        [b'<' | b'n', ..] => "null",
        _ => "a value",
    }
}

/// Where the brackets end that a value stands in, whichever they are; all of it, where they do not. The first is not there any more.
fn end_of_brackets(value: &str) -> usize {
    let (mut depth, mut at) = (1_usize, 0);
    while let Some(rest) = value.get(at..)
        && let Some(found) = rest.find(['{', '}', '[', ']', '(', ')', '"'])
    {
        at += found + 1;
        match rest.as_bytes().get(found) {
            Some(b'{' | b'[' | b'(') => depth += 1,
            Some(b'}' | b']' | b')') => depth -= 1,
            _ => at += end_of_quoted(rest.get(found + 1..).unwrap_or_default()),
        }
        if depth == 0 {
            return at;
        }
    }
    value.len()
}

/// Where a text ends that Go has put in quotes, the last one with it; the first is not there any more.
fn end_of_quoted(quoted: &str) -> usize {
    let mut is_escaped = false;
    let end = quoted.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(quoted.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::as_it_is(
        "Service \"a\" is invalid: spec.ports: Required value",
        "Service \"a\" is invalid: spec.ports: Required value"
    )]
    #[case::of_a_field_that_is_called_so(
        "Gadget \"a\" is invalid: spec.patch: Invalid value: \"x\": no",
        "Gadget \"a\" is invalid: spec.patch: Invalid value: \"x\": no"
    )]
    #[case::a_patched_object(
        r#" "" is invalid: patch: Invalid value: "{\"data\":{\"a\":\"aHVudGVyMg==\",\"b\":\"\\\"}\"}}": strict decoding error: unknown field "x""#,
        "strict decoding error: unknown field \"x\""
    )]
    #[case::a_patched_object_that_is_cut(
        r#" "" is invalid: patch: Invalid value: "{\"data\":{\"a\":\"aHVudGVyMg=="#,
        "what the patch makes of it is not valid"
    )]
    #[case::an_object(
        r#"failed: .data.x: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"y":"}hunter2\"{"}}"#,
        "failed: .data.x: expected string, got an object"
    )]
    #[case::several(
        r#"errors:
  .a: expected string, got &value.valueUnstructured{Value:[]interface {}{"hunter2", map[string]interface {}{}}}
  .b: expected map, got &value.valueUnstructured{Value:"hunter2"}
  .c: expected list, got &value.valueUnstructured{Value:12345} there"#,
        "errors:
  .a: expected string, got a list
  .b: expected map, got a string
  .c: expected list, got a number there"
    )]
    #[case::one_that_is_cut(
        "got &value.valueUnstructured{Value:map[string]interface {}{\"y\":\"hunter2",
        "got an object"
    )]
    #[case::a_template(
        r#"Job.batch "a" is invalid: spec.template: Invalid value: core.PodTemplateSpec{Spec:core.PodSpec{Env:[]core.EnvVar{core.EnvVar{Name:"A", Value:"}hunter2\"{", ValueFrom:(*core.EnvVarSource)(nil)}}}}: field is immutable"#,
        "Job.batch \"a\" is invalid: spec.template: Invalid value: an object: field is immutable"
    )]
    #[case::several_templates(
        r#"A "a" is invalid: [spec.a: Invalid value: &core.B{C:"hunter2"}: no, spec.d: Invalid value: map[string]interface {}{"e":"hunter2"}: no, spec.f: Unsupported value: []string{"hunter2"}: supported values: "x"]"#,
        "A \"a\" is invalid: [spec.a: Invalid value: an object: no, spec.d: Invalid value: an object: no, spec.f: Unsupported value: a list: supported values: \"x\"]"
    )]
    #[case::json(
        r#"a: Invalid value: {"b":["}hunter2\\\"{"]}: no, c: Invalid value: ["hunter2"]: may not change once set"#,
        "a: Invalid value: an object: no, c: Invalid value: a list: may not change once set"
    )]
    #[case::a_template_that_is_cut(
        "spec.template: Invalid value: core.PodTemplateSpec{Env:[]core.EnvVar{core.EnvVar{Value:\"hunter2",
        "spec.template: Invalid value: an object"
    )]
    #[case::what_has_no_parts(
        "a: Invalid value: 70000: must be less [b], c: Invalid value: \"x{\": no, d: Invalid value: true: (e), f: Duplicate value: {\"name\":\"g\"}",
        "a: Invalid value: 70000: must be less [b], c: Invalid value: \"x{\": no, d: Invalid value: true: (e), f: Duplicate value: {\"name\":\"g\"}"
    )]
    #[case::of_letters("got &value.valueUnstructured{Value:\"ä{\"} ä", "got a string ä")]
    fn values_are_not_told(#[case] message: &str, #[case] expected: &str) {
        assert_eq!(told(message), expected);
    }

    #[test]
    fn long_ones_are_cut() {
        let long = bounded("ä".repeat(CHARACTERS + 1));
        assert_eq!(long.chars().count(), CHARACTERS + 3);
        assert!(long.ends_with("ä..."));
    }
}
