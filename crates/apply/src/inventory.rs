//! What an owner owns.
//!
//! An inventory is written before what it names (old and new together), and loses an entry only when the object is gone, so
//! that whenever it is interrupted, everything that was written is in it.

use std::collections::{BTreeMap, BTreeSet};

use rukpak_manifest::Object;
use serde::{Deserialize, Serialize};

use crate::ObjectId;
use crate::probe::GroupKind;

/// Objects, each with the version that it was written in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory(BTreeMap<ObjectId, String>);

/// One object of an inventory, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The object.
    pub id: ObjectId,
    /// The version of its API group.
    #[serde(rename = "v")]
    pub version: String,
}

impl Inventory {
    /// Of objects.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Self {
        Self(objects.into_iter().map(|object| (ObjectId::of(object), object.version().to_owned())).collect())
    }

    /// Of stored entries. Of several for one object the last counts.
    pub fn from_entries(entries: impl IntoIterator<Item = Entry>) -> Self {
        Self(entries.into_iter().map(|Entry { id, version }| (id, version)).collect())
    }

    /// To be stored, in order.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.0.iter().map(|(id, version)| Entry { id: id.clone(), version: version.clone() }).collect()
    }

    /// All of both; where both have an object, in the version of the other.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.iter().chain(&other.0).map(|(id, version)| (id.clone(), version.clone())).collect())
    }

    /// What the other does not have.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let left = self.0.iter().filter(|(id, _)| !other.0.contains_key(id));
        Self(left.map(|(id, version)| (id.clone(), version.clone())).collect())
    }

    /// Takes an object out: it is gone.
    pub fn remove(&mut self, id: &ObjectId) {
        self.0.remove(id);
    }

    /// Takes out all objects but these.
    pub fn retain(&mut self, mut stays: impl FnMut(&ObjectId) -> bool) {
        self.0.retain(|id, _| stays(id));
    }

    /// Whether an object is in it.
    #[must_use]
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.0.contains_key(id)
    }

    /// The objects, each with its version, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectId, &str)> {
        self.0.iter().map(|(id, version)| (id, version.as_str()))
    }

    /// The kinds of the objects.
    #[must_use]
    pub fn kinds(&self) -> BTreeSet<GroupKind> {
        let kind = |id: &ObjectId| GroupKind { group: id.group.clone(), kind: id.kind.clone() };
        self.0.keys().map(kind).collect()
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(names: &[(&str, &str)]) -> Inventory {
        let object = |(name, version): &(&str, &str)| {
            Object::new(&format!("example.com/{version}"), "Gadget", Some("a"), name)
        };
        Inventory::of(&names.iter().map(object).collect::<Vec<_>>())
    }

    #[test]
    fn arithmetic() {
        let old = inventory(&[("kept", "v1"), ("dropped", "v1")]);
        let new = inventory(&[("kept", "v2"), ("added", "v2")]);
        assert_eq!(old.union(&new), inventory(&[("added", "v2"), ("dropped", "v1"), ("kept", "v2")]));
        assert_eq!(old.without(&new), inventory(&[("dropped", "v1")]));
        let mut left = old.union(&new);
        left.remove(&"a_dropped_example.com_Gadget".parse().unwrap());
        assert_eq!(left, new);
    }

    #[test]
    fn it_is_stored_as_flux_does() {
        let inventory = inventory(&[("one", "v1")]);
        let stored = serde_json::to_string(&inventory.entries()).unwrap();
        assert_eq!(stored, r#"[{"id":"a_one_example.com_Gadget","v":"v1"}]"#);
        let read: Vec<Entry> = serde_json::from_str(&stored).unwrap();
        assert_eq!(Inventory::from_entries(read), inventory);
    }
}
