//! What a bundle asks of the cluster, held against what is known of one.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use rstest::rstest;
use rukpak_bundle::{Capabilities, Format, read_for};
use rukpak_manifest::GroupVersionKind;
use rukpak_tree::{FileTree, Limits};

const ANNOTATIONS: &str = "annotations:
  operators.operatorframework.io.bundle.mediatype.v1: registry+v1
  operators.operatorframework.io.bundle.package.v1: lantern
";

const CSV: &str = "apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata: {name: lantern.v1.0.0}
spec:
  installModes: [{type: AllNamespaces, supported: true}]
  minKubeVersion: 1.28.0
  nativeAPIs: [{group: apps, version: v1, kind: Deployment}]
  customresourcedefinitions:
    required: [{name: lamps.light.example, version: v1, kind: Lamp}]
  apiservicedefinitions:
    required: [{name: wicks, group: wax.light.example, version: v1, kind: Wick}]
";

fn codes(capabilities: Option<&Capabilities>) -> Vec<String> {
    let files = [("manifests/csv.yaml", CSV), ("metadata/annotations.yaml", ANNOTATIONS)];
    let tree = FileTree::from_files(files, &Limits::default()).unwrap();
    let result = read_for(&tree, Format::Auto, capabilities);
    let findings = result.map_or_else(|refused| refused, |(_, warnings)| warnings);
    findings.iter().map(|finding| format!("{} {}", finding.severity, finding.code)).collect()
}

fn version(text: &str) -> Capabilities {
    Capabilities { kube_version: Some(text.parse().unwrap()), served: None }
}

fn serving(types: &[(&str, &str, &str)]) -> Capabilities {
    let types = types.iter().map(|(group, version, kind)| GroupVersionKind {
        group: (*group).into(),
        version: (*version).into(),
        kind: (*kind).into(),
    });
    Capabilities { kube_version: None, served: Some(types.collect::<BTreeSet<_>>()) }
}

const REQUIRED: [&str; 2] = ["warning required-definition", "warning required-api-service"];

#[test]
fn of_an_unknown_cluster_nothing_is_refused() {
    assert_eq!(codes(None), REQUIRED);
    assert_eq!(codes(Some(&Capabilities::default())), REQUIRED);
}

#[rstest]
#[case::the_same("1.28.0")]
#[case::a_later_one("1.36.3")]
#[case::a_distribution_of_the_same("1.28.0-gke.100")]
fn a_cluster_that_is_new_enough(#[case] cluster: &str) {
    assert_eq!(codes(Some(&version(cluster))), REQUIRED);
}

#[test]
fn a_cluster_that_is_too_old() {
    let codes = codes(Some(&version("1.27.9")));
    assert!(codes.contains(&"error kube-version-too-low".to_owned()), "{codes:?}");
}

#[test]
fn a_cluster_that_serves_everything() {
    let all =
        [("apps", "v1", "Deployment"), ("light.example", "v1", "Lamp"), ("wax.light.example", "v1", "Wick")];
    assert_eq!(codes(Some(&serving(&all))), [""; 0]);
}

#[test]
fn a_cluster_that_lacks_a_native_api() {
    let codes = codes(Some(&serving(&[("light.example", "v1", "Lamp")])));
    assert_eq!(codes, ["error native-api-missing", "warning required-api-service"]);
}
