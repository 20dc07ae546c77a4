//! The kinds that a registry+v1 bundle may hold: operator-registry's `pkg/lib/bundle/supported_resources.go`.

/// What is known of a kind that a bundle may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SupportedKind {
    /// The kind.
    pub kind: &'static str,
    /// The API group that it is meant to be of; empty for the core group. The reference looks at the kind alone.
    pub group: &'static str,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
}

/// The kinds, sorted. A `VerticalPodAutoscaler` is namespaced here, as its definition says; the reference errs.
pub const SUPPORTED_KINDS: &[SupportedKind] = &[
    cluster("ClusterRole", "rbac.authorization.k8s.io"),
    cluster("ClusterRoleBinding", "rbac.authorization.k8s.io"),
    namespaced("ClusterServiceVersion", "operators.coreos.com"),
    namespaced("ConfigMap", ""),
    cluster("ConsoleCLIDownload", "console.openshift.io"),
    cluster("ConsoleLink", "console.openshift.io"),
    cluster("ConsolePlugin", "console.openshift.io"),
    cluster("ConsoleQuickStart", "console.openshift.io"),
    cluster("ConsoleYAMLSample", "console.openshift.io"),
    cluster("CustomResourceDefinition", "apiextensions.k8s.io"),
    namespaced("NetworkPolicy", "networking.k8s.io"),
    namespaced("PodDisruptionBudget", "policy"),
    namespaced("PodMonitor", "monitoring.coreos.com"),
    cluster("PriorityClass", "scheduling.k8s.io"),
    namespaced("PrometheusRule", "monitoring.coreos.com"),
    namespaced("Role", "rbac.authorization.k8s.io"),
    namespaced("RoleBinding", "rbac.authorization.k8s.io"),
    namespaced("Secret", ""),
    namespaced("Service", ""),
    namespaced("ServiceAccount", ""),
    namespaced("ServiceMonitor", "monitoring.coreos.com"),
    namespaced("VerticalPodAutoscaler", "autoscaling.k8s.io"),
];

/// What is known of a kind; `None` where a bundle may not hold it.
#[must_use]
pub fn supported_kind(kind: &str) -> Option<&'static SupportedKind> {
    let index = SUPPORTED_KINDS.binary_search_by(|known| known.kind.cmp(kind)).ok()?;
    SUPPORTED_KINDS.get(index)
}

/// Whether objects of a supported kind live in a namespace; `false` for every other kind.
#[must_use]
pub fn is_namespaced(kind: &str) -> bool {
    supported_kind(kind).is_some_and(|known| known.namespaced)
}

const fn namespaced(kind: &'static str, group: &'static str) -> SupportedKind {
    SupportedKind { kind, group, namespaced: true }
}

const fn cluster(kind: &'static str, group: &'static str) -> SupportedKind {
    SupportedKind { kind, group, namespaced: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_it_can_be_searched() {
        assert!(SUPPORTED_KINDS.is_sorted_by_key(|known| known.kind));
        for known in SUPPORTED_KINDS {
            assert_eq!(supported_kind(known.kind), Some(known));
        }
        assert_eq!(supported_kind("CronJob"), None);
        assert!(is_namespaced("VerticalPodAutoscaler"));
    }
}
