//! Whether a new version of a custom resource definition breaks who uses the old one.
//!
//! In: the definition as the cluster has it, the one that is to take its place, and what its user waives. Out: one
//! [`UpgradeFinding`] for each change that makes a server refuse, drop or read otherwise what it took before, sorted, each
//! once. No cluster and no clock.
//!
//! The rules are those of operator-controller's preflight (`crdupgradesafety`, which is crdify with
//! `unhandledEnforcement: Error`, `conversion: Ignore`, `description: None` and `enum: {additionPolicy: Allow}`), with its
//! words, and more of our own; [`RULES`] says for each what it finds and what it lets pass. It differs on purpose:
//!
//! - A change is told once, where it is. There it is told again at every schema around it, and a removed field brings
//!   everything that stood in it.
//! - What there is only `unhandled` has a rule of its own: formats, CEL rules, list and map types, `allOf`, `anyOf`, `not`,
//!   `additionalProperties`.
//! - Below `allOf` and `anyOf` stand conditions, not fields: there the loss of a property is the loss of a condition, and a
//!   new one is a new condition.
//! - Versions of the new definition are compared with each other as there, and what was so before is left out; but not
//!   where a webhook converted before and none does now. A change of the conversion itself is no finding.
//! - Definitions that go, and versions that are no longer served, are looked at.
//!
//! Time and memory are bounded whatever the definitions hold: by [`MAX_WORK`], [`MAX_NESTING`], [`MAX_PATH`] and
//! [`MAX_FINDINGS`], each with a finding that says so.

mod budget;
mod canonical;
mod conditions;
mod definition;
mod enforcement;
mod fields;
mod finding;
mod keywords;
mod kubernetes;
mod local;
mod report;
mod rules;
mod versions;
mod waiver;
mod walk;

pub use budget::MAX_WORK;
// What `schema` reads schemas and values with, too.
pub(crate) use budget::Budget;
pub(crate) use canonical::{quoted, value as canonical};
pub use enforcement::{Enforcement, UnknownEnforcement};
pub use finding::UpgradeFinding;
pub(crate) use local::{Schema, is_true, keyword};
pub use report::MAX_FINDINGS;
pub(crate) use report::cut;
pub use rules::{RULES, Rule};
pub use versions::MAX_NESTING;
pub(crate) use versions::is_deeper_than;
pub use waiver::{ParseWaiverError, Waiver};
pub use walk::MAX_PATH;

use serde_json::Value;

use definition::Definition;
use report::Report;

/// What an upgrade of a `CustomResourceDefinition` of `apiextensions.k8s.io/v1` breaks: sorted, each once, at most
/// [`MAX_FINDINGS`] and one that says how many more there are. `old` is the object of the cluster, with
/// `status.storedVersions`.
#[must_use]
pub fn check(old: &Value, new: &Value, waivers: &[Waiver]) -> Vec<UpgradeFinding> {
    let (old, new) = (Definition::of(old), Definition::of(new));
    let mut report = Report::new(new.name, waivers);
    let budget = Budget::default();
    definition::compare(&old, &new, &mut report);
    versions::same(&old, &new, &budget, &mut report);
    versions::served(&old, &new, &budget, &mut report);
    if budget.is_spent() {
        report.add(&rules::TOO_LARGE, None, None, "definition too large: the comparison was not finished");
    }
    report.finish()
}

/// What an upgrade breaks that drops a definition: always one finding, unless it is waived, since every custom resource of it
/// goes too. `resources`: how many there are.
#[must_use]
pub fn check_removed(old: &Value, resources: u64, waivers: &[Waiver]) -> Vec<UpgradeFinding> {
    let mut report = Report::new(Definition::of(old).name, waivers);
    let message = match resources {
        0 => "definition removed, there is no custom resource of it".to_owned(),
        1 => "definition removed, and with it 1 custom resource".to_owned(),
        _ => format!("definition removed, and with it {resources} custom resources"),
    };
    report.add(&rules::CRD_REMOVAL, None, None, &message);
    report.finish()
}

#[cfg(test)]
mod tests;
