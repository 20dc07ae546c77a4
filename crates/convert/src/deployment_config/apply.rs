//! What a [`DeploymentConfig`] changes in a Deployment. Source: operator-controller's
//! `applyCustomConfigToDeployment`; the order of the fields is the reference's.

use std::collections::HashSet;

use rukpak_manifest::Object;
use serde_json::{Map, Value};

use super::DeploymentConfig;
use crate::pod_template::{PodTemplate, list, mapping, put_named};

impl DeploymentConfig {
    /// Changes a Deployment. Containers means all of them but no init containers.
    pub(crate) fn apply(&self, deployment: &mut Object) {
        let Self {
            env,
            env_from,
            volumes,
            volume_mounts,
            tolerations,
            resources,
            node_selector,
            affinity,
            annotations,
        } = self;
        if !annotations.is_empty() {
            annotate(mapping(deployment.metadata_mut(), "annotations"), annotations);
        }
        let mut template = PodTemplate::of(mapping(deployment.fields_mut(), "spec"));
        if !annotations.is_empty() {
            annotate(template.annotations(), annotations);
        }
        for container in template.containers() {
            if !env.is_empty() {
                put_named(list(container, "env"), env);
            }
            if !env_from.is_empty() {
                add_new(list(container, "envFrom"), env_from);
            }
            if !volume_mounts.is_empty() {
                put_named(list(container, "volumeMounts"), volume_mounts);
            }
            if let Some(resources) = resources {
                replace(container, "resources", resources);
            }
        }
        if !volumes.is_empty() {
            put_named(template.volumes(), volumes);
        }
        if !tolerations.is_empty() {
            add_new(list(template.spec(), "tolerations"), tolerations);
        }
        if let Some(selector) = node_selector {
            replace(template.spec(), "nodeSelector", selector);
        }
        if let Some(affinity) = affinity {
            set_affinity(template.spec(), affinity);
        }
    }
}

/// Adds annotations; those that are there stay as they are.
fn annotate(annotations: &mut Map<String, Value>, new: &Map<String, Value>) {
    for (key, value) in new {
        annotations.entry(key).or_insert_with(|| value.clone());
    }
}

/// Adds the items that are not there yet.
fn add_new(items: &mut Vec<Value>, new: &[Value]) {
    let mut there: HashSet<&Value> = items.iter().collect();
    let added: Vec<Value> = new.iter().filter(|item| there.insert(item)).cloned().collect();
    items.extend(added);
}

/// Replaces a mapping; an empty one takes it away.
fn replace(parent: &mut Map<String, Value>, field: &str, new: &Map<String, Value>) {
    if new.is_empty() {
        parent.remove(field);
    } else {
        parent.insert(field.into(), new.clone().into());
    }
}

