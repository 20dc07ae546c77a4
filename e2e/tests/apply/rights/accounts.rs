//! Who is acted as, and by whom.

use k8s_openapi::api::core::v1::ServiceAccount as Account;
use kube::Config;
use kube::api::Api;
use rukpak_apply::Owner;
use rukpak_apply::cluster::{ActingError, Cluster};
use rukpak_apply::engine::ConfigMapStore;
use serde_json::json;

use super::Installer;

/// Somebody who is nobody, but may see `ServiceAccounts`.
async fn weak(installer: &Installer) -> Config {
    installer
        .allow("weak", json!([{"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get"]}]))
        .await;
    let namespace = &installer.bench.namespace;
    let kubeconfig = installer.server.kubeconfig_for_service_account(namespace, "installer").await;
    let config = e2e::controlplane::config(&kubeconfig).await;
    let accounts = Api::<Account>::namespaced(kube::Client::try_from(config.clone()).unwrap(), namespace);
    e2e::controlplane::eventually("it sees them", async || accounts.get("default").await.ok()).await;
    config
}

#[tokio::test]
async fn one_that_is_not_there_is_named() {
    let Some(installer) = Installer::new("no-account").await else { return };
    let account = format!("{}/gone", installer.bench.namespace).parse().unwrap();
    let error = Cluster::acting_as(installer.server.config(), &account).await.err().unwrap();
    assert!(matches!(error, ActingError::ServiceAccountNotFound(_)), "{error}");
    assert_eq!(error.to_string(), format!("ServiceAccount {account} does not exist, expected one to act as"));
}

#[tokio::test]
async fn whoever_may_not_act_as_it_is_told_what_it_takes() {
    let Some(installer) = Installer::new("weak").await else { return };
    let config = weak(&installer).await;
    let namespace = &installer.bench.namespace;
    let account = format!("{namespace}/default").parse().unwrap();
    let error = Cluster::acting_as(config.clone(), &account).await.err().unwrap();
    assert!(matches!(error, ActingError::MayNotImpersonate { .. }), "{error}");
    let told = error.to_string().replace(namespace, "NS");
    let expected = "cannot act as ServiceAccount NS/default, expected the verb impersonate on serviceaccounts \
        \"default\" in namespace NS";
    assert_eq!(told, expected);

    // That is all that it takes: its groups come with it.
    let rule = json!([{
        "apiGroups": [""], "resources": ["serviceaccounts"], "resourceNames": ["default"], "verbs": ["impersonate"],
    }]);
    installer.allow("impersonate", rule).await;
    let acting = e2e::controlplane::eventually("it may act as it", async || {
        Cluster::acting_as(config.clone(), &account).await.ok()
    })
    .await;
    assert_eq!(acting.account(), Some(&account));
    assert!(acting.discover().await.unwrap().iter().count() > 0);
}

#[tokio::test]
async fn whoever_may_not_see_it_is_told_so() {
    let Some(installer) = Installer::new("blind").await else { return };
    let config = weak(&installer).await;
    let error =
        Cluster::acting_as(config.clone(), &"kube-system/default".parse().unwrap()).await.err().unwrap();
    let told = error.to_string();
    assert!(told.starts_with("cannot get ServiceAccount kube-system/default: "), "{told}");
}

#[tokio::test]
async fn an_inventory_that_may_be_where_it_may_not_look_counts_as_alive() {
    let Some(installer) = Installer::new("elsewhere").await else { return };
    let maps = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]);
    installer.allow("maps", maps).await;
    let (namespace, acting) = (&installer.bench.namespace, installer.bench.acting.as_ref().unwrap());
    let gone = Owner { kind: "Inventory".into(), name: "gone".into(), uid: "1".into() };
    let is_alive = e2e::controlplane::eventually("it may look into its namespace", async || {
        ConfigMapStore::is_alive(acting, namespace, &gone).await.ok()
    })
    .await;
    assert!(is_alive);
    assert!(!ConfigMapStore::is_alive(&installer.bench.cluster, namespace, &gone).await.unwrap());
}

#[tokio::test]
async fn the_server_gives_it_its_groups() {
    use k8s_openapi::api::authentication::v1::SelfSubjectReview;
    let Some(installer) = Installer::new("groups").await else { return };
    let mut config = installer.server.config();
    config.auth_info.impersonate = Some(installer.account.user());
    let reviews = Api::<SelfSubjectReview>::all(kube::Client::try_from(config).unwrap());
    let review =
        reviews.create(&kube::api::PostParams::default(), &SelfSubjectReview::default()).await.unwrap();
    let user = review.status.unwrap().user_info.unwrap();
    let groups = user.groups.unwrap();
    let namespace = &installer.bench.namespace;
    let expected =
        ["system:serviceaccounts", &format!("system:serviceaccounts:{namespace}"), "system:authenticated"];
    assert_eq!(groups, expected);
}
