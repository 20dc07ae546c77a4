//! A process that stays: what it notices, what it costs, and what it survives.

#[path = "watches/memory.rs"]
mod memory;

use std::collections::BTreeSet;
use std::error::Error as _;
use std::time::Duration;

use e2e::controlplane::{Fault, FaultProxy, eventually};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ListParams, WatchParams};
use rukpak_apply::cluster::Cluster;
use rukpak_apply::probe::{GroupKind, Probes};
use rukpak_apply::watch::{State, Trigger, Watches};
use rukpak_apply::{Discovery, Inventory, ObjectId, Owner};
use rukpak_manifest::Object;
use serde_json::json;
use tokio::time::sleep;

use super::bench::Bench;
use super::definitions::gadgets;
use super::process::{Process, audit, client, owner, within};

pub(crate) const SET: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: web}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: pages}
data: {a: '1', b: '2'}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {key: hunter2}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules:
- {apiGroups: [''], resources: [configmaps], verbs: [get]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'registry.k8s.io/pause:3.10'}]
";

#[tokio::test]
async fn what_goes_comes_back_and_what_others_add_stays() {
    let (Some(bench), Some(audit)) = (Bench::new("kept").await, audit().await) else { return };
    let process = Process::start(&bench, SET).await;
    for (kind, name) in [
        ("v1/ConfigMap", "pages"),
        ("rbac.authorization.k8s.io/v1/Role", "web"),
        ("apps/v1/Deployment", "web"),
    ] {
        bench.delete(kind, name).await;
        within(&format!("{kind} is back"), async || bench.get(kind, name).await).await;
        process.quiet().await;
    }
    bench.change("v1/ConfigMap", "pages", json!({"data": {"a": "changed", "b": null}})).await;
    let ours = json!({"a": "1", "b": "2"});
    let data = async || Some(bench.get("v1/ConfigMap", "pages").await?.get(&["data"])?.clone());
    within("an edit is taken back", async || data().await.filter(|data| *data == ours)).await;
    process.quiet().await;

    let (mark, runs) = (audit.mark().await, process.runs());
    bench.change("v1/ConfigMap", "pages", json!({"data": {"theirs": "x"}})).await;
    eventually("it is noticed", async || (process.runs() > runs).then_some(())).await;
    process.quiet().await;
    assert_eq!(data().await, Some(json!({"a": "1", "b": "2", "theirs": "x"})));
    sleep(Duration::from_secs(2)).await;
    let asked = audit.since(mark).await.by_agent(&process.parts.agent);
    assert!(asked.writes().is_empty(), "{asked}");
    // The read, and the dry run that says that nothing of ours has changed: somebody else has written it. What is served may be
    // asked for at any time.
    assert_eq!(asked.filter(|request| !request.name.is_empty()).len(), 2, "{asked}");
}

/// Fifty objects of many kinds.
fn fifty(group: &str) -> String {
    let mut set = vec![SET.to_owned(), gadgets(group)];
    for index in 0..15 {
        set.push(format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: m{index}}}, data: {{a: b}}}}"
        ));
        set.push(format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: s{index}}}, spec: {{ports: [{{port: 80}}]}}}}"
        ));
        set.push(format!("{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: a{index}}}}}"));
    }
    set.join("\n---\n")
}

#[tokio::test]
async fn a_second_run_asks_for_nothing() {
    let (Some(bench), Some(audit)) = (Bench::new("fifty").await, audit().await) else { return };
    let process = Process::start(&bench, &fifty(&format!("fifty.{}.example.com", bench.namespace))).await;
    assert_eq!(process.inventory().len(), 52);
    let mark = audit.mark().await;
    let (written, summary) = process.parts.run().await.unwrap();
    assert_eq!(written, 0);
    assert!(summary.is_healthy(), "{summary}");
    // It may also be asked for what made no difference, and a watch may have to go on.
    let asked = audit.since(mark).await.by_agent(&process.parts.agent);
    let asked = asked.filter(|request| request.verb != "watch" && !request.resource.is_empty());
    assert!(asked.is_empty(), "{asked}");

    // Another process, which knows nothing yet, writes nothing and then asks for nothing.
    let (owner, inventory) = (process.parts.owner.clone(), process.inventory());
    drop(process);
    let mark = audit.mark().await;
    let set = fifty(&format!("fifty.{}.example.com", bench.namespace));
    let process = Process::start_as(&bench, &set, owner, inventory, None).await;
    let asked = audit.since(mark).await.by_agent(&process.parts.agent);
    let objects = asked.filter(|request| !request.name.is_empty());
    assert!(asked.writes().is_empty(), "{asked}");
    assert!((52..=2 * 52 + 5).contains(&objects.len()), "{}: {objects}", objects.len());
    let mark = audit.mark().await;
    process.parts.run().await.unwrap();
    let asked = audit.since(mark).await.by_agent(&process.parts.agent);
    let objects = asked.filter(|request| !request.name.is_empty());
    assert!(objects.is_empty(), "{objects}");
}

