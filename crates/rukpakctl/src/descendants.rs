//! What the objects of an installation have made: replica sets, pods, jobs and endpoints, by their owner references.
//!
//! In: the live objects of an inventory, and what lies in their namespaces. Out: a [`Node`] for each object of the inventory, with
//! all that hangs on it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;
use futures_util::stream;
use rukpak_apply::engine::{Found, Live, Options};
use rukpak_apply::probe::{Health, Probes};
use rukpak_apply::{Inventory, ObjectId};
use rukpak_manifest::Object;
use serde_json::Value;

use crate::cluster::Connection;

/// The kinds that controllers make for others: group, version, kind, and how requests name it.
const MADE: [[&str; 4]; 4] = [
    ["apps", "v1", "ReplicaSet", "replicasets"],
    ["batch", "v1", "Job", "jobs"],
    ["", "v1", "Pod", "pods"],
    ["discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"],
];

/// Lists that are asked for at the same time.
const AT_ONCE: usize = 8;

/// How deep descendants are shown. Owner references may go in a circle.
const DEPTH: usize = 8;

/// An object, and what was made for it.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) id: ObjectId,
    pub(crate) uid: String,
    pub(crate) health: Health,
    pub(crate) made: Vec<Node>,
}

impl Node {
    /// This one and all below it.
    pub(crate) fn all(&self) -> Vec<&Node> {
        let mut all = vec![self];
        all.extend(self.made.iter().flat_map(Node::all));
        all
    }
}

/// The objects of an inventory: reads all that they may have made, and hangs it where it belongs.
pub(crate) async fn of(connection: &Connection, inventory: &Inventory) -> anyhow::Result<Vec<Node>> {
    let live = connection.engine(Options::default()).live(inventory, &connection.served).await?;
    let namespaces: BTreeSet<&str> = live.iter().map(|one| one.id.namespace.as_str()).collect();
    let lists = namespaces
        .iter()
        .filter(|namespace| !namespace.is_empty())
        .flat_map(|namespace| MADE.map(|kind| connection.cluster.list_known(kind, Some(namespace), None)));
    let mut lists = stream::iter(lists).buffered(AT_ONCE);
    let mut made = Vec::new();
    while let Some(list) = lists.next().await {
        made.extend(list?);
    }
    Ok(hang(&live, &made))
}

/// The objects of an inventory in the order in which they are written, each with what names it as its owner.
fn hang(live: &[Live], made: &[Object]) -> Vec<Node> {
    let mut by_owner: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for object in made {
        let owners = object.get(&["metadata", "ownerReferences"]).and_then(Value::as_array);
        for owner in owners.into_iter().flatten().filter_map(|owner| owner.get("uid")?.as_str()) {
            by_owner.entry(owner).or_default().push(object);
        }
    }
    let probes = Probes::default();
    let mut sorted: Vec<_> = live.iter().collect();
    sorted.sort_by_key(|one| (one.phase(), &one.id));
    let node = |one: &&Live| {
        let uid = if let Found::There(object) = &one.found { uid(object) } else { "" };
        let made = below(uid, &by_owner, &probes, DEPTH);
        Node { id: one.id.clone(), uid: uid.to_owned(), health: one.health(&probes), made }
    };
    sorted.iter().map(node).collect()
}

fn below(owner: &str, by_owner: &BTreeMap<&str, Vec<&Object>>, probes: &Probes, depth: usize) -> Vec<Node> {
    if depth == 0 {
        return Vec::new();
    }
    let made = by_owner.get(owner).into_iter().flatten();
    let mut nodes: Vec<_> = made
        .map(|object| Node {
            id: ObjectId::of(object),
            uid: uid(object).to_owned(),
            health: probes.judge(Some(object)),
            made: below(uid(object), by_owner, probes, depth - 1),
        })
        .collect();
    nodes.sort_by(|a, b| a.id.cmp(&b.id));
    nodes
}

fn uid(object: &Object) -> &str {
    object.get(&["metadata", "uid"]).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(kind: &str, name: &str, owner: Option<&str>) -> Object {
        let mut object = Object::new("apps/v1", kind, Some("web"), name);
        object.metadata_mut().insert("uid".into(), json!(name));
        if let Some(owner) = owner {
            object.metadata_mut().insert("ownerReferences".into(), json!([{"uid": owner}]));
        }
        object
    }

    fn live(object: Object) -> Live {
        Live { id: ObjectId::of(&object), version: "v1".into(), found: Found::There(object.into()) }
    }

    #[test]
    fn what_was_made_hangs_below_its_owner() {
        let live = [live(object("Deployment", "a", None))];
        let made = [
            object("ReplicaSet", "a-1", Some("a")),
            object("Pod", "a-1-x", Some("a-1")),
            object("Pod", "other", Some("b")),
        ];
        let nodes = hang(&live, &made);
        let names: Vec<_> = nodes.iter().flat_map(Node::all).map(|node| node.id.name.as_str()).collect();
        assert_eq!(names, ["a", "a-1", "a-1-x"]);
    }

    #[test]
    fn owners_in_a_circle_end_somewhere() {
        let live = [live(object("Deployment", "a", None))];
        let made =
            [object("Pod", "x", Some("a")), object("Pod", "y", Some("x")), object("Pod", "x2", Some("y"))];
        let mut circle = made.to_vec();
        circle.push(object("Pod", "x", Some("y")));
        assert!(hang(&live, &circle).iter().map(|node| node.all().len()).sum::<usize>() < 100);
    }
}
