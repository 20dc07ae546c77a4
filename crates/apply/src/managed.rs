//! Which fields of an object are ours, as its `managedFields` say.
//!
//! What we make by `POST` is ours by an entry of the operation `Update`, which server-side apply takes nothing away from. Before
//! the first apply it becomes one of `Apply`, as `csaupgrade` of client-go does it; until then what an apply would make of it is for us to
//! say ([`operations`]).
//!
//! Somebody may have taken our entry away, or made an object of ours anew in their own name, as what restores backups does. Then
//! nothing of it would ever go again that a next version does not have: at the next look what is planned becomes ours again (`lost.rs`).
//!
//! An entry is of the version in which somebody wrote. Where the kind does not have that any more, the server refuses every apply,
//! whoever's entry it is, and forgets at any other write who wrote what. So entries move to a version that stays.

mod applied;
mod lost;

use rukpak_manifest::Object;
use serde_json::{Map, Value, json};

pub(crate) use applied::operations;
pub(crate) use lost::{is_lost, reclaimed};

use crate::owner::{FIELD_MANAGER, PLANNED};

/// The operations of a JSON Patch that turn our entry from `Update` into `Apply`, and entries of versions that go into ones of the
/// version in which the object was read, behind `more`, if it is still the one that was looked at; `None` where there is nothing to do.
pub(crate) fn upgrade(live: &Object, goes: impl Fn(&str) -> bool, more: Vec<Value>) -> Option<Value> {
    let version = live.get(&["metadata", "resourceVersion"])?;
    let entries = live.get(&["metadata", "managedFields"]).and_then(Value::as_array).into_iter().flatten();
    let replace = |index: usize, field: &str, value: &str| json!({"op": "replace", "path": format!("/metadata/managedFields/{index}/{field}"), "value": value});
    let turned = update_entry(live).map(|(index, _)| replace(index, "operation", "Apply"));
    let is_of_kind = |version: &&str| version.split_once('/').is_some_and(|(group, _)| group == live.group());
    let is_moved =
        |entry: &Value| entry.get("apiVersion").and_then(Value::as_str).filter(is_of_kind).is_some_and(&goes);
    let moved = entries.enumerate().filter(|(_, entry)| is_moved(entry));
    let moved = moved.map(|(index, _)| replace(index, "apiVersion", live.api_version()));
    let changes: Vec<_> = more.into_iter().chain(turned).chain(moved).collect();
    let test = json!({"op": "test", "path": "/metadata/resourceVersion", "value": version});
    (!changes.is_empty()).then(|| std::iter::once(test).chain(changes).collect())
}

/// Our entry, where we made an object and never applied it; and where it stands.
fn update_entry(live: &Object) -> Option<(usize, &Value)> {
    let entries = live.get(&["metadata", "managedFields"])?.as_array()?;
    if entries.iter().any(|entry| is_ours(entry, "Apply")) {
        return None;
    }
    entries.iter().enumerate().find(|(_, entry)| is_ours(entry, "Update"))
}

/// Whether an entry is about what we wrote of an object beside its subresources, by this operation.
fn is_ours(entry: &Value, operation: &str) -> bool {
    let is = |field, value| entry.get(field).and_then(Value::as_str) == Some(value);
    is("manager", FIELD_MANAGER) && is("operation", operation) && entry.get("subresource").is_none()
}

/// Whether a field is ours, as a whole.
pub(crate) fn owns(live: &Object, path: &[&str]) -> bool {
    let entries = live.get(&["metadata", "managedFields"]).and_then(Value::as_array);
    entries.into_iter().flatten().any(|entry| {
        let is_ours = entry.get("manager").and_then(Value::as_str) == Some(FIELD_MANAGER);
        let fields = entry.get("fieldsV1").filter(|_| is_ours);
        path.iter().try_fold(fields, |at, field| Some(at?.get(format!("f:{field}")))).flatten().is_some()
    })
}

