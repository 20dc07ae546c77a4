//! What is reported on a `BundleDeployment`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{BundleSource, definitions};

/// What is reported on a BundleDeployment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BundleDeploymentStatus {
    /// How it is doing: Unpacked, HasValidBundle, Installed, Healthy, Reconciling, Stalled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "definitions::conditions")]
    pub conditions: Vec<Condition>,

    /// The generation of the spec that was looked at last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// What the source means: the same with its digest or commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_source: Option<BundleSource>,

    /// When that was found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<String>,

    /// The value of core.rukpak.io/reconcile-requested-at for which it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,

    /// What runs: the source of the last version whose objects are all written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_source: Option<BundleSource>,

    /// What spec.config was for that version; empty, if it was not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "definitions::anything")]
    pub active_config: Option<Value>,

    /// The class of the provisioner that installed it; none but that one keeps it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_class: Option<String>,

    /// Which bundle that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Bundle>,

    /// Where the content is handed out, as a compressed tar archive, to those with the rights of the ClusterRole bundle-reader.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "contentURL")]
    pub content_url: Option<String>,

    /// The namespace that it is installed into, for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install_namespace: Option<String>,

    /// What it owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
}

/// Which bundle runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Bundle {
    /// The name of the bundle; of a registry+v1 bundle that of its ClusterServiceVersion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The package that it is a version of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The objects that a BundleDeployment owns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Inventory {
    /// One for each object.
    pub entries: Vec<InventoryEntry>,
}

/// An object that a BundleDeployment owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InventoryEntry {
    /// Which: its namespace, name, group and kind, with _ between.
    pub id: String,
    /// The version of its group that it was written in.
    pub v: String,
}
