//! A provisioner as a process: connections, tasks, and their end.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use http::HeaderValue;
use http::header::USER_AGENT;
use kube::client::ClientBuilder;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use rukpak_apply::Discovery;
use rukpak_apply::cluster::Cluster;
use rukpak_apply::probe::Probes;
use rukpak_apply::watch::Watches;
use rukpak_tree::Keep;
use rukpak_unpacker::{Cache, Unpacker};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::context::{Accounts, Context, Hopeless};
use crate::controller;
use crate::deployments::Deployments;
use crate::events::Events;
use crate::flags::Flags;
use crate::format::Format;
use crate::owners::LiveOwners;
use crate::queue::Queue;
use crate::sources::Sources;
use crate::writer::KIND;

/// The folders of a bundle that are read.
const BUNDLE: [&str; 2] = ["manifests", "metadata"];

/// How long is waited at the end for what is being done.
const LAST: Duration = Duration::from_secs(5);

/// Runs a provisioner until somebody ends it.
pub async fn run(format: impl Format, flags: &Flags) -> anyhow::Result<()> {
    let format: Arc<dyn Format> = Arc::new(format);
    let mut config = config(flags.kubeconfig.as_deref()).await?;
    let agent = format!("{}/{}", format.service(), env!("CARGO_PKG_VERSION"));
    config.headers.push((USER_AGENT, HeaderValue::from_str(&agent)?));
    let client = client(config.clone())?;
    let cluster = Cluster::new(client.clone());
    let version = cluster.version().await.context("cannot use the cluster")?;
    let namespace = flags.system_namespace.to_string();
    let (queue, deployments) = (Arc::new(Queue::default()), Deployments::default());
    let discovery = Discovery::new(cluster.clone());
    let (watches, triggers) =
        Watches::start(cluster.clone(), Arc::clone(&discovery), KIND[2], Probes::default());
    let cache = Cache::new(flags.cache_dir.clone(), flags.cache_size);
    let unpacker = Arc::new(Unpacker::new(Some(cache), Keep::prefixes(BUNDLE), flags.limits()));
    let sources = Sources::new(cluster.clone(), unpacker, &namespace, format.service());
    let owners = LiveOwners {
        cluster: cluster.clone(),
        deployments: deployments.clone(),
        namespace: namespace.clone(),
    };
    let content_url = flags.content_url.clone();
    let content_url = content_url.unwrap_or_else(|| format!("https://{}.{namespace}.svc", format.service()));
    let context = Arc::new(Context {
        config,
        cluster,
        deployments: deployments.clone(),
        discovery,
        watches,
        sources: Arc::new(sources),
        owners: Arc::new(owners),
        events: Events::start(client.clone(), format.service(), &std::process::id().to_string()),
        format,
        version,
        content_url,
        requires_account: flags.require_service_account,
        accounts: Accounts::default(),
        hopeless: Hopeless::default(),
    });
    let (synced, _) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(controller::follow_deployments(client.clone(), deployments, Arc::clone(&queue), synced));
    tasks.spawn(controller::follow_sources(client, Arc::clone(&context), Arc::clone(&queue), namespace));
    tasks.spawn(controller::follow_objects(triggers, Arc::clone(&context), Arc::clone(&queue)));
    let mut workers = JoinSet::new();
    for _ in 0..flags.concurrency {
        workers.spawn(controller::work(Arc::clone(&context), Arc::clone(&queue)));
    }
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let ended = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        ended = tasks.join_next() => Err(anyhow!("a task of ours ended early: {ended:?}")),
        ended = workers.join_next() => Err(anyhow!("a worker ended early: {ended:?}")),
    };
    // Whatever is cut off goes on when this is started again; but most of it is done in a moment.
    queue.close();
    let _ = timeout(LAST, async { while workers.join_next().await.is_some() {} }).await;
    ended
}

/// A client that does not try again by itself: who asks knows how patient it is.
fn client(mut config: Config) -> anyhow::Result<kube::Client> {
    config.default_retry = false;
    let builder =
        ClientBuilder::try_from(config).context("cannot make a client of the cluster's configuration")?;
    Ok(builder.build())
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
