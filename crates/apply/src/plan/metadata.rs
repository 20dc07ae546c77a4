//! Names, labels and annotations that no server takes, of objects that the server is not asked about before the first write.

use rukpak_manifest::{Object, name};
use serde_json::Value;

use super::Problem;
use crate::rights::RBAC;

/// Kinds of Kubernetes in namespaces whose names are DNS names (`NameIsDNSSubdomain` in the validation of each, in all versions). Of
/// others, such as `PodDisruptionBudget` or what aggregated APIs serve, a server may take any name that fits into a path.
const NAMED_BY_DNS: [(&str, &[&str]); 7] = [
    (
        "",
        &[
            "ConfigMap",
            "Endpoints",
            "LimitRange",
            "PersistentVolumeClaim",
            "Pod",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "ServiceAccount",
        ],
    ),
    ("apps", &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"]),
    ("autoscaling", &["HorizontalPodAutoscaler"]),
    ("batch", &["CronJob", "Job"]),
    ("coordination.k8s.io", &["Lease"]),
    ("discovery.k8s.io", &["EndpointSlice"]),
    ("networking.k8s.io", &["Ingress", "NetworkPolicy"]),
];

/// What is wrong with the metadata of an object; `is_defined`: whether its kind is one of a definition.
pub(super) fn of(object: &Object, is_defined: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let why = name_problems(object, is_defined);
    if !object.name().is_empty() && !why.is_empty() {
        problems.push(Problem::Name { object: object.key(), why: why.join(", ") });
    }
    for field in ["labels", "annotations"] {
        let mut tell = |at: String, why: Vec<String>| {
            if !why.is_empty() {
                problems.push(Problem::Metadata { object: object.key(), field: at, why: why.join(", ") });
            }
        };
        match object.get(&["metadata", field]) {
            None | Some(Value::Null) => {}
            Some(Value::Object(map)) => {
                for (key, value) in map {
                    tell(format!("{field}[{key}]"), entry_problems(field, key, value));
                }
            }
            Some(_) => tell(field.into(), vec!["it is no map".into()]),
        }
    }
    problems
}

/// What is wrong with a name, beside what is wrong with all that do not fit into a path.
fn name_problems(object: &Object, is_defined: bool) -> Vec<String> {
    let (group, kind) = (object.group(), object.kind());
    let is_of_dns = NAMED_BY_DNS.iter().any(|(of, kinds)| *of == group && kinds.contains(&kind));
    match (group, kind) {
        _ if !name::path_segment(object.name()).is_empty() => vec![],
        // Older servers want a letter at the beginning besides.
        ("", "Service") => name::dns1123_label(object.name()),
        _ if (is_of_dns || is_defined) && group != RBAC => name::dns1123_subdomain(object.name()),
        _ => vec![],
    }
}

/// What is wrong with a label or an annotation (apimachinery, `ValidateLabels`, `ValidateAnnotations`).
fn entry_problems(field: &str, key: &str, value: &Value) -> Vec<String> {
    let mut problems = match field {
        "labels" => name::qualified_name(key),
        _ => name::qualified_name(&key.to_lowercase()),
    };
    match value {
        Value::String(value) if field == "labels" => problems.extend(name::label_value(value)),
        // A null is an empty text.
        Value::String(_) | Value::Null => {}
        _ => problems.push("it is no text".into()),
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn problems(object: &Object, is_defined: bool) -> Vec<String> {
        of(object, is_defined).iter().map(ToString::to_string).collect()
    }

    #[rstest]
    #[case::map("v1", "ConfigMap", "a_b", false)]
    #[case::map("v1", "ConfigMap", "a.b-1", true)]
    #[case::service("v1", "Service", "a.b", false)]
    #[case::service("v1", "Service", "1-a", true)]
    #[case::deployment("apps/v1", "Deployment", "Web", false)]
    #[case::role("rbac.authorization.k8s.io/v1", "Role", "system:A_b ?", true)]
    #[case::budget("policy/v1", "PodDisruptionBudget", "A_b", true)]
    #[case::of_another_group("example.com/v1", "ConfigMap", "A_b", true)]
    #[case::told_already("v1", "ConfigMap", "a/b", true)]
    #[case::told_already("v1", "ConfigMap", "", true)]
    fn names(#[case] version: &str, #[case] kind: &str, #[case] name: &str, #[case] is_taken: bool) {
        let problems = problems(&Object::new(version, kind, Some("a"), name), false);
        assert_eq!(problems.is_empty(), is_taken, "{problems:?}");
    }

    #[test]
    fn names_of_custom_resources_are_dns_names() {
        assert!(!problems(&Object::new("example.com/v1", "Gadget", None, "A_b"), true).is_empty());
    }

    #[rstest]
    #[case::right(json!({"labels": {"a": "B", "b.c/D_e": "", "f": null}, "annotations": {"B.c/D": "?"}}), &[])]
    #[case::nothing(json!({"labels": null, "annotations": {}}), &[])]
    #[case::a_bool(json!({"labels": {"a": true}}), &["labels[a] is not valid: it is no text"])]
    #[case::a_number(json!({"annotations": {"a": 7}}), &["annotations[a] is not valid: it is no text"])]
    #[case::a_list(json!({"labels": ["a"]}), &["labels is not valid: it is no map"])]
    #[case::a_value(json!({"labels": {"a": "b c"}}), &["labels[a] is not valid: a valid label must be an empty string"])]
    #[case::keys(json!({"labels": {"a b": ""}, "annotations": {"/c": ""}}),
        &["labels[a b] is not valid: name part must consist of", "annotations[/c] is not valid: prefix part must be non-empty"])]
    #[case::a_domain_of_a_label(json!({"labels": {"A.b/c": ""}}), &["labels[A.b/c] is not valid: prefix part a lowercase RFC 1123"])]
    fn labels_and_annotations(#[case] metadata: Value, #[case] expected: &[&str]) {
        let mut object = Object::new("v1", "ConfigMap", Some("a"), "b");
        object.metadata_mut().extend(metadata.as_object().unwrap().clone());
        let problems = problems(&object, false);
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(problem.starts_with(&format!("ConfigMap a/b: metadata.{expected}")), "{problem}");
        }
    }
}