#[tokio::test]
async fn a_status_costs_one_read() {
    let (Some(bench), Some(audit)) = (Bench::new("status").await, audit().await) else { return };
    let group = format!("status.{}.example.com", bench.namespace);
    let set =
        gadgets(&group).replace("served: true", "served: true\n    subresources: {status: {}}").replace(
            "{size: {type: integer}}",
            "{size: {type: integer}}}, status: {type: object, x-kubernetes-preserve-unknown-fields: true",
        );
    let process = Process::start(&bench, &set).await;
    let kind = format!("{group}/v1/Gadget");
    for (status, healthy) in [("False", false), ("True", true)] {
        let mark = audit.mark().await;
        let conditions = json!({"status": {"conditions": [{"type": "Ready", "status": status}]}});
        let before = process.runs();
        bench.change_status(&kind, "one", conditions).await;
        eventually("it is noticed", async || (process.runs() > before).then_some(())).await;
        process.quiet().await;
        let asked = audit.since(mark).await.by_agent(&process.parts.agent);
        let objects = asked.filter(|request| !request.name.is_empty());
        assert_eq!(objects.to_string(), format!("get {group}/gadgets {}/one 200\n", bench.namespace));
        let (_, summary) = process.parts.run().await.unwrap();
        assert_eq!(summary.is_healthy(), healthy, "{summary}");
    }
    // Many in a short time are as one, or two.
    let mark = audit.mark().await;
    for number in 0..10 {
        bench.change_status(&kind, "one", json!({"status": {"number": number}})).await;
    }
    process.quiet().await;
    let asked = audit.since(mark).await.by_agent(&process.parts.agent);
    let objects = asked.filter(|request| !request.name.is_empty());
    assert!((1..=3).contains(&objects.len()), "{objects}");
}

#[tokio::test]
async fn a_definition_goes_and_comes_back() {
    let (Some(bench), Some(audit)) = (Bench::new("gone").await, audit().await) else { return };
    let group = format!("gone.{}.example.com", bench.namespace);
    let set = gadgets(&group);
    let (definition, gadget) = set.split_once("---").unwrap();
    bench.put(definition).await;
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: beside}}";
    assert_eq!(bench.get(&format!("{group}/v1/Gadget"), "one").await, None);
    let process = Process::start(&bench, &format!("{gadget}\n---\n{map}")).await;
    let (crd, name) = ("apiextensions.k8s.io/v1/CustomResourceDefinition", format!("gadgets.{group}"));

    bench.delete(crd, &name).await;
    eventually("its watch waits", async || {
        let watched = process.parts.watches.watched();
        watched.iter().find(|one| one.kind.kind == "Gadget" && one.state == State::NotServed).cloned()
    })
    .await;
    process.quiet().await;
    let mark = audit.mark().await;
    sleep(Duration::from_secs(3)).await;
    let asked = audit.since(mark).await.by_agent(&process.parts.agent).filter(|one| one.verb != "watch");
    assert!(asked.writes().is_empty(), "{asked}");
    assert!(asked.filter(|one| one.uri.contains("gadgets")).len() <= 2, "{asked}");

    bench.put(definition).await;
    within("what it defines is back", async || bench.get(&format!("{group}/v1/Gadget"), "one").await).await;
    eventually("its watch is back", async || {
        let watched = process.parts.watches.watched();
        watched.iter().find(|one| one.kind.kind == "Gadget" && one.state == State::Watching).cloned()
    })
    .await;
    process.quiet().await;
    bench.delete(&format!("{group}/v1/Gadget"), "one").await;
    within("and watched", async || bench.get(&format!("{group}/v1/Gadget"), "one").await).await;
}

#[tokio::test]
async fn a_definition_of_the_set_comes_back_with_what_it_defines() {
    let Some(bench) = Bench::new("both").await else { return };
    let group = format!("both.{}.example.com", bench.namespace);
    let process = Process::start(&bench, &gadgets(&group)).await;
    let (crd, name) = ("apiextensions.k8s.io/v1/CustomResourceDefinition", format!("gadgets.{group}"));
    let uid = |object: &Object| object.get(&["metadata", "uid"]).cloned();
    let old = bench.get(crd, &name).await.as_ref().and_then(uid);
    bench.delete(crd, &name).await;
    within("both are back", async || {
        bench.get(crd, &name).await.filter(|new| uid(new) != old)?;
        bench.find(&format!("{group}/v1/Gadget"), "one").await
    })
    .await;
    process.quiet().await;
    assert_eq!(process.parts.run().await.unwrap().0, 0);
}

