//! Whether an API server would take a custom resource, where it does not have the definition yet and so cannot say.
//!
//! In: a `CustomResourceDefinition` of `apiextensions.k8s.io/v1` and a custom resource in one of its versions. Out: one
//! [`Violation`] for each thing that the server would refuse, in its words, sorted, each once. No cluster and no clock.
//!
//! It does what a server does (`apiextensions-apiserver`, whose validator is the one of `kube-openapi`), in its order and with
//! its oddities: it fills in defaults, drops fields that the schema does not know and nulls where none may be, and then looks
//! at the schema, the resources in the resource, the lists that are sets or maps, and the replicas of `scale`. What it drops there it
//! refuses where it is strict, and so it is named, too.
//!
//! What is refused here is refused there. What is not known for sure is left to the server, and what follows from it, through
//! `anyOf`, `oneOf` and `not`, too:
//!
//! - CEL rules (`x-kubernetes-validations`) and metadata, of the resource and of those in it;
//! - a pattern that means nothing to us, or that is looked for in a very long text;
//! - formats that not all servers check, or that are the property of a library of Go: `int32`, `isbn`, most of `uri`;
//! - what webhooks of the cluster would change in a resource before the server looks at it.
//!
//! Time and memory are bounded whatever the definitions hold: one [`Judge`] does so much work for all that it is asked, and
//! what is left is not judged then.

mod change;
mod conditions;
mod formats;
mod numbers;
mod outcome;
mod patterns;
mod prepare;
mod strings;
mod structure;
mod types;
mod undeclared;
mod version;
mod walk;

use std::fmt;

use rukpak_manifest::Object;

use outcome::Outcome;
use patterns::Patterns;
use version::Version;
use walk::Walk;

use crate::cluster::of_rules;
use crate::crd_upgrade::{Budget, MAX_NESTING, cut, is_deeper_than};

/// How many violations of one resource are listed; one more says that there are others.
pub const MAX_VIOLATIONS: usize = 50;

/// How long a path or a message is, in bytes. A resource can hold a text of a megabyte.
const MAX_TEXT: usize = 500;

/// One thing that a server would refuse about a custom resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Violation {
    /// Where, such as `spec.ports[0].name`; empty for the whole resource.
    pub path: String,
    /// What was got and what was expected, such as `Required value`.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Judges the custom resources of a set, and bounds what that costs.
#[derive(Default)]
pub struct Judge {
    budget: Budget,
    patterns: Patterns,
}

impl Judge {
    /// What a server would refuse about a resource that is made.
    #[must_use]
    pub fn created(&self, definition: &Object, resource: &Object) -> Vec<Violation> {
        let judged = Version::of(definition, resource.version()).and_then(|version| {
            let value = prepare::prepared(resource.clone().into_value(), &version, &self.budget)?;
            let structure = structure::judged(&version, &value, &self.budget);
            let mut outcome = Walk::new(self, &structure.opaque).value(version.root, &value);
            outcome.merge(structure.outcome);
            Some(violations(outcome))
        });
        judged.unwrap_or_default()
    }

    /// The fields of a resource that its definition does not have. They are no part of what [`created`](Self::created) looks at: a server
    /// that is not asked to be strict drops them, and refuses them when the resource is applied.
    #[must_use]
    pub fn undeclared(&self, definition: &Object, resource: &Object) -> Vec<Violation> {
        let judged = Version::of(definition, resource.version()).and_then(|version| {
            let value = resource.clone().into_value();
            let is_too_deep = is_deeper_than(MAX_NESTING, &value);
            (!is_too_deep).then(|| violations(undeclared::undeclared(version.root, &value, &self.budget)))
        });
        judged.unwrap_or_default()
    }

    /// What a server is sure to refuse about a resource that is there and changes: values that are wrong and new, and nothing
    /// about mappings and lists, of which others may have a part.
    #[must_use]
    pub fn changed(&self, definition: &Object, live: &Object, wanted: &Object) -> Vec<Violation> {
        let judged = Version::of(definition, wanted.version()).and_then(|version| {
            let live = prepare::prepared(live.clone().into_value(), &version, &self.budget)?;
            let mut wanted = prepare::prepared(wanted.clone().into_value(), &version, &self.budget)?;
            change::as_applied(&mut wanted);
            let structure = structure::judged(&version, &wanted, &self.budget);
            let mut outcome = Walk::new(self, &structure.opaque).value(version.root, &wanted);
            // Where items are the same by now, a server does not look at lists at all.
            if structure::judged(&version, &live, &self.budget).outcome.found.is_empty() {
                outcome.merge(structure.outcome);
            }
            change::retain(&mut outcome, &live, &wanted);
            Some(violations(outcome))
        });
        judged.unwrap_or_default()
    }
}

/// Drops nulls of a custom resource that may not be. A server does so where a resource is made, and refuses them where it is applied.
pub(crate) fn drop_nulls(definition: &Object, resource: &mut Object) {
    let Some(version) = Version::of(definition, resource.version()) else { return };
    for (name, value) in resource.fields_mut() {
        let schema = prepare::property(version.root, name);
        if !prepare::TYPE_AND_METADATA.contains(&name.as_str()) && !is_deeper_than(MAX_NESTING, value) {
            prepare::drop_nulls(value, schema);
        }
    }
}

fn violations(outcome: Outcome<'_>) -> Vec<Violation> {
    let short = |text: &str| cut(text, MAX_TEXT).into_owned();
    let mut violations: Vec<_> = outcome
        .found
        .into_iter()
        .map(|found| Violation { path: short(&found.path), message: short(&of_rules(&found.message)) })
        .collect();
    violations.sort_unstable();
    violations.dedup();
    let is_cut = outcome.is_cut || violations.len() > MAX_VIOLATIONS;
    violations.truncate(MAX_VIOLATIONS);
    if is_cut {
        violations.push(Violation { path: String::new(), message: "more is not listed".into() });
    }
    violations
}

#[cfg(test)]
mod tests;
