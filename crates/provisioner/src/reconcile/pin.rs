//! Which content a `BundleDeployment` means: what it was pinned to, or what its source means now.
//!
//! A source is looked at once for each generation, again when somebody asks for it by an annotation, and where it says so, at an
//! interval. Everything else goes by what it was pinned to then, and asks nobody.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rukpak_api::{BundleDeployment, BundleSource, reason};
use rukpak_apply::cluster::Cluster;
use rukpak_apply::rights::ServiceAccount;
use rukpak_unpacker::BundleDir;
use tokio::time::timeout;

use super::timers::poll_due;
use crate::context::{Context, now, requested_at};
use crate::error::{ReconcileError, chain};
use crate::metrics;
use crate::report::Report;
use crate::request::Request;
use crate::sources::{self, Named, SourceError, resolved};
use crate::turns::Worker;
use crate::writer::Writer;

/// How long something may take that is not reported.
const UNREPORTED: Duration = Duration::from_millis(500);

/// The content.
pub(super) struct Fetched {
    pub(super) files: Arc<BundleDir>,
    /// Why it is not known whether the source means something else by now, where that was to be found out.
    pub(super) not_looked_up: Option<NotLookedUp>,
}

/// Why it is not known what a source means by now.
pub(super) enum NotLookedUp {
    /// It was asked, and something went wrong.
    Trouble(String),
    /// Others are asked first.
    NoPlace,
}

