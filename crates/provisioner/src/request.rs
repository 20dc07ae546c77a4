//! What the spec of a `BundleDeployment` asks for, in the words of those who do it. Pure.

use rukpak_api::{self as api, BundleDeployment, CrdUpgradeSafety, Preflight};
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

/// What becomes of the objects of a `BundleDeployment` that goes.
pub(crate) fn deletion_policy(deployment: &BundleDeployment) -> DeletionPolicy {
    let finalizers = deployment.metadata.finalizers.iter().flatten();
    if finalizers.into_iter().any(|finalizer| finalizer == ORPHAN) {
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
