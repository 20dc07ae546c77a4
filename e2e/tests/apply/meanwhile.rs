//! What others do between a look and a write.

use e2e::controlplane::{Asked, Cluster, Fault, FaultProxy};
use rukpak_apply::cluster::Refusal;
use rukpak_apply::engine::{DeletionPolicy, Done, EngineError, Store as _};
use rukpak_apply::{CollisionProtection, Inventory};
use serde_json::{Value, json};

use super::bench::{Bench, text};
use super::definitions::gadgets;
use super::process::audit;

const MAP: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: '1'}}";
const NEXT: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: '2'}}";

async fn data(bench: &Bench) -> Value {
    bench.get("v1/ConfigMap", "a").await.unwrap().get(&["data"]).unwrap().clone()
}

#[tokio::test]
async fn an_object_that_was_changed_meanwhile_is_changed_all_the_same() {
    let Some(bench) = Bench::new("changed").await else { return };
    bench.apply(MAP).await.unwrap();
    let checked = bench.look(NEXT).await.unwrap();
    bench.change("v1/ConfigMap", "a", json!({"data": {"x": "0", "theirs": "1"}})).await;
    assert_eq!(bench.write(checked).await.unwrap().written, 1);
    assert_eq!(data(&bench).await, json!({"x": "2", "theirs": "1"}));
}

#[tokio::test]
async fn an_object_that_was_deleted_meanwhile_is_made_anew() {
    let Some(bench) = Bench::new("deleted").await else { return };
    bench.apply(MAP).await.unwrap();
    let checked = bench.look(NEXT).await.unwrap();
    bench.delete("v1/ConfigMap", "a").await;
    bench.done();
    bench.write(checked).await.unwrap();
    assert_eq!((bench.done()["ConfigMap a"], data(&bench).await), (Done::Created, json!({"x": "2"})));
}

#[tokio::test]
async fn an_object_that_is_anothers_meanwhile_is_left_alone() {
    let Some(bench) = Bench::new("replaced").await else { return };
    bench.apply(MAP).await.unwrap();
    let checked = bench.look(NEXT).await.unwrap();
    bench.delete("v1/ConfigMap", "a").await;
    bench.put(&MAP.replace("'1'", "theirs")).await;
    let error = text(&bench.write(checked).await.unwrap_err());
    assert!(error.contains("it exists and belongs to nobody"), "{error}");
    assert_eq!(data(&bench).await, json!({"x": "theirs"}));
}

#[tokio::test]
async fn of_two_sets_with_one_object_the_slower_one_is_refused() {
    let Some(bench) = Bench::new("slower").await else { return };
    let other = bench.other("the-faster");
    let (ours, theirs) = (bench.look(NEXT).await.unwrap(), other.look(MAP).await.unwrap());
    other.write(theirs).await.unwrap();
    let error = text(&bench.write(ours).await.unwrap_err());
    let expected = format!(
        "ConfigMap {}/a cannot be taken: it belongs to Inventory the-faster; collision protection is Prevent",
        bench.namespace
    );
    assert_eq!((error, data(&bench).await), (expected, json!({"x": "1"})));
    // What it wanted is in its inventory, and yet not taken away with it.
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!((bench.done()["ConfigMap a"], data(&bench).await), (Done::Released, json!({"x": "1"})));
}

#[tokio::test]
async fn an_object_that_was_changed_is_adopted_as_it_is_then() {
    let Some(mut bench) = Bench::new("adopted").await else { return };
    bench.options.collision_protection = CollisionProtection::IfNoController;
    bench.put(MAP).await;
    let checked = bench.look(NEXT).await.unwrap();
    bench.change("v1/ConfigMap", "a", json!({"data": {"theirs": "1"}})).await;
    bench.write(checked).await.unwrap();
    assert_eq!(bench.done()["ConfigMap a"], Done::Adopted);
    assert_eq!(data(&bench).await, json!({"x": "2", "theirs": "1"}));
}

/// What its users have it may not take away, whenever it came.
#[tokio::test]
async fn a_definition_that_came_meanwhile_is_not_cut_down() {
    let Some(mut bench) = Bench::new("definition-came").await else { return };
    bench.options.collision_protection = CollisionProtection::None;
    let group = format!("nineteen.{}.example.com", bench.namespace);
    let set = gadgets(&group);
    let (definition, _) = set.split_once("---").unwrap();
    let checked = bench.look(definition).await.unwrap();
    bench
        .put(&definition.replace("size: {type: integer}", "size: {type: integer}, colour: {type: string}"))
        .await;
    let error = text(&bench.write(checked).await.unwrap_err());
    assert!(error.contains("^.spec.colour"), "{error}");
    let kind = "apiextensions.k8s.io/v1/CustomResourceDefinition";
    let theirs = bench.get(kind, &format!("gadgets.{group}")).await.unwrap();
    assert!(theirs.into_value().to_string().contains("colour"));
}

