//! What the server says that the provisioners, and people, may do.

use e2e::controlplane::{Cluster, eventually};
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::{Api, PostParams};
use serde_json::json;

use super::SYSTEM;

const GROUP: &str = "rbac.authorization.k8s.io";
const REGISTRY: &str = "system:serviceaccount:rukpak-system:provisioner-registry-v1";
const PLAIN: &str = "system:serviceaccount:rukpak-system:provisioner-plain";

/// Verb, resource with its group, namespace, name; empty where there is none.
type Asked<'a> = (&'a str, &'a str, &'a str, &'a str);

/// What both may do, whatever the overlay.
const ALWAYS: &[Asked<'_>] = &[
    ("watch", "bundledeployments.core.rukpak.io", "", ""),
    ("patch", "bundledeployments.core.rukpak.io", "", "x"),
    ("update", "bundledeployments.core.rukpak.io/status", "", "x"),
    ("watch", "customresourcedefinitions.apiextensions.k8s.io", "", ""),
    ("watch", "apiservices.apiregistration.k8s.io", "", ""),
    ("get", "namespaces", "", "team-a"),
    ("get", "serviceaccounts", "team-a", "installer"),
    ("create", "events.events.k8s.io", "default", ""),
    ("create", "tokenreviews.authentication.k8s.io", "", ""),
    ("create", "subjectaccessreviews.authorization.k8s.io", "", ""),
    ("patch", "leases.coordination.k8s.io", SYSTEM, "provisioner-plain"),
    ("watch", "configmaps", SYSTEM, ""),
    ("get", "secrets", SYSTEM, "credentials"),
    ("create", "secrets", SYSTEM, ""),
    ("patch", "secrets", SYSTEM, "provisioner-plain-tls"),
    ("patch", "configmaps", SYSTEM, "rukpak-ca"),
    ("impersonate", "serviceaccounts", "team-a", "installer"),
    ("watch", "deployments.apps", "", ""),
    ("watch", "secrets", "", ""),
];

/// What neither may do, whatever the overlay.
const NEVER: &[Asked<'_>] = &[
    ("impersonate", "users", "", "admin"),
    ("impersonate", "groups", "", "system:masters"),
    ("update", "secrets", SYSTEM, "credentials"),
    ("update", "secrets", SYSTEM, "provisioner-plain-tls"),
    ("update", "configmaps", SYSTEM, "rukpak-ca"),
    ("update", "bundledeployments.core.rukpak.io", "", "x"),
    ("update", "leases.coordination.k8s.io", SYSTEM, "provisioner-plain"),
];

/// What only the rights of the overlay `cluster-wide` let both do.
const CLUSTER_WIDE: &[Asked<'_>] = &[
    ("create", "namespaces", "", ""),
    ("create", "deployments.apps", "team-a", ""),
    ("patch", "deployments.apps", "kube-system", "x"),
    ("delete", "deployments.apps", "team-a", "x"),
    ("create", "secrets", "team-a", ""),
    ("patch", "secrets", "kube-system", "x"),
    ("delete", "secrets", "team-a", "x"),
    ("patch", "secrets", SYSTEM, "credentials"),
    ("create", "clusterroles.rbac.authorization.k8s.io", "", ""),
    ("escalate", "clusterroles.rbac.authorization.k8s.io", "", "x"),
    ("bind", "clusterroles.rbac.authorization.k8s.io", "", "cluster-admin"),
    ("create", "customresourcedefinitions.apiextensions.k8s.io", "", ""),
    ("create", "validatingwebhookconfigurations.admissionregistration.k8s.io", "", ""),
    ("delete", "widgets.example.com", "team-a", "x"),
];

/// What may be done to kinds that no registry+v1 bundle has: the provisioner for plain bundles alone does.
const PLAIN_ALONE: &[Asked<'_>] = &[
    ("create", "widgets.example.com", "team-a", ""),
    ("patch", "namespaces", "team-a", "team-a"),
    ("create", "jobs.batch", "team-a", ""),
    ("create", "bundledeployments.core.rukpak.io", "", ""),
];

pub(crate) async fn of_cluster_wide(cluster: &Cluster) {
    all(cluster, REGISTRY, &[ALWAYS, CLUSTER_WIDE], true).await;
    all(cluster, PLAIN, &[ALWAYS, CLUSTER_WIDE, PLAIN_ALONE], true).await;
    all(cluster, REGISTRY, &[NEVER, PLAIN_ALONE], false).await;
    all(cluster, PLAIN, &[NEVER], false).await;
}

