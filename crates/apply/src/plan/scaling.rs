//! What an autoscaler of the set scales.

use std::collections::BTreeSet;

use rukpak_manifest::{ManifestSet, Object};
use serde_json::Value;

use crate::ObjectId;

/// The objects whose replicas are counted by a `HorizontalPodAutoscaler` of the set.
pub(super) fn scaled(manifests: &ManifestSet, namespace: &str) -> BTreeSet<ObjectId> {
    let is_autoscaler =
        |object: &&Object| (object.group(), object.kind()) == ("autoscaling", "HorizontalPodAutoscaler");
    manifests.iter().filter(is_autoscaler).filter_map(|autoscaler| target(autoscaler, namespace)).collect()
}

fn target(autoscaler: &Object, namespace: &str) -> Option<ObjectId> {
    let text = |field| autoscaler.get(&["spec", "scaleTargetRef", field]).and_then(Value::as_str);
    let group = text("apiVersion").unwrap_or_default().split_once('/').map_or("", |(group, _)| group);
    Some(ObjectId {
        group: group.to_owned(),
        kind: text("kind")?.to_owned(),
        namespace: autoscaler.namespace().unwrap_or(namespace).to_owned(),
        name: text("name")?.to_owned(),
    })
}

/// Takes off how many replicas an object has: to say so would undo what its autoscaler does.
pub(super) fn leave_replicas(object: &mut Object) {
    if let Some(Value::Object(spec)) = object.fields_mut().get_mut("spec") {
        spec.remove("replicas");
    }
}