/// The write is made again a few times, and then it is for the next run.
#[tokio::test]
async fn an_object_that_others_change_all_the_time_is_given_up_and_tried_again() {
    let Some(mut bench) = Bench::new("conflicts").await else { return };
    bench.options.collision_protection = CollisionProtection::IfNoController;
    bench.put(MAP).await;
    let proxy = FaultProxy::start(&Cluster::current().await.unwrap().kubeconfig());
    let behind = bench.behind(&proxy).await;
    let checked = behind.look(NEXT).await.unwrap();
    let is_write = |asked: &Asked| {
        asked.method == "PATCH" && asked.path.contains("/configmaps/a?") && !asked.path.contains("dryRun")
    };
    let mut left = 6;
    proxy.inject(Fault::Status(409), move |asked| {
        let is_refused = is_write(asked) && left > 0;
        left -= i32::from(is_refused);
        is_refused
    });
    let EngineError::Api(error) = behind.write(checked).await.unwrap_err() else { panic!() };
    assert_eq!(error.refusal(), Refusal::Conflict, "{error}");
    assert_eq!(data(&bench).await, json!({"x": "1"}));
    let tries = proxy.asked().into_iter().filter(is_write).count();
    assert_eq!(tries, 6);
    behind.apply(NEXT).await.unwrap();
    assert_eq!((behind.done()["ConfigMap a"], data(&bench).await), (Done::Adopted, json!({"x": "2"})));
}

async fn reference(bench: &Bench, is_controller: bool) -> Value {
    bench.put("{apiVersion: v1, kind: ConfigMap, metadata: {name: parent}}").await;
    let parent = bench.get("v1/ConfigMap", "parent").await.unwrap();
    let uid = parent.get(&["metadata", "uid"]).unwrap();
    let reference = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "name": "parent", "uid": uid, "controller": is_controller,
    });
    json!({"metadata": {"ownerReferences": [reference]}})
}

#[tokio::test]
async fn an_object_that_has_a_controller_meanwhile_is_not_adopted() {
    let Some(mut bench) = Bench::new("controlled").await else { return };
    bench.options.collision_protection = CollisionProtection::IfNoController;
    bench.put(MAP).await;
    let checked = bench.look(NEXT).await.unwrap();
    bench.change("v1/ConfigMap", "a", reference(&bench, true).await).await;
    let error = text(&bench.write(checked).await.unwrap_err());
    assert!(error.contains("it is controlled by ConfigMap parent"), "{error}");
}

/// They are for the cluster's garbage collector, and nobody's claim.
#[tokio::test]
async fn references_of_others_stay_on_what_is_ours() {
    let Some(bench) = Bench::new("references").await else { return };
    bench.apply(MAP).await.unwrap();
    bench.change("v1/ConfigMap", "a", reference(&bench, false).await).await;
    assert_eq!(bench.apply(MAP).await.unwrap().written, 0);
    assert_eq!(bench.apply(NEXT).await.unwrap().written, 1);
    let map = bench.get("v1/ConfigMap", "a").await.unwrap();
    assert_eq!(map.get(&["metadata", "ownerReferences"]).and_then(Value::as_array).map(Vec::len), Some(1));
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!(bench.get("v1/ConfigMap", "a").await, None);
}

/// Whoever controls an object of ours has it: it is neither changed nor taken away.
#[tokio::test]
async fn what_a_controller_took_is_left_to_it() {
    let Some(bench) = Bench::new("taken-over").await else { return };
    bench.apply(MAP).await.unwrap();
    bench.change("v1/ConfigMap", "a", reference(&bench, true).await).await;
    let error = text(&bench.apply(NEXT).await.unwrap_err());
    assert!(error.contains("it is controlled by ConfigMap parent"), "{error}");
    bench.done();
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!((bench.done()["ConfigMap a"], data(&bench).await), (Done::Released, json!({"x": "1"})));
}

/// Nothing is written that is in no inventory.
#[tokio::test]
async fn an_inventory_that_was_deleted_meanwhile() {
    let Some(bench) = Bench::new("inventory").await else { return };
    let (store, _) = bench.store().await;
    store.save(&Inventory::default()).await.unwrap();
    let checked = bench.look(MAP).await.unwrap();
    store.remove().await.unwrap();
    let error = text(&bench.engine().write(checked, &store, &()).await.unwrap_err());
    let beginning = format!("cannot patch ConfigMap {}/rukpak-inventory-inventory-", bench.namespace);
    assert!(error.starts_with(&beginning), "{error}");
    assert_eq!(bench.get("v1/ConfigMap", "a").await, None);
}

