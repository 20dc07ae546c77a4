//! What holds for all kinds, and how tests make objects.

use std::fmt::Write;

use proptest::prelude::*;
use rstest::rstest;
use rukpak_manifest::{Object, read};
use serde_json::{Value, json};

use super::*;
use crate::ObjectId;

/// Every kind that has a rule or is a gate, and one that has neither.
const KINDS: [&str; 19] = [
    "v1 Namespace",
    "v1 PersistentVolumeClaim",
    "v1 Pod",
    "v1 Service",
    "v1 ReplicationController",
    "apps/v1 ReplicaSet",
    "apps/v1 Deployment",
    "apps/v1 StatefulSet",
    "apps/v1 DaemonSet",
    "batch/v1 Job",
    "policy/v1 PodDisruptionBudget",
    "apiextensions.k8s.io/v1 CustomResourceDefinition",
    "apiregistration.k8s.io/v1 APIService",
    "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1 MutatingWebhookConfiguration",
    "cert-manager.io/v1 Certificate",
    "cert-manager.io/v1 Issuer",
    "cert-manager.io/v1 ClusterIssuer",
    "example.org/v1 Gadget",
];

/// The value of a YAML document.
pub(super) fn value(yaml: &str) -> Value {
    let (documents, _) = read(yaml.as_bytes()).unwrap();
    documents.into_iter().next().unwrap().value
}

/// An object of a kind (`apps/v1 Deployment`) from the YAML of its other fields.
pub(super) fn object(kind: &str, body: &str) -> Object {
    of(kind, value(body))
}

/// What the known rules say about it.
pub(super) fn judged(kind: &str, body: &str) -> String {
    Probes::default().judge(Some(&object(kind, body))).to_string()
}

fn of(kind: &str, mut body: Value) -> Object {
    let (api_version, kind) = kind.split_once(' ').unwrap();
    body["apiVersion"] = api_version.into();
    body["kind"] = kind.into();
    Object::from_value(body).unwrap()
}

#[test]
fn what_is_not_there() {
    assert_eq!(Probes::default().judge(None).to_string(), "NotFound: is not there");
}

#[test]
fn what_nobody_has_looked_at_yet() {
    let mut text = String::new();
    for kind in KINDS {
        writeln!(text, "{kind}: {}", judged(kind, "{metadata: {generation: 1}, status: null}")).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn kinds_with_a_rule_are_probed() {
    for kind in KINDS {
        let object = object(kind, "{}");
        assert!(Probes::default().is_probed(object.group(), object.kind()), "{kind}");
    }
}

#[rstest]
#[case::config_map("", "ConfigMap", false)]
#[case::role("rbac.authorization.k8s.io", "ClusterRole", false)]
#[case::storage_class("storage.k8s.io", "StorageClass", false)]
#[case::cron_job("batch", "CronJob", false)]
#[case::autoscaler("autoscaling", "HorizontalPodAutoscaler", false)]
#[case::custom_resource_with_a_known_name("example.org", "ConfigMap", true)]
#[case::custom_resource_of_a_group_of_kubernetes("snapshot.storage.k8s.io", "VolumeSnapshot", true)]
fn what_is_probed(#[case] group: &str, #[case] kind: &str, #[case] expected: bool) {
    assert_eq!(Probes::default().is_probed(group, kind), expected);
}

#[rstest]
#[case::by_kind("{type: GroupKind, groupKind: {kind: ConfigMap}}", true, false)]
#[case::by_label("{type: Label, label: {matchLabels: {a: b}}}", true, true)]
fn what_custom_probes_select_is_probed(#[case] selector: &str, #[case] config: bool, #[case] secret: bool) {
    let selector = serde_json::from_value(value(selector)).unwrap();
    let probes = Probes::new(vec![CustomProbe { selector, assertions: Vec::new() }]);
    assert_eq!((probes.is_probed("", "ConfigMap"), probes.is_probed("", "Secret")), (config, secret));
}

/// Words that rules look for.
const WORDS: &str = "conditions type status reason message observedGeneration generation replicas phase updatedReplicas \
    readyReplicas availableReplicas desiredNumberScheduled updateStrategy rollingUpdate partition \
    containerStatuses state lastState waiting terminated exitCode loadBalancer ingress clusterIP \
    completions startTime conversion webhook clientConfig caBundle annotations finalizers \
    deletionTimestamp cert-manager.io/inject-ca-from True False Ready Available Stalled Reconciling \
    Progressing ProgressDeadlineExceeded Established NamesAccepted Complete Failed Running Pending \
    CrashLoopBackOff LoadBalancer OnDelete";

fn word() -> impl Strategy<Value = String> + Clone {
    let words: Vec<_> = WORDS.split(' ').chain(["\u{1b}[2J", "ä\n"]).collect();
    prop::sample::select(words).prop_map(String::from)
}

/// A mapping with those words in it, and with conditions.
fn mapping(inner: impl Strategy<Value = Value> + Clone) -> impl Strategy<Value = Value> {
    let text = || prop_oneof![3 => word().prop_map(Value::from), 1 => inner.clone()];
    let condition = [text(), text(), text(), text()].prop_map(|[kind, status, reason, message]| {
        json!({"type": kind, "status": status, "reason": reason, "message": message})
    });
    let conditions = prop::collection::vec(prop_oneof![4 => condition, 1 => inner.clone()], 0..5);
    (prop::collection::btree_map(word(), inner, 0..8), prop::option::of(conditions)).prop_map(
        |(fields, conditions)| {
            let conditions = conditions.map(|all| ("conditions".to_owned(), all.into()));
            Value::Object(fields.into_iter().chain(conditions).collect())
        },
    )
}

/// Any value.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-2..4_i64).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
        Just("much to say ".repeat(50).into()),
    ];
    leaf.prop_recursive(3, 20, 6, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from), mapping(inner.boxed()),]
    })
}

