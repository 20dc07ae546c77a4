//! `BundleDeployment`: a bundle that is to be installed.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{BundleDeploymentStatus, BundleSource, definitions};

/// A bundle that is to be installed, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "core.rukpak.io",
    version = "v1alpha2",
    kind = "BundleDeployment",
    plural = "bundledeployments",
    shortname = "bd",
    shortname = "bds",
    status = "BundleDeploymentStatus",
    derive = "PartialEq",
    doc = "BundleDeployment installs a bundle: it is fetched, turned into plain manifests, applied and kept so until this is deleted.",
    printcolumn(
        name = "Install State",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Installed")].reason"#
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Provisioner", type_ = "string", json_path = ".spec.provisionerClassName", priority = 1),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.bundle.version", priority = 1),
    printcolumn(
        name = "Healthy",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Healthy")].status"#,
        priority = 1
    ),
    printcolumn(name = "Source", type_ = "string", json_path = ".spec.source.type", priority = 1),
    validation = (
        "self.metadata.name.size() <= 52",
        "metadata.name must not have more than 52 characters"
    ),
    validation = (
        "!has(self.spec.installNamespace) || !has(self.status) || !has(self.status.installNamespace) || self.spec.installNamespace == self.status.installNamespace",
        "spec.installNamespace must be the namespace that the bundle is installed into; delete this and make a new one to move it"
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = (
        "!has(oldSelf.installNamespace) || has(self.installNamespace) && self.installNamespace == oldSelf.installNamespace",
        "spec.installNamespace cannot change once it is set; delete this and make a new one to move it"
    ),
    validation = (
        "self.provisionerClassName != 'core-rukpak-io-plain' || has(self.installNamespace)",
        "spec.installNamespace is required for the class core-rukpak-io-plain, whose bundles suggest none"
    ),
    validation = (
        "!has(self.serviceAccountName) || has(self.serviceAccountNamespace) || has(self.installNamespace)",
        "spec.serviceAccountName needs spec.serviceAccountNamespace or spec.installNamespace, since a bundle must not choose as whom it is installed"
    ),
    validation = (
        "!has(self.serviceAccountNamespace) || has(self.serviceAccountName)",
        "spec.serviceAccountNamespace has no meaning without spec.serviceAccountName"
    )
)]
pub struct BundleDeploymentSpec {
    /// The namespace that the bundle is installed into, made if it is absent. Of a registry+v1 bundle the one that it suggests, if this is
    /// not set. It cannot change afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub install_namespace: Option<String>,

    /// The class of the provisioner that takes care of this: core-rukpak-io-registry for registry+v1 bundles, core-rukpak-io-plain for
    /// plain ones.
    #[schemars(length(max = 63), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub provisioner_class_name: String,

    /// Where the bundle is.
    pub source: BundleSource,

    /// What the operator is told: certificateProvider, watchNamespace or watchNamespaces, deploymentConfig. Plain bundles know nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "definitions::anything")]
    pub config: Option<Value>,

    /// The ServiceAccount that the objects are read and written as. Without one, the provisioner's own rights count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub service_account_name: Option<String>,

    /// The namespace of that ServiceAccount; installNamespace if this is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub service_account_namespace: Option<String>,

    /// Whether nothing is to be written. What differs is reported. It does not hold back a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,

    /// What may be taken over of objects that are there already.
    #[serde(default)]
    pub collision_protection: CollisionProtection,

    /// What becomes of the objects when this is deleted.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,

    /// After how many minutes without all objects healthy this is reported as Stalled. Never, if it is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_080))]
    pub progress_deadline_minutes: Option<i32>,

    /// Checks before an upgrade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preflight: Option<Preflight>,

    /// Whether an object is deleted and made anew where a field of it cannot be changed. Never a CustomResourceDefinition, Namespace,
    /// PersistentVolume, PersistentVolumeClaim, or StatefulSet whose volumes go with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
}

/// What may be taken over of objects that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub enum CollisionProtection {
    /// Nothing.
    #[default]
    Prevent,
    /// What no controller has.
    IfNoController,
    /// Everything but what another BundleDeployment has.
    None,
}

/// What becomes of the objects when their BundleDeployment is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub enum DeletionPolicy {
    /// They are deleted.
    #[default]
    Delete,
    /// They are deleted, but CustomResourceDefinitions and their resources.
    KeepCRDs,
    /// They stay, and are nobody's.
    Orphan,
}

/// Checks before an upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preflight {
    /// Whether CustomResourceDefinitions take something away from the resources that are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crd_upgrade_safety: Option<CrdUpgradeSafety>,
}

/// The check whether CustomResourceDefinitions take something away from the resources that are there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CrdUpgradeSafety {
    /// Whether nothing is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// Whether an upgrade that takes something away is refused.
    #[serde(default)]
    pub enforcement: Enforcement,
    /// What may be taken away all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    pub waivers: Vec<Waiver>,
}

/// Whether an upgrade that takes something away is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Enforcement {
    /// It is.
    #[default]
    Strict,
    /// It is not.
    None,
}

/// Something that an upgrade may take away. What is left out stands for anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Waiver {
    /// The name of the CustomResourceDefinition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    #[x_kube(validation = (
        "self in ['', '*'] || self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
        "waivers[].crd must be the name of a CustomResourceDefinition, such as webs.example.com"
    ))]
    pub crd: Option<String>,
    /// The rule, as the refusal names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub rule: Option<String>,
    /// The place in the schema, as the refusal names it, such as `^.spec.replicas`; with `.*` behind it, everything below, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    #[x_kube(validation = (
        "self in ['', '*', '^'] || (self.startsWith('^.') || self.startsWith('^[')) && !self.endsWith('.')",
        "waivers[].path must be as the refusal names it, with ^ before it, such as ^.spec.replicas"
    ))]
    pub path: Option<String>,
}
