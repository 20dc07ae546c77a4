//! The objects that the bundle carries besides definitions.

use rukpak_manifest::Object;

use super::{Context, drop_leftovers};

/// The objects as they are, namespaced ones moved into the install namespace.
///
/// The kind alone says whether one is namespaced, whatever its group, as in the reference.
pub(super) fn generate(context: &Context<'_>, mut extras: Vec<Object>) -> Vec<Object> {
    for object in &mut extras {
        drop_leftovers(object);
        if rukpak_bundle::is_namespaced(object.kind()) {
            object.set_namespace(Some(context.install_namespace.as_str()));
        }
    }
    extras
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::fixture::Fixture;
    use super::*;

    #[rstest]
    #[case::without_a_namespace("v1", "ConfigMap", None, Some("install-ns"))]
    #[case::of_another_namespace("v1", "ConfigMap", Some("elsewhere"), Some("install-ns"))]
    #[case::of_a_foreign_group("iam.services.k8s.aws/v1alpha1", "Role", None, Some("install-ns"))]
    #[case::autoscaler("autoscaling.k8s.io/v1", "VerticalPodAutoscaler", None, Some("install-ns"))]
    #[case::cluster_scoped("rbac.authorization.k8s.io/v1", "ClusterRole", None, None)]
    #[case::cluster_scoped_with_a_namespace(
        "scheduling.k8s.io/v1",
        "PriorityClass",
        Some("elsewhere"),
        Some("elsewhere")
    )]
    fn namespaces(
        #[case] api_version: &str,
        #[case] kind: &str,
        #[case] before: Option<&str>,
        #[case] after: Option<&str>,
    ) {
        let objects = vec![Object::new(api_version, kind, before, "x")];
        let objects = Fixture::new().run(|context| generate(context, objects));
        assert_eq!(objects, [Object::new(api_version, kind, after, "x")]);
    }

    #[test]
    fn leftovers_go_and_the_rest_stays() {
        let value = json!({
            "apiVersion": "v1", "kind": "Service", "status": {"loadBalancer": {}}, "spec": {"ports": null, "x": 1},
            "metadata": {"name": "x", "namespace": "install-ns", "creationTimestamp": null, "labels": null},
        });
        let objects = vec![Object::from_value(value).unwrap()];
        let objects = Fixture::new().run(|context| generate(context, objects));
        let expected = json!({
            "apiVersion": "v1", "kind": "Service", "spec": {"ports": null, "x": 1},
            "metadata": {"name": "x", "namespace": "install-ns", "labels": null},
        });
        assert_eq!(objects, [Object::from_value(expected).unwrap()]);
    }
}
