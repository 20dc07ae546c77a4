//! Whether a `BundleDeployment` is where somebody waits for it to be. Pure.

use clap::ValueEnum;
use rukpak_api::condition::{HAS_VALID_BUNDLE, HEALTHY, INSTALLED, RECONCILING, STALLED, UNPACKED};
use rukpak_api::{BundleDeployment, reason};

use super::{condition, is_current};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(clippy::doc_markdown, reason = "these comments are the text of --help")]
pub(crate) enum Goal {
    /// Everything is applied, and healthy
    Healthy,
    /// Everything is applied; for BundleDeployments only
    Installed,
    /// It is gone
    Deleted,
}

/// What is to be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing: it is there.
    Reached,
    /// Nothing: it will not be, for this reason.
    Hopeless(String),
    /// Wait. This is missing.
    Missing(String),
}

impl Goal {
    /// In a sentence: `is not … yet`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Installed => "installed",
            Self::Deleted => "deleted",
        }
    }

    /// The conditions that must be true for it.
    fn conditions(self) -> &'static [&'static str] {
        match self {
            Self::Healthy => &[INSTALLED, HEALTHY],
            Self::Installed => &[INSTALLED],
            Self::Deleted => &[],
        }
    }
}

/// Judges a `BundleDeployment` that is there. What is reported of an earlier generation counts for nothing.
pub(crate) fn judge(deployment: &BundleDeployment, goal: Goal) -> Verdict {
    let stalled = condition(deployment, STALLED)
        .filter(|stalled| stalled.status == "True" && is_current(deployment, stalled));
    // One that goes may be stalled as long as a finalizer of others holds an object: somebody may take that off.
    if let Some(stalled) = stalled.filter(|_| goal != Goal::Deleted) {
        return Verdict::Hopeless(format!("{} ({})", stalled.message, stalled.reason));
    }
    let is_going = deployment.metadata.deletion_timestamp.is_some();
    match goal {
        Goal::Deleted if is_going => return Verdict::Missing(of_deletion(deployment)),
        Goal::Deleted => return Verdict::Missing("nobody has deleted it".into()),
        _ if is_going => return Verdict::Hopeless("it is being deleted".into()),
        _ => {}
    }
    let is_true = |kind: &&str| {
        condition(deployment, kind).is_some_and(|one| one.status == "True" && is_current(deployment, one))
    };
    if goal.conditions().iter().all(is_true) {
        return Verdict::Reached;
    }
    Verdict::Missing(missing(deployment, goal))
}

/// What is not as it should be: first what failed on the way, then the conditions of the goal. What is said twice is said once.
fn missing(deployment: &BundleDeployment, goal: Goal) -> String {
    if let Some(unseen) = unseen(deployment) {
        return unseen;
    }
    let mut parts: Vec<String> = Vec::new();
    let mut said: Vec<&str> = vec![reason::INSTALLATION_STATUS_FALSE];
    let on_the_way = [UNPACKED, HAS_VALID_BUNDLE].map(|kind| (kind, false));
    let wanted = goal.conditions().iter().map(|kind| (*kind, true));
    for (kind, is_wanted) in on_the_way.into_iter().chain(wanted) {
        let Some(found) = condition(deployment, kind) else {
            parts.extend(is_wanted.then(|| format!("{kind} is not known yet")));
            continue;
        };
        if !is_current(deployment, found) {
            let [then, now] =
                [found.observed_generation, deployment.metadata.generation].map(Option::unwrap_or_default);
            parts.extend(is_wanted.then(|| format!("{kind} is of generation {then}, not {now} yet")));
        } else if found.status != "True" && (is_wanted || found.status == "False") {
            if said.contains(&found.message.as_str()) || said.contains(&found.reason.as_str()) {
                continue;
            }
            said.push(&found.message);
            parts.push(format!("{kind} is {} ({}): {}", found.status, found.reason, found.message));
        }
    }
    // A failure before anything is written leaves the conditions of what runs as they are.
    let reconciling = condition(deployment, RECONCILING).filter(|one| {
        one.status == "True" && is_current(deployment, one) && !said.contains(&one.message.as_str())
    });
    parts.extend(reconciling.map(|one| format!("{} ({})", one.message, one.reason)));
    if deployment.spec.paused == Some(true) {
        parts.push("spec.paused holds it".into());
    }
    parts.join("; ")
}

/// That nobody has looked at it as it is now: what is reported is of an earlier generation, or nothing is.
fn unseen(deployment: &BundleDeployment) -> Option<String> {
    let observed = deployment.status.as_ref().and_then(|status| status.observed_generation);
    let now = deployment.metadata.generation;
    let reported = match observed {
        observed @ Some(_) if observed >= now => return None,
        Some(then) => {
            format!("; what is reported is of generation {then}, not {}", now.unwrap_or_default())
        }
        None => String::new(),
    };
    let class = &deployment.spec.provisioner_class_name;
    Some(format!(
        "no provisioner of the class {class} has looked at it yet, most likely since there is none or it is not running{reported}"
    ))
}

