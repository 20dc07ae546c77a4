//! Sets that are written as a `ServiceAccount`, which may do what it was given and no more.

#[path = "rights/accounts.rs"]
mod accounts;
#[path = "rights/escalation.rs"]
mod escalation;
#[path = "rights/requests.rs"]
mod requests;

use std::io::Write as _;
use std::process::Stdio;

use e2e::controlplane::{Cluster as Server, eventually};
use rukpak_apply::Unverified;
use rukpak_apply::cluster::Cluster;
use rukpak_apply::engine::{DeletionPolicy, Done, EngineError};
use rukpak_apply::rights::{MissingRights, Purpose, ServiceAccount, Target};
use rukpak_manifest::Object;
use serde_json::{Value, json};

use super::bench::Bench;
use super::definitions::gadgets;

/// An owner whose objects are written as the `ServiceAccount` `installer` of its namespace.
struct Installer {
    bench: Bench,
    server: Server,
    account: ServiceAccount,
}

impl Installer {
    async fn new(name: &str) -> Option<Self> {
        let mut bench = Bench::new(name).await?;
        let server = Server::current().await?;
        bench.put("{apiVersion: v1, kind: ServiceAccount, metadata: {name: installer}}").await;
        let account: ServiceAccount = format!("{}/installer", bench.namespace).parse().unwrap();
        bench.acting = Some(Cluster::acting_as(server.config(), &account).await.unwrap());
        Some(Self { bench, server, account })
    }

    /// What is missing for a set.
    async fn missing(&self, set: &str) -> Option<MissingRights> {
        match self.bench.look(set).await {
            Ok(_) => None,
            Err(EngineError::MissingRights(missing)) => Some(missing),
            Err(error) => panic!("{error}"),
        }
    }

    /// The lines of a report, with `NS` for the namespace; nothing where nothing is missing.
    async fn report(&self, set: &str) -> String {
        let missing = self.missing(set).await;
        missing.map(|missing| missing.to_string().replace(&self.bench.namespace, "NS")).unwrap_or_default()
    }

    /// Gives rights, as an administrator does.
    fn grant(&self, objects: Vec<Object>) -> Option<()> {
        let mut kubectl = self.server.kubectl()?;
        let items: Vec<_> = objects.into_iter().map(Object::into_value).collect();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
        let mut kubectl =
            kubectl.args(["apply", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        kubectl.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
        assert!(kubectl.wait().unwrap().success());
        Some(())
    }

    /// Gives these rules to the installer, in its namespace.
    async fn allow(&self, name: &str, rules: Value) {
        let Bench { namespace, .. } = &self.bench;
        let role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules,
        });
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "namespace": namespace, "name": "installer"}],
        });
        self.bench.put(&format!("{role}\n---\n{binding}")).await;
    }

    /// Waits until nothing is missing for a set: the server takes a moment to know new rights.
    async fn until_nothing_is_missing(&self, set: &str) {
        eventually("nothing is missing", async || self.missing(set).await.is_none().then_some(())).await;
    }
}

/// One of everything that rights are about.
fn everything(namespace: &str) -> String {
    let group = format!("rights.{namespace}.example.com");
    format!(
        "
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: pages}}, data: {{a: '1'}}}}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: dropped}}}}
---
{{apiVersion: v1, kind: Namespace, metadata: {{name: {namespace}-more}}}}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: pages, namespace: {namespace}-more}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: web}}
rules:
- {{apiGroups: [''], resources: [pods, pods/log], verbs: [get, list]}}
- {{apiGroups: [''], resources: [secrets], resourceNames: [tls], verbs: [get]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: web}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}}
subjects: [{{kind: ServiceAccount, name: default, namespace: {namespace}}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: {namespace}-reader}}
rules:
- {{apiGroups: ['*'], resources: [nodes], verbs: ['*']}}
- {{nonResourceURLs: [/metrics], verbs: [get]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: {namespace}-reader}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {namespace}-reader}}
subjects: [{{kind: ServiceAccount, name: default, namespace: {namespace}}}]
---
{}",
        gadgets(&group)
    )
}

#[tokio::test]
async fn what_is_missing_is_told_before_anything_is_written_and_the_manifests_give_it() {
    let Some(installer) = Installer::new("installer").await else { return };
    let Some(audit) = installer.server.audit() else { return };
    let namespace = &installer.bench.namespace;
    let set = everything(namespace);
    let mark = audit.mark().await;
    let missing = installer.missing(&set).await.unwrap();
    insta::assert_snapshot!(missing.to_string().replace(namespace, "NS"));
    assert_eq!(missing.actor().to_string(), format!("ServiceAccount {namespace}/installer"));
    assert!(missing.rights().is_sorted());

    // Nothing was written, or tried.
    let user = installer.account.user();
    let asked = audit.since(mark).await.filter(|request| request.impersonated.as_ref() == Some(&user));
    assert!(asked.iter().all(|request| request.resource.starts_with("selfsubject")), "{asked}");
    for (kind, name) in [("v1/ConfigMap", "pages"), ("rbac.authorization.k8s.io/v1/Role", "web")] {
        assert_eq!(installer.bench.get(kind, name).await, None);
    }
    assert_eq!(installer.bench.inventory().await, [""; 0]);

    // The manifests are all that it takes.
    let Some(()) = installer.grant(missing.to_manifests()) else { return };
    installer.until_nothing_is_missing(&set).await;
    let applied = installer.bench.apply(&set).await.unwrap();
    assert_eq!(applied.written, 10);
    assert!(installer.bench.done().values().all(|done| *done == Done::Created));
    assert_eq!(installer.bench.apply(&set).await.unwrap().written, 0);
}