pub(crate) async fn of_tenant(cluster: &Cluster) {
    for account in [REGISTRY, PLAIN] {
        all(cluster, account, &[ALWAYS], true).await;
        all(cluster, account, &[NEVER, CLUSTER_WIDE, PLAIN_ALONE], false).await;
        all(cluster, account, &[&[("patch", "leases.coordination.k8s.io", "team-a", "x")]], false).await;
    }
    all(cluster, PLAIN, &[&[("watch", "widgets.example.com", "", "")]], true).await;
    all(cluster, REGISTRY, &[&[("watch", "widgets.example.com", "", "")]], false).await;
}

async fn all(cluster: &Cluster, user: &str, lists: &[&[Asked<'_>]], expected: bool) {
    for asked in lists.iter().copied().flatten() {
        // The authorizer learns of a role some time after it is there.
        let is_expected = async || (may(cluster, user, *asked).await == expected).then_some(());
        eventually(&format!("{user}: {asked:?} is {expected}"), is_expected).await;
    }
}

/// What the roles for people let them do, each bound to a user of its name.
pub(crate) async fn of_people(cluster: &Cluster) {
    let roles = ["view", "edit", "admin", "bundle-reader", "rukpak-bundledeployments-editor"];
    for role in roles {
        let subject = json!([{ "apiGroup": GROUP, "kind": "User", "name": role }]);
        let role_ref = json!({ "apiGroup": GROUP, "kind": "ClusterRole", "name": role });
        let name = format!("e2e-{role}");
        let binding = json!({ "metadata": { "name": name }, "roleRef": role_ref, "subjects": subject });
        let binding: ClusterRoleBinding = serde_json::from_value(binding).unwrap();
        let api = Api::<ClusterRoleBinding>::all(cluster.client());
        api.create(&PostParams::default(), &binding).await.unwrap();
    }
    let looks: Asked<'_> = ("list", "bundledeployments.core.rukpak.io", "", "");
    let makes: Asked<'_> = ("create", "bundledeployments.core.rukpak.io", "", "");
    for role in ["view", "edit", "admin"] {
        all(cluster, role, &[&[looks]], true).await;
        all(cluster, role, &[&[makes]], false).await;
    }
    all(cluster, "rukpak-bundledeployments-editor", &[&[looks, makes]], true).await;
    let reads = async || may_read(cluster, "bundle-reader", "/bundles/x.tgz").await.then_some(());
    eventually("bundle-reader reads bundles", reads).await;
    assert!(!may_read(cluster, "bundle-reader", "/metrics").await);
    let trusts: Asked<'_> = ("get", "configmaps", SYSTEM, "rukpak-ca");
    all(cluster, "bundle-reader", &[&[trusts]], true).await;
    all(cluster, "bundle-reader", &[&[("get", "configmaps", SYSTEM, "other")]], false).await;
    assert!(!may_read(cluster, "view", "/bundles/x.tgz").await);
}

/// Whether a user may do something.
async fn may(cluster: &Cluster, user: &str, (verb, resource, namespace, name): Asked<'_>) -> bool {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
    let attributes = ResourceAttributes {
        verb: text(verb),
        resource: text(plural),
        group: text(group),
        subresource: text(subresource),
        namespace: text(namespace),
        name: text(name),
        ..ResourceAttributes::default()
    };
    let spec = SubjectAccessReviewSpec {
        resource_attributes: Some(attributes),
        ..SubjectAccessReviewSpec::default()
    };
    review(cluster, user, spec).await
}

/// Whether a user may read a path.
async fn may_read(cluster: &Cluster, user: &str, path: &str) -> bool {
    let attributes = NonResourceAttributes { path: Some(path.into()), verb: Some("get".into()) };
    let spec = SubjectAccessReviewSpec {
        non_resource_attributes: Some(attributes),
        ..SubjectAccessReviewSpec::default()
    };
    review(cluster, user, spec).await
}

async fn review(cluster: &Cluster, user: &str, mut spec: SubjectAccessReviewSpec) -> bool {
    spec.user = Some(user.into());
    let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
    let api = Api::<SubjectAccessReview>::all(cluster.client());
    api.create(&PostParams::default(), &review).await.unwrap().status.unwrap().allowed
}
