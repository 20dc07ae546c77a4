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

use std::collections::{BTreeMap, HashMap, VecDeque};

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
    // Whatever is known of them, their fields are one by one somebody's, and most of them the server's.
    let known = root.below.remove("f:metadata").unwrap_or_default();
    let metadata = |object: &Object| object.get(&["metadata"]).and_then(Value::as_object).cloned();
    let metadata = known.merged_map(&metadata(live)?, metadata(planned).as_ref());
    let mut next = root.merged_map(live.fields(), Some(planned.fields()));
    next.insert("metadata".into(), metadata.into());
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
        let nobodys = Node::default();
        let mut next = Map::new();
        for (name, live) in live {
            let planned = planned.and_then(|planned| planned.get(name));
            let value = self.field(name).unwrap_or(&nobodys).merged(live, planned);
            next.extend(value.map(|value| (name.clone(), value)));
        }
        let added = planned.into_iter().flatten();
        let added = added.filter(|(name, value)| !live.contains_key(*name) && !value.is_null());
        next.extend(added.map(|(name, value)| (name.clone(), value.clone())));
        next
    }

    /// As they are planned, and what others have behind what it stood behind.
    fn merged_list(&self, live: &[Value], planned: &[Value]) -> Vec<Value> {
        let mut places = Places::new(self.keys(), live);
        let steps = self.below.iter().map(|(step, node)| (places.key_of_step(step), (*step, node)));
        let known: HashMap<_, _> = steps.collect();
        let planned = planned.iter().filter_map(|planned| {
            let Some((at, live)) = places.take(planned) else { return Some((None, planned.clone())) };
            let node = known.get(&places.key(live)).map(|(_, node)| *node);
            let value = node.map_or(Some(planned.clone()), |node| node.merged(live, Some(planned)))?;
            Some((Some(at), value))
        });
        let planned: Vec<_> = planned.collect();
        let (mut behind, mut last) = (BTreeMap::<_, Vec<_>>::new(), None);
        for (at, live) in live.iter().enumerate() {
            if places.is_taken(at) {
                last = Some(at);
                continue;
            }
            let left = known
                .get(&places.key(live))
                .map_or_else(|| Some(live.clone()), |(step, node)| node.left_of(live, step));
            behind.entry(last).or_default().extend(left);
        }
        let mut next = behind.remove(&None).unwrap_or_default();
        for (at, value) in planned {
            next.push(value);
            next.extend(at.and_then(|at| behind.remove(&Some(at))).into_iter().flatten());
        }
        // Behind what was planned as nothing.
        next.extend(behind.into_values().flatten());
        next
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

    /// The names of the keys by which elements are told apart; `None` in a set.
    fn keys(&self) -> Option<Vec<String>> {
        let step = self.below.keys().find(|step| step.starts_with("k:"))?;
        Some(keys_of(step).into_iter().map(|(name, _)| name).collect())
    }
}

/// Where the elements of a list are, by the keys by which they are told apart.
struct Places<'v> {
    /// `None` in a set.
    names: Option<Vec<String>>,
    live: &'v [Value],
    taken: Vec<bool>,
    /// By some of the keys: those that a planned element says.
    by: HashMap<Vec<bool>, HashMap<String, VecDeque<usize>>>,
}

impl<'v> Places<'v> {
    fn new(names: Option<Vec<String>>, live: &'v [Value]) -> Self {
        Self { names, live, taken: vec![false; live.len()], by: HashMap::new() }
    }

    fn is_taken(&self, at: usize) -> bool {
        self.taken.get(at) == Some(&true)
    }

    /// Takes the live element that a planned one is, if there is one that is not taken. A key that it does not say is the server's to
    /// fill in.
    fn take(&mut self, planned: &Value) -> Option<(usize, &'v Value)> {
        let says: Vec<bool> = self.names.iter().flatten().map(|name| planned.get(name).is_some()).collect();
        let every = vec![true; says.len()];
        let at = self.take_by(&every, planned).or_else(|| self.take_by(&says, planned))?;
        Some((at, self.live.get(at)?))
    }

    fn take_by(&mut self, which: &[bool], planned: &Value) -> Option<usize> {
        let Self { names, live, taken, by } = self;
        let key = |element: &Value| key(names.as_deref(), which, element);
        let index = by.entry(which.to_vec()).or_insert_with(|| {
            let mut index = HashMap::<_, VecDeque<_>>::new();
            for (at, element) in live.iter().enumerate() {
                index.entry(key(element)).or_default().push_back(at);
            }
            index
        });
        let places = index.get_mut(&key(planned))?;
        while let Some(at) = places.pop_front() {
            if let Some(taken) = taken.get_mut(at).filter(|taken| !**taken) {
                *taken = true;
                return Some(at);
            }
        }
        None
    }

    /// What tells an element apart.
    fn key(&self, element: &Value) -> String {
        let names = self.names.as_deref();
        key(names, &vec![true; names.map_or(0, <[_]>::len)], element)
    }

    /// What tells the element of a step apart.
    fn key_of_step(&self, step: &str) -> String {
        match step.split_once(':') {
            Some(("k", _)) => self.key(&keys_of(step).into()),
            Some(("v", value)) => value.parse::<Value>().map(|value| self.key(&value)).unwrap_or_default(),
            _ => String::new(),
        }
    }
}

/// Some of the keys of an element, or all of one of a set.
fn key(names: Option<&[String]>, which: &[bool], element: &Value) -> String {
    let Some(names) = names else { return element.to_string() };
    let keys = names.iter().zip(which).filter(|(_, which)| **which).map(|(name, _)| element.get(name));
    serde_json::to_string(&keys.collect::<Vec<_>>()).unwrap_or_default()
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

    /// What nobody should have to wait for.
    #[test]
    fn long_lists_are_no_work() {
        const ELEMENTS: usize = 20_000;
        let element = |number: usize, value: &str| json!({"name": format!("N{number}"), "value": value});
        let list = |value: &str| (0..ELEMENTS).map(|number| element(number, value)).collect::<Vec<_>>();
        let steps = |parity: usize| {
            let numbers = (0..ELEMENTS).filter(move |number| number % 2 == parity);
            numbers
                .map(|number| (format!(r#"k:{{"name":"N{number}"}}"#), json!({".": {}})))
                .collect::<Map<_, _>>()
        };
        let (ours, theirs) = (json!({"f:env": steps(0)}), json!({"f:env": steps(1)}));
        let planned: Vec<_> = list("new").into_iter().step_by(4).rev().collect();
        let got = applied(json!({"env": list("old")}), &ours, &theirs, json!({"env": planned}));
        let got = got["env"].as_array().unwrap();
        assert_eq!(got.len(), ELEMENTS * 3 / 4);
        // Ours in the order in which they are planned, theirs where they stood.
        assert_eq!(got[..3], [element(19_996, "new"), element(19_997, "old"), element(19_999, "old")]);
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
