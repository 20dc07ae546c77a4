//! The fields of Kubernetes' own types, as `k8s.io/api` and `k8s.io/apiextensions-apiserver` v0.36.3 declare them.
//!
//! Generated, not written: `go -C crates/manifest/generate run .`

use super::{Field, Struct, Type};

static ADMISSIONREGISTRATION_SERVICE_REFERENCE: Struct = Struct {
    name: "ServiceReference",
    fields: &[
        Field::new("name", Type::String),
        Field::new("namespace", Type::String),
        Field::new("path", Type::String),
        Field::new("port", Type::Int32),
    ],
};

static ADMISSIONREGISTRATION_WEBHOOK_CLIENT_CONFIG: Struct = Struct {
    name: "WebhookClientConfig",
    fields: &[
        Field::new("caBundle", Type::Bytes),
        Field::new("service", Type::Struct(&ADMISSIONREGISTRATION_SERVICE_REFERENCE)),
        Field::new("url", Type::String),
    ],
};

/// `Affinity` of `k8s.io/api/core/v1`.
pub static AFFINITY: Struct = Struct {
    name: "Affinity",
    fields: &[
        Field::new("nodeAffinity", Type::Struct(&NODE_AFFINITY)),
        Field::new("podAffinity", Type::Struct(&POD_AFFINITY)),
        Field::new("podAntiAffinity", Type::Struct(&POD_ANTI_AFFINITY)),
    ],
};

static APIEXTENSIONS_SERVICE_REFERENCE: Struct = Struct {
    name: "ServiceReference",
    fields: &[
        Field::new("name", Type::String),
        Field::new("namespace", Type::String),
        Field::new("path", Type::String),
        Field::new("port", Type::Int32),
    ],
};

static APIEXTENSIONS_WEBHOOK_CLIENT_CONFIG: Struct = Struct {
    name: "WebhookClientConfig",
    fields: &[
        Field::new("caBundle", Type::Bytes),
        Field::new("service", Type::Struct(&APIEXTENSIONS_SERVICE_REFERENCE)),
        Field::new("url", Type::String),
    ],
};

static APP_ARMOR_PROFILE: Struct = Struct {
    name: "AppArmorProfile",
    fields: &[Field::new("localhostProfile", Type::String), Field::new("type", Type::String)],
};

static AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE: Struct = Struct {
    name: "AWSElasticBlockStoreVolumeSource",
    fields: &[
        Field::new("fsType", Type::String),
        Field::new("partition", Type::Int32),
        Field::new("readOnly", Type::Bool),
        Field::new("volumeID", Type::String),
    ],
};

static AZURE_DISK_VOLUME_SOURCE: Struct = Struct {
    name: "AzureDiskVolumeSource",
    fields: &[
        Field::new("cachingMode", Type::String),
        Field::new("diskName", Type::String),
        Field::new("diskURI", Type::String),
        Field::new("fsType", Type::String),
        Field::new("kind", Type::String),
        Field::new("readOnly", Type::Bool),
    ],
};

static AZURE_FILE_VOLUME_SOURCE: Struct = Struct {
    name: "AzureFileVolumeSource",
    fields: &[
        Field::new("readOnly", Type::Bool),
        Field::new("secretName", Type::String),
        Field::new("shareName", Type::String),
    ],
};

static CAPABILITIES: Struct = Struct {
    name: "Capabilities",
    fields: &[Field::new("add", Type::List(&Type::String)), Field::new("drop", Type::List(&Type::String))],
};

static CEPH_FS_VOLUME_SOURCE: Struct = Struct {
    name: "CephFSVolumeSource",
    fields: &[
        Field::new("monitors", Type::List(&Type::String)),
        Field::new("path", Type::String),
        Field::new("readOnly", Type::Bool),
        Field::new("secretFile", Type::String),
        Field::new("secretRef", Type::Struct(&LOCAL_OBJECT_REFERENCE)),
        Field::new("user", Type::String),
    ],
};

static CINDER_VOLUME_SOURCE: Struct = Struct {
    name: "CinderVolumeSource",
    fields: &[
        Field::new("fsType", Type::String),
        Field::new("readOnly", Type::Bool),
        Field::new("secretRef", Type::Struct(&LOCAL_OBJECT_REFERENCE)),
        Field::new("volumeID", Type::String),
    ],
};

