//! The `BundleDeployments` of the cluster, as they were seen last.
//!
//! In: what a watch tells, and what was written by ourselves. Out: each of them from memory, and who is to be looked at. What we wrote
//! counts until the watch has come as far: a reconcile must not act on what was there before its predecessor wrote. But what a list has
//! is so, since an API server may go back in time: its data may be restored from a backup.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kube::ResourceExt as _;
use rukpak_api::{BundleDeployment, BundleDeploymentStatus};
use tokio::sync::Notify;

use crate::context::requested_at;
use crate::request::is_orphaned;

/// The `BundleDeployments` of the cluster. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deployments(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    all: Mutex<BTreeMap<String, Entry>>,
    changed: Notify,
}

#[derive(Debug)]
struct Entry {
    deployment: Arc<BundleDeployment>,
    /// The versions that we wrote and the watch has not told yet, in order.
    ahead: Vec<String>,
    /// What we are writing. The watch may tell it before the answer is there.
    writing: Option<Written>,
    /// Whether it was deleted so that what it owns stays. The garbage collector takes its finalizer, which says so, off at once.
    is_orphaned: bool,
}

/// What of a `BundleDeployment` is ours to write: its finalizers and its status.
#[derive(Debug, Clone, PartialEq)]
struct Written(Option<Vec<String>>, Option<BundleDeploymentStatus>);

/// What becomes of a reconcile by something that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing: it was seen, or done, by ourselves.
    Known,
    /// There is to be another look.
    Changed,
    /// The same, and what is asked for is new: nobody wants the content any more that is being fetched.
    Renewed,
    /// What is going on is about another one: its class, its UID, or that it goes is new.
    Replaced,
}

impl Deployments {
    /// One of them.
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<Arc<BundleDeployment>> {
        self.lock().get(name).map(|entry| Arc::clone(&entry.deployment))
    }

    /// Whether one was seen to be deleted so that what it owns stays.
    #[must_use]
    pub(crate) fn is_orphaned(&self, name: &str) -> bool {
        self.lock().get(name).is_some_and(|entry| entry.is_orphaned)
    }

    /// All of them.
    #[must_use]
    pub(crate) fn all(&self) -> Vec<Arc<BundleDeployment>> {
        self.lock().values().map(|entry| Arc::clone(&entry.deployment)).collect()
    }

    /// We are about to write one, with these finalizers and this status.
    pub(crate) fn writing(
        &self,
        name: &str,
        finalizers: Option<Vec<String>>,
        status: Option<BundleDeploymentStatus>,
    ) {
        if let Some(entry) = self.lock().get_mut(name) {
            entry.writing = Some(Written(finalizers, status));
        }
    }

    /// We wrote one.
    pub(crate) fn wrote(&self, mut deployment: BundleDeployment) {
        deployment.metadata.managed_fields = None;
        let mut all = self.lock();
        // One that is gone meanwhile must not come back.
        let Some(entry) = all.get_mut(&deployment.name_any()) else { return };
        entry.writing = None;
        if is_older(&deployment, &entry.deployment)
            || entry.deployment.resource_version() == deployment.resource_version()
        {
            return;
        }
        entry.ahead.extend(deployment.resource_version());
        entry.deployment = Arc::new(deployment);
        self.0.changed.notify_one();
    }

    /// The watch begins anew: what it lists is asked for from now on, and has what was written before.
    pub(crate) fn begin_anew(&self) {
        for entry in self.lock().values_mut() {
            entry.ahead.clear();
        }
    }

    /// The watch lists one, after it has begun anew. Whatever its version is, it counts, unless we have written another one since.
    pub(crate) fn listed(&self, deployment: BundleDeployment) -> Seen {
        self.told(deployment, true)
    }

    /// The watch tells of one.
    pub(crate) fn is(&self, deployment: BundleDeployment) -> Seen {
        self.told(deployment, false)
    }

