//! From what happens in the cluster to reconciles.
//!
//! In: the watches of `BundleDeployments`, of what they own, of the Secrets and `ConfigMaps` that their sources name, and of namespaces.
//! Out: names in the queue, and workers that take them from there.

use std::any::Any;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, Stream, StreamExt as _};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::core::DeserializeGuard;
use kube::core::PartialObjectMeta;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, ResourceExt as _};
use rukpak_api::names::BUNDLE_DEPLOYMENT;
use rukpak_api::{BundleDeployment, BundleSource, condition};
use rukpak_apply::watch::{Pace, Trigger, Triggers};
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::conditions;
use crate::context::Context;
use crate::deployments::{Deployments, Seen};
use crate::error::chain;
use crate::metrics::Reconciled;
use crate::queue::{Again, Job, Queue};
use crate::reconcile::{panicked, reconcile};
use crate::server::Check;
use crate::sources;
use crate::turns::{Turn, Worker};

/// Seconds that a watch lasts before the next goes on where it was. Whoever hears nothing for longer has a connection that is dead.
const WATCH: u32 = 140;

/// Follows all objects that are asked for, for ever.
fn follow<K>(api: Api<K>) -> impl Stream<Item = Result<Event<K>, watcher::Error>>
where
    K: kube::Resource + DeserializeOwned + Clone + Debug + Send + 'static,
{
    watcher(api, watcher::Config::default().timeout(WATCH)).backoff(Waits::default())
}

/// The waits of our other watches, too: those that are usual grow to half a minute.
#[derive(Default)]
struct Waits(Pace);

impl Iterator for Waits {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(self.0.wait())
    }
}

impl Backoff for Waits {
    fn reset(&mut self) {
        self.0.worked();
    }
}

/// Follows the `BundleDeployments` of the cluster, of every class: who changes their class has to be noticed. Ready when all of them are
/// known.
pub(crate) async fn follow_deployments(
    client: Client,
    deployments: Deployments,
    queue: Arc<Queue>,
    check: Check,
) {
    let api: Api<DeserializeGuard<BundleDeployment>> = Api::all(client);
    let mut events = std::pin::pin!(follow(api));
    let (mut listed, mut are_known) = (BTreeSet::new(), false);
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => {
                listed.clear();
                deployments.begin_anew();
            }
            Ok(Event::InitApply(one)) => {
                listed.insert(one.name_any());
                seen(&queue, one, |one| deployments.listed(one));
            }
            Ok(Event::InitDone) => {
                for gone in deployments.only(&listed) {
                    queue.gone(&gone);
                }
                listed.clear();
                are_known = true;
                check.ready();
            }
            Ok(Event::Apply(one)) => seen(&queue, one, |one| deployments.is(one)),
            Ok(Event::Delete(one)) => {
                deployments.was(&one.name_any());
                queue.gone(&one.name_any());
            }
            Err(error) => {
                // Whoever knows them all is ready, also where a watch goes on from where it was, which nothing tells.
                if !are_known {
                    check.waiting(told(&error));
                }
                tracing::warn!(error = %chain(&error), "the watch of BundleDeployments begins anew");
            }
        }
    }
}

/// What is waited for, where it is not known yet which `BundleDeployments` there are.
fn told(error: &watcher::Error) -> String {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status)) if status.code == 404 => {
            let [group, _, _, plural] = BUNDLE_DEPLOYMENT;
            format!("the definition {plural}.{group} is not there")
        }
        error => chain(error),
    }
}

fn seen(queue: &Queue, one: DeserializeGuard<BundleDeployment>, told: impl FnOnce(BundleDeployment) -> Seen) {
    let name = one.name_any();
    match one.0 {
        Ok(deployment) => match told(deployment) {
            Seen::Known => {}
            Seen::Changed => queue.add(&name),
            Seen::Renewed => queue.renew(&name),
            Seen::Replaced => queue.restart(&name),
        },
        Err(error) => {
            tracing::warn!(name, error = %error.error, "a BundleDeployment is not as its definition says");
        }
    }
}

/// Follows the Secrets and `ConfigMaps` of a namespace, and looks again at whoever names one that is new or changed.
pub(crate) async fn follow_sources(
    client: Client,
    context: Arc<Context>,
    queue: Arc<Queue>,
    namespace: String,
) {
    let secrets = Api::<PartialObjectMeta<Secret>>::namespaced(client.clone(), &namespace);
    let maps = Api::<PartialObjectMeta<ConfigMap>>::namespaced(client, &namespace);
    tokio::join!(
        follow_named(follow(secrets), sources::secrets, &context, &queue),
        follow_named(follow(maps), sources::config_maps, &context, &queue)
    );
}

/// Follows objects of a kind that sources name.
async fn follow_named<K: kube::Resource>(
    events: impl Stream<Item = Result<Event<K>, watcher::Error>>,
    names: fn(&BundleSource) -> BTreeSet<&str>,
    context: &Context,
    queue: &Queue,
) {
    let mut events = std::pin::pin!(events);
    let mut is_known = false;
    while let Some(event) = events.next().await {
        let name = match event {
            Ok(Event::Apply(object) | Event::Delete(object)) => Some(object.name_any()),
            // What happened meanwhile is not told.
            Ok(Event::InitDone) if std::mem::replace(&mut is_known, true) => None,
            Ok(Event::Init | Event::InitApply(_) | Event::InitDone) => continue,
            Err(error) => {
                tracing::debug!(%error, "a watch begins anew");
                continue;
            }
        };
        for deployment in context.deployments.all() {
            let all = names(&deployment.spec.source);
            let is_named = name.as_ref().map_or(!all.is_empty(), |name| all.contains(name.as_str()));
            if is_named && context.is_ours(&deployment) {
                let name = deployment.name_any();
                context.hopeless.forget(&name);
                context.failing.forget(&name);
                queue.add(&name);
            }
        }
    }
}

