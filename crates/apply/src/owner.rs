//! Who owns objects, and how that shows on them.
//!
//! Ownership is labels and annotations, as with Flux, and no owner references: those would let the garbage collector of the
//! cluster take what has to stay when the owner is deleted in the foreground, is restored with a new UID, or gives its
//! definitions back.

use rukpak_manifest::Object;
use serde_json::{Map, Value};

use crate::ObjectId;

/// Label: the kind of the owner.
pub const OWNER_KIND: &str = "core.rukpak.io/owner-kind";
/// Label: the name of the owner.
pub const OWNER_NAME: &str = "core.rukpak.io/owner-name";
/// Annotation: the UID of the owner.
pub const OWNER_UID: &str = "core.rukpak.io/owner-uid";
/// Annotation: the object that this is a mark of. A copy of an object, made by whom it may, is a different one and not ours.
pub const OWNED_ID: &str = "core.rukpak.io/owned-id";

/// Annotation: the digest of the object as it was planned. It tells, with no second copy of the object, whether a plan asks for
/// what was written last.
pub const PLANNED: &str = "core.rukpak.io/planned-digest";

/// Who makes the requests of server-side apply, for both provisioners and the command line.
pub const FIELD_MANAGER: &str = "rukpak";

/// The owner of a set of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// What it is: `BundleDeployment`, or `Inventory` for the command line.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
}

impl Owner {
    /// Puts the marks of this owner on an object.
    pub fn mark(&self, object: &mut Object) {
        let id = ObjectId::of(object).to_string();
        let metadata = object.metadata_mut();
        set(metadata, "labels", &[(OWNER_KIND, &self.kind), (OWNER_NAME, &self.name)]);
        set(metadata, "annotations", &[(OWNER_UID, &self.uid), (OWNED_ID, &id)]);
    }

    /// What selects the objects of this owner in a list or watch.
    #[must_use]
    pub fn selector(&self) -> String {
        format!("{OWNER_KIND}={},{OWNER_NAME}={}", self.kind, self.name)
    }
}

fn set(metadata: &mut Map<String, Value>, field: &str, pairs: &[(&str, &str)]) {
    let map = metadata.entry(field).or_insert(Value::Null);
    if !map.is_object() {
        *map = Value::Object(Map::new());
    }
    if let Value::Object(map) = map {
        map.extend(pairs.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn marks_stand_beside_what_is_there() {
        let owner = Owner { kind: "Inventory".into(), name: "web".into(), uid: "1-2".into() };
        let mut object = Object::new("v1", "ConfigMap", Some("a"), "b");
        object.metadata_mut().insert("labels".into(), json!({"app": "x"}));
        object.metadata_mut().insert("annotations".into(), json!(null));
        owner.mark(&mut object);
        assert_eq!(
            object.get(&["metadata"]),
            Some(&json!({
                "name": "b",
                "namespace": "a",
                "labels": {"app": "x", OWNER_KIND: "Inventory", OWNER_NAME: "web"},
                "annotations": {OWNER_UID: "1-2", OWNED_ID: "a_b__ConfigMap"},
            }))
        );
    }
}
