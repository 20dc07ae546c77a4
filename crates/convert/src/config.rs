//! The configuration of a bundle: what `spec.config` of a `BundleDeployment` holds.
//!
//! In: a value, as it was read from a file or a custom resource. Out: [`BundleConfig`], or everything that is wrong
//! with it at once. A field that is missing or null is not set.

mod problem;

use rukpak_manifest::types::{Field, Struct, Type, kubernetes, prune};
use serde_json::{Map, Value};

use crate::{CertificateProvider, DeploymentConfig, WatchNamespaces};

pub use problem::{ConfigError, ConfigProblem};

static FIELDS: Struct = Struct {
    name: "configuration",
    fields: &[
        Field::new("certificateProvider", Type::String),
        Field::new("deploymentConfig", Type::Struct(&DEPLOYMENT_FIELDS)),
        Field::new("watchNamespace", Type::String),
        Field::new("watchNamespaces", Type::List(&Type::String)),
    ],
};

/// Legacy OLM's `SubscriptionConfig` without `selector`, which has no meaning for a bundle.
static DEPLOYMENT_FIELDS: Struct = Struct {
    name: "deploymentConfig",
    fields: &[
        Field::new("affinity", Type::Struct(&kubernetes::AFFINITY)),
        Field::new("annotations", Type::Map(&Type::String)),
        Field::new("env", Type::List(&Type::Struct(&kubernetes::ENV_VAR))),
        Field::new("envFrom", Type::List(&Type::Struct(&kubernetes::ENV_FROM_SOURCE))),
        Field::new("nodeSelector", Type::Map(&Type::String)),
        Field::new("resources", Type::Struct(&kubernetes::RESOURCE_REQUIREMENTS)),
        Field::new("tolerations", Type::List(&Type::Struct(&kubernetes::TOLERATION))),
        Field::new("volumeMounts", Type::List(&Type::Struct(&kubernetes::VOLUME_MOUNT))),
        Field::new("volumes", Type::List(&Type::Struct(&kubernetes::VOLUME))),
    ],
};

/// The lists whose items are told apart by their name.
const NAMED: [&str; 3] = ["env", "volumeMounts", "volumes"];

/// The configuration of a bundle.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BundleConfig {
    /// `watchNamespace` or `watchNamespaces`.
    pub watch_namespaces: WatchNamespaces,
    /// `certificateProvider`.
    pub certificate_provider: Option<CertificateProvider>,
    /// `deploymentConfig`.
    pub deployment_config: DeploymentConfig,
}

impl BundleConfig {
    /// Takes a configuration apart. `null` is an empty one.
    pub fn from_value(mut value: Value) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        // Before nulls become the zero values of their types: an empty name would mean all namespaces.
        if let Some(names) = value.get("watchNamespaces").and_then(Value::as_array) {
            let nulls = names.iter().enumerate().filter(|(_, name)| name.is_null());
            problems.extend(nulls.map(|(index, _)| ConfigProblem::NullWatchNamespace(index)));
        }
        let pruned = prune(&mut value, &FIELDS);
        problems.extend(pruned.unknown.into_iter().map(|unknown| {
            let known = [&FIELDS, &DEPLOYMENT_FIELDS].into_iter().find(|fields| fields.name == unknown.of);
            ConfigProblem::UnknownField(unknown, known)
        }));
        problems.extend(pruned.mismatches.into_iter().map(ConfigProblem::Mismatch));
        if !problems.is_empty() {
            return Err(ConfigError { problems });
        }

        let mut fields = into_map(value);
        let watch_namespaces = watch_namespaces(&fields, &mut problems);
        let certificate_provider = certificate_provider(&fields, &mut problems);
        let deployment_fields = into_map(fields.remove("deploymentConfig").unwrap_or_default());
        let deployment_config = deployment_config(deployment_fields, &mut problems);
        if problems.is_empty() {
            Ok(Self { watch_namespaces, certificate_provider, deployment_config })
        } else {
            Err(ConfigError { problems })
        }
    }
}

fn watch_namespaces(fields: &Map<String, Value>, problems: &mut Vec<ConfigProblem>) -> WatchNamespaces {
    let one = fields.get("watchNamespace").and_then(Value::as_str);
    let several = fields.get("watchNamespaces").and_then(Value::as_array);
    let (field, names): (_, Vec<&str>) = match (one, several) {
        (None, None) => return WatchNamespaces::Unset,
        (Some(_), Some(_)) => {
            problems.push(ConfigProblem::TwoWatches);
            return WatchNamespaces::Unset;
        }
        (Some(name), None) => ("watchNamespace", vec![name]),
        (None, Some(names)) => ("watchNamespaces", names.iter().filter_map(Value::as_str).collect()),
    };
    WatchNamespaces::from_names(&names).unwrap_or_else(|error| {
        problems.push(ConfigProblem::WatchNamespaces(field, error));
        WatchNamespaces::Unset
    })
}

fn certificate_provider(
    fields: &Map<String, Value>,
    problems: &mut Vec<ConfigProblem>,
) -> Option<CertificateProvider> {
    let name = fields.get("certificateProvider").and_then(Value::as_str)?;
    name.parse().map_err(|error| problems.push(ConfigProblem::CertificateProvider(error))).ok()
}

