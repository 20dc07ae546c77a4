//! A provisioner as a process: connections, tasks, and their end.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use http::HeaderValue;
use http::header::USER_AGENT;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use rukpak_api::names::BUNDLE_DEPLOYMENT;
use rukpak_apply::Discovery;
use rukpak_apply::cluster::{Cluster, client};
use rukpak_apply::probe::Probes;
use rukpak_apply::watch::{Triggers, Watches};
use rukpak_tree::Keep;
use rukpak_unpacker::{Cache, Unpacker};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::archive::Archives;
use crate::context::{Accounts, Awaited, Context, Hopeless, Waiting};
use crate::deployments::Deployments;
use crate::events::Events;
use crate::flags::Flags;
use crate::format::Format;
use crate::lease::{Held, Lease};
use crate::metrics::Metrics;
use crate::owners::LiveOwners;
use crate::places::Places;
use crate::queue::Queue;
use crate::room::Room;
use crate::server::{Limits, Readiness, Setup, serve};
use crate::sources::Sources;
use crate::turns::Turns;
use crate::{controller, figures, log};

/// The folders of a bundle that are read.
const BUNDLE: [&str; 2] = ["manifests", "metadata"];

/// How long is waited at the end for what is being done.
const LAST: Duration = Duration::from_secs(5);

/// Runs a provisioner until somebody ends it.
pub async fn run(format: impl Format, flags: &Flags) -> anyhow::Result<()> {
    let level = log::start(flags.log_format, &flags.log_level)?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let format: Arc<dyn Format> = Arc::new(format);
    let (stop, readiness, queue) =
        (CancellationToken::new(), Readiness::default(), Arc::new(Queue::default()));
    let (context, triggers, client) = connect(Arc::clone(&format), flags, Arc::clone(&queue)).await?;
    let listed = readiness.check("deployments", "the BundleDeployments are not listed yet");
    let server = serve(
        Setup {
            cluster: context.cluster.clone(),
            namespace: flags.system_namespace.to_string(),
            service: format.service().into(),
            bind: flags.http_bind_address,
            bundles: Arc::new(Archives::new(Arc::clone(&context))),
            metrics: context.metrics.clone(),
            readiness,
            level,
            limits: Limits::default(),
        },
        stop.clone(),
    )
    .await?;

    let mut tasks = JoinSet::new();
    let deployments = context.deployments.clone();
    let namespace = flags.system_namespace.to_string();
    tasks.spawn(controller::follow_deployments(client.clone(), deployments, Arc::clone(&queue), listed));
    tasks.spawn(controller::follow_namespaces(client.clone(), Arc::clone(&context), Arc::clone(&queue)));
    tasks.spawn(controller::follow_sources(client, Arc::clone(&context), Arc::clone(&queue), namespace));
    tasks.spawn(controller::follow_objects(triggers, Arc::clone(&context), Arc::clone(&queue)));
    tasks.spawn(figures::follow(Arc::clone(&context)));
    let (held, lease) = if flags.leader_elect {
        let (cluster, namespace) = (context.cluster.clone(), flags.system_namespace.as_str());
        let lease = Lease::new(cluster, namespace, format.service(), &instance());
        let (held, stop) = (lease.held(), CancellationToken::new());
        (held, Some((tokio::spawn(lease.run(stop.clone())), stop)))
    } else {
        (Held::always(), None)
    };
    let mut work = tokio::spawn(work(Arc::clone(&context), Arc::clone(&queue), held));
    let ended = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        ended = tasks.join_next() => Err(anyhow!("a task of ours ended early: {ended:?}")),
        ended = &mut work => Err(anyhow!("the workers ended early: {ended:?}")),
    };
    tracing::info!("it ends");
    // Whatever is cut off goes on when this is started again; but most of it is done in a moment.
    queue.close();
    if timeout(LAST, &mut work).await.is_err() {
        work.abort();
        let _ = work.await;
    }
    if let Some((lease, stop)) = lease {
        stop.cancel();
        let _ = lease.await;
    }
    stop.cancel();
    let _ = timeout(LAST, server.stopped()).await;
    ended
}

