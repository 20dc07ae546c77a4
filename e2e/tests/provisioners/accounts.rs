//! Deployments that are installed as a `ServiceAccount`, with its rights and no others.

use e2e::controlplane::eventually;
use e2e::provisioners::bundle::{map, maps, operator, plain};
use e2e::provisioners::{Deployment, Objects, Place, Private, Rights, Seen, Which};
use e2e::registry::PASSWORD;
use serde_json::{Value, json};

const ROLES: &str = "rbac.authorization.k8s.io/v1";

/// Makes the namespace, and the `ServiceAccount` `installer` there.
async fn make_installer(place: &Place) {
    place.make_namespace().await;
    place.objects("v1/ServiceAccount").create(json!({"metadata": {"name": "installer"}})).await;
}

/// A deployment of a map as the `ServiceAccount` `installer` of its namespace, which may do nothing yet.
async fn as_installer(place: &Place) -> Deployment<'_> {
    make_installer(place).await;
    let image = place.push("v1", &plain(&[map("one", "1")]));
    place.create(spec(place, &image)).await
}

fn spec(place: &Place, image: &str) -> Value {
    let mut spec = place.spec(Which::Plain, image);
    spec["serviceAccountName"] = "installer".into();
    spec
}

/// Gives the installer rights on maps of its namespace.
async fn grant(place: &Place) {
    let verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];
    let rule = json!({"apiGroups": [""], "resources": ["configmaps"], "verbs": verbs});
    allow(place, |kind| place.objects(kind), "maps", &rule).await;
}

/// Lets the installer read one object in the namespace of the provisioners.
async fn let_read(place: &Place, resource: &str, name: &str) {
    let rule = json!({"apiGroups": [""], "resources": [resource], "resourceNames": [name], "verbs": ["get"]});
    allow(place, |kind| place.system(kind), name, &rule).await;
}

/// Gives the installer what a rule says, in the namespace where `objects` are.
async fn allow(place: &Place, objects: impl Fn(&str) -> Objects, name: &str, what: &Value) {
    let role = json!({"metadata": {"name": name}, "rules": [what]});
    objects(&format!("{ROLES}/Role")).create(role).await;
    let binding = json!({
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "namespace": place.name(), "name": "installer"}],
    });
    objects(&format!("{ROLES}/RoleBinding")).create(binding).await;
}

#[tokio::test]
async fn what_an_account_may_not_do_is_said_before_anything_is_written() {
    let Some(place) = Place::new("rights").await else { return };
    let web = as_installer(&place).await;
    let seen = web.until_says("Installed", "False/InstallFailed").await;
    let message = seen.message("Installed");
    assert!(message.contains("configmaps") && message.contains("create"), "{seen}");
    assert!(message.contains(&format!("{}/installer may not do all", place.name())), "{seen}");
    assert!(!place.objects("v1/ConfigMap").has("one").await);
    assert_eq!(seen.says("Stalled"), "False/Progressing", "rights may come");
    let audit = place.audit();
    let mark = audit.mark().await;
    grant(&place).await;
    web.until_settled().await;
    // Who wrote it was the account, and what is reported was not.
    let requests = place.of_provisioners(&audit.since(mark).await).writes();
    let account = format!("system:serviceaccount:{}:installer", place.name());
    let of_account = requests.filter(|request| request.impersonated.as_ref() == Some(&account));
    assert!(of_account.iter().any(|request| request.resource == "configmaps"), "{requests}");
    let others = requests.filter(|request| request.impersonated.is_none());
    assert!(
        others.iter().all(|request| request.resource == "bundledeployments" || request.resource == "events"),
        "{others}"
    );
}

#[tokio::test]
async fn an_account_that_is_not_there_is_named() {
    let Some(place) = Place::anywhere("nobody").await else { return };
    place.make_namespace().await;
    let image = place.push("v1", &plain(&[map("one", "1")]));
    let web = place.create(spec(&place, &image)).await;
    let seen = web.until_says("Installed", "False/InstallFailed").await;
    assert!(seen.message("Installed").contains("installer"), "{seen}");
    assert_eq!(seen.says("Reconciling"), "True/ServiceAccountNotFound");
    place.objects("v1/ServiceAccount").create(json!({"metadata": {"name": "installer"}})).await;
    grant(&place).await;
    web.until_settled().await;
}

