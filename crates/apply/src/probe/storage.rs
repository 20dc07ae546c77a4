//! Claims of volumes.

use super::Health;
use super::health::Check;
use super::live::Live;

/// Bound (kstatus: `pvcConditions`). A claim that has lost its volume has failed: nothing gives the data back.
///
/// Whether the storage class waits for a pod that uses the claim (`WaitForFirstConsumer`) cannot be told from the claim, so that one
/// that nobody uses stays in progress. No phase waits for a claim, so that the pod comes.
pub(super) fn claim(live: Live<'_>) -> Check {
    match live.text(&["status", "phase"]) {
        "Bound" => Ok(()),
        "Lost" => Err(Health::failed("has lost its volume")),
        "Pending" | "" => Err(Health::in_progress("is not bound to a volume")),
        phase => Err(Health::unknown(format_args!("phase is {phase}, expected Bound"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;
    use rstest::rstest;

    #[rstest]
    #[case::created("{}", "InProgress: is not bound to a volume")]
    #[case::pending("status: {phase: Pending}", "InProgress: is not bound to a volume")]
    #[case::bound("status: {phase: Bound, capacity: {storage: 1Gi}}", "Healthy")]
    #[case::lost("status: {phase: Lost}", "Failed: has lost its volume")]
    #[case::of_an_unknown_phase("status: {phase: Torn}", "Unknown: phase is Torn, expected Bound")]
    #[case::held(
        "{metadata: {deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [kubernetes.io/pvc-protection]}, status: {phase: Bound}}",
        "Terminating: is being deleted, held by kubernetes.io/pvc-protection"
    )]
    fn claims(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(judged("v1 PersistentVolumeClaim", body), expected);
    }
}
