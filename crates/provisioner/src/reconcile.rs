//! One look at one `BundleDeployment`: the whole way from its source to its status.

mod failure;
mod health;
mod look;
mod namespace;
mod pin;
mod progress;
mod rotation;
mod running;
mod teardown;
mod timers;
mod work;

use std::collections::BTreeSet;
use std::sync::Arc;

use rukpak_api::names::BUNDLE_DEPLOYMENT;
use rukpak_api::{Bundle, BundleDeployment, condition, reason};
use rukpak_apply::cluster::Cluster;
use rukpak_apply::engine::{Action, Applied, Checked, Engine};
use rukpak_apply::probe::Probes;
use rukpak_apply::{ObjectId, Owner, ServedKinds, Shown};
use rukpak_certificates::{Certificates, Rotation};
use rukpak_unpacker::BundleDir;
use tokio::time::{Instant, sleep};

use crate::conditions;
use crate::context::{Context, now, own_options};
use crate::error::ReconcileError;
use crate::format::{Content, Manifests, Wish};
use crate::metrics::Step;
use crate::queue::Again;
use crate::report::Report;
use crate::request::Request;
use crate::room::Reading;
use crate::turns::Worker;
use crate::writer::{self, Writer};
use look::Look;
use pin::NotLookedUp;
use progress::{Waits, with_progress};
use work::Work;

/// Looks at a `BundleDeployment`, and does what there is to do. When there is another look to be.
pub(crate) async fn reconcile(context: &Context, worker: &Worker, name: &str) -> Again {
    let Some(deployment) = context.deployments.get(name) else {
        context.forget(name);
        return Again::OnRequest;
    };
    // Whatever event led here: those of another class are never touched.
    if !context.is_ours(&deployment) {
        context.forget(name);
        return Again::OnRequest;
    }
    if deployment.metadata.deletion_timestamp.is_some() {
        return teardown::tear_down(context, &deployment).await;
    }
    if context.hopeless.contains(&deployment, now()) {
        let again = timers::until_poll(&deployment, context.looked_up.get(&deployment), now());
        if !running::is_kept(context, &deployment) {
            health::report(context, &deployment).await; // cluster
            return again;
        }
        return running::keep(context, worker, &deployment, again).await;
    }
    let mut report = Report::of(&deployment, now);
    pin::forget_what_is_outdated(&deployment, &mut report);
    let writer = context.writer(&deployment, report);
    let deployment = match namespace::find_again(context, &deployment, &writer).await {
        Ok(true) => Arc::new(BundleDeployment {
            status: Some(writer.reported().await),
            ..BundleDeployment::clone(&deployment)
        }),
        Ok(false) => deployment,
        Err(error) => {
            tracing::warn!(%error, "the namespace that it is installed into cannot be found again");
            return Again::Later;
        }
    }; // cluster
    let again = match drive_to_the_end(context, worker, &deployment, &writer).await {
        Ok(again) => {
            context.hopeless.forget(name);
            context.waiting.forget(name);
            context.awaited.set(name, BTreeSet::new());
            again
        }
        Err(error) => {
            context.awaited.set(name, error.namespaces());
            let again = failure::report(context, &deployment, &writer, &error).await;
            if error.is_of_the_version() && !writer.has_saved().await && !writer.is_behind().await {
                running::keep(context, worker, &writer.live().await, again).await
            } else {
                again
            }
        }
    };
    if writer.is_behind().await { Again::Soon } else { again }
}

/// Reports that a look came upon a bug of ours: it is tried again, and others are looked at all the same. When there is another look to
/// be.
pub(crate) async fn panicked(context: &Context, name: &str, what: String) -> Again {
    tracing::error!("the reconcile panicked: {what}");
    let deployment = context.deployments.get(name).filter(|found| context.is_ours(found));
    // What one that goes owns is told by its teardown alone.
    let Some(deployment) = deployment.filter(|found| found.metadata.deletion_timestamp.is_none()) else {
        return Again::Later;
    };
    let writer = context.writer(&deployment, Report::of(&deployment, now));
    failure::report(context, &deployment, &writer, &ReconcileError::Panicked(what)).await
}