fn of_deletion(deployment: &BundleDeployment) -> String {
    let said = [STALLED, RECONCILING].into_iter().filter_map(|kind| condition(deployment, kind));
    let said = said.filter(|one| one.status == "True").map(|one| one.message.clone()).next();
    let held = || {
        format!(
            "finalizers {} hold it",
            deployment.metadata.finalizers.iter().flatten().cloned().collect::<Vec<_>>().join(", ")
        )
    };
    said.unwrap_or_else(held)
}

#[cfg(test)]
mod tests {
    use super::super::tests::deployment;
    use super::*;
    use insta::assert_snapshot;
    use rstest::rstest;

    const OK: [(&str, &str, &str, &str, i64); 2] = [
        ("Installed", "True", "InstallationSucceeded", "Instantiated bundle hello successfully", 2),
        ("Healthy", "True", "Healthy", "9 of 9 objects are healthy", 2),
    ];

    #[test]
    fn both_conditions_of_this_generation() {
        assert_eq!(judge(&deployment(&OK), Goal::Healthy), Verdict::Reached);
        for index in 0..2 {
            let (mut old, mut bad) = (OK, OK);
            old[index].4 = 1;
            bad[index].1 = "Unknown";
            for conditions in [old, bad] {
                let verdict = judge(&deployment(&conditions), Goal::Healthy);
                assert!(matches!(verdict, Verdict::Missing(_)), "{verdict:?}");
            }
        }
        assert_eq!(judge(&deployment(&OK[..1]), Goal::Installed), Verdict::Reached);
    }

    #[test]
    fn stalled_is_the_end_where_it_is_about_this_generation() {
        let stalled = |generation| {
            deployment(&[
                ("Stalled", "True", "BundleLoadFailed", "no CSV", generation),
                OK[0],
                ("Healthy", "False", "Unhealthy", "1 of 2", 2),
            ])
        };
        assert_eq!(judge(&stalled(2), Goal::Healthy), Verdict::Hopeless("no CSV (BundleLoadFailed)".into()));
        assert!(matches!(judge(&stalled(1), Goal::Healthy), Verdict::Missing(_)));
        assert!(matches!(judge(&stalled(2), Goal::Deleted), Verdict::Missing(_)));
    }

    #[test]
    fn one_that_goes() {
        let mut going = deployment(&[("Reconciling", "True", "Deleting", "waiting for 2 Greetings", 2)]);
        assert_eq!(judge(&going, Goal::Deleted), Verdict::Missing("nobody has deleted it".into()));
        going.metadata.deletion_timestamp = going.metadata.creation_timestamp.clone();
        assert_eq!(judge(&going, Goal::Deleted), Verdict::Missing("waiting for 2 Greetings".into()));
        assert_eq!(judge(&going, Goal::Healthy), Verdict::Hopeless("it is being deleted".into()));
    }

    #[rstest]
    #[case::nothing_is_known("unknown", &[])]
    #[case::one_message_for_two("unpack_failed", &[
        ("Unpacked", "False", "UnpackFailed", "404: no such image", 2),
        ("Installed", "False", "InstallFailed", "404: no such image", 2),
        ("Healthy", "False", "InstallationStatusFalse", "Installed condition is false", 2),
        ("Reconciling", "True", "UnpackFailed", "404: no such image", 2),
    ])]
    #[case::an_upgrade_that_is_refused("refused", &[
        ("Unpacked", "True", "UnpackSuccessful", "ok", 2),
        ("Installed", "True", "InstallationSucceeded", "ok", 1),
        ("Healthy", "True", "Healthy", "ok", 1),
        ("Reconciling", "True", "UpgradeFailed", "ConfigMap a/b cannot be taken", 2),
    ])]
    #[case::unhealthy("unhealthy", &[OK[0], ("Healthy", "False", "Unhealthy", "8 of 9: Deployment a/b: 0 of 1 available", 2)])]
    fn what_is_missing(#[case] name: &str, #[case] conditions: &[(&str, &str, &str, &str, i64)]) {
        let Verdict::Missing(missing) = judge(&deployment(conditions), Goal::Healthy) else {
            panic!("{name}")
        };
        assert_snapshot!(name, missing);
    }

    #[test]
    fn nobody_has_looked() {
        let mut fresh = deployment(&[]);
        fresh.status = None;
        let expected = "no provisioner of the class core-rukpak-io-registry has looked at it yet, most likely since there is \
                        none or it is not running";
        assert_eq!(judge(&fresh, Goal::Healthy), Verdict::Missing(expected.into()));
    }

    #[test]
    fn nobody_has_looked_since_the_spec_was_changed() {
        let mut changed = deployment(&OK);
        changed.metadata.generation = Some(3);
        changed.spec.provisioner_class_name = "nonsense".into();
        let expected = "no provisioner of the class nonsense has looked at it yet, most likely since there is none or it is \
                        not running; what is reported is of generation 2, not 3";
        for goal in [Goal::Healthy, Goal::Installed] {
            assert_eq!(judge(&changed, goal), Verdict::Missing(expected.into()));
        }
    }
}