    fn told(&self, mut deployment: BundleDeployment, is_listed: bool) -> Seen {
        deployment.metadata.managed_fields = None;
        let mut all = self.lock();
        let name = deployment.name_any();
        let is_orphaned = is_orphaned(&deployment);
        let Some(entry) = all.get_mut(&name) else {
            let deployment = Arc::new(deployment);
            all.insert(name, Entry { deployment, ahead: Vec::new(), writing: None, is_orphaned });
            self.0.changed.notify_one();
            return Seen::Changed;
        };
        let is_same = entry.deployment.metadata.uid == deployment.metadata.uid;
        entry.is_orphaned = is_orphaned || is_same && entry.is_orphaned;
        let version = deployment.resource_version();
        if let Some(index) = entry.ahead.iter().position(|ahead| Some(ahead) == version.as_ref()) {
            entry.ahead.drain(..=index);
            return Seen::Known;
        }
        if entry.deployment.resource_version() == version {
            return Seen::Known;
        }
        let may_go_back = is_listed && entry.ahead.is_empty();
        if is_older(&deployment, &entry.deployment) && !may_go_back {
            return Seen::Known;
        }
        entry.ahead.clear();
        if entry.is_written_by_us(&deployment) {
            entry.deployment = Arc::new(deployment);
            self.0.changed.notify_one();
            return Seen::Known;
        }
        let before = std::mem::replace(&mut entry.deployment, Arc::new(deployment));
        self.0.changed.notify_one();
        if identity(&before) != identity(&entry.deployment) {
            Seen::Replaced
        } else if asked(&before) == asked(&entry.deployment) {
            Seen::Changed
        } else {
            Seen::Renewed
        }
    }

    /// The watch tells that one is gone.
    pub(crate) fn was(&self, name: &str) {
        self.lock().remove(name);
        self.0.changed.notify_one();
    }

    /// The watch has begun anew, and these are all there are. Those that are gone meanwhile.
    pub(crate) fn only(&self, names: &BTreeSet<String>) -> Vec<String> {
        let mut all = self.lock();
        let gone: Vec<_> = all.keys().filter(|name| !names.contains(*name)).cloned().collect();
        for name in &gone {
            all.remove(name);
        }
        self.0.changed.notify_one();
        gone
    }

    /// Waits until one of them is not what it was when somebody waited last.
    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // Every change of it is whole.
        self.0.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Whether a new version differs by what we are writing alone.
    fn is_written_by_us(&self, next: &BundleDeployment) -> bool {
        let others = |deployment: &BundleDeployment| {
            let metadata = &deployment.metadata;
            (metadata.generation, metadata.annotations.clone(), metadata.deletion_timestamp.clone())
        };
        let ours = Written(next.metadata.finalizers.clone(), next.status.clone());
        self.writing.as_ref() == Some(&ours)
            && others(&self.deployment) == others(next)
            && identity(&self.deployment) == identity(next)
    }
}

/// What must not change under a reconcile.
#[must_use]
pub(crate) fn identity(deployment: &BundleDeployment) -> (Option<&str>, &str, bool) {
    let is_going = deployment.metadata.deletion_timestamp.is_some();
    (deployment.metadata.uid.as_deref(), &deployment.spec.provisioner_class_name, is_going)
}

/// What somebody asked for.
fn asked(deployment: &BundleDeployment) -> (Option<i64>, Option<&str>) {
    (deployment.metadata.generation, requested_at(deployment))
}