/// Replaces the kinds of affinity that are given, removes those that are given empty and keeps the others; without
/// any kind, removes all.
fn set_affinity(pod_spec: &mut Map<String, Value>, new: &Map<String, Value>) {
    if new.is_empty() {
        pod_spec.remove("affinity");
        return;
    }
    let affinity = mapping(pod_spec, "affinity");
    for (kind, value) in new {
        if value.as_object().is_some_and(Map::is_empty) {
            affinity.remove(kind);
        } else {
            affinity.insert(kind.clone(), value.clone());
        }
    }
    if affinity.is_empty() {
        pod_spec.remove("affinity");
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::BundleConfig;

    /// The pod spec of a deployment with these containers and fields, after a configuration.
    fn applied(config: &Value, pod_spec: &Value) -> Value {
        let config = BundleConfig::from_value(json!({"deploymentConfig": config})).unwrap().deployment_config;
        let mut deployment = Object::new("apps/v1", "Deployment", Some("ns"), "d")
            .with("spec", json!({"template": {"spec": pod_spec}}));
        config.apply(&mut deployment);
        deployment.get(&["spec", "template", "spec"]).unwrap().clone()
    }

    #[rstest]
    #[case::env_overrides_and_adds(
        json!({"env": [{"name": "A", "value": "new"}, {"name": "C", "value": "c"}]}),
        json!({"env": [{"name": "A", "value": "old"}, {"name": "B"}]}),
        json!({"env": [{"name": "A", "value": "new"}, {"name": "B"}, {"name": "C", "value": "c"}]})
    )]
    #[case::env_from_adds_what_is_new(
        json!({"envFrom": [{"secretRef": {"name": "a"}}, {"secretRef": {"name": "b"}}, {"secretRef": {"name": "b"}}]}),
        json!({"envFrom": [{"secretRef": {"name": "a"}}]}),
        json!({"envFrom": [{"secretRef": {"name": "a"}}, {"secretRef": {"name": "b"}}]})
    )]
    #[case::mounts_override_by_volume_and_add(
        json!({"volumeMounts": [{"name": "v", "mountPath": "/new"}, {"name": "w", "mountPath": "/1"}, {"name": "w", "mountPath": "/2"}]}),
        json!({"volumeMounts": [{"name": "v", "mountPath": "/old"}]}),
        json!({"volumeMounts": [{"name": "v", "mountPath": "/new"}, {"name": "w", "mountPath": "/1"}, {"name": "w", "mountPath": "/2"}]})
    )]
    #[case::resources_replace(
        json!({"resources": {"limits": {"cpu": "1"}}}),
        json!({"resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": "1m"}}}),
        json!({"resources": {"limits": {"cpu": "1"}}})
    )]
    #[case::empty_resources_erase(json!({"resources": {}}), json!({"resources": {"limits": {"cpu": "1"}}}), json!({}))]
    #[case::nothing(json!({}), json!({"image": "i"}), json!({"image": "i"}))]
    fn containers(#[case] config: Value, #[case] container: Value, #[case] expected: Value) {
        let pod = json!({"containers": [container, {}], "initContainers": [{"name": "untouched"}]});
        let pod = applied(&config, &pod);
        assert_eq!(pod["containers"][0], expected);
        assert_eq!(pod["initContainers"], json!([{"name": "untouched"}]));
    }

    #[rstest]
    #[case::volumes_override_and_add(
        json!({"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "emptyDir": {}}]}),
        json!({"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}),
        json!({"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "emptyDir": {}}]})
    )]
    #[case::tolerations_add_what_is_new(
        json!({"tolerations": [{"key": "a"}, {"key": "b"}]}),
        json!({"tolerations": [{"key": "a"}]}),
        json!({"tolerations": [{"key": "a"}, {"key": "b"}]})
    )]
    #[case::node_selector_replaces(json!({"nodeSelector": {"b": "2"}}), json!({"nodeSelector": {"a": "1"}}), json!({"nodeSelector": {"b": "2"}}))]
    #[case::empty_node_selector_erases(json!({"nodeSelector": {}}), json!({"nodeSelector": {"a": "1"}}), json!({}))]
    #[case::no_node_selector_keeps(json!({"nodeSelector": null}), json!({"nodeSelector": {"a": "1"}}), json!({"nodeSelector": {"a": "1"}}))]
    #[case::affinity_without_kinds_erases(json!({"affinity": {}}), json!({"affinity": {"podAffinity": {"x": 1}}}), json!({}))]
    #[case::affinity_by_kind(
        json!({"affinity": {"podAffinity": {}, "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}}),
        json!({"affinity": {"podAffinity": {"x": 1}, "podAntiAffinity": {"y": 2}, "nodeAffinity": {"z": 3}}}),
        json!({"affinity": {"podAntiAffinity": {"y": 2}, "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}})
    )]
    #[case::affinity_that_ends_empty(json!({"affinity": {"podAffinity": {}}}), json!({"affinity": {"podAffinity": {"x": 1}}}), json!({}))]
    #[case::affinity_where_there_is_none(
        json!({"affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}}), json!({}),
        json!({"affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}})
    )]
    fn pods(#[case] config: Value, #[case] pod: Value, #[case] expected: Value) {
        assert_eq!(applied(&config, &pod), expected);
    }

    #[test]
    fn annotations_are_added_to_the_deployment_and_its_pods_below_what_is_there() {
        let config = json!({"deploymentConfig": {"annotations": {"a": "new", "b": "new"}}});
        let config = BundleConfig::from_value(config).unwrap().deployment_config;
        let mut deployment = Object::new("apps/v1", "Deployment", Some("ns"), "d")
            .with("spec", json!({"template": {"metadata": {"annotations": {"a": "old"}}}}));
        deployment.set_annotation("b", "old");
        config.apply(&mut deployment);
        assert_eq!(deployment.get(&["metadata", "annotations"]), Some(&json!({"a": "new", "b": "old"})));
        assert_eq!(
            deployment.get(&["spec", "template", "metadata", "annotations"]),
            Some(&json!({"a": "old", "b": "new"}))
        );
    }
}