/// Connects to the cluster, and begins to watch what is served.
async fn connect(
    format: Arc<dyn Format>,
    flags: &Flags,
    queue: Arc<Queue>,
) -> anyhow::Result<(Arc<Context>, Triggers, kube::Client)> {
    let mut config = config(flags.kubeconfig.as_deref()).await?;
    let agent = format!("{}/{}", format.service(), env!("CARGO_PKG_VERSION"));
    config.headers.push((USER_AGENT, HeaderValue::from_str(&agent)?));
    let client = client(config.clone()).context("cannot make a client of the cluster's configuration")?;
    let metrics = Metrics::new(format.class());
    let cluster = Cluster::new(client.clone()).metered(Arc::new(metrics.clone()));
    let version = cluster.version().await.context("cannot use the cluster")?;
    let (namespace, deployments) = (flags.system_namespace.to_string(), Deployments::default());
    let discovery = Discovery::new(cluster.clone());
    let (watches, triggers) =
        Watches::start(cluster.clone(), Arc::clone(&discovery), BUNDLE_DEPLOYMENT[2], Probes::default());
    let cache = Cache::new(flags.cache_dir.clone(), flags.cache_size).synced();
    let unpacker = Arc::new(Unpacker::new(Some(cache), Keep::prefixes(BUNDLE), flags.limits()));
    let sources =
        Sources::new(cluster.clone(), unpacker, &namespace, format.service(), flags.require_service_account);
    let owners = LiveOwners {
        cluster: cluster.clone(),
        deployments: deployments.clone(),
        namespace: namespace.clone(),
    };
    let content_url = flags.content_url.clone();
    let content_url = content_url.unwrap_or_else(|| format!("https://{}.{namespace}.svc", format.service()));
    let context = Context {
        config,
        cluster,
        deployments,
        discovery,
        watches,
        sources: Arc::new(sources),
        owners: Arc::new(owners),
        events: Events::start(client.clone(), format.service(), &instance()),
        format,
        version: Mutex::new(version),
        content_url: content_url.trim_end_matches('/').to_owned(),
        requires_account: flags.require_service_account,
        metrics,
        accounts: Accounts::default(),
        waiting: Waiting::default(),
        awaited: Awaited::default(),
        room: Room::default(),
        turns: Turns::new(flags.concurrency),
        places: Places::new(flags.concurrency, queue),
        hopeless: Hopeless::default(),
    };
    Ok((Arc::new(context), triggers, client))
}

/// Works on what is in the queue while that is ours to do, until the queue is closed.
async fn work(context: Arc<Context>, queue: Arc<Queue>, held: Held) {
    while !queue.is_closed() {
        tokio::select! {
            () = held.acquired() => {}
            () = queue.closed() => return,
        }
        context.metrics.lease_held(true);
        let mut jobs = JoinSet::new();
        tokio::select! {
            () = held.lost() => {
                // Another one may write soon. What is cut off here is in the inventory.
                tracing::warn!("the lease is lost: nothing is written any more");
                jobs.shutdown().await;
                context.places.forget_all();
            }
            () = controller::work(&context, &queue, &mut jobs) => {}
        }
        context.metrics.lease_held(false);
    }
}

/// What tells this process from others of its kind: in a pod the pod's name.
fn instance() -> String {
    let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    host.unwrap_or_else(|| format!("process-{}", std::process::id()))
}

/// Where the cluster is.
async fn config(file: Option<&Path>) -> anyhow::Result<Config> {
    let options = KubeConfigOptions::default();
    if let Some(file) = file {
        let kubeconfig =
            Kubeconfig::read_from(file).with_context(|| format!("cannot read {}", file.display()))?;
        return Ok(Config::from_custom_kubeconfig(kubeconfig, &options).await?);
    }
    Config::infer()
        .await
        .map_err(|error| anyhow!("found no cluster; --kubeconfig or $KUBECONFIG says where it is: {error}"))
}
