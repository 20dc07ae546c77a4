//! The first upgrade of what was made: what the version before had, and this one has not, is not there beside what is new.

use rstest::rstest;
use rukpak_apply::engine::{Action, DeletionPolicy, Done};
use rukpak_apply::{Change, diff};
use rukpak_manifest::Object;
use serde_json::{Value, json};

use super::bench::Bench;
use super::definitions::gadgets;

/// The pods of a Deployment, whose only container has these fields.
fn deployment(container: &str) -> String {
    workload("", container, "")
}

fn workload(spec: &str, container: &str, pod: &str) -> String {
    format!(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  {spec}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers: [{{name: web, image: 'registry.k8s.io/pause:3.10'{container}}}]
      {pod}
"
    )
}

fn service(spec: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: web}}, spec: {{selector: {{app: web}}, {spec}}}}}"
    )
}

fn budget(spec: &str) -> String {
    format!(
        "{{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {{name: web}}, spec: {{selector: {{matchLabels: {{app: web}}}}, {spec}}}}}"
    )
}

const PORT: &str = ", ports: [{name: metrics, containerPort: 8080}]";
const OTHER_PORT: &str =
    ", ports: [{name: metrics, containerPort: 8443}, {name: health, containerPort: 8081}]";
const GET: &str = ", readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5}";
const SOCKET: &str = ", readinessProbe: {tcpSocket: {port: 80}}";
const VALUE: &str = ", env: [{name: A, value: a}, {name: B, value: b}, {name: C, value: c}]";
const FROM: &str =
    ", env: [{name: B, value: b}, {name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]";
const RESOURCES: &str = ", resources: {limits: {cpu: '1', memory: 64Mi}, requests: {cpu: 100m}}";
const LESS: &str = ", resources: {limits: {memory: 64Mi}}";
const ROLLING: &str = "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 2}}";
const SECRET: &str = "volumes: [{name: a, secret: {secretName: a}}, {name: b, emptyDir: {}}]";
const MAP: &str = "volumes: [{name: a, configMap: {name: a}}]";

#[rstest]
#[case::a_port_of_another_number(deployment(PORT), deployment(OTHER_PORT))]
#[case::ports_that_are_gone(deployment(OTHER_PORT), deployment(""))]
#[case::another_probe(deployment(GET), deployment(SOCKET))]
#[case::variables_from_elsewhere(deployment(VALUE), deployment(FROM))]
#[case::fewer_limits(deployment(RESOURCES), deployment(LESS))]
#[case::another_strategy(workload(ROLLING, "", ""), workload("strategy: {type: Recreate}", "", ""))]
#[case::no_number_of_replicas(workload("replicas: 3", "", ""), deployment(""))]
#[case::another_volume(workload("", "", SECRET), workload("", "", MAP))]
#[case::tolerations_that_are_gone(
    workload("", "", "tolerations: [{operator: Exists}, {key: a, operator: Exists}]"),
    workload("", "", "tolerations: [{key: a, operator: Exists}]")
)]
#[case::another_port_of_a_name(
    service("ports: [{name: http, port: 80}]"),
    service("ports: [{name: http, port: 8080}]")
)]
#[case::no_port_of_the_nodes(
    service("type: NodePort, ports: [{name: http, port: 80, nodePort: 30517}]"),
    service("ports: [{name: http, port: 80}]")
)]
#[case::another_limit_of_disruption(budget("minAvailable: 1"), budget("maxUnavailable: 1"))]
#[case::keys_that_are_gone(
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: web, labels: {a: '1', b: '2'}}, data: {a: '1', b: '2'}}",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: web, labels: {b: '2'}}, data: {b: '3', c: '4'}}"
)]
#[tokio::test]
async fn what_is_told_is_what_becomes_of_it(#[case] before: impl AsRef<str>, #[case] after: impl AsRef<str>) {
    let Some(bench) = Bench::new("upgrade").await else { return };
    let (before, after) = (before.as_ref(), after.as_ref());
    bench.apply(before).await.unwrap();
    let Upgraded { live, changes, now } = upgraded(&bench, after).await;
    assert!(changes.iter().any(|change| !change.path.contains("planned-digest")), "{changes:?}");
    assert!(bench.done().values().all(|done| *done == Done::Configured));
    assert_eq!(told(&diff(&live, &now)), told(&changes));
    // And the way back, which is an apply after an apply.
    let Upgraded { now: again, .. } = upgraded(&bench, before).await;
    assert_eq!(told(&diff(&live, &again)), told(&[]));
}

