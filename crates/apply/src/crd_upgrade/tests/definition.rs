//! Rules about all of a definition or a version.

use rstest::rstest;
use serde_json::json;

use super::{check, lines, yaml};

/// Three versions: one that was, one that is, and one to come.
const DEFINITION: &str = "
metadata: {name: widgets.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: widgets, kind: Widget}
  versions:
  - {name: v1alpha1, served: false, storage: false, schema: {openAPIV3Schema: {type: object}}}
  - name: v1beta1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object}}
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
  - {name: v1, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}
status: {storedVersions: [v1beta1, v1alpha1]}
";

#[rstest]
#[case::nothing("", "", &[])]
#[case::scope("Namespaced", "Cluster", &["scope: scope changed : \"Namespaced\" -> \"Cluster\""])]
#[case::group("group: example.org", "group: example.com", &["names: group changed : \"example.org\" -> \"example.com\""])]
#[case::kind("kind: Widget", "kind: Gadget", &["names: kind changed : \"Widget\" -> \"Gadget\""])]
#[case::plural("plural: widgets", "plural: gadgets", &["names: plural changed : \"widgets\" -> \"gadgets\""])]
#[case::other_names("kind: Widget", "kind: Widget, shortNames: [w], singular: widget, listKind: Widgets", &[])]
#[case::stored_version_removed("name: v1alpha1", "name: v2alpha1",
    &["storedVersionRemoval: stored versions removed : [v1alpha1]"])]
#[case::served_version_removed("name: v1,", "name: v3,", &["servedVersionRemoval: served version removed : v1"])]
#[case::version_disabled("name: v1, served: true", "name: v1, served: false",
    &["servedVersionDisabled: version no longer served : v1"])]
#[case::version_enabled("name: v1alpha1, served: false", "name: v1alpha1, served: true", &[])]
#[case::subresource_removed("status: {}, scale", "scale", &["subresourceRemoval: subresource removed : v1beta1 status"])]
#[case::subresources_removed("subresources: {", "additionalPrinterColumns: {",
    &["subresourceRemoval: subresource removed : v1beta1 scale", "subresourceRemoval: subresource removed : v1beta1 status"])]
#[case::schema_removed("name: v1, served: true, storage: false, schema", "name: v1, served: true, storage: false, no",
    &["existingFieldRemoval: removed field : v1.^", "v1beta1 -> v1: ^: existingFieldRemoval: removed field : v1.^"])]
fn changes(#[case] from: &str, #[case] to: &str, #[case] findings: &[&str]) {
    assert!(DEFINITION.contains(from));
    let (old, new) = (yaml(DEFINITION), yaml(&DEFINITION.replacen(from, to, 1)));
    assert_eq!(lines(&check(&old, &new, &[])), findings);
}

#[test]
fn objects_are_stored_in_another_version() {
    let old = yaml(DEFINITION);
    let stored_in = |index: usize| {
        let mut new = old.clone();
        for version in new["spec"]["versions"].as_array_mut().unwrap() {
            version["storage"] = false.into();
        }
        new["spec"]["versions"][index]["storage"] = true.into();
        new
    };
    assert_eq!(lines(&check(&old, &stored_in(2), &[])), [""; 0]);
    assert_eq!(
        lines(&check(&old, &stored_in(0), &[])),
        [
            "storageVersionChange: storage version changed : \"v1beta1\" -> \"v1alpha1\", which was not served before"
        ]
    );
}

#[test]
fn unknown_fields_are_dropped_everywhere() {
    let mut old = yaml(DEFINITION);
    let new = old.clone();
    old["spec"]["preserveUnknownFields"] = true.into();
    assert_eq!(
        lines(&check(&old, &new, &[])),
        ["preserveUnknownFields: preserveUnknownFields removed : true -> false"]
    );
    assert_eq!(lines(&check(&new, &old, &[])), [""; 0]);
}

#[rstest]
#[case(json!(null))]
#[case(json!([]))]
#[case(json!({"spec": {"versions": {}, "scope": 1}, "metadata": []}))]
#[case(json!({"spec": {"versions": [1, {}, {"name": 1, "served": "true"}, {"name": "v1", "schema": []}]}}))]
fn what_is_no_definition_has_no_versions(#[case] object: serde_json::Value) {
    assert_eq!(check(&object, &object, &[]), []);
    let definition = yaml(DEFINITION);
    let names: Vec<_> = check(&definition, &object, &[]).iter().map(|finding| finding.rule).collect();
    assert!(names.contains(&"scope") && names.contains(&"names"), "{names:?}");
}
