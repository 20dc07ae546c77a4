//! What there is, and what is left.

use std::collections::BTreeSet;
use std::time::Duration;

use e2e::provisioners::Place;
use tokio::time::{Instant, sleep};

/// How long it may take until the next of what is left leaves: a namespace goes after all else, and a server with hundreds of kinds
/// takes seconds for each.
const LEAVES: Duration = Duration::from_secs(30);

/// All objects, but for what comes and goes by itself.
pub(crate) fn everything(place: &Place) -> BTreeSet<String> {
    let kinds = place.kubectl(&["api-resources", "--verbs=list", "-o", "name"]);
    let kinds = kinds.lines().filter(|kind| !["events", "leases"].contains(&kind.split('.').next().unwrap()));
    let kinds = kinds.collect::<Vec<_>>().join(",");
    let names = "custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name";
    let all = place.kubectl(&["get", &kinds, "--all-namespaces", "--no-headers", "-o", names]);
    all.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Waits until there is nothing that was not there before.
pub(crate) async fn assert_nothing_left(place: &Place, before: &BTreeSet<String>) {
    let (mut fewest, mut since) = (usize::MAX, Instant::now());
    loop {
        let left: Vec<_> = everything(place).difference(before).cloned().collect();
        if left.is_empty() {
            return;
        }
        if left.len() < fewest {
            (fewest, since) = (left.len(), Instant::now());
        }
        assert!(since.elapsed() < LEAVES, "left: {left:#?}");
        sleep(Duration::from_secs(1)).await;
    }
}
