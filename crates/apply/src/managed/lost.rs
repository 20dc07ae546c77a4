//! Objects of ours that have no entry of ours: somebody has emptied `managedFields`, or made the object anew in their own name, as what
//! restores backups does.
//!
//! What was ours cannot be told then from what others have filled in: passwords that an operator has made, volumes that were bound,
//! authorities of webhooks. So what is ours again is what is planned now, which whoever made the object anew has no more; and
//! everything else stays whose it is, or nobody's.

use rukpak_manifest::Object;
use serde_json::{Map, Value};

use super::is_ours;
use crate::owner::PLANNED;

/// Whether an object has no entry of ours.
pub(crate) fn is_lost(live: &Object) -> bool {
    !entries(live).iter().any(|entry| is_ours(entry, "Apply") || is_ours(entry, "Update"))
}

/// An object of ours as it would be if we had made what is planned; `answer` is what an apply of that would make of it.
pub(crate) fn reclaimed(live: &Object, answer: &Object) -> Option<Object> {
    let mut ours = entries(answer).iter().find(|entry| is_ours(entry, "Apply"))?.clone();
    *ours.get_mut("operation")? = "Update".into();
    let mut entries = entries(live).to_vec();
    for entry in entries.iter_mut().filter(|entry| is_of_maker(entry) && version(entry) == version(&ours)) {
        if let (Some(Value::Object(fields)), Some(Value::Object(ours))) =
            (entry.get_mut("fieldsV1"), ours.get("fieldsV1"))
        {
            take(fields, ours);
        }
    }
    entries.push(ours);
    let mut live = live.clone();
    live.metadata_mut().insert("managedFields".into(), entries.into());
    Some(live)
}

fn entries(live: &Object) -> &[Value] {
    live.get(&["metadata", "managedFields"]).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether an entry is of whoever made the object, with our annotations.
fn is_of_maker(entry: &Value) -> bool {
    let annotation = format!("f:{PLANNED}");
    let at = ["fieldsV1", "f:metadata", "f:annotations", &annotation];
    entry.get("operation").is_some_and(|operation| operation == "Update")
        && entry.get("subresource").is_none()
        && at.iter().try_fold(entry, |at, field| at.get(field)).is_some()
}

fn version(entry: &Value) -> Option<&Value> {
    entry.get("apiVersion")
}

/// Takes fields out of a set of them. An element or a field of which others have something stays theirs as well.
fn take(fields: &mut Map<String, Value>, taken: &Map<String, Value>) {
    fields.retain(|field, below| match (below, taken.get(field)) {
        (_, None) => true,
        (Value::Object(below), Some(Value::Object(taken))) if !below.is_empty() => {
            take(below, taken);
            !below.is_empty()
        }
        _ => false,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::FIELD_MANAGER;
    use rstest::rstest;
    use serde_json::json;

    fn live(entries: Value) -> Object {
        let mut live = Object::new("v1", "Secret", Some("a"), "b");
        live.metadata_mut().insert("managedFields".into(), entries);
        live
    }

    fn entry(manager: &str, operation: &str, annotation: &str, more: &Value) -> Value {
        let fields =
            json!({"f:metadata": {"f:annotations": {format!("f:{annotation}"): {}}}, "f:data": more});
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields})
    }

    fn status(manager: &str) -> Value {
        let mut entry = entry(manager, "Update", PLANNED, &json!({}));
        entry["subresource"] = json!("status");
        entry
    }

    #[rstest]
    #[case::of_nobody(json!([]), true)]
    #[case::unknown(json!(null), true)]
    #[case::of_others(json!([entry("velero", "Update", PLANNED, &json!({}))]), true)]
    #[case::its_status(json!([status(FIELD_MANAGER)]), true)]
    #[case::made(json!([entry(FIELD_MANAGER, "Update", "a", &json!({}))]), false)]
    #[case::applied(json!([status("velero"), entry(FIELD_MANAGER, "Apply", "a", &json!({}))]), false)]
    fn what_has_no_entry_of_ours(#[case] entries: Value, #[case] expected: bool) {
        assert_eq!(is_lost(&live(entries)), expected);
    }

    /// What the entries of a Secret become whose `one` is planned.
    #[rstest]
    #[case::nobody(json!([]), json!([]))]
    #[case::who_restored_it(
        json!([entry("velero", "Update", PLANNED, &json!({".": {}, "f:one": {}, "f:password": {}}))]),
        json!([{"manager": "velero", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:password": {}}}}])
    )]
    #[case::others(
        json!([entry("kubectl", "Update", "a", &json!({"f:one": {}}))]),
        json!([entry("kubectl", "Update", "a", &json!({"f:one": {}}))])
    )]
    #[case::who_applies_it(
        json!([entry("kubectl", "Apply", PLANNED, &json!({"f:one": {}}))]),
        json!([entry("kubectl", "Apply", PLANNED, &json!({"f:one": {}}))])
    )]
    #[case::its_status(json!([status("velero")]), json!([status("velero")]))]
    fn what_is_planned_is_ours_and_no_more(#[case] entries: Value, #[case] expected: Value) {
        let planned = json!({".": {}, "f:one": {}});
        let answer = live(json!([
            entry("before-first-apply", "Update", PLANNED, &planned),
            entry(FIELD_MANAGER, "Apply", PLANNED, &planned)
        ]));
        let ours = entry(FIELD_MANAGER, "Update", PLANNED, &planned);
        let expected = expected.as_array().unwrap().iter().cloned().chain([ours]).collect();
        assert_eq!(reclaimed(&live(entries), &answer), Some(live(expected)));
    }

    #[test]
    fn what_is_of_another_version_stays_as_it_is() {
        let theirs = entry("velero", "Update", PLANNED, &json!({"f:one": {}}));
        let mut ours = entry(FIELD_MANAGER, "Apply", PLANNED, &json!({"f:one": {}}));
        ours["apiVersion"] = "v2".into();
        let reclaimed = reclaimed(&live(json!([theirs])), &live(json!([ours]))).unwrap();
        assert_eq!(entries(&reclaimed)[0], theirs);
    }
}
