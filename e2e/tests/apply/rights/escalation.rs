//! What is granted has to be held.

use rstest::rstest;
use rukpak_apply::rights::Purpose;
use serde_json::{Value, json};

use super::Installer;

const RBAC: &str = "rbac.authorization.k8s.io";

fn role(rules: &Value) -> String {
    json!({"apiVersion": format!("{RBAC}/v1"), "kind": "Role", "metadata": {"name": "web"}, "rules": rules})
        .to_string()
}

fn binding(kind: &str, role: &str) -> String {
    json!({
        "apiVersion": format!("{RBAC}/v1"), "kind": "RoleBinding", "metadata": {"name": "web"},
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": role},
    })
    .to_string()
}

fn rules() -> Value {
    json!([
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["tls"], "verbs": ["get"]},
    ])
}

/// An installer that may write roles and bindings.
async fn installer(name: &str) -> Option<Installer> {
    let installer = Installer::new(name).await?;
    let rule = json!([{"apiGroups": [RBAC], "resources": ["roles", "rolebindings"], "verbs": ["create", "get", "patch"]}]);
    installer.allow("writes-roles", rule).await;
    let nothing = binding("Role", "nowhere");
    // The role that it would bind is not there. What else is missing at first the server does not know yet.
    e2e::controlplane::eventually("it may write", async || {
        let missing = installer.missing(&nothing).await?;
        missing.rights().iter().all(|one| one.purpose == Purpose::Grant).then_some(())
    })
    .await;
    Some(installer)
}

#[rstest]
#[case::held("held", json!([{"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["*"]}]))]
#[case::as_they_are("same", rules())]
#[case::instead("instead", json!([{"apiGroups": [RBAC], "resources": ["roles"], "verbs": ["bind", "escalate"]}]))]
#[tokio::test]
async fn rules_are_held_or_may_be_given_without(#[case] name: &str, #[case] held: Value) {
    let Some(installer) = installer(name).await else { return };
    let set = format!("{}\n---\n{}", role(&rules()), binding("Role", "web"));
    assert_eq!(
        installer.report(&set).await,
        "ServiceAccount NS/installer may not do all that the set needs, and nothing was written\n\
         in namespace NS, it may not grant what it does not hold itself (or `escalate` on the role, `bind` for a \
         binding):\n  \
         get, list pods, for Role.rbac.authorization.k8s.io NS/web, RoleBinding.rbac.authorization.k8s.io NS/web\n  \
         get secrets \"tls\", for Role.rbac.authorization.k8s.io NS/web, RoleBinding.rbac.authorization.k8s.io NS/web"
    );
    installer.allow("held", held).await;
    installer.until_nothing_is_missing(&set).await;
    assert_eq!(installer.bench.apply(&set).await.unwrap().written, 2);
    let next = set.replace("\"list\"", "\"get\"");
    assert_eq!(installer.bench.apply(&next).await.unwrap().written, 1);
}

#[tokio::test]
async fn who_may_escalate_has_to_hold_what_is_bound() {
    let Some(installer) = installer("escalate").await else { return };
    let set = format!("{}\n---\n{}", role(&rules()), binding("Role", "web"));
    let rule = json!([{"apiGroups": [RBAC], "resources": ["roles"], "verbs": ["escalate"]}]);
    installer.allow("escalates", rule).await;
    let missing = e2e::controlplane::eventually("it may escalate", async || {
        let missing = installer.missing(&set).await?;
        missing
            .rights()
            .iter()
            .all(|one| one.objects.iter().all(|id| id.kind == "RoleBinding"))
            .then_some(missing)
    })
    .await;
    assert_eq!(missing.rights().len(), 3);
}

#[tokio::test]
async fn a_role_that_is_in_the_cluster_is_looked_up() {
    let Some(installer) = installer("live").await else { return };
    installer.bench.put(&role(&rules()).replace("\"web\"", "\"theirs\"")).await;
    let set = binding("Role", "theirs");
    let missing = installer.missing(&set).await.unwrap();
    assert_eq!(missing.rights().len(), 3);
    assert!(missing.rights().iter().all(|one| one.purpose == Purpose::Grant));
    let Some(()) = installer.grant(missing.to_manifests()) else { return };
    installer.until_nothing_is_missing(&set).await;
    assert_eq!(installer.bench.apply(&set).await.unwrap().written, 1);
    // `view` is among the roles of every cluster, and gathers others.
    let missing = installer.missing(&binding("ClusterRole", "view")).await.unwrap();
    assert!(missing.rights().len() > 20, "{missing}");
    assert!(missing.rights().iter().all(|one| one.right.namespace == installer.bench.namespace));
}

#[tokio::test]
async fn a_role_that_is_nowhere_may_be_bound_by_who_may_bind_it() {
    let Some(installer) = installer("nowhere").await else { return };
    let set = binding("Role", "nowhere");
    assert_eq!(
        installer.report(&set).await,
        "ServiceAccount NS/installer may not do all that the set needs, and nothing was written\n\
         in namespace NS, it may not grant what it does not hold itself (or `escalate` on the role, `bind` for a \
         binding):\n  \
         bind roles.rbac.authorization.k8s.io \"nowhere\", for RoleBinding.rbac.authorization.k8s.io NS/web"
    );
    let missing = installer.missing(&set).await.unwrap();
    let Some(()) = installer.grant(missing.to_manifests()) else { return };
    installer.until_nothing_is_missing(&set).await;
    assert_eq!(installer.bench.apply(&set).await.unwrap().written, 1);
}

#[tokio::test]
async fn a_role_that_gathers_others_takes_everything() {
    let Some(installer) = Installer::new("gathers").await else { return };
    let namespace = &installer.bench.namespace;
    let set = json!({
        "apiVersion": format!("{RBAC}/v1"), "kind": "ClusterRole", "metadata": {"name": format!("{namespace}-all")},
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"example.com/none": namespace}}]},
    });
    let report = installer.report(&set.to_string()).await;
    let told: Vec<_> = report.lines().skip_while(|line| !line.contains("may not grant")).skip(1).collect();
    let object = "ClusterRole.rbac.authorization.k8s.io NS-all";
    assert_eq!(told, [format!("  * *.*, for {object}"), format!("  * *, for {object}")]);
}
