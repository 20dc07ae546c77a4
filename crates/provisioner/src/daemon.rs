//! A provisioner as a process: connections, tasks, and their end.

mod tasks;

use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, anyhow};
use http::HeaderValue;
use http::header::USER_AGENT;
use kube::config::{Config, Kubeconfig};
use rukpak_api::names::BUNDLE_DEPLOYMENT;
use rukpak_apply::Discovery;
use rukpak_apply::cluster::{Cluster, Login, LoginError, client};
use rukpak_apply::probe::Probes;
use rukpak_apply::watch::{Triggers, Watches};
use rukpak_tree::Keep;
use rukpak_unpacker::{Cache, Unpacker};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::archive::Archives;
use crate::contested::Contested;
use crate::context::{Accounts, Awaited, Context, Failing, Hopeless, LookedUp, Waiting};
use crate::deployments::Deployments;
use crate::events::Events;
use crate::flags::Flags;
use crate::format::Format;
use crate::lease::{Held, Lease};
use crate::metrics::{Lengths, Metrics};
use crate::owners::LiveOwners;
use crate::places::Places;
use crate::queue::Queue;
use crate::room::Room;
use crate::server::{Limits, Readiness, Setup, serve};
use crate::sources::Sources;
use crate::turns::Turns;
use crate::{controller, figures, log};
use tasks::Tasks;

/// Runs a provisioner until somebody ends it.
pub async fn run(format: impl Format, flags: &Flags) -> anyhow::Result<()> {
    let level = log::start(flags.log_format, &flags.log_level)?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let format: Arc<dyn Format> = Arc::new(format);
    let (mut tasks, readiness, queue) = (Tasks::default(), Readiness::default(), Arc::new(Queue::default()));
    let listed = readiness.check("deployments", "the BundleDeployments are not listed yet");
    let beginning = async {
        let connected = connect(Arc::clone(&format), flags, Arc::clone(&queue), &mut tasks.followers).await?;
        let (context, ..) = &connected;
        let setup = Setup {
            cluster: context.cluster.clone(),
            namespace: flags.system_namespace.to_string(),
            service: format.service().into(),
            bind: flags.http_bind_address,
            bundles: Arc::new(Archives::new(Arc::clone(context))),
            metrics: context.metrics.clone(),
            readiness,
            level,
            limits: Limits::default(),
        };
        let server = serve(setup, tasks.server.stop.clone()).await?;
        anyhow::Ok((connected, server))
    };
    // The cluster may not answer for long, and nothing is held yet that would have to be given back.
    let ((context, triggers, client), server) = tokio::select! {
        done = beginning => done?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    tasks.server.tasks = server.into_tasks();

    let deployments = context.deployments.clone();
    let namespace = flags.system_namespace.to_string();
    let follow = &mut tasks.followers;
    follow.spawn(controller::follow_deployments(client.clone(), deployments, Arc::clone(&queue), listed));
    follow.spawn(controller::follow_namespaces(client.clone(), Arc::clone(&context), Arc::clone(&queue)));
    follow.spawn(controller::follow_sources(client, Arc::clone(&context), Arc::clone(&queue), namespace));
    follow.spawn(controller::follow_objects(triggers, Arc::clone(&context), Arc::clone(&queue)));
    follow.spawn(figures::follow(Arc::clone(&context)));
    let held = if flags.leader_elect {
        let (cluster, namespace) = (context.cluster.clone(), flags.system_namespace.as_str());
        let lease = Lease::new(cluster, namespace, format.service(), &instance());
        let held = lease.held();
        tasks.lease.tasks.spawn(lease.run(tasks.lease.stop.clone()));
        held
    } else {
        Held::always()
    };
    context.metrics.queues(lengths(Arc::clone(&queue), context.places.clone(), held.clone()));
    let cut = tasks.work.stop.clone();
    tasks.work.tasks.spawn(work(Arc::clone(&context), Arc::clone(&queue), held, cut));
    let ended = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        error = tasks.ended_early() => Err(error),
    };
    tracing::info!("it ends");
    // Whatever is cut off goes on when this is started again; but most of it is done in a moment.
    tasks.end(&queue).await;
    ended
}