/// Whether an apply would change nothing, told without asking the server: the plan is the one that we wrote last, everything that it
/// says is there, and nobody else wrote the object. What else is there was filled in when we wrote it, by the server or a webhook.
///
/// Where it is not sure, it says no: a value that the server spells otherwise (`1000m` as `1`), a list that it orders otherwise, or
/// anybody else's entry, whose fields may be in a map or list that is ours as a whole.
pub(crate) fn is_as_written(planned: &Object, live: &Object) -> bool {
    let plan = planned.annotation(PLANNED);
    plan.is_some()
        && live.annotation(PLANNED) == plan
        && is_of_nobody_else(live)
        && covers_map(planned.fields(), live.fields())
}

/// Whether we are the only one who wrote an object beside its subresources, and have always done it in one way.
fn is_of_nobody_else(live: &Object) -> bool {
    let entries = live.get(&["metadata", "managedFields"]).and_then(Value::as_array);
    let mut whole = entries.into_iter().flatten().filter(|entry| entry.get("subresource").is_none());
    let first = whole.next().and_then(|entry| entry.get("manager")).and_then(Value::as_str);
    first == Some(FIELD_MANAGER) && whole.next().is_none()
}

/// Whether everything that is planned is there.
fn covers(planned: &Value, live: &Value) -> bool {
    match (planned, live) {
        (Value::Object(planned), Value::Object(live)) => covers_map(planned, live),
        (Value::Array(planned), Value::Array(live)) => {
            planned.len() == live.len()
                && planned.iter().zip(live).all(|(planned, live)| covers(planned, live))
        }
        // To apply a null is to say nothing, or to take away.
        (Value::Null, _) => false,
        (planned, live) => planned == live,
    }
}

