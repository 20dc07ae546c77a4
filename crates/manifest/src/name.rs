//! Names as the API server takes them.
//!
//! In: a text. Out: what is wrong with it, in the words of apimachinery v0.36.3 (`pkg/util/validation`), an empty list
//! where nothing is; or a type that only a right name has.

mod namespace;

pub use namespace::{InvalidNamespace, Namespace};

/// What a name has to look like: words, regular expression and examples as they stand in a message.
struct Form {
    rule: &'static str,
    regex: &'static str,
    examples: &'static [&'static str],
}

const DNS1123_SUBDOMAIN: Form = Form {
    rule: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start \
           and end with an alphanumeric character",
    regex: r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
    examples: &["example.com"],
};

const DNS1123_LABEL: Form = Form {
    rule: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end \
           with an alphanumeric character",
    regex: "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
    examples: &["my-name", "123-abc"],
};

const DNS1035_LABEL: Form = Form {
    rule: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
           character, and end with an alphanumeric character",
    regex: "[a-z]([-a-z0-9]*[a-z0-9])?",
    examples: &["my-name", "abc-123"],
};

const LABEL_KEY: Form = Form {
    rule: "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    regex: "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]",
    examples: &["MyName", "my.name", "123-abc"],
};

const LABEL_VALUE: Form = Form {
    rule: "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start \
           and end with an alphanumeric character",
    regex: "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
    examples: &["MyValue", "my_value", "12345"],
};

/// The longest label of a DNS name, label value and name of a label, in bytes.
const MAX_LABEL: usize = 63;

/// The longest DNS name, in bytes.
const MAX_SUBDOMAIN: usize = 253;

/// What is wrong with a DNS name (RFC 1123), the name of most objects: `IsDNS1123Subdomain`.
#[must_use]
pub fn dns1123_subdomain(name: &str) -> Vec<String> {
    subdomain(name, "characters")
}

/// What is wrong with a label of a DNS name (RFC 1123), the name of a namespace: `IsDNS1123Label`.
#[must_use]
pub fn dns1123_label(name: &str) -> Vec<String> {
    let mut messages = too_long(name, MAX_LABEL, "characters");
    if !is_dns1123_label(name) {
        messages.push(if is_dns1123_subdomain(name) {
            "must not contain dots".into()
        } else {
            DNS1123_LABEL.message()
        });
    }
    messages
}

/// What is wrong with a label of a DNS name in the older form (RFC 1035), the name of a Service: `IsDNS1035Label`.
#[must_use]
pub fn dns1035_label(name: &str) -> Vec<String> {
    let mut messages = too_long(name, MAX_LABEL, "characters");
    if !is_dns1123_label(name) || name.starts_with(|first: char| first.is_ascii_digit()) {
        messages.push(DNS1035_LABEL.message());
    }
    messages
}

/// What is wrong with the key of a label or an annotation, a name with or without a DNS name and a slash before it:
/// `IsQualifiedName`.
#[must_use]
pub fn qualified_name(key: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let parts: Vec<_> = key.split('/').collect();
    let name = match *parts.as_slice() {
        [name] => name,
        ["", name] => {
            messages.push("prefix part must be non-empty".into());
            name
        }
        [prefix, name] => {
            let wrong = subdomain(prefix, "bytes");
            messages.extend(wrong.into_iter().map(|message| format!("prefix part {message}")));
            name
        }
        _ => {
            return vec![format!(
                "a valid label key {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                LABEL_KEY.message()
            )];
        }
    };
    if name.is_empty() {
        messages.push("name part must be non-empty".into());
    }
    messages
        .extend(too_long(name, MAX_LABEL, "bytes").into_iter().map(|message| format!("name part {message}")));
    if !is_label_name(name) {
        messages.push(format!("name part {}", LABEL_KEY.message()));
    }
    messages
}

/// What is wrong with the value of a label: `IsValidLabelValue`.
#[must_use]
pub fn label_value(value: &str) -> Vec<String> {
    let mut messages = too_long(value, MAX_LABEL, "bytes");
    if !value.is_empty() && !is_label_name(value) {
        messages.push(LABEL_VALUE.message());
    }
    messages
}

/// What is wrong with a part of a URL's path, the name of a role or a binding: `IsValidPathSegmentName`.
#[must_use]
pub fn path_segment(name: &str) -> Vec<String> {
    if matches!(name, "." | "..") {
        return vec![format!("may not be '{name}'")];
    }
    let refused = ['/', '%'].into_iter().filter(|character| name.contains(*character));
    refused.map(|character| format!("may not contain '{character}'")).collect()
}

/// The same as [`dns1123_subdomain`]; apimachinery has two copies that differ in the unit of the length.
fn subdomain(name: &str, unit: &str) -> Vec<String> {
    let mut messages = too_long(name, MAX_SUBDOMAIN, unit);
    if !is_dns1123_subdomain(name) {
        messages.push(DNS1123_SUBDOMAIN.message());
    }
    messages
}

fn too_long(name: &str, longest: usize, unit: &str) -> Vec<String> {
    if name.len() > longest { vec![format!("must be no more than {longest} {unit}")] } else { Vec::new() }
}

