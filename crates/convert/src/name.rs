//! Names of generated objects, equal to operator-controller's to the byte.
//!
//! In: a base and what tells objects of that base apart. Out: `<base>-<suffix>`, the base cut so that the name stays
//! about the length of a DNS label. Sources: `internal/shared/util/hash` (the digest) and
//! `rukpak/util.ObjectNameForBaseAndSuffix` (the joining) of operator-controller.

use std::fmt::Write as _;

use rukpak_bundle::{Permission, PolicyRule};
use sha2::{Digest, Sha224};

/// The length that names are cut to, more or less: see [`join`].
const MAX_LENGTH: usize = 63;

/// The name of the role and of the binding that carry a permission:
/// `<ClusterServiceVersion>-<ServiceAccount>-<digest of the permission>`, cut.
pub(crate) fn of_role(csv_name: &str, service_account: &str, permission: &Permission) -> String {
    join(&format!("{csv_name}-{service_account}"), &digest(&go_json(permission)))
}

/// `<base>-<suffix>`, with the base cut where the two are longer than 63 bytes together.
///
/// The dash is not counted when the lengths are compared, so that a base and a suffix of together exactly 63 bytes
/// make a name of 64, as in the reference. A cut base keeps a dot or a dash at its end.
pub(crate) fn join(base: &str, suffix: &str) -> String {
    let mut end = base.len();
    if base.len() + suffix.len() > MAX_LENGTH {
        end = base.floor_char_boundary(MAX_LENGTH.saturating_sub(suffix.len() + 1));
    }
    format!("{}-{suffix}", base.get(..end).unwrap_or(base))
}

/// SHA-224 of a JSON text and a newline, as a number in base 36.
fn digest(json: &str) -> String {
    let mut hash = Sha224::new();
    hash.update(json);
    // Go's `json.Encoder` ends every value with one.
    hash.update("\n");
    base36(hash.finalize().to_vec())
}

/// A big-endian number in base 36, lower case, without leading zeros.
fn base36(mut number: Vec<u8>) -> String {
    let mut digits = Vec::new();
    while number.iter().any(|byte| *byte != 0) {
        let mut remainder = 0;
        for byte in &mut number {
            let dividend = remainder << 8 | u32::from(*byte);
            // A remainder is below 36, so the quotient of such a dividend fits a byte.
            *byte = u8::try_from(dividend / 36).unwrap_or(u8::MAX);
            remainder = dividend % 36;
        }
        digits.push(char::from_digit(remainder, 36).unwrap_or('0'));
    }
    digits.iter().rev().collect()
}

/// A permission as Go's `encoding/json` writes a `StrategyDeploymentPermissions`.
fn go_json(permission: &Permission) -> String {
    let mut out = String::from("{\"serviceAccountName\":");
    push_string(&mut out, &permission.service_account_name);
    out.push_str(",\"rules\":");
    match &permission.rules {
        None => out.push_str("null"),
        Some(rules) => push_list(&mut out, rules, push_rule),
    }
    out.push('}');
    out
}

/// A `PolicyRule`: everything but `verbs` is left out where it is empty.
fn push_rule(out: &mut String, rule: &PolicyRule) {
    let PolicyRule { verbs, api_groups, resources, resource_names, non_resource_urls } = rule;
    out.push_str("{\"verbs\":");
    match verbs {
        None => out.push_str("null"),
        Some(verbs) => push_list(out, verbs, |out, verb| push_string(out, verb)),
    }
    for (field, values) in [
        ("apiGroups", api_groups),
        ("resources", resources),
        ("resourceNames", resource_names),
        ("nonResourceURLs", non_resource_urls),
    ] {
        if !values.is_empty() {
            out.push_str(",\"");
            out.push_str(field);
            out.push_str("\":");
            push_list(out, values, |out, value| push_string(out, value));
        }
    }
    out.push('}');
}