fn covers_map(planned: &Map<String, Value>, live: &Map<String, Value>) -> bool {
    planned.iter().all(|(field, value)| live.get(field).is_some_and(|live| covers(value, live)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// A Role that was planned like this, and is like that; with its entries of `managedFields`.
    fn is_written(planned: Value, live: Value, entries: Value) -> bool {
        let object = |digest: &str, rules: Value| {
            let mut object = Object::new("v1", "Role", Some("a"), "b").with("rules", rules);
            object.set_annotation(PLANNED, digest);
            object
        };
        let (digest, planned) = match planned {
            Value::Array(_) => ("1", planned),
            other => ("2", other["rules"].clone()),
        };
        let planned = object(digest, planned);
        let mut live = object("1", live);
        live.metadata_mut().insert("uid".into(), json!("7"));
        live.metadata_mut().insert("managedFields".into(), entries);
        is_as_written(&planned, &live)
    }

    #[rstest]
    #[case::the_same(json!([{"verbs": ["get"]}]), json!([{"verbs": ["get"]}]), true)]
    #[case::with_what_the_server_fills_in(json!([{"verbs": ["get"]}]), json!([{"verbs": ["get"], "filled": 1}]), true)]
    #[case::another_value(json!([{"verbs": ["get"]}]), json!([{"verbs": ["put"]}]), false)]
    #[case::one_more(json!([{"verbs": ["get"]}]), json!([{"verbs": ["get", "put"]}]), false)]
    #[case::one_less(json!([{"verbs": ["get"]}, {}]), json!([{"verbs": ["get"]}]), false)]
    #[case::another_order(json!(["a", "b"]), json!(["b", "a"]), false)]
    #[case::spelled_otherwise(json!(["1000m"]), json!(["1"]), false)]
    #[case::a_null(json!([{"verbs": null}]), json!([{"verbs": null}]), false)]
    #[case::a_field_that_is_gone(json!([{"verbs": {}}]), json!([{}]), false)]
    #[case::another_plan(json!({"rules": [{"verbs": ["get"]}]}), json!([{"verbs": ["get"]}]), false)]
    fn what_is_as_it_was_written(#[case] planned: Value, #[case] live: Value, #[case] expected: bool) {
        let entries = json!([{"manager": FIELD_MANAGER, "operation": "Update"}]);
        assert_eq!(is_written(planned, live, entries), expected);
    }

    #[rstest]
    #[case::ours(json!([{"manager": FIELD_MANAGER, "operation": "Apply"}]), true)]
    #[case::with_its_status(json!([{"manager": "a", "subresource": "status"}, {"manager": FIELD_MANAGER}]), true)]
    #[case::of_somebody_else(json!([{"manager": "kubectl-edit", "operation": "Update"}]), false)]
    #[case::of_somebody_else_too(json!([{"manager": FIELD_MANAGER}, {"manager": "kubectl-edit"}]), false)]
    #[case::in_our_name(json!([{"manager": FIELD_MANAGER, "operation": "Apply"}, {"manager": FIELD_MANAGER, "operation": "Update"}]), false)]
    #[case::of_nobody(json!([]), false)]
    #[case::unknown(Value::Null, false)]
    fn nobody_else_wrote_it(#[case] entries: Value, #[case] expected: bool) {
        assert_eq!(is_written(json!([]), json!([]), entries), expected);
    }

    fn live(operations: &[&str]) -> Object {
        let entry = |operation: &&str| json!({"manager": FIELD_MANAGER, "operation": operation, "fieldsV1": {"f:data": {".": {}, "f:a": {}}}});
        let theirs = json!({"manager": "kubectl", "operation": "Update"});
        let status = json!({"manager": FIELD_MANAGER, "operation": "Update", "subresource": "status"});
        let entries: Vec<_> = [theirs, status].into_iter().chain(operations.iter().map(entry)).collect();
        let mut object = Object::new("v1", "ConfigMap", Some("a"), "b");
        object.metadata_mut().insert("resourceVersion".into(), json!("7"));
        object.metadata_mut().insert("managedFields".into(), json!(entries));
        object
    }

    #[test]
    fn what_we_made_becomes_ours_by_apply_once() {
        let upgrade = |live: &Object| upgrade(live, |_| false, vec![]);
        let operations = upgrade(&live(&["Update"])).unwrap();
        assert_eq!(operations[1]["path"], "/metadata/managedFields/2/operation");
        assert_eq!(operations[0]["value"], "7");
        assert_eq!(upgrade(&live(&["Apply"])), None);
        assert_eq!(upgrade(&live(&["Update", "Apply"])), None);
        assert_eq!(upgrade(&live(&[])), None);
    }

    #[test]
    fn entries_of_versions_that_go_move_to_the_one_that_is_spoken() {
        let entry = |manager: &str, version: &str| json!({"manager": manager, "operation": "Apply", "apiVersion": format!("a.b/{version}")});
        let scale = json!({"manager": "kubectl", "operation": "Update", "apiVersion": "autoscaling/v1", "subresource": "scale"});
        let entries =
            [entry(FIELD_MANAGER, "v1beta1"), entry("kubectl", "v1"), entry("operator", "v1beta1"), scale];
        let mut object = Object::new("a.b/v1", "Gadget", Some("a"), "b");
        object.metadata_mut().insert("resourceVersion".into(), json!("7"));
        object.metadata_mut().insert("managedFields".into(), json!(entries));
        let moves = |index: usize| json!({"op": "replace", "path": format!("/metadata/managedFields/{index}/apiVersion"), "value": "a.b/v1"});
        let test = json!({"op": "test", "path": "/metadata/resourceVersion", "value": "7"});
        let operations = upgrade(&object, |version| version != "a.b/v1", vec![]);
        assert_eq!(operations, Some(json!([test.clone(), moves(0), moves(2)])));
        assert_eq!(upgrade(&object, |_| false, vec![]), None);
        assert_eq!(upgrade(&object, |_| false, vec![moves(1)]), Some(json!([test, moves(1)])));
    }

    #[test]
    fn a_field_is_ours_where_our_entry_has_it() {
        let owns = |path: &[&str]| owns(&live(&["Update"]), path);
        assert!(owns(&["data"]) && owns(&["data", "a"]));
        assert!(!owns(&["data", "b"]) && !owns(&["spec", "replicas"]));
        assert!(!super::owns(&live(&[]), &["data", "a"]));
    }
}
