//! The fields of `operators.coreos.com/v1alpha1`, as `github.com/operator-framework/api` declares them.

use super::kubernetes::{DEPLOYMENT_SPEC, LABEL_SELECTOR, OBJECT_META, POLICY_RULE, RULE_WITH_OPERATIONS};
use super::{Field, Struct, Type};

const STRINGS: Type = Type::List(&Type::String);
const STRING_MAP: Type = Type::Map(&Type::String);

/// `ClusterServiceVersion`.
///
/// `spec.version` is a string here; Go refuses one that is no semantic version. `status`, which only a cluster
/// writes, is anything.
pub static CLUSTER_SERVICE_VERSION: Struct = Struct {
    name: "ClusterServiceVersion",
    fields: &[
        Field::new("apiVersion", Type::String),
        Field::new("kind", Type::String),
        Field::new("metadata", Type::Struct(&OBJECT_META)),
        Field::new("spec", Type::Struct(&CLUSTER_SERVICE_VERSION_SPEC)),
        Field::new("status", Type::Any),
    ],
};

static CLUSTER_SERVICE_VERSION_SPEC: Struct = Struct {
    name: "ClusterServiceVersionSpec",
    fields: &[
        Field::new("annotations", STRING_MAP),
        Field::new("apiservicedefinitions", Type::Struct(&API_SERVICE_DEFINITIONS)),
        Field::new("cleanup", Type::Struct(&CLEANUP_SPEC)),
        Field::new("customresourcedefinitions", Type::Struct(&CUSTOM_RESOURCE_DEFINITIONS)),
        Field::new("description", Type::String),
        Field::new("displayName", Type::String),
        Field::new("icon", Type::List(&Type::Struct(&ICON))),
        Field::new("install", Type::Struct(&NAMED_INSTALL_STRATEGY)),
        Field::new("installModes", Type::List(&Type::Struct(&INSTALL_MODE))),
        Field::new("keywords", STRINGS),
        Field::new("labels", STRING_MAP),
        Field::new("links", Type::List(&Type::Struct(&APP_LINK))),
        Field::new("maintainers", Type::List(&Type::Struct(&MAINTAINER))),
        Field::new("maturity", Type::String),
        Field::new("minKubeVersion", Type::String),
        Field::new("nativeAPIs", Type::List(&Type::Struct(&GROUP_VERSION_KIND))),
        Field::new("provider", Type::Struct(&APP_LINK)),
        Field::new("relatedImages", Type::List(&Type::Struct(&RELATED_IMAGE))),
        Field::new("replaces", Type::String),
        Field::new("selector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("skips", STRINGS),
        Field::new("version", Type::String),
        Field::new("webhookdefinitions", Type::List(&Type::Struct(&WEBHOOK_DESCRIPTION))),
    ],
};

static NAMED_INSTALL_STRATEGY: Struct = Struct {
    name: "NamedInstallStrategy",
    fields: &[
        Field::new("spec", Type::Struct(&STRATEGY_DETAILS_DEPLOYMENT)),
        Field::new("strategy", Type::String),
    ],
};

static STRATEGY_DETAILS_DEPLOYMENT: Struct = Struct {
    name: "StrategyDetailsDeployment",
    fields: &[
        Field::new("clusterPermissions", Type::List(&Type::Struct(&STRATEGY_DEPLOYMENT_PERMISSIONS))),
        Field::new("deployments", Type::List(&Type::Struct(&STRATEGY_DEPLOYMENT_SPEC))),
        Field::new("permissions", Type::List(&Type::Struct(&STRATEGY_DEPLOYMENT_PERMISSIONS))),
    ],
};

static STRATEGY_DEPLOYMENT_SPEC: Struct = Struct {
    name: "StrategyDeploymentSpec",
    fields: &[
        Field::new("label", STRING_MAP),
        Field::new("name", Type::String),
        Field::new("spec", Type::Struct(&DEPLOYMENT_SPEC)),
    ],
};

static STRATEGY_DEPLOYMENT_PERMISSIONS: Struct = Struct {
    name: "StrategyDeploymentPermissions",
    fields: &[
        Field::new("rules", Type::List(&Type::Struct(&POLICY_RULE))),
        Field::new("serviceAccountName", Type::String),
    ],
};

static CUSTOM_RESOURCE_DEFINITIONS: Struct = Struct {
    name: "CustomResourceDefinitions",
    fields: &[
        Field::new("owned", Type::List(&Type::Struct(&CRD_DESCRIPTION))),
        Field::new("required", Type::List(&Type::Struct(&CRD_DESCRIPTION))),
    ],
};

static CRD_DESCRIPTION: Struct = Struct {
    name: "CRDDescription",
    fields: &[
        Field::new("actionDescriptors", DESCRIPTORS),
        Field::new("description", Type::String),
        Field::new("displayName", Type::String),
        Field::new("kind", Type::String),
        Field::new("name", Type::String),
        Field::new("resources", Type::List(&Type::Struct(&API_RESOURCE_REFERENCE))),
        Field::new("specDescriptors", DESCRIPTORS),
        Field::new("statusDescriptors", DESCRIPTORS),
        Field::new("version", Type::String),
    ],
};

static API_SERVICE_DEFINITIONS: Struct = Struct {
    name: "APIServiceDefinitions",
    fields: &[
        Field::new("owned", Type::List(&Type::Struct(&API_SERVICE_DESCRIPTION))),
        Field::new("required", Type::List(&Type::Struct(&API_SERVICE_DESCRIPTION))),
    ],
};

static API_SERVICE_DESCRIPTION: Struct = Struct {
    name: "APIServiceDescription",
    fields: &[
        Field::new("actionDescriptors", DESCRIPTORS),
        Field::new("containerPort", Type::Int32),
        Field::new("deploymentName", Type::String),
        Field::new("description", Type::String),
        Field::new("displayName", Type::String),
        Field::new("group", Type::String),
        Field::new("kind", Type::String),
        Field::new("name", Type::String),
        Field::new("resources", Type::List(&Type::Struct(&API_RESOURCE_REFERENCE))),
        Field::new("specDescriptors", DESCRIPTORS),
        Field::new("statusDescriptors", DESCRIPTORS),
        Field::new("version", Type::String),
    ],
};

/// `ActionDescriptor`, `SpecDescriptor` and `StatusDescriptor`, which have the same fields.
static DESCRIPTOR: Struct = Struct {
    name: "Descriptor",
    fields: &[
        Field::new("description", Type::String),
        Field::new("displayName", Type::String),
        Field::new("path", Type::String),
        Field::new("value", Type::Any),
        Field::new("x-descriptors", STRINGS),
    ],
};

const DESCRIPTORS: Type = Type::List(&Type::Struct(&DESCRIPTOR));

static API_RESOURCE_REFERENCE: Struct = Struct {
    name: "APIResourceReference",
    fields: &[
        Field::new("kind", Type::String),
        Field::new("name", Type::String),
        Field::new("version", Type::String),
    ],
};

static WEBHOOK_DESCRIPTION: Struct = Struct {
    name: "WebhookDescription",
    fields: &[
        Field::new("admissionReviewVersions", STRINGS),
        Field::new("containerPort", Type::Int32),
        Field::new("conversionCRDs", STRINGS),
        Field::new("deploymentName", Type::String),
        Field::new("failurePolicy", Type::String),
        Field::new("generateName", Type::String),
        Field::new("matchPolicy", Type::String),
        Field::new("objectSelector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("reinvocationPolicy", Type::String),
        Field::new("rules", Type::List(&Type::Struct(&RULE_WITH_OPERATIONS))),
        Field::new("sideEffects", Type::String),
        Field::new("targetPort", Type::IntOrString),
        Field::new("timeoutSeconds", Type::Int32),
        Field::new("type", Type::String),
        Field::new("webhookPath", Type::String),
    ],
};

static GROUP_VERSION_KIND: Struct = Struct {
    name: "GroupVersionKind",
    fields: &[
        Field::new("group", Type::String),
        Field::new("kind", Type::String),
        Field::new("version", Type::String),
    ],
};

static INSTALL_MODE: Struct = Struct {
    name: "InstallMode",
    fields: &[Field::new("supported", Type::Bool), Field::new("type", Type::String)],
};

static CLEANUP_SPEC: Struct = Struct { name: "CleanupSpec", fields: &[Field::new("enabled", Type::Bool)] };

static RELATED_IMAGE: Struct = Struct {
    name: "RelatedImage",
    fields: &[Field::new("image", Type::String), Field::new("name", Type::String)],
};

static MAINTAINER: Struct = Struct {
    name: "Maintainer",
    fields: &[Field::new("email", Type::String), Field::new("name", Type::String)],
};

static APP_LINK: Struct =
    Struct { name: "AppLink", fields: &[Field::new("name", Type::String), Field::new("url", Type::String)] };

static ICON: Struct = Struct {
    name: "Icon",
    fields: &[Field::new("base64data", Type::String), Field::new("mediatype", Type::String)],
};
