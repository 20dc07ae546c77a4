//! What the spec of a `BundleDeployment` asks for, in the words of those who do it. Pure.

use rukpak_api::{self as api, BundleDeployment, CrdUpgradeSafety, Preflight, names};
use rukpak_apply::CollisionProtection;
use rukpak_apply::crd_upgrade::{Enforcement, Waiver};
use rukpak_apply::engine::DeletionPolicy;
use rukpak_apply::rights::ServiceAccount;
use rukpak_manifest::name::Namespace;

use crate::error::ReconcileError;

/// The finalizer by which an API server says that what depends on an object is to stay.
const ORPHAN: &str = "orphan";

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    /// The namespace to install into, where it is known before the bundle is.
    pub(crate) namespace: Option<Namespace>,
    /// Who acts; ourselves, where it is `None`.
    pub(crate) account: Option<ServiceAccount>,
    pub(crate) is_paused: bool,
    pub(crate) collision_protection: CollisionProtection,
    pub(crate) force: bool,
    pub(crate) enforcement: Enforcement,
    pub(crate) waivers: Vec<Waiver>,
}

impl Request {
    /// What a `BundleDeployment` asks for.
    pub(crate) fn of(deployment: &BundleDeployment, requires_account: bool) -> Result<Self, ReconcileError> {
        let api::BundleDeploymentSpec {
            install_namespace,
            paused,
            force,
            preflight,
            collision_protection,
            ..
        } = &deployment.spec;
        let kept = deployment.status.as_ref().and_then(|status| status.install_namespace.as_ref());
        let namespace = install_namespace.as_ref().or(kept).map(|name| {
            name.parse::<Namespace>().map_err(|error| {
                ReconcileError::Spec(format!("spec.installNamespace {name:?} is no namespace: {error}"))
            })
        });
        let account = actor(deployment, requires_account)?;
        let safety =
            preflight.as_ref().and_then(|Preflight { crd_upgrade_safety }| crd_upgrade_safety.clone());
        let CrdUpgradeSafety { disabled, enforcement, waivers } = safety.unwrap_or_default();
        let is_off = disabled == Some(true) || enforcement == api::Enforcement::None;
        Ok(Self {
            namespace: namespace.transpose()?,
            account,
            is_paused: *paused == Some(true),
            collision_protection: match collision_protection {
                api::CollisionProtection::Prevent => CollisionProtection::Prevent,
                api::CollisionProtection::IfNoController => CollisionProtection::IfNoController,
                api::CollisionProtection::None => CollisionProtection::None,
            },
            force: *force == Some(true),
            enforcement: if is_off { Enforcement::None } else { Enforcement::Strict },
            waivers: waivers.into_iter().map(waiver).collect::<Result<_, _>>()?,
        })
    }
}

/// As whom a `BundleDeployment` is installed.
pub(crate) fn actor(
    deployment: &BundleDeployment,
    requires_account: bool,
) -> Result<Option<ServiceAccount>, ReconcileError> {
    let account = account(deployment)?;
    if requires_account && account.is_none() {
        return Err(ReconcileError::Spec(
            "spec.serviceAccountName must be set: this provisioner installs nothing with its own rights \
             (--require-service-account)"
                .into(),
        ));
    }
    Ok(account)
}

/// As whom it is given back, if it says so.
pub(crate) fn account(deployment: &BundleDeployment) -> Result<Option<ServiceAccount>, ReconcileError> {
    let spec = &deployment.spec;
    let Some(name) = &spec.service_account_name else { return Ok(None) };
    let namespace = spec.service_account_namespace.as_ref().or(spec.install_namespace.as_ref());
    let Some(namespace) = namespace else {
        return Err(ReconcileError::Spec(
            "spec.serviceAccountName needs spec.serviceAccountNamespace or spec.installNamespace".into(),
        ));
    };
    let account = format!("{namespace}/{name}").parse();
    account.map(Some).map_err(|error| ReconcileError::Spec(format!("spec.serviceAccountName: {error}")))
}

/// Whether somebody deletes one so that what it owns stays (`--cascade=orphan`), or did so before.
pub(crate) fn is_orphaned(deployment: &BundleDeployment) -> bool {
    let metadata = &deployment.metadata;
    metadata.deletion_timestamp.is_some()
        && (metadata.finalizers.iter().flatten().any(|finalizer| finalizer == ORPHAN)
            || metadata.annotations.iter().flatten().any(|(key, _)| key == names::ORPHANED))
}

/// What becomes of the objects of a `BundleDeployment` that goes.
pub(crate) fn deletion_policy(deployment: &BundleDeployment) -> DeletionPolicy {
    if is_orphaned(deployment) {
        return DeletionPolicy::Orphan;
    }
    match deployment.spec.deletion_policy {
        api::DeletionPolicy::Delete => DeletionPolicy::Delete,
        api::DeletionPolicy::KeepCRDs => DeletionPolicy::KeepCRDs,
        api::DeletionPolicy::Orphan => DeletionPolicy::Orphan,
    }
}

