//! What an apply makes of an object that we made by `POST`, once our entry is one of `Apply`.
//!
//! A dry run cannot be asked for that: it goes by the entries that there are, and takes nothing away. What is left of the version
//! before may be refused beside the new one: two ports of one name, two handlers of a probe, the parameters of another strategy. So
//! the object is made up here, by the rules of server-side apply (structured-merge-diff, `merge/update.go`): what we had and do not
//! plan any more goes, unless somebody else has it, too; what is planned is there; what is not ours stays. What the server fills in by
//! itself was ours, too, and it fills that in again.
//!
//! Which lists are merged, and by which keys, the entries tell (`fieldpath/serialize-pe.go`: `f:` a field, `k:` the element of a list
//! with these keys, `v:` the element of a set, `.` the thing itself).

use std::collections::BTreeMap;

use rukpak_manifest::Object;
use serde_json::{Map, Value, json};

use super::{is_ours, update_entry};
use crate::owner::PLANNED;

/// A field, or an element of a list, and who has it.
#[derive(Debug, Default)]
struct Node<'a> {
    is_ours: bool,
    is_of_others: bool,
    below: BTreeMap<&'a str, Node<'a>>,
}

/// The operations of a JSON Patch that make a live object what the apply of a planned one would make of it; `None` where a dry run of
/// the apply says that itself.
pub(crate) fn operations(live: &Object, planned: &Object) -> Option<Value> {
    update_entry(live)?;
    if live.annotation(PLANNED) == planned.annotation(PLANNED) {
        return None;
    }
    let mut root = Node::default();
    let entries = live.get(&["metadata", "managedFields"]).and_then(Value::as_array).into_iter().flatten();
    for entry in entries.filter(|entry| entry.get("subresource").is_none()) {
        if let Some(Value::Object(fields)) = entry.get("fieldsV1") {
            root.add(fields, is_ours(entry, "Update"));
        }
    }
    let mut next = root.merged_map(live.fields(), Some(planned.fields()));
    // Whatever is known of it, it is a server's more than anybody's.
    let metadata = |object: &Object| object.get(&["metadata"]).and_then(Value::as_object).cloned();
    let (of_live, of_planned) = (metadata(live)?, metadata(planned)?);
    let known = root.below.remove("f:metadata").unwrap_or_default();
    next.insert("metadata".into(), known.merged_map(&of_live, Some(&of_planned)).into());
    let mut operations = Vec::new();
    compare("", live.fields(), &next, &mut operations);
    Some(operations.into())
}

/// What turns one map into another: whole fields, but those of the metadata one by one, since a server has most of them.
fn compare(path: &str, live: &Map<String, Value>, next: &Map<String, Value>, operations: &mut Vec<Value>) {
    // The fields of an object and of its metadata have nothing to escape.
    for (field, from) in live {
        let at = format!("{path}/{field}");
        match (from, next.get(field)) {
            (from, Some(to)) if from == to => {}
            (Value::Object(from), Some(Value::Object(to))) if at == "/metadata" => {
                compare(&at, from, to, operations);
            }
            (_, Some(to)) => operations.push(json!({"op": "replace", "path": at, "value": to})),
            (_, None) => operations.push(json!({"op": "remove", "path": at})),
        }
    }
    for (field, to) in next.iter().filter(|(field, _)| !live.contains_key(*field)) {
        let at = format!("{path}/{field}");
        operations.push(json!({"op": "add", "path": at, "value": to}));
    }
}

impl<'a> Node<'a> {
    fn add(&mut self, fields: &'a Map<String, Value>, is_ours: bool) {
        for (step, below) in fields {
            let Value::Object(below) = below else { continue };
            let node = self.below.entry(step).or_default();
            if below.is_empty() || below.contains_key(".") {
                node.is_ours |= is_ours;
                node.is_of_others |= !is_ours;
            }
            if step != "." {
                node.add(below, is_ours);
            }
        }
    }

    /// Whether anybody else has any of it.
    fn is_shared(&self) -> bool {
        self.is_of_others || self.below.values().any(Node::is_shared)
    }

    fn is_nobodys(&self) -> bool {
        !self.is_ours && !self.is_of_others && self.below.is_empty()
    }

    fn field(&self, name: &str) -> Option<&Self> {
        self.below.get(format!("f:{name}").as_str())
    }