#[tokio::test]
async fn a_job_that_goes_when_it_is_done_runs_once() {
    let (Some(bench), Some(audit)) = (Bench::new("job").await, audit().await) else { return };
    let job = "
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  ttlSecondsAfterFinished: 0
  template: {spec: {restartPolicy: Never, containers: [{name: once, image: 'registry.k8s.io/pause:3.10'}]}}
";
    let mark = audit.mark().await;
    let process = Process::start(&bench, job).await;
    eventually("it is gone", async || bench.get("batch/v1/Job", "once").await.is_none().then_some(())).await;
    process.quiet().await;
    let (written, summary) = process.parts.run().await.unwrap();
    assert!(written == 0 && summary.is_healthy(), "{summary}");
    let asked = audit.since(mark).await.by_agent(&process.parts.agent).writes();
    assert_eq!(asked.to_string(), format!("create batch/jobs {}/once 201\n", bench.namespace));
}

#[tokio::test]
async fn no_event_is_lost_on_a_bad_day() {
    let Some(bench) = Bench::new("bad").await else { return };
    let cluster = e2e::controlplane::Cluster::current().await.unwrap();
    let proxy = FaultProxy::start(&cluster.kubeconfig());
    let (way, owner) = (proxy.kubeconfig(), owner());
    let process = Process::start_as(&bench, SET, owner, Inventory::default(), Some(&way)).await;
    let (role, rules) = ("rbac.authorization.k8s.io/v1/Role", async || {
        bench.get("rbac.authorization.k8s.io/v1/Role", "web").await?.get(&["rules"])?.as_array().map(Vec::len)
    });
    let is_back = async |what: &str| {
        within(&format!("{what}: a map is back"), async || bench.get("v1/ConfigMap", "pages").await).await;
        within(&format!("{what}: rules are back"), async || rules().await.filter(|rules| *rules == 1)).await;
        process.quiet().await;
    };
    let happen = async || {
        bench.delete("v1/ConfigMap", "pages").await;
        bench.change(role, "web", json!({"rules": []})).await;
    };

    proxy.leave();
    happen().await;
    sleep(Duration::from_secs(2)).await;
    proxy.come_back();
    is_back("away").await;

    for fault in [Fault::Status(500), Fault::Busy(1), Fault::Cut, Fault::Status(403)] {
        proxy.inject(fault, |_| true);
        proxy.cut();
        happen().await;
        sleep(Duration::from_secs(2)).await;
        proxy.heal();
        is_back(&format!("{fault:?}")).await;
    }
    // Too old to go on from: what happened meanwhile shows in a list.
    proxy.inject(Fault::Status(410), |asked| asked.path.contains("watch=true"));
    proxy.cut();
    happen().await;
    eventually("it is listed", async || {
        let is_list = |path: &str| path.contains("/configmaps?&labelSelector") && path.contains("&limit=");
        (proxy.asked().iter().filter(|asked| is_list(&asked.path)).count() > 1).then_some(())
    })
    .await;
    proxy.heal();
    is_back("expired").await;
}

#[tokio::test]
async fn a_watch_that_hangs_holds_nobody_up() {
    let Some(bench) = Bench::new("stuck").await else { return };
    let cluster = e2e::controlplane::Cluster::current().await.unwrap();
    let proxy = FaultProxy::start(&cluster.kubeconfig());
    proxy.inject(Fault::Slow(Duration::from_mins(10)), |asked| {
        asked.path.contains("/api/v1/serviceaccounts?")
    });
    let way = proxy.kubeconfig();
    let process = Process::start_as(&bench, SET, owner(), Inventory::default(), Some(&way)).await;
    let state = |kind| {
        let watched = process.parts.watches.watched();
        watched.iter().find(|watched| watched.kind.kind == kind).unwrap().state
    };
    assert_eq!((state("ServiceAccount"), state("ConfigMap")), (State::Connecting, State::Watching));
    bench.delete("v1/ConfigMap", "pages").await;
    within("a map is back", async || bench.get("v1/ConfigMap", "pages").await).await;
}

