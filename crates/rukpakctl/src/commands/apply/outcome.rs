//! What `apply` did, for programs. Pure.

use std::collections::BTreeMap;

use rukpak_apply::ObjectId;
use rukpak_apply::engine::Done;
use rukpak_apply::probe::{Health, Summary};
use rukpak_bundle::Findings;
use rukpak_manifest::Object;
use serde::Serialize;
use serde_json::Value;

use super::Carried;
use crate::difference::object;
use crate::following::Acts;
use crate::roles;

/// All that was done, in order, and what came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    name: String,
    objects: Vec<Acted>,
    /// Where an object is among those.
    #[serde(skip)]
    places: BTreeMap<ObjectId, usize>,
    health: Option<Healths>,
    /// Objects of the version before that are there still.
    remaining: usize,
    /// Whether another run is to follow, since certificates are being replaced.
    goes_on: bool,
    findings: Findings,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// What would give the rights that are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Value>,
}

#[derive(Debug, Serialize)]
struct Acted {
    action: &'static str,
    #[serde(serialize_with = "object")]
    object: ObjectId,
}

#[derive(Debug, Serialize)]
struct Healths {
    healthy: usize,
    total: usize,
    unhealthy: Vec<Unhealthy>,
}

#[derive(Debug, Serialize)]
struct Unhealthy {
    #[serde(serialize_with = "object")]
    object: ObjectId,
    status: &'static str,
    message: String,
}

impl Outcome {
    /// Nothing was done yet.
    pub(super) fn of(name: &str, findings: Findings) -> Self {
        let (name, objects, places) = (name.to_owned(), Vec::new(), BTreeMap::new());
        Self {
            name,
            objects,
            places,
            health: None,
            remaining: 0,
            goes_on: false,
            findings,
            error: None,
            roles: Vec::new(),
        }
    }

    /// Adds what a step did. What an earlier one did about an object counts where this one left it as it was.
    pub(super) fn add(&mut self, acts: &Acts) {
        for (id, done) in &acts.0 {
            let place = self.places.get(id).copied();
            match place.and_then(|place| self.objects.get_mut(place)) {
                Some(_) if matches!(done, Done::Unchanged | Done::Used) => {}
                Some(acted) if acted.action == action(Done::Created) && *done == Done::Configured => {}
                Some(acted) => acted.action = action(*done),
                None => {
                    self.places.insert(id.clone(), self.objects.len());
                    self.objects.push(Acted { action: action(*done), object: id.clone() });
                }
            }
        }
    }

    /// What came of the last step.
    pub(super) fn carried(&mut self, carried: &Carried) {
        let Carried { health, left, next } = carried;
        (self.health, self.remaining, self.goes_on) =
            (health.as_ref().map(Healths::of), *left, next.is_some());
    }

    /// How it ended.
    pub(super) fn ended(&mut self, ended: &anyhow::Result<()>) {
        self.error = ended.as_ref().err().map(|error| format!("{error:#}"));
        let roles = ended.as_ref().err().and_then(roles::missing).unwrap_or_default();
        self.roles = roles.into_iter().map(Object::into_value).collect();
    }
}

impl Healths {
    fn of(summary: &Summary) -> Self {
        let unhealthy = summary.unhealthy().map(|(id, health): (&ObjectId, &Health)| Unhealthy {
            object: id.clone(),
            status: health.status(),
            message: health.message().to_owned(),
        });
        Self { healthy: summary.healthy(), total: summary.total(), unhealthy: unhealthy.collect() }
    }
}

/// What was done, in a word that stays the same.
fn action(done: Done) -> &'static str {
    match done {
        Done::Created => "created",
        Done::Configured => "configured",
        Done::Unchanged => "unchanged",
        Done::Used => "used",
        Done::Adopted => "adopted",
        Done::Replaced => "replaced",
        Done::Deleted => "deleted",
        Done::Released => "released",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_steps_each_object_is_told_once() {
        let [a, b]: [ObjectId; 2] = ["n_a__ConfigMap", "n_b__Secret"].map(|id| id.parse().unwrap());
        let mut outcome = Outcome::of("web", Findings::default());
        outcome.add(&Acts(vec![(a.clone(), Done::Created), (b.clone(), Done::Unchanged)]));
        outcome.add(&Acts(vec![(a.clone(), Done::Unchanged), (b.clone(), Done::Configured)]));
        outcome.add(&Acts(vec![(a, Done::Configured), (b, Done::Unchanged)]));
        insta::assert_snapshot!(serde_json::to_string_pretty(&outcome).unwrap());
    }
}
