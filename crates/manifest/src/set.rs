//! A set of objects in the order in which they are applied.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{Object, ObjectKey, Phase};

/// Objects in their order: by [`Phase`], then group, version, kind, namespace and name. No two have the same
/// [`ObjectKey`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ManifestSet {
    objects: Vec<Object>,
}

/// Several objects of one identity that became one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collapsed {
    /// The identity that they share.
    pub key: ObjectKey,
    /// How many there were.
    pub count: usize,
    /// Whether they had the same content; if not, the last one was kept.
    pub identical: bool,
}

impl ManifestSet {
    /// Orders objects. Of several with one identity the last is kept, and the second result says so.
    #[must_use]
    pub fn new(objects: impl IntoIterator<Item = Object>) -> (Self, Vec<Collapsed>) {
        let mut by_key: BTreeMap<ObjectKey, Object> = BTreeMap::new();
        let mut collapsed: BTreeMap<ObjectKey, Collapsed> = BTreeMap::new();
        for object in objects {
            let key = object.key();
            if let Some(earlier) = by_key.get(&key) {
                let identical = *earlier == object;
                let entry = collapsed.entry(key.clone()).or_insert(Collapsed {
                    key: key.clone(),
                    count: 1,
                    identical: true,
                });
                entry.count += 1;
                entry.identical &= identical;
            }
            by_key.insert(key, object);
        }
        let defined: BTreeSet<_> = by_key.values().filter_map(defines).collect();
        let mut objects: Vec<_> =
            by_key.into_values().map(|object| (Phase::of(&object, &defined), object)).collect();
        // The map was in the order of the keys, and the sort is stable.
        objects.sort_by_key(|(phase, _)| *phase);
        let objects = objects.into_iter().map(|(_, object)| object).collect();
        (Self { objects }, collapsed.into_values().collect())
    }

    /// The objects, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Object> {
        self.objects.iter()
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The objects with the phase of each, in order.
    pub fn phases(&self) -> impl Iterator<Item = (Phase, &Object)> {
        let defined: BTreeSet<_> = self.objects.iter().filter_map(defines).collect();
        self.objects.iter().map(move |object| (Phase::of(object, &defined), object))
    }
}

impl<'a> IntoIterator for &'a ManifestSet {
    type Item = &'a Object;
    type IntoIter = std::slice::Iter<'a, Object>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Group and kind of what a custom resource definition defines.
fn defines(object: &Object) -> Option<(String, String)> {
    if object.kind() != "CustomResourceDefinition" || object.group() != "apiextensions.k8s.io" {
        return None;
    }
    let group = object.get(&["spec", "group"]).and_then(Value::as_str)?;
    let kind = object.get(&["spec", "names", "kind"]).and_then(Value::as_str)?;
    Some((group.into(), kind.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Object {
        Object::new(api_version, kind, namespace, name)
    }

    fn names(set: &ManifestSet) -> Vec<String> {
        set.iter().map(|object| object.key().to_string()).collect()
    }

    #[test]
    fn objects_are_ordered_by_phase_then_identity() {
        let definition =
            object("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "gadgets.example.org")
                .with("spec", json!({"group": "example.org", "names": {"kind": "Gadget"}}));
        let (set, collapsed) = ManifestSet::new([
            object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", None, "w"),
            object("example.org/v1", "Gadget", Some("a"), "g"),
            object("example.org/v1", "Other", Some("a"), "o"),
            object("apps/v1", "Deployment", Some("b"), "d"),
            object("apps/v1", "Deployment", Some("a"), "e"),
            definition,
            object("v1", "ServiceAccount", Some("a"), "s"),
            object("v1", "Namespace", None, "a"),
        ]);
        assert_eq!(
            names(&set),
            [
                "Namespace a",
                "ServiceAccount a/s",
                "CustomResourceDefinition.apiextensions.k8s.io gadgets.example.org",
                "Deployment.apps a/e",
                "Deployment.apps b/d",
                "Other.example.org a/o",
                "Gadget.example.org a/g",
                "ValidatingWebhookConfiguration.admissionregistration.k8s.io w",
            ]
        );
        assert_eq!(collapsed, []);
        assert_eq!(set.phases().last().map(|(phase, _)| phase), Some(Phase::Admission));
    }

    #[test]
    fn of_several_objects_of_one_identity_the_last_is_kept() {
        let one = object("v1", "ConfigMap", Some("a"), "c").with("data", json!({"k": "1"}));
        let two = object("v1", "ConfigMap", Some("a"), "c").with("data", json!({"k": "2"}));
        let (set, collapsed) = ManifestSet::new([one.clone(), one.clone(), two.clone()]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [&two]);
        assert_eq!(collapsed, [Collapsed { key: one.key(), count: 3, identical: false }]);
        let (_, collapsed) = ManifestSet::new([one.clone(), one.clone()]);
        assert_eq!(collapsed, [Collapsed { key: one.key(), count: 2, identical: true }]);
    }

    #[test]
    fn versions_of_one_kind_are_different_objects() {
        let objects =
            ["policy/v1", "policy/v1beta1"].map(|version| object(version, "PodDisruptionBudget", None, "p"));
        let (set, collapsed) = ManifestSet::new(objects);
        assert_eq!((set.len(), collapsed.len()), (2, 0));
    }
}