/// Our own rights are never used in the place of those of an account.
#[tokio::test]
async fn nothing_is_deleted_when_the_account_is_gone() {
    let Some(place) = Place::anywhere("account-gone").await else { return };
    let web = as_installer(&place).await;
    grant(&place).await;
    web.until_settled().await;
    place.objects("v1/ServiceAccount").delete("installer").await;
    web.delete().await;
    let seen = web.until("it is stalled", |seen| seen.says("Stalled") == "True/ServiceAccountNotFound").await;
    let message = seen.message("Stalled");
    assert!(message.contains("installer") && message.contains("core.rukpak.io/teardown"), "{seen}");
    assert!(place.objects("v1/ConfigMap").has("one").await, "nothing is deleted");
    place.objects("v1/ServiceAccount").create(json!({"metadata": {"name": "installer"}})).await;
    web.until_gone().await;
    assert!(!place.objects("v1/ConfigMap").has("one").await);
}

/// A place for which the provisioners are those of tenants.
async fn of_tenants(what: &str) -> Option<Place> {
    let place = Place::alone(what).await?;
    place.give(Rights::OfTenants);
    for which in Which::ALL {
        place.provisioners().of(which).stop();
        place.provisioners().of(which).start(&["--require-service-account"]);
    }
    Some(place)
}

/// The provisioners may read then, and act as others; what they write, others do.
#[tokio::test]
async fn provisioners_without_rights_install_by_those_of_accounts() {
    let Some(place) = of_tenants("tenant").await else { return };
    let (mine, theirs) =
        (place.push("v1", &maps(1, "1")), place.push("operator", &operator(&place.group(), "1.0.0")));
    let refused = place.try_create(place.spec(Which::Plain, &mine)).await.unwrap_err();
    assert!(refused.contains("spec.serviceAccountName is needed here"), "{refused}");
    make_installer(&place).await;
    let binding = json!({
        "metadata": {"name": place.name()},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "namespace": place.name(), "name": "installer"}],
    });
    place.global(&format!("{ROLES}/ClusterRoleBinding")).create(binding).await;
    let mut all = Vec::new();
    for (which, image) in [(Which::Plain, &mine), (Which::RegistryV1, &theirs)] {
        let mut spec = place.spec(which, image);
        spec["serviceAccountName"] = "installer".into();
        let deployment = place.create_other(which.name(), spec).await;
        deployment.until_settled().await;
        all.push(deployment);
    }
    for deployment in all {
        deployment.delete().await;
        deployment.until_gone().await;
    }
    assert!(!place.objects("v1/ConfigMap").has("map-0").await);
}