/// How far it went.
enum Driven {
    /// To the end; when there is another look to be.
    Whole(Again),
    /// Everything is in the cluster already, and healthy: the time for these certificates has come.
    Until(Certificates),
}

/// From the source to the status, and once more where the time for other certificates has come meanwhile. When there is another look to
/// be.
async fn drive_to_the_end(
    context: &Context,
    worker: &Worker,
    deployment: &BundleDeployment,
    writer: &Writer,
) -> Result<Again, ReconcileError> {
    let next = match Box::pin(drive(context, worker, deployment, writer, None)).await? {
        Driven::Whole(again) => return Ok(again),
        Driven::Until(next) => next,
    };
    tracing::info!("the certificates of webhooks take their next step");
    worker.turn.meanwhile(sleep(rotation::HEARD)).await;
    let deployment = BundleDeployment { status: Some(writer.reported().await), ..deployment.clone() };
    match Box::pin(drive(context, worker, &deployment, writer, Some(next))).await? {
        Driven::Whole(again) => Ok(again),
        Driven::Until(_) => Ok(Again::Soon),
    }
}

/// From the source to the status, step by step. Where nothing is new, all of it comes from disk and memory.
///
/// Certificates are those of the cluster, or the first step to others, unless their `next` step is given.
async fn drive(
    context: &Context,
    worker: &Worker,
    deployment: &BundleDeployment,
    writer: &Writer,
    next: Option<Certificates>,
) -> Result<Driven, ReconcileError> {
    let (request, acting, pin::Fetched { files, not_looked_up }) =
        begin(context, worker, deployment, writer).await?;
    let mut served = context.discovery.served().await?; // cluster
    let wish = |served: &ServedKinds| Wish {
        config: deployment.spec.config.clone(),
        namespace: request.namespace.clone(),
        capabilities: context.capabilities(served),
    };
    let reading = context.room.to_read(files.tree()).await;
    let read = |wish| context.timed(Step::Read, read(context, &reading, Arc::clone(&files), wish));
    let mut loaded = read(wish(&served)).await; // pure
    if loaded.as_ref().is_err_and(ReconcileError::is_of_cluster)
        && let Some(now) = context.ask_again(&served).await
    {
        served = now; // cluster
        loaded = read(wish(&served)).await; // pure
    }
    let loaded = loaded?;
    let (bundle, namespace) = (loaded.bundle(), loaded.namespace());
    let is_next = next.is_some();
    let rotation = rotation::step(&acting, loaded.certificates(), next).await?; // cluster
    let Rotation { certificates, then, good_for } = rotation;
    let manifests = reading.blocking(move || loaded.manifests(certificates)); // pure
    let Manifests { set, warnings } = context.timed(Step::Convert, manifests).await??;
    let room = reading.done(&set).await;
    let is_news = writer.note(|report| report.loaded(&can_be_installed(&bundle, &warnings))).await;
    if is_news && !warnings.is_empty() {
        writer.warn(reason::BUNDLE_LOADED, &warnings.join("; ")).await;
    }

    let mut work = Work::new(set, owner(deployment), namespace, work::inventory(deployment), room);
    let (plan, served) = context.timed(Step::Plan, work.plan_of_what_is_served(context, served)).await?; // pure, cluster
    context.watches.need(&work.owner.name, &work.kinds(&plan));
    let is_first = request.account.is_some() && !request.is_paused && !is_installed(deployment);
    let look = Look { context, request: &request, writer, work: &work, served: &served, is_first };
    let (engine, mut checked) = look.look(acting, plan).await?; // cluster
    if work.inventory.is_empty() && has_some(&checked) {
        checked = look_at_what_is_found(context, &engine, &mut work, writer, &served).await?; // cluster
    }
    let otherwise = if request.is_paused { work::difference(&checked) } else { None };
    if let Some(otherwise) = otherwise.as_ref().filter(|_| !checked.is_settled()) {
        let reported = BundleDeployment { status: Some(writer.reported().await), ..deployment.clone() };
        let health = health::of_what_runs(context, &reported).await; // cluster
        writer
            .tell(|report| {
                if let Some(health) = &health {
                    report.health(health);
                }
                report.paused(otherwise);
            })
            .await?; // cluster
        return Ok(Driven::Whole(Again::OnRequest));
    }
    let was_settled = checked.is_settled();
    let repaired = if is_next { None } else { first_repaired(deployment, &checked) };
    let waits = Waits::new(&context.metrics);
    let write = with_progress(writer, Report::waiting, &waits, engine.write(checked, writer, &waits));
    let applied = match context.timed(Step::Write, write).await {
        Ok(applied) => applied, // cluster
        Err(error) if writer.has_saved().await => return Err(ReconcileError::Write(error)),
        Err(error) => return Err(ReconcileError::Look(error)),
    };
    writer.note(|report| report.applied(bundle)).await;
    if let Some(id) = repaired.filter(|_| context.contested.repaired(&work.owner.name, Instant::now())) {
        let text = format!("somebody else changes it again and again when it was set right: {}", Shown(&id));
        writer.warn(reason::CONTESTED, &text).await;
    }
    let probes = Probes::default();
    let summary = context.timed(Step::Observe, engine.observe(&applied, &probes)).await?; // cluster
    let has_leftovers = !applied.plan().prune().is_empty();
    let is_well = summary.is_healthy() && !request.is_paused;
    if has_leftovers && is_well {
        // It may take its time.
        writer.note(|report| report.health(&summary)).await;
        prune(context, writer, &engine, applied, &waits).await?; // cluster
    }
    let is_rotating = is_well && (is_next || then.is_some());
    if let Some(then) = then.filter(|_| is_rotating && was_settled && !has_leftovers) {
        return Ok(Driven::Until(then));
    }
    let minutes = deployment.spec.progress_deadline_minutes;
    let again = writer
        .note(|report| {
            report.observed(&summary); // pure
            note_besides(report, &request, otherwise.as_deref(), not_looked_up.as_ref());
            timers::after_look(report, minutes, now())
        })
        .await;
    writer.tell(|_| ()).await?; // cluster
    Ok(Driven::Whole(match not_looked_up {
        Some(NotLookedUp::Trouble(_)) => Again::Later,
        _ if is_rotating => Again::Soon,
        Some(NotLookedUp::NoPlace) => Again::Waiting,
        None => {
            let live = writer.live().await;
            let poll = timers::until_poll(&live, context.looked_up.get(&live), now());
            timers::earliest([again, poll, timers::until_rotation(good_for)])
        }
    }))
}

