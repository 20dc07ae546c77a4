//! The `ConfigMaps` with the content of a `BundleDeployment`: making them, and deleting those that nobody needs any more.

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};
use kube::{Resource as _, ResourceExt as _};
use rukpak_api::BundleDeployment;
use rukpak_apply::cluster::{Address, Mode, Refusal};
use rukpak_manifest::Object;
use serde_json::{Value, json};

use super::maps::{LABEL, Map};
use crate::cluster::Connection;
use crate::deployment::written::Written;

/// A kind that needs no discovery.
const CONFIG_MAP: [&str; 4] = ["", "v1", "ConfigMap", "configmaps"];

/// Sees to it that the `ConfigMaps` are there, and go with the `BundleDeployment` where there is one already.
pub(super) async fn keep(
    connection: &Connection,
    maps: &[Map],
    name: &str,
    owner: Option<&BundleDeployment>,
) -> anyhow::Result<()> {
    let owner = owner.map(reference);
    for map in maps {
        let object = map.object(connection.system_namespace(), name, owner.as_ref());
        let address = address(connection, &map.name);
        match connection.cluster.create(&address, &object, Mode::Write).await {
            Ok(_) => {}
            Err(error) if error.refusal() == Refusal::AlreadyExists => {
                take(connection, &address, &object).await?;
            }
            Err(error) if error.refusal() == Refusal::NotFound => {
                let namespace = connection.system_namespace();
                return Err(error).with_context(|| format!("there is no namespace {namespace}, which the provisioners run in; --system-namespace says another"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Makes a `ConfigMap` that is there the `BundleDeployment`'s. The one before it may have had the same name.
async fn take(connection: &Connection, address: &Address, wanted: &Object) -> anyhow::Result<()> {
    let Some(live) = connection.cluster.get(address).await? else {
        connection.cluster.create(address, wanted, Mode::Write).await?;
        return Ok(());
    };
    if !["data", "binaryData", "immutable"].iter().all(|field| live.get(&[field]) == wanted.get(&[field])) {
        bail!(
            "ConfigMap {}/{} has another content than its name says, which nobody but us should make; delete it",
            address.id.namespace,
            address.id.name
        );
    }
    let owners = |object: &Object| {
        let owners = object.get(&["metadata", "ownerReferences"]).and_then(Value::as_array);
        owners.into_iter().flatten().filter_map(|owner| owner.get("uid").cloned()).collect::<Vec<_>>()
    };
    let is_kept = owners(wanted).is_empty() || owners(&live) == owners(wanted);
    let is_labelled = live.get(&["metadata", "labels", LABEL]) == wanted.get(&["metadata", "labels", LABEL]);
    if !is_kept || !is_labelled {
        let marks = ["labels", "ownerReferences"]
            .into_iter()
            .filter_map(|field| Some((field.to_owned(), wanted.get(&["metadata", field])?.clone())));
        let metadata = Value::Object(marks.collect());
        connection.cluster.merge(address, &json!({"metadata": metadata})).await?;
    }
    Ok(())
}

/// Deletes the `ConfigMaps` of earlier content, which neither the live spec nor its status names. How many there were.
///
/// # Errors
/// Where the `BundleDeployment` is not the one any more that was written: what somebody else handed over is not ours to judge.
pub(super) async fn discard(
    connection: &Connection,
    name: &str,
    written: &Written,
    had_maps: bool,
) -> anyhow::Result<usize> {
    let selector = format!("{LABEL}={name}");
    let namespace = connection.system_namespace();
    // Listed before the deployment is read, so that what another one brings after that is not among them.
    let kept = match connection.cluster.list_known(CONFIG_MAP, Some(namespace), Some(&selector)).await {
        // Who hands images over needs no right to look at ConfigMaps, and leaves none behind.
        Err(error) if error.refusal() == Refusal::Forbidden => {
            if had_maps {
                connection.warn(format!("the content before is not deleted: {error}"));
            }
            Vec::new()
        }
        kept => kept?,
    };
    let live = connection.deployment(name).await?;
    let live = live.with_context(|| format!("BundleDeployment {name} was deleted"))?;
    written.is_still(&live)?;
    let named = named(&live);
    let mut discarded = 0;
    for one in kept.iter().filter(|one| !named.contains(one.name())) {
        let uid = one.get(&["metadata", "uid"]).and_then(Value::as_str).unwrap_or_default();
        discarded += usize::from(connection.cluster.delete(&address(connection, one.name()), uid).await?);
    }
    Ok(discarded)
}

/// The `ConfigMaps` that are asked for, fetched, or run.
fn named(deployment: &BundleDeployment) -> BTreeSet<&str> {
    let status = deployment.status.as_ref();
    let reported = status.into_iter().flat_map(|status| [&status.resolved_source, &status.active_source]);
    let sources = reported.flatten().chain([&deployment.spec.source]);
    sources.flat_map(|source| &source.config_maps).flatten().map(|map| map.config_map.name.as_str()).collect()
}

fn address(connection: &Connection, name: &str) -> Address {
    Address::known(CONFIG_MAP, Some(connection.system_namespace()), name)
}

/// What lets the garbage collector delete a `ConfigMap` when the `BundleDeployment` is gone.
fn reference(owner: &BundleDeployment) -> Value {
    json!({
        "apiVersion": BundleDeployment::api_version(&()),
        "kind": BundleDeployment::kind(&()),
        "name": owner.name_any(),
        "uid": owner.uid(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_fetched_or_runs_is_named() {
        let source =
            |name: &str| json!({"type": "configMaps", "configMaps": [{"configMap": {"name": name}}]});
        let deployment = json!({
            "apiVersion": "core.rukpak.io/v1alpha2",
            "kind": "BundleDeployment",
            "metadata": {"name": "hello"},
            "spec": {"provisionerClassName": "x", "source": source("asked-for")},
            "status": {"resolvedSource": source("fetched"), "activeSource": source("runs")},
        });
        let deployment: BundleDeployment = serde_json::from_value(deployment).unwrap();
        assert_eq!(Vec::from_iter(named(&deployment)), ["asked-for", "fetched", "runs"]);
    }
}
