//! What somebody changes or takes away of what is installed is as it was, in seconds; what is theirs, stays.

use std::time::{Duration, Instant};

use e2e::controlplane::eventually;
use e2e::provisioners::bundle::{map, operator, plain, workload};
use e2e::provisioners::{Place, Which};
use serde_json::{Value, json};

/// How long it may take until something is as it should be.
const SECONDS: Duration = Duration::from_secs(10);

/// Waits until something is as it should be, which must not take long.
async fn soon(what: &str, is_so: impl AsyncFn() -> bool) {
    let start = Instant::now();
    eventually(what, async || is_so().await.then_some(())).await;
    assert!(start.elapsed() < SECONDS, "{what} took {:?}", start.elapsed());
}

#[tokio::test]
async fn what_is_deleted_comes_back() {
    let Some(place) = Place::anywhere("deleted").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1"), workload("web")])).await;
    let before = web.see().await;
    for (kind, name) in [("v1/ConfigMap", "one"), ("apps/v1/Deployment", "web")] {
        let objects = place.objects(kind);
        let uid = objects.get(name).await.unwrap()["metadata"]["uid"].clone();
        objects.delete(name).await;
        soon(&format!("{name} is back"), async || {
            objects.get(name).await.is_some_and(|object| object["metadata"]["uid"] != uid)
        })
        .await;
    }
    let seen = web.until_settled().await;
    assert_eq!(seen.inventory(), before.inventory());
}

#[tokio::test]
async fn what_is_edited_is_set_right_and_what_others_added_stays() {
    let Some(place) = Place::anywhere("edited").await else { return };
    place.install_plain(&plain(&[map("one", "1"), workload("web")])).await;
    let maps = place.objects("v1/ConfigMap");
    let theirs = json!({"metadata": {"annotations": {"example.com/note": "mine"}}, "data": {"value": "2", "more": "x"}});
    maps.change("one", theirs).await;
    soon("the value is back", async || maps.get("one").await.unwrap()["data"]["value"] == "1").await;
    let map = maps.get("one").await.unwrap();
    assert_eq!(
        (&map["data"]["more"], &map["metadata"]["annotations"]["example.com/note"]),
        (&json!("x"), &json!("mine"))
    );
    let workloads = place.objects("apps/v1/Deployment");
    workloads.change("web", json!({"spec": {"replicas": 3}})).await;
    soon("the replicas are back", async || workloads.get("web").await.unwrap()["spec"]["replicas"] == 1)
        .await;
}

/// Without them it is not ours any more, as far as anybody can see; it is not taken back, but this is said.
#[tokio::test]
async fn marks_that_are_taken_off_are_missed() {
    let Some(place) = Place::anywhere("unmarked").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1"), map("two", "1")])).await;
    let maps = place.objects("v1/ConfigMap");
    let owner = "core.rukpak.io/owner-name";
    maps.change("one", json!({"metadata": {"labels": {owner: null}}, "data": {"value": "theirs"}})).await;
    let seen = web.until("it is missed", |seen| seen.message("Reconciling").contains("one")).await;
    assert_eq!(seen.says("Reconciling"), "True/RepairFailed");
    assert_eq!(
        (seen.says("Installed").as_str(), seen.says("Healthy").as_str()),
        ("True/InstallationSucceeded", "True/Healthy")
    );
    assert_eq!(maps.get("one").await.unwrap()["data"]["value"], "theirs");
    // Given back, it is as it was.
    maps.change("one", json!({"metadata": {"labels": {owner: place.name()}}})).await;
    soon("the value is back", async || maps.get("one").await.unwrap()["data"]["value"] == "1").await;
    web.until_settled().await;
}

#[tokio::test]
async fn definitions_and_rights_of_an_operator_are_kept_as_they_are() {
    let Some(place) = Place::anywhere("kept").await else { return };
    let group = place.group();
    let image = place.push("v1", &operator(&group, "1.0.0"));
    let operator = place.create(place.spec(Which::RegistryV1, &image)).await;
    let seen = operator.until_settled().await;
    let role = seen.inventory().into_iter().find(|id| id.ends_with("_ClusterRole")).unwrap().to_owned();
    let role = role.trim_start_matches('_').split('_').next().unwrap();
    let roles = place.global("rbac.authorization.k8s.io/v1/ClusterRole");
    let granted = roles.get(role).await.unwrap()["rules"].clone();
    roles.change(role, json!({"rules": []})).await;
    soon("the rules are back", async || roles.get(role).await.unwrap()["rules"] == granted).await;
    let definitions = place.global("apiextensions.k8s.io/v1/CustomResourceDefinition");
    let name = format!("gadgets.{group}");
    let spec = |definition: &Value| {
        definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"].clone()
    };
    let live = async || definitions.get(&name).await.unwrap();
    let before = spec(&live().await);
    let mut versions = live().await["spec"]["versions"].clone();
    versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"] = json!({});
    definitions.change(&name, json!({"spec": {"versions": versions}})).await;
    soon("the field is back", async || spec(&live().await) == before).await;
    // What would take something away from those who use it by now is said, and left.
    versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"] =
        json!({"size": {"type": "string"}});
    definitions.change(&name, json!({"spec": {"versions": versions}})).await;
    let seen = operator.until("it is refused", |seen| seen.message("Stalled").contains("size")).await;
    assert_eq!(
        (seen.says("Stalled").as_str(), seen.says("Installed").as_str()),
        ("True/RepairFailed", "True/InstallationSucceeded")
    );
    // What stands in the way is in the cluster: when somebody takes it out, all is well.
    versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"] = before.clone();
    definitions.change(&name, json!({"spec": {"versions": versions}})).await;
    operator.until_settled().await;
    versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"] =
        json!({"size": {"type": "string"}});
    definitions.change(&name, json!({"spec": {"versions": versions}})).await;
    operator.until_says("Stalled", "True/RepairFailed").await;
    operator.respec(json!({"preflight": {"crdUpgradeSafety": {"enforcement": "None"}}})).await;
    operator.until_settled().await;
    assert_eq!(spec(&live().await), before);
}