fn is_dns1123_subdomain(name: &str) -> bool {
    name.split('.').all(is_dns1123_label)
}

fn is_dns1123_label(name: &str) -> bool {
    is_made_of(name, |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'), b"-")
}

fn is_label_name(name: &str) -> bool {
    is_made_of(name, |byte| byte.is_ascii_alphanumeric(), b"-_.")
}

/// Whether a name is made of `outer` bytes and, between two of them, also of those of `inner`.
fn is_made_of(name: &str, outer: impl Fn(u8) -> bool, inner: &[u8]) -> bool {
    let bytes = name.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    outer(*first) && outer(*last) && bytes.iter().all(|byte| outer(*byte) || inner.contains(byte))
}

impl Form {
    fn message(&self) -> String {
        let examples: Vec<_> = self.examples.iter().map(|example| format!("'{example}', ")).collect();
        format!("{} (e.g. {}regex used for validation is '{}')", self.rule, examples.join(" or "), self.regex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
        '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
        '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
        start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
        '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    const OLD_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
        alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for \
        validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
    const KEY: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
        alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
        '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
        and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used \
        for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    fn long(length: usize) -> String {
        "a".repeat(length)
    }

    #[rstest]
    fn right_subdomains(#[values("a", "0", "a-b", "a.b", "0.1-2.x", "a--b", &long(253))] name: &str) {
        assert_eq!(dns1123_subdomain(name), Vec::<String>::new());
    }

    #[rstest]
    fn wrong_subdomains(
        #[values("", "A", "-a", "a-", ".", "a.", ".a", "a..b", "a_b", "a b", "é", "a\n")] name: &str,
    ) {
        assert_eq!(dns1123_subdomain(name), [SUBDOMAIN]);
    }

    #[test]
    fn long_subdomains() {
        assert_eq!(dns1123_subdomain(&long(254)), ["must be no more than 253 characters"]);
        assert_eq!(dns1123_subdomain(&"A".repeat(254)), ["must be no more than 253 characters", SUBDOMAIN]);
    }

    #[rstest]
    #[case::right("a-0", &[])]
    #[case::longest(&long(63), &[])]
    #[case::too_long(&long(64), &["must be no more than 63 characters"])]
    #[case::dots("a.b", &["must not contain dots"])]
    #[case::empty("", &[LABEL])]
    #[case::upper_case("aB", &[LABEL])]
    #[case::long_with_dots(&format!("{}.b", long(62)), &["must be no more than 63 characters", "must not contain dots"])]
    fn labels(#[case] name: &str, #[case] messages: &[&str]) {
        assert_eq!(dns1123_label(name), messages);
    }

    #[rstest]
    #[case::right("a-0", &[])]
    #[case::digit_first("0a", &[OLD_LABEL])]
    #[case::dots("a.b", &[OLD_LABEL])]
    #[case::empty("", &[OLD_LABEL])]
    #[case::too_long(&long(64), &["must be no more than 63 characters"])]
    fn old_labels(#[case] name: &str, #[case] messages: &[&str]) {
        assert_eq!(dns1035_label(name), messages);
    }

    #[rstest]
    #[case::name("My_name.0", &[])]
    #[case::prefix("example.com/a", &[])]
    #[case::no_prefix("/a", &["prefix part must be non-empty"])]
    #[case::wrong_prefix("A/a", &[&*format!("prefix part {SUBDOMAIN}")])]
    #[case::long_prefix(&format!("{}/a", long(254)), &["prefix part must be no more than 253 bytes"])]
    #[case::no_name("a/", &["name part must be non-empty", &*format!("name part {KEY}")])]
    #[case::long_name(&long(64), &["name part must be no more than 63 bytes"])]
    #[case::wrong_name("a/-", &[&*format!("name part {KEY}")])]
    #[case::both("/", &["prefix part must be non-empty", "name part must be non-empty", &*format!("name part {KEY}")])]
    #[case::slashes(
        "a/b/c",
        &[&*format!("a valid label key {KEY} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")]
    )]
    fn qualified_names(#[case] key: &str, #[case] messages: &[&str]) {
        assert_eq!(qualified_name(key), messages);
    }

    #[rstest]
    #[case::right("My_value-0.x", &[])]
    #[case::empty("", &[])]
    #[case::blank(" ", &[VALUE])]
    #[case::dash_last("a-", &[VALUE])]
    #[case::too_long(&long(64), &["must be no more than 63 bytes"])]
    fn label_values(#[case] value: &str, #[case] messages: &[&str]) {
        assert_eq!(label_value(value), messages);
    }

    #[rstest]
    #[case::right("system:a b", &[])]
    #[case::empty("", &[])]
    #[case::dot(".", &["may not be '.'"])]
    #[case::dots("..", &["may not be '..'"])]
    #[case::slash_and_percent("%/", &["may not contain '/'", "may not contain '%'"])]
    fn path_segments(#[case] name: &str, #[case] messages: &[&str]) {
        assert_eq!(path_segment(name), messages);
    }
}
