//! The controllers are there, and Pods run, in a manner of speaking.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{
    Namespace, PersistentVolumeClaim, Pod, ResourceQuota, Service, ServiceAccount,
};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::rbac::v1::ClusterRole;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use serde_json::json;

use crate::{cluster, config_map, create, deployment, is_available};
use e2e::controlplane::{eventually, unique};

#[tokio::test]
async fn a_deployment_becomes_available_and_its_end_is_that_of_its_pods() {
    let Some(cluster) = cluster().await else { return };
    let namespace = cluster.namespace("deployment").await;
    let deployments = Api::<Deployment>::namespaced(cluster.client(), namespace.name());
    let pods = Api::<Pod>::namespaced(cluster.client(), namespace.name());
    create(&deployments, deployment("web", 2)).await.unwrap();
    eventually("the Deployment is Available", async || {
        deployments.get("web").await.ok().filter(is_available)
    })
    .await;
    let found = pods.list(&ListParams::default()).await.unwrap().items;
    let running: Vec<_> = found
        .iter()
        .filter(|pod| pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Running"))
        .filter_map(|pod| pod.spec.as_ref()?.node_name.clone())
        .collect();
    assert_eq!(running, ["node-0", "node-0"]);

    deployments.delete("web", &DeleteParams::background()).await.unwrap();
    let replica_sets = Api::<ReplicaSet>::namespaced(cluster.client(), namespace.name());
    eventually("all that the Deployment made is gone", async || {
        let pods = pods.list(&ListParams::default()).await.ok()?.items;
        let replica_sets = replica_sets.list(&ListParams::default()).await.ok()?.items;
        (pods.is_empty() && replica_sets.is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_namespace_ends_with_what_is_in_it() {
    let Some(cluster) = cluster().await else { return };
    let namespaces = Api::<Namespace>::all(cluster.client());
    let name = {
        let namespace = cluster.namespace("end").await;
        let maps = Api::namespaced(cluster.client(), namespace.name());
        maps.create(&PostParams::default(), &config_map("content")).await.unwrap();
        namespace.name().to_owned()
    };
    eventually("the Namespace is gone", async || {
        namespaces.get_opt(&name).await.is_ok_and(|found| found.is_none()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_other_controllers_do_their_work() {
    let Some(cluster) = cluster().await else { return };
    let namespace = cluster.namespace("controllers").await;
    let (client, name) = (cluster.client(), namespace.name());
    let pod = deployment("pod", 1)["spec"]["template"].clone();
    let selector = json!({ "matchLabels": pod["metadata"]["labels"] });
    let set = json!({
        "metadata": { "name": "set" },
        "spec": { "serviceName": "set", "replicas": 1, "selector": selector, "template": pod },
    });
    let stateful_sets = Api::<StatefulSet>::namespaced(client.clone(), name);
    create(&stateful_sets, set).await.unwrap();
    let daemon_sets = Api::<DaemonSet>::namespaced(client.clone(), name);
    let daemon =
        json!({ "metadata": { "name": "daemon" }, "spec": { "selector": selector, "template": pod } });
    create(&daemon_sets, daemon).await.unwrap();
    let services = Api::<Service>::namespaced(client.clone(), name);
    let service = json!({
        "metadata": { "name": "service" },
        "spec": { "selector": pod["metadata"]["labels"], "ports": [{ "port": 80 }] },
    });
    create(&services, service).await.unwrap();
    let jobs = Api::<Job>::namespaced(client.clone(), name);
    let mut template = pod.clone();
    template["spec"]["restartPolicy"] = json!("Never");
    let job = json!({
        "metadata": { "name": "job" },
        "spec": { "template": template, "ttlSecondsAfterFinished": 0 },
    });
    create(&jobs, job).await.unwrap();
    let claims = Api::<PersistentVolumeClaim>::namespaced(client.clone(), name);
    let resources = json!({ "requests": { "storage": "1Gi" } });
    let claim = json!({
        "metadata": { "name": "claim" },
        "spec": { "accessModes": ["ReadWriteOnce"], "resources": resources },
    });
    create(&claims, claim).await.unwrap();

    eventually("the StatefulSet is ready", async || {
        let status = stateful_sets.get("set").await.ok()?.status?;
        (status.ready_replicas == Some(1)).then_some(())
    })
    .await;
    eventually("the DaemonSet is ready", async || {
        (daemon_sets.get("daemon").await.ok()?.status?.number_ready == 1).then_some(())
    })
    .await;
    eventually("the finished Job is gone", async || {
        jobs.get_opt("job").await.is_ok_and(|found| found.is_none()).then_some(())
    })
    .await;
    let slices = Api::<EndpointSlice>::namespaced(client.clone(), name);
    eventually("the Service has endpoints", async || {
        let of_service = ListParams::default().labels("kubernetes.io/service-name=service");
        let slices = slices.list(&of_service).await.ok()?.items;
        slices.first().filter(|slice| slice.endpoints.len() >= 2).map(|_| ())
    })
    .await;
    eventually("the PersistentVolumeClaim is Pending", async || {
        let status = claims.get("claim").await.ok()?.status?;
        (status.phase.as_deref() == Some("Pending")).then_some(())
    })
    .await;
    let accounts = Api::<ServiceAccount>::namespaced(client, name);
    eventually("the default ServiceAccount", async || accounts.get("default").await.ok()).await;
}

#[tokio::test]
async fn a_quota_is_counted_and_kept() {
    let Some(cluster) = cluster().await else { return };
    let namespace = cluster.namespace("quota").await;
    // Every namespace gets it. A quota that is new as well would count it or not.
    let maps = Api::namespaced(cluster.client(), namespace.name());
    eventually("the authority's certificate is there", async || maps.get("kube-root-ca.crt").await.ok())
        .await;
    let quotas = Api::<ResourceQuota>::namespaced(cluster.client(), namespace.name());
    let quota = json!({ "metadata": { "name": "two" }, "spec": { "hard": { "configmaps": "2" } } });
    create(&quotas, quota).await.unwrap();
    eventually("the quota counts what there is", async || {
        let used = quotas.get("two").await.ok()?.status?.used?;
        (used.get("configmaps")?.0 == "1").then_some(())
    })
    .await;
    // What admits requests may hear of the quota later than we do, and what it lets pass until then is not counted.
    let error = eventually("the quota is kept", async || {
        maps.create(&PostParams::default(), &config_map(&format!("more-{}", unique()))).await.err()
    })
    .await;
    assert!(error.to_string().contains("exceeded quota: two"), "{error}");
}

#[tokio::test]
async fn roles_are_aggregated() {
    let Some(cluster) = cluster().await else { return };
    // Its name is that of no other test.
    let namespace = cluster.namespace("aggregated").await;
    let roles = Api::<ClusterRole>::all(cluster.client());
    let may_get = json!([{ "apiGroups": ["e2e.example.com"], "resources": ["things"], "verbs": ["get"] }]);
    let labels = json!({ "e2e": namespace.name() });
    let part = format!("{namespace}-part");
    create(&roles, json!({ "metadata": { "name": part, "labels": labels }, "rules": may_get }))
        .await
        .unwrap();
    let selectors = json!([{ "matchLabels": labels }]);
    let whole = json!({
        "metadata": { "name": namespace.name() },
        "aggregationRule": { "clusterRoleSelectors": selectors },
        "rules": [],
    });
    create(&roles, whole).await.unwrap();
    eventually("the ClusterRole has the rules of its parts", async || {
        let whole = roles.get(namespace.name()).await.ok()?;
        whole.rules?.iter().any(|rule| rule.verbs == ["get"]).then_some(())
    })
    .await;
    for name in [namespace.name(), &part] {
        roles.delete(name, &DeleteParams::default()).await.unwrap();
    }
}
