//! Definitions, and what they define, in one set.

use e2e::controlplane::{Asked, Cluster, Fault, FaultProxy};
use rukpak_apply::engine::Done;
use rukpak_apply::owner::{OWNER_KIND, OWNER_NAME};
use serde_json::json;

use super::bench::{Bench, text};

/// A definition of a kind of its own for each test, since definitions belong to the whole cluster.
pub(crate) fn gadgets(group: &str) -> String {
    format!(
        "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: gadgets.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{kind: Gadget, plural: gadgets, singular: gadget, listKind: GadgetList}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, properties: {{size: {{type: integer}}}}}}}}}}}}
---
{{apiVersion: {group}/v1, kind: Gadget, metadata: {{name: one}}, spec: {{size: 1}}}}
"
    )
}

#[tokio::test]
async fn a_definition_and_its_resources_in_one_set() {
    let Some(bench) = Bench::new("crd").await else { return };
    let group = format!("one.{}.example.com", bench.namespace);
    let applied = bench.apply(&gadgets(&group)).await.unwrap();
    assert_eq!(applied.written, 2);
    let gadget = bench.get(&format!("{group}/v1/Gadget"), "one").await.unwrap();
    assert_eq!(gadget.get(&["spec", "size"]), Some(&json!(1)));
    assert_eq!(bench.apply(&gadgets(&group)).await.unwrap().written, 0);
}

#[tokio::test]
async fn a_definition_that_changes_with_its_resources() {
    let Some(bench) = Bench::new("crd-upgrade").await else { return };
    let group = format!("two.{}.example.com", bench.namespace);
    bench.apply(&gadgets(&group)).await.unwrap();
    let next = gadgets(&group)
        .replace("size: {type: integer}", "size: {type: integer}, colour: {type: string}")
        .replace("spec: {size: 1}", "spec: {size: 1, colour: red}");
    bench.done();
    bench.apply(&next).await.unwrap();
    assert_eq!(bench.done()["Gadget one"], Done::Configured);
    let gadget = bench.get(&format!("{group}/v1/Gadget"), "one").await.unwrap();
    assert_eq!(gadget.get(&["spec", "colour"]), Some(&json!("red")));
}

/// One of several servers goes by the definition of a moment ago: it would refuse a field, or leave it out.
#[tokio::test]
async fn a_server_that_has_not_heard_of_a_changed_definition_is_asked_again() {
    let Some(bench) = Bench::new("crd-behind").await else { return };
    let group = format!("eleven.{}.example.com", bench.namespace);
    bench.apply(&gadgets(&group)).await.unwrap();
    let proxy = FaultProxy::start(&Cluster::current().await.unwrap().kubeconfig());
    let behind = bench.behind(&proxy).await;
    let two = format!(
        "---\n{{apiVersion: {group}/v1, kind: Gadget, metadata: {{name: two}}, spec: {{colour: red}}}}\n"
    );
    let next = gadgets(&group)
        .replace("size: {type: integer}", "size: {type: integer}, colour: {type: string}")
        + &two;
    let mut left = 2;
    let is_made = |asked: &Asked| asked.method == "POST" && asked.path.contains("/gadgets?");
    proxy.inject(Fault::Status(422), move |asked| {
        let is_refused = is_made(asked) && left > 0;
        left -= i32::from(is_refused);
        is_refused
    });
    behind.apply(&next).await.unwrap();
    let made: Vec<_> = proxy.asked().into_iter().filter(is_made).collect();
    assert_eq!(made.len(), 3, "{made:?}");
    assert!(made.iter().all(|asked| asked.path.contains("fieldValidation=Strict")), "{made:?}");
    let gadget = bench.get(&format!("{group}/v1/Gadget"), "two").await.unwrap();
    assert_eq!(gadget.get(&["spec", "colour"]), Some(&json!("red")));
}

#[tokio::test]
async fn what_the_server_says_of_a_resource_counts_where_its_definition_stays() {
    let Some(bench) = Bench::new("crd-stays").await else { return };
    let group = format!("ten.{}.example.com", bench.namespace);
    let set = |size: u32, value: u32, more: &str| {
        let gadgets = gadgets(&group)
            .replace("size: {type: integer}", &format!("size: {{type: integer, maximum: 10{more}}}"))
            .replace("spec: {size: 1}", &format!("spec: {{size: {size}}}"));
        format!(
            "{gadgets}---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{x: '{value}'}}}}"
        )
    };
    bench.apply(&set(5, 1, "")).await.unwrap();
    let error = text(&bench.apply(&set(50, 2, "")).await.unwrap_err());
    assert!(error.contains("spec.size: Invalid value: 50"), "{error}");
    let map = bench.get("v1/ConfigMap", "a").await.unwrap();
    assert_eq!(map.get(&["data", "x"]), Some(&json!("1")));
    // One that comes with another definition is judged by that one.
    bench.apply(&set(50, 2, "0")).await.unwrap();
}

