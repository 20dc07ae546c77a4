//! Objects that stand in a bundle more than once.

use std::collections::BTreeMap;

use rukpak_manifest::ObjectKey;

use crate::finding::DUPLICATE_OBJECT;
use crate::report::{Located, Report, steps};

/// No two objects have the same identity. `moved` says whether objects of a kind all come to one namespace, whatever
/// namespace is written in them.
pub(super) fn objects(report: &mut Report<'_>, objects: &[Located<'_>], moved: impl Fn(&str) -> bool) {
    let mut by_key: BTreeMap<ObjectKey, Vec<&Located<'_>>> = BTreeMap::new();
    for located in objects.iter().filter(|located| !located.object.name().is_empty()) {
        let mut key = located.object.key();
        if moved(&key.gvk.kind) {
            key.namespace = None;
        }
        by_key.entry(key).or_default().push(located);
    }
    for same in by_key.values() {
        let [others @ .., last] = same.as_slice() else { continue };
        let Some(first) = others.first() else { continue };
        let identical = others.iter().all(|other| other.object == last.object);
        let which = if identical {
            "the same content; it is used once"
        } else {
            "different content; this one is used"
        };
        let message = format_args!("stands in the bundle {} times with {which}", same.len());
        let hint = format_args!("the first one is in {}", first.place());
        report.tell(&DUPLICATE_OBJECT, &last.place(), &steps!["metadata", "name"], message).hint(hint);
    }
}