/// Whoever may have a Secret of the provisioners sent to a server of their choice could read it.
#[tokio::test]
async fn a_secret_that_an_account_may_not_read_is_not_used_for_it() {
    let Some(place) = of_tenants("secret").await else { return };
    make_installer(&place).await;
    grant(&place).await;
    let secret = format!("{}-pull", place.name());
    place
        .system("v1/Secret")
        .create(json!({
            "metadata": {"name": secret},
            "type": "kubernetes.io/dockerconfigjson",
            "stringData": {".dockerconfigjson": r#"{"auths": {}}"#},
        }))
        .await;
    let image = place.push("v1", &plain(&[map("one", "1")]));
    let mut spec = spec(&place, &image);
    spec["source"]["image"]["pullSecret"] = secret.clone().into();
    let web = place.create(spec).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    let message = seen.message("Unpacked");
    let account = format!("system:serviceaccount:{}:installer", place.name());
    assert!(message.contains(&secret) && message.contains(&account), "{seen}");
    assert!(!place.objects("v1/ConfigMap").has("one").await);

    let_read(&place, "secrets", &secret).await;
    web.until_settled().await;
}

/// What one tenant had pulled is in the cache for all.
#[tokio::test]
async fn a_private_image_that_was_pulled_for_one_account_is_not_given_to_another() {
    let Some(place) = of_tenants("shared").await else { return };
    let Some(private) = Private::push(&plain(&[map("one", "1")])) else { return };
    make_installer(&place).await;
    grant(&place).await;
    let secret = format!("{}-pull", place.name());
    place.system("v1/Secret").create(private.secret(&secret, PASSWORD)).await;
    let_read(&place, "secrets", &secret).await;
    let mut theirs = spec(&place, private.image());
    theirs["source"]["image"]["pullSecret"] = secret.into();
    let web = place.create(theirs).await;
    let seen = web.until_settled().await;
    let (_, digest) = seen.text("/status/resolvedSource/image/ref").split_once('@').unwrap();

    let other = place.create_other("other", spec(&place, &private.pinned(digest))).await;
    let seen = other.until_says("Unpacked", "False/UnpackFailed").await;
    assert!(seen.message("Unpacked").contains("authentication required"), "{seen}");
    // What was pulled for a deployment stays its own, whatever becomes of the registry.
    drop(private);
    place.objects("v1/ConfigMap").delete("one").await;
    eventually("it is back", async || place.objects("v1/ConfigMap").has("one").await.then_some(())).await;
}

/// The finalizer by which kubectl says so is taken off by the cluster long before anything can be done about it here.
#[tokio::test]
async fn what_is_to_stay_stays_also_where_it_is_given_back_much_later() {
    let Some(place) = Place::alone("later").await else { return };
    let web = as_installer(&place).await;
    grant(&place).await;
    web.until_settled().await;
    place.objects("v1/ServiceAccount").delete("installer").await;
    place.kubectl(&["delete", "bd", web.name(), "--cascade=orphan", "--wait=false"]);
    web.until("only we hold it", |seen| {
        seen.says("Stalled") == "True/ServiceAccountNotFound"
            && seen.at("/metadata/finalizers") == &json!(["core.rukpak.io/teardown"])
    })
    .await;
    let daemon = place.provisioners().of(Which::Plain);
    daemon.kill();
    daemon.start(&[]);
    place.objects("v1/ServiceAccount").create(json!({"metadata": {"name": "installer"}})).await;
    web.until_gone().await;
    assert!(place.objects("v1/ConfigMap").has("one").await);
}

/// The version before is not taken for the next one because that could not be begun at once.
#[tokio::test]
async fn an_upgrade_whose_account_comes_later_is_one() {
    let Some(place) = Place::anywhere("account-later").await else { return };
    let web = place.install_plain(&plain(&[map("one", "1")])).await;
    let next = place.push("v2", &plain(&[map("one", "2")]));
    web.respec(spec(&place, &next)).await;
    web.until_says("Reconciling", "True/ServiceAccountNotFound").await;
    grant(&place).await;
    place.objects("v1/ServiceAccount").create(json!({"metadata": {"name": "installer"}})).await;
    let seen = web.until_settled().await;
    assert_eq!(place.objects("v1/ConfigMap").get("one").await.unwrap()["data"]["value"], "2", "{seen}");
}

/// What a bundle of another tenant says is nobody's business.
#[tokio::test]
async fn config_maps_that_an_account_may_not_read_are_no_source_for_it() {
    let Some(place) = of_tenants("maps").await else { return };
    make_installer(&place).await;
    grant(&place).await;
    let name = format!("{}-bundle", place.name());
    let data = json!({"map.yaml": map("one", "1").to_string()});
    let bundle = json!({"metadata": {"name": name}, "immutable": true, "data": data});
    place.system("v1/ConfigMap").create(bundle).await;
    let source =
        json!({"type": "configMaps", "configMaps": [{"configMap": {"name": name}, "path": "manifests"}]});
    let mut spec = place.spec_of(Which::Plain, source);
    spec["serviceAccountName"] = "installer".into();
    let web = place.create(spec).await;
    let seen = web.until_says("Unpacked", "False/UnpackFailed").await;
    assert!(seen.message("Unpacked").contains(&name), "{seen}");
    let_read(&place, "configmaps", &name).await;
    web.until_settled().await;
}

/// Nothing is to be written; it is found out all the same that nothing could be.
#[tokio::test]
async fn another_account_that_may_not_keep_what_is_installed_is_not_taken() {
    let Some(place) = Place::anywhere("powerless").await else { return };
    let web = place.install_plain(&maps(1, "1")).await;
    place.objects("v1/ServiceAccount").create(json!({"metadata": {"name": "installer"}})).await;
    web.respec(json!({"serviceAccountName": "installer"})).await;
    let seen = web.until_says("Reconciling", "True/RepairFailed").await;
    assert!(seen.message("Reconciling").contains("configmaps"), "{seen}");
    assert_eq!(seen.says("Installed"), "True/InstallationSucceeded");
    assert_eq!(seen.generation_of("Installed"), Some(1));
    grant(&place).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.generation_of("Installed"), Some(2));
}

