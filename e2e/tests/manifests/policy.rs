//! Who may make the provisioners act as a `ServiceAccount`, in the overlay for tenants.
//!
//! `alice` and `bob` may make `BundleDeployments`, and act as the `ServiceAccount` `installer` of their own namespace.

use std::io::Write as _;
use std::process::{Output, Stdio};

use e2e::controlplane::{Cluster, eventually};
use serde_json::{Value, json};

use super::told;

pub(crate) async fn holds(cluster: &Cluster) {
    for name in ["alice", "bob"] {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": of_a_tenant(name)});
        accepted(&kubectl(cluster, None, &["apply", "-f", "-"], &list));
    }
    let without = deployment(None);
    eventually("a BundleDeployment without a ServiceAccount is refused", async || {
        let output = kubectl(cluster, Some("alice"), &["create", "--dry-run=server", "-f", "-"], &without);
        told(&output).contains("spec.serviceAccountName is needed here").then_some(())
    })
    .await;
    let of_bob = deployment(Some("bob"));
    let refused = kubectl(cluster, Some("alice"), &["create", "-f", "-"], &of_bob);
    assert!(told(&refused).contains("you may not act as ServiceAccount bob/installer"), "{}", told(&refused));

    let of_alice = deployment(Some("alice"));
    accepted(&kubectl(cluster, Some("alice"), &["create", "-f", "-"], &of_alice));
    for taken in [&["apply", "--server-side", "--force-conflicts", "-f", "-"][..], &["delete", "-f", "-"]] {
        let refused = kubectl(cluster, Some("bob"), taken, &of_bob);
        let told = told(&refused);
        assert!(
            told.contains("you may not act as ServiceAccount alice/installer, whose objects these are"),
            "{told}"
        );
    }
    // Nor may the marks of another's be set or taken, which say what becomes of the objects.
    let annotate = ["annotate", "bundledeployment", "e2e-policy", "--overwrite"];
    let finalizers = |finalizers: &[&str]| json!({"metadata": {"finalizers": finalizers}}).to_string();
    let patch = |patch: &str| {
        ["patch", "bundledeployment", "e2e-policy", "--type=merge", "-p", patch].map(str::to_owned).to_vec()
    };
    let provisioner = "system:serviceaccount:rukpak-system:provisioner-plain";
    let as_user = |user: &str, args: &[String]| {
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        kubectl(cluster, Some(user), &args, &Value::Null)
    };
    accepted(&as_user(provisioner, &patch(&finalizers(&["core.rukpak.io/teardown"]))));
    let annotated = |value: &str| [&annotate[..], &[value]].concat().iter().map(|&arg| arg.into()).collect();
    for marked in [
        annotated("core.rukpak.io/reconcile-requested-at=now"),
        annotated("core.rukpak.io/orphaned=true"),
        patch(&finalizers(&[])),
        patch(&finalizers(&["core.rukpak.io/teardown", "orphan"])),
    ] {
        let refused = as_user("bob", &marked);
        assert!(told(&refused).contains("you may not act as ServiceAccount alice/installer"), "{marked:?}");
        accepted(&as_user("alice", &[&marked[..], &["--dry-run=server".to_owned()]].concat()));
    }
    accepted(&as_user("bob", &annotated("example.com/seen=yes")));
    accepted(&kubectl(cluster, Some("alice"), &["delete", "--wait=false", "-f", "-"], &of_alice));
    // The provisioner, which may act as both but must not be asked, takes off its finalizer.
    accepted(&as_user(provisioner, &patch(&finalizers(&[]))));
}

/// A namespace with a `ServiceAccount`, and the rights of a person of the same name.
fn of_a_tenant(name: &str) -> Value {
    let group = "rbac.authorization.k8s.io";
    let subjects = json!([{"apiGroup": group, "kind": "User", "name": name}]);
    json!([
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "installer", "namespace": name}},
        {
            "apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": format!("e2e-{name}")},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "rukpak-bundledeployments-editor"}, "subjects": subjects,
        },
        {
            "apiVersion": format!("{group}/v1"), "kind": "Role", "metadata": {"name": "installer", "namespace": name},
            "rules": [{
                "apiGroups": [""], "resources": ["serviceaccounts"], "resourceNames": ["installer"], "verbs": ["impersonate"],
            }],
        },
        {
            "apiVersion": format!("{group}/v1"), "kind": "RoleBinding", "metadata": {"name": "installer", "namespace": name},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "installer"}, "subjects": subjects,
        },
    ])
}

/// A `BundleDeployment` that is installed as the `ServiceAccount` of a tenant.
fn deployment(tenant: Option<&str>) -> Value {
    let mut spec = json!({
        "provisionerClassName": "core-rukpak-io-registry",
        "source": {"type": "image", "image": {"ref": "registry.example.com/bundle:v1"}},
    });
    if let Some(tenant) = tenant {
        spec["serviceAccountName"] = json!("installer");
        spec["serviceAccountNamespace"] = json!(tenant);
    }
    json!({
        "apiVersion": "core.rukpak.io/v1alpha2", "kind": "BundleDeployment", "metadata": {"name": "e2e-policy"}, "spec": spec,
    })
}

/// `kubectl`, as somebody, with an object as its input.
fn kubectl(cluster: &Cluster, user: Option<&str>, args: &[&str], input: &Value) -> Output {
    let mut kubectl = cluster.kubectl().unwrap();
    kubectl.args(user.map(|user| format!("--as={user}"))).args(args);
    kubectl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = kubectl.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn accepted(output: &Output) {
    assert!(output.status.success(), "{}", told(output));
}
