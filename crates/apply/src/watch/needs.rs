//! Which owner needs which kinds, and so which kinds are watched. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::probe::GroupKind;

/// The kinds that owners need, each with its owners. A need is the owner's whole one and replaces the one before, so that nothing
/// has to be counted.
#[derive(Debug, Default)]
pub(super) struct Needs(BTreeMap<GroupKind, BTreeSet<Box<str>>>);

/// What follows from another need.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// Kinds that nobody needed before.
    pub(super) begins: Vec<GroupKind>,
    /// Kinds that nobody needs any more.
    pub(super) ends: Vec<GroupKind>,
}

impl Needs {
    /// Sets the kinds that an owner needs from now on.
    pub(super) fn set(&mut self, owner: &str, kinds: &BTreeSet<GroupKind>) -> Turn {
        let mut turn = Turn::default();
        for (kind, owners) in &mut self.0 {
            if !kinds.contains(kind) && owners.remove(owner) && owners.is_empty() {
                turn.ends.push(kind.clone());
            }
        }
        self.0.retain(|_, owners| !owners.is_empty());
        for kind in kinds {
            if !self.0.contains_key(kind) {
                turn.begins.push(kind.clone());
            }
            self.0.entry(kind.clone()).or_default().insert(owner.into());
        }
        turn
    }

    /// Whether an owner needs a kind.
    pub(super) fn has(&self, owner: &str, kind: &GroupKind) -> bool {
        self.0.get(kind).is_some_and(|owners| owners.contains(owner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds<C: FromIterator<GroupKind>>(names: &[&str]) -> C {
        names.iter().map(|kind| GroupKind { group: String::new(), kind: (*kind).into() }).collect()
    }

    #[test]
    fn a_kind_is_needed_until_the_last_owner_goes() {
        let mut needs = Needs::default();
        let mut turn = |owner, needed: &[&str], begins: &[&str], ends: &[&str]| {
            let expected = Turn { begins: kinds(begins), ends: kinds(ends) };
            assert_eq!(needs.set(owner, &kinds(needed)), expected, "{owner}: {needed:?}");
        };
        turn("a", &["ConfigMap", "Secret"], &["ConfigMap", "Secret"], &[]);
        turn("b", &["Secret", "Service"], &["Service"], &[]);
        turn("a", &["ConfigMap"], &[], &[]);
        turn("a", &["ConfigMap"], &[], &[]);
        turn("b", &[], &[], &["Secret", "Service"]);
        turn("b", &[], &[], &[]);
        turn("a", &["Secret"], &["Secret"], &["ConfigMap"]);
        let has = |owner, kind| needs.has(owner, &kinds::<Vec<_>>(&[kind])[0]);
        assert!(has("a", "Secret"));
        assert!(!has("a", "ConfigMap") && !has("b", "Secret"));
    }
}
