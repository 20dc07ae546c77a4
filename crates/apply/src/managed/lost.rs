//! Objects of ours that have no entry of ours.
//!
//! Where somebody else wrote the object as a whole, our annotations with it, that entry was ours: a backup is restored so. Where
//! nobody has them, since `managedFields` were emptied, what was ours cannot be told from what controllers have filled in. So we
//! claim no more than what those leave alone, and that is enough for what a next version most often drops; where the plan is still the
//! one that was written last, we claim that.

use rukpak_manifest::Object;
use serde_json::{Map, Value, json};

use super::is_ours;
use crate::owner::{FIELD_MANAGER, PLANNED};

/// Fields that are somebody's who wrote the object, and no controller's.
const CLAIMED: [&str; 4] = ["binaryData", "data", "rules", "subjects"];

/// Ends of the domains whose labels and annotations are those of the cluster's controllers.
const CLUSTERS: [&str; 2] = ["kubernetes.io", "k8s.io"];

/// Whether an object has no entry of ours.
pub(crate) fn is_lost(live: &Object) -> bool {
    !entries(live).iter().any(|entry| is_ours(entry, "Apply") || is_ours(entry, "Update"))
}

/// An object of ours as it would be if whoever wrote our annotations were us; `None` where nobody did.
pub(crate) fn reclaimed(live: &Object) -> Option<Object> {
    let annotation = format!("f:{PLANNED}");
    let has = |entry: &Value| {
        let at = ["fieldsV1", "f:metadata", "f:annotations", &annotation];
        entry.get("operation").is_some_and(|operation| operation == "Update")
            && entry.get("subresource").is_none()
            && at.iter().try_fold(entry, |at, field| at.get(field)).is_some()
    };
    let mut entries = entries(live).to_vec();
    *entries.iter_mut().find(|entry| has(entry))?.get_mut("manager")? = FIELD_MANAGER.into();
    Some(with_entries(live, entries))
}

/// What to apply, so that an answer says which fields it is; `planned` is what will be applied.
pub(crate) fn claim(live: &Object, planned: &Object) -> Object {
    if live.annotation(PLANNED).is_some() && live.annotation(PLANNED) == planned.annotation(PLANNED) {
        return planned.clone();
    }
    let mut claim = Object::new(live.api_version(), live.kind(), live.namespace(), live.name());
    let is_gathered = live.get(&["aggregationRule"]).is_some();
    for field in CLAIMED.into_iter().filter(|field| !(is_gathered && *field == "rules")) {
        if let Some(value) = live.get(&[field]) {
            claim.fields_mut().insert(field.into(), value.clone());
        }
    }
    if let Some(template) = live.get(&["spec", "template"]).filter(|_| live.group() == "apps") {
        let mut template = template.clone();
        if let Some(Value::Object(metadata)) = template.get_mut("metadata") {
            leave_clusters(metadata);
        }
        claim.fields_mut().insert("spec".into(), json!({"template": template}));
    }
    let mut metadata = live.get(&["metadata"]).and_then(Value::as_object).cloned().unwrap_or_default();
    metadata.retain(|field, _| ["labels", "annotations", "uid"].contains(&field.as_str()));
    leave_clusters(&mut metadata);
    claim.metadata_mut().extend(metadata);
    claim
}

/// An object of ours as it would be if we had made what the answer to a claim says.
pub(crate) fn with_claim(live: &Object, answer: &Object) -> Option<Object> {
    let mut claim = entries(answer).iter().find(|entry| is_ours(entry, "Apply"))?.clone();
    *claim.get_mut("operation")? = "Update".into();
    Some(with_entries(live, entries(live).iter().cloned().chain([claim]).collect()))
}

