//! An object that is being deleted, and what holds it.

use rukpak_manifest::Object;
use serde_json::Value;

use super::Health;
use super::health::{Check, one_line};
use super::live::{Condition, Live};
use crate::few::few;

/// How many finalizers are named.
const NAMED: usize = 3;

/// Nobody has deleted the object (kstatus: `checkGenericProperties`).
pub(super) fn not_deleted(live: Live<'_>) -> Check {
    match live.get(&["metadata", "deletionTimestamp"]) {
        None | Some(Value::Null) => Ok(()),
        Some(time) if time.as_str() == Some("") => Ok(()),
        Some(_) => Err(terminating(live)),
    }
}

/// That it is being deleted, by which finalizers it is held, and what the conditions of a namespace say about its content.
pub(super) fn terminating(live: Live<'_>) -> Health {
    let finalizers: Vec<_> =
        live.list(&["metadata", "finalizers"]).iter().filter_map(Value::as_str).collect();
    let held = match finalizers.as_slice() {
        [] => String::new(),
        finalizers => format!(", held by {}", few(finalizers.iter(), NAMED)),
    };
    let content = content(live);
    let colon = if content.is_empty() { "" } else { ": " };
    Health::terminating(format_args!("is being deleted{held}{colon}{content}"))
}

/// What the conditions of a namespace that is being deleted say about its content, on one line.
pub(crate) fn left_in(object: &Object) -> String {
    one_line(&content(Live::of(object)))
}

/// `NamespaceContentRemaining`, `NamespaceDeletionDiscoveryFailure` and their like.
fn content(live: Live<'_>) -> String {
    let true_ones = live.conditions().filter(|one| one.kind.starts_with("Namespace") && one.status == "True");
    let texts: Vec<_> = true_ones.filter_map(Condition::says).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use rstest::rstest;

    #[rstest]
    #[case::without_a_finalizer(
        "{deletionTimestamp: '2026-01-01T00:00:00Z'}",
        "Terminating: is being deleted"
    )]
    #[case::null("{deletionTimestamp: null}", "Healthy")]
    #[case::empty("{deletionTimestamp: ''}", "Healthy")]
    #[case::a_number("{deletionTimestamp: 5}", "Terminating: is being deleted")]
    #[case::held(
        "{deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [example.org/guard, 5]}",
        "Terminating: is being deleted, held by example.org/guard"
    )]
    #[case::held_by_many(
        "{deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [a/a, b/b, c/c, d/d, e/e]}",
        "Terminating: is being deleted, held by a/a, b/b, c/c and 2 more"
    )]
    fn deleted(#[case] metadata: &str, #[case] expected: &str) {
        assert_eq!(judged("example.org/v1 Gadget", &format!("metadata: {metadata}")), expected);
    }
}