    /// What becomes of a value.
    fn merged(&self, live: &Value, planned: Option<&Value>) -> Option<Value> {
        match (live, planned) {
            // To apply a null is to take away, or to say nothing.
            (live, Some(Value::Null)) => self.is_nobodys().then(|| live.clone()),
            (Value::Object(live), Some(Value::Object(planned))) if self.has("f:") => {
                Some(self.merged_map(live, Some(planned)).into())
            }
            (Value::Object(live), None) if self.has("f:") => {
                let left = self.merged_map(live, None);
                (!left.is_empty() || self.is_of_others).then(|| left.into())
            }
            (Value::Array(live), Some(Value::Array(planned))) if self.has("k:") || self.has("v:") => {
                Some(self.merged_list(live, planned).into())
            }
            (Value::Array(live), None) if self.has("k:") || self.has("v:") => {
                let left = self.merged_list(live, &[]);
                (!left.is_empty() || self.is_of_others).then(|| left.into())
            }
            (_, Some(planned)) => Some(planned.clone()),
            (live, None) => (!self.is_ours || self.is_of_others).then(|| live.clone()),
        }
    }

    fn has(&self, kind: &str) -> bool {
        self.below.keys().any(|step| step.starts_with(kind))
    }

    fn merged_map(
        &self,
        live: &Map<String, Value>,
        planned: Option<&Map<String, Value>>,
    ) -> Map<String, Value> {
        let planned_of = |name: &str| planned.and_then(|planned| planned.get(name));
        let mut next = Map::new();
        for (name, live) in live {
            let value = match self.field(name) {
                Some(node) => node.merged(live, planned_of(name)),
                None => Node::default().merged(live, planned_of(name)),
            };
            next.extend(value.map(|value| (name.clone(), value)));
        }
        let added = planned.into_iter().flatten();
        let added = added.filter(|(name, value)| !live.contains_key(*name) && !value.is_null());
        next.extend(added.map(|(name, value)| (name.clone(), value.clone())));
        next
    }

    /// As they are planned, and what others have where it stood.
    fn merged_list(&self, live: &[Value], planned: &[Value]) -> Vec<Value> {
        let known: Vec<_> = live.iter().map(|element| self.element(element)).collect();
        let mut found = vec![None; live.len()];
        let mut next: Vec<(Option<usize>, Value)> = Vec::new();
        for planned in planned {
            let at = self.place_of(planned, live, &found);
            let value = match at.and_then(|at| Some((at, live.get(at)?))) {
                Some((at, live)) => {
                    if let Some(found) = found.get_mut(at) {
                        *found = Some(());
                    }
                    let node = known.get(at).and_then(|known| known.map(|(_, node)| node));
                    node.map_or(Some(planned.clone()), |node| node.merged(live, Some(planned)))
                }
                None => Some(planned.clone()),
            };
            next.extend(value.map(|value| (at, value)));
        }
        for (at, (live, known)) in live.iter().zip(known).enumerate() {
            if found.get(at).is_some_and(Option::is_some) {
                continue;
            }
            let left = known.map_or_else(|| Some(live.clone()), |(step, node)| node.left_of(live, step));
            let Some(value) = left else { continue };
            let before = next.iter().rposition(|(place, _)| place.is_some_and(|place| place < at));
            next.insert(before.map_or(0, |before| before + 1), (Some(at), value));
        }
        next.into_iter().map(|(_, value)| value).collect()
    }

    /// What is known of an element: its step, and who has it.
    fn element(&self, element: &Value) -> Option<(&str, &Self)> {
        self.below.iter().find(|(step, _)| is_at(element, step)).map(|(step, node)| (*step, node))
    }

    /// What is left of an element that is not planned.
    fn left_of(&self, live: &Value, step: &str) -> Option<Value> {
        if !self.is_shared() {
            return None;
        }
        let mut left = self.merged(live, None)?;
        // It is told apart by its keys, whoever has them.
        if let Value::Object(left) = &mut left {
            left.extend(keys_of(step));
        }
        Some(left)
    }