#[tokio::test]
async fn an_upgrade_that_prunes_needs_no_more_than_is_told() {
    let Some(installer) = Installer::new("upgrade").await else { return };
    let namespace = &installer.bench.namespace;
    let set = everything(namespace);
    let Some(()) = installer.grant(installer.missing(&set).await.unwrap().to_manifests()) else { return };
    installer.until_nothing_is_missing(&set).await;
    installer.bench.apply(&set).await.unwrap();

    let next = set.replace("{name: dropped}", "{name: added}").replace("a: '1'", "a: '2'").replace(
        "resources: [pods, pods/log], verbs: [get, list]",
        "resources: [pods, services], verbs: [get, list]",
    );
    assert_eq!(
        installer.report(&next).await,
        "ServiceAccount NS/installer may not do all that the set needs, and nothing was written\n\
         in namespace NS, it may not:\n  \
         get, patch configmaps, for ConfigMap NS/added\n  \
         delete configmaps, for ConfigMap NS/dropped\n\
         in namespace NS, it may not grant what it does not hold itself (or `escalate` on the role, `bind` for a \
         binding):\n  \
         get, list services, for Role.rbac.authorization.k8s.io NS/web, RoleBinding.rbac.authorization.k8s.io NS/web"
    );
    // Those of the first report stay.
    installer.grant(installer.missing(&next).await.unwrap().to_manifests()).unwrap();
    installer.until_nothing_is_missing(&next).await;
    installer.bench.done();
    installer.bench.apply(&next).await.unwrap();
    let done = installer.bench.done();
    assert_eq!(done["ConfigMap dropped"], Done::Deleted);
    assert_eq!(done["ConfigMap added"], Done::Created);
    assert_eq!(done["Role web"], Done::Configured);
    assert_eq!(installer.bench.get("v1/ConfigMap", "dropped").await, None);
    assert_eq!(installer.bench.apply(&next).await.unwrap().written, 0);

    // An administrator gives it all back.
    let Installer { mut bench, .. } = installer;
    bench.acting = None;
    bench.tear_down(DeletionPolicy::Delete).await.unwrap();
}

#[tokio::test]
async fn what_is_made_where_it_is_absent_is_changed_later_and_what_is_used_never() {
    let Some(installer) = Installer::new("if-absent").await else { return };
    let account = |name: &str| {
        format!(
            "{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {name}, annotations: {{core.rukpak.io/create-if-absent: 'true'}}}}}}"
        )
    };
    installer.bench.put("{apiVersion: v1, kind: ServiceAccount, metadata: {name: theirs}}").await;
    let reads = json!([{"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get"]}]);
    installer.allow("reads", reads).await;
    let set = format!("{}\n---\n{}", account("made"), account("theirs"));
    let report = "ServiceAccount NS/installer may not do all that the set needs, and nothing was written\n\
                  in namespace NS, it may not:\n  \
                  patch serviceaccounts, for ServiceAccount NS/made\n  \
                  create serviceaccounts, for ServiceAccount NS/made, ServiceAccount NS/theirs";
    let missing = eventually("only writes are missing", async || {
        let missing = installer.missing(&set).await.unwrap();
        missing.rights().iter().all(|missing| missing.right.permission.verb != "get").then_some(missing)
    })
    .await;
    assert_eq!(missing.to_string().replace(&installer.bench.namespace, "NS"), report);
    let Some(()) = installer.grant(missing.to_manifests()) else { return };
    installer.until_nothing_is_missing(&set).await;
    installer.bench.apply(&set).await.unwrap();
    let done = installer.bench.done();
    assert_eq!(done["ServiceAccount made"], Done::Created);
    assert_eq!(done["ServiceAccount theirs"], Done::Used);
    assert_eq!(installer.bench.apply(&set).await.unwrap().written, 0);
}

