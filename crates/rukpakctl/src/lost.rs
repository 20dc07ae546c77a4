//! Installations whose inventory is lost: somebody deleted it, or made something of it that is none.
//!
//! What they have is found out by the marks on the objects. What else the inventory knew, nobody knows any more.

use anyhow::{Context as _, bail};
use rukpak_apply::cluster::Refusal;
use rukpak_apply::engine::{ConfigMapStore, DeletionPolicy, Options};
use rukpak_apply::{Inventory, Owner};

use crate::cluster::Connection;
use crate::installation::POLICY;
use crate::report;

/// What has the marks of an installation that is applied.
pub(crate) async fn to_apply(
    connection: &Connection,
    owner: &Owner,
    quiet: bool,
) -> anyhow::Result<Inventory> {
    let inventory = rebuilt(connection, owner, quiet).await?; // cluster
    tell(&owner.name, &inventory, quiet);
    Ok(inventory)
}

/// The inventory of what is to be deleted, made anew where it is lost.
///
/// Whether definitions were to be kept was said in the inventory; they are not deleted on a guess.
pub(crate) async fn to_delete(
    connection: &Connection,
    name: &str,
    policy: Option<DeletionPolicy>,
    quiet: bool,
) -> anyhow::Result<(ConfigMapStore, Inventory)> {
    let (store, inventory) = connection.inventory_or_new(name).await?; // cluster
    if store.exists() && !store.is_damaged() {
        return Ok((store, inventory));
    }
    let inventory = rebuilt(connection, store.owner(), quiet).await?; // cluster
    if inventory.is_empty() && !store.exists() {
        return connection.existing(name).await; // cluster
    }
    let is_said = policy.is_some() || store.fact(POLICY).is_some();
    if !is_said && inventory.iter().any(|(id, _)| id.is_definition()) {
        bail!(
            "there is no inventory of {name}, but {} with its marks, definitions of custom resources among them; \
             say by --deletion-policy what is to become of them: Delete, KeepCRDs or Orphan",
            counted(&inventory)
        );
    }
    tell(name, &inventory, quiet);
    Ok((store, inventory))
}

/// What has the marks of an installation: all of it, or what went missing would be nobody's from then on. A kind that we may not list is
/// only told of.
async fn rebuilt(connection: &Connection, owner: &Owner, quiet: bool) -> anyhow::Result<Inventory> {
    let engine = connection.engine(Options::default());
    let rebuilt = engine.rebuild(owner, &connection.served).await?; // cluster
    if !quiet {
        for error in rebuilt.unknown.iter().filter(|error| error.refusal() == Refusal::Forbidden) {
            report::warning(format!("it is not known whether {} has more: {error}", owner.name));
        }
    }
    if rebuilt.inventory.is_empty() {
        return Ok(rebuilt.inventory);
    }
    let name = &owner.name;
    rebuilt.whole().with_context(|| {
        format!(
            "there is no inventory of {name}, and it cannot be made anew of what has its marks until every kind \
             of the cluster can be listed"
        )
    })
}

fn tell(name: &str, inventory: &Inventory, quiet: bool) {
    if !quiet && !inventory.is_empty() {
        let objects = counted(inventory);
        report::warning(format!(
            "there is no inventory of {name}; it is made anew of {objects} with its marks"
        ));
    }
}

fn counted(inventory: &Inventory) -> String {
    match inventory.len() {
        1 => "1 object".into(),
        more => format!("{more} objects"),
    }
}
