//! What an owner has, found out without its inventory.
//!
//! The marks on the objects say it as well, at the cost of a list of every kind that is served. Labels alone do not count: an
//! object is an owner's if its marks are about itself, and its owner is the one that asks or one of the same name that is gone.

use std::collections::BTreeMap;

use futures_util::stream;
use futures_util::{FutureExt as _, StreamExt as _};
use kube::core::Version;
use rukpak_manifest::{GroupVersionKind, Object};

use super::versions::first_to_answer;
use super::{AT_ONCE, Engine};
use crate::cluster::{ApiError, Refusal};
use crate::{Inventory, Owner, Resource, ServedKinds, Situation, marks};

/// What was found.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// The objects.
    pub inventory: Inventory,
    /// The kinds of which it cannot be told, and why.
    pub unknown: Vec<ApiError>,
}

impl Rebuilt {
    /// What was found, as all there is.
    ///
    /// # Errors
    /// Where there may be more: a kind could not be listed now. One that we may not read at all has nothing of ours.
    pub fn whole(self) -> Result<Inventory, ApiError> {
        match self.unknown.into_iter().find(|error| error.refusal() != Refusal::Forbidden) {
            Some(error) => Err(error),
            None => Ok(self.inventory),
        }
    }
}

/// A kind in its versions, the newest of the most stable ones first.
type Kind<'a> = Vec<(&'a GroupVersionKind, &'a Resource)>;

impl Engine {
    /// The objects that have the marks of an owner, or of one of its name that is gone.
    ///
    /// # Errors
    /// Where no kind can be listed, or it cannot be told who is gone.
    pub async fn rebuild(&self, owner: &Owner, served: &ServedKinds) -> Result<Rebuilt, ApiError> {
        let selector = owner.selector();
        let mut lists =
            stream::iter(kinds(served)).map(|kind| self.list_kind(kind, &selector)).buffered(AT_ONCE).boxed();
        let (mut objects, mut unknown, mut is_any_listed) = (Vec::new(), Vec::new(), false);
        while let Some(listed) = lists.next().await {
            match listed {
                Ok(more) => {
                    is_any_listed = true;
                    objects.extend(more);
                }
                Err(error) => unknown.push(error),
            }
        }
        if !is_any_listed && !unknown.is_empty() {
            return Err(unknown.remove(0));
        }
        let mut alive: BTreeMap<String, bool> = BTreeMap::new();
        for marked in objects.iter().filter_map(marks) {
            if !alive.contains_key(&marked.uid) {
                alive.insert(marked.uid.clone(), self.owners.is_alive(&marked).await?);
            }
        }
        let is_alive = |owner: &Owner| alive.get(&owner.uid).copied().unwrap_or(true);
        let ours =
            objects.iter().filter(|live| Situation::of(Some(live), owner, is_alive) == Situation::Ours);
        Ok(Rebuilt { inventory: Inventory::of(ours), unknown })
    }

    /// The objects of a kind that a selector selects.
    async fn list_kind<'a>(&'a self, versions: Kind<'a>, selector: &'a str) -> Result<Vec<Object>, ApiError> {
        let list = |gvk, resource| self.cluster.list_outlines(gvk, resource, selector).boxed();
        Ok(first_to_answer(versions, list).await?.unwrap_or_default())
    }
}

/// The kinds whose objects may be ours.
fn kinds(served: &ServedKinds) -> Vec<Kind<'_>> {
    let mut kinds: BTreeMap<(&str, &str), Kind<'_>> = BTreeMap::new();
    for (gvk, resource) in served.kept() {
        kinds.entry((&gvk.group, &gvk.kind)).or_default().push((gvk, resource));
    }
    let mut kinds: Vec<_> = kinds.into_values().collect();
    for versions in &mut kinds {
        versions.sort_by_key(|(gvk, _)| std::cmp::Reverse(Version::parse(&gvk.version).priority()));
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_once_in_the_best_version_first_and_no_reviews() {
        let kind = |group: &str, version: &str, kind: &str| {
            let gvk = GroupVersionKind { group: group.into(), version: version.into(), kind: kind.into() };
            (gvk, Resource { plural: kind.to_lowercase(), namespaced: true })
        };
        let served = [
            kind("", "v1", "Secret"),
            kind("example.com", "v1beta1", "Gadget"),
            kind("example.com", "v1", "Gadget"),
            kind("example.com", "v2", "Gadget"),
            kind("authorization.k8s.io", "v1", "SubjectAccessReview"),
        ];
        let mut served: ServedKinds = served.into_iter().collect();
        served.passes(kind("authorization.k8s.io", "v1", "SubjectAccessReview").0);
        let named: Vec<Vec<String>> = kinds(&served)
            .iter()
            .map(|versions| versions.iter().map(|(gvk, _)| format!("{} {}", gvk.kind, gvk.version)).collect())
            .collect();
        assert_eq!(named, [vec!["Secret v1"], vec!["Gadget v2", "Gadget v1", "Gadget v1beta1"]]);
    }
}
