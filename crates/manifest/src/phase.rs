//! The order in which kinds are applied.

use std::collections::BTreeSet;
use std::fmt;

use crate::Object;

/// A stage of an installation. Objects of an earlier phase are written first; deletion goes the other way.
///
/// The kinds are those of operator-controller's `phase.go`; custom resources of the set's own definitions come after
/// everything that serves them, and what admits requests comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Namespaces.
    Namespaces,
    /// What limits the workloads that follow.
    Policies,
    /// Service accounts.
    Identity,
    /// Secrets and configuration maps.
    Configuration,
    /// Volumes, claims and storage classes.
    Storage,
    /// Custom resource definitions.
    Crds,
    /// Roles and cluster roles.
    Roles,
    /// Bindings of roles.
    Bindings,
    /// Services and the certificates that they need.
    Infrastructure,
    /// Workloads, and every kind that has no phase of its own.
    Deploy,
    /// Autoscalers.
    Scaling,
    /// What makes the workloads visible outside: monitoring, routes, console extensions.
    Publish,
    /// Objects of a kind that the set itself defines.
    CustomResources,
    /// Webhook configurations and aggregated APIs.
    Admission,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Namespaces => "namespaces",
            Self::Policies => "policies",
            Self::Identity => "identity",
            Self::Configuration => "configuration",
            Self::Storage => "storage",
            Self::Crds => "crds",
            Self::Roles => "roles",
            Self::Bindings => "bindings",
            Self::Infrastructure => "infrastructure",
            Self::Deploy => "deploy",
            Self::Scaling => "scaling",
            Self::Publish => "publish",
            Self::CustomResources => "custom resources",
            Self::Admission => "admission",
        })
    }
}

impl Phase {
    /// The phase of a kind, by group and kind, whatever its version. A kind that `defined` holds (`(group, kind)` of the
    /// custom resource definitions in the same set) is a custom resource.
    #[must_use]
    pub fn of(object: &Object, defined: &BTreeSet<(String, String)>) -> Self {
        match (object.group(), object.kind()) {
            ("", "Namespace") => Self::Namespaces,
            ("networking.k8s.io", "NetworkPolicy")
            | ("policy", "PodDisruptionBudget")
            | ("scheduling.k8s.io", "PriorityClass") => Self::Policies,
            ("", "ServiceAccount") => Self::Identity,
            ("", "Secret" | "ConfigMap") => Self::Configuration,
            ("", "PersistentVolume" | "PersistentVolumeClaim") | ("storage.k8s.io", "StorageClass") => {
                Self::Storage
            }
            ("apiextensions.k8s.io", "CustomResourceDefinition") => Self::Crds,
            ("rbac.authorization.k8s.io", "ClusterRole" | "Role") => Self::Roles,
            ("rbac.authorization.k8s.io", "ClusterRoleBinding" | "RoleBinding") => Self::Bindings,
            ("", "Service") | ("cert-manager.io", "Issuer" | "Certificate") => Self::Infrastructure,
            ("autoscaling.k8s.io", "VerticalPodAutoscaler") => Self::Scaling,
            ("monitoring.coreos.com", "PrometheusRule" | "ServiceMonitor" | "PodMonitor")
            | ("networking.k8s.io", "Ingress")
            | ("route.openshift.io", "Route")
            | (
                "console.openshift.io",
                "ConsoleYAMLSample" | "ConsoleQuickStart" | "ConsoleCLIDownload" | "ConsoleLink"
                | "ConsolePlugin",
            ) => Self::Publish,
            (
                "admissionregistration.k8s.io",
                "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
            )
            | ("apiregistration.k8s.io", "APIService") => Self::Admission,
            (group, kind) if defined.iter().any(|(g, k)| g == group && k == kind) => Self::CustomResources,
            _ => Self::Deploy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::core("v1", "ConfigMap", Phase::Configuration)]
    #[case::any_version("policy/v1beta1", "PodDisruptionBudget", Phase::Policies)]
    #[case::kind_of_another_group("example.org/v1", "Service", Phase::Deploy)]
    #[case::unknown("batch/v1", "CronJob", Phase::Deploy)]
    #[case::aggregated("apiregistration.k8s.io/v1", "APIService", Phase::Admission)]
    #[case::defined_by_the_set("example.org/v2", "Gadget", Phase::CustomResources)]
    #[case::no_api_version("", "Service", Phase::Infrastructure)]
    fn phases(#[case] api_version: &str, #[case] kind: &str, #[case] expected: Phase) {
        let defined = BTreeSet::from([("example.org".to_owned(), "Gadget".to_owned())]);
        assert_eq!(Phase::of(&Object::new(api_version, kind, None, "x"), &defined), expected);
    }

    #[test]
    fn phases_are_in_the_order_of_an_installation() {
        assert!(Phase::Crds < Phase::Deploy && Phase::Deploy < Phase::CustomResources);
        assert!(Phase::CustomResources < Phase::Admission);
    }
}