/// Follows the namespaces of the cluster, and looks again at whoever waits for one that is new, changed or gone.
pub(crate) async fn follow_namespaces(client: Client, context: Arc<Context>, queue: Arc<Queue>) {
    let api = Api::<PartialObjectMeta<Namespace>>::all(client);
    let mut events = std::pin::pin!(follow(api));
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Apply(namespace) | Event::InitApply(namespace) | Event::Delete(namespace)) => {
                for name in context.awaited.by(&namespace.name_any()) {
                    queue.add(&name);
                }
            }
            Ok(Event::Init | Event::InitDone) => {}
            Err(error) => tracing::debug!(%error, "the watch of namespaces begins anew"),
        }
    }
}

/// Looks again at whose objects are not as they were found to be, and, where other kinds are served, at who may have missed one.
pub(crate) async fn follow_objects(mut triggers: Triggers, context: Arc<Context>, queue: Arc<Queue>) {
    while let Some(trigger) = triggers.next().await {
        match trigger {
            Trigger::Owner { name, .. } => queue.add(&name),
            Trigger::Served => {
                for deployment in context.deployments.all() {
                    let status = deployment.status.as_ref();
                    let is_waiting = status
                        .is_none_or(|status| conditions::is_true(&status.conditions, condition::RECONCILING));
                    if is_waiting && context.is_ours(&deployment) {
                        queue.add(&deployment.name_any());
                    }
                }
            }
        }
    }
}

/// Works on what is in the queue until that is closed and all work is done, which goes on in these tasks.
pub(crate) async fn work(context: &Arc<Context>, queue: &Arc<Queue>, jobs: &mut JoinSet<()>) {
    while let Some(mut job) = queue.take().await {
        // Behind those that have fetched something.
        let turn = context.turns.take().await;
        if queue.is_closed() {
            break;
        }
        while jobs.try_join_next().is_some() {}
        job.begin();
        jobs.spawn(work_off(Arc::clone(context), turn, job));
    }
    while jobs.join_next().await.is_some() {}
}

async fn work_off(context: Arc<Context>, turn: Turn, job: Job) {
    let start = Instant::now();
    let span = tracing::info_span!("reconcile", name = job.name());
    let kept = context.places.kept_for(job.name());
    let worker = Worker { turn, kept, is_early: job.is_early(), renewed: job.renewed() };
    let (again, how) = async {
        match caught(work_on(&context, &worker, &job)).await {
            Ok(done) => done,
            Err(what) => (panicked(&context, job.name(), what).await, Reconciled::Panicked),
        }
    }
    .instrument(span)
    .await;
    context.metrics.reconciled(how, start.elapsed());
    job.done(again);
    // A place of it may be another one's now.
    drop(worker);
}

/// Does something that may come upon a bug of ours, which says what it is. Locks are taken whatever became of who had them, and each
/// change under one is whole.
async fn caught<T>(work: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| text_of(&*panic))
}

/// What a panic says, which is a text where it is one of `panic!`.
fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "it does not say what".to_owned())
}

async fn work_on(context: &Context, worker: &Worker, job: &Job) -> (Again, Reconciled) {
    let again = tokio::select! {
        // Whatever was begun is in the inventory.
        () = job.cancelled() => return (Again::OnRequest, Reconciled::Cancelled),
        again = Box::pin(reconcile(context, worker, job.name())) => again,
    };
    let now = context.deployments.get(job.name());
    let conditions = now.iter().flat_map(|now| &now.status).map(|status| status.conditions.as_slice()).next();
    let holds = |kind| conditions.is_some_and(|conditions| conditions::is_true(conditions, kind));
    let how = match again {
        Again::Blocked | Again::Later | Again::LaterAndAfter(_) => Reconciled::Retried,
        Again::Soon | Again::Waiting => Reconciled::Progressing,
        _ if holds(condition::STALLED) => Reconciled::Stalled,
        _ if holds(condition::RECONCILING) => Reconciled::Progressing,
        _ => Reconciled::Settled,
    };
    (again, how)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::Room;

    use rukpak_tree::{FileTree, Limits};
    use serde_json::{Value, json};

    /// As one that a later version of the definition takes, and we do not know.
    #[tokio::test]
    async fn one_that_cannot_be_read_holds_up_nobody() {
        let (queue, deployments) = (Arc::new(Queue::default()), Deployments::default());
        let tell = |name: &str, source: Value| {
            let spec = json!({"provisionerClassName": "a", "source": source});
            let one = json!({"metadata": {"name": name}, "spec": spec});
            seen(&queue, serde_json::from_value(one).unwrap(), |one| deployments.is(one));
        };
        tell("unreadable", json!(7));
        tell("web", json!({"type": "image", "image": {"ref": "b"}}));
        assert_eq!(queue.lengths(), [1, 0]);
        assert_eq!(queue.take().await.unwrap().name(), "web");
    }

    #[tokio::test]
    async fn a_bug_is_told_wherever_it_shows() {
        let files = FileTree::from_files([("manifests/a.yaml", "a: 1")], &Limits::default()).unwrap();
        let room = Room::default();
        let reading = room.to_read(&files).await;
        let on_a_thread = async {
            reading.blocking(|| panic!("on a {}", "thread")).await.unwrap();
        };
        assert_eq!(caught(on_a_thread).await, Err("on a thread".to_owned()));
        assert_eq!(caught(async { panic!("here") }).await, Err::<(), _>("here".to_owned()));
        assert_eq!(caught(async { 1 }).await, Ok(1));
        // And the room is free.
        drop(reading);
        drop(room.to_read(&files).await);
    }
}
