//! The content of a `BundleDeployment` is handed out to those who may read it, for as long as it is there.

#[expect(dead_code, reason = "the suite of the server asks for more")]
#[path = "../server/client.rs"]
pub(crate) mod client;

use client::Connection;
use e2e::controlplane::eventually;
use e2e::provisioners::bundle::maps;
use e2e::provisioners::{Daemon, Place, SYSTEM, Which};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// A new connection to a process, if it can be had.
pub(crate) async fn connect(place: &Place, daemon: &Daemon) -> Option<Connection> {
    let authorities = place.system("v1/ConfigMap").get("rukpak-ca").await?;
    let authorities: Vec<_> = authorities["data"].as_object()?.values().filter_map(Value::as_str).collect();
    let host = format!("provisioner-plain.{SYSTEM}.svc");
    Connection::open(daemon.address()?, &authorities.concat(), &host).await.ok()
}

/// A token of somebody who may read bundles.
pub(crate) async fn reader(place: &Place) -> String {
    let role = "rbac.authorization.k8s.io/v1";
    let rules = json!([{"nonResourceURLs": ["/bundles/*"], "verbs": ["get"]}]);
    place
        .global(&format!("{role}/ClusterRole"))
        .create(json!({"metadata": {"name": place.name()}, "rules": rules}))
        .await;
    let subject = json!({"kind": "ServiceAccount", "namespace": place.name(), "name": "reader"});
    let binding = json!({
        "metadata": {"name": place.name()},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": place.name()},
        "subjects": [subject],
    });
    place.global(&format!("{role}/ClusterRoleBinding")).create(binding).await;
    place.objects("v1/ServiceAccount").create(json!({"metadata": {"name": "reader"}})).await;
    place.kubectl(&["create", "token", "reader", "--namespace", place.name()]).trim().to_owned()
}

#[tokio::test]
async fn content_is_handed_out_to_readers_until_it_goes() {
    let Some(place) = Place::new("served").await else { return };
    let web = place.install_plain(&maps(1, "1")).await;
    let seen = web.see().await;
    let path = format!("/bundles/{}.tgz", web.name());
    let host = format!("provisioner-plain.{SYSTEM}.svc");
    assert_eq!(seen.text("/status/contentURL"), format!("https://{host}{path}"));
    let connect = async || connect(&place, place.provisioners().of(Which::Plain)).await.unwrap();
    let token = reader(&place).await;
    let answer = eventually("the right to read is known", async || {
        let answer = connect().await.ask(Method::HEAD, &path, Some(&token), "").await.unwrap();
        (answer.status == StatusCode::OK).then_some(answer)
    })
    .await;
    assert_eq!(answer.headers["content-type"], "application/gzip");
    assert_eq!(connect().await.get(&path, None).await.status, StatusCode::UNAUTHORIZED);
    web.delete().await;
    web.until_gone().await;
    eventually("the content is gone", async || {
        let answer = connect().await.get(&path, Some(&token)).await;
        (answer.status == StatusCode::NOT_FOUND).then_some(())
    })
    .await;
}
