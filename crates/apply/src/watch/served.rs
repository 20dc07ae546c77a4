//! Noticing that the served kinds have changed: the definitions and aggregated APIs are watched, and discovery is asked after they
//! change.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::follow::{Sink, State};
use super::shared::Shared;
use crate::Discovery;
use crate::cluster::Metadata;
use crate::probe::GroupKind;

/// What makes kinds.
pub(super) const MAKERS: [(&str, &str); 2] =
    [("apiextensions.k8s.io", "CustomResourceDefinition"), ("apiregistration.k8s.io", "APIService")];

/// How long is waited after a change until discovery is asked, again and again: it follows a change some time later.
const WAITS: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(700), Duration::from_secs(2), Duration::from_secs(8)];

/// Takes what the watch of a maker tells, which is only that something happened.
pub(super) struct OfMaker(pub(super) watch::Sender<()>);

impl Sink for OfMaker {
    fn listed(&self, _: Vec<Metadata>) {
        self.0.send_replace(());
    }

    fn is(&self, _: Metadata) {
        self.0.send_replace(());
    }

    fn was(&self, _: Metadata) {
        self.0.send_replace(());
    }

    fn current(&self, _: State) {}
}

/// The kinds whose watches feed an [`OfMaker`].
pub(super) fn makers() -> impl Iterator<Item = GroupKind> {
    MAKERS.into_iter().map(|(group, kind)| GroupKind { group: group.into(), kind: kind.into() })
}

/// Asks discovery after each change, and tells when it says something new.
pub(super) async fn refresh(
    discovery: Arc<Discovery>,
    shared: Arc<Shared>,
    mut changes: watch::Receiver<()>,
) {
    // It fails when nobody is left who could tell of changes.
    while changes.changed().await.is_ok() {
        let mut step = 0;
        while let Some(wait) = WAITS.get(step) {
            sleep(*wait).await;
            let more_changes = changes.has_changed().unwrap_or(false);
            changes.mark_unchanged();
            let is_new = discovery.refresh().await.unwrap_or_else(|error| {
                tracing::debug!(%error, "discovery failed");
                false
            });
            if is_new {
                shared.served();
            }
            step = next(step, is_new, more_changes);
        }
    }
}

/// Which wait comes after one. While changes go on that bring nothing new, as those of an API that comes and goes, it is the last one.
fn next(step: usize, is_new: bool, more_changes: bool) -> usize {
    match (more_changes, is_new) {
        (true, true) => 1,
        (true, false) => (step + 1).min(WAITS.len() - 1),
        (false, _) => step + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::one_change(&[(false, false), (true, false), (false, false), (false, false)], &[0, 1, 2, 3])]
    #[case::a_set_of_definitions(
        &[(true, true), (true, true), (true, false), (false, false), (false, false)],
        &[0, 1, 1, 2, 3]
    )]
    #[case::an_api_that_comes_and_goes(
        &[(false, true), (false, true), (false, true), (false, true), (false, true), (false, false)],
        &[0, 1, 2, 3, 3, 3]
    )]
    fn waits(#[case] answers: &[(bool, bool)], #[case] expected: &[usize]) {
        let (mut step, mut steps) = (0, Vec::new());
        for (is_new, more_changes) in answers {
            steps.push(step);
            step = next(step, *is_new, *more_changes);
        }
        assert_eq!(steps, expected);
        assert_eq!(step, WAITS.len(), "it ends");
    }
}
