use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::example;

const PIN: &str = "a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn source(reference: &str) -> Value {
    json!({"type": "image", "image": {"ref": reference}})
}

/// A `BundleDeployment` of generation 2 that is looked at an hour after 1970 began.
fn deployment(annotation: Option<&str>, poll: Option<i32>, status: &Value) -> BundleDeployment {
    let mut spec = source("a:v1");
    spec["pollIntervalMinutes"] = json!(poll);
    let annotations: Value = annotation.map(|at| json!({rukpak_api::names::RECONCILE_REQUESTED: at})).into();
    example::deployment(&json!({
        "metadata": {"generation": 2, "annotations": annotations},
        "spec": {"source": spec},
        "status": status,
    }))
}

#[rstest]
#[case::nothing_is_known(None, None, false, json!({}), "now")]
#[case::pinned(None, None, false, json!({"observedGeneration": 2, "resolvedSource": source(PIN)}), "pinned")]
#[case::for_another_generation(None, None, false, json!({"observedGeneration": 1, "resolvedSource": source(PIN)}), "now")]
#[case::paused(Some("x"), None, true, json!({"observedGeneration": 2, "resolvedSource": source(PIN)}), "pinned")]
#[case::paused_and_of_another_generation(None, None, true, json!({"observedGeneration": 1, "resolvedSource": source(PIN)}), "now")]
#[case::of_another_type(None, None, false, json!({"observedGeneration": 2, "resolvedSource": {"type": "http"}}), "now")]
#[case::asked_for(Some("x"), None, false, json!({"observedGeneration": 2, "resolvedSource": source(PIN)}), "now, or pinned")]
#[case::asked_for_and_done(
    Some("x"), None, false,
    json!({"observedGeneration": 2, "resolvedSource": source(PIN), "lastHandledReconcileAt": "x"}), "pinned"
)]
#[case::poll_is_due(
    None, Some(10), false,
    json!({"observedGeneration": 2, "resolvedSource": source(PIN), "resolvedAt": "1970-01-01T00:50:00Z"}), "now, or pinned"
)]
#[case::poll_is_not_due(
    None, Some(10), false,
    json!({"observedGeneration": 2, "resolvedSource": source(PIN), "resolvedAt": "1970-01-01T00:50:01Z"}), "pinned"
)]
#[case::looked_up_by_a_clock_that_was_ahead(
    None, Some(10), false,
    json!({"observedGeneration": 2, "resolvedSource": source(PIN), "resolvedAt": "1971-01-01T00:00:00Z"}), "now, or pinned"
)]
fn what_is_wanted(
    #[case] annotation: Option<&str>,
    #[case] poll: Option<i32>,
    #[case] is_paused: bool,
    #[case] status: Value,
    #[case] expected: &str,
) {
    let deployment = deployment(annotation, poll, &status);
    let now = Timestamp::from_second(3600).unwrap();
    let found = match wanted(&deployment, None, is_paused, now) {
        Wanted::Pinned(_) => "pinned",
        Wanted::Now(None) => "now",
        Wanted::Now(Some(_)) => "now, or pinned",
    };
    assert_eq!(found, expected);
}
