//! `rukpakctl wait`: until an installation is healthy.

use std::process::ExitCode;

use rukpak_apply::engine::Options;
use rukpak_apply::probe::Probes;

use crate::cli::Wait;
use crate::cluster::Connection;
use crate::fetch;
use crate::following::Following;

pub(crate) fn run(args: &Wait, quiet: bool) -> anyhow::Result<ExitCode> {
    fetch::block_on(async {
        let connection = Connection::open(&args.installation.cluster).await?;
        let (_, inventory) = connection.existing(&args.installation.name).await?;
        let engine = connection.engine(Options { patience: args.timeout, ..Options::default() });
        let following = Following::on_standard_error(quiet);
        let probes = Probes::default();
        Ok(engine.wait_for_inventory(&inventory, &connection.served, &probes, &following).await?)
    })?;
    Ok(ExitCode::SUCCESS)
}
