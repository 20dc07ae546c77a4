//! What is to be done, before anything is done.
//!
//! In: a set of manifests, who will own it, what that one owns already, and which kinds the server serves. Out: a [`Plan`], in
//! which every object has its place, its marks and the name of its resource, or everything that no server takes.
//!
//! What a server would drop or set itself is dropped here: `status`, and of the metadata what only servers write. The `stringData`
//! of a Secret is folded into its `data`, as the server does. What would
//! mean something else than its author can know is refused: owner references and UIDs of another cluster, generated names.
//! A custom resource whose definition the set brings is judged by that one, since the server cannot before it has it.

mod definitions;
mod lists;
mod metadata;
mod problem;
mod scaling;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rukpak_manifest::{ManifestSet, Object, Phase, digest_of};
use serde_json::Value;

use definitions::Definitions;
pub use lists::all_known;
pub use problem::{PlanError, Problem};

use crate::definition::{self, is_definition};
use crate::owner::PLANNED;
use crate::probe::without_placeholders;
use crate::schema::{Judge, drop_nulls};
use crate::{Inventory, ObjectId, Owner, Resource, ServedKinds};

/// Annotation of a manifest: the object is made where it is absent, and otherwise used as it is.
pub const CREATE_IF_ABSENT: &str = "core.rukpak.io/create-if-absent";

/// What `kubectl apply` leaves, which may hold a whole object once more.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Metadata that only servers write.
const SERVERS: [&str; 6] =
    ["creationTimestamp", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "selfLink"];

/// Metadata that means something in the cluster it comes from alone.
const FOREIGN: [&str; 3] = ["generateName", "ownerReferences", "uid"];

/// Bytes of an object's JSON: what etcd takes in one request (`--max-request-bytes`).
const OBJECT_BYTES: usize = 1 << 20 | 1 << 19;

/// Levels of an object: what is read of an answer (127 levels), less seven. So many are above the fields of an object where the server
/// lists those in `managedFields`, and where it lists objects. Real definitions have some 70.
const LEVELS: usize = 120;

/// What is planned from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The objects.
    pub manifests: &'a ManifestSet,
    /// Whose they will be.
    pub owner: &'a Owner,
    /// What the owner has now.
    pub inventory: &'a Inventory,
    /// What the server serves.
    pub served: &'a ServedKinds,
    /// Where namespaced objects go that name no namespace.
    pub namespace: &'a str,
    /// Whether that namespace is not there, and will be before the first write.
    pub namespace_is_absent: bool,
}

/// What is to be done. Made by [`plan`] alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    owner: Owner,
    objects: Vec<Planned>,
    before: Inventory,
    inventory: Inventory,
    prune: Inventory,
    has_placed: bool,
    /// Where the definition of a group and kind is among the objects, if it is written.
    definitions: BTreeMap<(String, String), usize>,
    /// Whether webhooks of the owner may make right what is wrong before the server looks at it.
    is_made_right: bool,
}

/// One object to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The object, with its namespace and its marks, and nothing that only servers write.
    pub object: Arc<Object>,
    /// What identifies it.
    pub id: ObjectId,
    /// When it is written.
    pub phase: Phase,
    /// How requests name its kind.
    pub resource: Resource,
    /// Whether an object that is there is used as it is, whoever's it is.
    pub create_if_absent: bool,
    /// Whether an autoscaler of the set decides how many replicas it has.
    pub is_scaled: bool,
    /// Why the server cannot judge it before the first write; `None` where it can.
    pub unverified: Option<Unverified>,
}

/// Why a server cannot judge an object before the first write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unverified {
    /// Its kind is defined by the set.
    Definition,
    /// Its namespace is made by the set, or for it.
    Namespace,
    /// It binds a role of the set, and whoever writes it may not bind any: the server looks at the rules of a role that it has.
    Role,
}