#[tokio::test]
async fn a_definition_that_takes_something_away_is_refused_unless_that_is_waived() {
    let Some(mut bench) = Bench::new("crd-safety").await else { return };
    let group = format!("six.{}.example.com", bench.namespace);
    bench.apply(&gadgets(&group)).await.unwrap();
    let next = gadgets(&group).replace("size: {type: integer}", "size: {type: integer, maximum: 3}");
    let error = text(&bench.apply(&next).await.unwrap_err());
    let expected = format!(
        "CustomResourceDefinition gadgets.{group}: v1: ^.spec.size: maximum: maximum constraint added when there was none \
         previously : 3"
    );
    assert_eq!(error, expected);
    bench.options.waivers = vec![format!("gadgets.{group}:maximum:^.spec.size").parse().unwrap()];
    bench.apply(&next).await.unwrap();
}

#[tokio::test]
async fn a_definition_that_goes_is_refused_unless_that_is_waived() {
    let Some(mut bench) = Bench::new("crd-removal").await else { return };
    let group = format!("seven.{}.example.com", bench.namespace);
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    bench.apply(&format!("{}---\n{map}", gadgets(&group))).await.unwrap();
    let error = text(&bench.apply(map).await.unwrap_err());
    assert!(error.contains(&format!("CustomResourceDefinition gadgets.{group}: ")), "{error}");
    bench.options.waivers = vec![format!("gadgets.{group}:crdRemoval:*").parse().unwrap()];
    bench.apply(map).await.unwrap();
    assert_eq!(bench.inventory().await, ["ConfigMap a"]);
}

#[tokio::test]
async fn a_definition_that_is_not_ours_any_more_is_not_missed() {
    let Some(bench) = Bench::new("crd-given-away").await else { return };
    let group = format!("thirteen.{}.example.com", bench.namespace);
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    bench.apply(&format!("{}---\n{map}", gadgets(&group))).await.unwrap();
    let (kind, name) = ("apiextensions.k8s.io/v1/CustomResourceDefinition", format!("gadgets.{group}"));
    let nobodys = json!({"metadata": {"labels": {OWNER_KIND: null, OWNER_NAME: null}}});
    bench.change(kind, &name, nobodys).await;
    // One that is gone with its definition is not asked for either.
    bench.done();
    bench.apply(map).await.unwrap();
    assert_eq!(bench.done()[&format!("CustomResourceDefinition {name}")], Done::Released);
    assert!(bench.get(kind, &name).await.is_some());
    assert_eq!(bench.inventory().await, ["ConfigMap a"]);
}

#[tokio::test]
async fn what_goes_with_a_definition_is_counted_by_one_of_it() {
    let Some(bench) = Bench::new("crd-count").await else { return };
    let server = Cluster::current().await.unwrap();
    let group = format!("fourteen.{}.example.com", bench.namespace);
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    bench.apply(&format!("{}---\n{map}", gadgets(&group))).await.unwrap();
    for number in 0..4 {
        bench.put(&format!("{{apiVersion: {group}/v1, kind: Gadget, metadata: {{name: g-{number}}}}}")).await;
    }
    let proxy = FaultProxy::start(&server.kubeconfig());
    let mut watched = bench.behind(&proxy).await;
    let lists = |proxy: &FaultProxy| {
        let asked = proxy.asked().into_iter().map(|asked| asked.path);
        asked.filter(|path| path.contains("/gadgets?")).collect::<Vec<_>>()
    };
    let error = text(&watched.apply(map).await.unwrap_err());
    assert!(error.contains("and with it 5 custom resources"), "{error}");
    let asked = lists(&proxy);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("limit=1&") || asked[0].ends_with("limit=1"), "{asked:?}");
    // Where that is waived, nobody counts.
    watched.options.waivers = vec![format!("gadgets.{group}:crdRemoval:*").parse().unwrap()];
    watched.look(map).await.unwrap();
    assert_eq!(lists(&proxy), asked);
}
