//! Elements that stand twice.

use rstest::rstest;
use serde_json::json;

use super::*;

fn told(object: &Object, schema: Option<&Value>) -> Vec<String> {
    of(object, schema).into_iter().map(|Twice { list, key }| format!("{list} {key}")).collect()
}

fn pod(spec: &Value) -> Value {
    json!({"template": {"spec": spec}})
}

#[rstest]
#[case::none("apps/v1", "Deployment", pod(&json!({"containers": [{"name": "a", "env": [{"name": "X"}, {"name": "Y"}]}]})), &[])]
#[case::env(
    "apps/v1", "Deployment",
    pod(&json!({"containers": [{"name": "a"}, {"name": "b", "env": [{"name": "X"}, {"name": "Y"}, {"name": "X", "value": "1"}, {"name": "X"}]}]})),
    &["spec.template.spec.containers[name=b].env name=X"]
)]
#[case::containers("batch/v1", "Job", pod(&json!({"containers": [{"name": "a"}, {"name": "a"}]})), &["spec.template.spec.containers name=a"])]
#[case::ports(
    "apps/v1", "DaemonSet",
    pod(&json!({"containers": [{"name": "a", "ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}, {"containerPort": 80, "protocol": "TCP"}]}]})),
    &["spec.template.spec.containers[name=a].ports containerPort=80,protocol=TCP"]
)]
#[case::mounts(
    "apps/v1", "StatefulSet",
    pod(&json!({"initContainers": [{"name": "a", "volumeMounts": [{"mountPath": "/x", "name": "v"}, {"mountPath": "/x", "name": "w"}]}], "volumes": [{"name": "v"}, {"name": "v"}]})),
    &["spec.template.spec.initContainers[name=a].volumeMounts mountPath=/x", "spec.template.spec.volumes name=v"]
)]
#[case::cron_job(
    "batch/v1", "CronJob",
    json!({"jobTemplate": {"spec": pod(&json!({"imagePullSecrets": [{"name": "s"}, {"name": "s"}]}))}}),
    &["spec.jobTemplate.spec.template.spec.imagePullSecrets name=s"]
)]
#[case::service("v1", "Service", json!({"ports": [{"port": 1}, {"port": 1, "protocol": "TCP"}]}), &["spec.ports port=1,protocol=TCP"])]
#[case::of_another_group("example.com/v1", "Deployment", pod(&json!({"containers": [{"name": "a"}, {"name": "a"}]})), &[])]
#[case::odd_shapes("apps/v1", "Deployment", pod(&json!({"containers": [1, null, {"name": 7}, {"name": 7}, {"env": "x"}, {}]})), &["spec.template.spec.containers name=7"])]
fn lists_of_kubernetes(
    #[case] version: &str,
    #[case] kind: &str,
    #[case] spec: Value,
    #[case] expected: &[&str],
) {
    assert_eq!(told(&Object::new(version, kind, Some("a"), "b").with("spec", spec), None), expected);
}

#[test]
fn webhooks_of_one_name() {
    let webhooks =
        json!([{"name": "a.b.c"}, {"name": "a.b.c", "matchConditions": [{"name": "x"}, {"name": "x"}]}]);
    let object = Object::new("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", None, "w");
    assert_eq!(
        told(&object.with("webhooks", webhooks), None),
        ["webhooks name=a.b.c", "webhooks[name=a.b.c].matchConditions name=x"]
    );
}

#[rstest]
#[case::map(json!({"ports": [{"port": 1}, {"port": 2}, {"port": 1, "protocol": "TCP"}]}), &["spec.ports port=1,protocol=TCP"])]
#[case::set(json!({"names": ["a", "b", "a"]}), &["spec.names \"a\""])]
#[case::atomic(json!({"any": [{"x": 1}, {"x": 1}]}), &[])]
#[case::within(json!({"any": [{}, {"names": ["a", "a"]}]}), &["spec.any[1].names \"a\""])]
#[case::by_name(json!({"more": {"x": {"names": [1, 1]}}}), &["spec.more.x.names 1"])]
#[case::unknown(json!({"other": [1, 1]}), &[])]
#[case::odd_shapes(json!({"ports": [1, null, {}, {"port": null}], "names": {}, "more": [1]}), &[])]
fn lists_of_a_schema(#[case] spec: Value, #[case] expected: &[&str]) {
    let names = json!({"type": "array", "items": {}, "x-kubernetes-list-type": "set"});
    let part = json!({"properties": {"names": names}});
    let port = json!({"properties": {"port": {}, "protocol": {"default": "TCP"}}});
    let ports = json!({
        "items": port, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
    });
    let spec_of = json!({"properties": {
        "ports": ports, "names": names, "any": {"items": part}, "more": {"additionalProperties": part},
    }});
    let schema = json!({"properties": {"spec": spec_of}});
    let object = Object::new("example.com/v1", "Gadget", Some("a"), "b").with("spec", spec);
    assert_eq!(told(&object, Some(&schema)), expected);
}

#[test]
fn rules_of_a_definition() {
    let rules = |texts: &[&str]| texts.iter().map(|text| json!({"rule": text})).collect::<Value>();
    let place = json!({
        "properties": {
            "once": {"x-kubernetes-validations": rules(&["a", "b"])},
            "spec": {"items": {"x-kubernetes-validations": rules(&["a", "b", "a"])}},
            // A field of this name is no list of rules, and a default is no schema.
            "x-kubernetes-validations": {"default": {"x-kubernetes-validations": rules(&["a", "a"])}},
        },
        "allOf": [{}, {"additionalProperties": {"x-kubernetes-validations": rules(&["c", "c"])}}],
        "x-kubernetes-validations": [{}, {}, 1, null],
    });
    let versions = json!([{"name": "v1"}, {"name": "v2", "schema": {"openAPIV3Schema": place}}]);
    let definition = Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", None, "a")
        .with("spec", json!({"versions": versions}));
    let at = "spec.versions[v2].schema.openAPIV3Schema";
    assert_eq!(
        told(&definition, None),
        [
            format!("{at}.allOf[1].additionalProperties.x-kubernetes-validations rule=\"c\""),
            format!("{at}.properties.spec.items.x-kubernetes-validations rule=\"a\""),
        ]
    );
}

#[test]
fn finalizers() {
    let mut object = Object::new("v1", "ConfigMap", Some("a"), "b");
    object.metadata_mut().insert("finalizers".into(), json!(["a/b", "c/d", "a/b"]));
    assert_eq!(told(&object, None), ["metadata.finalizers \"a/b\""]);
}