/// Also by a process that has not seen how it was installed.
#[tokio::test]
async fn what_runs_is_kept_while_the_version_that_is_to_follow_it_cannot_be_had() {
    let Some(place) = Place::alone("meanwhile").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1"), map("two", "1")])).await;
    let before = web.see().await;
    web.switch_to(&place.image("v2")).await;
    web.until_says("Unpacked", "False/UnpackFailed").await;
    let maps = place.objects("v1/ConfigMap");
    maps.delete("one").await;
    soon("it is back", async || maps.has("one").await).await;
    let provisioner = place.provisioners().of(Which::Plain);
    provisioner.kill();
    maps.delete("two").await;
    provisioner.start(&[]);
    soon("it is back, too", async || maps.has("two").await).await;
    let seen = web.see().await;
    assert_eq!(
        (seen.says("Unpacked").as_str(), seen.says("Installed").as_str()),
        ("False/UnpackFailed", "True/InstallationSucceeded")
    );
    assert_eq!(seen.generation_of("Installed"), before.generation_of("Installed"));
    assert_eq!(seen.inventory(), before.inventory());
}

#[tokio::test]
async fn what_runs_is_kept_as_it_was_configured_while_a_configuration_is_refused() {
    let Some(place) = Place::anywhere("reconfigured").await else { return };
    let image = place.push("v1", &operator(&place.group(), "1.0.0"));
    let mut spec = place.spec(Which::RegistryV1, &image);
    spec["config"] = json!({"deploymentConfig": {"env": [{"name": "MODE", "value": "first"}]}});
    let operator = place.create(spec).await;
    let seen = operator.until_settled().await;
    let workload =
        seen.inventory().into_iter().find(|id| id.ends_with("_apps_Deployment")).unwrap().to_owned();
    let workload = workload.split('_').nth(1).unwrap();
    operator.respec(json!({"config": {"nonsense": 1}})).await;
    operator.until_says("Stalled", "True/InvalidConfig").await;
    let workloads = place.objects("apps/v1/Deployment");
    workloads.delete(workload).await;
    let is_back = async || {
        let environment = |one: Value| one["spec"]["template"]["spec"]["containers"][0]["env"].clone();
        let env = workloads.get(workload).await.map(environment);
        env.is_some_and(|env| env.as_array().into_iter().flatten().any(|one| one["value"] == "first"))
    };
    soon("it is back as it was", is_back).await;
    let seen = operator.see().await;
    assert_eq!(seen.says("Stalled"), "True/InvalidConfig");
    assert_eq!(seen.says("Installed"), "True/InstallationSucceeded");
}

#[tokio::test]
async fn what_runs_is_kept_as_it_is_while_the_spec_cannot_be_carried_out() {
    let Some(place) = Place::anywhere("invalid-spec").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1"), map("two", "1")])).await;
    web.respec(json!({"preflight": {"crdUpgradeSafety": {"waivers": [{"rule": "nonsense"}]}}})).await;
    web.until_says("Stalled", "True/InvalidSpec").await;
    let maps = place.objects("v1/ConfigMap");
    maps.delete("one").await;
    soon("it is back", async || maps.has("one").await).await;
    let seen = web.see().await;
    assert_eq!(
        (seen.says("Installed").as_str(), seen.generation_of("Installed")),
        ("True/InstallationSucceeded", Some(1))
    );
    assert_eq!(seen.says("Stalled"), "True/InvalidSpec");
}

/// A quota that is full says so in a dry run already.
#[tokio::test]
async fn what_cannot_be_brought_back_is_not_said_to_be_healthy() {
    let Some(place) = Place::new("full").await else { return };
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}});
    let web = place.install_plain(&plain(&[secret])).await;
    let (quotas, secrets) = (place.objects("v1/ResourceQuota"), place.objects("v1/Secret"));
    quotas.create(json!({"metadata": {"name": "full"}, "spec": {"hard": {"count/secrets": "0"}}})).await;
    eventually("the quota is counted", async || {
        let used = quotas.get("full").await?["status"]["used"]["count/secrets"].clone();
        (used == "1").then_some(())
    })
    .await;
    secrets.delete("one").await;
    let seen = web.until("it is missed", |seen| seen.says("Healthy") == "False/Unhealthy").await;
    assert!(seen.message("Healthy").contains("one"), "{seen}");
    assert_eq!(seen.says("Reconciling"), "True/RepairFailed");
    assert_eq!(seen.says("Installed"), "True/InstallationSucceeded");
    quotas.delete("full").await;
    web.until_settled().await;
    assert!(secrets.has("one").await);
}

/// All is well after each of them, so that nobody would hear of it.
#[tokio::test]
async fn who_undoes_what_is_set_right_is_warned_of() {
    let Some(place) = Place::anywhere("contested").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1")])).await;
    let maps = place.objects("v1/ConfigMap");
    for time in 0..5 {
        let reasons = place.events().await.iter().any(|event| event["reason"] == "Contested");
        assert!(!reasons, "after {time}");
        maps.change("one", json!({"data": {"value": "2"}})).await;
        soon("the value is back", async || maps.get("one").await.unwrap()["data"]["value"] == "1").await;
        web.until_settled().await;
    }
    place.until_warned("Contested").await;
}
