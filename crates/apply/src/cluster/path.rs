//! Paths of requests.
//!
//! `kube` puts what it is given into a path as it is. Names of roles and bindings are any text that can be a segment of a path
//! (`IsValidPathSegmentName` of apimachinery), with `?`, `#` and spaces in it.

use std::fmt::Write as _;

/// Characters beside letters and digits that stand for themselves in a segment (RFC 3986, `pchar`).
const PLAIN: &[u8] = b"-._~!$&'()*+,;=:@";

/// Where the objects of a kind are, all or those of one namespace.
pub(super) fn url(group: &str, version: &str, plural: &str, namespace: Option<&str>) -> String {
    let base = root(group, version);
    match namespace {
        Some(namespace) => format!("{base}/namespaces/{}/{plural}", segment(namespace)),
        None => format!("{base}/{plural}"),
    }
}

/// Where a version of a group begins.
pub(super) fn root(group: &str, version: &str) -> String {
    match group {
        "" => format!("/api/{version}"),
        group => format!("/apis/{group}/{version}"),
    }
}

/// A name as a segment of a path.
pub(super) fn segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
            segment.push(byte.into());
        } else {
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::as_it_is("system:controller.a-b_c~1", "system:controller.a-b_c~1")]
    #[case::a_query("x?dryRun=All&a", "x%3FdryRun=All&a")]
    #[case::a_fragment("h#x", "h%23x")]
    #[case::a_space("sp ace", "sp%20ace")]
    #[case::a_slash("a/b%2f", "a%2Fb%252f")]
    #[case::quotes("\"[a]\\|^`{}<>", "%22%5Ba%5D%5C%7C%5E%60%7B%7D%3C%3E")]
    #[case::letters("ä", "%C3%A4")]
    fn names_are_segments(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(segment(name), expected);
    }

    #[test]
    fn a_namespace_is_a_segment() {
        assert_eq!(url("", "v1", "pods", Some("a?b")), "/api/v1/namespaces/a%3Fb/pods");
        assert_eq!(url("a.b", "v1", "cs", None), "/apis/a.b/v1/cs");
    }
}
