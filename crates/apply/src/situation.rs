//! Whose an object is that stands where one of ours is to be.
//!
//! The matrix of ownership, as a pure function; what is done about it is the engine's. It is that of boxcutter's object engine
//! (`machinery/objects.go`), carried over from owner references to marks; but what another owner has
//! that is there is never taken.

use std::fmt;
use std::str::FromStr;

use rukpak_manifest::Object;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

use crate::owner::{OWNED_ID, OWNER_KIND, OWNER_NAME, OWNER_UID};
use crate::{ObjectId, Owner};

/// What may be taken over from others (`spec.collisionProtection`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum CollisionProtection {
    /// Nothing.
    #[default]
    Prevent,
    /// What nobody controls.
    IfNoController,
    /// What no other owner has: objects that nobody controls, and those of other controllers.
    None,
}

/// A text that names no [`CollisionProtection`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("got collision protection {0:?}, expected Prevent, IfNoController or None")]
pub struct UnknownProtection(String);

impl CollisionProtection {
    /// All of them, the safest first.
    pub const ALL: [Self; 3] = [Self::Prevent, Self::IfNoController, Self::None];

    /// Its name in a resource.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prevent => "Prevent",
            Self::IfNoController => "IfNoController",
            Self::None => "None",
        }
    }
}

impl fmt::Display for CollisionProtection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CollisionProtection {
    type Err = UnknownProtection;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| UnknownProtection(text.into()))
    }
}

/// Whose the object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Situation {
    /// There is none.
    Absent,
    /// It has our marks: written by us, restored with us from a backup, or kept from an owner of our name that is gone.
    Ours,
    /// It has nobody's marks and no controller.
    Uncontrolled,
    /// An owner reference of it is a controller.
    Controlled(Controller),
    /// It has the marks of another owner.
    Marked(Owner),
}

/// A controller, as an owner reference names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// What follows from a situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The object is made.
    Create,
    /// The object is ours, and kept as it should be.
    Update,
    /// The object becomes ours, under the version that was looked at.
    Adopt,
    /// The object stays as it is, and nothing of the set is written.
    Collision,
}

impl Situation {
    /// Whose a live object is, seen from an owner. `is_alive` tells whether an owner of a UID is still there.
    #[must_use]
    pub fn of(live: Option<&Object>, owner: &Owner, is_alive: impl Fn(&Owner) -> bool) -> Self {
        let Some(live) = live else { return Self::Absent };
        if let Some(controller) = controller(live) {
            return Self::Controlled(controller);
        }
        let Some(marked) = marks(live) else { return Self::Uncontrolled };
        let is_same = (&marked.kind, &marked.name) == (&owner.kind, &owner.name);
        match marked {
            marked if is_same && (marked.uid == owner.uid || !is_alive(&marked)) => Self::Ours,
            marked if is_alive(&marked) => Self::Marked(marked),
            _ => Self::Uncontrolled,
        }
    }

    /// What follows from it.
    #[must_use]
    pub fn verdict(&self, protection: CollisionProtection) -> Verdict {
        use CollisionProtection::{IfNoController, None};
        match (self, protection) {
            (Self::Absent, _) => Verdict::Create,
            (Self::Ours, _) => Verdict::Update,
            (Self::Uncontrolled, IfNoController | None) | (Self::Controlled(_), None) => Verdict::Adopt,
            // What another owner has, that one would take back, and so on for ever.
            (Self::Uncontrolled | Self::Controlled(_) | Self::Marked(_), _) => Verdict::Collision,
        }
    }
}

impl fmt::Display for Situation {
    /// Whose it is, for an error: `it belongs to Deployment web`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("it does not exist"),
            Self::Ours => f.write_str("it is ours"),
            Self::Uncontrolled => f.write_str("it exists and belongs to nobody"),
            Self::Controlled(Controller { kind, name }) => write!(f, "it is controlled by {kind} {name}"),
            Self::Marked(Owner { kind, name, uid: _ }) => write!(f, "it belongs to {kind} {name}"),
        }
    }
}

/// The owner whose marks an object has, if they are about this object.
#[must_use]
pub fn marks(live: &Object) -> Option<Owner> {
    let label = |key| live.get(&["metadata", "labels", key]).and_then(Value::as_str);
    let owned = live.annotation(OWNED_ID)?;
    (owned == ObjectId::of(live).to_string()).then_some(())?;
    Some(Owner {
        kind: label(OWNER_KIND)?.to_owned(),
        name: label(OWNER_NAME)?.to_owned(),
        uid: live.annotation(OWNER_UID)?.to_owned(),
    })
}

fn controller(live: &Object) -> Option<Controller> {
    let references = live.get(&["metadata", "ownerReferences"])?.as_array()?;
    let controller = references.iter().find(|one| one.get("controller") == Some(&Value::Bool(true)))?;
    let text = |field| controller.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(Controller { kind: text("kind"), name: text("name") })
}