#[tokio::test]
async fn what_may_not_be_given_back_is_said_before_anything_goes() {
    let Some(mut installer) = Installer::new("give-back").await else { return };
    let acting = installer.bench.acting.take();
    let set = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Secret, metadata: {name: b}}";
    installer.bench.apply(set).await.unwrap();
    installer.bench.acting = acting;
    let maps = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]}]);
    installer.allow("maps", maps).await;
    let missing = eventually("only Secrets are missing", async || {
        let error = installer.bench.tear_down(DeletionPolicy::Delete).await.unwrap_err();
        let EngineError::MissingRights(missing) = error else { panic!("{error}") };
        (!missing.to_string().contains("configmaps")).then_some(missing)
    })
    .await;
    let verbs: Vec<_> =
        missing.rights().iter().map(|missing| missing.right.permission.verb.as_str()).collect();
    assert_eq!(verbs, ["delete", "get"], "{missing}");
    assert_eq!(installer.bench.inventory().await, ["ConfigMap a", "Secret b"]);
    assert!(installer.bench.get("v1/ConfigMap", "a").await.is_some());
    let Some(()) = installer.grant(missing.to_manifests()) else { return };
    eventually("it is given back", async || installer.bench.tear_down(DeletionPolicy::Delete).await.ok())
        .await;
    assert_eq!(installer.bench.inventory().await, [""; 0]);
}

#[tokio::test]
async fn what_users_have_of_a_definition_is_given_back_with_the_rights_that_are_told() {
    let Some(mut installer) = Installer::new("give-back-crs").await else { return };
    let acting = installer.bench.acting.take();
    let group = format!("fifteen.{}.example.com", installer.bench.namespace);
    installer.bench.apply(&gadgets(&group)).await.unwrap();
    let theirs = "{name: made-by-a-user, namespace: default}";
    installer.bench.put(&format!("{{apiVersion: {group}/v1, kind: Gadget, metadata: {theirs}}}")).await;
    installer.bench.acting = acting;
    let error = installer.bench.tear_down(DeletionPolicy::Delete).await.unwrap_err();
    let EngineError::MissingRights(missing) = error else { panic!("{error}") };
    let everywhere = missing.rights().iter().map(|missing| &missing.right).filter(|right| {
        matches!(&right.permission.target, Target::Resource { group: of, name: None, .. } if *of == group)
    });
    let verbs: Vec<_> = everywhere.map(|right| (&*right.namespace, &*right.permission.verb)).collect();
    assert_eq!(verbs, [("", "delete"), ("", "list")], "{missing}");
    let Some(()) = installer.grant(missing.to_manifests()) else { return };
    let given_back = eventually("the rights are known", async || {
        let given_back = installer.bench.tear_down(DeletionPolicy::Delete).await;
        (!matches!(given_back, Err(EngineError::MissingRights(_)))).then_some(given_back)
    })
    .await;
    given_back.unwrap();
    assert_eq!(installer.bench.inventory().await, [""; 0]);
}

#[tokio::test]
async fn a_binding_to_a_role_of_the_set_is_not_verified_unless_any_may_be_bound() {
    let Some(installer) = Installer::new("unverified").await else { return };
    let set = "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
";
    let unverified = async |bench: &Bench| -> Vec<_> {
        let checked = bench.look(set).await.unwrap();
        let steps = checked.steps().iter().filter(|step| step.planned.unverified.is_some());
        steps.map(|step| (step.planned.id.kind.clone(), step.planned.unverified.unwrap())).collect()
    };
    // Whoever may do everything is told by the server.
    let mut administrator = installer.bench.other("administrator");
    administrator.options = installer.bench.options.clone();
    assert_eq!(unverified(&administrator).await, []);

    let Some(()) = installer.grant(installer.missing(set).await.unwrap().to_manifests()) else { return };
    installer.until_nothing_is_missing(set).await;
    assert_eq!(unverified(&installer.bench).await, [("RoleBinding".to_owned(), Unverified::Role)]);
    installer.bench.apply(set).await.unwrap();

    // Drift that leaves the binding without its role.
    let role = installer.bench.get("rbac.authorization.k8s.io/v1/Role", "web").await.unwrap();
    installer.bench.delete_object(&role).await;
    installer.bench.done();
    installer.bench.apply(set).await.unwrap();
    assert_eq!(installer.bench.done()["Role web"], Done::Created);
    assert_eq!(installer.bench.apply(set).await.unwrap().written, 0);
}

#[tokio::test]
async fn whoever_acts_as_themselves_gets_the_same_report() {
    let Some(installer) = Installer::new("themselves").await else { return };
    let Installer { mut bench, server, account } = installer;
    let kubeconfig = server.kubeconfig_for_service_account(&bench.namespace, "installer").await;
    let set = everything(&bench.namespace);
    let as_another = bench.look(&set).await.unwrap_err();
    bench.acting = Some(Cluster::new(e2e::controlplane::client(&kubeconfig).await));
    let as_themselves = bench.look(&set).await.unwrap_err();
    assert_eq!(as_themselves.to_string(), as_another.to_string());
    assert!(!as_themselves.is_permanent());
    let EngineError::MissingRights(missing) = as_themselves else { panic!() };
    assert_eq!(missing.actor().to_string(), format!("ServiceAccount {account}"));
    assert!(missing.rights().iter().any(|right| right.purpose == Purpose::Grant));
}
