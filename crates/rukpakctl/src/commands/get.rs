//! `rukpakctl get`: all installations, or one.

use std::process::ExitCode;

use rukpak_apply::Inventory;
use rukpak_apply::engine::{ConfigMapStore, DeletionPolicy};
use serde_json::{Value, json};

use crate::cli::{Get, ReportOutput};
use crate::cluster::Connection;
use crate::installation::{NAMESPACE, POLICY, SOURCE};
use crate::{fetch, output, table};

pub(crate) fn run(args: &Get) -> anyhow::Result<ExitCode> {
    let found = fetch::block_on(async {
        let connection = Connection::open(&args.cluster).await?;
        match &args.name {
            Some(name) => Ok(vec![connection.existing(name).await?]),
            None => connection.all().await,
        }
    })?;
    match args.output {
        ReportOutput::Text => output::text(|out| {
            table::rows(
                out,
                "",
                ["NAME", "NAMESPACE", "OBJECTS", "ON DELETION", "SOURCE"],
                found.iter().map(row),
            )
        })?,
        ReportOutput::Json if args.name.is_some() => {
            found.iter().map(value).try_for_each(|value| output::json(&value))?;
        }
        ReportOutput::Json => output::json(&found.iter().map(value).collect::<Vec<_>>())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn row((store, inventory): &(ConfigMapStore, Inventory)) -> [String; 5] {
    let fact = |key| store.fact(key).unwrap_or_default().to_owned();
    [store.owner().name.clone(), fact(NAMESPACE), inventory.len().to_string(), policy(store), fact(SOURCE)]
}

fn value((store, inventory): &(ConfigMapStore, Inventory)) -> Value {
    json!({
        "name": store.owner().name,
        "uid": store.owner().uid,
        "source": store.fact(SOURCE),
        "installNamespace": store.fact(NAMESPACE),
        "deletionPolicy": policy(store),
        "inventory": {"entries": inventory.entries()},
    })
}

fn policy(store: &ConfigMapStore) -> String {
    store.fact(POLICY).map_or_else(|| DeletionPolicy::default().to_string(), str::to_owned)
}