/// What is to be fetched.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wanted<'a> {
    /// What it was pinned to.
    Pinned(&'a BundleSource),
    /// What it means now; where that cannot be known, what it was pinned to before for this very generation.
    Now(Option<&'a BundleSource>),
}

/// What an earlier generation meant says nothing about this one: it is forgotten before anything is reported on this one.
pub(super) fn forget_what_is_outdated(deployment: &BundleDeployment, report: &mut Report) {
    if wanted(deployment, None, deployment.spec.paused.unwrap_or_default(), now()) == Wanted::Now(None) {
        let status = report.status_mut();
        (status.resolved_source, status.resolved_at, status.content_url) = (None, None, None);
    }
}

/// Fetches the content, and notes what it is pinned to. The reader reads the Secret that it takes.
pub(super) async fn fetch(
    context: &Context,
    worker: &Worker,
    reader: &Cluster,
    deployment: &BundleDeployment,
    request: &Request,
    writer: &Writer,
) -> Result<Fetched, ReconcileError> {
    let looked_up = context.looked_up.get(deployment);
    let wanted = wanted(deployment, looked_up, request.is_paused, now()); // pure
    let spec = &deployment.spec.source;
    let tenant = request.account.as_ref().map(ServiceAccount::namespace);
    let from = From { context, worker, reader, deployment, tenant, writer };
    let (files, not_looked_up) = match wanted {
        Wanted::Pinned(pin) => (from.files(spec, Some(pin)).await?, None), // disk, network
        Wanted::Now(before) => match (from.files(spec, None).await, before) {
            (Ok(files), _) => (files, None), // network
            (Err(error @ (ReconcileError::Source(_) | ReconcileError::Unfetched(_))), Some(pin)) => {
                let trouble = format!("it is not known whether there is a new version: {}", chain(&error));
                (from.files(spec, Some(pin)).await?, Some(NotLookedUp::Trouble(trouble))) // disk, network
            }
            (Err(ReconcileError::NoPlace { .. }), Some(pin)) => {
                (from.files(spec, Some(pin)).await?, Some(NotLookedUp::NoPlace)) // disk, network
            }
            (Err(error), _) => return Err(error),
        },
    };
    let is_looked_up = matches!(wanted, Wanted::Now(_)) && not_looked_up.is_none();
    if is_looked_up && sources::trusts_anybody(spec) {
        let note = "any certificate or host key of the source is taken: whoever is in between decides what is installed";
        writer.warn(reason::INSECURE_SOURCE, note).await;
    }
    let source = match wanted {
        Wanted::Pinned(pin) | Wanted::Now(Some(pin)) if !is_looked_up => pin.clone(),
        _ => resolved(spec, files.pinned()), // pure
    };
    let url = format!(
        "{}/bundles/{}.tgz",
        context.content_url,
        deployment.metadata.name.as_deref().unwrap_or_default()
    );
    if is_looked_up {
        context.looked_up.set(deployment, now());
    }
    let requested = requested_at(deployment).map(str::to_owned);
    writer
        .note(|report: &mut Report| {
            let before = report.status();
            let is_known = before.resolved_source.as_ref() == Some(&source)
                && before.last_handled_reconcile_at == requested;
            report.unpacked(source, url);
            if is_looked_up && !(is_known && report.status().resolved_at.is_some()) {
                let status = report.status_mut();
                status.resolved_at = Some(now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
                status.last_handled_reconcile_at = requested;
            }
        })
        .await;
    Ok(Fetched { files, not_looked_up })
}

/// Where files are had from, for whom.
struct From<'a> {
    context: &'a Context,
    worker: &'a Worker,
    reader: &'a Cluster,
    deployment: &'a BundleDeployment,
    /// The namespace of whoever they are fetched for, where it is not for ourselves.
    tenant: Option<&'a str>,
    writer: &'a Writer,
}

impl From<'_> {
    /// The files that a source means now, or that it was pinned to.
    async fn files(
        &self,
        spec: &BundleSource,
        pin: Option<&BundleSource>,
    ) -> Result<Arc<BundleDir>, ReconcileError> {
        let (metrics, label) = (&self.context.metrics, sources::label(spec));
        let of = self.deployment.metadata.uid.as_deref().unwrap_or_default();
        let named = Named { of, spec, pin };
        let failed = |_: &_| metrics.fetched(label, metrics::Fetched::Failed);
        let at_hand = self.context.sources.at_hand(self.reader, &named).await; // cluster, disk
        if let Some(files) = at_hand.inspect_err(failed)? {
            metrics.fetched(label, metrics::Fetched::Cached);
            return Ok(files);
        }
        let (failing, is_pinned) = (&self.context.failing, pin.is_some());
        if self.worker.is_early
            && let Some(said) = failing.get(self.deployment, is_pinned)
        {
            return Err(ReconcileError::Unfetched(said));
        }
        let shares = named.shares(self.tenant);
        let place = self.worker.kept.take(shares).map_err(|waited| ReconcileError::NoPlace {
            server: named.server().unwrap_or_default(),
            waited,
        })?;
        let fetched = Box::pin(self.worker.turn.meanwhile(self.reported(&named))).await?; // network
        // It is held for as long as there is no turn: what was fetched is in memory.
        drop(place);
        let fetched = fetched.inspect_err(failed).map_err(ReconcileError::Source);
        failing.set(self.deployment, is_pinned, fetched.as_ref().err().map(|error| chain(error)));
        let files = fetched?;
        metrics.fetched(label, metrics::Fetched::Fetched);
        tracing::info!(source = %files.pinned(), "fetched");
        Ok(files)
    }

    /// Fetches them, unless something else is asked for meanwhile, and reports that where it takes its time.
    async fn reported(
        &self,
        named: &Named<'_>,
    ) -> Result<Result<Arc<BundleDir>, SourceError>, ReconcileError> {
        let fetch = async {
            tokio::select! {
                fetched = self.context.sources.fetch(self.reader, named) => Ok(fetched),
                () = self.worker.renewed.cancelled() => Err(ReconcileError::Renewed),
            }
        };
        tokio::pin!(fetch);
        if let Ok(fetched) = timeout(UNREPORTED, &mut fetch).await {
            return fetched;
        }
        self.writer.tell(|report| report.unpacking("the content is being fetched")).await?; // cluster
        fetch.await
    }
}

fn wanted(
    deployment: &BundleDeployment,
    looked_up: Option<Timestamp>,
    is_paused: bool,
    now: Timestamp,
) -> Wanted<'_> {
    let Some(status) = &deployment.status else { return Wanted::Now(None) };
    let Some(pin) = status.resolved_source.as_ref().filter(|pin| pin.kind == deployment.spec.source.kind)
    else {
        return Wanted::Now(None);
    };
    if status.observed_generation != deployment.metadata.generation {
        return Wanted::Now(None);
    }
    // What it would change is said of what it is asked for; to follow a tag, too, it has to go on.
    if is_paused {
        return Wanted::Pinned(pin);
    }
    let is_asked_for = requested_at(deployment) != status.last_handled_reconcile_at.as_deref();
    if is_asked_for || poll_due(deployment, looked_up, now).is_some_and(|due| due <= now) {
        return Wanted::Now(Some(pin));
    }
    Wanted::Pinned(pin)
}

#[cfg(test)]
mod tests;
