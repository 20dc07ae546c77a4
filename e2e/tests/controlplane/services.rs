//! The API server calls what stands behind Services: webhooks and aggregated APIs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::controlplane::{Authority, Backend, Call, Issued, eventually};
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, PostParams};
use serde_json::{Value, json};

use crate::{cluster, config_map, create};

/// A Service in a namespace, and a certificate for it.
async fn service(client: kube::Client, namespace: &str) -> (Issued, String) {
    let services = Api::<Service>::namespaced(client, namespace);
    let service = json!({ "metadata": { "name": "backend" }, "spec": { "ports": [{ "port": 443 }] } });
    create(&services, service).await.unwrap();
    let authority = Authority::new("e2e backend");
    let issued = authority.server(&[&format!("backend.{namespace}.svc")]);
    (issued, STANDARD.encode(authority.certificate()))
}

#[tokio::test]
async fn a_validating_webhook_is_called_and_refuses() {
    let Some(cluster) = cluster().await else { return };
    let namespace = cluster.namespace("webhook").await;
    let name = namespace.name();
    let (certificate, authority) = service(cluster.client(), name).await;
    let backend = Backend::start(&certificate, |call| {
        let is_allowed = call.body["request"]["name"] != "bad";
        let message = json!({ "message": "no bad ConfigMaps here" });
        let uid = &call.body["request"]["uid"];
        let response = json!({ "uid": uid, "allowed": is_allowed, "status": message });
        (200, json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response }))
    });
    let target = format!("{name}/backend:443");
    let Some(route) = cluster.route(&target, backend.address()).await else { return };
    let service = json!({ "namespace": name, "name": "backend", "path": "/validate" });
    let webhook = json!({
        "name": "backend.e2e.example.com",
        "clientConfig": { "service": service, "caBundle": authority },
        "rules": [{
            "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"],
        }],
        "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": name } },
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
    });
    let configurations = Api::<ValidatingWebhookConfiguration>::all(cluster.client());
    let configuration = json!({ "metadata": { "name": name }, "webhooks": [webhook] });
    create(&configurations, configuration).await.unwrap();

    let maps = Api::<ConfigMap>::namespaced(cluster.client(), name);
    let dry_run = PostParams { dry_run: true, ..PostParams::default() };
    let refused =
        eventually("the webhook is called", async || maps.create(&dry_run, &config_map("bad")).await.err())
            .await;
    let expected = "admission webhook \"backend.e2e.example.com\" denied the request: no bad ConfigMaps here";
    assert!(refused.to_string().contains(expected), "{refused}");
    maps.create(&PostParams::default(), &config_map("good")).await.unwrap();
    let last = backend.calls().pop().unwrap();
    assert_eq!((last.method.as_str(), last.path.as_str()), ("POST", "/validate?timeout=10s"));
    assert_eq!(last.body["request"]["name"], "good");

    drop(route);
    // What is connected would stay so.
    drop(backend);
    let failed = eventually("the webhook is not reached", async || {
        let error = maps.create(&dry_run, &config_map("good-too")).await.err()?.to_string();
        // Whoever calls over a connection that is just ending is told of that, in several ways.
        error.contains("502 Bad Gateway").then_some(error)
    })
    .await;
    assert!(failed.contains("failed calling webhook"), "{failed}");
    configurations.delete(name, &DeleteParams::default()).await.unwrap();
}

