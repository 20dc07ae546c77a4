//! `rukpakctl apply`: install or upgrade a bundle, under a name.

mod outcome;

use std::io::Write as _;
use std::process::ExitCode;

use rukpak_apply::Shown;
use rukpak_apply::engine::Store as _;
use rukpak_apply::probe::{Probes, Summary};

use crate::cli::{Apply, ReportOutput};
use crate::cluster::Connection;
use crate::difference::Difference;
use crate::following::{Acts, Following};
use crate::installation::{Content, Installation, Made, POLICY};
use crate::printable::Printable;
use crate::{fetch, meanwhile, output, roles};
use outcome::Outcome;

/// What the last line says while certificates are being replaced.
const ROTATING: &str = "; certificates of webhooks are being replaced, the next step follows";
/// The same, where nobody waits.
const ROTATING_LATER: &str =
    "; certificates of webhooks are being replaced: run this again for the next step, or with --wait for all";

pub(crate) fn run(args: &Apply, quiet: bool) -> anyhow::Result<ExitCode> {
    let made = Made::default();
    let work = async {
        if args.dry_run { dry_run(args, quiet).await } else { Box::pin(apply(args, quiet, &made)).await }
    };
    fetch::block_on_or_undo(work, made.undo(quiet))?;
    Ok(ExitCode::SUCCESS)
}

/// What is wanted, looked at. Where rights are missing, what would give them is printed.
async fn check(args: &Apply, quiet: bool, made: Option<&Made>) -> anyhow::Result<Installation> {
    let checked = Installation::check(&args.wanted, quiet, made).await; // cluster, network
    checked.map_err(|error| roles::printed(error, args.output))
}

async fn dry_run(args: &Apply, quiet: bool) -> anyhow::Result<()> {
    let Installation { checked, .. } = check(args, quiet, None).await?;
    let difference = Difference::of(&args.wanted.name, &checked);
    match args.output {
        ReportOutput::Text => output::text(|out| difference.write(out)),
        ReportOutput::Json => output::json(&difference),
    }
}

async fn apply(args: &Apply, quiet: bool, made: &Made) -> anyhow::Result<()> {
    let mut installation = match check(args, quiet, Some(made)).await {
        Ok(installation) => installation,
        Err(error) => {
            made.undo(quiet).await; // cluster
            return Err(error);
        }
    };
    made.keep();
    let mut outcome = Outcome::of(&args.wanted.name, std::mem::take(&mut installation.findings));
    let carried = loop {
        let following = Following::on_standard_error(quiet);
        let carried = Box::pin(carry_out(args, installation, &following)).await;
        let acts = following.end();
        outcome.add(&acts);
        let carried = match carried {
            Ok(carried) => carried,
            Err(error) => break Err(error),
        };
        if !quiet {
            tell(&args.wanted.name, &acts, &carried, args.wait);
        }
        outcome.carried(&carried);
        let Some((connection, content)) = carried.next.filter(|_| args.wait) else { break Ok(()) };
        match Installation::next(connection, content, &args.wanted).await {
            Ok(next) => installation = next, // cluster
            Err(error) => break Err(error),
        }
    };
    match args.output {
        ReportOutput::Text => carried.map_err(|error| roles::printed(error, args.output)),
        ReportOutput::Json => {
            outcome.ended(&carried);
            let printed = output::json(&outcome);
            carried.and(printed)
        }
    }
}

/// What came of carrying out a plan.
struct Carried {
    /// As far as it was looked at.
    health: Option<Summary>,
    /// Objects of the version before that are there still.
    left: usize,
    /// What it takes to go on, where there is another step.
    next: Option<(Connection, Content)>,
}

/// Makes the cluster as it is planned.
async fn carry_out(
    args: &Apply,
    installation: Installation,
    following: &Following,
) -> anyhow::Result<Carried> {
    let Installation { connection, engine, mut store, checked, findings: _, goes_on } = installation;
    if let Some(policy) = args.deletion_policy {
        store.set_fact(POLICY, policy.to_string());
    }
    let applied = meanwhile::told(&store, engine.write(checked, &store, following).await)?; // cluster
    if store.has_news() {
        meanwhile::told(&store, store.save(applied.inventory()).await)?; // cluster
    }
    let probes = Probes::default();
    let left = applied.plan().prune().len();
    let health = match (args.wait, left) {
        (true, _) => Some(engine.wait_until_healthy(&applied, &probes, following).await?), // cluster
        // Nothing depends on it.
        (false, 0) => None,
        (false, _) => Some(engine.observe(&applied, &probes).await?), // cluster
    };
    let is_healthy = health.as_ref().is_some_and(Summary::is_healthy);
    if is_healthy && left > 0 {
        // A definition of the new set may be what the old object is of.
        let served = connection.cluster.discover().await?; // cluster
        meanwhile::told(&store, engine.prune(applied, &served, &store, following).await)?; // cluster
    }
    let left = if is_healthy { 0 } else { left };
    Ok(Carried { health, left, next: goes_on.map(|content| (connection, content)) })
}

/// The last line: what was done, and how it is doing, as far as that was looked at.
fn tell(name: &str, acts: &Acts, carried: &Carried, waits: bool) {
    let Carried { health, left, next } = carried;
    let more = match (next, waits) {
        (None, _) => "",
        (Some(_), true) => ROTATING,
        (Some(_), false) => ROTATING_LATER,
    };
    let health = match health.as_ref().map(|health| (health, health.unhealthy().next())) {
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
    let text = format!("{name}: {acts}{health}{left}{more}");
    let _ = writeln!(anstream::stderr(), "{}", Printable(&text));
}
