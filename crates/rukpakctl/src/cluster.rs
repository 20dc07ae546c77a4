//! The cluster, and the installations on it.
//!
//! In: flags. Out: a [`Connection`] that knows which kinds are served, and by which inventories, engines and owners are found.

mod kubeconfig;

use std::convert::Infallible;
use std::fmt::Display;
use std::future::pending;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::future::{BoxFuture, try_join};
use http::header::USER_AGENT;
use http::{HeaderValue, Uri};
use kube::Client;
use kube::config::Config;
use rukpak_api::BundleDeployment;
use rukpak_api::names::BUNDLE_DEPLOYMENT;
use rukpak_apply::cluster::{Address, ApiError, Cluster, Login, client};
use rukpak_apply::engine::{ConfigMapStore, Engine, Options, Owners};
use rukpak_apply::rights::ServiceAccount;
use rukpak_apply::{Inventory, Owner, Resource, ServedKinds};
use rukpak_bundle::Capabilities;
use rukpak_manifest::{GroupVersionKind, Object};
use tokio::time::sleep;

use crate::cli::ClusterFlags;
use crate::printable::Printable;
use crate::report;

/// What the cluster's logs call us.
const AGENT: &str = concat!("rukpakctl/", env!("CARGO_PKG_VERSION"));

/// How long a cluster may take to answer before that is told.
const LATE: Duration = Duration::from_secs(2);

/// Where a cluster is, and what it is reached through. Without the password that the URL of a proxy may have.
fn place(config: &Config) -> String {
    let url = &config.cluster_url;
    let Some(proxy) = config.proxy_url.as_ref().and_then(Uri::authority) else { return url.to_string() };
    let port = proxy.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{url} through the proxy {}{port}", proxy.host())
}

/// Says once that a cluster does not answer, and is asked again meanwhile. It has no end of its own.
async fn told_late(place: &str, quiet: bool) -> Infallible {
    sleep(LATE).await;
    if !quiet {
        let line = format!("the cluster at {place} has not answered yet; it is asked again");
        // There is nowhere left to say that standard error cannot be written to.
        let _ = writeln!(anstream::stderr(), "{}", Printable(&line));
    }
    pending().await
}

/// A cluster that answers.
pub(crate) struct Connection {
    pub(crate) cluster: Cluster,
    login: Login,
    pub(crate) served: ServedKinds,
    /// The namespace of the file's context.
    pub(crate) default_namespace: String,
    version: String,
    system_namespace: String,
    quiet: bool,
}

impl Connection {
    /// Connects, and asks what is served. Where it is not to be quiet, it says when that takes long.
    pub(crate) async fn open(flags: &ClusterFlags, quiet: bool) -> anyhow::Result<Self> {
        let ClusterFlags { kubeconfig, context, system_namespace } = flags;
        let mut login = kubeconfig::login(kubeconfig.as_deref(), context.clone()).await?;
        login.config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
        let default_namespace = login.config.default_namespace.clone();
        let place = place(&login.config);
        let cluster =
            Cluster::connect(login.clone()).context("cannot make a client of the cluster's configuration")?;
        let asked = tokio::select! {
            asked = try_join(cluster.discover(), cluster.version()) => asked,
            never = told_late(&place, quiet) => match never {},
        };
        let (served, version) = asked.with_context(|| format!("cannot use the cluster at {place}"))?;
        let system_namespace = system_namespace.to_string();
        Ok(Self { cluster, login, served, default_namespace, version, system_namespace, quiet })
    }

    /// Prints a warning, unless none are wanted.
    pub(crate) fn warn(&self, message: impl Display) {
        if !self.quiet {
            report::warning(message);
        }
    }

    /// Warns where the namespace of the inventories is not there: it may be mistyped. Whoever may not look is told nothing.
    pub(crate) async fn warn_without_namespace(&self) {
        let namespace = &self.system_namespace;
        if let Ok(None) = self.cluster.get(&Address::of_namespace(namespace)).await {
            self.warn(format!(
                "there is no namespace {namespace}, in which inventories would be; --system-namespace says in which they are"
            ));
        }
    }

    /// What it can do, for the conversion.
    pub(crate) fn capabilities(&self) -> Capabilities {
        let of_version = Capabilities::of_kube_version(&self.version).unwrap_or_default();
        let served = self.served.iter().map(|(gvk, _)| gvk.clone()).collect();
        Capabilities { served: Some(served), ..of_version }
    }

    /// The same, acted on as a `ServiceAccount`.
    pub(crate) async fn acting_as(&self, account: Option<&ServiceAccount>) -> anyhow::Result<Cluster> {
        Ok(match account {
            Some(account) => Cluster::acting_as(self.login.clone(), account).await?,
            None => self.cluster.clone(),
        })
    }

    /// An engine for it, which acts as ourselves.
    pub(crate) fn engine(&self, options: Options) -> Engine {
        self.engine_on(self.cluster.clone(), options)
    }

    /// An engine that makes its requests of what [`acting_as`](Self::acting_as) gave.
    pub(crate) fn engine_on(&self, cluster: Cluster, options: Options) -> Engine {
        let owners = LiveOwners {
            cluster: self.cluster.clone(),
            system_namespace: self.system_namespace.clone(),
            has_deployments: self.has_deployments(),
        };
        Engine::new(cluster, Arc::new(owners), options)
    }