#[tokio::test]
async fn an_object_is_converted_by_a_webhook() {
    let Some(cluster) = cluster().await else { return };
    let namespace = cluster.namespace("conversion").await;
    let name = namespace.name();
    let (certificate, authority) = service(cluster.client(), name).await;
    let backend = Backend::start(&certificate, |call| (200, converted(call)));
    let target = format!("{name}/backend:443");
    let Some(_route) = cluster.route(&target, backend.address()).await else { return };
    let group = format!("{name}.example.com");
    let schema = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let schema = json!({ "openAPIV3Schema": schema });
    let version = |name: &str, is_stored: bool| json!({ "name": name, "served": true, "storage": is_stored, "schema": schema });
    let service = json!({ "namespace": name, "name": "backend", "path": "/convert" });
    let conversion = json!({
        "strategy": "Webhook",
        "webhook": {
            "clientConfig": { "service": service, "caBundle": authority },
            "conversionReviewVersions": ["v1"],
        },
    });
    let definition = json!({
        "metadata": { "name": format!("things.{group}") },
        "spec": {
            "group": group,
            "names": { "kind": "Thing", "plural": "things" },
            "scope": "Namespaced",
            "versions": [version("v1", true), version("v2", false)],
            "conversion": conversion,
        },
    });
    let definitions = Api::<CustomResourceDefinition>::all(cluster.client());
    create(&definitions, definition).await.unwrap();
    let things = |version: &str| {
        let kind = GroupVersionKind::gvk(&group, version, "Thing");
        let resource = ApiResource::from_gvk_with_plural(&kind, "things");
        Api::<DynamicObject>::namespaced_with(cluster.client(), name, &resource)
    };
    let thing: DynamicObject = serde_json::from_value(json!({
        "apiVersion": format!("{group}/v1"),
        "kind": "Thing",
        "metadata": { "name": "one" },
    }))
    .unwrap();
    eventually("the resource is served", async || {
        things("v1").create(&PostParams::default(), &thing).await.ok()
    })
    .await;
    let second = things("v2").get("one").await.unwrap();
    assert_eq!(second.data["converted"], json!(true));
    definitions.delete(&format!("things.{group}"), &DeleteParams::default()).await.unwrap();
    // Its objects are converted before they can be deleted.
    eventually("the CustomResourceDefinition is gone", async || {
        let found = definitions.get_opt(&format!("things.{group}")).await;
        found.is_ok_and(|found| found.is_none()).then_some(())
    })
    .await;
}

fn converted(call: &Call) -> Value {
    let request = &call.body["request"];
    let mut objects = request["objects"].clone();
    for object in objects.as_array_mut().unwrap() {
        object["apiVersion"] = request["desiredAPIVersion"].clone();
        object["converted"] = json!(true);
    }
    let result = json!({ "status": "Success" });
    let response = json!({ "uid": request["uid"], "result": result, "convertedObjects": objects });
    json!({ "apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview", "response": response })
}

#[tokio::test]
async fn an_aggregated_api_is_served() {
    let Some(cluster) = cluster().await else { return };
    let namespace = cluster.namespace("aggregated").await;
    let name = namespace.name();
    let (certificate, authority) = service(cluster.client(), name).await;
    let group = format!("{name}.example.com");
    let served = format!("{group}/v1");
    let backend = Backend::start(&certificate, move |call| things(&served, call));
    let target = format!("{name}/backend:443");
    let Some(_route) = cluster.route(&target, backend.address()).await else { return };
    // The API server wants to see that somebody is there before it calls.
    let slices = Api::<EndpointSlice>::namespaced(cluster.client(), name);
    let slice = json!({
        "metadata": { "name": "backend", "labels": { "kubernetes.io/service-name": "backend" } },
        "addressType": "IPv4",
        "ports": [{ "port": 443 }],
        "endpoints": [{ "addresses": ["10.128.0.99"] }],
    });
    create(&slices, slice).await.unwrap();
    let services = Api::<APIService>::all(cluster.client());
    let api = json!({
        "metadata": { "name": format!("v1.{group}") },
        "spec": {
            "group": group,
            "version": "v1",
            "service": { "namespace": name, "name": "backend" },
            "caBundle": authority,
            "groupPriorityMinimum": 1000,
            "versionPriority": 10,
        },
    });
    create(&services, api).await.unwrap();
    let client = cluster.client();
    let list = eventually("the aggregated API answers", async || {
        let request = hyper::Request::get(format!("/apis/{group}/v1/things")).body(Vec::new()).unwrap();
        client.request::<Value>(request).await.ok()
    })
    .await;
    assert_eq!(list["kind"], "ThingList");
    services.delete(&format!("v1.{group}"), &DeleteParams::default()).await.unwrap();
}

/// An API with one resource, and nothing in it.
fn things(version: &str, call: &Call) -> (u16, Value) {
    let path = call.path.split('?').next().unwrap();
    if path.ends_with("/things") {
        return (200, json!({ "apiVersion": version, "kind": "ThingList", "metadata": {}, "items": [] }));
    }
    if !path.ends_with("/v1") {
        return (404, json!({}));
    }
    let resource = json!({
        "name": "things",
        "singularName": "thing",
        "namespaced": false,
        "kind": "Thing",
        "verbs": ["list"],
    });
    let list = json!({
        "apiVersion": "v1",
        "kind": "APIResourceList",
        "groupVersion": version,
        "resources": [resource],
    });
    (200, list)
}