/// Connects to the cluster, and begins to watch what is served.
async fn connect(
    format: Arc<dyn Format>,
    flags: &Flags,
    queue: Arc<Queue>,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<(Arc<Context>, Triggers, kube::Client)> {
    let mut login = login(flags.kubeconfig.as_deref()).await?;
    let agent = format!("{}/{}", format.service(), env!("CARGO_PKG_VERSION"));
    login.config.headers.push((USER_AGENT, HeaderValue::from_str(&agent)?));
    let client = client(login.clone()).context("cannot make a client of the cluster's configuration")?;
    let metrics = Metrics::new(format.class());
    let cluster = Cluster::new(client.clone()).metered(Arc::new(metrics.clone()));
    let version = cluster.version().await.context("cannot use the cluster")?;
    let (namespace, deployments) = (flags.system_namespace.to_string(), Deployments::default());
    let discovery = Discovery::new(cluster.clone());
    let (watches, triggers) =
        Watches::start(cluster.clone(), Arc::clone(&discovery), BUNDLE_DEPLOYMENT[2], Probes::default());
    let cache = Cache::new(flags.cache_dir.clone(), flags.cache_size).synced();
    let unpacker =
        Arc::new(Unpacker::new(Some(cache), Keep::prefixes(rukpak_bundle::FOLDERS), flags.limits()));
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
        login,
        cluster,
        deployments,
        discovery,
        watches,
        sources: Arc::new(sources),
        owners: Arc::new(owners),
        events: Events::start(client.clone(), format.service(), &instance(), tasks),
        format,
        version: Mutex::new(version),
        content_url,
        requires_account: flags.require_service_account,
        metrics,
        accounts: Accounts::default(),
        waiting: Waiting::default(),
        awaited: Awaited::default(),
        room: Room::default(),
        turns: Turns::new(flags.concurrency),
        places: Places::new(flags.concurrency, queue),
        hopeless: Hopeless::default(),
        failing: Failing::default(),
        looked_up: LookedUp::default(),
        contested: Contested::default(),
    };
    Ok((Arc::new(context), triggers, client))
}

/// Works on what is in the queue while that is ours to do, until the queue is closed; then until that is done, or cut off.
async fn work(context: Arc<Context>, queue: Arc<Queue>, held: Held, cut: CancellationToken) {
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
            () = cut.cancelled() => jobs.shutdown().await,
            () = controller::work(&context, &queue, &mut jobs) => {}
        }
        context.metrics.lease_held(false);
    }
}

/// How many names wait and are worked on: none where others do so.
fn lengths(queue: Arc<Queue>, places: Places, held: Held) -> impl Fn() -> Lengths + Send + Sync {
    move || {
        if !held.is_held() {
            return Lengths::default();
        }
        let [waiting, running] = queue.lengths();
        Lengths { waiting, running, waiting_for_fetches: places.waiting() }
    }
}

/// What tells this process from others of its kind: in a pod the pod's name.
fn instance() -> String {
    let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    host.unwrap_or_else(|| format!("process-{}", std::process::id()))
}

/// Where the cluster is, and who we are there.
async fn login(file: Option<&Path>) -> anyhow::Result<Login> {
    let found = match file {
        Some(file) => {
            Kubeconfig::read_from(file).with_context(|| format!("cannot read {}", file.display()))?
        }
        None => match Kubeconfig::read() {
            Ok(kubeconfig) => kubeconfig,
            Err(error) => {
                let help = "found no cluster; --kubeconfig or $KUBECONFIG says where it is";
                return Config::incluster().map(Login::from).map_err(|_| anyhow!("{help}: {error}"));
            }
        },
    };
    let login = Login::of(found, None, |name| std::env::var(name).ok()).await;
    if let Some(hint) = login.as_ref().err().and_then(LoginError::hint) {
        tracing::warn!("to have the credential plugin: {hint}");
    }
    Ok(login?)
}
