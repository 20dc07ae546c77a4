//! What an administrator changes in an operator's deployments.

mod apply;

use serde_json::{Map, Value};

/// What an administrator changes in every deployment of an operator: `spec.config.deploymentConfig`, legacy OLM's
/// `SubscriptionConfig` without its selector. A field that is missing or null changes nothing.
///
/// Made by [`crate::BundleConfig::from_value`], so that every part has its Kubernetes type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeploymentConfig {
    pub(crate) env: Vec<Value>,
    pub(crate) env_from: Vec<Value>,
    pub(crate) volumes: Vec<Value>,
    pub(crate) volume_mounts: Vec<Value>,
    pub(crate) tolerations: Vec<Value>,
    pub(crate) resources: Option<Map<String, Value>>,
    pub(crate) node_selector: Option<Map<String, Value>>,
    pub(crate) affinity: Option<Map<String, Value>>,
    pub(crate) annotations: Map<String, Value>,
}
