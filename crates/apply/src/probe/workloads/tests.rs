use super::super::tests::judged;
use rstest::rstest;

/// A workload whose controller has seen its second generation.
fn body(spec: &str, status: &str) -> String {
    let comma = if status.is_empty() { "" } else { ", " };
    format!(
        "{{metadata: {{generation: 2}}, spec: {{{spec}}}, status: {{observedGeneration: 2{comma}{status}}}}}"
    )
}

const AVAILABLE: &str = "conditions: [{type: Available, status: 'True'}]";

#[rstest]
#[case::created(
    "{metadata: {generation: 1}, spec: {replicas: 1}}",
    "InProgress: is to be seen by its controller"
)]
#[case::empty_status(
    "{metadata: {generation: 1}, status: {}}",
    "InProgress: is to be seen by its controller"
)]
#[case::null_status(
    "{metadata: {generation: 1}, status: null}",
    "InProgress: is to be seen by its controller"
)]
#[case::outdated(
    "{metadata: {generation: 2}, status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1}}",
    "InProgress: generation 2 is to be seen by its controller, which has seen 1"
)]
#[case::deleted(
    "metadata: {deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [foregroundDeletion]}",
    "Terminating: is being deleted, held by foregroundDeletion"
)]
#[case::status_is_a_list("status: []", "Unknown: status is a list, expected a mapping")]
#[case::conditions_are_a_mapping(
    "status: {conditions: {}}",
    "Unknown: status.conditions is a mapping, expected a list"
)]
fn before_anything_is_known(#[case] body: &str, #[case] expected: &str) {
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"] {
        assert_eq!(judged(&format!("apps/v1 {kind}"), body), expected, "{kind}");
    }
}

#[rstest]
#[case::no_replicas("replicas: 3", "", "InProgress: 0 of 3 replicas are created")]
#[case::default_replicas("", "", "InProgress: 0 of 1 replicas are created")]
#[case::quota(
    "replicas: 3",
    "replicas: 1, conditions: [{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: 'pods \"a\" is forbidden'}]",
    "InProgress: 1 of 3 replicas are created: pods \"a\" is forbidden"
)]
#[case::updating("replicas: 3", "replicas: 4, updatedReplicas: 1", "InProgress: 1 of 3 replicas are updated")]
#[case::paused(
    "replicas: 3, paused: true",
    "replicas: 3, updatedReplicas: 1",
    "InProgress: 1 of 3 replicas are updated: the rollout is paused"
)]
#[case::one_old("replicas: 3", "replicas: 4, updatedReplicas: 3", "InProgress: 1 old replica is to end")]
#[case::two_old("replicas: 3", "replicas: 5, updatedReplicas: 3", "InProgress: 2 old replicas are to end")]
#[case::starting(
    "replicas: 3",
    "replicas: 3, updatedReplicas: 3, readyReplicas: 1, availableReplicas: 1",
    "InProgress: 1 of 3 replicas are available"
)]
#[case::available_is_not_reported(
    "",
    "replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1",
    "InProgress: Available is not reported yet"
)]
#[case::available_says_no(
    "",
    "replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, conditions: [{type: Available, status: 'False'}]",
    "InProgress: Available is False"
)]
#[case::stuck(
    "progressDeadlineSeconds: 600",
    "replicas: 1, updatedReplicas: 1, conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded}]",
    "Failed: no progress for 600 s: 0 of 1 replicas are available"
)]
#[case::stuck_by_a_quota(
    "",
    "conditions: [{type: Progressing, reason: ProgressDeadlineExceeded}, {type: ReplicaFailure, status: 'True', message: exceeded quota}]",
    "Failed: no progress within its deadline: 0 of 1 replicas are created: exceeded quota"
)]
#[case::negative_counts("replicas: -1", "replicas: -5", "InProgress: -5 of -1 replicas are created")]
#[case::huge_counts(
    "replicas: 9223372036854775807",
    "replicas: -9223372036854775808",
    "InProgress: -9223372036854775808 of 9223372036854775807 replicas are created"
)]
#[case::counts_are_texts("replicas: 'three'", "replicas: '3'", "InProgress: 0 of 1 replicas are created")]
fn deployment_in_progress(#[case] spec: &str, #[case] status: &str, #[case] expected: &str) {
    assert_eq!(judged("apps/v1 Deployment", &body(spec, status)), expected);
}

#[rstest]
#[case::all("replicas: 3", "replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3")]
#[case::none("replicas: 0", "observedGeneration: 2")]
#[case::paused_when_done(
    "paused: true",
    "replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1"
)]
fn deployment_done(#[case] spec: &str, #[case] status: &str) {
    assert_eq!(judged("apps/v1 Deployment", &body(spec, &format!("{status}, {AVAILABLE}"))), "Healthy");
}

#[test]
fn deployment_of_another_version_of_the_api() {
    assert_eq!(judged("apps/v9 Deployment", &body("", "")), "InProgress: 0 of 1 replicas are created");
}

const PARTITION: &str = "replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}";
const ON_DELETE: &str = "replicas: 2, updateStrategy: {type: OnDelete}";

