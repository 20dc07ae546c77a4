//! What is known of the objects of one kind: the state that a watch saw them in, and the state in which they were found to be as
//! they are planned. An object is settled while the two are the same.
//!
//! Pure: what is told goes in, whose object is not settled comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use rukpak_manifest::Digest;
use tokio::time::Instant;

use crate::probe::{GroupKind, Health};

/// Namespace and name of an object.
pub(super) type Key = Box<str>;

/// A state of an object, told from all others of all objects by its UID and resource version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    object: Uid,
    version: Digest,
}

/// What tells an object from others that had its name: a hash of its UID, since there are many of them.
type Uid = u64;

/// What was found out about an object in a state of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verified {
    /// The state.
    pub(super) state: State,
    /// The plan that it was as.
    pub(super) planned: Digest,
    /// All of it that may differ from a plan.
    pub(super) content: Digest,
    /// How it was doing.
    pub(super) health: Health,
    /// When that was found out.
    pub(super) at: Instant,
}

#[derive(Debug, Default)]
struct Entry {
    owner: Box<str>,
    seen: Option<State>,
    verified: Option<Box<Verified>>,
    /// The object that was there and is not any more. It may go before it is known what was found out about it.
    gone: Option<Uid>,
    /// The object that is nobody's business any more, while it is there.
    forgotten: Option<Uid>,
}

/// The objects of a kind.
#[derive(Debug, Default)]
pub(super) struct Objects {
    entries: BTreeMap<Key, Entry>,
    /// Whether it is kept of an object that it is gone: objects of the kind may go because they are done.
    may_be_done: bool,
}

/// The key of an object.
pub(super) fn key(namespace: &str, name: &str) -> Key {
    // Neither has a slash.
    format!("{namespace}/{name}").into()
}

impl State {
    pub(super) fn of(uid: &str, resource_version: &str) -> Self {
        Self {
            object: BuildHasherDefault::<DefaultHasher>::default().hash_one(uid),
            version: Digest::of(format!("{uid}/{resource_version}").as_bytes()),
        }
    }
}

impl Entry {
    /// Whether somebody believes that it is there.
    fn is_awaited(&self) -> bool {
        self.seen.is_some() || self.verified.is_some() && self.gone.is_none()
    }

    fn is_settled(&self) -> bool {
        matches!((&self.seen, &self.verified), (Some(seen), Some(verified)) if *seen == verified.state)
    }
}

impl Objects {
    pub(super) fn of(kind: &GroupKind) -> Self {
        let may_be_done = (kind.group.as_str(), kind.kind.as_str()) == ("batch", "Job");
        Self { entries: BTreeMap::new(), may_be_done }
    }

    /// An object is there, and whose it is. The owners that have to look at it: none where it is settled, or was seen like this before.
    pub(super) fn is(&mut self, key: Key, owner: Option<&str>, state: State) -> BTreeSet<Box<str>> {
        // What nobody has is of no interest, and nothing any more if it was somebody's.
        let Some(owner) = owner else { return self.was(&key) };
        let entry = self.entries.entry(key).or_default();
        entry.gone = None;
        let (seen, had) = (entry.seen.replace(state), std::mem::replace(&mut entry.owner, owner.into()));
        match *had == *owner || had.is_empty() {
            true if seen == Some(state) || entry.is_settled() => BTreeSet::new(),
            true => [owner.into()].into(),
            false => [had, owner.into()].into(),
        }
    }

    /// An object is gone. The owner that has to look.
    pub(super) fn was(&mut self, key: &str) -> BTreeSet<Box<str>> {
        let Some(entry) = self.entries.get_mut(key) else { return BTreeSet::new() };
        let owner = Some(entry.owner.clone()).filter(|_| entry.is_awaited());
        let seen = entry.seen.take().map(|seen| seen.object);
        let is_forgotten = seen.is_some() && seen == entry.forgotten;
        entry.gone = seen.or(entry.gone);
        if is_forgotten || !(self.may_be_done && entry.gone.is_some()) {
            self.entries.remove(key);
        }
        owner.into_iter().collect()
    }

