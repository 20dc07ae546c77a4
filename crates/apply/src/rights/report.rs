//! What is missing, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rukpak_manifest::Object;
use thiserror::Error;

use super::{Actor, Needs, Right, Target, manifests};
use crate::few::few;
use crate::{ObjectId, Plan, Shown};

/// Objects and names of a line.
const NAMED: usize = 3;

/// Every right that a plan needs and the actor does not have, sorted, each once. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct MissingRights {
    actor: Actor,
    rights: Vec<MissingRight>,
    /// Namespaces that are not there before the plan is carried out.
    made: BTreeSet<String>,
}

/// One right that is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingRight {
    /// What it is needed for.
    pub purpose: Purpose,
    /// The right.
    pub right: Right,
    /// The objects that it is needed for.
    pub objects: Vec<ObjectId>,
}

/// What a right is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// To be used.
    Use,
    /// To be granted to others, by a role or a binding of the set.
    Grant,
}

impl MissingRights {
    /// Of what a plan uses and grants without having it; `None` where that is nothing.
    pub(crate) fn of(actor: Actor, plan: &Plan, uses: Needs, grants: Needs) -> Option<Self> {
        let namespaces = plan
            .objects()
            .iter()
            .map(|planned| &planned.id)
            .filter(|id| id.is_namespace() && !plan.owned_before().contains(id));
        let made = namespaces.map(|id| id.name.clone()).collect();
        Self::new(actor, uses, grants, made)
    }

    /// Of what is used without having the right to it, where everything is that is worked on; `None` where that is nothing.
    pub(crate) fn of_uses(actor: Actor, uses: Needs) -> Option<Self> {
        Self::new(actor, uses, Needs::new(), BTreeSet::new())
    }

    fn new(actor: Actor, uses: Needs, grants: Needs, made: BTreeSet<String>) -> Option<Self> {
        let missing = |purpose: Purpose, needs: Needs| {
            needs.into_iter().map(move |(right, objects)| {
                let objects = objects.into_iter().collect();
                MissingRight { purpose, right, objects }
            })
        };
        let rights: Vec<_> = missing(Purpose::Use, uses).chain(missing(Purpose::Grant, grants)).collect();
        (!rights.is_empty()).then_some(Self { actor, rights, made })
    }

    /// Whose they would be.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// All of them.
    #[must_use]
    pub fn rights(&self) -> &[MissingRight] {
        &self.rights
    }

    /// The roles and bindings that give them, and nothing more: a Role in each namespace, a `ClusterRole` for the rest. What is
    /// missing in a namespace that the set makes is given by the `ClusterRole`, since no Role can be there before.
    ///
    /// Where the server does not tell who asks, the bindings are left to whoever knows.
    #[must_use]
    pub fn to_manifests(&self) -> Vec<Object> {
        let rights = self.rights.iter().map(|missing| {
            let is_made = self.made.contains(&missing.right.namespace);
            let namespace = if is_made { "" } else { missing.right.namespace.as_str() };
            (namespace, &missing.right.permission)
        });
        manifests::of(rights, &self.actor)
    }

    /// One line for all verbs that are missing on the same thing for the same objects.
    fn lines(&self) -> BTreeMap<(Purpose, &str), Vec<String>> {
        // Names are told where they are granted; otherwise they are those of the objects.
        let mut verbs = BTreeMap::<_, (BTreeSet<&str>, BTreeSet<&ObjectId>)>::new();
        for MissingRight { purpose, right, objects } in &self.rights {
            let thing = right.permission.of_all().target;
            let key = (*purpose, right.namespace.as_str(), thing, right.permission.verb.as_str());
            let (names, needed_for) = verbs.entry(key).or_default();
            needed_for.extend(objects);
            match &right.permission.target {
                Target::Resource { name: Some(name), .. } if *purpose == Purpose::Grant => {
                    names.insert(name);
                }
                _ => {}
            }
        }
        let mut things = BTreeMap::<_, Vec<&str>>::new();
        for ((purpose, namespace, thing, verb), (names, objects)) in verbs {
            things.entry((purpose, namespace, thing, names, objects)).or_default().push(verb);
        }
        let mut lines = BTreeMap::<_, Vec<String>>::new();
        for ((purpose, namespace, thing, names, objects), verbs) in things {
            let names = if names.is_empty() {
                String::new()
            } else {
                format!(" {}", few(names.iter().map(|name| format!("{name:?}")), NAMED))
            };
            let objects = few(objects.iter().copied().map(Shown), NAMED);
            let line = format!("{} {thing}{names}, for {objects}", verbs.join(", "));
            lines.entry((purpose, namespace)).or_default().push(line);
        }
        lines
    }
}

impl fmt::Display for MissingRights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} may not do all that the set needs, and nothing was written", self.actor)?;
        for ((purpose, namespace), lines) in self.lines() {
            let place = match namespace {
                "" => "in the whole cluster".to_owned(),
                made if self.made.contains(made) => format!("in namespace {made}, which the set makes"),
                namespace => format!("in namespace {namespace}"),
            };
            match purpose {
                Purpose::Use => write!(f, "\n{place}, it may not:")?,
                Purpose::Grant => write!(
                    f,
                    "\n{place}, it may not grant what it does not hold itself (or `escalate` on the role, `bind` for a binding):"
                )?,
            }
            for line in lines {
                write!(f, "\n  {line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Options;
    use crate::rights::tests::{object, planned, planned_of};
    use crate::rights::{Permission, RBAC, needs};
    use insta::assert_snapshot;

    fn actor() -> Actor {
        Actor::ServiceAccount("web/installer".parse().unwrap())
    }

    fn granted(namespace: &str, verb: &str, resource: &str, name: Option<&str>) -> Right {
        Right { namespace: namespace.into(), permission: Permission::on(verb, "", resource, name) }
    }

    #[test]
    fn who_has_everything_gets_no_report() {
        let (plan, _) = planned(&["v1 ConfigMap a"], &[]);
        assert_eq!(MissingRights::of(actor(), &plan, Needs::new(), Needs::new()), None);
    }

    #[test]
    fn a_line_tells_what_and_for_what() {
        let mut new = object("v1 Secret s");
        new.set_namespace(Some("new"));
        let maps = ["a", "b", "c", "d", "e"].map(|name| object(&format!("v1 ConfigMap {name}")));
        let others = [new, object("v1 Namespace new"), object(&format!("{RBAC}/v1 ClusterRole r"))];
        let set = maps.into_iter().chain(others).collect();
        let (plan, served) = planned_of(set, &["v1 ConfigMap gone"]);
        let uses = needs(&plan, &served, &Options::default(), &BTreeSet::new());
        let role = || BTreeSet::from([ObjectId::of(&object(&format!("{RBAC}/v1 ClusterRole r")))]);
        let grants = Needs::from([
            (granted("", "get", "pods", None), role()),
            (granted("", "list", "pods", None), role()),
            (granted("", "get", "secrets", Some("one")), role()),
            (granted("", "get", "secrets", Some("two")), role()),
            (granted("", "*", "pods/log", None), role()),
        ]);
        let missing = MissingRights::of(actor(), &plan, uses, grants).unwrap();
        assert!(missing.rights().is_sorted());
        assert_snapshot!(missing);
    }
}
