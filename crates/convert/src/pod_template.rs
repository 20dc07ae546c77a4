//! The pod template of a Deployment's spec, to change in place.
//!
//! What is missing is created where it is asked for. A null counts as missing; anything else of a wrong type was
//! refused when the bundle was read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// `spec.template` of a Deployment.
pub(crate) struct PodTemplate<'a>(&'a mut Map<String, Value>);

impl<'a> PodTemplate<'a> {
    /// The template within a `DeploymentSpec`.
    pub(crate) fn of(deployment_spec: &'a mut Map<String, Value>) -> Self {
        Self(mapping(deployment_spec, "template"))
    }

    /// `metadata.annotations`.
    pub(crate) fn annotations(&mut self) -> &mut Map<String, Value> {
        mapping(mapping(self.0, "metadata"), "annotations")
    }

    /// `spec`.
    pub(crate) fn spec(&mut self) -> &mut Map<String, Value> {
        mapping(self.0, "spec")
    }

    /// `spec.volumes`.
    pub(crate) fn volumes(&mut self) -> &mut Vec<Value> {
        list(self.spec(), "volumes")
    }

    /// The mappings in `spec.containers`. Init containers are not among them: nothing that a conversion adds is for
    /// them.
    pub(crate) fn containers(&mut self) -> impl Iterator<Item = &mut Map<String, Value>> {
        let containers = self.spec().get_mut("containers").and_then(Value::as_array_mut);
        containers.into_iter().flatten().filter_map(Value::as_object_mut)
    }
}

/// The mapping under a key, created where there is none.
pub(crate) fn mapping<'a>(parent: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = parent.entry(key).or_insert(Value::Null);
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("made a mapping two lines above"),
    }
}

/// The list under a key, created where there is none.
pub(crate) fn list<'a>(parent: &'a mut Map<String, Value>, key: &str) -> &'a mut Vec<Value> {
    let value = parent.entry(key).or_insert(Value::Null);
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    match value {
        Value::Array(items) => items,
        _ => unreachable!("made a list two lines above"),
    }
}

/// Puts items into a list of things with names: each in the place of the last one that has its name, else at the end.
///
/// Only what was there before counts as a place, so that two items of one name, such as two mounts of a volume, both
/// arrive.
pub(crate) fn put_named(items: &mut Vec<Value>, new: &[Value]) {
    let mut places: BTreeMap<&str, Option<usize>> =
        new.iter().filter_map(name).map(|name| (name, None)).collect();
    for (index, item) in items.iter().enumerate() {
        if let Some(place) = name(item).and_then(|name| places.get_mut(name)) {
            *place = Some(index);
        }
    }
    for item in new {
        let place = name(item).and_then(|name| places.get(name).copied().flatten());
        match place.and_then(|index| items.get_mut(index)) {
            Some(place) => *place = item.clone(),
            None => items.push(item.clone()),
        }
    }
}

fn name(item: &Value) -> Option<&str> {
    item.get("name").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[test]
    fn missing_and_null_parts_are_created() {
        let Value::Object(mut spec) = json!({"template": {"metadata": null}}) else { unreachable!() };
        let mut template = PodTemplate::of(&mut spec);
        template.annotations().insert("a".into(), "b".into());
        template.volumes().push(json!({"name": "v"}));
        assert_eq!(template.containers().count(), 0);
        assert_eq!(
            Value::Object(spec),
            json!({"template": {"metadata": {"annotations": {"a": "b"}}, "spec": {"volumes": [{"name": "v"}]}}})
        );
    }

    #[test]
    fn init_containers_are_left_alone() {
        let Value::Object(mut spec) =
            json!({"template": {"spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "b"}]}}})
        else {
            unreachable!()
        };
        let mut template = PodTemplate::of(&mut spec);
        let names: Vec<_> = template.containers().map(|container| container.get("name").cloned()).collect();
        assert_eq!(names, [Some(json!("a"))]);
    }

    #[rstest]
    #[case::added(json!([]), json!([{"name": "a", "v": 1}]), json!([{"name": "a", "v": 1}]))]
    #[case::replaced(json!([{"name": "a"}, {"name": "b"}]), json!([{"name": "a", "v": 1}]), json!([{"name": "a", "v": 1}, {"name": "b"}]))]
    #[case::the_last_of_two(json!([{"name": "a"}, {"name": "a"}]), json!([{"name": "a", "v": 1}]), json!([{"name": "a"}, {"name": "a", "v": 1}]))]
    #[case::two_added(json!([]), json!([{"name": "a", "v": 1}, {"name": "a", "v": 2}]), json!([{"name": "a", "v": 1}, {"name": "a", "v": 2}]))]
    #[case::two_for_one(json!([{"name": "a"}]), json!([{"name": "a", "v": 1}, {"name": "a", "v": 2}]), json!([{"name": "a", "v": 2}]))]
    #[case::without_a_name(json!([{"v": 0}]), json!([{"v": 1}]), json!([{"v": 0}, {"v": 1}]))]
    fn named_items(#[case] before: Value, #[case] new: Value, #[case] after: Value) {
        let (Value::Array(mut items), Value::Array(new)) = (before, new) else { unreachable!() };
        put_named(&mut items, &new);
        assert_eq!(Value::Array(items), after);
    }

    /// Each with each would be billions of comparisons.
    #[test]
    fn many_named_items_are_put_among_many() {
        let item = |name: i32, value: u8| json!({"name": name.to_string(), "v": value});
        let items = |value| (0..50_000).map(|name| item(name, value)).collect::<Vec<_>>();
        let mut all = items(0);
        put_named(&mut all, &items(1));
        assert_eq!(all, items(1));
    }
}
