//! Definitions, and what they define, in one set.

use std::time::Duration;

use e2e::controlplane::{Asked, Cluster, Fault, FaultProxy, eventually};
use rukpak_apply::engine::{DeletionPolicy, Done, Found};
use rukpak_apply::owner::{OWNER_KIND, OWNER_NAME};
use rukpak_apply::probe::Probes;
use rukpak_manifest::Object;
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

/// A server drops a null where a resource is made, and refuses it where it is applied; what is under an object of which nothing is said
/// it drops as well, and an apply takes it.
#[tokio::test]
async fn what_a_server_drops_of_a_resource_can_be_applied_again() {
    let Some(bench) = Bench::new("crd-drops").await else { return };
    let group = format!("drops.{}.example.com", bench.namespace);
    let list = "list: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, \
                required: [name], properties: {name: {type: string}, v: {type: integer}}}}";
    let more = format!(
        "size: {{type: integer}}, {list}, map: {{type: object, additionalProperties: {{type: string}}}}, bare: {{type: object}}, \
         filled: {{type: string, default: x}}, nothing: {{type: string, nullable: true}}"
    );
    let set = gadgets(&group).replace("size: {type: integer}", &more).replace(
        "spec: {size: 1}",
        "spec: {size: 1, list: [{name: a, v: }, {name: b, v: 2}], map: {a: , b: c}, bare: {a: {b: 1}}, filled: , nothing: }",
    );
    bench.apply(&set).await.unwrap();
    let gadget = bench.get(&format!("{group}/v1/Gadget"), "one").await.unwrap();
    let expected = json!({"size": 1, "list": [{"name": "a"}, {"name": "b", "v": 2}], "map": {"b": "c"}, "bare": {}, "filled": "x", "nothing": null});
    assert_eq!(gadget.get(&["spec"]), Some(&expected));
    assert_eq!(bench.apply(&set).await.unwrap().written, 0);
    bench.apply(&set.replace("size: 1,", "size: 2,")).await.unwrap();
    let gadget = bench.get(&format!("{group}/v1/Gadget"), "one").await.unwrap();
    assert_eq!(gadget.get(&["spec", "size"]), Some(&json!(2)));
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

/// A definition that has an older version besides, and a resource that is written in one of them.
fn versioned(group: &str, is_old_there: bool, gadget: &str) -> String {
    let old = "
  - name: v1beta1
    served: true
    storage: false
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}";
    let set = gadgets(group);
    let (definition, _) = set.split_once("---").unwrap();
    let definition = definition.replace(
        "type: object, properties: {size: {type: integer}}",
        "type: object, x-kubernetes-preserve-unknown-fields: true",
    );
    let old = if is_old_there { old } else { "" };
    format!("{}{old}\n---\n{gadget}", definition.trim_end())
}

/// Who wrote what says in which version, which the server has to know for every apply.
#[tokio::test]
async fn a_version_goes_in_which_a_resource_was_written() {
    let Some(mut bench) = Bench::new("crd-version").await else { return };
    let group = format!("thirteen.{}.example.com", bench.namespace);
    bench.options.waivers = vec![format!("gadgets.{group}:servedVersionRemoval:*").parse().unwrap()];
    let gadgets = |version: &str, size: u32, more: &str| {
        ["made", "applied"].map(|name| {
            let size = if name == "made" { 1 } else { size };
            format!("{{apiVersion: {group}/{version}, kind: Gadget, metadata: {{name: {name}}}, spec: {{size: {size}{more}}}}}")
        }).join("\n---\n")
    };
    let before = |size| versioned(&group, true, &gadgets("v1beta1", size, ", dropped: 1"));
    bench.apply(&before(1)).await.unwrap();
    bench.apply(&before(2)).await.unwrap();
    for name in ["made", "applied"] {
        bench.change(&format!("{group}/v1beta1/Gadget"), name, json!({"spec": {"theirs": 5}})).await;
    }
    let next = versioned(&group, false, &gadgets("v1", 3, ""));
    bench.apply(&next).await.unwrap();
    for (name, size) in [("made", 1), ("applied", 3)] {
        let gadget = bench.get(&format!("{group}/v1/Gadget"), name).await.unwrap();
        assert_eq!(gadget.get(&["spec"]), Some(&json!({"size": size, "theirs": 5})), "{name}");
    }
    assert_eq!(bench.apply(&next).await.unwrap().written, 0);
}