fn push_list<T>(out: &mut String, items: &[T], push: impl Fn(&mut String, &T)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

/// A JSON string with what Go escapes by default: besides the control characters also `<`, `>`, `&` and the line
/// separators of JavaScript.
fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> PolicyRule {
        let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        PolicyRule {
            verbs: Some(strings(verbs)),
            api_groups: strings(groups),
            resources: strings(resources),
            ..PolicyRule::default()
        }
    }

    /// The vectors of the reference's own test.
    #[rstest]
    #[case::text(r#""a""#, "1lu1qv1451mq7gv9upu1cx8ffffi07rel5xvbvvc44dh")]
    #[case::other_text(r#""b""#, "1ija85ah4gd0beltpfhszipkxfyqqxhp94tf2mjfgq61")]
    #[case::null("null", "2im0kl1kwvzn46sr4cdtkvmdzrlurvj51xdzhwdht8l0")]
    #[case::empty_mapping("{}", "16jfjhihxbzhfhs1k5mimq740kvioi98pfbea9q6qtf9")]
    fn digests(#[case] json: &str, #[case] expected: &str) {
        assert_eq!(digest(json), expected);
    }

    #[rstest]
    #[case::zero(vec![0, 0], "")]
    #[case::below_the_base(vec![35], "z")]
    #[case::the_base(vec![36], "10")]
    #[case::two_bytes(vec![1, 0], "74")]
    #[case::leading_zeros(vec![0, 0, 1], "1")]
    fn numbers_in_base_36(#[case] number: Vec<u8>, #[case] expected: &str) {
        assert_eq!(base36(number), expected);
    }

    #[rstest]
    #[case::short("base", "suffix", "base-suffix")]
    #[case::sum_62(&"b".repeat(52), "0123456789", &format!("{}-0123456789", "b".repeat(52)))]
    #[case::sum_63_is_not_cut(&"b".repeat(53), "0123456789", &format!("{}-0123456789", "b".repeat(53)))]
    #[case::sum_64(&"b".repeat(54), "0123456789", &format!("{}-0123456789", "b".repeat(52)))]
    #[case::cut_after_a_dot(&format!("{}.{}", "b".repeat(51), "c".repeat(9)), "0123456789", &format!("{}.-0123456789", "b".repeat(51)))]
    #[case::never_inside_a_character(&format!("{}é", "b".repeat(51)).repeat(2), "0123456789", &format!("{}-0123456789", "b".repeat(51)))]
    #[case::suffix_that_fills_it("base", &"s".repeat(63), &format!("-{}", "s".repeat(63)))]
    fn joined(#[case] base: &str, #[case] suffix: &str, #[case] expected: &str) {
        assert_eq!(join(base, suffix), expected);
    }

    #[rstest]
    #[case::nothing(Permission { service_account_name: String::new(), rules: None }, r#"{"serviceAccountName":"","rules":null}"#)]
    #[case::no_rules(Permission { service_account_name: "sa".into(), rules: Some(vec![]) }, r#"{"serviceAccountName":"sa","rules":[]}"#)]
    #[case::no_verbs(
        Permission { service_account_name: "sa".into(), rules: Some(vec![PolicyRule::default()]) },
        r#"{"serviceAccountName":"sa","rules":[{"verbs":null}]}"#
    )]
    #[case::every_field(
        Permission { service_account_name: "sa".into(), rules: Some(vec![
            PolicyRule { resource_names: vec!["n".into()], ..rule(&["", "apps"], &["pods"], &["get", "list"]) },
            PolicyRule { verbs: Some(vec![]), non_resource_urls: vec!["/a".into(), "/b".into()], ..PolicyRule::default() },
        ]) },
        concat!(
            r#"{"serviceAccountName":"sa","rules":["#,
            r#"{"verbs":["get","list"],"apiGroups":["","apps"],"resources":["pods"],"resourceNames":["n"]},"#,
            r#"{"verbs":[],"nonResourceURLs":["/a","/b"]}]}"#
        )
    )]
    fn permissions_as_go_writes_them(#[case] permission: Permission, #[case] expected: &str) {
        assert_eq!(go_json(&permission), expected);
    }

    /// Names in the reference's rendered examples, for the rules that kubebuilder scaffolds.
    #[rstest]
    #[case::role(
        "argocd-operator.v0.6.0",
        "argocd-operator-controller-manager",
        leader_election(),
        "argocd-operator.v0-22gmilmgp91wu25is5i2ec598hni8owq3l71bbkl7iz3"
    )]
    #[case::promoted_to_a_cluster_role(
        "argocd-operator.v0.6.0",
        "argocd-operator-controller-manager",
        promoted(leader_election()),
        "argocd-operator.v0.-3gkm3u8zfarktdile5wekso69zs9bgzb988mhjm0y6p"
    )]
    #[case::cluster_role(
        "webhook-operator.v0.0.5",
        "webhook-operator-controller-manager",
        webhook_tests(),
        "webhook-operator.v-119edugfdvz48oyy2ctmbp4ec5c4a7zbv5k03vg4y3ve"
    )]
    #[case::another_promoted(
        "webhook-operator.v0.0.5",
        "webhook-operator-controller-manager",
        promoted(leader_election()),
        "webhook-operator.v-1zfvwth88plw3th2midra1jqduroo1q7omiagjujsiu3"
    )]
    fn roles(
        #[case] csv: &str,
        #[case] account: &str,
        #[case] rules: Vec<PolicyRule>,
        #[case] expected: &str,
    ) {
        let permission = Permission { service_account_name: account.into(), rules: Some(rules) };
        assert_eq!(of_role(csv, account, &permission), expected);
    }

    fn leader_election() -> Vec<PolicyRule> {
        let all = ["get", "list", "watch", "create", "update", "patch", "delete"];
        vec![
            rule(&[""], &["configmaps"], &all),
            rule(&["coordination.k8s.io"], &["leases"], &all),
            rule(&[""], &["events"], &["create", "patch"]),
        ]
    }

    fn promoted(mut rules: Vec<PolicyRule>) -> Vec<PolicyRule> {
        rules.push(rule(&[""], &["namespaces"], &["get", "list", "watch"]));
        rules
    }

    fn webhook_tests() -> Vec<PolicyRule> {
        let all = ["create", "delete", "get", "list", "patch", "update", "watch"];
        let group = ["webhook.operators.coreos.io"];
        vec![
            rule(&group, &["webhooktests"], &all),
            rule(&group, &["webhooktests/finalizers"], &["update"]),
            rule(&group, &["webhooktests/status"], &["get", "patch", "update"]),
            rule(&["authentication.k8s.io"], &["tokenreviews"], &["create"]),
            rule(&["authorization.k8s.io"], &["subjectaccessreviews"], &["create"]),
        ]
    }

    #[rstest]
    #[case::plain("a-b/c", r#""a-b/c""#)]
    #[case::quotes("\"\\", r#""\"\\""#)]
    #[case::html("<&>", r#""\u003c\u0026\u003e""#)]
    #[case::short_escapes("\u{8}\u{c}\n\r\t", r#""\b\f\n\r\t""#)]
    #[case::control("\u{1}\u{1f}\u{7f}", "\"\\u0001\\u001f\u{7f}\"")]
    #[case::line_separators("\u{2028}\u{2029}", r#""\u2028\u2029""#)]
    #[case::beyond_ascii("é🦀", "\"é🦀\"")]
    fn strings_as_go_writes_them(#[case] text: &str, #[case] expected: &str) {
        let mut out = String::new();
        push_string(&mut out, text);
        assert_eq!(out, expected);
    }
}
