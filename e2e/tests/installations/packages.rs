//! Operators under a name that another one has.

use serde_json::{Value, json};

use super::Place;

/// A version of an operator that consists of a `ConfigMap`.
fn operator(place: &Place, package: &str, version: &str) -> String {
    let folder = format!("{package}-{version}");
    let csv = format!(
        "{{apiVersion: operators.coreos.com/v1alpha1, kind: ClusterServiceVersion, metadata: {{name: {package}.v{version}}}, spec: {{\
         displayName: A, version: {version}, install: {{strategy: deployment, spec: {{deployments: []}}}}, installModes: [\
         {{type: OwnNamespace, supported: true}}, {{type: SingleNamespace, supported: true}}, \
         {{type: MultiNamespace, supported: false}}, {{type: AllNamespaces, supported: true}}]}}}}"
    );
    let map = format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {package}}}}}");
    let annotations = format!(
        "annotations:\n\
         \x20 operators.operatorframework.io.bundle.mediatype.v1: registry+v1\n\
         \x20 operators.operatorframework.io.bundle.manifests.v1: manifests/\n\
         \x20 operators.operatorframework.io.bundle.metadata.v1: metadata/\n\
         \x20 operators.operatorframework.io.bundle.package.v1: {package}\n\
         \x20 operators.operatorframework.io.bundle.channels.v1: alpha\n"
    );
    place.write(&format!("{folder}/manifests/csv.yaml"), &csv);
    place.write(&format!("{folder}/manifests/map.yaml"), &map);
    place.write(&format!("{folder}/metadata/annotations.yaml"), &annotations);
    place.path(&folder)
}

#[test]
fn another_operator_does_not_take_the_place_of_one_unasked() {
    let Some(place) = Place::new("package") else { return };
    let (one, other) = (operator(&place, "one", "1.10.0"), operator(&place, "other", "1.0.0"));
    assert_eq!(place.run(&["apply", "$NAME", &one]).code, 0);
    let bundle = |ran: &str| serde_json::from_str::<Value>(ran).unwrap()["bundle"].clone();
    let shown = place.run(&["get", "$NAME", "-o", "json"]);
    assert_eq!(bundle(&shown.stdout), json!({"package": "one", "version": "1.10.0"}));
    assert!(place.run(&["get", "$NAME"]).stdout.contains("  one 1.10.0  "));
    let expected =
        format!("{} is an installation of the package one, and the bundle is of other", place.name());
    for (command, code) in [("apply", 1), ("diff", 3)] {
        let ran = place.run(&[command, "$NAME", &other]);
        assert!(ran.code == code && ran.stderr.contains(&expected), "{ran:?}");
    }
    assert!(place.has("configmap", "one") && !place.has("configmap", "other"));
    let ran = place.run(&["apply", "$NAME", &other, "--replace-package", "--wait"]);
    assert!(ran.code == 0 && place.has("configmap", "other") && !place.has("configmap", "one"), "{ran:?}");
    let shown = place.run(&["get", "$NAME", "-o", "json"]);
    assert_eq!(bundle(&shown.stdout), json!({"package": "other", "version": "1.0.0"}));
    // A plain bundle has none.
    let plain = place.bundle("plain", super::ONE);
    assert_eq!(place.run(&["apply", "$NAME", &plain, "--wait"]).code, 0);
    let shown = place.run(&["get", "$NAME", "-o", "json"]);
    assert_eq!(bundle(&shown.stdout), Value::Null);
    assert_eq!(place.run(&["delete", "$NAME"]).code, 0);
}

#[test]
fn a_lower_version_is_told() {
    let Some(place) = Place::new("lower") else { return };
    let (later, earlier) = (operator(&place, "one", "1.10.0"), operator(&place, "one", "1.9.0"));
    assert_eq!(place.run(&["apply", "$NAME", &later]).code, 0);
    let warning = "warning: one 1.9.0 is lower than the version that is installed, 1.10.0\n";
    let ran = place.run(&["apply", "$NAME", &earlier]);
    assert!(ran.code == 0 && ran.stderr.contains(warning), "{ran:?}");
    let ran = place.run(&["apply", "$NAME", &later]);
    assert!(ran.code == 0 && !ran.stderr.contains("is lower than"), "{ran:?}");
    // As earlier versions of ours left it.
    let inventory = format!("rukpak-inventory-{}", place.name());
    let forgotten = r#"{"data": {"package": null, "version": null}}"#;
    place.kubectl(&["patch", "configmap", &inventory, "-n", "rukpak-system", "-p", forgotten]);
    let other = operator(&place, "other", "1.0.0");
    let ran = place.run(&["apply", "$NAME", &other]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(place.run(&["delete", "$NAME"]).code, 0);
}
