//! How many objects are doing together.

use std::fmt;

use super::Health;
use crate::{ObjectId, Shown};

/// How many objects are named in a text.
const NAMED: usize = 5;

/// The health of a set of objects, collected from that of each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    total: usize,
    unhealthy: Vec<(ObjectId, Health)>,
}

impl Summary {
    /// Whether all objects are healthy; so is an empty set.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.unhealthy.is_empty()
    }

    /// How many objects are healthy.
    #[must_use]
    pub fn healthy(&self) -> usize {
        self.total.saturating_sub(self.unhealthy.len())
    }

    /// How many objects there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// The objects that are not healthy: first those that have failed, since waiting does not help them, then the others, each in the order in
    /// which they were given.
    pub fn unhealthy(&self) -> impl Iterator<Item = (&ObjectId, &Health)> {
        let of = |failed| {
            let ones = self.unhealthy.iter().filter(move |(_, health)| health.is_failed() == failed);
            ones.map(|(id, health)| (id, health))
        };
        of(true).chain(of(false))
    }

    /// The same, once those that were not healthy are as in another one.
    pub(crate) fn followed_by(&self, again: Self) -> Self {
        Self { total: self.total, unhealthy: again.unhealthy }
    }
}

impl FromIterator<(ObjectId, Health)> for Summary {
    fn from_iter<I: IntoIterator<Item = (ObjectId, Health)>>(objects: I) -> Self {
        let mut summary = Self::default();
        for (id, health) in objects {
            summary.total += 1;
            if !health.is_healthy() {
                summary.unhealthy.push((id, health));
            }
        }
        summary
    }
}

/// `11 of 14 objects are healthy; Deployment.apps web/web: 0 of 1 replicas are available; …; and 2 more`, with the names and texts of
/// at most five objects.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} objects are healthy", self.healthy(), self.total)?;
        for (id, health) in self.unhealthy().take(NAMED) {
            let failed = if health.is_failed() { " (failed)" } else { "" };
            write!(f, "; {}{failed}: {}", Shown(id), health.message())?;
        }
        match self.unhealthy.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rukpak_manifest::Object;

    fn id(kind: &str, name: &str) -> ObjectId {
        ObjectId::of(&Object::new("apps/v1", kind, Some("web"), name))
    }

    #[test]
    fn nothing_is_healthy() {
        assert!(Summary::default().is_healthy());
    }

    #[test]
    fn failed_objects_are_named_first() {
        let summary = Summary::from_iter([
            (id("Deployment", "a"), Health::Healthy),
            (id("Deployment", "b"), Health::in_progress("0 of 1 replicas are available")),
            (id("Deployment", "c"), Health::NotFound),
            (id("Deployment", "d"), Health::failed("no progress for 600 s")),
        ]);
        assert_eq!((summary.healthy(), summary.total()), (1, 4));
        assert_eq!(summary.unhealthy().next().unwrap().0.name, "d");
        insta::assert_snapshot!(summary, @"1 of 4 objects are healthy; Deployment.apps web/d (failed): no progress for 600 s; Deployment.apps web/b: 0 of 1 replicas are available; Deployment.apps web/c: is not there");
    }

    #[test]
    fn who_is_looked_at_again_is_told_anew_and_the_others_stay() {
        let summary = Summary::from_iter([
            (id("Deployment", "a"), Health::Healthy),
            (id("Deployment", "b"), Health::NotFound),
            (id("Deployment", "c"), Health::NotFound),
        ]);
        let again = [(id("Deployment", "b"), Health::Healthy), (id("Deployment", "c"), Health::NotFound)];
        let summary = summary.followed_by(Summary::from_iter(again));
        insta::assert_snapshot!(summary, @"2 of 3 objects are healthy; Deployment.apps web/c: is not there");
    }

    #[test]
    fn the_text_is_bounded() {
        let text = "x ".repeat(10_000);
        let all = (0..1_000).map(|index| (id("DaemonSet", &format!("n{index}")), Health::unknown(&text)));
        let summary: Summary = all.collect();
        let text = summary.to_string();
        assert!(text.len() < 2_000, "{} bytes", text.len());
        assert!(text.ends_with("; and 995 more"));
        assert!(!summary.unhealthy().any(|(_, health)| health.is_failed()));
    }
}
