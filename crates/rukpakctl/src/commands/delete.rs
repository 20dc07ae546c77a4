//! `rukpakctl delete`: remove an installation.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use rukpak_apply::engine::{DeletionPolicy, Options};

use crate::chosen::{Chosen, Kind};
use crate::cli::{Delete, ReportOutput};
use crate::cluster::Connection;
use crate::following::Following;
use crate::installation::POLICY;
use crate::{fetch, lost, meanwhile, roles};

pub(crate) fn run(args: &Delete, quiet: bool) -> anyhow::Result<ExitCode> {
    let Chosen { kind, name } = &args.installed.chosen;
    if *kind == Some(Kind::Deployment) {
        bail!("`delete` is for what `apply` installed: kubectl delete bundledeployment {name}");
    }
    let counts = fetch::block_on(async {
        let connection = Connection::open(&args.installed.cluster, quiet).await?;
        let (mut store, inventory) = lost::to_delete(&connection, name, args.deletion_policy, quiet).await?;
        let said = || store.fact(POLICY).map(str::parse::<DeletionPolicy>).transpose();
        let policy = match args.deletion_policy {
            Some(policy) => policy,
            None => said()?.unwrap_or_default(),
        };
        if args.deletion_policy.is_some() {
            // It is kept before anything goes: where this is interrupted, the next one is to know it.
            store.set_fact(POLICY, policy.to_string());
        }
        let acting = connection.acting_as(args.service_account.as_ref()).await?;
        let engine = connection.engine_on(acting, Options { patience: args.timeout, ..Options::default() });
        let following = Following::on_standard_error(quiet);
        let owner = store.owner();
        let torn_down =
            engine.tear_down(owner, inventory, &connection.served, policy, &store, &following).await;
        meanwhile::told(&store, torn_down)?;
        meanwhile::told(&store, engine.admitted(|| store.remove()).await)?;
        Ok(following.end())
    })
    .map_err(|error| roles::printed(error, ReportOutput::Text))?;
    if !quiet {
        let _ = writeln!(anstream::stderr(), "{name}: {counts}");
    }
    Ok(ExitCode::SUCCESS)
}
