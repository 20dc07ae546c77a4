//! What is installed under a name, by whomever.
//!
//! In: a cluster and a name. Out: [`Installed`], a `BundleDeployment` or an inventory of `apply`, and what it owns.

use std::fmt;

use anyhow::{Context as _, bail};
use kube::ResourceExt as _;
use rukpak_api::BundleDeployment;
use rukpak_apply::cluster::{ApiError, Refusal};
use rukpak_apply::engine::ConfigMapStore;
use rukpak_apply::{Entry, Inventory};

use crate::chosen::{Chosen, Kind};
use crate::cluster::Connection;

/// Something that is installed.
pub(crate) enum Installed {
    Deployment(Box<BundleDeployment>),
    Inventory(Box<(ConfigMapStore, Inventory)>),
}

impl Installed {
    /// All that have a name: one or two.
    pub(crate) async fn find(connection: &Connection, chosen: &Chosen) -> anyhow::Result<Vec<Self>> {
        let Chosen { kind: _, name } = chosen;
        let mut found = Vec::new();
        if chosen.may_be(Kind::Deployment) {
            found.extend(connection.deployment(name).await?.map(|one| Self::Deployment(Box::new(one))));
        }
        // A name with a dot is none of an inventory.
        if chosen.may_be(Kind::Inventory) && !name.contains('.') {
            match connection.find_inventory(name).await {
                Ok(one) => found.extend(one.map(|one| Self::Inventory(Box::new(one)))),
                // Who may see BundleDeployments alone has found what they look for.
                Err(error) if is_forbidden(&error) && !found.is_empty() => {}
                Err(error)
                    if is_forbidden(&error) && chosen.kind.is_none() && connection.has_deployments() =>
                {
                    connection.warn(NotKnown(&error));
                }
                Err(error) => return Err(error),
            }
        }
        if found.is_empty() { Err(absent(connection, chosen).await?) } else { Ok(found) }
    }

    /// The one that has a name.
    pub(crate) async fn one(connection: &Connection, chosen: &Chosen) -> anyhow::Result<Self> {
        let mut found = Self::find(connection, chosen).await?;
        let name = &chosen.name;
        match (found.pop(), found.is_empty()) {
            (Some(one), true) => Ok(one),
            _ => bail!(
                "there are a BundleDeployment {name} and an inventory {name}; say bundledeployment/{name} or inventory/{name}"
            ),
        }
    }

    /// All of a cluster, those of controllers first, and whether that is all: not where somebody may not see what `apply` installed,
    /// which is told.
    pub(crate) async fn all(connection: &Connection) -> anyhow::Result<(Vec<Self>, bool)> {
        let deployments = connection.deployments().await?.into_iter();
        let (inventories, is_all) = match connection.all().await {
            Err(error) if is_forbidden(&error) && connection.has_deployments() => {
                connection.warn(NotKnown(&error));
                (Vec::new(), false)
            }
            all => (all?, true),
        };
        let deployments = deployments.map(|one| Self::Deployment(Box::new(one)));
        let inventories = inventories.into_iter().map(|one| Self::Inventory(Box::new(one)));
        Ok((deployments.chain(inventories).collect(), is_all))
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Deployment(_) => Kind::Deployment,
            Self::Inventory(_) => Kind::Inventory,
        }
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Deployment(deployment) => deployment.name_any(),
            Self::Inventory(found) => found.0.owner().name.clone(),
        }
    }

    /// What it owns.
    pub(crate) fn inventory(&self) -> anyhow::Result<Inventory> {
        match self {
            Self::Deployment(deployment) => owned(deployment),
            Self::Inventory(found) => whole(found).cloned(),
        }
    }
}

/// Whether somebody may not ask.
pub(crate) fn is_forbidden(error: &anyhow::Error) -> bool {
    error.downcast_ref::<ApiError>().is_some_and(|error| error.refusal() == Refusal::Forbidden)
}

/// That somebody may not see what `apply` installed.
pub(crate) struct NotKnown<'a>(pub(crate) &'a anyhow::Error);

impl fmt::Display for NotKnown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is not known what `apply` installed: {:#}", self.0)
    }
}

/// What an inventory names. One that somebody made something else of does not say it, and what its objects still tell of it is no measure
/// of what should be there.
pub(crate) fn whole((store, inventory): &(ConfigMapStore, Inventory)) -> anyhow::Result<&Inventory> {
    if store.is_damaged() {
        let name = &store.owner().name;
        bail!(
            "the inventory of {name} is damaged: it does not say which objects belong to it; \
             `rukpakctl apply` or `rukpakctl delete` makes it anew"
        );
    }
    Ok(inventory)
}

/// What a `BundleDeployment` owns, as its status says.
fn owned(deployment: &BundleDeployment) -> anyhow::Result<Inventory> {
    let entries = deployment.status.iter().flat_map(|status| &status.inventory).flat_map(|all| &all.entries);
    let entries = entries.map(|entry| Ok(Entry { id: entry.id.parse()?, version: entry.v.clone() }));
    let entries: anyhow::Result<Vec<_>> = entries.collect();
    let context = || format!("cannot read status.inventory of BundleDeployment {}", deployment.name_any());
    entries.map(Inventory::from_entries).with_context(context)
}

/// That nothing has a name, and what has one.
async fn absent(connection: &Connection, chosen: &Chosen) -> anyhow::Result<anyhow::Error> {
    let Chosen { kind, name } = chosen;
    let namespace = connection.system_namespace();
    let has_deployments = connection.has_deployments();
    let what = match kind {
        Some(Kind::Deployment) if !has_deployments => {
            "the cluster does not serve BundleDeployments".to_owned()
        }
        Some(Kind::Deployment) => format!("bundledeployments.core.rukpak.io {name:?} not found"),
        None if has_deployments => {
            format!(
                "there is neither a BundleDeployment of this name nor an inventory in the namespace {namespace}"
            )
        }
        _ => format!("there is no inventory of it in the namespace {namespace}"),
    };
    let (all, _) = Installed::all(connection).await?;
    let others = all.iter().filter(|one| chosen.may_be(one.kind()));
    let names: Vec<_> = others
        .map(
            |one| {
                if has_deployments { format!("{}/{}", one.kind().prefix(), one.name()) } else { one.name() }
            },
        )
        .collect();
    let there = if names.is_empty() { String::new() } else { format!("; there are {}", names.join(", ")) };
    Ok(anyhow::anyhow!("{name} is not installed: {what}{there}"))
}
