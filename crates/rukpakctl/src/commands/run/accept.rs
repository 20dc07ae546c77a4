//! The flags that let a provisioner do what it has refused, found in what it says of that. Pure.
//!
//! It says so in words alone: `CustomResourceDefinition CRD: VERSION: PATH: RULE: ...`, or `CustomResourceDefinition CRD: RULE: ...` with
//! the path at the end where a field goes.

use std::collections::BTreeSet;

use rukpak_apply::crd_upgrade::{RULES, UpgradeFinding, Waiver};
use rukpak_apply::engine::Obstacle;

use crate::report::{Hinted, MOST_WAIVERS, waive};

/// What a refusal of a definition begins with.
const DEFINITION: &str = "CustomResourceDefinition ";

/// An error, with the flags that accept what it tells, where there are some.
pub(super) fn hinted(error: anyhow::Error) -> anyhow::Error {
    let flags = flags(&format!("{error:#}"));
    if flags.is_empty() {
        return error;
    }
    let hint = format!("to accept it, run this again with {}", flags.join(" "));
    Hinted { error, hint }.into()
}

/// The flags, as a shell takes them.
fn flags(told: &str) -> Vec<String> {
    let exact: BTreeSet<_> = told.split(DEFINITION).skip(1).filter_map(waiver).collect();
    let any = |waiver: &String| waiver.split(':').next().map(|crd| format!("{crd}:*:*"));
    let waivers: BTreeSet<_> =
        if exact.len() > MOST_WAIVERS { exact.iter().filter_map(any).collect() } else { exact };
    let mut flags: Vec<_> = waivers.iter().map(|waiver| waive(waiver)).collect();
    if told.contains(&Obstacle::NotAsked.to_string()) {
        flags.push("--force".to_owned());
    }
    flags
}

/// What accepts a finding.
fn waiver(finding: &str) -> Option<String> {
    let (crd, rest) = finding.split_once(": ")?;
    let parts: Vec<&str> = rest.split(": ").collect();
    let rule = |part: &str| RULES.iter().find(|rule| rule.code == part);
    let (at, rule) = parts.iter().enumerate().find_map(|(at, part)| Some((at, rule(part)?.code)))?;
    let (crd, message) = (crd.to_owned(), String::new());
    let found = UpgradeFinding { crd, rule, version: None, path: None, message };
    let path = parts.get(..at)?.iter().find(|part| part.starts_with('^')).map(|path| (*path).to_owned());
    let at_the_end = || parts.iter().skip(at + 1).find_map(|part| path_in(part));
    let path = path.or_else(at_the_end).unwrap_or_else(|| "*".to_owned());
    let waiver = format!("{}:{rule}:{path}", found.crd);
    (found.can_be_waived() && waiver.parse::<Waiver>().is_ok()).then_some(waiver)
}

/// The path in `v1.^.spec.a`, whatever stands behind it; none where it is not clear where it ends.
fn path_in(text: &str) -> Option<String> {
    let path = text.get(text.find(".^")? + 1..)?;
    let path = path.split([' ', ';']).next()?;
    (path.matches('"').count() % 2 == 0).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const CRD: &str = "CustomResourceDefinition as.b.example";

    #[rstest]
    #[case::a_field_that_goes(
        "existingFieldRemoval: removed field : v1.^.spec.a (UpgradeFailed)",
        &["--waive as.b.example:existingFieldRemoval:^.spec.a"]
    )]
    #[case::a_rule_at_a_place(
        "v1: ^.spec.a: enum: allowed values removed: b",
        &["--waive as.b.example:enum:^.spec.a"]
    )]
    #[case::of_the_whole_definition(
        "crdRemoval: definition removed, and with it 2 custom resources",
        &["--waive 'as.b.example:crdRemoval:*'"]
    )]
    #[case::between_two_versions(
        "v1 -> v2: ^.a.b: existingFieldRemoval: removed field : v2.^.a.b",
        &["--waive as.b.example:existingFieldRemoval:^.a.b"]
    )]
    #[case::what_the_server_refuses("scope: Cluster, and was Namespaced", &[])]
    #[case::something_else("the server does not answer", &[])]
    fn what_accepts_one(#[case] finding: &str, #[case] expected: &[&str]) {
        assert_eq!(flags(&format!("BundleDeployment b will not be healthy: {CRD}: {finding}")), expected);
    }

    #[test]
    fn several_at_once() {
        let told = format!(
            "{CRD}: existingFieldRemoval: removed field : v1.^.spec.a; {CRD}: existingFieldRemoval: removed field : v1.^.spec.b; \
             Deployment.apps a/b would have to be made anew, which was not asked for: immutable"
        );
        let waive = |field| format!("--waive as.b.example:existingFieldRemoval:^.spec.{field}");
        assert_eq!(flags(&told), [waive("a"), waive("b"), "--force".to_owned()]);
        let many: Vec<_> = (0..20).map(|at| format!("{CRD}: v1: ^.spec.a{at}: type: changed")).collect();
        assert_eq!(flags(&many.join("; ")), ["--waive 'as.b.example:*:*'"]);
        let other = hinted(anyhow::anyhow!("refused"));
        assert!(other.downcast_ref::<Hinted>().is_none());
    }
}
