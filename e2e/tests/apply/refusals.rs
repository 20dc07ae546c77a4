//! Sets that the server does not take: nothing of them is written.

use e2e::controlplane::eventually;
use rstest::rstest;
use rukpak_apply::engine::{Done, EngineError};
use serde_json::{Value, json};

use super::bench::{Bench, text};
use super::definitions::gadgets;

const SERVICE: &str = "
{apiVersion: v1, kind: ConfigMap, metadata: {name: fine}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80, protocol: NONE}]}}
";

fn deployment(app: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{replicas: 0, selector: {{matchLabels: \
         {{app: {app}}}}}, template: {{metadata: {{labels: {{app: {app}}}}}, spec: {{containers: [{{name: a, image: b}}]}}}}}}}}"
    )
}

#[tokio::test]
async fn one_object_that_is_not_valid_is_everybodys() {
    let Some(bench) = Bench::new("invalid").await else { return };
    let error = text(&bench.apply(SERVICE).await.unwrap_err());
    assert!(error.starts_with(&format!("cannot create Service {}/web: ", bench.namespace)), "{error}");
    assert!(error.contains("Unsupported value: \"NONE\""), "{error}");
    assert_eq!(bench.get("v1/ConfigMap", "fine").await, None);
}

/// What is in the way may go by itself, and nobody would tell.
#[tokio::test]
async fn a_port_that_another_service_has_is_no_lasting_refusal() {
    let Some(bench) = Bench::new("port").await else { return };
    let service = |name: &str, port: &Value| {
        let spec = json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": port}]});
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}).to_string()
    };
    bench.put(&service("theirs", &Value::Null)).await;
    let theirs = bench.get("v1/Service", "theirs").await.unwrap();
    let port = theirs.get(&["spec", "ports"]).and_then(|ports| ports.get(0)?.get("nodePort")).unwrap();
    let ours = service("ours", port);
    let error = bench.apply(&ours).await.unwrap_err();
    assert!(text(&error).contains("provided port is already allocated"), "{}", text(&error));
    assert!(!error.is_permanent());
    bench.delete("v1/Service", "theirs").await;
    bench.apply(&ours).await.unwrap();
}

#[tokio::test]
async fn what_a_definition_of_others_does_not_have_is_no_lasting_refusal() {
    let Some(bench) = Bench::new("undeclared").await else { return };
    let group = format!("sixteen.{}.example.com", bench.namespace);
    let set = gadgets(&group);
    let (definition, gadget) = set.split_once("---").unwrap();
    let definer = bench.other("definer");
    definer.apply(definition).await.unwrap();
    let gadget = gadget.replace("size: 1", "size: 1, colour: red");
    let error = bench.apply_when_served(&gadget).await.unwrap_err();
    assert!(text(&error).contains(".spec.colour: field not declared in schema"), "{}", text(&error));
    assert!(!error.is_permanent());
    let upgraded =
        definition.replace("size: {type: integer}", "size: {type: integer}, colour: {type: string}");
    definer.apply(&upgraded).await.unwrap();
    eventually("the server goes by the new one", async || bench.apply(&gadget).await.ok()).await;
    // Of what is there, too.
    let next = gadget.replace("colour: red", "colour: blue, shade: dark");
    let error = bench.apply(&next).await.unwrap_err();
    assert!(text(&error).contains(".spec.shade: field not declared in schema"), "{}", text(&error));
    assert!(!error.is_permanent());
}

#[rstest]
#[case::no_base64(json!({"data": {"password": "aHVudGVyMg==%"}}), "illegal base64 data")]
#[case::no_field(json!({"data": {"password": "aHVudGVyMg=="}, "colour": "red"}), "field not declared in schema")]
#[tokio::test]
async fn what_a_secret_says_is_never_told(#[case] wrong: Value, #[case] why: &str) {
    let Some(bench) = Bench::new("telltale").await else { return };
    let secret = |mut content: Value| {
        content["apiVersion"] = "v1".into();
        content["kind"] = "Secret".into();
        content["metadata"] = json!({"name": "a"});
        content.to_string()
    };
    let right = |value: &str| secret(json!({"data": {"password": value}}));
    let refused = async || {
        let error = bench.apply(&secret(wrong.clone())).await.unwrap_err();
        let told = text(&error);
        assert!(!told.contains("aHVudGVyMg") && !told.contains("hunter2"), "{told}");
        assert!(error.is_permanent(), "{told}");
        told
    };
    // Where it is not there; where it was made; and where it was changed.
    refused().await;
    bench.apply(&right("aHVudGVyMg==")).await.unwrap();
    assert!(refused().await.contains(why), "{}", refused().await);
    bench.apply(&right("aHVudGVyMgo=")).await.unwrap();
    assert!(refused().await.contains(why), "{}", refused().await);
    bench.apply(&right("aHVudGVyMg==")).await.unwrap();
}

