//! What all reconciles share. Made once; handles are cheap clones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;
use rukpak_api::{BundleDeployment, names};
use rukpak_apply::cluster::{ActingError, Cluster, Login};
use rukpak_apply::engine::{Engine, Options, Owners};
use rukpak_apply::rights::ServiceAccount;
use rukpak_apply::watch::Watches;
use rukpak_apply::{Discovery, ServedKinds};
use rukpak_bundle::Capabilities;
use tokio::join;
use tokio::time::Instant;

use crate::contested::Contested;
use crate::deployments::Deployments;
use crate::events::Events;
use crate::format::Format;
use crate::metrics::{Metrics, Step};
use crate::places::Places;
use crate::report::Report;
use crate::request::Request;
use crate::room::Room;
use crate::sources::Sources;
use crate::turns::Turns;
use crate::writer::Writer;

/// How long a step waits for a webhook or the server before it lets others have its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it waits for an object of which a watch tells: many that never become what others wait for, or never go, are to leave the
/// turns to those that do.
const WAIT: Duration = Duration::from_secs(1);

/// What all reconciles share.
pub(crate) struct Context {
    pub(crate) login: Login,
    pub(crate) cluster: Cluster,
    pub(crate) deployments: Deployments,
    pub(crate) discovery: Arc<Discovery>,
    pub(crate) watches: Watches,
    pub(crate) sources: Arc<Sources>,
    pub(crate) format: Arc<dyn Format>,
    pub(crate) owners: Arc<dyn Owners>,
    pub(crate) events: Events,
    /// What the server said of its version last.
    pub(crate) version: Mutex<String>,
    /// Where the content is handed out, up to the name.
    pub(crate) content_url: String,
    /// Whether nobody is installed with our own rights.
    pub(crate) requires_account: bool,
    pub(crate) metrics: Metrics,
    pub(crate) accounts: Accounts,
    pub(crate) hopeless: Hopeless,
    pub(crate) failing: Failing,
    pub(crate) looked_up: LookedUp,
    pub(crate) contested: Contested,
    pub(crate) waiting: Waiting,
    pub(crate) awaited: Awaited,
    pub(crate) room: Room,
    pub(crate) turns: Turns,
    pub(crate) places: Places,
}

impl Context {
    /// Whether a `BundleDeployment` is one of ours.
    pub(crate) fn is_ours(&self, deployment: &BundleDeployment) -> bool {
        deployment.spec.provisioner_class_name == self.format.class()
    }

    /// One is gone, or not ours: it needs nothing.
    pub(crate) fn forget(&self, name: &str) {
        self.watches.forget(name);
        self.awaited.set(name, BTreeSet::new());
        self.contested.forget(name);
        self.hopeless.forget(name);
        self.failing.forget(name);
        self.looked_up.forget(name);
        self.waiting.forget(name);
    }

    /// Where what is reported on one is written.
    pub(crate) fn writer(&self, deployment: &BundleDeployment, report: Report) -> Writer {
        let (cluster, deployments) = (self.cluster.clone(), self.deployments.clone());
        Writer::new(cluster, deployments, self.events.clone(), deployment.clone(), report)
    }

    /// An engine that acts as this one, and does not ask for what is known.
    pub(crate) fn engine(&self, acting: Cluster, options: Options) -> Engine {
        Engine::new(acting, Arc::clone(&self.owners), options).knowing(self.watches.known())
    }

    /// Who reads the Secret that the source of one names: where it may do nothing by our rights, neither may it send what a Secret says
    /// to a server of its choice, and the account that it acts as reads.
    pub(crate) fn reader<'a>(&'a self, acting: &'a Cluster) -> &'a Cluster {
        if self.requires_account { acting } else { &self.cluster }
    }

    /// Does a step, and counts how long it takes.
    pub(crate) fn timed<'a, T>(
        &'a self,
        step: Step,
        work: impl Future<Output = T> + Send + 'a,
    ) -> BoxFuture<'a, T> {
        let start = Instant::now();
        Box::pin(work.inspect(move |_| self.metrics.step(step, start.elapsed())))
    }

    /// What the cluster can do, for a conversion.
    pub(crate) fn capabilities(&self, served: &ServedKinds) -> Capabilities {
        let version = self.version.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let of_version = Capabilities::of_kube_version(&version).unwrap_or_default();
        Capabilities { served: Some(served.iter().map(|(gvk, _)| gvk.clone()).collect()), ..of_version }
    }

    /// Asks anew what the cluster can do, for a bundle that needs more: it may have been upgraded. What it serves now, where it can do
    /// something else than it was known to.
    pub(crate) async fn ask_again(&self, served: &Arc<ServedKinds>) -> Option<Arc<ServedKinds>> {
        let (version, now) = join!(self.cluster.version(), self.discovery.missed(served));
        let is_other = version.is_ok_and(|version| {
            let mut known = self.version.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *known, version.clone()) != version
        });
        let now = now.unwrap_or_else(|_| Arc::clone(served));
        (is_other || !Arc::ptr_eq(&now, served)).then_some(now)
    }
}