/// The definition is another's, who takes a version out of it.
#[tokio::test]
async fn a_version_has_gone_in_which_a_resource_was_written() {
    let Some(bench) = Bench::new("crd-version-gone").await else { return };
    let group = format!("fourteen.{}.example.com", bench.namespace);
    let gadget = |version: &str, size: u32| {
        format!(
            "{{apiVersion: {group}/{version}, kind: Gadget, metadata: {{name: one}}, spec: {{size: {size}}}}}"
        )
    };
    bench.put(&versioned(&group, true, "")).await;
    bench.apply_when_served(&gadget("v1beta1", 1)).await.unwrap();
    bench.apply(&gadget("v1beta1", 2)).await.unwrap();
    let definition = bench
        .get("apiextensions.k8s.io/v1/CustomResourceDefinition", &format!("gadgets.{group}"))
        .await
        .unwrap();
    let mut versions = definition.get(&["spec", "versions"]).unwrap().clone();
    versions.as_array_mut().unwrap().retain(|version| version["name"] == "v1");
    bench
        .change(
            "apiextensions.k8s.io/v1/CustomResourceDefinition",
            definition.name(),
            json!({"spec": {"versions": versions}}),
        )
        .await;
    eventually("the version has gone", async || {
        let served = bench.served().await;
        let gone = Object::new(&format!("{group}/v1beta1"), "Gadget", None, "one").gvk();
        served.get(&gone).is_none().then_some(())
    })
    .await;
    bench.apply(&gadget("v1", 3)).await.unwrap();
    let live = bench.get(&format!("{group}/v1/Gadget"), "one").await.unwrap();
    assert_eq!(live.get(&["spec", "size"]), Some(&json!(3)));
}

/// Only what takes care of them may take their finalizers off.
#[tokio::test]
async fn the_resources_of_a_definition_that_goes_go_while_their_operator_runs() {
    let Some(mut bench) = Bench::new("crd-operator").await else { return };
    let group = format!("fifteen.{}.example.com", bench.namespace);
    bench.options.waivers = vec![format!("gadgets.{group}:crdRemoval:*").parse().unwrap()];
    let stays = "{apiVersion: v1, kind: ConfigMap, metadata: {name: stays}}";
    let operator = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: operator}, spec: {replicas: 0, selector: {matchLabels: \
         {app: operator}}, template: {metadata: {labels: {app: operator}}, spec: {containers: [{name: a, image: b}]}}}}";
    bench.apply(&[&gadgets(&group), stays, operator].join("\n---\n")).await.unwrap();
    let kind = format!("{group}/v1/Gadget");
    bench.change(&kind, "one", json!({"metadata": {"finalizers": ["example.com/wait"]}})).await;
    bench.options.patience = Duration::from_secs(1);
    let error = text(&bench.apply(stays).await.unwrap_err());
    assert!(error.contains("(finalizers example.com/wait)"), "{error}");
    assert!(bench.get("apps/v1/Deployment", "operator").await.is_some());
    bench.change(&kind, "one", json!({"metadata": {"finalizers": null}})).await;
    bench.options.patience = Duration::from_secs(20);
    bench.apply(stays).await.unwrap();
    assert_eq!(bench.inventory().await, ["ConfigMap stays"]);
}

/// A definition whose older version, which its resource is of, is converted by a webhook, or not at all.
fn converted(group: &str, conversion: &str, size: u32) -> String {
    let schema = "schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}";
    format!(
        "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: gadgets.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{kind: Gadget, plural: gadgets, singular: gadget, listKind: GadgetList}}
  conversion: {conversion}
  versions:
  - {{name: v1, served: true, storage: false, {schema}}}
  - {{name: v2, served: true, storage: true, {schema}}}
---
{{apiVersion: {group}/v1, kind: Gadget, metadata: {{name: one}}, spec: {{size: {size}}}}}
"
    )
}