#[tokio::test]
async fn what_a_template_says_is_never_told() {
    let Some(bench) = Bench::new("template").await else { return };
    let job = |value: &str| {
        format!(
            "{{apiVersion: batch/v1, kind: Job, metadata: {{name: a}}, spec: {{suspend: true, template: {{spec: {{restartPolicy: Never, \
             containers: [{{name: a, image: a, env: [{{name: A, value: {value}}}]}}]}}}}}}}}"
        )
    };
    bench.apply(&job("hunter2")).await.unwrap();
    let told = text(&bench.apply(&job("hunter3")).await.unwrap_err());
    assert!(told.contains("Invalid value: an object: field is immutable"), "{told}");
    assert!(!told.contains("hunter") && !told.contains("PodTemplateSpec"), "{told}");
}

#[tokio::test]
async fn a_namespace_that_is_missing_is_named() {
    let Some(bench) = Bench::new("missing").await else { return };
    let error = bench
        .apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: e2e-nowhere}}")
        .await
        .unwrap_err();
    assert_eq!(text(&error), "cannot create ConfigMap e2e-nowhere/a: namespaces \"e2e-nowhere\" not found");
}

#[tokio::test]
async fn what_is_set_once_is_changed_only_where_that_is_asked_for() {
    let Some(mut bench) = Bench::new("immutable").await else { return };
    bench.apply(&deployment("one")).await.unwrap();
    let error = bench.apply(&deployment("two")).await.unwrap_err();
    let EngineError::Refused(all) = &error else { panic!("{error:?}") };
    assert!(matches!(all.as_slice(), [EngineError::Immutable { .. }]), "{error:?}");
    assert!(error.is_permanent() && text(&error).contains("field is immutable"), "{}", text(&error));
    bench.options.force = true;
    bench.done();
    bench.apply(&deployment("two")).await.unwrap();
    assert_eq!(bench.done()["Deployment web"], Done::Replaced);
}

#[rstest]
#[case::volumes_of_a_set(
    "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web}, spec: {replicas: 0, serviceName: one, \
     persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}, selector: {matchLabels: {app: web}}, \
     template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: a}]}}}}",
    ("serviceName: one", "serviceName: two"),
    "its volumes would be deleted with it: apply it as it is with persistentVolumeClaimRetentionPolicy.whenDeleted: Retain first"
)]
#[case::a_claim(
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: web}, spec: {accessModes: [ReadWriteOnce], \
     storageClassName: one, resources: {requests: {storage: 1Gi}}}}",
    ("storageClassName: one", "storageClassName: two"),
    "would have to be made anew, which objects of its kind never are"
)]
#[tokio::test]
async fn what_holds_data_is_not_made_anew_even_where_that_is_asked_for(
    #[case] set: &str,
    #[case] (one, two): (&str, &str),
    #[case] why: &str,
) {
    let Some(mut bench) = Bench::new("held").await else { return };
    bench.options.force = true;
    let map =
        |value| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{x: '{value}'}}}}");
    bench.apply(&format!("{}\n---\n{set}", map(1))).await.unwrap();
    let next = set.replace(one, two);
    let error = bench.apply(&format!("{}\n---\n{next}", map(2))).await.unwrap_err();
    assert!(error.is_permanent() && text(&error).contains(why), "{}", text(&error));
    let EngineError::Refused(all) = &error else { panic!("{error:?}") };
    assert!(!all.iter().any(EngineError::can_be_forced));
    let live = bench.get("v1/ConfigMap", "a").await.unwrap();
    assert_eq!(live.get(&["data", "x"]), Some(&json!("1")));
    if set.contains("StatefulSet") {
        let retained = set.replace("whenDeleted: Delete", "whenDeleted: Retain");
        bench.apply(&retained).await.unwrap();
        bench.done();
        bench.apply(&retained.replace(one, two)).await.unwrap();
        assert_eq!(bench.done()["StatefulSet web"], Done::Replaced);
    }
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_told_as_one() {
    use rukpak_apply::cluster::Refusal;
    let Some(bench) = Bench::new("quota").await else { return };
    bench
        .put("{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {count/secrets: '0'}}}")
        .await;
    let secret = "{apiVersion: v1, kind: Secret, metadata: {name: a}}";
    bench.until(secret, false).await;
    let error = bench.apply(secret).await;
    let EngineError::Refused(all) = error.unwrap_err() else { panic!() };
    assert!(matches!(&all[0], EngineError::Api(error) if error.refusal() == Refusal::Quota), "{all:?}");
}

/// What tells which fields a new version does not have any more is a second object for a moment.
#[tokio::test]
async fn a_quota_without_room_for_a_second_one_lets_the_first_one_change() {
    let Some(bench) = Bench::new("quota-of-one").await else { return };
    bench
        .apply("{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {x: eA==, y: eQ==}}")
        .await
        .unwrap();
    bench
        .put("{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {count/secrets: '1'}}}")
        .await;
    bench.until("{apiVersion: v1, kind: Secret, metadata: {name: another}}", false).await;
    bench.apply("{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {x: eA==}}").await.unwrap();
    let secret = bench.get("v1/Secret", "a").await.unwrap();
    assert_eq!(secret.get(&["data"]), Some(&serde_json::json!({"x": "eA=="})));
}