fn entries(live: &Object) -> &[Value] {
    live.get(&["metadata", "managedFields"]).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn with_entries(live: &Object, entries: Vec<Value>) -> Object {
    let mut live = live.clone();
    live.metadata_mut().insert("managedFields".into(), entries.into());
    live
}

/// Takes off the labels and annotations of the cluster's controllers.
fn leave_clusters(metadata: &mut Map<String, Value>) {
    for field in ["labels", "annotations"] {
        if let Some(Value::Object(map)) = metadata.get_mut(field) {
            map.retain(|key, _| {
                let domain = key.split_once('/').map_or("", |(domain, _)| domain);
                !CLUSTERS.iter().any(|end| domain.ends_with(end))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn live(entries: Value) -> Object {
        let mut live = Object::new("apps/v1", "Deployment", Some("a"), "b");
        let template = json!({"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "x", "a": "b"}}, "spec": {}});
        live.fields_mut().insert("spec".into(), json!({"replicas": 3, "template": template}));
        live.fields_mut().insert("status".into(), json!({"replicas": 3}));
        let metadata = live.metadata_mut();
        metadata.insert("labels".into(), json!({"app": "web"}));
        metadata
            .insert("annotations".into(), json!({"deployment.kubernetes.io/revision": "2", PLANNED: "1"}));
        metadata.insert("uid".into(), json!("7"));
        metadata.insert("resourceVersion".into(), json!("8"));
        metadata.insert("managedFields".into(), entries);
        live
    }

    fn entry(manager: &str, operation: &str, annotation: &str) -> Value {
        let fields = json!({"f:metadata": {"f:annotations": {format!("f:{annotation}"): {}}}});
        json!({"manager": manager, "operation": operation, "fieldsV1": fields})
    }

    fn status(manager: &str) -> Value {
        let mut entry = entry(manager, "Update", PLANNED);
        entry["subresource"] = json!("status");
        entry
    }

    #[rstest]
    #[case::of_nobody(json!([]), true)]
    #[case::unknown(json!(null), true)]
    #[case::of_others(json!([entry("velero", "Update", PLANNED)]), true)]
    #[case::its_status(json!([status(FIELD_MANAGER)]), true)]
    #[case::made(json!([entry(FIELD_MANAGER, "Update", "a")]), false)]
    #[case::applied(json!([entry("velero", "Update", PLANNED), entry(FIELD_MANAGER, "Apply", "a")]), false)]
    fn what_has_no_entry_of_ours(#[case] entries: Value, #[case] expected: bool) {
        assert_eq!(is_lost(&live(entries)), expected);
    }

    #[rstest]
    #[case::who_restored_it(json!([entry("kubectl", "Update", "a"), entry("velero", "Update", PLANNED)]), Some(1))]
    #[case::others(json!([entry("kubectl", "Update", "a")]), None)]
    #[case::who_applies_it(json!([entry("kubectl", "Apply", PLANNED)]), None)]
    #[case::its_status(json!([status("velero")]), None)]
    #[case::nobody(json!([]), None)]
    fn whoever_wrote_our_annotations_was_us(#[case] entries: Value, #[case] expected: Option<usize>) {
        let reclaimed = reclaimed(&live(entries.clone()));
        let expected = expected.map(|index| {
            let mut entries = entries;
            entries[index]["manager"] = FIELD_MANAGER.into();
            live(entries)
        });
        assert_eq!(reclaimed, expected);
    }

    #[test]
    fn what_controllers_fill_in_is_not_claimed() {
        let mut planned = Object::new("apps/v1", "Deployment", Some("a"), "b");
        planned.set_annotation(PLANNED, "2");
        let expected = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "b", "namespace": "a", "uid": "7", "labels": {"app": "web"}, "annotations": {PLANNED: "1"}},
            "spec": {"template": {"metadata": {"annotations": {"a": "b"}}, "spec": {}}},
        });
        assert_eq!(claim(&live(json!([])), &planned).into_value(), expected);
        planned.set_annotation(PLANNED, "1");
        assert_eq!(claim(&live(json!([])), &planned), planned);
    }

    #[test]
    fn rules_that_the_cluster_gathers_are_not_claimed() {
        let role =
            Object::new("rbac.authorization.k8s.io/v1", "ClusterRole", None, "a").with("rules", json!([]));
        let planned = Object::new("rbac.authorization.k8s.io/v1", "ClusterRole", None, "a");
        assert_eq!(claim(&role, &planned).get(&["rules"]), Some(&json!([])));
        assert_eq!(claim(&role.with("aggregationRule", json!({})), &planned).get(&["rules"]), None);
    }

    #[test]
    fn what_was_claimed_stands_beside_what_others_have() {
        let theirs = entry("kubectl", "Update", "a");
        let answer = live(json!([
            entry("before-first-apply", "Update", PLANNED),
            entry(FIELD_MANAGER, "Apply", PLANNED)
        ]));
        let expected = live(json!([theirs, entry(FIELD_MANAGER, "Update", PLANNED)]));
        assert_eq!(with_claim(&live(json!([theirs])), &answer), Some(expected));
    }
}
