//! The table of the rules: what each is called, how grave it is, and what it says.

use super::Severity;

/// What a rule is called and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name in [`Finding::code`](super::Finding::code), in kebab case; it never changes.
    pub code: &'static str,
    /// An error where operator-controller refuses the bundle, or where its content cannot be read; else a warning.
    pub severity: Severity,
    /// What a finding of this rule says.
    pub meaning: &'static str,
}

/// Declares the rules as constants, and the table of all of them.
macro_rules! rules {
    ($($name:ident = $severity:ident $code:literal: $meaning:literal;)*) => {
        $(pub(crate) const $name: Rule =
            Rule { code: $code, severity: Severity::$severity, meaning: $meaning };)*

        /// Every rule, sorted by code.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    ANNOTATIONS_MISSING = Error "annotations-missing": "the bundle has no metadata/annotations.yaml";
    ANNOTATIONS_UNREADABLE = Error "annotations-unreadable": "metadata/annotations.yaml cannot be read as annotations";
    API_SERVICES_UNSUPPORTED = Error "api-services-unsupported": "the ClusterServiceVersion owns aggregated APIs";
    API_VERSION_MISSING = Warning "api-version-missing": "an object has no apiVersion, so no server takes it";
    CONVERSION_DEFINITION_NOT_OWNED = Error "conversion-definition-not-owned":
        "a conversion webhook names a definition that the ClusterServiceVersion does not own";
    CONVERSION_DEFINITION_SHARED = Error "conversion-definition-shared":
        "two conversion webhooks name the same definition";
    CONVERSION_INSTALL_MODES = Error "conversion-install-modes":
        "a bundle with a conversion webhook supports install modes other than AllNamespaces";
    CONVERSION_PRESERVES_UNKNOWN_FIELDS = Error "conversion-preserves-unknown-fields":
        "a definition that a conversion webhook names has preserveUnknownFields: true";
    CSV_DUPLICATE = Error "csv-duplicate": "the bundle has more than one ClusterServiceVersion";
    CSV_MISSING = Error "csv-missing": "the bundle has no ClusterServiceVersion";
    CSV_VERSION = Error "csv-version": "spec.version of the ClusterServiceVersion is no semantic version";
    DEFINITION_CONVERTED = Warning "definition-converted":
        "a definition of apiextensions.k8s.io/v1beta1, which no server takes any more, was converted to v1";
    DEFINITION_DUPLICATE = Error "definition-duplicate": "two definitions have the same name";
    DEFINITION_NOT_OWNED = Warning "definition-not-owned":
        "the bundle holds a definition that its ClusterServiceVersion does not own";
    DEFINITION_NOT_STRUCTURAL = Warning "definition-not-structural":
        "a converted definition has a schema that servers refuse; one that takes anything stands in for it";
    DEPENDENCIES_UNREADABLE = Warning "dependencies-unreadable":
        "metadata/dependencies.yaml cannot be read as dependencies";
    DEPENDENCY = Warning "dependency": "the bundle needs another bundle or API, which is not installed for it";
    DEPLOYMENT_DUPLICATE = Error "deployment-duplicate": "two deployments have the same name";
    DEPLOYMENT_NAME = Error "deployment-name": "the name of a deployment is no DNS-1123 subdomain";
    DUPLICATE_OBJECT = Warning "duplicate-object": "several objects have the same identity";
    FIELD_MISREAD = Warning "field-misread":
        "a field holds a value that does not fit it, and that Kubernetes reads as another one";
    FIELD_TYPE = Error "field-type": "a field holds a value of a type that it cannot have";
    FOREIGN_GROUP = Warning "foreign-group":
        "an object has the name of a supported kind and the API group of another";
    INSTALL_MODE_MISSING = Error "install-mode-missing": "the bundle supports no install mode";
    INSTALL_MODE_UNKNOWN = Warning "install-mode-unknown": "an install mode is none that there is";
    KUBE_VERSION_TOO_LOW = Error "kube-version-too-low": "the cluster is older than the bundle's minKubeVersion";
    MANIFEST_UNREADABLE = Error "manifest-unreadable": "a file in manifests/ cannot be read as Kubernetes objects";
    MANIFESTS_EMPTY = Error "manifests-empty": "manifests/ holds no object";
    MANIFESTS_MISSING = Error "manifests-missing": "the bundle has no manifests/ directory";
    MEDIA_TYPE = Warning "media-type": "metadata/annotations.yaml declares another media type, or none";
    MIN_KUBE_VERSION = Warning "min-kube-version": "minKubeVersion is no semantic version";
    NAMESPACE_SUGGESTION = Warning "namespace-suggestion":
        "the namespace that the ClusterServiceVersion suggests cannot be used";
    NATIVE_API_INCOMPLETE = Warning "native-api-incomplete": "an entry of nativeAPIs lacks its version or kind";
    NATIVE_API_MISSING = Error "native-api-missing": "the cluster does not serve one of the bundle's nativeAPIs";
    OBJECT_NAME = Warning "object-name": "the API server refuses the name of an object";
    OWNED_DEFINITION_DIFFERS = Warning "owned-definition-differs":
        "the ClusterServiceVersion describes a version or kind that the definition does not have";
    OWNED_DEFINITION_MISSING = Error "owned-definition-missing":
        "the ClusterServiceVersion owns a definition that the bundle does not hold";
    PACKAGE_EMPTY = Error "package-empty": "metadata/annotations.yaml names no package";
    PROPERTIES = Error "properties":
        "the annotation olm.properties or metadata/properties.yaml cannot be read as properties";
    READER_NOTE = Warning "reader-note": "a file holds something that Kubernetes reads in a surprising way";
    REQUIRED_API_SERVICE = Warning "required-api-service":
        "the ClusterServiceVersion requires an aggregated API, which the cluster must serve";
    REQUIRED_DEFINITION = Warning "required-definition":
        "the ClusterServiceVersion requires a definition that is not in the bundle, so the cluster must have it";
    SERVICE_ACCOUNT_CREATED = Warning "service-account-created":
        "a deployment runs as a ServiceAccount that the bundle says nothing else about";
    SUBDIRECTORY = Error "subdirectory": "manifests/ holds a directory";
    UNKNOWN_FIELD = Warning "unknown-field": "a field that its type does not have was dropped";
    UNSUPPORTED_KIND = Error "unsupported-kind": "the bundle holds an object of a kind that a bundle may not hold";
    WEBHOOK_DEPLOYMENT_MISSING = Error "webhook-deployment-missing":
        "a webhook is served by a deployment that the ClusterServiceVersion does not have";
    WEBHOOK_DUPLICATE = Error "webhook-duplicate": "two webhooks of one type have the same name";
    WEBHOOK_NAME = Error "webhook-name": "the name of a webhook is no DNS-1123 subdomain";
    WEBHOOK_RULE_FORBIDDEN = Error "webhook-rule-forbidden":
        "an admission webhook wants to decide on objects that it must not";
    WEBHOOK_TYPE = Warning "webhook-type": "a webhook has a type that there is not";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_unique_and_in_kebab_case() {
        assert!(RULES.is_sorted_by(|a, b| a.code < b.code));
        for rule in RULES {
            assert!(rule.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", rule.code);
        }
    }
}
