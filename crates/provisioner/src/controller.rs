//! From what happens in the cluster to reconciles.
//!
//! In: the watches of `BundleDeployments`, of what they own, of the Secrets and `ConfigMaps` that their sources name, and of namespaces.
//! Out: names in the queue, and workers that take them from there.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::core::DeserializeGuard;
use kube::core::PartialObjectMeta;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, ResourceExt as _};
use rukpak_api::{BundleDeployment, BundleSource, condition};
use rukpak_apply::watch::{Trigger, Triggers};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::conditions;
use crate::context::Context;
use crate::deployments::{Deployments, Seen};
use crate::error::chain;
use crate::metrics::Reconciled;
use crate::queue::{Again, Job, Queue};
use crate::reconcile::reconcile;
use crate::server::Check;
use crate::sources;
use crate::turns::{Turn, Worker};

/// Follows the `BundleDeployments` of the cluster, of every class: who changes their class has to be noticed. Ready when all of them are
/// known.
pub(crate) async fn follow_deployments(
    client: Client,
    deployments: Deployments,
    queue: Arc<Queue>,
    check: Check,
) {
    let api: Api<DeserializeGuard<BundleDeployment>> = Api::all(client);
    let mut events = std::pin::pin!(watcher(api, watcher::Config::default()).default_backoff());
    let (mut listed, mut are_known) = (BTreeSet::new(), false);
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => listed.clear(),
            Ok(Event::InitApply(one)) => {
                listed.insert(one.name_any());
                seen(&deployments, &queue, one);
            }
            Ok(Event::InitDone) => {
                for gone in deployments.only(&listed) {
                    queue.gone(&gone);
                }
                listed.clear();
                are_known = true;
                check.ready();
            }
            Ok(Event::Apply(one)) => seen(&deployments, &queue, one),
            Ok(Event::Delete(one)) => {
                deployments.was(&one.name_any());
                queue.gone(&one.name_any());
            }
            Err(error) => {
                // Whoever knows them all is ready, also where a watch goes on from where it was, which nothing tells.
                if !are_known {
                    check.waiting(chain(&error));
                }
                tracing::warn!(error = %chain(&error), "the watch of BundleDeployments begins anew");
            }
        }
    }
}

fn seen(deployments: &Deployments, queue: &Queue, one: DeserializeGuard<BundleDeployment>) {
    let name = one.name_any();
    match one.0 {
        Ok(deployment) => match deployments.is(deployment) {
            Seen::Known => {}
            Seen::Changed => queue.add(&name),
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
    let secrets = watcher(secrets, watcher::Config::default()).default_backoff();
    let maps = watcher(maps, watcher::Config::default()).default_backoff();
    tokio::join!(
        follow_named(secrets, sources::secrets, &context, &queue),
        follow_named(maps, sources::config_maps, &context, &queue)
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
                context.hopeless.remove(&deployment);
                queue.add(&deployment.name_any());
            }
        }
    }
}

/// Follows the namespaces of the cluster, and looks again at whoever waits for one that is new, changed or gone.
pub(crate) async fn follow_namespaces(client: Client, context: Arc<Context>, queue: Arc<Queue>) {
    let api = Api::<PartialObjectMeta<Namespace>>::all(client);
    let mut events = std::pin::pin!(watcher(api, watcher::Config::default()).default_backoff());
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
    while let Some(job) = queue.take().await {
        // Behind those that have fetched something.
        let turn = context.turns.take().await;
        if queue.is_closed() {
            break;
        }
        while jobs.try_join_next().is_some() {}
        jobs.spawn(work_off(Arc::clone(context), Arc::clone(queue), turn, job));
    }
    while jobs.join_next().await.is_some() {}
}

async fn work_off(context: Arc<Context>, queue: Arc<Queue>, turn: Turn, job: Job) {
    told(&context, &queue);
    let start = Instant::now();
    let span = tracing::info_span!("reconcile", name = job.name());
    let worker = Worker { turn, kept: context.places.kept_for(job.name()) };
    let (again, how) = work_on(&context, &worker, &job).instrument(span).await;
    context.metrics.reconciled(how, start.elapsed());
    job.done(again);
    // A place of it may be another one's now.
    drop(worker);
    told(&context, &queue);
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
        Again::Blocked | Again::Later => Reconciled::Retried,
        Again::Soon | Again::Waiting => Reconciled::Progressing,
        _ if holds(condition::STALLED) => Reconciled::Stalled,
        _ if holds(condition::RECONCILING) => Reconciled::Progressing,
        _ => Reconciled::Settled,
    };
    (again, how)
}

fn told(context: &Context, queue: &Queue) {
    let [waiting, running] = queue.lengths();
    context.metrics.queue(waiting, running);
    context.metrics.waiting_for_fetches(context.places.waiting());
}