/// The operations of a JSON Patch that leave an object without a controller. What refers to it otherwise stays.
pub(crate) fn uncontrol(live: &Object) -> Vec<Value> {
    let references =
        live.get(&["metadata", "ownerReferences"]).and_then(Value::as_array).into_iter().flatten();
    let controls =
        references.enumerate().filter(|(_, one)| one.get("controller") == Some(&Value::Bool(true)));
    controls
        .map(|(index, _)| json!({"op": "remove", "path": format!("/metadata/ownerReferences/{index}/controller")}))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn owner(kind: &str, name: &str, uid: &str) -> Owner {
        Owner { kind: kind.into(), name: name.into(), uid: uid.into() }
    }

    fn us() -> Owner {
        owner("BundleDeployment", "web", "1")
    }

    fn object() -> Object {
        Object::new("v1", "ConfigMap", Some("a"), "b")
    }

    fn marked(by: &Owner) -> Object {
        let mut object = object();
        by.mark(&mut object);
        object
    }

    fn with(mut object: Object, field: &str, value: Value) -> Object {
        object.metadata_mut().insert(field.into(), value);
        object
    }

    fn referenced(object: Object, controller: bool) -> Object {
        with(object, "ownerReferences", json!([{"kind": "App", "name": "x", "controller": controller}]))
    }

    fn copied(object: Object) -> Object {
        with(object, "name", json!("copy"))
    }

    /// Everybody but those with UID 0 is alive.
    fn situation(live: Option<&Object>) -> Situation {
        Situation::of(live, &us(), |owner| owner.uid != "0")
    }

    #[rstest]
    #[case::absent(None, Situation::Absent)]
    #[case::ours(Some(marked(&us())), Situation::Ours)]
    #[case::ours_with_a_reference_that_controls_nothing(Some(referenced(marked(&us()), false)), Situation::Ours)]
    #[case::restored_with_a_new_uid(Some(marked(&owner("BundleDeployment", "web", "0"))), Situation::Ours)]
    #[case::same_name_and_alive(
        Some(marked(&owner("BundleDeployment", "web", "2"))),
        Situation::Marked(owner("BundleDeployment", "web", "2"))
    )]
    #[case::of_another(
        Some(marked(&owner("BundleDeployment", "other", "2"))),
        Situation::Marked(owner("BundleDeployment", "other", "2"))
    )]
    #[case::of_another_kind(
        Some(marked(&owner("Inventory", "web", "2"))),
        Situation::Marked(owner("Inventory", "web", "2"))
    )]
    #[case::left_by_another_that_is_gone(
        Some(marked(&owner("BundleDeployment", "other", "0"))),
        Situation::Uncontrolled
    )]
    #[case::nobodys(Some(object()), Situation::Uncontrolled)]
    #[case::a_copy_of_ours(Some(copied(marked(&us()))), Situation::Uncontrolled)]
    #[case::controlled(
        Some(referenced(object(), true)),
        Situation::Controlled(Controller { kind: "App".into(), name: "x".into() })
    )]
    #[case::ours_and_controlled(
        Some(referenced(marked(&us()), true)),
        Situation::Controlled(Controller { kind: "App".into(), name: "x".into() })
    )]
    #[case::odd_shapes(Some(with(with(object(), "labels", json!([1])), "ownerReferences", json!("x"))), Situation::Uncontrolled)]
    fn situations(#[case] live: Option<Object>, #[case] expected: Situation) {
        assert_eq!(situation(live.as_ref()), expected);
    }

    #[test]
    fn what_controls_an_object_does_not_any_more() {
        let references = json!([{"name": "a"}, {"name": "b", "controller": true}, {"controller": false}]);
        let operations = uncontrol(&with(object(), "ownerReferences", references));
        assert_eq!(operations, [json!({"op": "remove", "path": "/metadata/ownerReferences/1/controller"})]);
        assert!(uncontrol(&object()).is_empty());
    }

    #[rstest]
    #[case::absent(Situation::Absent, [Verdict::Create; 3])]
    #[case::ours(Situation::Ours, [Verdict::Update; 3])]
    #[case::uncontrolled(Situation::Uncontrolled, [Verdict::Collision, Verdict::Adopt, Verdict::Adopt])]
    #[case::controlled(
        Situation::Controlled(Controller { kind: "App".into(), name: "x".into() }),
        [Verdict::Collision, Verdict::Collision, Verdict::Adopt]
    )]
    #[case::marked(
        Situation::Marked(owner("Inventory", "web", "2")),
        [Verdict::Collision; 3]
    )]
    fn verdicts(#[case] situation: Situation, #[case] expected: [Verdict; 3]) {
        use CollisionProtection::{IfNoController, None, Prevent};
        assert_eq!([Prevent, IfNoController, None].map(|protection| situation.verdict(protection)), expected);
    }
}
