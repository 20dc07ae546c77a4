use rukpak_apply::ObjectId;
use rukpak_apply::probe::Health;
use serde_json::json;

use super::*;
use crate::example;

fn deployment(generation: i64, status: Option<BundleDeploymentStatus>) -> BundleDeployment {
    let deployment = example::deployment(&json!({"metadata": {"generation": generation}}));
    BundleDeployment { status, ..deployment }
}

fn source(reference: &str) -> BundleSource {
    serde_json::from_value(json!({"type": "image", "image": {"ref": reference}})).unwrap()
}

fn epoch() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn report(generation: i64, before: Option<&Report>) -> Report {
    Report::of(&deployment(generation, before.map(|before| before.status.clone())), epoch)
}

/// A line for each condition: type, status, reason, generation.
fn lines(report: &Report) -> String {
    let line = |condition: &Condition| {
        let Condition { type_, status, reason, observed_generation, .. } = condition;
        format!("{type_}={status}/{reason}@{}\n", observed_generation.unwrap_or_default())
    };
    report.status.conditions.iter().map(line).collect()
}

fn summary(health: Health) -> Summary {
    let id: ObjectId = "a_b_apps_Deployment".parse().unwrap();
    Summary::from_iter([(id, health)])
}

fn installed(generation: i64, content: &str) -> Report {
    let mut report = report(generation, None);
    report.unpacked(source(content), "https://x/bundles/web.tgz".into());
    report.loaded("web.v1 can be installed");
    report.writing();
    report.status.inventory =
        Some(serde_json::from_value(json!({"entries": [{"id": "a_b_apps_Deployment", "v": "v1"}]})).unwrap());
    report.applied(Bundle::default());
    report.observed(&summary(Health::Healthy));
    report
}

fn failure(step: Step, reason: &'static str, is_permanent: bool) -> Failure {
    Failure { step, reason, message: "no".into(), is_permanent }
}

