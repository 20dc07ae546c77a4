//! Where nothing changes, nothing is written and nobody is asked.

use std::time::Duration;

use e2e::controlplane::{Mark, Request, eventually};
use e2e::provisioners::bundle::{map, maps, operator, plain};
use e2e::provisioners::{Deployment, Place, Which};
use serde_json::{Value, json};

/// Some deployments of both classes, all of them settled.
async fn settled(place: &Place) -> Vec<Deployment<'_>> {
    let image = place.push("v1", &operator(&place.group(), "1.0.0"));
    let mut all = vec![place.create(place.spec(Which::RegistryV1, &image)).await];
    let image = place.push("maps", &maps(5, "1"));
    for number in 0..3 {
        let name = format!("plain-{number}");
        let mut spec = place.spec(Which::Plain, &image);
        spec["installNamespace"] = format!("{}-{name}", place.name()).into();
        all.push(place.create_other(&name, spec).await);
    }
    for deployment in &all {
        deployment.until_settled().await;
    }
    all
}

#[tokio::test]
async fn nothing_is_asked_or_written_while_nothing_changes() {
    let Some(place) = Place::new("quiet").await else { return };
    let all = settled(&place).await;
    let before = futures_util::future::join_all(all.iter().map(Deployment::see)).await;
    place.quiet_for(Duration::from_secs(20)).await;
    let after = futures_util::future::join_all(all.iter().map(Deployment::see)).await;
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_start_finds_everything_settled_without_a_write() {
    let Some(place) = Place::alone("restart").await else { return };
    let all = settled(&place).await;
    let before = futures_util::future::join_all(all.iter().map(Deployment::see)).await;
    let (audit, pulls) = (place.audit(), place.pulls());
    for which in Which::ALL {
        place.provisioners().of(which).stop();
    }
    let mark = audit.mark().await;
    for which in Which::ALL {
        place.provisioners().of(which).start(&[]);
    }
    place.wait(Duration::from_secs(6)).await;
    let writes = place.of_provisioners(&audit.since(mark).await).writes();
    assert!(writes.is_empty(), "{writes}");
    assert_eq!(place.pulls(), pulls, "the content is in the cache");
    let after = futures_util::future::join_all(all.iter().map(Deployment::see)).await;
    assert_eq!(before, after);
    // And it is there.
    let maps = e2e::provisioners::Objects::new(
        place.client(),
        "v1/ConfigMap",
        Some(&format!("{}-plain-0", place.name())),
    );
    maps.delete("map-0").await;
    eventually("the map is back", async || maps.has("map-0").await.then_some(())).await;
}

/// A Service that waits for somebody to say where it is reached.
fn service() -> Value {
    let spec = json!({"type": "LoadBalancer", "ports": [{"port": 80}]});
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec})
}

/// Says where it is reached, as its controller does.
fn reach(place: &Place, address: &str) {
    let status = json!({"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}).to_string();
    let what = ["patch", "service", "web", "--subresource=status", "--type=merge", "-n", place.name(), "-p"];
    place.kubectl(&[&what[..], &[&status]].concat());
}

/// Waits until all is well and all about that is told, and changes a status then. When that was.
async fn moved(place: &Place, web: &Deployment<'_>) -> Mark {
    web.until("the map is there", |seen| seen.says("Installed").starts_with("True")).await;
    reach(place, "192.0.2.1");
    web.until_settled().await;
    place.wait(Duration::from_secs(2)).await;
    let mark = place.audit().mark().await;
    reach(place, "192.0.2.2");
    mark
}

/// What was asked about an object that moved since a mark, and what else by somebody, as `VERB RESOURCE/NAME`.
async fn asked(place: &Place, mark: Mark, is_theirs: impl Fn(&Request) -> bool) -> Vec<String> {
    let audit = place.audit();
    let asked = async || audit.since(mark).await.filter(&is_theirs);
    eventually("it is looked at", async || {
        asked().await.iter().any(|request| request.resource == "services").then_some(())
    })
    .await;
    place.wait(Duration::from_secs(2)).await;
    let asked = asked().await;
    asked.iter().map(|request| format!("{} {}/{}", request.verb, request.resource, request.name)).collect()
}

#[tokio::test]
async fn a_status_that_moves_costs_one_read() {
    let Some(place) = Place::new("status").await else { return };
    let image = place.push("v1", &plain(&[map("one", "1"), service()]));
    let web = place.create(place.spec(Which::Plain, &image)).await;
    let mark = moved(&place, &web).await;
    let is_theirs =
        |request: &Request| request.user == Which::Plain.user() && request.uri.contains(place.name());
    assert_eq!(asked(&place, mark, is_theirs).await, ["get services/web"]);
}

/// Who acts is verified, and its rights are, where something is to be written.
#[tokio::test]
async fn what_is_used_as_it_is_costs_one_read_more_and_who_acts_none() {
    let Some(place) = Place::new("used").await else { return };
    place.make_namespace().await;
    for name in ["installer", "theirs"] {
        place.objects("v1/ServiceAccount").create(json!({"metadata": {"name": name}})).await;
    }
    let rbac = "rbac.authorization.k8s.io";
    let resources = ["configmaps", "serviceaccounts", "services"];
    let rules = json!([{"apiGroups": [""], "resources": resources, "verbs": ["*"]}]);
    let role = json!({"metadata": {"name": "installer"}, "rules": rules});
    place.objects(&format!("{rbac}/v1/Role")).create(role).await;
    let binding = json!({
        "metadata": {"name": "installer"},
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "installer"},
        "subjects": [{"kind": "ServiceAccount", "namespace": place.name(), "name": "installer"}],
    });
    place.objects(&format!("{rbac}/v1/RoleBinding")).create(binding).await;
    let theirs = json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "theirs", "annotations": {"core.rukpak.io/create-if-absent": "true"}},
    });
    let image = place.push("v1", &plain(&[map("one", "1"), service(), theirs]));
    let mut spec = place.spec(Which::Plain, &image);
    spec["serviceAccountName"] = "installer".into();
    let web = place.create(spec).await;
    let mark = moved(&place, &web).await;
    let account = format!("system:serviceaccount:{}:installer", place.name());
    let is_theirs = |request: &Request| {
        request.impersonated.as_ref() == Some(&account)
            || request.user == Which::Plain.user() && request.uri.contains(place.name())
    };
    let mut asked = asked(&place, mark, is_theirs).await;
    asked.sort();
    assert_eq!(asked, ["get serviceaccounts/theirs", "get services/web"]);

    // What goes comes back, as who acts.
    place.objects("v1/ConfigMap").delete("one").await;
    eventually("the map is back", async || place.objects("v1/ConfigMap").has("one").await.then_some(()))
        .await;
    place.objects("v1/ServiceAccount").delete("theirs").await;
    web.look_again("now").await;
    eventually("the account is made", async || {
        place.objects("v1/ServiceAccount").has("theirs").await.then_some(())
    })
    .await;
    let seen = web.until("it is owned", |seen| seen.inventory().len() == 3).await;
    assert!(seen.is_settled(), "{seen}");
}