/// How the objects of a `BundleDeployment` are applied.
pub(crate) fn options(request: &Request) -> Options {
    let Request { collision_protection, force, enforcement, waivers, .. } = request;
    Options {
        collision_protection: *collision_protection,
        force: *force,
        enforcement: *enforcement,
        waivers: waivers.clone(),
        verify_rights: false,
        patience: PATIENCE,
        wait: Some(WAIT),
    }
}

/// How what is owned is looked for, looked at and given back, about which no request says anything.
pub(crate) fn own_options() -> Options {
    Options { patience: PATIENCE, wait: Some(WAIT), ..Options::default() }
}

/// Connections that act as `ServiceAccounts`, kept since each is one of its own.
#[derive(Default)]
pub(crate) struct Accounts(Mutex<BTreeMap<ServiceAccount, Cluster>>);

impl Accounts {
    /// How many are kept.
    const KEPT: usize = 64;

    /// A connection that acts as a `ServiceAccount`, as it was when somebody looked last; without one, ours.
    pub(crate) async fn known(
        &self,
        context: &Context,
        account: Option<&ServiceAccount>,
    ) -> Result<Cluster, ActingError> {
        let Some(account) = account else { return Ok(context.cluster.clone()) };
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(account).cloned();
        match known {
            Some(known) => Ok(known),
            None => self.verified(context, account).await,
        }
    }

    /// A connection that acts as a `ServiceAccount` that is there, and as which we may act.
    pub(crate) async fn verified(
        &self,
        context: &Context,
        account: &ServiceAccount,
    ) -> Result<Cluster, ActingError> {
        let acting = Cluster::acting_as(context.login.clone(), account).await;
        let acting = acting.map(|acting| acting.metered(Arc::new(context.metrics.clone())));
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match acting {
            Ok(acting) => {
                if all.len() >= Self::KEPT && !all.contains_key(account) {
                    all.pop_first();
                }
                all.insert(account.clone(), acting.clone());
                Ok(acting)
            }
            Err(error) => {
                all.remove(account);
                Err(error)
            }
        }
    }
}

/// The attempt that each `BundleDeployment` is at, by its name, and something about that, such as a time.
struct Attempts<T>(Mutex<BTreeMap<String, (Attempt, T)>>);

/// What an attempt depends on that a person decides about.
type Attempt = (Option<String>, Option<i64>, Option<String>);

impl<T> Default for Attempts<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Attempts<T> {
    /// What is known of an attempt.
    fn get(&self, deployment: &BundleDeployment) -> Option<T> {
        let all = self.lock();
        let (of, known) = all.get(&deployment.name_any())?;
        (*of == attempt(deployment)).then(|| known.clone())
    }

    /// Sets what is known of an attempt. The one before it is over.
    fn set(&self, deployment: &BundleDeployment, known: T) {
        self.lock().insert(deployment.name_any(), (attempt(deployment), known));
    }

    fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (Attempt, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn attempt(deployment: &BundleDeployment) -> Attempt {
    (deployment.uid(), deployment.metadata.generation, requested_at(deployment).map(str::to_owned))
}

/// What failed for good, and when: it is not tried again before somebody changes something, or a tag may have moved.
#[derive(Default)]
pub(crate) struct Hopeless(Attempts<Timestamp>);

impl Hopeless {
    /// Whether there is no hope for one now.
    pub(crate) fn contains(&self, deployment: &BundleDeployment, now: Timestamp) -> bool {
        let Some(failed) = self.0.get(deployment) else { return false };
        let again = poll_interval(deployment).and_then(|interval| failed.checked_add(interval).ok());
        // A clock that was ahead says nothing.
        again.is_none_or(|again| failed <= now && now < again)
    }

    pub(crate) fn insert(&self, deployment: &BundleDeployment, now: Timestamp) {
        self.0.set(deployment, now);
    }

    pub(crate) fn forget(&self, name: &str) {
        self.0.forget(name);
    }
}

/// When it was found out last what a tag, a branch or a URL means. Where that is what it was before, no status says it: who looks every
/// minute would write every minute. Whoever starts looks once.
#[derive(Default)]
pub(crate) struct LookedUp(Attempts<Timestamp>);

impl LookedUp {
    pub(crate) fn get(&self, deployment: &BundleDeployment) -> Option<Timestamp> {
        self.0.get(deployment)
    }

    pub(crate) fn set(&self, deployment: &BundleDeployment, now: Timestamp) {
        self.0.set(deployment, now);
    }

    pub(crate) fn forget(&self, name: &str) {
        self.0.forget(name);
    }
}

/// Which sources failed, and what was said of that: before their time for another try has come, or somebody changes something, they are
/// not asked again, whatever else happens.
#[derive(Default)]
pub(crate) struct Failing {
    /// Where it was to be found out what they mean now.
    now: Attempts<String>,
    /// Where what they were pinned to was to be fetched.
    pinned: Attempts<String>,
}

impl Failing {
    /// What was said of one, if it failed.
    pub(crate) fn get(&self, deployment: &BundleDeployment, is_pinned: bool) -> Option<String> {
        self.of(is_pinned).get(deployment)
    }

    /// One has failed, of which this was said, or has not.
    pub(crate) fn set(&self, deployment: &BundleDeployment, is_pinned: bool, said: Option<String>) {
        match said {
            Some(said) => self.of(is_pinned).set(deployment, said),
            None => self.of(is_pinned).forget(&deployment.name_any()),
        }
    }

    pub(crate) fn forget(&self, name: &str) {
        self.now.forget(name);
        self.pinned.forget(name);
    }

    fn of(&self, is_pinned: bool) -> &Attempts<String> {
        if is_pinned { &self.pinned } else { &self.now }
    }
}

/// What waits for objects of its own before it writes others, or is tried again, and since when.
#[derive(Default)]
pub(crate) struct Waiting(Attempts<Timestamp>);

impl Waiting {
    /// Since when one waits: now, if it did not before.
    pub(crate) fn since(&self, deployment: &BundleDeployment, now: Timestamp) -> Timestamp {
        self.0.get(deployment).unwrap_or_else(|| {
            self.0.set(deployment, now);
            now
        })
    }

    pub(crate) fn forget(&self, name: &str) {
        self.0.forget(name);
    }
}

/// Which `BundleDeployments` wait for which namespaces.
#[derive(Default)]
pub(crate) struct Awaited(Mutex<BTreeMap<String, BTreeSet<String>>>);

impl Awaited {
    /// The namespaces that one waits for from now on.
    pub(crate) fn set(&self, name: &str, namespaces: BTreeSet<String>) {
        let mut all = self.lock();
        if namespaces.is_empty() {
            all.remove(name);
        } else {
            all.insert(name.to_owned(), namespaces);
        }
    }

    /// Those that wait for a namespace.
    pub(crate) fn by(&self, namespace: &str) -> Vec<String> {
        let all = self.lock();
        let by = all.iter().filter(|(_, namespaces)| namespaces.contains(namespace));
        by.map(|(name, _)| name.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, BTreeSet<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often a tag, a branch or an archive is looked at anew.
pub(crate) fn poll_interval(deployment: &BundleDeployment) -> Option<SignedDuration> {
    deployment.spec.source.poll_interval_minutes.map(|minutes| SignedDuration::from_mins(minutes.into()))
}

/// When somebody asked for a new look, in their own words.
pub(crate) fn requested_at(deployment: &BundleDeployment) -> Option<&str> {
    deployment.annotations().get(names::RECONCILE_REQUESTED).map(String::as_str)
}

/// The time.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_a_namespace_is_known_until_they_do_not() {
        let (awaited, set) =
            (Awaited::default(), |all: &[&str]| all.iter().map(|name| (*name).into()).collect());
        awaited.set("web", set(&["a", "b"]));
        awaited.set("other", set(&["b"]));
        assert_eq!(awaited.by("a"), ["web"]);
        assert_eq!(awaited.by("b"), ["other", "web"]);
        awaited.set("web", set(&[]));
        assert_eq!(awaited.by("a"), [""; 0]);
        assert_eq!(awaited.by("b"), ["other"]);
    }
}
