//! Definitions that go.

use rstest::rstest;
use serde_json::json;

use super::{check_removed, definition, lines};

#[rstest]
#[case::without_resources(0, "crdRemoval: definition removed, there is no custom resource of it")]
#[case::with_one(1, "crdRemoval: definition removed, and with it 1 custom resource")]
#[case::with_many(12, "crdRemoval: definition removed, and with it 12 custom resources")]
fn told_always(#[case] resources: u64, #[case] line: &str) {
    let old = definition(&json!({}));
    let findings = check_removed(&old, resources, &[]);
    assert_eq!(findings[0].crd, "widgets.example.org");
    assert_eq!(lines(&findings), [line]);
    assert_eq!(check_removed(&old, resources, &["widgets.example.org:crdRemoval:".parse().unwrap()]), []);
    assert_eq!(
        check_removed(&old, resources, &["gadgets.example.org:crdRemoval:".parse().unwrap()]).len(),
        1
    );
}
