//! Triggers that wait for being taken: one for each owner, however much happens to its objects.
//!
//! The first thing that happens makes an owner due after a moment, in which more may happen; after that it is not due again for a
//! second, so that an object that never rests costs a look a second. Pure, but for the moments that are handed in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::Trigger;
use crate::ObjectId;

/// How long is waited for more to happen.
const SETTLE: Duration = Duration::from_millis(100);

/// How long an owner is left alone after it was told.
const REST: Duration = Duration::from_secs(1);

/// How many objects are named. Beyond that it is enough that there are more.
const NAMED: usize = 32;

/// Who is to be told what.
#[derive(Debug, Default)]
pub(super) struct Pending {
    served: bool,
    owners: BTreeMap<Box<str>, Waiting>,
    told: BTreeMap<Box<str>, Instant>,
}

#[derive(Debug)]
struct Waiting {
    due: Instant,
    objects: BTreeSet<ObjectId>,
    more: bool,
}

impl Pending {
    /// Something happened to an object of an owner.
    pub(super) fn add(&mut self, owner: &str, object: ObjectId, now: Instant) {
        let rested = self.told.get(owner).map(|told| *told + REST);
        let waiting = self.owners.entry(owner.into()).or_insert_with(|| Waiting {
            due: rested.unwrap_or(now).max(now + SETTLE),
            objects: BTreeSet::new(),
            more: false,
        });
        if waiting.objects.len() < NAMED {
            waiting.objects.insert(object);
        } else {
            waiting.more |= !waiting.objects.contains(&object);
        }
    }

    /// The served kinds are others.
    pub(super) fn served(&mut self) {
        self.served = true;
    }

    /// An owner wants to hear nothing any more.
    pub(super) fn forget(&mut self, owner: &str) {
        self.owners.remove(owner);
        self.told.remove(owner);
    }

    /// What is due, if all of its objects have not become settled for its owner meanwhile.
    pub(super) fn take(
        &mut self,
        now: Instant,
        is_settled: impl Fn(&str, &ObjectId) -> bool,
    ) -> Option<Trigger> {
        if std::mem::take(&mut self.served) {
            return Some(Trigger::Served);
        }
        self.told.retain(|_, told| *told + REST > now);
        loop {
            let (owner, _) = self.owners.iter().find(|(_, waiting)| waiting.due <= now)?;
            let owner = owner.clone();
            let Waiting { mut objects, more, due: _ } = self.owners.remove(&owner)?;
            objects.retain(|object| !is_settled(&owner, object));
            if more || !objects.is_empty() {
                self.told.insert(owner.clone(), now);
                return Some(Trigger::Owner { name: owner.into(), objects, more });
            }
        }
    }

    /// When something will be due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.owners.values().map(|waiting| waiting.due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn object(name: &str) -> ObjectId {
        format!("a_{name}__ConfigMap").parse().unwrap()
    }

    fn owner(name: &str, objects: &[&str], more: bool) -> Trigger {
        Trigger::Owner { name: name.into(), objects: objects.iter().map(|name| object(name)).collect(), more }
    }

    fn unsettled(_: &str, _: &ObjectId) -> bool {
        false
    }

    /// What happens at which millisecond to which object of `web`, and at which milliseconds it is told.
    #[rstest]
    #[case::one(&[(0, "x")], &[(100, "x")])]
    #[case::twice(&[(0, "x"), (50, "x")], &[(100, "x")])]
    #[case::two(&[(0, "x"), (50, "y")], &[(100, "x y")])]
    #[case::soon_after(&[(0, "x"), (200, "y"), (300, "z")], &[(100, "x"), (1100, "y z")])]
    #[case::later(&[(0, "x"), (1500, "y")], &[(100, "x"), (1600, "y")])]
    #[case::without_rest(
        &[(0, "x"), (400, "x"), (800, "x"), (1200, "x"), (1600, "x"), (2000, "x"), (2400, "x")],
        &[(100, "x"), (1100, "x"), (2100, "x"), (3100, "x")]
    )]
    fn moments(#[case] happens: &[(u64, &str)], #[case] expected: &[(u64, &str)]) {
        let (start, mut pending, mut told) = (Instant::now(), Pending::default(), Vec::new());
        for at in 0..4000 {
            let now = start + Duration::from_millis(at);
            for (_, name) in happens.iter().filter(|(when, _)| *when == at) {
                pending.add("web", object(name), now);
            }
            if let Some(Trigger::Owner { name, objects, more: false }) = pending.take(now, unsettled) {
                assert_eq!(name, "web");
                let names: Vec<_> = objects.iter().map(|object| object.name.clone()).collect();
                told.push((at, names.join(" ")));
            }
        }
        let told: Vec<(u64, &str)> = told.iter().map(|(at, names)| (*at, names.as_str())).collect();
        assert_eq!(told, expected);
        assert_eq!(pending.due(), None);
    }

    #[test]
    fn owners_do_not_wait_for_each_other() {
        let (now, mut pending) = (Instant::now(), Pending::default());
        pending.add("a", object("x"), now);
        pending.add("b", object("y"), now + Duration::from_millis(10));
        pending.served();
        let later = now + Duration::from_millis(200);
        let told: Vec<_> = std::iter::from_fn(|| pending.take(later, unsettled)).collect();
        assert_eq!(told, [Trigger::Served, owner("a", &["x"], false), owner("b", &["y"], false)]);
    }

    #[test]
    fn what_has_settled_meanwhile_is_not_told() {
        let (now, mut pending) = (Instant::now(), Pending::default());
        pending.add("a", object("x"), now);
        pending.add("b", object("x"), now);
        pending.add("b", object("y"), now);
        pending.add("had-it", object("x"), now);
        pending.add("c", object("z"), now);
        pending.forget("c");
        let later = now + Duration::from_millis(200);
        let told = std::iter::from_fn(|| {
            pending.take(later, |owner, object| object.name == "x" && owner != "had-it")
        });
        assert_eq!(told.collect::<Vec<_>>(), [owner("b", &["y"], false), owner("had-it", &["x"], false)]);
    }

    #[test]
    fn nothing_grows_without_a_bound() {
        let (now, mut pending) = (Instant::now(), Pending::default());
        for index in 0..10_000 {
            pending.add("web", object(&format!("n{index}")), now);
        }
        let told = pending.take(now + Duration::from_secs(1), |_, _| true).unwrap();
        assert!(matches!(told, Trigger::Owner { objects, more: true, .. } if objects.is_empty()));
        pending.take(now + Duration::from_secs(3), unsettled);
        assert!(pending.told.is_empty() && pending.owners.is_empty());
    }
}
