//! What cannot be had in the other version, and how it is said.

use rstest::rstest;
use serde_json::{Value, json};

use super::{annotated, new, old};
use super::{from_v1alpha2, to_v1alpha2};
use crate::names::V1ALPHA2_SPEC;

fn edited(pointer: &str, value: Value) -> Value {
    let mut whole = old("core-rukpak-io-plain", "core-rukpak-io-registry");
    *whole.pointer_mut(pointer).unwrap() = value;
    whole
}

#[rstest]
#[case::no_object(json!([]), "got an array, expected a BundleDeployment of core.rukpak.io/v1alpha1")]
#[case::v1alpha2(
    new(json!({})),
    r#"got kind "BundleDeployment" of "core.rukpak.io/v1alpha2", expected a BundleDeployment of core.rukpak.io/v1alpha1"#
)]
#[case::of_earlier_days(
    edited("/kind", json!("BundleInstance")),
    r#"got kind "BundleInstance" of "core.rukpak.io/v1alpha1", expected a BundleDeployment of core.rukpak.io/v1alpha1"#
)]
#[case::nothing(json!({}), r#"got kind "" of "", expected a BundleDeployment of core.rukpak.io/v1alpha1"#)]
#[case::no_spec(edited("/spec", Value::Null), "spec is missing")]
#[case::spec_of_another_type(edited("/spec", json!("x")), "spec: got a string, expected an object")]
#[case::no_template(edited("/spec/template", Value::Null), "spec.template is missing")]
#[case::empty_template(edited("/spec/template", json!({})), "spec.template.spec is missing")]
#[case::no_source(edited("/spec/template/spec/source", Value::Null), "spec.template.spec.source is missing")]
#[case::no_class(edited("/spec/provisionerClassName", Value::Null), "spec.provisionerClassName is missing")]
#[case::class_of_another_type(
    edited("/spec/template/spec/provisionerClassName", json!(1)),
    "spec.template.spec.provisionerClassName: got a number, expected a string"
)]
#[case::empty_class(
    edited("/spec/provisionerClassName", json!("")),
    r#"spec.provisionerClassName: got class "", expected a name without a slash"#
)]
#[case::class_of_earlier_days(
    edited("/spec/template/spec/provisionerClassName", json!("core.rukpak.io/registry")),
    "spec.template.spec.provisionerClassName: got class \"core.rukpak.io/registry\", expected a name without a slash; it is \
     core-rukpak-io-registry since rukpak v0.9"
)]
#[case::class_with_slashes(
    edited("/spec/provisionerClassName", json!("core.rukpak.io/a/b")),
    r#"spec.provisionerClassName: got class "core.rukpak.io/a/b", expected a name without a slash"#
)]
#[case::upload(
    edited("/spec/template/spec/source", json!({"type": "upload", "upload": {}})),
    "spec.template.spec.source: the source type upload is not supported; push the content to a registry and name it by the type image, \
     or put it into immutable ConfigMaps and name them by the type configMaps"
)]
#[case::local(
    edited("/spec/template/spec/source", json!({"type": "local", "local": {"configMap": {}}})),
    "spec.template.spec.source: the source type local is not supported; push the content to a registry and name it by the type image, \
     or put it into immutable ConfigMaps and name them by the type configMaps"
)]
#[case::metadata_of_another_type(
    json!({
        "apiVersion": "core.rukpak.io/v1alpha1", "kind": "BundleDeployment", "metadata": [],
        "spec": {"provisionerClassName": "a", "template": {"spec": {"provisionerClassName": "b", "source": {}}}},
    }),
    "metadata: got an array, expected an object"
)]
fn of_v1alpha1(#[case] given: Value, #[case] expected: &str) {
    assert_eq!(to_v1alpha2(given).unwrap_err().to_string(), expected);
}

#[rstest]
#[case::no_json("{", "EOF while parsing an object at line 1 column 1")]
#[case::no_object("[]", "invalid type: sequence, expected a map at line 1 column 0")]
#[case::another_type(r#"{"paused":"yes"}"#, r#"invalid type: string "yes", expected a boolean"#)]
#[case::another_type_in_the_source(
    r#"{"source":{"image":{"certificateData":1}}}"#,
    "invalid type: integer `1`, expected a string"
)]
#[case::no_source(r#"{"source":5}"#, "invalid type: integer `5`, expected struct BundleSource")]
#[case::no_choice(
    r#"{"deletionPolicy":"Never"}"#,
    "unknown variant `Never`, expected one of `Delete`, `KeepCRDs`, `Orphan`"
)]
#[case::deep(&"{\"paused\":".repeat(1000), "recursion limit exceeded at line 1 column 1271")]
fn an_annotation(#[case] text: &str, #[case] why: &str) {
    let given = annotated(old("core-rukpak-io-plain", "core-rukpak-io-registry"), V1ALPHA2_SPEC, text);
    let expected = format!(
        "annotation core.rukpak.io/v1alpha2-spec: {why}; restore it, or write the object as v1alpha2"
    );
    assert_eq!(to_v1alpha2(given).unwrap_err().to_string(), expected);
}

#[test]
fn of_a_long_annotation_little_is_said() {
    let text = json!({"paused": "y".repeat(100_000)}).to_string();
    let given = annotated(old("core-rukpak-io-plain", "core-rukpak-io-registry"), V1ALPHA2_SPEC, text);
    assert!(to_v1alpha2(given).unwrap_err().to_string().len() < 400);
}

#[rstest]
#[case::v1alpha1(
    old("a", "b"),
    r#"got kind "BundleDeployment" of "core.rukpak.io/v1alpha1", expected a BundleDeployment of core.rukpak.io/v1alpha2"#
)]
#[case::no_source(new(json!({"source": null})), "spec.source is missing")]
#[case::no_class(new(json!({"provisionerClassName": null})), "spec.provisionerClassName is missing")]
#[case::class_with_a_slash(
    new(json!({"provisionerClassName": "core.rukpak.io/plain"})),
    "spec.provisionerClassName: got class \"core.rukpak.io/plain\", expected a name without a slash; it is core-rukpak-io-plain since \
     rukpak v0.9"
)]
fn of_v1alpha2(#[case] given: Value, #[case] expected: &str) {
    assert_eq!(from_v1alpha2(given).unwrap_err().to_string(), expected);
}
