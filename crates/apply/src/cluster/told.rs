//! What is told of an API server's words.
//!
//! They go into logs and statuses, and some of them have values of the object that they are about, which may be a Secret.

/// How a server begins that cannot read what a patch makes of an object, before that whole object in quotes. It names none.
const PATCHED: &str = "\"\" is invalid: patch: Invalid value: \"";

/// How a server that merges fields begins to tell of a value that has another type.
const VALUE: &str = "&value.valueUnstructured{Value:";

/// Characters that are told.
const CHARACTERS: usize = 2000;

/// A message without the values of the object.
pub(super) fn told(message: &str) -> String {
    without_values(&without_patched(message))
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
        rest = value.get(end_of_value(value)..).unwrap_or_default();
    }
    told.push_str(rest);
    told
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

/// Where the braces end that a value stands in; all of it, where they do not.
fn end_of_value(value: &str) -> usize {
    let (mut depth, mut at) = (1_usize, 0);
    while let Some(rest) = value.get(at..)
        && let Some(found) = rest.find(['{', '}', '"'])
    {
        at += found + 1;
        match rest.as_bytes().get(found) {
            Some(b'{') => depth += 1,
            Some(b'}') => depth -= 1,
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