/// An object before and after a change, and what was told before that was written.
struct Upgraded {
    live: Box<Object>,
    changes: Vec<Change>,
    now: Object,
}

/// Looks at a set of one object, and writes it.
async fn upgraded(bench: &Bench, after: &str) -> Upgraded {
    let checked = bench.look(after).await.unwrap();
    let Action::Update { live, changes } = checked.steps()[0].action.clone() else { panic!("it changes") };
    bench.write(checked).await.unwrap();
    let kind = format!("{}/{}", live.api_version(), live.kind());
    let now = bench.get(&kind, live.name()).await.unwrap();
    Upgraded { live, changes, now }
}

/// Without what controllers write meanwhile.
fn told(changes: &[Change]) -> Vec<Change> {
    let is_ours = |change: &&Change| !change.path.contains("deployment.kubernetes.io/revision");
    changes.iter().filter(is_ours).cloned().collect()
}

#[tokio::test]
async fn what_others_have_stays() {
    let Some(bench) = Bench::new("others").await else { return };
    bench.apply(&workload("replicas: 2", &format!("{PORT}{VALUE}"), SECRET)).await.unwrap();
    let theirs = json!({
        "metadata": {"labels": {"team": "theirs"}},
        "spec": {"replicas": 4, "template": {"metadata": {"annotations": {"restarted": "today"}}}},
    });
    bench.change("apps/v1/Deployment", "web", theirs).await;
    let after = workload("", &format!("{OTHER_PORT}{FROM}"), MAP);
    let Upgraded { live, changes, now } = upgraded(&bench, &after).await;
    assert_eq!(told(&diff(&live, &now)), told(&changes));
    assert_eq!(now.get(&["metadata", "labels", "team"]), Some(&json!("theirs")));
    assert_eq!(now.get(&["spec", "replicas"]), Some(&json!(4)));
    assert_eq!(
        now.get(&["spec", "template", "metadata", "annotations"]),
        Some(&json!({"restarted": "today"}))
    );
    let names = |path: &str| -> Vec<Value> {
        let pod = now.get(&["spec", "template", "spec"]).unwrap();
        pod.pointer(path).unwrap().as_array().unwrap().iter().map(|one| one["name"].clone()).collect()
    };
    assert_eq!(names("/volumes"), ["a"]);
    assert_eq!(names("/containers/0/ports"), ["metrics", "health"]);
    assert_eq!(names("/containers/0/env"), ["B", "A"]);
}

/// It would be refused beside the strategy that is filled in.
#[tokio::test]
async fn a_definition_that_is_not_converted_any_more() {
    let Some(bench) = Bench::new("unconverted").await else { return };
    let group = format!("unconverted.{}.example.com", bench.namespace);
    let after = gadgets(&group).split("---").next().unwrap().to_owned();
    let service = "{name: converter, namespace: default, path: /convert}";
    let webhook = format!("{{conversionReviewVersions: [v1], clientConfig: {{service: {service}}}}}");
    let conversion = format!("  conversion: {{strategy: Webhook, webhook: {webhook}}}\n  versions:");
    let before = after.replace("  versions:", &conversion);
    bench.apply(&before).await.unwrap();
    let Upgraded { live, changes, now } = upgraded(&bench, &after).await;
    assert_eq!(diff(&live, &now), changes);
    assert_eq!(now.get(&["spec", "conversion"]), Some(&json!({"strategy": "None"})));
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
}