/// The fields have their types; what is left to check are the names.
fn deployment_config(mut fields: Map<String, Value>, problems: &mut Vec<ConfigProblem>) -> DeploymentConfig {
    for list in NAMED {
        let items = fields.get(list).and_then(Value::as_array).into_iter().flatten().enumerate();
        let unnamed =
            items.filter(|(_, item)| item.get("name").and_then(Value::as_str).is_none_or(str::is_empty));
        problems.extend(unnamed.map(|(index, _)| ConfigProblem::Unnamed { list, index }));
    }
    let mut take = |field: &str| fields.remove(field).unwrap_or_default();
    DeploymentConfig {
        env: into_list(take("env")),
        env_from: into_list(take("envFrom")),
        volumes: into_list(take("volumes")),
        volume_mounts: into_list(take("volumeMounts")),
        tolerations: into_list(take("tolerations")),
        resources: into_set_map(take("resources")),
        node_selector: into_set_map(take("nodeSelector")),
        affinity: into_set_map(take("affinity")),
        annotations: into_map(take("annotations")),
    }
}

fn into_list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

fn into_map(value: Value) -> Map<String, Value> {
    into_set_map(value).unwrap_or_default()
}

/// A mapping that says something even where it is empty.
fn into_set_map(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::{Context, rstest};
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::null(json!(null))]
    #[case::empty(json!({}))]
    #[case::nulls(json!({"watchNamespace": null, "watchNamespaces": null, "certificateProvider": null, "deploymentConfig": {"env": null}}))]
    #[case::no_watch_namespaces(json!({"watchNamespaces": []}))]
    fn nothing_is_set(#[case] value: Value) {
        assert_eq!(BundleConfig::from_value(value).unwrap(), BundleConfig::default());
    }

    #[rstest]
    #[case::one(json!({"watchNamespace": "a"}), listed(&["a"]))]
    #[case::empty(json!({"watchNamespace": ""}), WatchNamespaces::All)]
    #[case::several(json!({"watchNamespaces": ["b", "a"]}), listed(&["a", "b"]))]
    #[case::list_of_empty(json!({"watchNamespaces": [""]}), WatchNamespaces::All)]
    fn watches(#[case] value: Value, #[case] expected: WatchNamespaces) {
        assert_eq!(BundleConfig::from_value(value).unwrap().watch_namespaces, expected);
    }

    fn listed(names: &[&str]) -> WatchNamespaces {
        WatchNamespaces::Listed(names.iter().map(|name| name.parse().unwrap()).collect())
    }

    #[test]
    fn every_field() {
        let config = BundleConfig::from_value(json!({
            "certificateProvider": "cert-manager",
            "deploymentConfig": {
                "affinity": {},
                "annotations": {"a": "b"},
                "env": [{"name": "A", "value": null}],
                "envFrom": [{"secretRef": {"name": "s"}}],
                "nodeSelector": {"n": "s"},
                "resources": {"limits": {"cpu": 0.5}},
                "tolerations": [{"operator": "Exists"}],
                "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                "volumes": [{"name": "v", "emptyDir": {}}],
            },
        }));
        let config = config.unwrap();
        assert_eq!(config.certificate_provider, Some(CertificateProvider::CertManager));
        let DeploymentConfig {
            env,
            env_from,
            volumes,
            volume_mounts,
            tolerations,
            resources,
            node_selector,
            affinity,
            annotations,
        } = config.deployment_config;
        assert_eq!(env, [json!({"name": "A"})]);
        assert_eq!(env_from, [json!({"secretRef": {"name": "s"}})]);
        assert_eq!(volumes, [json!({"name": "v", "emptyDir": {}})]);
        assert_eq!(volume_mounts, [json!({"name": "v", "mountPath": "/v"})]);
        assert_eq!(tolerations, [json!({"operator": "Exists"})]);
        assert_eq!(Value::from(resources), json!({"limits": {"cpu": "500m"}}));
        assert_eq!(Value::from(node_selector), json!({"n": "s"}));
        assert_eq!(Value::from(affinity), json!({}));
        assert_eq!(Value::from(annotations), json!({"a": "b"}));
    }

    #[rstest]
    #[case::no_mapping(json!(["watchNamespace"]))]
    #[case::unknown_field(json!({"watchNamespac": "a"}))]
    #[case::unknown_field_of_deployments(json!({"deploymentConfig": {"selector": {}}}))]
    #[case::unknown_field_of_kubernetes(json!({"deploymentConfig": {"env": [{"name": "A", "valu": "b"}]}}))]
    #[case::types(json!({
        "certificateProvider": true,
        "watchNamespace": 1,
        "deploymentConfig": {"env": {"A": "b"}, "annotations": {"a/b": 1}, "resources": {"limits": {"cpu": "much"}}},
    }))]
    #[case::names(json!({"deploymentConfig": {
        "env": [{"value": "a"}],
        "volumes": [{"name": "v"}, {"name": ""}],
        "volumeMounts": [{"mountPath": "/v"}],
    }}))]
    #[case::both_watches(json!({"watchNamespace": "a", "watchNamespaces": ["a"]}))]
    #[case::no_namespace(json!({"watchNamespace": "A b"}))]
    #[case::all_and_others(json!({"watchNamespaces": ["a", ""]}))]
    #[case::null_namespace(json!({"watchNamespaces": ["a", null]}))]
    #[case::unknown_provider(json!({"certificateProvider": "openssl"}))]
    fn problems(#[context] case: Context, #[case] value: Value) {
        let error = BundleConfig::from_value(value).unwrap_err();
        insta::assert_snapshot!(case.description.unwrap(), error);
    }
}