/// Notes what there is to say beside how the objects are doing. Pure.
fn note_besides(
    report: &mut Report,
    request: &Request,
    otherwise: Option<&str>,
    not_looked_up: Option<&NotLookedUp>,
) {
    if request.is_paused {
        report.paused(otherwise.unwrap_or("everything is as it should be"));
    }
    if let Some(NotLookedUp::Trouble(trouble)) = not_looked_up {
        report.troubled(reason::RETRYING, trouble);
    }
}

/// What is wished, who acts, and the content. Meanwhile our finalizer is put on, before which nothing else is written.
async fn begin(
    context: &Context,
    worker: &Worker,
    deployment: &BundleDeployment,
    writer: &Writer,
) -> Result<(Request, Cluster, pin::Fetched), ReconcileError> {
    let source = async {
        let request = Request::of(deployment, context.requires_account)?; // pure
        let acting = context.accounts.known(context, request.account.as_ref()).await?; // cluster
        let fetch = pin::fetch(context, worker, context.reader(&acting), deployment, &request, writer);
        let fetched = context.timed(Step::Unpack, fetch).await?; // disk, network
        Ok((request, acting, fetched))
    };
    let held = writer.hold(); // cluster
    tokio::pin!(source, held);
    tokio::select! {
        // Whoever may not write need not fetch.
        held = &mut held => {
            held?;
            source.await
        }
        source = &mut source => {
            held.await?;
            source
        }
    }
}