/// Plans what is to be done.
///
/// # Errors
/// All that no server takes, object by object.
pub fn plan(input: Input<'_>) -> Result<Plan, PlanError> {
    let Input { manifests, owner, inventory, served, namespace, namespace_is_absent } = input;
    let definitions = Definitions::of(manifests);
    let namespaces: BTreeSet<&str> = manifests
        .iter()
        .filter(|object| (object.group(), object.kind()) == ("", "Namespace"))
        .map(Object::name)
        .chain(namespace_is_absent.then_some(namespace))
        .collect();
    let scaled = scaling::scaled(manifests, namespace);
    let mut problems = Vec::new();
    let mut objects: Vec<Planned> = Vec::new();
    let mut seen: BTreeMap<ObjectId, String> = BTreeMap::new();
    let mut has_placed = false;
    let (judge, is_made_right) = (Judge::default(), mutates(inventory));
    for (phase, object) in manifests.phases() {
        let before = problems.len();
        let gvk = object.gvk();
        let defined = definitions.get(&gvk);
        let resource = defined.map(|defined| defined.resource.clone()).or_else(|| served.get(&gvk).cloned());
        problems.extend(problem::of(object));
        problems.extend(definitions::taken(object, served).map(|(kind, taken)| Problem::KindTaken {
            object: object.key(),
            kind,
            taken,
        }));
        let Some(resource) = resource else {
            let key = object.key();
            let has_no_version = object.version().is_empty();
            let problem = if has_no_version {
                Problem::NoVersion { object: key }
            } else {
                Problem::NotServed { object: key }
            };
            problems.push(problem);
            continue;
        };
        let wrong_metadata = metadata::of(object, defined.is_some());
        let mut object = cleaned(object);
        let create_if_absent = take_annotation(&mut object, CREATE_IF_ABSENT);
        match (resource.namespaced, object.namespace()) {
            (true, None) => {
                object.set_namespace(Some(namespace));
                has_placed = true;
            }
            (false, Some(_)) => object.set_namespace(None),
            _ => {}
        }
        problems.extend(secrets::fold(&mut object));
        let written = defined.filter(|defined| is_written(defined.definition));
        if let Some(defined) = written {
            drop_nulls(defined.definition, &mut object);
        }
        let is_scaled = scaled.contains(&ObjectId::of(&object));
        if is_scaled {
            scaling::leave_replicas(&mut object);
        }
        owner.mark(&mut object);
        let planned = digest_of(object.fields());
        object.set_annotation(PLANNED, &planned.to_string());
        let id = ObjectId::of(&object);
        if let Some(version) = seen.insert(id.clone(), gvk.version.clone()) {
            problems
                .push(Problem::Duplicate { object: object.key(), versions: [version, gvk.version.clone()] });
        }
        let bytes = serde_json::to_vec(object.fields()).map_or(usize::MAX, |json| json.len());
        if bytes > OBJECT_BYTES {
            problems.push(Problem::TooLarge { object: object.key(), bytes, limit: OBJECT_BYTES });
        }
        // One that is there, or is used as it is, is judged by what it becomes, which only a look at the cluster can tell.
        let is_made = !create_if_absent && !inventory.contains(&id);
        match written.filter(|_| is_made && !is_made_right) {
            Some(defined) => problems.extend(invalid(&judge, defined.definition, &object)),
            None => problems.extend(twice(&object, defined)),
        }
        let unverified = if defined.is_some() {
            Some(Unverified::Definition)
        } else {
            let is_new = object.namespace().is_some_and(|namespace| namespaces.contains(namespace));
            is_new.then_some(Unverified::Namespace)
        };
        if unverified.is_some() {
            problems.extend(wrong_metadata);
        }
        if problems.len() == before {
            let object = Arc::new(object);
            objects.push(Planned { object, id, phase, resource, create_if_absent, is_scaled, unverified });
        }
    }
    if !problems.is_empty() {
        return Err(PlanError(problems));
    }
    let new = Inventory::of(objects.iter().map(|planned| &*planned.object));
    let (before, prune) = (inventory.clone(), inventory.without(&new));
    let (owner, definitions) = (owner.clone(), written_definitions(&objects));
    Ok(Plan { owner, objects, before, prune, inventory: new, has_placed, definitions, is_made_right })
}

/// Where the definition of a group and kind is among objects. Of several the first counts.
fn written_definitions(objects: &[Planned]) -> BTreeMap<(String, String), usize> {
    let written = |planned: &Planned| planned.id.is_definition() && !planned.create_if_absent;
    let all = objects.iter().enumerate().rev().filter(|(_, planned)| written(planned));
    all.map(|(index, planned)| (definition::kind(&planned.object), index)).collect()
}

/// What a definition of the set does not let a custom resource be.
fn invalid<'o>(
    judge: &Judge,
    definition: &Object,
    object: &'o Object,
) -> impl Iterator<Item = Problem> + use<'o> {
    let mut violations = judge.created(definition, object);
    violations.extend(judge.undeclared(definition, object));
    violations.into_iter().map(|violation| Problem::Invalid { object: object.key(), violation })
}