    /// Where a planned element is among the live ones that are not found yet. A key that it does not say is the server's to fill in.
    fn place_of(&self, planned: &Value, live: &[Value], found: &[Option<()>]) -> Option<usize> {
        let names = self.keys();
        let is = |live: &Value, is_exact: bool| match &names {
            None => live == planned,
            Some(names) => names.iter().all(|name| match planned.get(name) {
                Some(key) => live.get(name) == Some(key),
                None => !is_exact,
            }),
        };
        let open = |is_exact| {
            let mut places = live.iter().zip(found).enumerate();
            places.find(|(_, (live, found))| found.is_none() && is(live, is_exact)).map(|(at, _)| at)
        };
        open(true).or_else(|| open(false))
    }

    /// The names of the keys by which elements are told apart; `None` in a set.
    fn keys(&self) -> Option<Vec<String>> {
        let step = self.below.keys().find(|step| step.starts_with("k:"))?;
        Some(keys_of(step).into_iter().map(|(name, _)| name).collect())
    }
}

/// Whether an element is the one of a step.
fn is_at(element: &Value, step: &str) -> bool {
    match step.split_once(':') {
        Some(("k", _)) => keys_of(step).iter().all(|(key, value)| element.get(key) == Some(value)),
        Some(("v", value)) => serde_json::from_str::<Value>(value).is_ok_and(|value| value == *element),
        _ => false,
    }
}

