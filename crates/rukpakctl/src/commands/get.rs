//! `rukpakctl get`: all installations, or one.

mod list;
mod values;

use std::io::{self, Write};
use std::process::ExitCode;

use jiff::Timestamp;
use rukpak_manifest::yaml;
use serde_json::Value;

use crate::chosen::Kind;
use crate::cli::{Get, GetOutput};
use crate::cluster::Connection;
use crate::deployment::details;
use crate::installed::{Installed, whole};
use crate::printable::Printable;
use crate::{fetch, output, report};

pub(crate) fn run(args: &Get, quiet: bool) -> anyhow::Result<ExitCode> {
    let (found, has_deployments, nothing) = fetch::block_on(async {
        let connection = Connection::open(&args.cluster, quiet).await?;
        let (found, nothing) = match &args.chosen {
            Some(chosen) => (Installed::find(&connection, chosen).await?, None),
            None => all(&connection).await?,
        };
        Ok((found, connection.has_deployments(), nothing))
    })?;
    let now = Timestamp::now();
    let is_one = args.chosen.is_some();
    match args.output {
        GetOutput::Text if is_one => output::text(|out| write(out, &found, now))?,
        GetOutput::Text if has_deployments => output::text(|out| list::all(out, &found, now))?,
        GetOutput::Text => output::text(|out| list::inventories(out, &found))?,
        GetOutput::Name => output::text(|out| {
            found.iter().try_for_each(|one| writeln!(out, "{}/{}", one.kind().prefix(), one.name()))
        })?,
        GetOutput::Json => output::json(&value(&found, is_one)?)?,
        GetOutput::Yaml => {
            let value = value(&found, is_one)?;
            output::data(|out| yaml::write(&value, out))?;
        }
    }
    let is_for_people = matches!(args.output, GetOutput::Text | GetOutput::Name);
    if let Some(nothing) = nothing.filter(|_| is_for_people && !quiet) {
        let _ = writeln!(anstream::stderr(), "{}", Printable(&nothing));
    }
    // What is known of it was worth to be told.
    for one in &found {
        if let Installed::Inventory(found) = one
            && let Err(error) = whole(found)
        {
            if is_one {
                return Err(error);
            }
            if !quiet {
                report::warning(error);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// All that there is, and what is to be said where that is nothing: it may be looked for in the wrong place.
async fn all(connection: &Connection) -> anyhow::Result<(Vec<Installed>, Option<String>)> {
    let (found, is_all) = Installed::all(connection).await?;
    if is_all && !found.iter().any(|one| one.kind() == Kind::Inventory) {
        connection.warn_without_namespace().await;
    }
    let others = if connection.has_deployments() { "no BundleDeployments, and " } else { "" };
    let namespace = connection.system_namespace();
    let nothing =
        || format!("nothing is installed: there are {others}no inventories in the namespace {namespace}");
    let is_nothing = is_all && found.is_empty();
    Ok((found, is_nothing.then(nothing)))
}

/// For programs: one, or a list.
fn value(found: &[Installed], is_one: bool) -> anyhow::Result<Value> {
    match found {
        [one] if is_one => values::value(one),
        all => all.iter().map(values::value).collect(),
    }
}

/// What has one name, one after the other.
fn write(out: &mut impl Write, found: &[Installed], now: Timestamp) -> io::Result<()> {
    for (index, one) in found.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        match one {
            Installed::Deployment(deployment) => details::write(out, deployment, now)?,
            Installed::Inventory(_) => list::inventories(out, std::slice::from_ref(one))?,
        }
    }
    Ok(())
}