/// Another one of its name is another owner, to which nothing of the old one is told.
#[tokio::test]
async fn an_inventory_that_was_replaced_meanwhile() {
    let Some(bench) = Bench::new("replaced-inventory").await else { return };
    bench.apply(MAP).await.unwrap();
    let (store, _) = bench.store().await;
    let set = format!("{MAP}\n---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: b}}}}");
    let checked = bench.look(&set).await.unwrap();
    store.remove().await.unwrap();
    bench.store().await;
    let error = text(&bench.engine().write(checked, &store, &()).await.unwrap_err());
    assert!(error.contains("rukpak-inventory-replaced-inventory-"), "{error}");
    assert_eq!((bench.get("v1/ConfigMap", "b").await, bench.inventory().await), (None, vec![]));
    // What is there is taken over, since its owner is gone.
    bench.apply(&set).await.unwrap();
    assert_eq!(bench.inventory().await, ["ConfigMap a", "ConfigMap b"]);
}

#[tokio::test]
async fn another_object_of_the_same_name_is_not_deleted() {
    let Some(bench) = Bench::new("another").await else { return };
    bench.put(MAP).await;
    let address = bench.address(&bench.get("v1/ConfigMap", "a").await.unwrap()).await;
    assert!(!bench.cluster.delete(&address, "00000000-0000-0000-0000-000000000000").await.unwrap());
    assert_eq!(data(&bench).await, json!({"x": "1"}));
}

const WHOLE: &str = "
{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: a}
rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: '1'}}
";

/// A selector is a map that is ours as a whole, and a rule an element of such a list: what others add to them is taken away, though
/// everything that we say is there. Where nobody else wrote an object, that is known without a dry run.
#[tokio::test]
async fn what_was_added_by_others_is_found_and_nobody_is_asked_where_nothing_was() {
    let (Some(bench), Some(audit)) = (Bench::new("added").await, audit().await) else { return };
    let dry_runs = async |mark| {
        let asked = audit.since(mark).await;
        asked.filter(|request| request.namespace == bench.namespace && request.is_dry_run()).len()
    };
    bench.apply(WHOLE).await.unwrap();
    for _ in 0..2 {
        let mark = audit.mark().await;
        assert_eq!(bench.apply(WHOLE).await.unwrap().written, 0);
        assert_eq!(dry_runs(mark).await, 0);

        bench.change("v1/Service", "a", json!({"spec": {"selector": {"more": "theirs"}}})).await;
        let rules =
            json!([{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["b"], "verbs": ["get"]}]);
        bench.change("rbac.authorization.k8s.io/v1/Role", "a", json!({"rules": rules})).await;
        assert_eq!(bench.apply(WHOLE).await.unwrap().written, 2);
        let selector = bench.get("v1/Service", "a").await.unwrap().get(&["spec", "selector"]).cloned();
        assert_eq!(selector, Some(json!({"app": "web"})));
        let role = bench.get("rbac.authorization.k8s.io/v1/Role", "a").await.unwrap();
        assert_eq!(role.get(&["rules"]).unwrap()[0].get("resourceNames"), None);
    }
}

/// An autoscaler and a set that both say how many replicas there are would undo each other for ever.
#[tokio::test]
async fn replicas_are_what_an_autoscaler_of_the_set_says() {
    let Some(bench) = Bench::new("scaled").await else { return };
    let web = |image| {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{replicas: 3, selector: {{matchLabels: {{app: web}}}}, \
             template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: a, image: {image}}}]}}}}}}}}"
        )
    };
    let autoscaler = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {minReplicas: 1, maxReplicas: 9, \
        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}";
    let replicas = async || {
        let web = bench.get("apps/v1/Deployment", "web").await.unwrap();
        web.get(&["spec", "replicas"]).cloned().unwrap()
    };
    bench.apply(&web("one")).await.unwrap();
    let scaled = |image| format!("{}\n---\n{autoscaler}", web(image));
    bench.apply(&scaled("two")).await.unwrap();
    assert_eq!(replicas().await, json!(3), "until it says otherwise");
    bench.change("apps/v1/Deployment", "web", json!({"spec": {"replicas": 5}})).await;
    bench.apply(&scaled("two")).await.unwrap();
    bench.apply(&scaled("three")).await.unwrap();
    assert_eq!(replicas().await, json!(5));
}
