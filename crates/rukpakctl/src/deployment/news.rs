//! What changed about a `BundleDeployment` since somebody looked last, in lines. Pure.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use rukpak_api::condition::{RECONCILING, STALLED};
use rukpak_api::reason;

/// A line for each condition that says something else now: `Installed False Installing: objects are being written`.
///
/// What is of an earlier generation than this one, what is not known yet, and that nothing is to be done, is not worth a line; what
/// several conditions say is told once, by the first of them.
pub(crate) fn since(before: &[Condition], now: &[Condition], generation: Option<i64>) -> Vec<String> {
    let mut told: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    for condition in now.iter().filter(|condition| condition.observed_generation == generation) {
        let Condition { type_, status, reason, message, .. } = condition;
        let said = |condition: &Condition| {
            let Condition { status, reason, message, observed_generation, .. } = condition.clone();
            (status, reason, message, observed_generation)
        };
        let then = before.iter().find(|then| then.type_ == *type_);
        let is_same = then.is_some_and(|then| said(then) == said(condition));
        let is_about_doing = [RECONCILING, STALLED].contains(&type_.as_str());
        let is_idle = is_about_doing && status != "True";
        let is_unknown = reason == reason::PENDING || reason == reason::INSTALLATION_STATUS_FALSE;
        if told.contains(&message.as_str()) {
            continue;
        }
        // What stands in a condition that did not change was told when it did.
        told.push(message);
        if is_same || is_idle || is_unknown {
            continue;
        }
        lines.push(format!("{type_} {status} {reason}: {message}"));
    }
    lines
}

/// Why it goes no further, without its message where that was the end of the last line; `None` where it was not.
pub(crate) fn reason_alone(last: &str, now: &[Condition]) -> Option<String> {
    let stalled = now.iter().find(|condition| condition.type_ == STALLED && condition.status == "True")?;
    let is_told = last.ends_with(&format!(": {}", stalled.message));
    is_told.then(|| format!("{}, as is told above", stalled.reason))
}

#[cfg(test)]
mod tests {
    use super::super::tests::deployment;
    use super::*;

    fn conditions(all: &[(&str, &str, &str, &str, i64)]) -> Vec<Condition> {
        deployment(all).status.unwrap().conditions
    }

    #[test]
    fn an_installation_on_its_way() {
        let begun = conditions(&[
            ("Unpacked", "False", "Unpacking", "fetching a/b:v1", 1),
            ("HasValidBundle", "Unknown", "Pending", "not known yet", 1),
            ("Installed", "Unknown", "Pending", "not known yet", 1),
            ("Reconciling", "True", "Unpacking", "fetching a/b:v1", 1),
            ("Stalled", "False", "Unpacking", "it goes on", 1),
        ]);
        let written = conditions(&[
            ("Unpacked", "True", "UnpackSuccessful", "unpacked", 1),
            ("HasValidBundle", "True", "BundleLoaded", "hello 0.1.0", 1),
            ("Installed", "False", "Installing", "objects are being written", 1),
            ("Healthy", "False", "InstallationStatusFalse", "Installed condition is false", 1),
            ("Reconciling", "True", "Installing", "objects are being written", 1),
            ("Stalled", "False", "Installing", "it goes on", 1),
        ]);
        assert_eq!(since(&[], &begun, Some(1)), ["Unpacked False Unpacking: fetching a/b:v1"]);
        assert_eq!(
            since(&begun, &written, Some(1)),
            [
                "Unpacked True UnpackSuccessful: unpacked",
                "HasValidBundle True BundleLoaded: hello 0.1.0",
                "Installed False Installing: objects are being written",
            ]
        );
        assert!(since(&written, &written, Some(1)).is_empty());
    }

    #[test]
    fn a_failure_is_told_once() {
        let failed = conditions(&[
            ("HasValidBundle", "False", "BundleLoadFailed", "no", 1),
            ("Installed", "False", "InstallFailed", "no", 1),
            ("Stalled", "True", "BundleLoadFailed", "no", 1),
        ]);
        let told = since(&[], &failed, Some(1));
        assert_eq!(told, ["HasValidBundle False BundleLoadFailed: no"]);
        assert_eq!(reason_alone(&told[0], &failed).as_deref(), Some("BundleLoadFailed, as is told above"));
        assert_eq!(reason_alone("HasValidBundle False BundleLoadFailed: yes", &failed), None);
        assert_eq!(reason_alone("", &failed), None);
    }

    #[test]
    fn what_an_earlier_generation_came_to_is_no_news() {
        let before = conditions(&[("Unpacked", "True", "UnpackSuccessful", "unpacked", 1)]);
        let now = conditions(&[("Unpacked", "True", "UnpackSuccessful", "unpacked", 2)]);
        assert!(since(&[], &before, Some(2)).is_empty());
        assert_eq!(since(&before, &now, Some(2)), ["Unpacked True UnpackSuccessful: unpacked"]);
    }
}