/// A conversion by a Service that is not there.
fn dead_webhook(namespace: &str) -> String {
    let client = format!("{{service: {{namespace: {namespace}, name: gone}}}}");
    format!("{{strategy: Webhook, webhook: {{conversionReviewVersions: [v1], clientConfig: {client}}}}}")
}

/// A bench with a definition whose webhook does not answer, and a resource.
async fn with_a_dead_webhook(bench: &Bench, group: &str) {
    bench.apply(&converted(group, "{strategy: None}", 1)).await.unwrap();
    let webhook = dead_webhook(&bench.namespace);
    bench.apply(&converted(group, &webhook, 1)).await.unwrap();
    let one = Object::new(&format!("{group}/v1"), "Gadget", Some(&bench.namespace), "one");
    let address = bench.address(&one).await;
    let cluster = bench.cluster.clone().with_patience(Duration::ZERO);
    eventually("the webhook is called", async || cluster.get(&address).await.err()).await;
}

#[tokio::test]
async fn a_conversion_webhook_that_is_gone_does_not_stand_in_the_way_of_its_repair() {
    let Some(bench) = Bench::new("conversion").await else { return };
    let group = format!("sixteen.{}.example.com", bench.namespace);
    with_a_dead_webhook(&bench, &group).await;
    bench.apply(&converted(&group, "{strategy: None}", 2)).await.unwrap();
    let gadget = bench.get(&format!("{group}/v1/Gadget"), "one").await.unwrap();
    assert_eq!(gadget.get(&["spec", "size"]), Some(&json!(2)));
}

#[tokio::test]
async fn a_conversion_webhook_that_never_comes_back_is_named() {
    let Some(mut bench) = Bench::new("conversion-dead").await else { return };
    let group = format!("seventeen.{}.example.com", bench.namespace);
    with_a_dead_webhook(&bench, &group).await;
    bench.options.patience = Duration::from_secs(2);
    let webhook = dead_webhook(&bench.namespace);
    let error = text(&bench.apply(&converted(&group, &webhook, 2)).await.unwrap_err());
    assert!(error.contains(&format!("conversion webhook for {group}/v2, Kind=Gadget failed")), "{error}");
}

#[tokio::test]
async fn a_conversion_webhook_that_is_gone_does_not_stand_in_the_way_of_removal() {
    let Some(bench) = Bench::new("conversion-removal").await else { return };
    let group = format!("eighteen.{}.example.com", bench.namespace);
    with_a_dead_webhook(&bench, &group).await;
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
    assert_eq!(bench.inventory().await, [""; 0]);
    assert_eq!(bench.done()["Gadget one"], Done::Deleted);
}

/// As `rukpakctl tree` shows it.
#[tokio::test]
async fn a_conversion_webhook_that_is_gone_does_not_hide_what_can_be_read() {
    let Some(bench) = Bench::new("conversion-live").await else { return };
    let group = format!("twentyone.{}.example.com", bench.namespace);
    with_a_dead_webhook(&bench, &group).await;
    let (_, inventory) = bench.store().await;
    let live = bench.engine().live(&inventory, &bench.served().await).await.unwrap();
    let [definition, gadget] = &live[..] else { panic!("{live:?}") };
    assert!(matches!(definition.found, Found::There(_)), "{definition:?}");
    let Found::Unread(why) = &gadget.found else { panic!("{gadget:?}") };
    assert!(why.contains("conversion webhook"), "{why}");
    assert_eq!(gadget.health(&Probes::default()).message(), *why);
}

#[tokio::test]
async fn a_definition_that_is_not_ours_any_more_is_not_missed() {
    let Some(bench) = Bench::new("crd-given-away").await else { return };
    let group = format!("nineteen.{}.example.com", bench.namespace);
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
    let group = format!("twenty.{}.example.com", bench.namespace);
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