/// Deletes what the version before had.
async fn prune(
    context: &Context,
    writer: &Writer,
    engine: &Engine,
    applied: Applied,
    waits: &Waits<'_>,
) -> Result<(), ReconcileError> {
    writer
        .tell(|report| {
            report.prunes("what the version before had, and this one has not, is being deleted");
        })
        .await?; // cluster
    // A definition of the new version may be what the old object is of.
    let served = context.discovery.served().await?; // cluster
    let prune = engine.prune(applied, &served, writer, waits);
    let pruned = with_progress(writer, Report::pruning, waits, prune);
    let pruned = context.timed(Step::Prune, pruned).await; // cluster
    pruned.map(drop).map_err(ReconcileError::Prune)
}

/// Finds out what is owned where the status was lost, or the object was restored without it; and looks at that. We look for it by our own
/// rights: who acts need not be allowed to list what it may write.
async fn look_at_what_is_found(
    context: &Context,
    engine: &Engine,
    work: &mut Work,
    writer: &Writer,
    served: &Arc<ServedKinds>,
) -> Result<Checked, ReconcileError> {
    let finder = context.engine(context.cluster.clone(), own_options());
    work.inventory = finder.rebuild(&work.owner, served).await?.whole()?; // cluster
    // Where there is nothing to write, nobody else would say so.
    let owned = writer::listed(&work.inventory);
    writer.note(|report| report.status_mut().inventory = Some(owned)).await;
    engine.look(work.plan(served, false).await?, served).await.map_err(ReconcileError::Look) // cluster
}

/// Reads files as a bundle, on a thread where that may take its time.
async fn read(
    context: &Context,
    room: &Reading<'_>,
    files: Arc<BundleDir>,
    wish: Wish,
) -> Result<Box<dyn Content>, ReconcileError> {
    let format = Arc::clone(&context.format);
    Ok(room.blocking(move || format.read(files.tree(), wish)).await??)
}

/// What is said of a bundle that can be installed.
fn can_be_installed(bundle: &Bundle, warnings: &[String]) -> String {
    let name = bundle.name.as_deref().unwrap_or("the bundle");
    match warnings {
        [] => format!("{name} can be installed"),
        [warning] => format!("{name} can be installed, with a warning: {warning}"),
        warnings => {
            format!("{name} can be installed, with {} warnings: {}", warnings.len(), warnings.join("; "))
        }
    }
}

fn owner(deployment: &BundleDeployment) -> Owner {
    let metadata = &deployment.metadata;
    Owner {
        kind: BUNDLE_DEPLOYMENT[2].into(),
        name: metadata.name.clone().unwrap_or_default(),
        uid: metadata.uid.clone().unwrap_or_default(),
    }
}

/// Whether all objects of this very generation were applied once.
fn is_installed(deployment: &BundleDeployment) -> bool {
    let generation = deployment.metadata.generation;
    deployment
        .status
        .as_ref()
        .is_some_and(|status| conditions::is_true_of(&status.conditions, condition::INSTALLED, generation))
}

/// The first object that is not as it was installed, where all of this generation was.
fn first_repaired(deployment: &BundleDeployment, checked: &Checked) -> Option<ObjectId> {
    let is_kept = |action: &Action| matches!(action, Action::Keep | Action::Use);
    let first = checked.steps().iter().find(|step| !is_kept(&step.action));
    first.filter(|_| is_installed(deployment)).map(|step| step.planned.id.clone())
}

/// Whether there are objects that are ours, of which no inventory knows.
fn has_some(checked: &Checked) -> bool {
    let is_there =
        |action: &Action| matches!(action, Action::Update { .. } | Action::Replace { .. } | Action::Keep);
    checked.has_predecessor() || checked.steps().iter().any(|step| is_there(&step.action))
}