fn any_object() -> impl Strategy<Value = Object> {
    let part = || prop_oneof![6 => mapping(anything().boxed()), 1 => anything()];
    let parts = (mapping(anything().boxed()), part(), part(), anything());
    (prop::sample::select(&KINDS[..]), parts).prop_map(|(kind, (metadata, spec, status, webhooks))| {
        of(kind, json!({"metadata": metadata, "spec": spec, "status": status, "webhooks": webhooks}))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_object_is_judged_in_one_short_line(object in any_object()) {
        for health in [Probes::default().judge(Some(&object)), gate(Some(&object)), absent(&object)] {
            prop_assert!(health.message().chars().count() <= 300, "{}", health);
            prop_assert!(!health.message().chars().any(char::is_control), "{:?}", health);
            prop_assert_eq!(health.message().is_empty(), health.is_healthy());
        }
    }

    #[test]
    fn a_deleted_object_is_terminating(mut object in any_object()) {
        object.metadata_mut().insert("deletionTimestamp".into(), "2026-01-01T00:00:00Z".into());
        prop_assert_eq!(Probes::default().judge(Some(&object)).status(), "Terminating");
    }

    #[test]
    fn an_outdated_object_is_not_healthy(mut object in any_object(), latest in 1..9_i64) {
        object.metadata_mut().insert("generation".into(), (latest + 1).into());
        if let Some(status) = object.fields_mut().get_mut("status").and_then(Value::as_object_mut) {
            status.insert("observedGeneration".into(), latest.into());
            prop_assert!(!Probes::default().judge(Some(&object)).is_healthy());
        }
    }

    #[test]
    fn a_summary_counts_all(healths in prop::collection::vec(prop_oneof![
        Just(Health::Healthy), Just(Health::NotFound), Just(Health::Failed("x".into())), Just(Health::InProgress("y".into())),
    ], 0..30)) {
        let id = ObjectId::of(&Object::new("v1", "Pod", Some("n"), "p"));
        let summary: Summary = healths.iter().cloned().map(|health| (id.clone(), health)).collect();
        prop_assert_eq!(summary.healthy() + summary.unhealthy().count(), healths.len());
        let is_first_failed = summary.unhealthy().next().is_some_and(|(_, health)| health.is_failed());
        prop_assert_eq!(is_first_failed, healths.iter().any(Health::is_failed));
        prop_assert!(summary.to_string().len() < 500);
    }
}