    /// The inventory of a name, or a new one.
    pub(crate) async fn inventory(&self, name: &str) -> anyhow::Result<(ConfigMapStore, Inventory)> {
        if self.has_deployments() && self.cluster.get(&deployment(name)).await?.is_some() {
            bail!("there is a BundleDeployment {name}, which a controller installs; choose another name");
        }
        self.inventory_or_new(name).await
    }

    /// The same, whoever else has the name.
    pub(crate) async fn inventory_or_new(&self, name: &str) -> anyhow::Result<(ConfigMapStore, Inventory)> {
        let uid = uuid::Uuid::new_v4().to_string();
        Ok(ConfigMapStore::open(&self.cluster, &self.system_namespace, name, &uid).await?)
    }

    /// The inventory of a name, if there is one.
    pub(crate) async fn find_inventory(
        &self,
        name: &str,
    ) -> anyhow::Result<Option<(ConfigMapStore, Inventory)>> {
        Ok(ConfigMapStore::find(&self.cluster, &self.system_namespace, name).await?)
    }

    /// The inventory of a name, which must be there.
    pub(crate) async fn existing(&self, name: &str) -> anyhow::Result<(ConfigMapStore, Inventory)> {
        if let Some(found) = self.find_inventory(name).await? {
            return Ok(found);
        }
        if self.deployment(name).await?.is_some() {
            bail!(
                "{name} is not installed by `apply`, it is a BundleDeployment: kubectl delete bundledeployment {name}"
            );
        }
        let others = self.all().await?;
        let names: Vec<_> = others.iter().map(|(store, _)| store.owner().name.as_str()).collect();
        let there =
            if names.is_empty() { String::new() } else { format!("; there are {}", names.join(", ")) };
        bail!(
            "{name} is not installed: there is no inventory of it in the namespace {}{there}",
            self.system_namespace
        )
    }

    /// All inventories.
    pub(crate) async fn all(&self) -> anyhow::Result<Vec<(ConfigMapStore, Inventory)>> {
        Ok(ConfigMapStore::list(&self.cluster, &self.system_namespace).await?)
    }

    /// The `BundleDeployment` of a name; `None` where there is none, or the cluster knows none.
    pub(crate) async fn deployment(&self, name: &str) -> anyhow::Result<Option<BundleDeployment>> {
        if !self.has_deployments() {
            return Ok(None);
        }
        self.cluster.get(&deployment(name)).await?.map(typed).transpose()
    }

    /// All `BundleDeployments`, in the order of their names.
    pub(crate) async fn deployments(&self) -> anyhow::Result<Vec<BundleDeployment>> {
        let [group, version, kind, plural] = BUNDLE_DEPLOYMENT.map(str::to_owned);
        let gvk = GroupVersionKind { group, version, kind };
        let resource = Resource { plural, namespaced: false };
        self.cluster.list(&gvk, &resource, None).await?.into_iter().map(typed).collect()
    }

    /// A client for what [`Cluster`] has no request for.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        client(self.login.clone()).context("cannot make a client of the cluster's configuration")
    }

    /// Where the cluster is, and who we are there.
    pub(crate) fn login(&self) -> &Login {
        &self.login
    }

    /// The namespace of inventories and provisioners.
    pub(crate) fn system_namespace(&self) -> &str {
        &self.system_namespace
    }

    /// Whether the cluster serves `BundleDeployments`.
    pub(crate) fn has_deployments(&self) -> bool {
        let [group, version, kind, _] = BUNDLE_DEPLOYMENT;
        self.served.find(group, kind, version).is_some()
    }
}

/// The owners that objects of this cluster may have.
struct LiveOwners {
    cluster: Cluster,
    system_namespace: String,
    has_deployments: bool,
}

impl Owners for LiveOwners {
    fn is_alive<'a>(&'a self, owner: &'a Owner) -> BoxFuture<'a, Result<bool, ApiError>> {
        Box::pin(async move {
            if owner.kind != BUNDLE_DEPLOYMENT[2] {
                return ConfigMapStore::is_alive(&self.cluster, &self.system_namespace, owner).await;
            }
            if !self.has_deployments {
                return Ok(false);
            }
            self.cluster.has(&deployment(&owner.name), &owner.uid).await
        })
    }
}

fn typed(object: Object) -> anyhow::Result<BundleDeployment> {
    let name = object.name().to_owned();
    serde_json::from_value(object.into_value())
        .with_context(|| format!("cannot read BundleDeployment {name}"))
}

/// Where the `BundleDeployment` of a name is.
pub(crate) fn deployment(name: &str) -> Address {
    Address::known(BUNDLE_DEPLOYMENT, None, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::at_once(None, "https://a.example/")]
    #[case::through_a_proxy(
        Some("http://kim:password@b.example:3128"),
        "https://a.example/ through the proxy b.example:3128"
    )]
    #[case::without_a_port(Some("socks5://b.example"), "https://a.example/ through the proxy b.example")]
    fn where_a_cluster_is(#[case] proxy: Option<&str>, #[case] expected: &str) {
        let mut config = Config::new("https://a.example".parse().unwrap());
        config.proxy_url = proxy.map(|proxy| proxy.parse().unwrap());
        assert_eq!(place(&config), expected);
    }
}