static CLUSTER_TRUST_BUNDLE_PROJECTION: Struct = Struct {
    name: "ClusterTrustBundleProjection",
    fields: &[
        Field::new("labelSelector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("name", Type::String),
        Field::new("optional", Type::Bool),
        Field::new("path", Type::String),
        Field::new("signerName", Type::String),
    ],
};

static CONFIG_MAP_ENV_SOURCE: Struct = Struct {
    name: "ConfigMapEnvSource",
    fields: &[Field::new("name", Type::String), Field::new("optional", Type::Bool)],
};

static CONFIG_MAP_KEY_SELECTOR: Struct = Struct {
    name: "ConfigMapKeySelector",
    fields: &[
        Field::new("key", Type::String),
        Field::new("name", Type::String),
        Field::new("optional", Type::Bool),
    ],
};

static CONFIG_MAP_PROJECTION: Struct = Struct {
    name: "ConfigMapProjection",
    fields: &[
        Field::new("items", Type::List(&Type::Struct(&KEY_TO_PATH))),
        Field::new("name", Type::String),
        Field::new("optional", Type::Bool),
    ],
};

static CONFIG_MAP_VOLUME_SOURCE: Struct = Struct {
    name: "ConfigMapVolumeSource",
    fields: &[
        Field::new("defaultMode", Type::Int32),
        Field::new("items", Type::List(&Type::Struct(&KEY_TO_PATH))),
        Field::new("name", Type::String),
        Field::new("optional", Type::Bool),
    ],
};

static CONTAINER: Struct = Struct {
    name: "Container",
    fields: &[
        Field::new("args", Type::List(&Type::String)),
        Field::new("command", Type::List(&Type::String)),
        Field::new("env", Type::List(&Type::Struct(&ENV_VAR))),
        Field::new("envFrom", Type::List(&Type::Struct(&ENV_FROM_SOURCE))),
        Field::new("image", Type::String),
        Field::new("imagePullPolicy", Type::String),
        Field::new("lifecycle", Type::Struct(&LIFECYCLE)),
        Field::new("livenessProbe", Type::Struct(&PROBE)),
        Field::new("name", Type::String),
        Field::new("ports", Type::List(&Type::Struct(&CONTAINER_PORT))),
        Field::new("readinessProbe", Type::Struct(&PROBE)),
        Field::new("resizePolicy", Type::List(&Type::Struct(&CONTAINER_RESIZE_POLICY))),
        Field::new("resources", Type::Struct(&RESOURCE_REQUIREMENTS)),
        Field::new("restartPolicy", Type::String),
        Field::new("restartPolicyRules", Type::List(&Type::Struct(&CONTAINER_RESTART_RULE))),
        Field::new("securityContext", Type::Struct(&SECURITY_CONTEXT)),
        Field::new("startupProbe", Type::Struct(&PROBE)),
        Field::new("stdin", Type::Bool),
        Field::new("stdinOnce", Type::Bool),
        Field::new("terminationMessagePath", Type::String),
        Field::new("terminationMessagePolicy", Type::String),
        Field::new("tty", Type::Bool),
        Field::new("volumeDevices", Type::List(&Type::Struct(&VOLUME_DEVICE))),
        Field::new("volumeMounts", Type::List(&Type::Struct(&VOLUME_MOUNT))),
        Field::new("workingDir", Type::String),
    ],
};

static CONTAINER_PORT: Struct = Struct {
    name: "ContainerPort",
    fields: &[
        Field::new("containerPort", Type::Int32),
        Field::new("hostIP", Type::String),
        Field::new("hostPort", Type::Int32),
        Field::new("name", Type::String),
        Field::new("protocol", Type::String),
    ],
};

static CONTAINER_RESIZE_POLICY: Struct = Struct {
    name: "ContainerResizePolicy",
    fields: &[Field::new("resourceName", Type::String), Field::new("restartPolicy", Type::String)],
};

static CONTAINER_RESTART_RULE: Struct = Struct {
    name: "ContainerRestartRule",
    fields: &[
        Field::new("action", Type::String),
        Field::new("exitCodes", Type::Struct(&CONTAINER_RESTART_RULE_ON_EXIT_CODES)),
    ],
};

static CONTAINER_RESTART_RULE_ON_EXIT_CODES: Struct = Struct {
    name: "ContainerRestartRuleOnExitCodes",
    fields: &[Field::new("operator", Type::String), Field::new("values", Type::List(&Type::Int32))],
};

static CSI_VOLUME_SOURCE: Struct = Struct {
    name: "CSIVolumeSource",
    fields: &[
        Field::new("driver", Type::String),
        Field::new("fsType", Type::String),
        Field::new("nodePublishSecretRef", Type::Struct(&LOCAL_OBJECT_REFERENCE)),
        Field::new("readOnly", Type::Bool),
        Field::new("volumeAttributes", Type::Map(&Type::String)),
    ],
};

static CUSTOM_RESOURCE_COLUMN_DEFINITION: Struct = Struct {
    name: "CustomResourceColumnDefinition",
    fields: &[
        Field::new("description", Type::String),
        Field::new("format", Type::String),
        Field::new("jsonPath", Type::String),
        Field::new("name", Type::String),
        Field::new("priority", Type::Int32),
        Field::new("type", Type::String),
    ],
};

static CUSTOM_RESOURCE_CONVERSION: Struct = Struct {
    name: "CustomResourceConversion",
    fields: &[Field::new("strategy", Type::String), Field::new("webhook", Type::Struct(&WEBHOOK_CONVERSION))],
};

/// `CustomResourceDefinition` of `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1`.
pub static CUSTOM_RESOURCE_DEFINITION: Struct = Struct {
    name: "CustomResourceDefinition",
    fields: &[
        Field::new("apiVersion", Type::String),
        Field::new("kind", Type::String),
        Field::new("metadata", Type::Struct(&OBJECT_META)),
        Field::new("spec", Type::Struct(&CUSTOM_RESOURCE_DEFINITION_SPEC)),
        Field::new("status", Type::Struct(&CUSTOM_RESOURCE_DEFINITION_STATUS)),
    ],
};

static CUSTOM_RESOURCE_DEFINITION_CONDITION: Struct = Struct {
    name: "CustomResourceDefinitionCondition",
    fields: &[
        Field::new("lastTransitionTime", Type::Time),
        Field::new("message", Type::String),
        Field::new("observedGeneration", Type::Int64),
        Field::new("reason", Type::String),
        Field::new("status", Type::String),
        Field::new("type", Type::String),
    ],
};

static CUSTOM_RESOURCE_DEFINITION_NAMES: Struct = Struct {
    name: "CustomResourceDefinitionNames",
    fields: &[
        Field::new("categories", Type::List(&Type::String)),
        Field::new("kind", Type::String),
        Field::new("listKind", Type::String),
        Field::new("plural", Type::String),
        Field::new("shortNames", Type::List(&Type::String)),
        Field::new("singular", Type::String),
    ],
};

static CUSTOM_RESOURCE_DEFINITION_SPEC: Struct = Struct {
    name: "CustomResourceDefinitionSpec",
    fields: &[
        Field::new("conversion", Type::Struct(&CUSTOM_RESOURCE_CONVERSION)),
        Field::new("group", Type::String),
        Field::new("names", Type::Struct(&CUSTOM_RESOURCE_DEFINITION_NAMES)),
        Field::new("preserveUnknownFields", Type::Bool),
        Field::new("scope", Type::String),
        Field::new("versions", Type::List(&Type::Struct(&CUSTOM_RESOURCE_DEFINITION_VERSION))),
    ],
};

static CUSTOM_RESOURCE_DEFINITION_STATUS: Struct = Struct {
    name: "CustomResourceDefinitionStatus",
    fields: &[
        Field::new("acceptedNames", Type::Struct(&CUSTOM_RESOURCE_DEFINITION_NAMES)),
        Field::new("conditions", Type::List(&Type::Struct(&CUSTOM_RESOURCE_DEFINITION_CONDITION))),
        Field::new("observedGeneration", Type::Int64),
        Field::new("storedVersions", Type::List(&Type::String)),
    ],
};

static CUSTOM_RESOURCE_DEFINITION_VERSION: Struct = Struct {
    name: "CustomResourceDefinitionVersion",
    fields: &[
        Field::new("additionalPrinterColumns", Type::List(&Type::Struct(&CUSTOM_RESOURCE_COLUMN_DEFINITION))),
        Field::new("deprecated", Type::Bool),
        Field::new("deprecationWarning", Type::String),
        Field::new("name", Type::String),
        Field::new("schema", Type::Struct(&CUSTOM_RESOURCE_VALIDATION)),
        Field::new("selectableFields", Type::List(&Type::Struct(&SELECTABLE_FIELD))),
        Field::new("served", Type::Bool),
        Field::new("storage", Type::Bool),
        Field::new("subresources", Type::Struct(&CUSTOM_RESOURCE_SUBRESOURCES)),
    ],
};

static CUSTOM_RESOURCE_SUBRESOURCES: Struct = Struct {
    name: "CustomResourceSubresources",
    fields: &[
        Field::new("scale", Type::Struct(&CUSTOM_RESOURCE_SUBRESOURCE_SCALE)),
        Field::new("status", Type::Struct(&CUSTOM_RESOURCE_SUBRESOURCE_STATUS)),
    ],
};

static CUSTOM_RESOURCE_SUBRESOURCE_SCALE: Struct = Struct {
    name: "CustomResourceSubresourceScale",
    fields: &[
        Field::new("labelSelectorPath", Type::String),
        Field::new("specReplicasPath", Type::String),
        Field::new("statusReplicasPath", Type::String),
    ],
};

static CUSTOM_RESOURCE_SUBRESOURCE_STATUS: Struct =
    Struct { name: "CustomResourceSubresourceStatus", fields: &[] };

static CUSTOM_RESOURCE_VALIDATION: Struct = Struct {
    name: "CustomResourceValidation",
    fields: &[Field::new("openAPIV3Schema", Type::Struct(&JSON_SCHEMA_PROPS))],
};

/// `DeploymentSpec` of `k8s.io/api/apps/v1`.
pub static DEPLOYMENT_SPEC: Struct = Struct {
    name: "DeploymentSpec",
    fields: &[
        Field::new("minReadySeconds", Type::Int32),
        Field::new("paused", Type::Bool),
        Field::new("progressDeadlineSeconds", Type::Int32),
        Field::new("replicas", Type::Int32),
        Field::new("revisionHistoryLimit", Type::Int32),
        Field::new("selector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("strategy", Type::Struct(&DEPLOYMENT_STRATEGY)),
        Field::new("template", Type::Struct(&POD_TEMPLATE_SPEC)),
    ],
};

static DEPLOYMENT_STRATEGY: Struct = Struct {
    name: "DeploymentStrategy",
    fields: &[
        Field::new("rollingUpdate", Type::Struct(&ROLLING_UPDATE_DEPLOYMENT)),
        Field::new("type", Type::String),
    ],
};

static DOWNWARD_API_PROJECTION: Struct = Struct {
    name: "DownwardAPIProjection",
    fields: &[Field::new("items", Type::List(&Type::Struct(&DOWNWARD_API_VOLUME_FILE)))],
};

static DOWNWARD_API_VOLUME_FILE: Struct = Struct {
    name: "DownwardAPIVolumeFile",
    fields: &[
        Field::new("fieldRef", Type::Struct(&OBJECT_FIELD_SELECTOR)),
        Field::new("mode", Type::Int32),
        Field::new("path", Type::String),
        Field::new("resourceFieldRef", Type::Struct(&RESOURCE_FIELD_SELECTOR)),
    ],
};

static DOWNWARD_API_VOLUME_SOURCE: Struct = Struct {
    name: "DownwardAPIVolumeSource",
    fields: &[
        Field::new("defaultMode", Type::Int32),
        Field::new("items", Type::List(&Type::Struct(&DOWNWARD_API_VOLUME_FILE))),
    ],
};

static EMPTY_DIR_VOLUME_SOURCE: Struct = Struct {
    name: "EmptyDirVolumeSource",
    fields: &[Field::new("medium", Type::String), Field::new("sizeLimit", Type::Quantity)],
};

/// `EnvFromSource` of `k8s.io/api/core/v1`.
pub static ENV_FROM_SOURCE: Struct = Struct {
    name: "EnvFromSource",
    fields: &[
        Field::new("configMapRef", Type::Struct(&CONFIG_MAP_ENV_SOURCE)),
        Field::new("prefix", Type::String),
        Field::new("secretRef", Type::Struct(&SECRET_ENV_SOURCE)),
    ],
};

/// `EnvVar` of `k8s.io/api/core/v1`.
pub static ENV_VAR: Struct = Struct {
    name: "EnvVar",
    fields: &[
        Field::new("name", Type::String),
        Field::new("value", Type::String),
        Field::new("valueFrom", Type::Struct(&ENV_VAR_SOURCE)),
    ],
};

static ENV_VAR_SOURCE: Struct = Struct {
    name: "EnvVarSource",
    fields: &[
        Field::new("configMapKeyRef", Type::Struct(&CONFIG_MAP_KEY_SELECTOR)),
        Field::new("fieldRef", Type::Struct(&OBJECT_FIELD_SELECTOR)),
        Field::new("fileKeyRef", Type::Struct(&FILE_KEY_SELECTOR)),
        Field::new("resourceFieldRef", Type::Struct(&RESOURCE_FIELD_SELECTOR)),
        Field::new("secretKeyRef", Type::Struct(&SECRET_KEY_SELECTOR)),
    ],
};

static EPHEMERAL_CONTAINER: Struct = Struct {
    name: "EphemeralContainer",
    fields: &[
        Field::new("args", Type::List(&Type::String)),
        Field::new("command", Type::List(&Type::String)),
        Field::new("env", Type::List(&Type::Struct(&ENV_VAR))),
        Field::new("envFrom", Type::List(&Type::Struct(&ENV_FROM_SOURCE))),
        Field::new("image", Type::String),
        Field::new("imagePullPolicy", Type::String),
        Field::new("lifecycle", Type::Struct(&LIFECYCLE)),
        Field::new("livenessProbe", Type::Struct(&PROBE)),
        Field::new("name", Type::String),
        Field::new("ports", Type::List(&Type::Struct(&CONTAINER_PORT))),
        Field::new("readinessProbe", Type::Struct(&PROBE)),
        Field::new("resizePolicy", Type::List(&Type::Struct(&CONTAINER_RESIZE_POLICY))),
        Field::new("resources", Type::Struct(&RESOURCE_REQUIREMENTS)),
        Field::new("restartPolicy", Type::String),
        Field::new("restartPolicyRules", Type::List(&Type::Struct(&CONTAINER_RESTART_RULE))),
        Field::new("securityContext", Type::Struct(&SECURITY_CONTEXT)),
        Field::new("startupProbe", Type::Struct(&PROBE)),
        Field::new("stdin", Type::Bool),
        Field::new("stdinOnce", Type::Bool),
        Field::new("targetContainerName", Type::String),
        Field::new("terminationMessagePath", Type::String),
        Field::new("terminationMessagePolicy", Type::String),
        Field::new("tty", Type::Bool),
        Field::new("volumeDevices", Type::List(&Type::Struct(&VOLUME_DEVICE))),
        Field::new("volumeMounts", Type::List(&Type::Struct(&VOLUME_MOUNT))),
        Field::new("workingDir", Type::String),
    ],
};

static EPHEMERAL_VOLUME_SOURCE: Struct = Struct {
    name: "EphemeralVolumeSource",
    fields: &[Field::new("volumeClaimTemplate", Type::Struct(&PERSISTENT_VOLUME_CLAIM_TEMPLATE))],
};

static EXEC_ACTION: Struct =
    Struct { name: "ExecAction", fields: &[Field::new("command", Type::List(&Type::String))] };

static EXTERNAL_DOCUMENTATION: Struct = Struct {
    name: "ExternalDocumentation",
    fields: &[Field::new("description", Type::String), Field::new("url", Type::String)],
};

static FC_VOLUME_SOURCE: Struct = Struct {
    name: "FCVolumeSource",
    fields: &[
        Field::new("fsType", Type::String),
        Field::new("lun", Type::Int32),
        Field::new("readOnly", Type::Bool),
        Field::new("targetWWNs", Type::List(&Type::String)),
        Field::new("wwids", Type::List(&Type::String)),
    ],
};

static FILE_KEY_SELECTOR: Struct = Struct {
    name: "FileKeySelector",
    fields: &[
        Field::new("key", Type::String),
        Field::new("optional", Type::Bool),
        Field::new("path", Type::String),
        Field::new("volumeName", Type::String),
    ],
};

static FLEX_VOLUME_SOURCE: Struct = Struct {
    name: "FlexVolumeSource",
    fields: &[
        Field::new("driver", Type::String),
        Field::new("fsType", Type::String),
        Field::new("options", Type::Map(&Type::String)),
        Field::new("readOnly", Type::Bool),
        Field::new("secretRef", Type::Struct(&LOCAL_OBJECT_REFERENCE)),
    ],
};

static FLOCKER_VOLUME_SOURCE: Struct = Struct {
    name: "FlockerVolumeSource",
    fields: &[Field::new("datasetName", Type::String), Field::new("datasetUUID", Type::String)],
};

static GCE_PERSISTENT_DISK_VOLUME_SOURCE: Struct = Struct {
    name: "GCEPersistentDiskVolumeSource",
    fields: &[
        Field::new("fsType", Type::String),
        Field::new("partition", Type::Int32),
        Field::new("pdName", Type::String),
        Field::new("readOnly", Type::Bool),
    ],
};

static GIT_REPO_VOLUME_SOURCE: Struct = Struct {
    name: "GitRepoVolumeSource",
    fields: &[
        Field::new("directory", Type::String),
        Field::new("repository", Type::String),
        Field::new("revision", Type::String),
    ],
};

static GLUSTERFS_VOLUME_SOURCE: Struct = Struct {
    name: "GlusterfsVolumeSource",
    fields: &[
        Field::new("endpoints", Type::String),
        Field::new("path", Type::String),
        Field::new("readOnly", Type::Bool),
    ],
};

static GRPC_ACTION: Struct = Struct {
    name: "GRPCAction",
    fields: &[Field::new("port", Type::Int32), Field::new("service", Type::String)],
};

static HOST_ALIAS: Struct = Struct {
    name: "HostAlias",
    fields: &[Field::new("hostnames", Type::List(&Type::String)), Field::new("ip", Type::String)],
};

static HOST_PATH_VOLUME_SOURCE: Struct = Struct {
    name: "HostPathVolumeSource",
    fields: &[Field::new("path", Type::String), Field::new("type", Type::String)],
};

static HTTP_GET_ACTION: Struct = Struct {
    name: "HTTPGetAction",
    fields: &[
        Field::new("host", Type::String),
        Field::new("httpHeaders", Type::List(&Type::Struct(&HTTP_HEADER))),
        Field::new("path", Type::String),
        Field::new("port", Type::IntOrString),
        Field::new("scheme", Type::String),
    ],
};

static HTTP_HEADER: Struct = Struct {
    name: "HTTPHeader",
    fields: &[Field::new("name", Type::String), Field::new("value", Type::String)],
};

static IMAGE_VOLUME_SOURCE: Struct = Struct {
    name: "ImageVolumeSource",
    fields: &[Field::new("pullPolicy", Type::String), Field::new("reference", Type::String)],
};

static ISCSI_VOLUME_SOURCE: Struct = Struct {
    name: "ISCSIVolumeSource",
    fields: &[
        Field::new("chapAuthDiscovery", Type::Bool),
        Field::new("chapAuthSession", Type::Bool),
        Field::new("fsType", Type::String),
        Field::new("initiatorName", Type::String),
        Field::new("iqn", Type::String),
        Field::new("iscsiInterface", Type::String),
        Field::new("lun", Type::Int32),
        Field::new("portals", Type::List(&Type::String)),
        Field::new("readOnly", Type::Bool),
        Field::new("secretRef", Type::Struct(&LOCAL_OBJECT_REFERENCE)),
        Field::new("targetPortal", Type::String),
    ],
};

static JSON_SCHEMA_PROPS: Struct = Struct {
    name: "JSONSchemaProps",
    fields: &[
        Field::new("$ref", Type::String),
        Field::new("$schema", Type::String),
        Field::new("additionalItems", Type::SchemaOrBool(&Type::Struct(&JSON_SCHEMA_PROPS))),
        Field::new("additionalProperties", Type::SchemaOrBool(&Type::Struct(&JSON_SCHEMA_PROPS))),
        Field::new("allOf", Type::List(&Type::Struct(&JSON_SCHEMA_PROPS))),
        Field::new("anyOf", Type::List(&Type::Struct(&JSON_SCHEMA_PROPS))),
        Field::new("default", Type::Any),
        Field::new("definitions", Type::Map(&Type::Struct(&JSON_SCHEMA_PROPS))),
        Field::new("dependencies", Type::Map(&Type::SchemaOrStringArray(&Type::Struct(&JSON_SCHEMA_PROPS)))),
        Field::new("description", Type::String),
        Field::new("enum", Type::List(&Type::Any)),
        Field::new("example", Type::Any),
        Field::new("exclusiveMaximum", Type::Bool),
        Field::new("exclusiveMinimum", Type::Bool),
        Field::new("externalDocs", Type::Struct(&EXTERNAL_DOCUMENTATION)),
        Field::new("format", Type::String),
        Field::new("id", Type::String),
        Field::new("items", Type::SchemaOrArray(&Type::Struct(&JSON_SCHEMA_PROPS))),
        Field::new("maxItems", Type::Int64),
        Field::new("maxLength", Type::Int64),
        Field::new("maxProperties", Type::Int64),
        Field::new("maximum", Type::Float),
        Field::new("minItems", Type::Int64),
        Field::new("minLength", Type::Int64),
        Field::new("minProperties", Type::Int64),
        Field::new("minimum", Type::Float),
        Field::new("multipleOf", Type::Float),
        Field::new("not", Type::Struct(&JSON_SCHEMA_PROPS)),
        Field::new("nullable", Type::Bool),
        Field::new("oneOf", Type::List(&Type::Struct(&JSON_SCHEMA_PROPS))),
        Field::new("pattern", Type::String),
        Field::new("patternProperties", Type::Map(&Type::Struct(&JSON_SCHEMA_PROPS))),
        Field::new("properties", Type::Map(&Type::Struct(&JSON_SCHEMA_PROPS))),
        Field::new("required", Type::List(&Type::String)),
        Field::new("title", Type::String),
        Field::new("type", Type::String),
        Field::new("uniqueItems", Type::Bool),
        Field::new("x-kubernetes-embedded-resource", Type::Bool),
        Field::new("x-kubernetes-int-or-string", Type::Bool),
        Field::new("x-kubernetes-list-map-keys", Type::List(&Type::String)),
        Field::new("x-kubernetes-list-type", Type::String),
        Field::new("x-kubernetes-map-type", Type::String),
        Field::new("x-kubernetes-preserve-unknown-fields", Type::Bool),
        Field::new("x-kubernetes-validations", Type::List(&Type::Struct(&VALIDATION_RULE))),
    ],
};

static KEY_TO_PATH: Struct = Struct {
    name: "KeyToPath",
    fields: &[
        Field::new("key", Type::String),
        Field::new("mode", Type::Int32),
        Field::new("path", Type::String),
    ],
};

/// `LabelSelector` of `k8s.io/apimachinery/pkg/apis/meta/v1`.
pub static LABEL_SELECTOR: Struct = Struct {
    name: "LabelSelector",
    fields: &[
        Field::new("matchExpressions", Type::List(&Type::Struct(&LABEL_SELECTOR_REQUIREMENT))),
        Field::new("matchLabels", Type::Map(&Type::String)),
    ],
};

static LABEL_SELECTOR_REQUIREMENT: Struct = Struct {
    name: "LabelSelectorRequirement",
    fields: &[
        Field::new("key", Type::String),
        Field::new("operator", Type::String),
        Field::new("values", Type::List(&Type::String)),
    ],
};

static LIFECYCLE: Struct = Struct {
    name: "Lifecycle",
    fields: &[
        Field::new("postStart", Type::Struct(&LIFECYCLE_HANDLER)),
        Field::new("preStop", Type::Struct(&LIFECYCLE_HANDLER)),
        Field::new("stopSignal", Type::String),
    ],
};

static LIFECYCLE_HANDLER: Struct = Struct {
    name: "LifecycleHandler",
    fields: &[
        Field::new("exec", Type::Struct(&EXEC_ACTION)),
        Field::new("httpGet", Type::Struct(&HTTP_GET_ACTION)),
        Field::new("sleep", Type::Struct(&SLEEP_ACTION)),
        Field::new("tcpSocket", Type::Struct(&TCP_SOCKET_ACTION)),
    ],
};

static LOCAL_OBJECT_REFERENCE: Struct =
    Struct { name: "LocalObjectReference", fields: &[Field::new("name", Type::String)] };

static MANAGED_FIELDS_ENTRY: Struct = Struct {
    name: "ManagedFieldsEntry",
    fields: &[
        Field::new("apiVersion", Type::String),
        Field::new("fieldsType", Type::String),
        Field::new("fieldsV1", Type::Any),
        Field::new("manager", Type::String),
        Field::new("operation", Type::String),
        Field::new("subresource", Type::String),
        Field::new("time", Type::Time),
    ],
};

static MATCH_CONDITION: Struct = Struct {
    name: "MatchCondition",
    fields: &[Field::new("expression", Type::String), Field::new("name", Type::String)],
};

/// `MutatingWebhook` of `k8s.io/api/admissionregistration/v1`.
pub static MUTATING_WEBHOOK: Struct = Struct {
    name: "MutatingWebhook",
    fields: &[
        Field::new("admissionReviewVersions", Type::List(&Type::String)),
        Field::new("clientConfig", Type::Struct(&ADMISSIONREGISTRATION_WEBHOOK_CLIENT_CONFIG)),
        Field::new("failurePolicy", Type::String),
        Field::new("matchConditions", Type::List(&Type::Struct(&MATCH_CONDITION))),
        Field::new("matchPolicy", Type::String),
        Field::new("name", Type::String),
        Field::new("namespaceSelector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("objectSelector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("reinvocationPolicy", Type::String),
        Field::new("rules", Type::List(&Type::Struct(&RULE_WITH_OPERATIONS))),
        Field::new("sideEffects", Type::String),
        Field::new("timeoutSeconds", Type::Int32),
    ],
};

static NFS_VOLUME_SOURCE: Struct = Struct {
    name: "NFSVolumeSource",
    fields: &[
        Field::new("path", Type::String),
        Field::new("readOnly", Type::Bool),
        Field::new("server", Type::String),
    ],
};

static NODE_AFFINITY: Struct = Struct {
    name: "NodeAffinity",
    fields: &[
        Field::new(
            "preferredDuringSchedulingIgnoredDuringExecution",
            Type::List(&Type::Struct(&PREFERRED_SCHEDULING_TERM)),
        ),
        Field::new("requiredDuringSchedulingIgnoredDuringExecution", Type::Struct(&NODE_SELECTOR)),
    ],
};

static NODE_SELECTOR: Struct = Struct {
    name: "NodeSelector",
    fields: &[Field::new("nodeSelectorTerms", Type::List(&Type::Struct(&NODE_SELECTOR_TERM)))],
};

static NODE_SELECTOR_REQUIREMENT: Struct = Struct {
    name: "NodeSelectorRequirement",
    fields: &[
        Field::new("key", Type::String),
        Field::new("operator", Type::String),
        Field::new("values", Type::List(&Type::String)),
    ],
};

static NODE_SELECTOR_TERM: Struct = Struct {
    name: "NodeSelectorTerm",
    fields: &[
        Field::new("matchExpressions", Type::List(&Type::Struct(&NODE_SELECTOR_REQUIREMENT))),
        Field::new("matchFields", Type::List(&Type::Struct(&NODE_SELECTOR_REQUIREMENT))),
    ],
};

static OBJECT_FIELD_SELECTOR: Struct = Struct {
    name: "ObjectFieldSelector",
    fields: &[Field::new("apiVersion", Type::String), Field::new("fieldPath", Type::String)],
};

/// `ObjectMeta` of `k8s.io/apimachinery/pkg/apis/meta/v1`.
pub static OBJECT_META: Struct = Struct {
    name: "ObjectMeta",
    fields: &[
        Field::new("annotations", Type::Map(&Type::String)),
        Field::new("creationTimestamp", Type::Time),
        Field::new("deletionGracePeriodSeconds", Type::Int64),
        Field::new("deletionTimestamp", Type::Time),
        Field::new("finalizers", Type::List(&Type::String)),
        Field::new("generateName", Type::String),
        Field::new("generation", Type::Int64),
        Field::new("labels", Type::Map(&Type::String)),
        Field::new("managedFields", Type::List(&Type::Struct(&MANAGED_FIELDS_ENTRY))),
        Field::new("name", Type::String),
        Field::new("namespace", Type::String),
        Field::new("ownerReferences", Type::List(&Type::Struct(&OWNER_REFERENCE))),
        Field::new("resourceVersion", Type::String),
        Field::new("selfLink", Type::String),
        Field::new("uid", Type::String),
    ],
};

static OWNER_REFERENCE: Struct = Struct {
    name: "OwnerReference",
    fields: &[
        Field::new("apiVersion", Type::String),
        Field::new("blockOwnerDeletion", Type::Bool),
        Field::new("controller", Type::Bool),
        Field::new("kind", Type::String),
        Field::new("name", Type::String),
        Field::new("uid", Type::String),
    ],
};

static PERSISTENT_VOLUME_CLAIM_SPEC: Struct = Struct {
    name: "PersistentVolumeClaimSpec",
    fields: &[
        Field::new("accessModes", Type::List(&Type::String)),
        Field::new("dataSource", Type::Struct(&TYPED_LOCAL_OBJECT_REFERENCE)),
        Field::new("dataSourceRef", Type::Struct(&TYPED_OBJECT_REFERENCE)),
        Field::new("resources", Type::Struct(&VOLUME_RESOURCE_REQUIREMENTS)),
        Field::new("selector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("storageClassName", Type::String),
        Field::new("volumeAttributesClassName", Type::String),
        Field::new("volumeMode", Type::String),
        Field::new("volumeName", Type::String),
    ],
};

static PERSISTENT_VOLUME_CLAIM_TEMPLATE: Struct = Struct {
    name: "PersistentVolumeClaimTemplate",
    fields: &[
        Field::new("metadata", Type::Struct(&OBJECT_META)),
        Field::new("spec", Type::Struct(&PERSISTENT_VOLUME_CLAIM_SPEC)),
    ],
};

static PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE: Struct = Struct {
    name: "PersistentVolumeClaimVolumeSource",
    fields: &[Field::new("claimName", Type::String), Field::new("readOnly", Type::Bool)],
};

static PHOTON_PERSISTENT_DISK_VOLUME_SOURCE: Struct = Struct {
    name: "PhotonPersistentDiskVolumeSource",
    fields: &[Field::new("fsType", Type::String), Field::new("pdID", Type::String)],
};

static POD_AFFINITY: Struct = Struct {
    name: "PodAffinity",
    fields: &[
        Field::new(
            "preferredDuringSchedulingIgnoredDuringExecution",
            Type::List(&Type::Struct(&WEIGHTED_POD_AFFINITY_TERM)),
        ),
        Field::new(
            "requiredDuringSchedulingIgnoredDuringExecution",
            Type::List(&Type::Struct(&POD_AFFINITY_TERM)),
        ),
    ],
};

static POD_AFFINITY_TERM: Struct = Struct {
    name: "PodAffinityTerm",
    fields: &[
        Field::new("labelSelector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("matchLabelKeys", Type::List(&Type::String)),
        Field::new("mismatchLabelKeys", Type::List(&Type::String)),
        Field::new("namespaceSelector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("namespaces", Type::List(&Type::String)),
        Field::new("topologyKey", Type::String),
    ],
};

static POD_ANTI_AFFINITY: Struct = Struct {
    name: "PodAntiAffinity",
    fields: &[
        Field::new(
            "preferredDuringSchedulingIgnoredDuringExecution",
            Type::List(&Type::Struct(&WEIGHTED_POD_AFFINITY_TERM)),
        ),
        Field::new(
            "requiredDuringSchedulingIgnoredDuringExecution",
            Type::List(&Type::Struct(&POD_AFFINITY_TERM)),
        ),
    ],
};

static POD_CERTIFICATE_PROJECTION: Struct = Struct {
    name: "PodCertificateProjection",
    fields: &[
        Field::new("certificateChainPath", Type::String),
        Field::new("credentialBundlePath", Type::String),
        Field::new("keyPath", Type::String),
        Field::new("keyType", Type::String),
        Field::new("maxExpirationSeconds", Type::Int32),
        Field::new("signerName", Type::String),
        Field::new("userAnnotations", Type::Map(&Type::String)),
    ],
};

static POD_DNS_CONFIG: Struct = Struct {
    name: "PodDNSConfig",
    fields: &[
        Field::new("nameservers", Type::List(&Type::String)),
        Field::new("options", Type::List(&Type::Struct(&POD_DNS_CONFIG_OPTION))),
        Field::new("searches", Type::List(&Type::String)),
    ],
};

static POD_DNS_CONFIG_OPTION: Struct = Struct {
    name: "PodDNSConfigOption",
    fields: &[Field::new("name", Type::String), Field::new("value", Type::String)],
};

static POD_OS: Struct = Struct { name: "PodOS", fields: &[Field::new("name", Type::String)] };

static POD_READINESS_GATE: Struct =
    Struct { name: "PodReadinessGate", fields: &[Field::new("conditionType", Type::String)] };

static POD_RESOURCE_CLAIM: Struct = Struct {
    name: "PodResourceClaim",
    fields: &[
        Field::new("name", Type::String),
        Field::new("resourceClaimName", Type::String),
        Field::new("resourceClaimTemplateName", Type::String),
    ],
};

static POD_SCHEDULING_GATE: Struct =
    Struct { name: "PodSchedulingGate", fields: &[Field::new("name", Type::String)] };

static POD_SCHEDULING_GROUP: Struct =
    Struct { name: "PodSchedulingGroup", fields: &[Field::new("podGroupName", Type::String)] };

static POD_SECURITY_CONTEXT: Struct = Struct {
    name: "PodSecurityContext",
    fields: &[
        Field::new("appArmorProfile", Type::Struct(&APP_ARMOR_PROFILE)),
        Field::new("fsGroup", Type::Int64),
        Field::new("fsGroupChangePolicy", Type::String),
        Field::new("runAsGroup", Type::Int64),
        Field::new("runAsNonRoot", Type::Bool),
        Field::new("runAsUser", Type::Int64),
        Field::new("seLinuxChangePolicy", Type::String),
        Field::new("seLinuxOptions", Type::Struct(&SE_LINUX_OPTIONS)),
        Field::new("seccompProfile", Type::Struct(&SECCOMP_PROFILE)),
        Field::new("supplementalGroups", Type::List(&Type::Int64)),
        Field::new("supplementalGroupsPolicy", Type::String),
        Field::new("sysctls", Type::List(&Type::Struct(&SYSCTL))),
        Field::new("windowsOptions", Type::Struct(&WINDOWS_SECURITY_CONTEXT_OPTIONS)),
    ],
};

static POD_SPEC: Struct = Struct {
    name: "PodSpec",
    fields: &[
        Field::new("activeDeadlineSeconds", Type::Int64),
        Field::new("affinity", Type::Struct(&AFFINITY)),
        Field::new("automountServiceAccountToken", Type::Bool),
        Field::new("containers", Type::List(&Type::Struct(&CONTAINER))),
        Field::new("dnsConfig", Type::Struct(&POD_DNS_CONFIG)),
        Field::new("dnsPolicy", Type::String),
        Field::new("enableServiceLinks", Type::Bool),
        Field::new("ephemeralContainers", Type::List(&Type::Struct(&EPHEMERAL_CONTAINER))),
        Field::new("hostAliases", Type::List(&Type::Struct(&HOST_ALIAS))),
        Field::new("hostIPC", Type::Bool),
        Field::new("hostNetwork", Type::Bool),
        Field::new("hostPID", Type::Bool),
        Field::new("hostUsers", Type::Bool),
        Field::new("hostname", Type::String),
        Field::new("hostnameOverride", Type::String),
        Field::new("imagePullSecrets", Type::List(&Type::Struct(&LOCAL_OBJECT_REFERENCE))),
        Field::new("initContainers", Type::List(&Type::Struct(&CONTAINER))),
        Field::new("nodeName", Type::String),
        Field::new("nodeSelector", Type::Map(&Type::String)),
        Field::new("os", Type::Struct(&POD_OS)),
        Field::new("overhead", Type::Map(&Type::Quantity)),
        Field::new("preemptionPolicy", Type::String),
        Field::new("priority", Type::Int32),
        Field::new("priorityClassName", Type::String),
        Field::new("readinessGates", Type::List(&Type::Struct(&POD_READINESS_GATE))),
        Field::new("resourceClaims", Type::List(&Type::Struct(&POD_RESOURCE_CLAIM))),
        Field::new("resources", Type::Struct(&RESOURCE_REQUIREMENTS)),
        Field::new("restartPolicy", Type::String),
        Field::new("runtimeClassName", Type::String),
        Field::new("schedulerName", Type::String),
        Field::new("schedulingGates", Type::List(&Type::Struct(&POD_SCHEDULING_GATE))),
        Field::new("schedulingGroup", Type::Struct(&POD_SCHEDULING_GROUP)),
        Field::new("securityContext", Type::Struct(&POD_SECURITY_CONTEXT)),
        Field::new("serviceAccount", Type::String),
        Field::new("serviceAccountName", Type::String),
        Field::new("setHostnameAsFQDN", Type::Bool),
        Field::new("shareProcessNamespace", Type::Bool),
        Field::new("subdomain", Type::String),
        Field::new("terminationGracePeriodSeconds", Type::Int64),
        Field::new("tolerations", Type::List(&Type::Struct(&TOLERATION))),
        Field::new("topologySpreadConstraints", Type::List(&Type::Struct(&TOPOLOGY_SPREAD_CONSTRAINT))),
        Field::new("volumes", Type::List(&Type::Struct(&VOLUME))),
    ],
};

/// `PodTemplateSpec` of `k8s.io/api/core/v1`.
pub static POD_TEMPLATE_SPEC: Struct = Struct {
    name: "PodTemplateSpec",
    fields: &[
        Field::new("metadata", Type::Struct(&OBJECT_META)),
        Field::new("spec", Type::Struct(&POD_SPEC)),
    ],
};

/// `PolicyRule` of `k8s.io/api/rbac/v1`.
pub static POLICY_RULE: Struct = Struct {
    name: "PolicyRule",
    fields: &[
        Field::new("apiGroups", Type::List(&Type::String)),
        Field::new("nonResourceURLs", Type::List(&Type::String)),
        Field::new("resourceNames", Type::List(&Type::String)),
        Field::new("resources", Type::List(&Type::String)),
        Field::new("verbs", Type::List(&Type::String)),
    ],
};

static PORTWORX_VOLUME_SOURCE: Struct = Struct {
    name: "PortworxVolumeSource",
    fields: &[
        Field::new("fsType", Type::String),
        Field::new("readOnly", Type::Bool),
        Field::new("volumeID", Type::String),
    ],
};

static PREFERRED_SCHEDULING_TERM: Struct = Struct {
    name: "PreferredSchedulingTerm",
    fields: &[Field::new("preference", Type::Struct(&NODE_SELECTOR_TERM)), Field::new("weight", Type::Int32)],
};

static PROBE: Struct = Struct {
    name: "Probe",
    fields: &[
        Field::new("exec", Type::Struct(&EXEC_ACTION)),
        Field::new("failureThreshold", Type::Int32),
        Field::new("grpc", Type::Struct(&GRPC_ACTION)),
        Field::new("httpGet", Type::Struct(&HTTP_GET_ACTION)),
        Field::new("initialDelaySeconds", Type::Int32),
        Field::new("periodSeconds", Type::Int32),
        Field::new("successThreshold", Type::Int32),
        Field::new("tcpSocket", Type::Struct(&TCP_SOCKET_ACTION)),
        Field::new("terminationGracePeriodSeconds", Type::Int64),
        Field::new("timeoutSeconds", Type::Int32),
    ],
};

static PROJECTED_VOLUME_SOURCE: Struct = Struct {
    name: "ProjectedVolumeSource",
    fields: &[
        Field::new("defaultMode", Type::Int32),
        Field::new("sources", Type::List(&Type::Struct(&VOLUME_PROJECTION))),
    ],
};

static QUOBYTE_VOLUME_SOURCE: Struct = Struct {
    name: "QuobyteVolumeSource",
    fields: &[
        Field::new("group", Type::String),
        Field::new("readOnly", Type::Bool),
        Field::new("registry", Type::String),
        Field::new("tenant", Type::String),
        Field::new("user", Type::String),
        Field::new("volume", Type::String),
    ],
};

static RBD_VOLUME_SOURCE: Struct = Struct {
    name: "RBDVolumeSource",
    fields: &[
        Field::new("fsType", Type::String),
        Field::new("image", Type::String),
        Field::new("keyring", Type::String),
        Field::new("monitors", Type::List(&Type::String)),
        Field::new("pool", Type::String),
        Field::new("readOnly", Type::Bool),
        Field::new("secretRef", Type::Struct(&LOCAL_OBJECT_REFERENCE)),
        Field::new("user", Type::String),
    ],
};

static RESOURCE_CLAIM: Struct = Struct {
    name: "ResourceClaim",
    fields: &[Field::new("name", Type::String), Field::new("request", Type::String)],
};

static RESOURCE_FIELD_SELECTOR: Struct = Struct {
    name: "ResourceFieldSelector",
    fields: &[
        Field::new("containerName", Type::String),
        Field::new("divisor", Type::Quantity),
        Field::new("resource", Type::String),
    ],
};

/// `ResourceRequirements` of `k8s.io/api/core/v1`.
pub static RESOURCE_REQUIREMENTS: Struct = Struct {
    name: "ResourceRequirements",
    fields: &[
        Field::new("claims", Type::List(&Type::Struct(&RESOURCE_CLAIM))),
        Field::new("limits", Type::Map(&Type::Quantity)),
        Field::new("requests", Type::Map(&Type::Quantity)),
    ],
};

static ROLLING_UPDATE_DEPLOYMENT: Struct = Struct {
    name: "RollingUpdateDeployment",
    fields: &[Field::new("maxSurge", Type::IntOrString), Field::new("maxUnavailable", Type::IntOrString)],
};

/// `RuleWithOperations` of `k8s.io/api/admissionregistration/v1`.
pub static RULE_WITH_OPERATIONS: Struct = Struct {
    name: "RuleWithOperations",
    fields: &[
        Field::new("apiGroups", Type::List(&Type::String)),
        Field::new("apiVersions", Type::List(&Type::String)),
        Field::new("operations", Type::List(&Type::String)),
        Field::new("resources", Type::List(&Type::String)),
        Field::new("scope", Type::String),
    ],
};

static SCALE_IO_VOLUME_SOURCE: Struct = Struct {
    name: "ScaleIOVolumeSource",
    fields: &[
        Field::new("fsType", Type::String),
        Field::new("gateway", Type::String),
        Field::new("protectionDomain", Type::String),
        Field::new("readOnly", Type::Bool),
        Field::new("secretRef", Type::Struct(&LOCAL_OBJECT_REFERENCE)),
        Field::new("sslEnabled", Type::Bool),
        Field::new("storageMode", Type::String),
        Field::new("storagePool", Type::String),
        Field::new("system", Type::String),
        Field::new("volumeName", Type::String),
    ],
};

static SECCOMP_PROFILE: Struct = Struct {
    name: "SeccompProfile",
    fields: &[Field::new("localhostProfile", Type::String), Field::new("type", Type::String)],
};

static SECRET_ENV_SOURCE: Struct = Struct {
    name: "SecretEnvSource",
    fields: &[Field::new("name", Type::String), Field::new("optional", Type::Bool)],
};

static SECRET_KEY_SELECTOR: Struct = Struct {
    name: "SecretKeySelector",
    fields: &[
        Field::new("key", Type::String),
        Field::new("name", Type::String),
        Field::new("optional", Type::Bool),
    ],
};

static SECRET_PROJECTION: Struct = Struct {
    name: "SecretProjection",
    fields: &[
        Field::new("items", Type::List(&Type::Struct(&KEY_TO_PATH))),
        Field::new("name", Type::String),
        Field::new("optional", Type::Bool),
    ],
};

static SECRET_VOLUME_SOURCE: Struct = Struct {
    name: "SecretVolumeSource",
    fields: &[
        Field::new("defaultMode", Type::Int32),
        Field::new("items", Type::List(&Type::Struct(&KEY_TO_PATH))),
        Field::new("optional", Type::Bool),
        Field::new("secretName", Type::String),
    ],
};

static SECURITY_CONTEXT: Struct = Struct {
    name: "SecurityContext",
    fields: &[
        Field::new("allowPrivilegeEscalation", Type::Bool),
        Field::new("appArmorProfile", Type::Struct(&APP_ARMOR_PROFILE)),
        Field::new("capabilities", Type::Struct(&CAPABILITIES)),
        Field::new("privileged", Type::Bool),
        Field::new("procMount", Type::String),
        Field::new("readOnlyRootFilesystem", Type::Bool),
        Field::new("runAsGroup", Type::Int64),
        Field::new("runAsNonRoot", Type::Bool),
        Field::new("runAsUser", Type::Int64),
        Field::new("seLinuxOptions", Type::Struct(&SE_LINUX_OPTIONS)),
        Field::new("seccompProfile", Type::Struct(&SECCOMP_PROFILE)),
        Field::new("windowsOptions", Type::Struct(&WINDOWS_SECURITY_CONTEXT_OPTIONS)),
    ],
};

static SELECTABLE_FIELD: Struct =
    Struct { name: "SelectableField", fields: &[Field::new("jsonPath", Type::String)] };

static SERVICE_ACCOUNT_TOKEN_PROJECTION: Struct = Struct {
    name: "ServiceAccountTokenProjection",
    fields: &[
        Field::new("audience", Type::String),
        Field::new("expirationSeconds", Type::Int64),
        Field::new("path", Type::String),
    ],
};

static SE_LINUX_OPTIONS: Struct = Struct {
    name: "SELinuxOptions",
    fields: &[
        Field::new("level", Type::String),
        Field::new("role", Type::String),
        Field::new("type", Type::String),
        Field::new("user", Type::String),
    ],
};

static SLEEP_ACTION: Struct = Struct { name: "SleepAction", fields: &[Field::new("seconds", Type::Int64)] };

static STORAGE_OS_VOLUME_SOURCE: Struct = Struct {
    name: "StorageOSVolumeSource",
    fields: &[
        Field::new("fsType", Type::String),
        Field::new("readOnly", Type::Bool),
        Field::new("secretRef", Type::Struct(&LOCAL_OBJECT_REFERENCE)),
        Field::new("volumeName", Type::String),
        Field::new("volumeNamespace", Type::String),
    ],
};

static SYSCTL: Struct =
    Struct { name: "Sysctl", fields: &[Field::new("name", Type::String), Field::new("value", Type::String)] };

static TCP_SOCKET_ACTION: Struct = Struct {
    name: "TCPSocketAction",
    fields: &[Field::new("host", Type::String), Field::new("port", Type::IntOrString)],
};

/// `Toleration` of `k8s.io/api/core/v1`.
pub static TOLERATION: Struct = Struct {
    name: "Toleration",
    fields: &[
        Field::new("effect", Type::String),
        Field::new("key", Type::String),
        Field::new("operator", Type::String),
        Field::new("tolerationSeconds", Type::Int64),
        Field::new("value", Type::String),
    ],
};

static TOPOLOGY_SPREAD_CONSTRAINT: Struct = Struct {
    name: "TopologySpreadConstraint",
    fields: &[
        Field::new("labelSelector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("matchLabelKeys", Type::List(&Type::String)),
        Field::new("maxSkew", Type::Int32),
        Field::new("minDomains", Type::Int32),
        Field::new("nodeAffinityPolicy", Type::String),
        Field::new("nodeTaintsPolicy", Type::String),
        Field::new("topologyKey", Type::String),
        Field::new("whenUnsatisfiable", Type::String),
    ],
};

static TYPED_LOCAL_OBJECT_REFERENCE: Struct = Struct {
    name: "TypedLocalObjectReference",
    fields: &[
        Field::new("apiGroup", Type::String),
        Field::new("kind", Type::String),
        Field::new("name", Type::String),
    ],
};

static TYPED_OBJECT_REFERENCE: Struct = Struct {
    name: "TypedObjectReference",
    fields: &[
        Field::new("apiGroup", Type::String),
        Field::new("kind", Type::String),
        Field::new("name", Type::String),
        Field::new("namespace", Type::String),
    ],
};

/// `ValidatingWebhook` of `k8s.io/api/admissionregistration/v1`.
pub static VALIDATING_WEBHOOK: Struct = Struct {
    name: "ValidatingWebhook",
    fields: &[
        Field::new("admissionReviewVersions", Type::List(&Type::String)),
        Field::new("clientConfig", Type::Struct(&ADMISSIONREGISTRATION_WEBHOOK_CLIENT_CONFIG)),
        Field::new("failurePolicy", Type::String),
        Field::new("matchConditions", Type::List(&Type::Struct(&MATCH_CONDITION))),
        Field::new("matchPolicy", Type::String),
        Field::new("name", Type::String),
        Field::new("namespaceSelector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("objectSelector", Type::Struct(&LABEL_SELECTOR)),
        Field::new("rules", Type::List(&Type::Struct(&RULE_WITH_OPERATIONS))),
        Field::new("sideEffects", Type::String),
        Field::new("timeoutSeconds", Type::Int32),
    ],
};

static VALIDATION_RULE: Struct = Struct {
    name: "ValidationRule",
    fields: &[
        Field::new("fieldPath", Type::String),
        Field::new("message", Type::String),
        Field::new("messageExpression", Type::String),
        Field::new("optionalOldSelf", Type::Bool),
        Field::new("reason", Type::String),
        Field::new("rule", Type::String),
    ],
};

/// `Volume` of `k8s.io/api/core/v1`.
pub static VOLUME: Struct = Struct {
    name: "Volume",
    fields: &[
        Field::new("awsElasticBlockStore", Type::Struct(&AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE)),
        Field::new("azureDisk", Type::Struct(&AZURE_DISK_VOLUME_SOURCE)),
        Field::new("azureFile", Type::Struct(&AZURE_FILE_VOLUME_SOURCE)),
        Field::new("cephfs", Type::Struct(&CEPH_FS_VOLUME_SOURCE)),
        Field::new("cinder", Type::Struct(&CINDER_VOLUME_SOURCE)),
        Field::new("configMap", Type::Struct(&CONFIG_MAP_VOLUME_SOURCE)),
        Field::new("csi", Type::Struct(&CSI_VOLUME_SOURCE)),
        Field::new("downwardAPI", Type::Struct(&DOWNWARD_API_VOLUME_SOURCE)),
        Field::new("emptyDir", Type::Struct(&EMPTY_DIR_VOLUME_SOURCE)),
        Field::new("ephemeral", Type::Struct(&EPHEMERAL_VOLUME_SOURCE)),
        Field::new("fc", Type::Struct(&FC_VOLUME_SOURCE)),
        Field::new("flexVolume", Type::Struct(&FLEX_VOLUME_SOURCE)),
        Field::new("flocker", Type::Struct(&FLOCKER_VOLUME_SOURCE)),
        Field::new("gcePersistentDisk", Type::Struct(&GCE_PERSISTENT_DISK_VOLUME_SOURCE)),
        Field::new("gitRepo", Type::Struct(&GIT_REPO_VOLUME_SOURCE)),
        Field::new("glusterfs", Type::Struct(&GLUSTERFS_VOLUME_SOURCE)),
        Field::new("hostPath", Type::Struct(&HOST_PATH_VOLUME_SOURCE)),
        Field::new("image", Type::Struct(&IMAGE_VOLUME_SOURCE)),
        Field::new("iscsi", Type::Struct(&ISCSI_VOLUME_SOURCE)),
        Field::new("name", Type::String),
        Field::new("nfs", Type::Struct(&NFS_VOLUME_SOURCE)),
        Field::new("persistentVolumeClaim", Type::Struct(&PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE)),
        Field::new("photonPersistentDisk", Type::Struct(&PHOTON_PERSISTENT_DISK_VOLUME_SOURCE)),
        Field::new("portworxVolume", Type::Struct(&PORTWORX_VOLUME_SOURCE)),
        Field::new("projected", Type::Struct(&PROJECTED_VOLUME_SOURCE)),
        Field::new("quobyte", Type::Struct(&QUOBYTE_VOLUME_SOURCE)),
        Field::new("rbd", Type::Struct(&RBD_VOLUME_SOURCE)),
        Field::new("scaleIO", Type::Struct(&SCALE_IO_VOLUME_SOURCE)),
        Field::new("secret", Type::Struct(&SECRET_VOLUME_SOURCE)),
        Field::new("storageos", Type::Struct(&STORAGE_OS_VOLUME_SOURCE)),
        Field::new("vsphereVolume", Type::Struct(&VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE)),
    ],
};

static VOLUME_DEVICE: Struct = Struct {
    name: "VolumeDevice",
    fields: &[Field::new("devicePath", Type::String), Field::new("name", Type::String)],
};

/// `VolumeMount` of `k8s.io/api/core/v1`.
pub static VOLUME_MOUNT: Struct = Struct {
    name: "VolumeMount",
    fields: &[
        Field::new("mountPath", Type::String),
        Field::new("mountPropagation", Type::String),
        Field::new("name", Type::String),
        Field::new("readOnly", Type::Bool),
        Field::new("recursiveReadOnly", Type::String),
        Field::new("subPath", Type::String),
        Field::new("subPathExpr", Type::String),
    ],
};

static VOLUME_PROJECTION: Struct = Struct {
    name: "VolumeProjection",
    fields: &[
        Field::new("clusterTrustBundle", Type::Struct(&CLUSTER_TRUST_BUNDLE_PROJECTION)),
        Field::new("configMap", Type::Struct(&CONFIG_MAP_PROJECTION)),
        Field::new("downwardAPI", Type::Struct(&DOWNWARD_API_PROJECTION)),
        Field::new("podCertificate", Type::Struct(&POD_CERTIFICATE_PROJECTION)),
        Field::new("secret", Type::Struct(&SECRET_PROJECTION)),
        Field::new("serviceAccountToken", Type::Struct(&SERVICE_ACCOUNT_TOKEN_PROJECTION)),
    ],
};

static VOLUME_RESOURCE_REQUIREMENTS: Struct = Struct {
    name: "VolumeResourceRequirements",
    fields: &[
        Field::new("limits", Type::Map(&Type::Quantity)),
        Field::new("requests", Type::Map(&Type::Quantity)),
    ],
};

static VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE: Struct = Struct {
    name: "VsphereVirtualDiskVolumeSource",
    fields: &[
        Field::new("fsType", Type::String),
        Field::new("storagePolicyID", Type::String),
        Field::new("storagePolicyName", Type::String),
        Field::new("volumePath", Type::String),
    ],
};

static WEBHOOK_CONVERSION: Struct = Struct {
    name: "WebhookConversion",
    fields: &[
        Field::new("clientConfig", Type::Struct(&APIEXTENSIONS_WEBHOOK_CLIENT_CONFIG)),
        Field::new("conversionReviewVersions", Type::List(&Type::String)),
    ],
};

static WEIGHTED_POD_AFFINITY_TERM: Struct = Struct {
    name: "WeightedPodAffinityTerm",
    fields: &[
        Field::new("podAffinityTerm", Type::Struct(&POD_AFFINITY_TERM)),
        Field::new("weight", Type::Int32),
    ],
};

static WINDOWS_SECURITY_CONTEXT_OPTIONS: Struct = Struct {
    name: "WindowsSecurityContextOptions",
    fields: &[
        Field::new("gmsaCredentialSpec", Type::String),
        Field::new("gmsaCredentialSpecName", Type::String),
        Field::new("hostProcess", Type::Bool),
        Field::new("runAsUserName", Type::String),
    ],
};