#[test]
fn everything_is_said_from_the_first_report_on() {
    insta::assert_snapshot!(lines(&report(1, None)), @r"
    Unpacked=Unknown/Pending@1
    HasValidBundle=Unknown/Pending@1
    Installed=Unknown/Pending@1
    Healthy=Unknown/Pending@1
    Reconciling=Unknown/Pending@1
    Stalled=Unknown/Pending@1
    ");
}

#[test]
fn an_installation() {
    let mut one = report(1, None);
    one.unpacking("a");
    one.unpacked(source("a"), String::new());
    one.loaded("b");
    one.writing();
    insta::assert_snapshot!(lines(&one), @r"
    Unpacked=True/UnpackSuccessful@1
    HasValidBundle=True/BundleLoaded@1
    Installed=False/Installing@1
    Healthy=False/InstallationStatusFalse@1
    Reconciling=True/Installing@1
    Stalled=False/Progressing@1
    ");
    one.applied(Bundle::default());
    one.observed(&summary(Health::NotFound));
    insta::assert_snapshot!(lines(&one), @r"
    Unpacked=True/UnpackSuccessful@1
    HasValidBundle=True/BundleLoaded@1
    Installed=True/InstallationSucceeded@1
    Healthy=False/Unhealthy@1
    Reconciling=True/Progressing@1
    Stalled=False/Progressing@1
    ");
    assert_eq!(one.status.active_source, Some(source("a")));
    insta::assert_snapshot!(lines(&installed(1, "a")), @r"
    Unpacked=True/UnpackSuccessful@1
    HasValidBundle=True/BundleLoaded@1
    Installed=True/InstallationSucceeded@1
    Healthy=True/Healthy@1
    Reconciling=False/Settled@1
    Stalled=False/Settled@1
    ");
}

#[test]
fn content_stays_there_while_it_is_found_out_whether_there_is_other_content() {
    let mut again = report(1, Some(&installed(1, "a")));
    again.unpacking("the content is being fetched");
    assert!(lines(&again).contains("Unpacked=True/UnpackSuccessful@1"), "{}", lines(&again));
    assert!(lines(&again).contains("Reconciling=True/Unpacking@1"), "{}", lines(&again));
    // What an earlier generation meant is forgotten.
    let mut next = report(2, Some(&installed(1, "a")));
    next.status_mut().resolved_source = None;
    next.unpacking("the content is being fetched");
    assert!(lines(&next).contains("Unpacked=False/Unpacking@2"), "{}", lines(&next));
}

#[test]
fn nothing_is_installed_and_the_content_is_no_bundle() {
    let mut one = report(1, None);
    one.unpacked(source("a"), String::new());
    one.failed(&failure(Step::Bundle, reason::BUNDLE_LOAD_FAILED, true));
    insta::assert_snapshot!(lines(&one), @r"
    Unpacked=True/UnpackSuccessful@1
    HasValidBundle=False/BundleLoadFailed@1
    Installed=False/InstallFailed@1
    Healthy=False/InstallationStatusFalse@1
    Reconciling=False/BundleLoadFailed@1
    Stalled=True/BundleLoadFailed@1
    ");
}

#[test]
fn what_runs_stays_what_it_is_where_the_next_generation_fails_before_its_first_write() {
    let before = installed(1, "a");
    for (step, reason) in [(Step::Unpack, reason::UNPACK_FAILED), (Step::Look, reason::UPGRADE_FAILED)] {
        let mut next = report(2, Some(&before));
        next.failed(&failure(step, reason, false));
        let lines = lines(&next);
        assert!(
            lines.contains("Installed=True/InstallationSucceeded@1\nHealthy=True/Healthy@1\n"),
            "{lines}"
        );
        assert!(lines.contains(&format!("Reconciling=True/{reason}@2")), "{lines}");
        assert_eq!(next.status.observed_generation, Some(2));
        assert_eq!(next.status.active_source, Some(source("a")));
    }
}

#[test]
fn an_upgrade_that_fails_on_the_way_says_so() {
    let mut next = report(2, Some(&installed(1, "a")));
    next.unpacked(source("b"), String::new());
    next.writing();
    assert!(lines(&next).contains("Installed=False/Upgrading@2"));
    next.failed(&failure(Step::Write, reason::UPGRADE_FAILED, false));
    assert!(
        lines(&next).contains("Installed=False/UpgradeFailed@2\nHealthy=False/InstallationStatusFalse@2")
    );
    assert_eq!(next.status.active_source, Some(source("a")));
}

#[test]
fn repairing_what_is_installed_does_not_unsay_it() {
    let mut again = report(1, Some(&installed(1, "a")));
    again.unpacked(source("a"), String::new());
    again.writing();
    assert!(lines(&again).contains("Installed=True/InstallationSucceeded@1\nHealthy=True/Healthy@1\n"));
    again.waiting("x");
    assert!(lines(&again).contains("Reconciling=True/Progressing@1"));
    // The same generation, but the tag means something else.
    again.unpacked(source("b"), String::new());
    again.writing();
    assert!(lines(&again).contains("Installed=False/Upgrading@1"));
}

#[test]
fn a_repair_that_fails_says_how_what_is_installed_is_doing() {
    let mut again = report(1, Some(&installed(1, "a")));
    assert_eq!((again.attempt(), again.is_installed()), (Attempt::Repair, true));
    again.health(&summary(Health::NotFound));
    again.failed(&failure(Step::Look, reason::REPAIR_FAILED, false));
    insta::assert_snapshot!(lines(&again), @r"
    Unpacked=True/UnpackSuccessful@1
    HasValidBundle=True/BundleLoaded@1
    Installed=True/InstallationSucceeded@1
    Healthy=False/Unhealthy@1
    Reconciling=True/RepairFailed@1
    Stalled=False/Progressing@1
    ");
    again.failed(&failure(Step::Write, reason::REPAIR_FAILED, false));
    assert!(lines(&again).contains("Installed=False/RepairFailed@1"));
    assert_eq!(again.attempt(), Attempt::Repair);
    assert_eq!(report(2, Some(&again)).attempt(), Attempt::Repair, "it is asked for the same");
    again.unpacked(source("b"), String::new());
    assert_eq!(again.attempt(), Attempt::Upgrade);
    assert_eq!(report(1, None).attempt(), Attempt::Install);
}

#[test]
fn a_kind_that_nobody_serves_has_a_reason_of_its_own() {
    let mut one = report(1, None);
    one.failed(&failure(Step::Look, reason::KIND_NOT_SERVED, false));
    assert!(lines(&one).contains("Installed=False/KindNotServed@1"));
    assert!(lines(&one).contains("Reconciling=True/KindNotServed@1"));
}

#[test]
fn who_had_their_time_is_stalled() {
    let mut one = installed(1, "a");
    one.observed(&summary(Health::NotFound));
    assert_eq!(one.unhealthy_since(), Some(epoch()));
    one.overdue(5);
    assert!(lines(&one).contains("Reconciling=False/ProgressDeadlineExceeded@1\nStalled=True"));
    assert!(
        conditions::find(&one.status.conditions, STALLED)
            .unwrap()
            .message
            .contains("after 5 min: 0 of 1 objects")
    );
}

/// Until the spec is another one, or all is well.
#[test]
fn who_waited_too_long_stays_stalled_while_it_is_tried_again() {
    let mut one = report(1, None);
    one.writing();
    one.waiting("Deployment a/web is not ready");
    one.waits_too_long(5, "Deployment a/web is not ready");
    one.writing();
    one.waiting("Deployment a/web is not ready");
    assert!(lines(&one).contains("Reconciling=False/ProgressDeadlineExceeded@1\nStalled=True"));
    let mut next = report(2, Some(&one));
    next.writing();
    assert!(lines(&next).contains("Stalled=False"), "{}", lines(&next));
    one.applied(Bundle::default());
    one.observed(&summary(Health::Healthy));
    assert!(lines(&one).contains("Stalled=False"), "{}", lines(&one));
}

#[test]
fn what_another_class_has_installed_is_told_of_and_is_no_repair() {
    let before = installed(1, "a");
    let mut other = deployment(2, Some(before.status));
    other.spec.provisioner_class_name = "other".into();
    let mut next = Report::of(&other, epoch);
    next.unpacked(source("a"), String::new());
    assert_eq!(next.attempt(), Attempt::Upgrade);
    next.health(&summary(Health::NotFound));
    next.failed(&failure(Step::Bundle, reason::BUNDLE_LOAD_FAILED, true));
    let message = |kind| conditions::find(&next.status.conditions, kind).unwrap().message.clone();
    assert_eq!(message(HAS_VALID_BUNDLE), "no");
    insta::assert_snapshot!(message(STALLED), @"no; what runs was installed by the class core-rukpak-io-plain, and is left as it is until this can be installed");
    // It is that of what is installed.
    assert!(
        lines(&next).contains("Installed=True/InstallationSucceeded@1\nHealthy=False/Unhealthy@1\n"),
        "{}",
        lines(&next)
    );
    assert_eq!(next.status.active_class.as_deref(), Some("core-rukpak-io-plain"));
    next.applied(Bundle::default());
    assert_eq!(next.status.active_class.as_deref(), Some("other"));
}

/// A look that finds the same has nothing to write.
#[test]
fn what_is_waited_for_stays_said_while_it_is_tried_again() {
    let mut one = report(1, None);
    one.writing();
    one.waiting("Deployment a/web is not ready");
    let before = one.status.clone();
    one.writing();
    assert_eq!(one.status, before);
    one.waits_too_long(5, "Deployment a/web is not ready");
    let before = one.status.clone();
    one.writing();
    assert_eq!(one.status, before);
    one.failed(&failure(Step::Write, reason::INSTALL_FAILED, false));
    one.writing();
    assert!(lines(&one).contains("Installed=False/Installing@1"), "{}", lines(&one));

    let mut pruned = installed(1, "a");
    pruned.prunes("what the version before had is being deleted");
    pruned.pruning("1 object is still there");
    let before = pruned.status.clone();
    pruned.prunes("what the version before had is being deleted");
    assert_eq!(pruned.status, before);
    pruned.waits_too_long(5, "1 object is still there");
    pruned.prunes("what the version before had is being deleted");
    assert!(lines(&pruned).contains("Stalled=True/ProgressDeadlineExceeded@1"), "{}", lines(&pruned));

    let mut going = report(2, Some(&installed(1, "a")));
    going.gives_back("2 objects are given back (Delete)");
    going.deleting("1 object is still there");
    let before = going.status.clone();
    going.gives_back("1 objects are given back (Delete)");
    assert_eq!(going.status, before);
}

/// Otherwise nobody who waits for it to be stalled for a while ever hears of it.
#[test]
fn a_deletion_that_had_its_time_stays_stalled_while_it_is_tried_again() {
    let mut one = report(2, Some(&installed(1, "a")));
    one.deleting("2 objects are given back (Delete)");
    assert!(lines(&one).contains("Reconciling=True/Deleting@2\nStalled=False"), "{}", lines(&one));
    one.deletion_failed(reason::DELETION_BLOCKED, "1 object is still there", true);
    let stalled = one.status.clone();
    one.deleting("1 objects are given back (Delete)");
    assert_eq!(one.status, stalled);
    // Somebody wants something else to become of it.
    let mut next = report(3, Some(&one));
    next.deleting("1 objects are given back (Orphan)");
    assert!(lines(&next).contains("Reconciling=True/Deleting@3\nStalled=False"), "{}", lines(&next));
}

#[test]
fn a_report_of_the_same_says_the_same() {
    let before = installed(1, "a");
    let mut again = report(1, Some(&before));
    again.unpacked(source("a"), "https://x/bundles/web.tgz".into());
    again.loaded("web.v1 can be installed");
    again.applied(Bundle::default());
    again.observed(&summary(Health::Healthy));
    assert_eq!(again.status, before.status);
}
