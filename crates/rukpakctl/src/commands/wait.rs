//! `rukpakctl wait`: until an installation is where it should be.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use rukpak_apply::Inventory;
use rukpak_apply::engine::{ConfigMapStore, Options};
use rukpak_apply::probe::Probes;
use tokio::time::{Instant, sleep};

use crate::chosen::Kind;
use crate::cli::Wait;
use crate::cluster::Connection;
use crate::deployment::follow::follow;
use crate::deployment::verdict::Goal;
use crate::fetch;
use crate::following::Following;
use crate::installed::{Installed, is_forbidden, whole};

/// How often it is looked whether an inventory is gone.
const INTERVAL: Duration = Duration::from_millis(500);

pub(crate) fn run(args: &Wait, quiet: bool) -> anyhow::Result<ExitCode> {
    let (goal, patience, chosen) = (args.goal, args.timeout, &args.installed.chosen);
    fetch::block_on(async {
        let connection = Connection::open(&args.installed.cluster, quiet).await?;
        match Installed::one(&connection, chosen).await {
            Ok(Installed::Deployment(_)) => {
                follow(&connection, &chosen.name, None, goal, patience, quiet).await
            }
            Ok(Installed::Inventory(found)) => {
                Box::pin(for_inventory(&connection, &found, goal, patience, quiet)).await
            }
            // What was never there is gone as well.
            Err(_) if goal == Goal::Deleted && is_absent(&connection, args).await? => Ok(()),
            Err(error) => Err(error),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn is_absent(connection: &Connection, args: &Wait) -> anyhow::Result<bool> {
    let chosen = &args.installed.chosen;
    let deployment =
        if chosen.may_be(Kind::Deployment) { connection.deployment(&chosen.name).await? } else { None };
    if !chosen.may_be(Kind::Inventory) {
        return Ok(deployment.is_none());
    }
    let has_inventory = match connection.find_inventory(&chosen.name).await {
        // That it is not known was told.
        Err(error) if is_forbidden(&error) && chosen.kind.is_none() => false,
        found => found?.is_some(),
    };
    if deployment.is_some() || has_inventory {
        return Ok(false);
    }
    // What is looked for in the wrong place is not gone.
    connection.warn_without_namespace().await;
    Ok(true)
}

/// What nobody but `apply` and `delete` works on: its objects are looked at themselves.
async fn for_inventory(
    connection: &Connection,
    found: &(ConfigMapStore, Inventory),
    goal: Goal,
    patience: Duration,
    quiet: bool,
) -> anyhow::Result<()> {
    let name = &found.0.owner().name;
    match goal {
        Goal::Healthy => {
            let inventory = whole(found)?;
            let engine = connection.engine(Options { patience, ..Options::default() });
            let following = Following::on_standard_error(quiet);
            let probes = Probes::default();
            Ok(engine.wait_for_inventory(inventory, &connection.served, &probes, &following).await?)
        }
        Goal::Installed => bail!(
            "--for installed is for BundleDeployments only, and {name} is an installation of `apply`, whose exit code has told \
             whether it is installed; --for healthy looks at its objects"
        ),
        Goal::Deleted => {
            let end = Instant::now() + patience;
            while connection.find_inventory(name).await?.is_some() {
                if Instant::now() >= end {
                    bail!("{name} is not deleted after {} s: its inventory is there", patience.as_secs());
                }
                sleep(INTERVAL).await;
            }
            Ok(())
        }
    }
}