/// Who may not look any more says nothing about what is there.
#[tokio::test]
async fn what_goes_while_the_account_may_do_nothing_is_missed() {
    let Some(place) = Place::new("revoked").await else { return };
    make_installer(&place).await;
    grant(&place).await;
    let image = place.push("v1", &plain(&[map("one", "1"), map("two", "1")]));
    let web = place.create(spec(&place, &image)).await;
    web.until_settled().await;
    let misses = |name: &'static str| {
        move |seen: &Seen| seen.says("Healthy") == "False/Unhealthy" && seen.message("Healthy").contains(name)
    };
    let (maps, accounts) = (place.objects("v1/ConfigMap"), place.objects("v1/ServiceAccount"));
    for kind in ["RoleBinding", "Role"] {
        place.objects(&format!("{ROLES}/{kind}")).delete("maps").await;
    }
    maps.delete("one").await;
    web.until("one is missed", misses("one")).await;
    accounts.delete("installer").await;
    maps.delete("two").await;
    let seen = web.until("two is missed, too", misses("two")).await;
    assert!(seen.message("Healthy").contains("0 of 2"), "{seen}");
    accounts.create(json!({"metadata": {"name": "installer"}})).await;
    grant(&place).await;
    web.until_settled().await;
    assert!(maps.has("one").await && maps.has("two").await);
}

/// A version that fails does not hide what becomes of the one that runs.
#[tokio::test]
async fn what_runs_and_cannot_be_kept_is_missed_while_the_next_version_fails() {
    let Some(place) = Place::new("revoked-kept").await else { return };
    make_installer(&place).await;
    grant(&place).await;
    let image = place.push("v1", &plain(&[map("one", "1"), map("two", "1")]));
    let web = place.create(spec(&place, &image)).await;
    web.until_settled().await;
    web.switch_to(&place.image("v2")).await;
    web.until_says("Unpacked", "False/UnpackFailed").await;
    for kind in ["RoleBinding", "Role"] {
        place.objects(&format!("{ROLES}/{kind}")).delete("maps").await;
    }
    let maps = place.objects("v1/ConfigMap");
    maps.delete("one").await;
    let seen = web.until("one is missed", |seen| seen.says("Healthy") == "False/Unhealthy").await;
    assert!(seen.message("Healthy").contains("one"), "{seen}");
    assert_eq!(seen.says("Installed"), "True/InstallationSucceeded");
    assert_eq!(["Healthy", "Installed"].map(|kind| seen.generation_of(kind)), [Some(1); 2], "{seen}");
    place.until_warned("RepairFailed").await;
    grant(&place).await;
    web.look_again("now").await;
    web.until("it is back", |seen| seen.says("Healthy") == "True/Healthy").await;
    assert!(maps.has("one").await);
}

/// What was ours is found by our own eyes: the account may list nothing beyond its namespace.
#[tokio::test]
async fn what_an_account_may_not_list_is_found_where_the_inventory_is_lost() {
    let Some(place) = Place::new("account-lost").await else { return };
    make_installer(&place).await;
    grant(&place).await;
    let image = place.push("v1", &plain(&[map("one", "1"), map("old", "1")]));
    let web = place.create(spec(&place, &image)).await;
    web.until_settled().await;
    let next = place.push("v2", &plain(&[map("one", "1")]));
    web.respec(json!({"paused": true, "source": {"image": {"ref": next}}})).await;
    web.until_says("Reconciling", "False/Paused").await;
    let patch = "[{\"op\": \"replace\", \"path\": \"/status\", \"value\": {}}]";
    place.kubectl(&["patch", "bd", web.name(), "--subresource=status", "--type=json", "-p", patch]);
    web.respec(json!({"paused": false})).await;
    let seen = web.until_settled().await;
    assert_eq!(seen.inventory(), [format!("{}_one__ConfigMap", place.name())]);
    assert!(!place.objects("v1/ConfigMap").has("old").await);
}