/// What comes twice in lists in which nothing may.
fn twice<'o>(
    object: &'o Object,
    defined: Option<&definitions::Defined<'_>>,
) -> impl Iterator<Item = Problem> + use<'o> {
    let all = lists::of(object, defined.and_then(definitions::Defined::schema));
    all.into_iter().map(|lists::Twice { list, key }| Problem::Twice { object: object.key(), list, key })
}

impl Plan {
    /// Says of these objects why the server cannot judge them.
    pub(crate) fn leave_unverified(&mut self, ids: &BTreeSet<ObjectId>, why: Unverified) {
        for planned in self.objects.iter_mut().filter(|planned| ids.contains(&planned.id)) {
            planned.unverified = Some(why);
        }
    }

    /// Says that the server can judge what is in these namespaces: they are there already.
    pub(crate) fn verify_in(&mut self, namespaces: &BTreeSet<String>) {
        let unverified = |planned: &&mut Planned| planned.unverified == Some(Unverified::Namespace);
        for planned in self.objects.iter_mut().filter(unverified) {
            if namespaces.contains(&planned.id.namespace) {
                planned.unverified = None;
            }
        }
    }

    /// The definition that the set brings of the kind of an object.
    pub(crate) fn definition_of(&self, planned: &Planned) -> Option<&Planned> {
        let ObjectId { group, kind, .. } = &planned.id;
        self.objects.get(*self.definitions.get(&(group.clone(), kind.clone()))?)
    }

    /// What a custom resource is judged by, where that is a definition of the set.
    pub(crate) fn judge_of(&self, planned: &Planned) -> Option<&Planned> {
        self.definition_of(planned).filter(|_| !self.is_made_right)
    }

    /// Whether webhooks of the owner may make right what is wrong before the server looks at it.
    pub(crate) fn is_made_right(&self) -> bool {
        self.is_made_right
    }

    /// Whose the objects will be.
    #[must_use]
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The objects, in the order in which they are written.
    #[must_use]
    pub fn objects(&self) -> &[Planned] {
        &self.objects
    }

    /// What the owner has.
    #[must_use]
    pub fn owned_before(&self) -> &Inventory {
        &self.before
    }

    /// What the owner will have.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// What the owner has and will not have.
    #[must_use]
    pub fn prune(&self) -> &Inventory {
        &self.prune
    }

    /// Whether objects that name no namespace were put into the one of the [`Input`].
    #[must_use]
    pub fn has_placed(&self) -> bool {
        self.has_placed
    }

    /// Whether something that the owner will not have is released and not deleted: a namespace that objects of the plan are in, or that
    /// no server deletes.
    #[must_use]
    pub fn releases(&self, id: &ObjectId) -> bool {
        id.is_namespace()
            && self.prune.contains(id)
            && (id.is_undeletable() || self.objects.iter().any(|planned| planned.id.namespace == id.name))
    }
}

/// Whether the cluster's own definition is not used in the place of this one.
fn is_written(definition: &Object) -> bool {
    definition.annotation(CREATE_IF_ABSENT).is_none_or(|value| value == "false")
}

/// Whether there is something among what an owner has that changes what others write: mutating webhooks, or policies.
fn mutates(inventory: &Inventory) -> bool {
    inventory
        .iter()
        .any(|(id, _)| id.group == "admissionregistration.k8s.io" && id.kind.starts_with("Mutating"))
}

/// An object without what only servers write, or other controllers.
fn cleaned(object: &Object) -> Object {
    let mut object = object.clone();
    object.fields_mut().remove("status");
    // Of a role that gathers others the cluster writes the rules, and would have to be told anew each time.
    if (object.group(), object.kind()) == ("rbac.authorization.k8s.io", "ClusterRole")
        && object.get(&["aggregationRule"]).is_some_and(|rule| !rule.is_null())
    {
        object.fields_mut().remove("rules");
    }
    let metadata = object.metadata_mut();
    // Of what means something elsewhere only empty fields are left: the rest is refused.
    metadata.retain(|field, _| !SERVERS.contains(&field.as_str()) && !FOREIGN.contains(&field.as_str()));
    take_annotation(&mut object, LAST_APPLIED);
    take_annotation(&mut object, PLANNED);
    if object.group() == "admissionregistration.k8s.io" || is_definition(&object) {
        without_placeholders(&mut object);
    }
    object
}

/// Takes an annotation off, and says whether it was there and not `false`.
fn take_annotation(object: &mut Object, key: &str) -> bool {
    if object.annotation(key).is_none() {
        return false;
    }
    let Some(Value::Object(annotations)) = object.metadata_mut().get_mut("annotations") else { return false };
    annotations.remove(key).is_some_and(|value| value != "false")
}

#[cfg(test)]
mod tests;
