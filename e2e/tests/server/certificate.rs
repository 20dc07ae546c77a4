//! The certificate: shared by replicas, trusted by what is published, and replaced while it is served.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::controlplane::{self, Cluster, eventually};
use k8s_openapi::api::core::v1::{ConfigMap, Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{Api, DeleteParams, PostParams};
use rukpak_provisioner::server::{Limits, Rotation};
use serde_json::json;

use crate::client::Connection;
use crate::{Running, SERVICE};

/// Looks all the time, and shows another certificate a while after it is published.
fn hasty(grace: Duration) -> Limits {
    let rotation = Rotation { look: Duration::from_millis(100), grace };
    Limits { rotation, ..Limits::default() }
}

fn number(pem: &str) -> usize {
    pem.matches("BEGIN CERTIFICATE").count()
}

#[tokio::test]
async fn replicas_that_start_together_show_one_certificate() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("replicas").await;
    let start = || Running::start(&cluster, namespace.name(), Limits::default());
    let (one, two, three) = tokio::join!(start(), start(), start());
    let authorities = one.authorities().await;
    assert_eq!(number(&authorities), 1);
    let shown = one.connect().await.shown;
    for replica in [two, three] {
        assert_eq!(replica.connect().await.shown, shown);
    }
    let secrets = Api::<Secret>::namespaced(cluster.client(), namespace.name());
    let secret = secrets.get("provisioner-plain-tls").await.unwrap();
    assert_eq!(secret.type_.as_deref(), Some("kubernetes.io/tls"));
    assert_eq!(secret.data.unwrap()["ca.crt"].0, authorities.as_bytes());

    for name in [
        "provisioner-plain.NS.svc",
        "provisioner-plain.NS.svc.cluster.local",
        "provisioner-plain.NS",
        SERVICE,
    ] {
        let name = name.replace("NS", namespace.name());
        Connection::open(one.address, &authorities, &name).await.unwrap();
    }
    let Err(error) = Connection::open(one.address, &authorities, "elsewhere.svc").await else {
        panic!("a name that is not its own is believed");
    };
    assert!(error.to_string().contains("certificate not valid for name"), "{error}");
}

#[tokio::test]
async fn two_services_publish_their_authorities_in_one_place() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("services").await;
    let start =
        |service| Running::start_as(cluster.config(), &cluster, namespace.name(), service, Limits::default());
    let (plain, registry) = tokio::join!(start(SERVICE), start("provisioner-registry-v1"));
    let (plain, registry) = (plain.unwrap(), registry.unwrap());
    let maps = Api::<ConfigMap>::namespaced(cluster.client(), namespace.name());
    let data = maps.get("rukpak-ca").await.unwrap().data.unwrap();
    assert_eq!(
        data["ca.crt"],
        format!("{}{}", data["provisioner-plain.crt"], data["provisioner-registry-v1.crt"])
    );
    assert_ne!(plain.connect().await.shown, registry.connect().await.shown);
    let own = &data["provisioner-plain.crt"];
    assert!(Connection::open(registry.address, own, "localhost").await.is_err());
}

#[tokio::test]
async fn another_certificate_is_published_before_it_is_shown() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("rotation").await;
    let one = Running::start(&cluster, namespace.name(), hasty(Duration::from_secs(3))).await;
    let two = Running::start(&cluster, namespace.name(), hasty(Duration::ZERO)).await;
    let before = one.authorities().await;
    let mut kept = one.connect().await;
    let old = kept.shown.clone();
    let secrets = Api::<Secret>::namespaced(cluster.client(), namespace.name());
    secrets.delete("provisioner-plain-tls", &DeleteParams::default()).await.unwrap();

    let published = eventually("both authorities", async || {
        let now = one.authorities().await;
        (number(&now) == 2).then_some(now)
    })
    .await;
    assert!(published.contains(&before));
    // Whoever has read the ConfigMap before is not shown what they cannot know.
    let connection = Connection::open(one.address, &before, "localhost").await.unwrap();
    assert_eq!(connection.shown, old);
    let mut new = Vec::new();
    for replica in [&two, &one] {
        let shown = eventually("another certificate", async || {
            let shown = replica.connect().await.shown;
            (shown != old).then_some(shown)
        })
        .await;
        new.push(shown);
    }
    assert_eq!(new[0], new[1]);
    assert_eq!(kept.get("/livez", None).await.text, "ok\n");
}

