//! One definition with everything wrong.

use std::collections::BTreeSet;

use super::{RULES, check, check_removed, lines, yaml};

const OLD: &str = include_str!("everything/old.yaml");
const NEW: &str = include_str!("everything/new.yaml");

#[test]
fn report() {
    insta::assert_snapshot!(lines(&check(&yaml(OLD), &yaml(NEW), &[])).join("\n"));
}

#[test]
fn every_rule_is_in_it() {
    let mut found: BTreeSet<_> =
        check(&yaml(OLD), &yaml(NEW), &[]).iter().map(|finding| finding.rule).collect();
    found.extend(check_removed(&yaml(OLD), 1, &[]).iter().map(|finding| finding.rule));
    // Those of the bounds have tests of their own.
    found.extend(["tooDeep", "tooLarge", "tooManyFindings"]);
    assert_eq!(Vec::from_iter(found), RULES.iter().map(|rule| rule.code).collect::<Vec<_>>());
}