/// The keys of the element of a list, and their values.
fn keys_of(step: &str) -> Map<String, Value> {
    step.strip_prefix("k:").and_then(|keys| serde_json::from_str(keys).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::FIELD_MANAGER;
    use rstest::rstest;

    /// An object of a plan.
    fn object(spec: Value, plan: &str) -> Object {
        let mut object = Object::new("v1", "Pod", Some("a"), "b").with("spec", spec);
        object.set_annotation(PLANNED, plan);
        object
    }

    fn live(spec: Value, ours: &Value, theirs: &Value) -> Object {
        let mut live = object(spec, "1");
        let entry = |manager: &str, fields: &Value| json!({"manager": manager, "operation": "Update", "fieldsV1": {"f:spec": fields}});
        let status = json!({"manager": FIELD_MANAGER, "operation": "Update", "subresource": "status", "fieldsV1": {"f:spec": {"f:theirs": {}}}});
        let entries = json!([entry("somebody", theirs), status, entry(FIELD_MANAGER, ours)]);
        live.metadata_mut().insert("managedFields".into(), entries);
        live.metadata_mut().insert("resourceVersion".into(), json!("7"));
        live
    }

    /// The spec that an apply makes.
    fn applied(spec: Value, ours: &Value, theirs: &Value, planned: Value) -> Value {
        let operations = operations(&live(spec.clone(), ours, theirs), &object(planned, "2")).unwrap();
        let of = |path: &str| operations.as_array().unwrap().iter().find(|one| one["path"] == path);
        assert_eq!(of("/metadata/annotations").unwrap()["value"][PLANNED], "2");
        match of("/spec") {
            Some(change) => change["value"].clone(),
            None => spec,
        }
    }

    #[test]
    fn ours_goes_where_it_is_not_planned_any_more() {
        let spec = json!({
            "ours": 1, "theirs": 2, "nobodys": {"a": 1}, "filled": 3, "shared": 4,
            "map": {"a": 1, "b": 2},
            "containers": [
                {"name": "theirs", "image": "x"},
                {"name": "one", "env": [{"name": "KEPT"}, {"name": "GONE"}, {"name": "THEIRS"}], "image": "x", "stdin": true},
                {"name": "gone"},
                {"name": "shared", "image": "x", "tty": true},
            ],
            "args": ["kept", "gone", "theirs"],
        });
        let ours = json!({
            "f:ours": {}, "f:filled": {}, "f:shared": {}, "f:map": {".": {}, "f:a": {}, "f:b": {}},
            "f:containers": {
                ".": {},
                "k:{\"name\":\"one\"}": {
                    ".": {}, "f:name": {}, "f:image": {},
                    "f:env": {".": {}, "k:{\"name\":\"GONE\"}": {".": {}, "f:name": {}}, "k:{\"name\":\"KEPT\"}": {".": {}, "f:name": {}}},
                },
                "k:{\"name\":\"gone\"}": {".": {}, "f:name": {}},
                "k:{\"name\":\"shared\"}": {".": {}, "f:name": {}, "f:image": {}},
            },
            "f:args": {"v:\"kept\"": {}, "v:\"gone\"": {}},
        });
        let theirs = json!({
            "f:theirs": {}, "f:shared": {},
            "f:containers": {
                "k:{\"name\":\"theirs\"}": {".": {}, "f:name": {}, "f:image": {}},
                "k:{\"name\":\"one\"}": {"f:stdin": {}, "f:env": {"k:{\"name\":\"THEIRS\"}": {".": {}, "f:name": {}}}},
                "k:{\"name\":\"shared\"}": {"f:tty": {}},
            },
            "f:args": {"v:\"theirs\"": {}},
        });
        let planned = json!({
            "containers": [{"name": "new"}, {"name": "one", "env": [{"name": "KEPT"}], "image": "y"}],
            "args": ["new", "kept"],
        });
        assert_eq!(
            applied(spec, &ours, &theirs, planned),
            json!({
                "theirs": 2, "nobodys": {"a": 1}, "shared": 4,
                "containers": [
                    {"name": "theirs", "image": "x"},
                    {"name": "new"},
                    {"name": "one", "env": [{"name": "KEPT"}, {"name": "THEIRS"}], "image": "y", "stdin": true},
                    {"name": "shared", "tty": true},
                ],
                "args": ["new", "kept", "theirs"],
            })
        );
    }

    #[rstest]
    #[case::the_protocol_is_filled_in(
        json!([{"containerPort": 80, "protocol": "TCP", "name": "a"}]),
        json!([{"containerPort": 80, "name": "b"}]),
        json!([{"containerPort": 80, "protocol": "TCP", "name": "b"}])
    )]
    #[case::another_number_of_the_same_name(
        json!([{"containerPort": 80, "protocol": "TCP", "name": "a"}]),
        json!([{"containerPort": 81, "name": "a"}]),
        json!([{"containerPort": 81, "name": "a"}])
    )]
    #[case::none(json!([{"containerPort": 80, "protocol": "TCP", "name": "a"}]), json!(null), json!(null))]
    fn elements_are_told_apart_by_their_keys(
        #[case] live: Value,
        #[case] planned: Value,
        #[case] expected: Value,
    ) {
        let step = r#"k:{"containerPort":80,"protocol":"TCP"}"#;
        let ours = json!({"f:ports": {".": {}, step: {".": {}, "f:containerPort": {}, "f:name": {}}}});
        // The protocol is somebody else's to say: nothing of ours goes with it.
        let got = applied(json!({"ports": live}), &ours, &json!({}), json!({"ports": planned}));
        assert_eq!(got.get("ports").unwrap_or(&Value::Null), &expected);
    }

    #[test]
    fn a_list_or_map_that_is_one_thing_is_replaced() {
        let ours = json!({"f:rules": {}, "f:selector": {}});
        let spec = json!({"rules": [1, 2, 3], "selector": {"a": "1"}});
        let planned = json!({"rules": [3], "selector": {"b": "2"}});
        assert_eq!(applied(spec, &ours, &json!({}), planned.clone()), planned);
    }

    #[test]
    fn a_dry_run_of_the_apply_says_the_same_where_nothing_goes() {
        let mut made = live(json!({}), &json!({}), &json!({}));
        assert_eq!(operations(&made, &object(json!({"a": 1}), "1")), None);
        assert!(operations(&made, &object(json!({"a": 1}), "2")).is_some());
        let applied = json!([{"manager": FIELD_MANAGER, "operation": "Apply"}]);
        made.metadata_mut().insert("managedFields".into(), applied);
        assert_eq!(operations(&made, &object(json!({"a": 1}), "2")), None);
    }

    #[test]
    fn nothing_of_the_server_is_touched() {
        let live = live(json!({"a": 1}), &json!({"f:a": {}}), &json!({})).with("status", json!({"b": 2}));
        let mut planned = object(json!({"b": 2}), "2");
        planned.metadata_mut().insert("creationTimestamp".into(), Value::Null);
        planned.metadata_mut().insert("labels".into(), json!({"c": "3"}));
        let operations = operations(&live, &planned).unwrap();
        let paths: Vec<_> = operations.as_array().unwrap().iter().map(|one| &one["path"]).collect();
        assert_eq!(paths, ["/metadata/annotations", "/metadata/labels", "/spec"]);
    }
}