#[rstest]
#[case::no_replicas("replicas: 3", "", "InProgress: 0 of 3 replicas are created")]
#[case::one_by_one("replicas: 3", "replicas: 2, readyReplicas: 1", "InProgress: 2 of 3 replicas are created")]
#[case::starting("replicas: 3", "replicas: 3, readyReplicas: 2", "InProgress: 2 of 3 replicas are ready")]
#[case::ready_for_a_moment(
    "minReadySeconds: 30",
    "replicas: 1, readyReplicas: 1, updatedReplicas: 1",
    "InProgress: 0 of 1 replicas are available"
)]
#[case::scaled_down("replicas: 1", "replicas: 2, readyReplicas: 2", "InProgress: 1 old replica is to end")]
#[case::updating(
    "replicas: 3",
    "replicas: 3, readyReplicas: 3, updatedReplicas: 1",
    "InProgress: 1 of 3 replicas are updated"
)]
#[case::done_without_a_condition(
    "replicas: 3",
    "replicas: 3, readyReplicas: 3, updatedReplicas: 3",
    "Healthy"
)]
#[case::partition_updating(
    PARTITION,
    "replicas: 3, readyReplicas: 3",
    "InProgress: 0 of 1 replicas are updated"
)]
#[case::partition_done(PARTITION, "replicas: 3, readyReplicas: 3, updatedReplicas: 1", "Healthy")]
#[case::partition_above_all(
    "replicas: 1, updateStrategy: {rollingUpdate: {partition: 9}}",
    "replicas: 1, readyReplicas: 1",
    "Healthy"
)]
#[case::partition_below_zero(
    "replicas: 1, updateStrategy: {rollingUpdate: {partition: -9223372036854775808}}",
    "replicas: 1, readyReplicas: 1, updatedReplicas: 1",
    "Healthy"
)]
#[case::on_delete_starting(
    ON_DELETE,
    "replicas: 2, readyReplicas: 1",
    "InProgress: 1 of 2 replicas are ready"
)]
#[case::on_delete_not_updated(ON_DELETE, "replicas: 2, readyReplicas: 2", "Healthy")]
#[case::none("replicas: 0", "", "Healthy")]
fn stateful_sets(#[case] spec: &str, #[case] status: &str, #[case] expected: &str) {
    assert_eq!(judged("apps/v1 StatefulSet", &body(spec, status)), expected);
}

const NODES: &str = "desiredNumberScheduled: 3, currentNumberScheduled: 3";

#[rstest]
#[case::not_counted("", "", "InProgress: the number of its pods is not known yet")]
#[case::no_nodes("", "desiredNumberScheduled: 0", "Healthy")]
#[case::scheduling(
    "",
    "desiredNumberScheduled: 3, currentNumberScheduled: 1",
    "InProgress: 1 of 3 pods are scheduled"
)]
#[case::updating("", &format!("{NODES}, updatedNumberScheduled: 2"), "InProgress: 2 of 3 pods are updated")]
#[case::starting("", &format!("{NODES}, updatedNumberScheduled: 3, numberAvailable: 1"), "InProgress: 1 of 3 pods are available")]
#[case::not_ready(
    "",
    &format!("{NODES}, updatedNumberScheduled: 3, numberAvailable: 3, numberReady: 2"),
    "InProgress: 2 of 3 pods are ready"
)]
#[case::done("", &format!("{NODES}, updatedNumberScheduled: 3, numberAvailable: 3, numberReady: 3"), "Healthy")]
#[case::on_delete(
    "updateStrategy: {type: OnDelete}",
    &format!("{NODES}, numberAvailable: 3, numberReady: 3"),
    "Healthy"
)]
fn daemon_sets(#[case] spec: &str, #[case] status: &str, #[case] expected: &str) {
    assert_eq!(judged("apps/v1 DaemonSet", &body(spec, status)), expected);
}

#[rstest]
#[case::created("", "InProgress: 0 of 2 replicas are created")]
#[case::quota(
    "fullyLabeledReplicas: 1, conditions: [{type: ReplicaFailure, status: 'True', message: exceeded quota}]",
    "InProgress: 1 of 2 replicas are created: exceeded quota"
)]
#[case::starting(
    "fullyLabeledReplicas: 2, availableReplicas: 1",
    "InProgress: 1 of 2 replicas are available"
)]
#[case::scaled_down(
    "replicas: 3, fullyLabeledReplicas: 3, availableReplicas: 3, readyReplicas: 3",
    "InProgress: 1 old replica is to end"
)]
#[case::done("replicas: 2, fullyLabeledReplicas: 2, availableReplicas: 2, readyReplicas: 2", "Healthy")]
#[case::done_but_failing(
    "replicas: 2, fullyLabeledReplicas: 2, availableReplicas: 2, readyReplicas: 2, conditions: \
     [{type: ReplicaFailure, status: 'True', reason: FailedDelete}]",
    "InProgress: ReplicaFailure is True (FailedDelete)"
)]
fn replica_sets(
    #[values("apps/v1 ReplicaSet", "v1 ReplicationController")] kind: &str,
    #[case] status: &str,
    #[case] expected: &str,
) {
    assert_eq!(judged(kind, &body("replicas: 2", status)), expected);
}
