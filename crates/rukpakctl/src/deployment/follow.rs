//! Waiting for a `BundleDeployment`, and telling on standard error what becomes of it.

use std::io::Write as _;
use std::time::Duration;

use anyhow::bail;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use tokio::time::{Instant, sleep};

use super::news;
use super::verdict::{Goal, Verdict, judge};
use super::written::Written;
use crate::cluster::Connection;
use crate::printable::Printable;

/// How often it is looked at: one read of one object.
const INTERVAL: Duration = Duration::from_millis(500);

/// Waits until the `BundleDeployment` of a name is where it should be. Fails at once where it never will be, or is not what was
/// `written` any more, and in the end where it is not in time.
pub(crate) async fn follow(
    connection: &Connection,
    name: &str,
    written: Option<&Written>,
    goal: Goal,
    patience: Duration,
    quiet: bool,
) -> anyhow::Result<()> {
    let end = Instant::now() + patience;
    let mut seen: Option<Vec<Condition>> = None;
    let mut last = String::new();
    loop {
        let Some(deployment) = connection.deployment(name).await? else {
            if goal == Goal::Deleted {
                return Ok(());
            }
            bail!("BundleDeployment {name} was deleted");
        };
        if let Some(written) = written {
            written.is_still(&deployment)?;
        }
        let verdict = match (judge(&deployment, goal), written) {
            (Verdict::Reached, Some(written)) => {
                written.is_to_come(&deployment).map_or(Verdict::Reached, Verdict::Missing)
            }
            (verdict, _) => verdict,
        };
        let generation = deployment.metadata.generation;
        let now = deployment.status.map(|status| status.conditions).unwrap_or_default();
        // Nothing becomes of what is there already.
        if !quiet && (seen.is_some() || verdict != Verdict::Reached) {
            for line in news::since(seen.as_deref().unwrap_or_default(), &now, generation) {
                tell(&line);
                last = line;
            }
        }
        match verdict {
            Verdict::Reached => return Ok(()),
            Verdict::Hopeless(why) => {
                let why = news::reason_alone(&last, &now).unwrap_or(why);
                bail!("BundleDeployment {name} will not be {}: {why}", goal.as_str())
            }
            Verdict::Missing(missing) if Instant::now() >= end => {
                bail!(
                    "BundleDeployment {name} is not {} after {} s: {missing}",
                    goal.as_str(),
                    patience.as_secs()
                )
            }
            Verdict::Missing(_) => {
                seen = Some(now);
                sleep(INTERVAL.min(end - Instant::now())).await;
            }
        }
    }
}

fn tell(line: &str) {
    // There is nowhere left to say that standard error cannot be written to.
    let _ = writeln!(anstream::stderr(), "{}", Printable(line));
}