/// What is left out stands for anything.
fn waiver(api::Waiver { crd, rule, path }: api::Waiver) -> Result<Waiver, ReconcileError> {
    let [crd, rule, path] = [crd, rule, path].map(Option::unwrap_or_default);
    Waiver::new(&crd, &rule, &path)
        .map_err(|error| ReconcileError::Spec(format!("spec.preflight.crdUpgradeSafety.waivers: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    use rstest::rstest;
    use serde_json::{Value, json};

    /// A `BundleDeployment` with these fields of its spec, and these finalizers.
    fn deployment(spec: &Value, finalizers: &[&str]) -> BundleDeployment {
        example::deployment(&json!({
            "metadata": {"finalizers": finalizers},
            "spec": spec,
            "status": {"installNamespace": "kept"},
        }))
    }

    #[rstest]
    #[case::ourselves(json!({"installNamespace": "a"}), Ok(None))]
    #[case::where_it_installs(json!({"installNamespace": "a", "serviceAccountName": "b"}), Ok(Some("a/b")))]
    #[case::elsewhere(
        json!({"installNamespace": "a", "serviceAccountName": "b", "serviceAccountNamespace": "c"}),
        Ok(Some("c/b"))
    )]
    #[case::nowhere(
        json!({"serviceAccountName": "b"}),
        Err("spec.serviceAccountName needs spec.serviceAccountNamespace or spec.installNamespace")
    )]
    fn accounts(#[case] spec: Value, #[case] expected: Result<Option<&str>, &str>) {
        let found = account(&deployment(&spec, &[]));
        let found = found.map(|account| account.map(|account| account.to_string()));
        assert_eq!(
            found.map_err(|error| error.to_string()),
            expected.map(|account| account.map(Into::into)).map_err(Into::into)
        );
    }

    #[test]
    fn who_has_to_be_named_is_asked_for() {
        let (nobody, somebody) = (
            deployment(&json!({"installNamespace": "a"}), &[]),
            deployment(&json!({"installNamespace": "a", "serviceAccountName": "b"}), &[]),
        );
        assert_eq!(Request::of(&nobody, false).unwrap().account, None);
        let error = Request::of(&nobody, true).unwrap_err().to_string();
        assert!(error.starts_with("spec.serviceAccountName must be set"), "{error}");
        assert!(Request::of(&somebody, true).unwrap().account.is_some());
    }

    #[rstest]
    #[case::default(json!({}), &[], DeletionPolicy::Delete)]
    #[case::said(json!({"deletionPolicy": "KeepCRDs"}), &["core.rukpak.io/teardown"], DeletionPolicy::KeepCRDs)]
    #[case::by_kubectl(json!({"deletionPolicy": "KeepCRDs"}), &["core.rukpak.io/teardown", "orphan"], DeletionPolicy::Orphan)]
    fn deletion_policies(#[case] spec: Value, #[case] finalizers: &[&str], #[case] expected: DeletionPolicy) {
        let mut going = deployment(&spec, finalizers);
        going.metadata.deletion_timestamp = example::deployment(&json!({
            "metadata": {"deletionTimestamp": "1970-01-01T00:00:00Z"},
        }))
        .metadata
        .deletion_timestamp;
        assert_eq!(deletion_policy(&going), expected);
    }

    #[rstest]
    #[case::said(json!({"installNamespace": "a"}), "a")]
    #[case::as_before(json!({}), "kept")]
    fn namespaces(#[case] spec: Value, #[case] expected: &str) {
        let request = Request::of(&deployment(&spec, &[]), false).unwrap();
        assert_eq!(request.namespace.unwrap().to_string(), expected);
    }

    #[rstest]
    #[case::default(json!({}), Enforcement::Strict, 0)]
    #[case::disabled(json!({"disabled": true}), Enforcement::None, 0)]
    #[case::not_enforced(json!({"enforcement": "None"}), Enforcement::None, 0)]
    #[case::waived(json!({"waivers": [{"crd": "a.b", "path": "^.spec.size"}]}), Enforcement::Strict, 1)]
    fn upgrade_safety(#[case] safety: Value, #[case] enforcement: Enforcement, #[case] waivers: usize) {
        let spec = json!({"preflight": {"crdUpgradeSafety": safety}});
        let request = Request::of(&deployment(&spec, &[]), false).unwrap();
        assert_eq!((request.enforcement, request.waivers.len()), (enforcement, waivers));
    }

    #[test]
    fn what_no_waiver_can_be_is_said() {
        let spec = json!({"preflight": {"crdUpgradeSafety": {"waivers": [{"path": "spec"}]}}});
        let error = Request::of(&deployment(&spec, &[]), false).unwrap_err().to_string();
        assert!(error.starts_with("spec.preflight.crdUpgradeSafety.waivers: got path \"spec\""), "{error}");
    }
}
