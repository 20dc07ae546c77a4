//! Writing what the provisioner reads: the `BundleDeployment`, and the `ConfigMaps` of its content.

use anyhow::{Context as _, anyhow, bail};
use kube::api::{Api, Patch, PatchParams};
use kube::{Resource as _, ResourceExt as _};
use rukpak_api::BundleDeployment;
use rukpak_apply::cluster::{Address, Mode, Refusal};
use rukpak_manifest::Object;
use serde_json::{Value, json};

use super::maps::{LABEL, Map};
use crate::cluster::Connection;

/// Who sets the fields of a `BundleDeployment`.
const FIELD_MANAGER: &str = "rukpakctl";

/// A kind that needs no discovery.
const CONFIG_MAP: [&str; 4] = ["", "v1", "ConfigMap", "configmaps"];

/// The code of a conflict.
const CONFLICT: u16 = 409;

/// Makes the `BundleDeployment` what is wanted, by server-side apply.
pub(super) async fn apply(
    connection: &Connection,
    name: &str,
    wanted: &Value,
    force: bool,
) -> anyhow::Result<BundleDeployment> {
    let api: Api<BundleDeployment> = Api::all(connection.client()?);
    let params = PatchParams { field_manager: Some(FIELD_MANAGER.into()), force, ..PatchParams::default() };
    let applied = api.patch(name, &params, &Patch::Apply(wanted)).await;
    applied.map_err(|error| match error {
        kube::Error::Api(status) if status.code == CONFLICT => {
            anyhow!(
                "cannot apply BundleDeployment {name}: {}; --force-conflicts takes the fields over",
                status.message
            )
        }
        kube::Error::Api(status) => anyhow!("cannot apply BundleDeployment {name}: {}", status.message),
        error => anyhow::Error::new(error).context(format!("cannot apply BundleDeployment {name}")),
    })
}

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

/// Deletes the `ConfigMaps` of earlier content. How many there were.
pub(super) async fn discard(connection: &Connection, maps: &[Map], name: &str) -> anyhow::Result<usize> {
    let selector = format!("{LABEL}={name}");
    let namespace = connection.system_namespace();
    let live = connection.cluster.list_known(CONFIG_MAP, Some(namespace), Some(&selector)).await?;
    let old = live.iter().filter(|live| maps.iter().all(|map| map.name != live.name()));
    let mut discarded = 0;
    for one in old {
        let uid = one.get(&["metadata", "uid"]).and_then(Value::as_str).unwrap_or_default();
        discarded += usize::from(connection.cluster.delete(&address(connection, one.name()), uid).await?);
    }
    Ok(discarded)
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