    /// A list does not have an object. It is gone if it was seen before; otherwise it is newer than the list, of which the watch will
    /// tell, or has gone before the watch began, of which nothing ever will. The owner that has to look.
    pub(super) fn is_not_listed(&mut self, key: &str) -> BTreeSet<Box<str>> {
        match self.entries.get_mut(key) {
            Some(Entry { owner, seen: None, verified: Some(verified), gone, .. }) => {
                let is_known = gone.is_some();
                *gone = self.may_be_done.then_some(verified.state.object);
                Some(owner.clone()).filter(|_| !is_known).into_iter().collect()
            }
            _ => self.was(key),
        }
    }

    /// An object is nobody's business any more.
    pub(super) fn forget(&mut self, key: &str) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.verified = None;
            entry.forgotten = entry.seen.map(|seen| seen.object);
            if entry.seen.is_none() {
                self.entries.remove(key);
            }
        }
    }

    /// The objects that are not among these.
    pub(super) fn others(&self, keys: &BTreeSet<Key>) -> Vec<Key> {
        self.entries.keys().filter(|key| !keys.contains(*key)).cloned().collect()
    }

    /// Takes note of what was found out about an object of an owner.
    pub(super) fn record(&mut self, key: &Key, owner: &str, verified: Verified) {
        let entry = self.entries.entry(key.clone()).or_default();
        if entry.seen.is_none() {
            entry.owner = owner.into();
        }
        entry.gone = entry.gone.filter(|gone| *gone == verified.state.object);
        entry.verified = Some(verified.into());
    }

    /// Whether a watch has told of an object.
    pub(super) fn is_seen(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(|entry| entry.seen.is_some())
    }

    /// Takes note of an object that was read, if it is still as a plan of it. Whether it is.
    pub(super) fn recognise(&mut self, key: &str, verified: Verified) -> bool {
        let known = self.entries.get_mut(key).and_then(|entry| entry.verified.as_mut());
        let same = |known: &&mut Box<Verified>| {
            (known.planned, known.content) == (verified.planned, verified.content)
        };
        known.filter(same).map(|known| **known = verified).is_some()
    }

    /// Whether an object is an owner's, and as it was found to be.
    pub(super) fn is_settled(&self, owner: &str, key: &str) -> bool {
        self.entries.get(key).is_some_and(|entry| *entry.owner == *owner && entry.is_settled())
    }

    /// What was found out about an object, if it is as it was then.
    pub(super) fn settled(&self, key: &str) -> Option<&Verified> {
        self.entries.get(key).filter(|entry| entry.is_settled())?.verified.as_deref()
    }

    /// What was found out about an object since which nothing else was told of it.
    pub(super) fn newest(&self, key: &str) -> Option<&Verified> {
        let entry = self.entries.get(key).filter(|entry| entry.gone.is_none())?;
        entry.verified.as_deref().filter(|verified| entry.seen.is_none_or(|seen| seen == verified.state))
    }

    /// What was found out about an object, whatever has become of it.
    pub(super) fn verified(&self, key: &str) -> Option<&Verified> {
        self.entries.get(key)?.verified.as_deref()
    }

    /// What was found out about an object that may have gone because it was done.
    pub(super) fn gone(&self, key: &str) -> Option<&Verified> {
        self.entries.get(key).filter(|entry| entry.gone.is_some())?.verified.as_deref()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// What happens, as `is OWNER VERSION`, `was`, `unlisted`, `forget`, `record VERSION PLAN CONTENT` or `recognise VERSION PLAN CONTENT`, and after
    /// `->` who has to look, or whether it is recognised. A version is that of the object with the UID 1, if it is not written `UID/VERSION`.
    fn play(script: &[&str]) -> Objects {
        play_of("CronJob", script)
    }

    fn play_of(kind: &str, script: &[&str]) -> Objects {
        let mut objects = Objects::of(&GroupKind { group: "batch".into(), kind: kind.into() });
        let state = |version: &str| {
            let (uid, version) = version.split_once('/').unwrap_or(("1", version));
            State::of(uid, version)
        };
        let verified = |version: &str, plan: &str, content: &str| Verified {
            state: state(version),
            planned: Digest::of(plan.as_bytes()),
            content: Digest::of(content.as_bytes()),
            health: Health::Healthy,
            at: Instant::now(),
        };
        for line in script {
            let (act, expected) = line.split_once(" -> ").unwrap_or((line, ""));
            let words: Vec<&str> = act.split(' ').collect();
            let told = match words.as_slice() {
                ["is", owner, version] => {
                    let owner = Some(*owner).filter(|owner| *owner != "nobody");
                    objects.is(key("a", "b"), owner, state(version))
                }
                ["was"] => objects.was(&key("a", "b")),
                ["unlisted"] => objects.is_not_listed(&key("a", "b")),
                ["forget"] => {
                    objects.forget(&key("a", "b"));
                    BTreeSet::new()
                }
                ["record", version, plan, content] => {
                    objects.record(&key("a", "b"), "web", verified(version, plan, content));
                    BTreeSet::new()
                }
                ["recognise", version, plan, content] => {
                    let is = objects.recognise(&key("a", "b"), verified(version, plan, content));
                    [is.to_string().into()].into()
                }
                other => panic!("{other:?}"),
            };
            assert_eq!(told.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" "), expected, "{line}");
        }
        objects
    }

    #[rstest]
    #[case::nothing_is_known(&["is web 1 -> web"], false)]
    #[case::seen_twice(&["is web 1 -> web", "is web 1"], false)]
    #[case::found_before_it_is_seen(&["record 1 p c", "is web 1"], true)]
    #[case::found_after_it_is_seen(&["is web 1 -> web", "record 1 p c"], true)]
    #[case::changed(&["record 1 p c", "is web 1", "is web 2 -> web"], false)]
    #[case::changed_by_us(&["record 1 p c", "is web 1", "record 2 p c", "is web 2"], true)]
    #[case::changed_by_us_and_told_late(&["record 1 p c", "is web 1", "record 2 p c"], false)]
    #[case::changed_by_us_and_then_by_others(
        &["record 1 p c", "is web 1", "record 2 p c", "is web 2", "is web 3 -> web"],
        false
    )]
    #[case::read_before_the_watch_tells(&["is web 1 -> web", "record 2 p c", "is web 2"], true)]
    #[case::gone(&["record 1 p c", "is web 1", "was -> web"], false)]
    #[case::gone_before_it_was_seen(&["record 1 p c", "was -> web"], false)]
    #[case::gone_before_the_watch_began(&["record 1 p c", "unlisted -> web"], false)]
    #[case::made_while_it_was_listed(&["record 1 p c", "unlisted -> web", "is web 1"], true)]
    #[case::gone_between_two_watches(&["record 1 p c", "is web 1", "unlisted -> web"], false)]
    #[case::pruned_before_the_watch_began(&["record 1 p c", "forget", "unlisted"], false)]
    #[case::taken_before_it_is_seen(&["record 1 p c", "is other 2 -> other web"], false)]
    #[case::given_up_before_it_is_seen(&["record 1 p c", "is nobody 2 -> web"], false)]
    #[case::never_there(&["was"], false)]
    #[case::pruned(&["record 1 p c", "is web 1", "forget"], false)]
    #[case::a_status_that_moves(&["record 1 p c", "is web 1", "is web 2 -> web", "recognise 2 p c -> true"], true)]
    #[case::a_field_that_moves(&["record 1 p c", "is web 1", "is web 2 -> web", "recognise 2 p d -> false"], false)]
    #[case::another_plan(&["record 1 p c", "is web 1", "recognise 1 q c -> false"], true)]
    #[case::nothing_to_recognise(&["is web 1 -> web", "recognise 1 p c -> false"], false)]
    #[case::taken(&["record 1 p c", "is web 1", "is other 2 -> other web"], false)]
    #[case::given_up(&["record 1 p c", "is web 1", "is nobody 2 -> web"], false)]
    #[case::anybodys(&["is nobody 1"], false)]
    fn what_happens(#[case] script: &[&str], #[case] settled: bool) {
        let objects = play(script);
        assert_eq!(objects.is_settled("web", "a/b"), settled);
        assert_eq!(objects.settled("a/b").is_some(), settled);
    }

    #[rstest]
    #[case::there(&["record 1 p c", "is web 1"], false)]
    #[case::gone(&["record 1 p c", "is web 1", "was -> web"], true)]
    #[case::gone_twice(&["record 1 p c", "is web 1", "was -> web", "was"], true)]
    #[case::gone_before_the_watch_began(&["record 1 p c", "unlisted -> web"], true)]
    #[case::made_while_it_was_listed(&["record 1 p c", "unlisted -> web", "is web 1"], false)]
    #[case::never_as_planned(&["is web 1 -> web", "was -> web"], false)]
    #[case::gone_before_it_was_recorded(&["is web 1 -> web", "is web 2 -> web", "was -> web", "record 1 p c"], true)]
    #[case::made_again(&["record 1 p c", "is web 1", "was -> web", "record 2/1 p c"], false)]
    #[case::made_again_by_others(&["record 1 p c", "is web 1", "was -> web", "is web 2/1 -> web"], false)]
    #[case::pruned(&["record 1 p c", "is web 1", "was -> web", "forget"], false)]
    fn jobs_may_be_done(#[case] script: &[&str], #[case] gone: bool) {
        let objects = play_of("Job", script);
        assert_eq!(objects.gone("a/b").is_some(), gone);
        assert!(play(script).gone("a/b").is_none());
    }

    #[rstest]
    #[case::seen_and_pruned(&["record 1 p c", "is web 1", "forget", "is web 2 -> web", "was -> web"], 0)]
    #[case::pruned_and_made_again(&["record 1 p c", "is web 1", "forget", "was -> web", "record 2/1 p c", "is web 2/1", "was -> web"], 1)]
    #[case::pruned_and_made_again_before_it_is_told(&["record 1 p c", "is web 1", "forget", "is web 2/1 -> web", "was -> web"], 1)]
    fn nothing_is_kept_of_a_job_that_is_nobody_s_business(#[case] script: &[&str], #[case] expected: usize) {
        assert_eq!(play_of("Job", script).len(), expected);
    }

    #[rstest]
    #[case::made_before_it_is_seen(&["record 1 p c"], true)]
    #[case::seen_as_it_was_made(&["record 1 p c", "is web 1"], true)]
    #[case::told_before_it_is_recorded(&["is web 1 -> web", "record 1 p c"], true)]
    #[case::changed(&["record 1 p c", "is web 1", "is web 2 -> web"], false)]
    #[case::changed_before_it_is_recorded(&["is web 2 -> web", "record 1 p c"], false)]
    #[case::gone(&["record 1 p c", "is web 1", "was -> web"], false)]
    #[case::never_found_out(&["is web 1 -> web"], false)]
    fn the_newest_is_what_nothing_else_was_told_of(#[case] script: &[&str], #[case] is_newest: bool) {
        assert_eq!(play(script).newest("a/b").is_some(), is_newest);
    }

    #[test]
    fn what_a_list_does_not_have_is_another() {
        let mut objects = play(&["is web 1 -> web"]);
        objects.is(key("", "c"), Some("web"), State::of("2", "1"));
        assert_eq!(objects.others(&[key("", "c")].into()), [key("a", "b")]);
        assert_eq!(objects.len(), 2);
    }

    #[test]
    fn states_differ_by_uid_and_version() {
        assert_ne!(State::of("1", "2"), State::of("1", "3"));
        assert_ne!(State::of("1", "2"), State::of("2", "2"));
        assert_ne!(key("a", "b"), key("", "b"));
    }
}