#[tokio::test]
async fn one_that_is_too_old_is_replaced_and_its_authority_stays() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("old").await;
    let (secret, authority) = old_certificate(namespace.name());
    let secrets = Api::<Secret>::namespaced(cluster.client(), namespace.name());
    secrets.create(&PostParams::default(), &secret).await.unwrap();
    let running = Running::start(&cluster, namespace.name(), Limits::default()).await;
    let authorities = running.authorities().await;
    assert!(number(&authorities) == 2 && authorities.ends_with(&authority), "{authorities}");
    let secret = secrets.get("provisioner-plain-tls").await.unwrap().data.unwrap();
    assert_eq!(secret["ca.crt"].0, authorities.as_bytes());
    let new = authorities.strip_suffix(&authority).unwrap();
    Connection::open(running.address, new, "localhost").await.unwrap();
}

/// A Secret with a certificate that is good yet, and of whose life two thirds are over; and its authority.
fn old_certificate(namespace: &str) -> (Secret, String) {
    let day = Duration::from_hours(24);
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let params = |names: Vec<String>| {
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.not_before = epoch + now.saturating_sub(250 * day);
        params.not_after = epoch + (now + 115 * day);
        params
    };
    let key = || rcgen::KeyPair::generate().unwrap();
    let mut authority = params(Vec::new());
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    let authority = rcgen::CertifiedIssuer::self_signed(authority, key()).unwrap();
    let names = ["svc", "svc.cluster.local"].map(|end| format!("{SERVICE}.{namespace}.{end}"));
    let others = [format!("{SERVICE}.{namespace}"), SERVICE.into(), "localhost".into()];
    let own = key();
    let certificate = params(names.into_iter().chain(others).collect()).signed_by(&own, &authority).unwrap();
    let secret = json!({
        "metadata": { "name": "provisioner-plain-tls" },
        "type": "kubernetes.io/tls",
        "stringData": { "tls.crt": certificate.pem(), "tls.key": own.serialize_pem(), "ca.crt": authority.pem() },
    });
    (serde_json::from_value(secret).unwrap(), authority.pem())
}

#[tokio::test]
async fn what_somebody_broke_is_made_anew() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("broken").await;
    let secrets = Api::<Secret>::namespaced(cluster.client(), namespace.name());
    let empty = json!({
        "metadata": { "name": "provisioner-plain-tls" },
        "type": "kubernetes.io/tls",
        "data": { "tls.crt": "", "tls.key": STANDARD.encode("no key") },
    });
    secrets.create(&PostParams::default(), &serde_json::from_value(empty).unwrap()).await.unwrap();
    let running = Running::start(&cluster, namespace.name(), Limits::default()).await;
    assert_eq!(running.connect().await.get("/livez", None).await.text, "ok\n");
}

#[tokio::test]
async fn a_right_that_is_missing_is_named() {
    let Some(cluster) = Cluster::current().await else { return };
    let namespace = cluster.namespace("rights").await;
    let name = namespace.name();
    let accounts = Api::<ServiceAccount>::namespaced(cluster.client(), name);
    let account = json!({ "metadata": { "name": "server" } });
    accounts.create(&PostParams::default(), &serde_json::from_value(account).unwrap()).await.unwrap();
    let kubeconfig = cluster.kubeconfig_for_service_account(name, "server").await;
    let config = controlplane::config(&kubeconfig).await;
    let fails = async || {
        let started = Running::start_as(config.clone(), &cluster, name, SERVICE, Limits::default()).await;
        started.err().map(|error| error.to_string())
    };
    let expected = "cannot get Secret NS/provisioner-plain-tls, where the server keeps its certificate; expected the verb get on secrets in namespace NS";
    assert_eq!(fails().await, Some(expected.replace("NS", name)));

    for (verb, resource, missing) in [
        ("get", "secrets", "the verb create on secrets"),
        ("create", "secrets", "the verb get on configmaps"),
        ("get", "configmaps", "the verb create on configmaps"),
    ] {
        let role_name = format!("{verb}-{resource}");
        let allowed = json!({ "apiGroups": [""], "resources": [resource], "verbs": [verb] });
        let role = json!({ "metadata": { "name": role_name }, "rules": [allowed] });
        let roles = Api::<Role>::namespaced(cluster.client(), name);
        roles.create(&PostParams::default(), &serde_json::from_value(role).unwrap()).await.unwrap();
        let role = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role_name });
        let subjects = json!([{ "kind": "ServiceAccount", "name": "server", "namespace": name }]);
        let binding = json!({ "metadata": { "name": role_name }, "roleRef": role, "subjects": subjects });
        let bindings = Api::<RoleBinding>::namespaced(cluster.client(), name);
        bindings.create(&PostParams::default(), &serde_json::from_value(binding).unwrap()).await.unwrap();
        eventually(missing, async || fails().await?.contains(missing).then_some(())).await;
    }
}