#[tokio::test]
async fn what_could_not_be_made_anew_is_not_deleted() {
    let Some(mut bench) = Bench::new("irreplaceable").await else { return };
    bench.options.force = true;
    bench.apply(&deployment("one")).await.unwrap();
    let uid = async || {
        let live = bench.get("apps/v1/Deployment", "web").await.unwrap();
        live.get(&["metadata", "uid"]).cloned().unwrap()
    };
    let before = uid().await;
    let next = deployment("one")
        .replace("selector: {matchLabels: {app: one}}", "selector: {matchLabels: {app: two}}");
    let error = bench.apply(&next).await.unwrap_err();
    let EngineError::Refused(all) = &error else { panic!("{error:?}") };
    assert!(matches!(all.as_slice(), [EngineError::Irreplaceable { .. }]), "{error:?}");
    assert!(error.is_permanent());
    assert!(text(&error).contains("`selector` does not match template `labels`"), "{}", text(&error));
    assert_eq!(uid().await, before);
}

/// One of another name would not be given its port.
#[tokio::test]
async fn what_there_can_be_once_is_made_anew() {
    let Some(mut bench) = Bench::new("once").await else { return };
    bench.options.force = true;
    // Of the parts of both ranges that are not given out by chance.
    let service = |address| {
        format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: web}}, spec: {{type: NodePort, clusterIP: {address}, \
             ports: [{{port: 80, nodePort: 30085}}]}}}}"
        )
    };
    bench.apply(&service("10.96.0.211")).await.unwrap();
    bench.done();
    bench.apply(&service("10.96.0.212")).await.unwrap();
    assert_eq!(bench.done()["Service web"], Done::Replaced);
    bench.delete("v1/Service", "web").await;
}

/// A namespace, a map and a Service in it.
fn housed(name: &str, value: u32, spec: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}\n---\n\
         {{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, namespace: {name}}}, data: {{x: '{value}'}}}}\n---\n\
         {{apiVersion: v1, kind: Service, metadata: {{name: web, namespace: {name}}}, spec: {spec}}}"
    )
}

#[tokio::test]
async fn what_is_in_a_namespace_of_the_set_that_is_there_is_judged_before_anything_is_written() {
    let Some(bench) = Bench::new("housed").await else { return };
    let name = format!("{}-housed", bench.namespace);
    let set = housed(&name, 1, "{ports: [{port: 80}]}");
    bench.apply(set.rsplit_once("---").unwrap().0).await.unwrap();
    let error =
        text(&bench.apply(&housed(&name, 2, "{ports: [{port: 80, protocol: NONE}]}")).await.unwrap_err());
    assert!(error.contains("Unsupported value: \"NONE\""), "{error}");
    let map = bench.inside(&name).get("v1/ConfigMap", "a").await.unwrap();
    assert_eq!(map.get(&["data", "x"]), Some(&serde_json::json!("1")));
}

#[tokio::test]
async fn a_field_that_nobody_knows_is_refused_in_a_new_namespace_too() {
    let Some(bench) = Bench::new("new-home").await else { return };
    let name = format!("{}-new", bench.namespace);
    let error = bench.apply(&housed(&name, 1, "{colour: red, ports: [{port: 80}]}")).await.unwrap_err();
    assert!(
        error.is_permanent() && text(&error).contains("unknown field \"spec.colour\""),
        "{}",
        text(&error)
    );
    assert_eq!(bench.inside(&name).get("v1/Service", "web").await, None);
    bench.apply(&housed(&name, 1, "{ports: [{port: 80}]}")).await.unwrap();
}

#[rstest]
#[case::a_name("name: a,", "name: Bad_Name,", "its name is not valid")]
#[case::a_label("name: a,", "name: a, labels: {x: true},", "metadata.labels[x] is not valid: it is no text")]
#[tokio::test]
async fn what_no_server_takes_is_refused_in_a_new_namespace_too(
    #[case] right: &str,
    #[case] wrong: &str,
    #[case] why: &str,
) {
    let Some(bench) = Bench::new("new-name").await else { return };
    let set = |name: &str| housed(name, 1, "{ports: [{port: 80}]}").replace(right, wrong);
    let problems = bench.problems(&set(&format!("{}-new", bench.namespace))).await;
    assert!(problems.iter().any(|problem| problem.contains(why)) && problems.len() == 1, "{problems:?}");
    // The server says so of a namespace that is there.
    let there = set(&bench.namespace).split_once("---").unwrap().1.to_owned();
    assert!(bench.look(&there).await.unwrap_err().is_permanent());
}
