//! What is shipped, on real servers: by kubectl and by Helm.

use std::fs;

use e2e::controlplane::{Cluster, ControlPlane};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ListParams};

use super::{OVERLAYS, PROVISIONERS, SYSTEM, charted, helm, kustomized, manifests, policy, rights, told};

/// Applies a text by server-side apply, which refuses fields that a type does not have. Nothing is to be warned of.
fn apply(cluster: &Cluster, text: &str, flags: &[&str]) {
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("manifests.yaml");
    fs::write(&file, text).unwrap();
    let mut kubectl = cluster.kubectl().unwrap();
    kubectl
        .args(["apply", "--server-side", "--validate=strict", "--force-conflicts"])
        .args(flags)
        .arg("-f")
        .arg(file);
    let output = kubectl.output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert!(!told(&output).contains("Warning"), "{}", told(&output));
}

/// Waits until both provisioners have their Pods, which the namespace has let in.
fn is_rolled_out(cluster: &Cluster) {
    for name in PROVISIONERS {
        let mut kubectl = cluster.kubectl().unwrap();
        kubectl
            .args(["rollout", "status", "--timeout=60s", "--namespace", SYSTEM])
            .arg(format!("deployment/{name}"));
        let output = kubectl.output().unwrap();
        assert!(output.status.success(), "{name}: {}", told(&output));
    }
}

#[tokio::test]
async fn the_overlays_are_taken_and_give_the_rights_that_they_say() {
    let Some(control_plane) = ControlPlane::if_built().await else { return };
    let cluster = control_plane.cluster().await;
    for overlay in OVERLAYS {
        let Some(text) = kustomized(overlay) else { return };
        apply(&cluster, &text, &[]);
        is_rolled_out(&cluster);
        match overlay {
            // Comes from the other one: what that had is gone.
            "overlays/tenant" => rights::of_tenant(&cluster).await,
            _ => rights::of_cluster_wide(&cluster).await,
        }
    }
    rights::of_people(&cluster).await;
    let Some(text) = kustomized("overlays/tenant") else { return };
    apply(&cluster, &text, &[]);
    rights::of_tenant(&cluster).await;
    policy::holds(&cluster).await;
}

#[tokio::test]
async fn the_chart_is_taken_with_other_values_than_its_own() {
    let Some(control_plane) = ControlPlane::if_built().await else { return };
    let cluster = control_plane.cluster().await;
    let Some(text) = kustomized("base") else { return };
    apply(&cluster, &text, &[]);
    let values = "image.pullSecrets[0].name=pull,extraEnv[0].name=HTTPS_PROXY,extraEnv[0].value=http://proxy:3128,\
                  tolerations[0].operator=Exists,nodeSelector.pool=infra,podLabels.team=a,podAnnotations.team=a,\
                  priorityClassName=system-cluster-critical,registryV1.replicas=2,monitoring.dashboard=true,monitoring.labels.team=a,\
                  affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key=a,\
                  affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator=Exists";
    for values in [values, "plain.enabled=false", "rights=tenant"] {
        let Some(text) = charted(values) else { return };
        apply(&cluster, &text, &["--dry-run=server"]);
    }
}

/// Helm with the chart and values, on a cluster.
fn chart(cluster: &Cluster, command: &[&str], values: Option<&str>) -> bool {
    let Some(mut helm) = helm() else { return false };
    let files = tempfile::tempdir().unwrap();
    helm.env("HOME", files.path()).env("KUBECONFIG", cluster.kubeconfig());
    helm.args(command).args(["--namespace", SYSTEM, "--wait", "--timeout=60s"]);
    if let Some(values) = values {
        helm.arg(manifests().join("charts/rukpak")).args(["--set", values]);
    }
    let output = helm.output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    true
}

#[tokio::test]
async fn helm_installs_upgrades_and_removes_the_chart() {
    let Some(control_plane) = ControlPlane::if_built().await else { return };
    let cluster = control_plane.cluster().await;
    if !chart(&cluster, &["install", "rukpak", "--create-namespace"], Some("rights=cluster-wide")) {
        return;
    }
    rights::of_cluster_wide(&cluster).await;
    chart(&cluster, &["upgrade", "rukpak"], Some("rights=tenant,plain.replicas=2"));
    rights::of_tenant(&cluster).await;
    let pods = Api::<Pod>::namespaced(cluster.client(), SYSTEM);
    let of_plain = ListParams::default().labels("app.kubernetes.io/name=provisioner-plain");
    assert_eq!(pods.list(&of_plain).await.unwrap().items.len(), 2);

    chart(&cluster, &["uninstall", "rukpak"], None);
    let definitions = Api::<CustomResourceDefinition>::all(cluster.client());
    let left = definitions.get_opt("bundledeployments.core.rukpak.io").await.unwrap();
    assert!(left.is_some(), "BundleDeployments went with the chart");
    let ours = ListParams::default().labels("app.kubernetes.io/part-of=rukpak");
    assert_eq!(Api::<ClusterRole>::all(cluster.client()).list(&ours).await.unwrap().items.len(), 0);
    assert_eq!(Api::<ClusterRoleBinding>::all(cluster.client()).list(&ours).await.unwrap().items.len(), 0);
    // Over the definition that stayed, of the same release and of another one.
    chart(&cluster, &["install", "rukpak"], Some("rights=cluster-wide"));
    chart(&cluster, &["uninstall", "rukpak"], None);
    chart(&cluster, &["install", "other", "--take-ownership"], Some("rights=cluster-wide"));
}
