//! The `ClusterServiceVersion`, typed as far as a conversion uses it (`operators.coreos.com/v1alpha1`).

mod parse;
pub(crate) mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rukpak_manifest::GroupVersionKind;
use serde_json::{Map, Value};

/// How many bytes all annotations of an object have together where an API server takes it.
const MAX_ANNOTATIONS: usize = 256 << 10;

/// The text of an annotation that is to be read as JSON, which may take a hundred times its memory.
///
/// # Errors
/// It is longer than any that an API server takes.
pub(crate) fn readable(text: &str) -> Result<&str, String> {
    if text.len() <= MAX_ANNOTATIONS {
        return Ok(text);
    }
    Err(format!(
        "it has {} bytes, and API servers take {MAX_ANNOTATIONS} in all annotations together",
        text.len()
    ))
}

/// What a `ClusterServiceVersion` says about an installation.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterServiceVersion {
    /// `metadata.name`, such as `argocd-operator.v0.6.0`.
    pub name: String,
    /// `metadata.annotations`, with the bundle's properties merged into `olm.properties`.
    pub annotations: BTreeMap<String, String>,
    /// `spec.displayName`.
    pub display_name: String,
    /// `spec.version`, as written.
    pub version: String,
    /// `spec.minKubeVersion`, as written; empty where it is missing.
    pub min_kube_version: String,
    /// `spec.nativeAPIs`.
    pub native_apis: Vec<GroupVersionKind>,
    /// The install modes with `supported: true`.
    pub install_modes: BTreeSet<InstallMode>,
    /// `spec.install.spec.permissions`.
    pub permissions: Vec<Permission>,
    /// `spec.install.spec.clusterPermissions`.
    pub cluster_permissions: Vec<Permission>,
    /// `spec.install.spec.deployments`.
    pub deployments: Vec<StrategyDeployment>,
    /// `spec.webhookdefinitions`.
    pub webhooks: Vec<Webhook>,
    /// `spec.customresourcedefinitions.owned`.
    pub owned_crds: Vec<CrdDescription>,
    /// `spec.customresourcedefinitions.required`.
    pub required_crds: Vec<CrdDescription>,
    /// `spec.apiservicedefinitions.owned`.
    pub owned_api_services: Vec<ApiServiceDescription>,
    /// `spec.apiservicedefinitions.required`.
    pub required_api_services: Vec<ApiServiceDescription>,
    /// `spec.relatedImages`: name and image reference.
    pub related_images: Vec<RelatedImage>,
}

/// Which namespaces an operator can watch. The order is the one in which the reference prints them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstallMode {
    /// Every namespace.
    AllNamespaces,
    /// Several namespaces.
    MultiNamespace,
    /// The namespace that it runs in.
    OwnNamespace,
    /// One other namespace.
    SingleNamespace,
}

impl InstallMode {
    /// The mode of a name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }

    const ALL: [Self; 4] =
        [Self::AllNamespaces, Self::MultiNamespace, Self::OwnNamespace, Self::SingleNamespace];

    /// Its name in `spec.installModes`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllNamespaces => "AllNamespaces",
            Self::MultiNamespace => "MultiNamespace",
            Self::OwnNamespace => "OwnNamespace",
            Self::SingleNamespace => "SingleNamespace",
        }
    }
}

impl fmt::Display for InstallMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Rights of one `ServiceAccount`.
#[derive(Debug, Clone, PartialEq)]
pub struct Permission {
    /// The `ServiceAccount`'s name; empty means `default`.
    pub service_account_name: String,
    /// The rules; `None` where the field is missing or null, which the name of the role tells apart from an empty list.
    pub rules: Option<Vec<PolicyRule>>,
}

/// `rbac.authorization.k8s.io/v1 PolicyRule`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PolicyRule {
    /// Verbs; `None` where the field is missing or null.
    pub verbs: Option<Vec<String>>,
    /// API groups.
    pub api_groups: Vec<String>,
    /// Resources.
    pub resources: Vec<String>,
    /// Names of single resources.
    pub resource_names: Vec<String>,
    /// Paths that are no resources.
    pub non_resource_urls: Vec<String>,
}

/// A Deployment that the operator consists of.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyDeployment {
    /// Its name.
    pub name: String,
    /// `label`: labels of the Deployment itself.
    pub labels: BTreeMap<String, String>,
    /// `spec`: an `apps/v1 DeploymentSpec` with the fields that its type knows, and no others.
    pub spec: Map<String, Value>,
}

impl StrategyDeployment {
    /// The `ServiceAccount` that its pods name, and the field that names it: `serviceAccount` is the old name of
    /// `serviceAccountName`, read where the new one is not set, as the API server does.
    #[must_use]
    pub fn service_account(&self) -> Option<(&'static str, &str)> {
        let pod = self.spec.get("template")?.get("spec")?;
        let named = |field: &'static str| {
            let account = pod.get(field).and_then(Value::as_str)?;
            (!account.is_empty()).then_some((field, account))
        };
        named("serviceAccountName").or_else(|| named("serviceAccount"))
    }
}

/// What kind of webhook a definition asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WebhookType {
    /// `ConversionWebhook`.
    Conversion,
    /// `MutatingAdmissionWebhook`.
    Mutating,
    /// `ValidatingAdmissionWebhook`.
    Validating,
}

impl WebhookType {
    /// The type of a name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        [Self::Conversion, Self::Mutating, Self::Validating].into_iter().find(|kind| kind.as_str() == name)
    }

    /// Its name in `spec.webhookdefinitions`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conversion => "ConversionWebhook",
            Self::Mutating => "MutatingAdmissionWebhook",
            Self::Validating => "ValidatingAdmissionWebhook",
        }
    }
}

impl fmt::Display for WebhookType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One of `spec.webhookdefinitions`.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// `type`.
    pub kind: WebhookType,
    /// `generateName`, as written.
    pub generate_name: String,
    /// The strategy deployment that serves it.
    pub deployment_name: String,
    /// `containerPort`; `None` where it is missing or 0.
    pub container_port: Option<i32>,
    /// `targetPort`, a number or the name of a port.
    pub target_port: Option<Value>,
    /// `webhookPath`.
    pub path: Option<String>,
    /// `admissionReviewVersions`.
    pub admission_review_versions: Vec<String>,
    /// `conversionCRDs`: names of definitions.
    pub conversion_crds: Vec<String>,
    /// `rules`, `failurePolicy`, `matchPolicy`, `objectSelector`, `sideEffects`, `timeoutSeconds` and, for a mutating
    /// one, `reinvocationPolicy`: each as in `admissionregistration.k8s.io/v1`, with the fields that the type knows,
    /// and only those that are set.
    pub fields: Map<String, Value>,
}

/// A definition that the operator owns or requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrdDescription {
    /// The definition's name, `<plural>.<group>`.
    pub name: String,
    /// The version meant.
    pub version: String,
    /// The kind.
    pub kind: String,
}

/// An aggregated API that the operator owns or requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiServiceDescription {
    /// `name`: the plural of the resource.
    pub name: String,
    /// API group.
    pub group: String,
    /// Version.
    pub version: String,
    /// Kind.
    pub kind: String,
}

/// An image that the operator runs or uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RelatedImage {
    /// What it is for.
    pub name: String,
    /// Its reference.
    pub image: String,
}