/// Whether the first is of an earlier version than the second. Versions of one object can be compared as numbers (Kubernetes 1.35,
/// `ResourceVersion` semantics); where they are none, what comes later is later.
fn is_older(a: &BundleDeployment, b: &BundleDeployment) -> bool {
    let number = |deployment: &BundleDeployment| deployment.resource_version()?.parse::<u128>().ok();
    matches!((number(a), number(b)), (Some(a), Some(b)) if a < b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    use rukpak_api::names;
    use serde_json::json;

    fn deployment(version: &str, class: &str) -> BundleDeployment {
        example::deployment(&json!({
            "metadata": {"resourceVersion": version, "managedFields": []},
            "spec": {"provisionerClassName": class},
        }))
    }

    #[test]
    fn it_is_remembered_that_what_one_owns_is_to_stay() {
        let going = |uid: &str, version: &str, finalizers: &[&str]| {
            example::deployment(&json!({"metadata": {
                "uid": uid,
                "resourceVersion": version,
                "deletionTimestamp": "1970-01-01T00:00:00Z",
                "finalizers": finalizers,
            }}))
        };
        let deployments = Deployments::default();
        deployments.is(going("1", "1", &["core.rukpak.io/teardown", "orphan"]));
        deployments.is(going("1", "2", &["core.rukpak.io/teardown"]));
        assert!(deployments.is_orphaned("web"));
        deployments.is(going("2", "3", &["core.rukpak.io/teardown"]));
        assert!(!deployments.is_orphaned("web"), "it is another one");
        // What we wrote meanwhile is newer than what tells it.
        deployments.wrote(going("2", "9", &["core.rukpak.io/teardown"]));
        deployments.is(going("2", "8", &["core.rukpak.io/teardown", "orphan"]));
        assert!(deployments.is_orphaned("web"));
    }

    fn version(deployments: &Deployments) -> String {
        deployments.get("web").unwrap().resource_version().unwrap()
    }

    #[test]
    fn what_we_wrote_counts_until_the_watch_has_come_as_far() {
        let deployments = Deployments::default();
        assert_eq!(deployments.is(deployment("1", "a")), Seen::Changed);
        deployments.wrote(deployment("3", "a"));
        deployments.wrote(deployment("4", "a"));
        assert_eq!(deployments.is(deployment("2", "a")), Seen::Known);
        assert_eq!(version(&deployments), "4");
        assert_eq!(deployments.is(deployment("3", "a")), Seen::Known);
        assert_eq!(version(&deployments), "4");
        assert_eq!(deployments.is(deployment("4", "a")), Seen::Known);
        assert_eq!(deployments.is(deployment("5", "a")), Seen::Changed);
        assert_eq!(version(&deployments), "5");
    }

    #[test]
    fn what_we_are_writing_is_known_before_the_answer_is_there() {
        let deployments = Deployments::default();
        deployments.is(deployment("1", "a"));
        let status =
            BundleDeploymentStatus { observed_generation: Some(7), ..BundleDeploymentStatus::default() };
        deployments.writing("web", None, Some(status.clone()));
        let mut written = deployment("2", "a");
        written.status = Some(status.clone());
        assert_eq!(deployments.is(written.clone()), Seen::Known);
        assert_eq!(version(&deployments), "2");
        deployments.wrote(written.clone());
        // The same, but somebody else wrote it.
        written.metadata.resource_version = Some("3".into());
        assert_eq!(deployments.is(written.clone()), Seen::Changed);
        // Ours, and something of somebody else.
        deployments.writing("web", None, Some(BundleDeploymentStatus::default()));
        written.metadata.resource_version = Some("4".into());
        written.metadata.annotations = Some([("a".to_owned(), "b".to_owned())].into());
        written.status = Some(BundleDeploymentStatus::default());
        assert_eq!(deployments.is(written), Seen::Changed);
    }

    #[test]
    fn another_spec_and_a_wish_for_a_look_are_told_from_other_changes() {
        let deployments = Deployments::default();
        let mut deployment = deployment("1", "a");
        let mut next = |version: &str, change: &dyn Fn(&mut BundleDeployment)| {
            deployment.metadata.resource_version = Some(version.to_owned());
            change(&mut deployment);
            deployments.is(deployment.clone())
        };
        next("1", &|_| {});
        assert_eq!(
            next("2", &|one| one.metadata.labels = Some([("a".into(), "b".into())].into())),
            Seen::Changed
        );
        assert_eq!(next("3", &|one| one.metadata.generation = Some(2)), Seen::Renewed);
        let look = (names::RECONCILE_REQUESTED.to_owned(), "now".to_owned());
        assert_eq!(next("4", &|one| one.metadata.annotations = Some([look.clone()].into())), Seen::Renewed);
        assert_eq!(next("5", &|one| one.status = Some(BundleDeploymentStatus::default())), Seen::Changed);
    }

    #[test]
    fn a_list_counts_though_the_data_of_the_api_server_is_of_yesterday() {
        let deployments = Deployments::default();
        deployments.is(deployment("100", "a"));
        deployments.wrote(deployment("101", "a"));
        assert_eq!(deployments.is(deployment("50", "b")), Seen::Known, "an event that comes late");
        deployments.begin_anew();
        assert_eq!(deployments.listed(deployment("50", "b")), Seen::Replaced);
        assert_eq!(deployments.is(deployment("51", "b")), Seen::Changed);
        // What is written while a list is on its way is newer than that.
        deployments.begin_anew();
        deployments.wrote(deployment("53", "b"));
        assert_eq!(deployments.listed(deployment("52", "b")), Seen::Known);
        assert_eq!(version(&deployments), "53");
        assert_eq!(deployments.is(deployment("53", "b")), Seen::Known);
        assert_eq!(deployments.listed(deployment("53", "b")), Seen::Known);
    }

    #[test]
    fn another_class_is_another_thing() {
        let deployments = Deployments::default();
        deployments.is(deployment("1", "a"));
        assert_eq!(deployments.is(deployment("2", "b")), Seen::Replaced);
        assert_eq!(deployments.is(deployment("2", "b")), Seen::Known);
    }

    #[test]
    fn what_is_gone_does_not_come_back_by_what_we_wrote() {
        let deployments = Deployments::default();
        deployments.is(deployment("1", "a"));
        deployments.was("web");
        deployments.wrote(deployment("2", "a"));
        assert!(deployments.get("web").is_none());
        deployments.is(deployment("3", "a"));
        assert_eq!(deployments.only(&BTreeSet::new()), ["web"]);
        assert!(deployments.all().is_empty());
    }
}