#[tokio::test]
async fn a_watch_ends_with_its_last_owner() {
    let Some(bench) = Bench::new("ends").await else { return };
    let cluster = e2e::controlplane::Cluster::current().await.unwrap();
    let proxy = FaultProxy::start(&cluster.kubeconfig());
    let cluster = Cluster::new(client("watches/", Some(&proxy.kubeconfig())).await);
    let owner = owner();
    let discovery = Discovery::new(cluster.clone());
    let (watches, mut triggers) = Watches::start(cluster, discovery, &owner.kind, Probes::default());
    let of_web = || proxy.asked().iter().filter(|asked| asked.path.contains(&owner.kind)).count();
    let all_watch = async |kinds: &[&str]| {
        eventually("all watch", async || {
            let all = watches.watched();
            let names: Vec<_> = all.iter().map(|watched| watched.kind.kind.as_str()).collect();
            (names == kinds && all.iter().all(|watched| watched.state == State::Watching)).then_some(())
        })
        .await;
    };
    watches.need("web", &kinds(&["ConfigMap", "Secret"]));
    watches.need("other", &kinds(&["Secret", "Service"]));
    all_watch(&["ConfigMap", "Secret", "Service"]).await;
    // A list and a watch of each.
    assert_eq!(of_web(), 6);
    watches.need("web", &kinds(&["Secret", "ConfigMap"]));
    watches.forget("other");
    all_watch(&["ConfigMap", "Secret"]).await;
    watches.forget("web");
    all_watch(&[]).await;
    // What is left when all connections are cut does not come back.
    let before = proxy.asked().len();
    proxy.cut();
    eventually("the other watches are back", async || (proxy.asked().len() >= before + 2).then_some(()))
        .await;
    assert_eq!(of_web(), 6);

    watches.need("web", &kinds(&["ConfigMap"]));
    all_watch(&["ConfigMap"]).await;
    drop(watches);
    while triggers.next().await.is_some() {}
    sleep(Duration::from_millis(100)).await;
    let before = proxy.asked();
    proxy.cut();
    sleep(Duration::from_secs(2)).await;
    assert_eq!(proxy.asked(), before);
    drop(bench);
}

#[tokio::test]
async fn what_is_of_no_owner_here_is_not_told() {
    let Some(bench) = Bench::new("strangers").await else { return };
    let cluster = Cluster::new(client("watches/", None).await);
    let (owner, other) = (owner(), owner());
    let discovery = Discovery::new(cluster.clone());
    let (watches, mut triggers) = Watches::start(cluster, discovery, &owner.kind, Probes::default());
    watches.need("web", &kinds(&["ConfigMap"]));
    watches.need("beside", &kinds(&["Secret"]));
    eventually("it watches", async || {
        let all = watches.watched();
        (all.len() == 2 && all.iter().all(|watched| watched.state == State::Watching)).then_some(())
    })
    .await;
    let put = async |kind: &str, name: &str, owner: &Owner, named: &str| {
        let mut object = Object::new("v1", kind, Some(&bench.namespace), named);
        owner.mark(&mut object);
        object.metadata_mut().insert("name".into(), json!(name));
        bench.put_object(&object).await;
    };
    put("ConfigMap", "of-another-kind-of-owner", &other, "of-another-kind-of-owner").await;
    put("ConfigMap", "a-copy", &owner, "ours").await;
    put("ConfigMap", "of-nobody-here", &Owner { name: "gone".into(), ..owner.clone() }, "of-nobody-here")
        .await;
    put(
        "ConfigMap",
        "of-a-kind-without-need",
        &Owner { name: "beside".into(), ..owner.clone() },
        "of-a-kind-without-need",
    )
    .await;
    put("Secret", "of-a-kind-without-need", &owner, "of-a-kind-without-need").await;
    put("ConfigMap", "ours", &owner, "ours").await;
    loop {
        match triggers.next().await.unwrap() {
            // The other tests of the suite.
            Trigger::Served => {}
            Trigger::Owner { name, objects, more } => {
                let expected = ObjectId {
                    group: String::new(),
                    kind: "ConfigMap".into(),
                    namespace: bench.namespace.clone(),
                    name: "ours".into(),
                };
                assert_eq!((name.as_str(), objects, more), ("web", [expected].into(), false));
                break;
            }
        }
    }
    let more = tokio::time::timeout(Duration::from_secs(2), async {
        while let Some(Trigger::Served) = triggers.next().await {}
    });
    assert!(more.await.is_err());
}

fn kinds(names: &[&str]) -> BTreeSet<GroupKind> {
    names.iter().map(|kind| GroupKind { group: String::new(), kind: (*kind).into() }).collect()
}

/// Where it would else be waited for ever, and nothing be noticed any more.
#[tokio::test]
async fn a_watch_that_is_not_answered_fails() {
    let Some(bench) = Bench::new("unanswered").await else { return };
    let proxy = FaultProxy::start(&e2e::controlplane::Cluster::current().await.unwrap().kubeconfig());
    proxy.inject(Fault::Stuck, |asked| asked.path.contains("watch=true"));
    let config = e2e::controlplane::config(&proxy.kubeconfig()).await;
    let maps = Api::<ConfigMap>::namespaced(rukpak_apply::cluster::client(config).unwrap(), &bench.namespace);
    let error = maps.watch(&WatchParams::default(), "0").await.err().unwrap();
    assert_eq!(error.source().unwrap().to_string(), "no answer within 30 s");
    assert_eq!(proxy.stuck(), 1);
    maps.list(&ListParams::default()).await.unwrap();
}
