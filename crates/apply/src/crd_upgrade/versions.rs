//! Which schemas are compared: those of a version before and after, and those of two versions that are served.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::budget::Budget;
use super::definition::{Definition, Version};
use super::local::Schema;
use super::report::Report;
use super::rules;
use super::walk::Walk;

/// How deep a schema is nested, in mappings and lists, as the reader of manifests has it; a deeper one is not compared.
pub const MAX_NESTING: usize = 256;

/// The schema of a version.
#[derive(Clone, Copy)]
pub(super) enum Root<'a> {
    /// There is none.
    Missing,
    /// It is deeper than [`MAX_NESTING`].
    TooDeep,
    /// It can be compared.
    Of(&'a Schema),
}

impl<'a> Root<'a> {
    /// `schema` of a version.
    pub(super) fn of(schema: Option<&'a Value>) -> Self {
        let root = schema.and_then(|schema| schema.get("openAPIV3Schema"));
        match root {
            Some(schema) if is_deeper_than(MAX_NESTING, schema) => Self::TooDeep,
            Some(Value::Object(schema)) => Self::Of(schema),
            _ => Self::Missing,
        }
    }
}

/// Compares each version of the old definition with the one of its name in the new one.
pub(super) fn same(old: &Definition<'_>, new: &Definition<'_>, budget: &Budget, report: &mut Report<'_>) {
    for (name, before) in &old.versions {
        if let Some(after) = new.versions.get(name) {
            compare((name, before), (name, after), None, budget, report);
        }
    }
}

/// Compares all pairs of versions that the new definition serves, the less stable with the more stable one, unless a webhook
/// converts between them: no conversion changes anything but `apiVersion`.
pub(super) fn served(old: &Definition<'_>, new: &Definition<'_>, budget: &Budget, report: &mut Report<'_>) {
    if new.has_webhook {
        return;
    }
    let mut served: Vec<_> = new.versions.iter().filter(|(_, version)| version.served).collect();
    served.sort_by(|(a, _), (b, _)| order(a, b));
    let was_served = |name: &str| old.versions.get(name).filter(|version| version.served && !old.has_webhook);
    for (index, (from, one)) in served.iter().enumerate() {
        for (to, other) in served.iter().skip(index + 1) {
            if !budget.spend(1) {
                return;
            }
            let before = was_served(from).zip(was_served(to));
            compare((from, one), (to, other), before, budget, report);
        }
    }
}

fn compare(
    (from, one): (&str, &Version<'_>),
    (to, other): (&str, &Version<'_>),
    before: Option<(&Version<'_>, &Version<'_>)>,
    budget: &Budget,
    report: &mut Report<'_>,
) {
    let label = if from == to { from.to_owned() } else { format!("{from} -> {to}") };
    let empty = Map::new();
    let mut walk = Walk::new(budget, report, &label, to);
    match (one.root, other.root) {
        (Root::Of(a), Root::Of(b)) => {
            let before = before.and_then(|(one, other)| match (one.root, other.root) {
                (Root::Of(a), Root::Of(b)) => Some((a, b)),
                _ => None,
            });
            walk.resource(a, b, before);
        }
        // What takes everything takes less now.
        (Root::Missing, Root::Of(b)) => walk.resource(&empty, b, None),
        (Root::Of(_), Root::Missing) => {
            let message = format!("removed field : {to}.^");
            report.add(&rules::EXISTING_FIELD_REMOVAL, Some(&label), Some("^"), &message);
        }
        (Root::Missing, Root::Missing) => {}
        (Root::TooDeep, _) | (_, Root::TooDeep) => {
            let message = format!("schema nested deeper than {MAX_NESTING}: it is not compared");
            report.add(&rules::TOO_DEEP, Some(&label), Some("^"), &message);
        }
    }
}

/// The order of versions, the most stable last: `CompareKubeAwareVersionStrings` of `k8s.io/apimachinery/pkg/version`.
fn order(a: &str, b: &str) -> Ordering {
    match (Stability::of(a), Stability::of(b)) {
        (None, None) => b.cmp(a),
        (a, b) => a.cmp(&b),
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Alpha,
    Beta,
    Stable,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Stability {
    stage: Stage,
    major: u64,
    minor: u64,
}

impl Stability {
    /// That of `v1`, `v1beta1` and the like.
    fn of(version: &str) -> Option<Self> {
        let number = |digits: &str| {
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
        };
        let rest = version.strip_prefix('v')?;
        for (word, stage) in [("alpha", Stage::Alpha), ("beta", Stage::Beta)] {
            if let Some((major, minor)) = rest.split_once(word) {
                return Some(Self { stage, major: number(major)?, minor: number(minor)? });
            }
        }
        Some(Self { stage: Stage::Stable, major: number(rest)?, minor: 0 })
    }
}

pub(crate) fn is_deeper_than(levels: usize, value: &Value) -> bool {
    match (value, levels.checked_sub(1)) {
        (Value::Array(_) | Value::Object(_), None) => true,
        (Value::Array(items), Some(levels)) => items.iter().any(|item| is_deeper_than(levels, item)),
        (Value::Object(members), Some(levels)) => {
            members.values().any(|member| is_deeper_than(levels, member))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_most_stable_version_is_last() {
        let mut versions = [
            "v2",
            "foo2",
            "v10",
            "v1",
            "v11beta2",
            "v10beta3",
            "v3beta1",
            "v12alpha1",
            "v11alpha2",
            "foo10",
            "v",
            "v1beta",
        ];
        versions.sort_by(|a, b| order(a, b));
        assert_eq!(
            versions,
            [
                "v1beta",
                "v",
                "foo2",
                "foo10",
                "v11alpha2",
                "v12alpha1",
                "v3beta1",
                "v10beta3",
                "v11beta2",
                "v1",
                "v2",
                "v10"
            ]
        );
    }

    #[test]
    fn depth() {
        let nested = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
        assert!(!is_deeper_than(3, &nested(3)));
        assert!(is_deeper_than(3, &nested(4)));
    }
}
