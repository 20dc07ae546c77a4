//! `rukpakctl apply`: install or upgrade a bundle, under a name.

use std::io::Write as _;
use std::process::ExitCode;

use rukpak_apply::Shown;
use rukpak_apply::engine::Store as _;
use rukpak_apply::probe::{Probes, Summary};

use crate::cli::Apply;
use crate::cluster::Connection;
use crate::difference::Difference;
use crate::following::{Counts, Following};
use crate::installation::{Content, Installation, POLICY};
use crate::printable::Printable;
use crate::{fetch, meanwhile, output};

/// What the last line says while certificates are being replaced.
const ROTATING: &str = "; certificates of webhooks are being replaced, the next step follows";
/// The same, where nobody waits.
const ROTATING_LATER: &str =
    "; certificates of webhooks are being replaced: run this again for the next step, or with --wait for all";

pub(crate) fn run(args: &Apply, quiet: bool) -> anyhow::Result<ExitCode> {
    fetch::block_on(async {
        if args.dry_run { dry_run(args, quiet).await } else { apply(args, quiet).await }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn dry_run(args: &Apply, quiet: bool) -> anyhow::Result<()> {
    let Installation { checked, .. } = Installation::check(&args.wanted, quiet, false).await?;
    output::text(|out| Difference::of(&args.wanted.name, &checked).write(out))
}

async fn apply(args: &Apply, quiet: bool) -> anyhow::Result<()> {
    let mut installation = Installation::check(&args.wanted, quiet, true).await?;
    loop {
        let Some((connection, content)) = Box::pin(carry_out(args, installation, quiet)).await? else {
            return Ok(());
        };
        installation = Installation::next(connection, content, &args.wanted).await?; // cluster
    }
}

/// Makes the cluster as it is planned. What it takes to go on, where there is another step, and that is waited for.
async fn carry_out(
    args: &Apply,
    installation: Installation,
    quiet: bool,
) -> anyhow::Result<Option<(Connection, Content)>> {
    let Installation { connection, engine, mut store, checked, goes_on } = installation;
    if let Some(policy) = args.deletion_policy {
        store.set_fact(POLICY, policy.to_string());
    }
    let following = Following::on_standard_error(quiet);
    let applied = meanwhile::told(&store, engine.write(checked, &store, &following).await)?; // cluster
    if store.has_news() {
        meanwhile::told(&store, store.save(applied.inventory()).await)?; // cluster
    }
    let probes = Probes::default();
    let left = applied.plan().prune().len();
    let health = match (args.wait, left) {
        (true, _) => Some(engine.wait_until_healthy(&applied, &probes, &following).await?), // cluster
        // Nothing depends on it.
        (false, 0) => None,
        (false, _) => Some(engine.observe(&applied, &probes).await?), // cluster
    };
    let is_healthy = health.as_ref().is_some_and(Summary::is_healthy);
    if is_healthy && left > 0 {
        // A definition of the new set may be what the old object is of.
        let served = connection.cluster.discover().await?; // cluster
        meanwhile::told(&store, engine.prune(applied, &served, &store, &following).await)?; // cluster
    }
    let counts = following.end();
    if !quiet {
        let left = if is_healthy { 0 } else { left };
        let more = match (&goes_on, args.wait) {
            (None, _) => "",
            (Some(_), true) => ROTATING,
            (Some(_), false) => ROTATING_LATER,
        };
        tell(&args.wanted.name, &counts, health.as_ref(), left, more);
    }
    Ok(goes_on.filter(|_| args.wait).map(|content| (connection, content)))
}

/// The last line: what was done, and how it is doing, as far as that was looked at.
fn tell(name: &str, counts: &Counts, health: Option<&Summary>, left: usize, more: &str) {
    let health = match health.map(|health| (health, health.unhealthy().next())) {
        None => String::new(),
        Some((_, None)) => "; healthy".to_owned(),
        Some((health, Some((id, first)))) => {
            let (healthy, total) = (health.healthy(), health.total());
            format!("; not healthy yet, {healthy} of {total} are: {}: {}", Shown(id), first.message())
        }
    };
    let left = match left {
        0 => String::new(),
        _ => format!("; {left} of the version before go when it is: run this again, or with --wait"),
    };
    let text = format!("{name}: {counts}{health}{left}{more}");
    let _ = writeln!(anstream::stderr(), "{}", Printable(&text));
}
