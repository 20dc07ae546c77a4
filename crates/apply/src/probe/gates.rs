//! What a later phase waits for.
//!
//! Only what the objects of later phases cannot do without, or a rollout deadlocks: a claim is bound when the pod of a later phase
//! uses it, and a webhook is called when its deployment serves.

use rukpak_manifest::Object;

use super::health::Health;
use super::live::Live;
use super::{Rule, certificates, conditions, definitions, deletion, namespaces, workloads};

/// Whether later phases wait for objects of this kind.
#[must_use]
pub fn is_gate(object: &Object) -> bool {
    rule(object.group(), object.kind()).is_some()
}

/// Whether the later phases may go on, as far as this object is concerned: a namespace is `Active`, a definition `Established` (that its
/// kind is served is for the caller to see), a certificate `Ready`, a deployment `Available` in its latest version. An object of
/// another kind that is there holds nothing up.
#[must_use]
pub fn gate(live: Option<&Object>) -> Health {
    let Some(object) = live else { return Health::NotFound };
    let live = Live::of(object);
    let Some(rule) = rule(live.group(), live.kind()) else { return Health::Healthy };
    let open = deletion::not_deleted(live)
        .and_then(|()| conditions::generation(live))
        .and_then(|()| live.well_formed())
        .and_then(|()| rule(live));
    open.into()
}

fn rule(group: &str, kind: &str) -> Option<Rule> {
    Some(match (group, kind) {
        ("", "Namespace") => namespaces::namespace,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definitions::established,
        ("cert-manager.io", "Certificate") => certificates::ready,
        ("apps", "Deployment") => workloads::deployment_available,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::object;
    use super::*;
    use rstest::rstest;

    const MANY_AVAILABLE: &str = "{metadata: {generation: 2}, spec: {replicas: 4}, status: {observedGeneration: 2, replicas: 4, \
        updatedReplicas: 4, availableReplicas: 3, readyReplicas: 3, conditions: [{type: Available, status: 'True'}]}}";
    const OLD_AVAILABLE: &str = "{metadata: {generation: 2}, spec: {replicas: 1}, status: {observedGeneration: 2, replicas: 2, \
        updatedReplicas: 1, availableReplicas: 1, conditions: [{type: Available, status: 'True'}]}}";
    const NONE_AVAILABLE: &str = "{metadata: {generation: 1}, spec: {replicas: 1}, status: {observedGeneration: 1, conditions: \
        [{type: Available, status: 'False', reason: MinimumReplicasUnavailable}]}}";
    const STUCK: &str = "{metadata: {generation: 1}, spec: {progressDeadlineSeconds: 60}, status: {observedGeneration: 1, replicas: 1, \
        updatedReplicas: 1, conditions: [{type: Available, status: 'False'}, {type: Progressing, status: 'False', reason: \
        ProgressDeadlineExceeded}]}}";
    const WITHOUT_CA: &str = "{metadata: {annotations: {cert-manager.io/inject-ca-from: n/c}}, spec: {conversion: {webhook: \
        {clientConfig: {}}}}, status: {conditions: [{type: Established, status: 'True'}]}}";

    #[rstest]
    #[case::namespace("v1 Namespace", "status: {phase: Active}", "Healthy")]
    #[case::namespace_deleted(
        "v1 Namespace",
        "metadata: {deletionTimestamp: '2026-01-01T00:00:00Z'}",
        "Terminating: is being deleted"
    )]
    #[case::definition("apiextensions.k8s.io/v1 CustomResourceDefinition", WITHOUT_CA, "Healthy")]
    #[case::certificate("cert-manager.io/v1 Certificate", "{}", "InProgress: Ready is not reported yet")]
    #[case::enough_replicas("apps/v1 Deployment", MANY_AVAILABLE, "Healthy")]
    #[case::old_replicas("apps/v1 Deployment", OLD_AVAILABLE, "InProgress: 1 of 2 replicas are updated")]
    #[case::no_replicas("apps/v1 Deployment", NONE_AVAILABLE, "InProgress: 0 of 1 replicas are available")]
    #[case::stuck("apps/v1 Deployment", STUCK, "Failed: no progress for 60 s: 0 of 1 replicas are available")]
    #[case::not_seen("apps/v1 Deployment", "{}", "InProgress: is to be seen by its controller")]
    #[case::odd("apps/v1 Deployment", "status: 5", "Unknown: status is a number, expected a mapping")]
    fn gates(#[case] kind: &str, #[case] body: &str, #[case] expected: &str) {
        let object = object(kind, body);
        assert!(is_gate(&object));
        assert_eq!(gate(Some(&object)).to_string(), expected);
    }

    #[rstest]
    #[case::claim("v1 PersistentVolumeClaim", "status: {phase: Pending}")]
    #[case::balancer("v1 Service", "spec: {type: LoadBalancer}")]
    #[case::job("batch/v1 Job", "{}")]
    #[case::issuer("cert-manager.io/v1 Issuer", "{}")]
    #[case::stateful_set("apps/v1 StatefulSet", "{}")]
    #[case::deployment_of_another_group("example.org/v1 Deployment", "{}")]
    fn what_holds_nothing_up(#[case] kind: &str, #[case] body: &str) {
        let object = object(kind, body);
        assert!(!is_gate(&object));
        assert_eq!(gate(Some(&object)), Health::Healthy);
    }

    #[test]
    fn what_is_not_there_holds_up() {
        assert_eq!(gate(None), Health::NotFound);
    }
}
