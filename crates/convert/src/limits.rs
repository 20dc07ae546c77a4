//! Bounds on what a conversion may make of a bundle.
//!
//! A few bytes of a bundle become a whole object, and some of its content is copied into every deployment, container,
//! watched namespace or converted definition, so that a file of a megabyte could ask for gigabytes. Both are counted
//! before anything is made.
//! The largest of some 260 published bundles has about a hundred parts and copies less than a megabyte.

use rukpak_bundle::{ClusterServiceVersion, Permission, Webhook};
use rukpak_manifest::name::Namespace;
use serde_json::Value;

use crate::{ConvertError, DeploymentConfig, TargetNamespaces};

/// How many permissions, deployments, containers and webhooks a bundle may have together.
const MAX_PARTS: usize = 10_000;

/// How many bytes may be made by copying, about.
const MAX_COPIED: usize = 64 << 20;

/// What a value costs besides its text.
const OVERHEAD: usize = 64;

/// What a role and a binding cost besides the rules.
const GRANT: usize = 2048;

/// Refuses a bundle that has too many parts, or of which too much would be copied.
pub(crate) fn check(
    csv: &ClusterServiceVersion,
    targets: &TargetNamespaces,
    config: &DeploymentConfig,
) -> Result<(), ConvertError> {
    let containers: usize = csv.deployments.iter().map(|deployment| containers(&deployment.spec)).sum();
    let permissions = csv.permissions.len() + csv.cluster_permissions.len();
    let parts = permissions + csv.deployments.len() + containers + csv.webhooks.len();
    if parts > MAX_PARTS {
        return Err(ConvertError::TooManyParts { parts, limit: MAX_PARTS });
    }

    let annotations: usize =
        csv.annotations.iter().map(|(key, value)| OVERHEAD + key.len() + value.len()).sum();
    let (namespaces, names) = match targets {
        TargetNamespaces::All => (1, 0),
        TargetNamespaces::Listed(names) => (names.len(), names.iter().map(name_weight).sum()),
    };
    let config = config.weight();
    // The operator's condition is called as it is, and each role after it before that name is cut.
    let name = OVERHEAD + csv.name.len();
    let grant = |permission| name + permission_weight(permission);
    let copied = [
        csv.deployments.len().saturating_mul(annotations + names + config),
        containers.saturating_mul(name + config),
        csv.webhooks.len().saturating_mul(names),
        csv.webhooks.iter().map(conversion_weight).fold(0, usize::saturating_add),
        csv.permissions.iter().map(grant).sum::<usize>().saturating_mul(namespaces),
        csv.cluster_permissions.iter().map(grant).sum(),
    ];
    let bytes = copied.into_iter().fold(0, usize::saturating_add);
    if bytes > MAX_COPIED {
        return Err(ConvertError::TooMuchCopied { bytes, limit: MAX_COPIED });
    }
    Ok(())
}

impl DeploymentConfig {
    /// What one copy of it costs.
    fn weight(&self) -> usize {
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
        let lists = [env, env_from, volumes, volume_mounts, tolerations].into_iter().flatten();
        let maps = [resources, node_selector, affinity].into_iter().flatten().chain([annotations]);
        lists.map(weight).sum::<usize>()
            + maps.flatten().map(|(key, value)| key.len() + weight(value)).sum::<usize>()
    }
}

fn weight(value: &Value) -> usize {
    OVERHEAD
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(weight).sum(),
            Value::Object(map) => map.iter().map(|(key, value)| key.len() + weight(value)).sum(),
        }
}

fn permission_weight(permission: &Permission) -> usize {
    let Permission { service_account_name, rules } = permission;
    let rules = rules.iter().flatten().map(|rule| {
        let texts = rule.verbs.iter().flatten().chain(&rule.api_groups).chain(&rule.resources);
        let texts = texts.chain(&rule.resource_names).chain(&rule.non_resource_urls);
        OVERHEAD + texts.map(|text| OVERHEAD + text.len()).sum::<usize>()
    });
    GRANT + service_account_name.len() + rules.sum::<usize>()
}

/// What the definitions that a webhook converts get of it.
fn conversion_weight(webhook: &Webhook) -> usize {
    let versions: usize =
        webhook.admission_review_versions.iter().map(|version| OVERHEAD + version.len()).sum();
    let path = webhook.path.as_ref().map_or(0, String::len);
    webhook.conversion_crds.len().saturating_mul(OVERHEAD + versions + path)
}

fn name_weight(namespace: &Namespace) -> usize {
    OVERHEAD + namespace.as_str().len()
}

fn containers(deployment_spec: &serde_json::Map<String, Value>) -> usize {
    let pod = deployment_spec.get("template").and_then(|template| template.get("spec"));
    pod.and_then(|pod| pod.get("containers")).and_then(Value::as_array).map_or(0, Vec::len)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use rukpak_bundle::WebhookType;
    use serde_json::json;

    use super::*;
    use crate::BundleConfig;
    use crate::generate::fixture::{Fixture, permission, running_as};

    fn with_containers(count: usize) -> Fixture {
        let containers = vec![json!({}); count];
        Fixture::new().deployment("op", json!({"template": {"spec": {"containers": containers}}}))
    }

    fn with_permissions(count: usize) -> Fixture {
        let mut fixture = Fixture::new();
        fixture.csv.permissions = vec![permission("sa", "pods"); count];
        fixture
    }

    fn with_annotations(deployments: usize, bytes: usize) -> Fixture {
        let empty = Fixture::new();
        let mut fixture =
            (0..deployments).fold(empty, |fixture, _| fixture.deployment("op", running_as("sa")));
        fixture.csv.annotations.insert("alm-examples".into(), "x".repeat(bytes));
        fixture
    }

    fn with_accounts_of(bytes: usize) -> Fixture {
        let namespaces: Vec<_> = (0..100).map(|number| format!("ns-{number}")).collect();
        let names: Vec<&str> = namespaces.iter().map(String::as_str).collect();
        let mut fixture = Fixture::new().watching(&names);
        fixture.csv.permissions = vec![permission(&"a".repeat(bytes), "pods")];
        fixture
    }

    fn with_a_name_of(bytes: usize, mut fixture: Fixture) -> Fixture {
        fixture.csv.name = "n".repeat(bytes);
        fixture
    }

    fn with_conversions(definitions: usize, change: impl FnOnce(&mut Webhook)) -> Fixture {
        Fixture::new().webhook(WebhookType::Conversion, "op", |webhook| {
            webhook.conversion_crds =
                (0..definitions).map(|number| format!("{number}.example.org")).collect();
            change(webhook);
        })
    }

    fn of_versions(number: usize) -> impl FnOnce(&mut Webhook) {
        move |webhook| webhook.admission_review_versions = vec!["v1".into(); number]
    }

    fn at_a_path_of(bytes: usize) -> impl FnOnce(&mut Webhook) {
        move |webhook| webhook.path = Some("p".repeat(bytes))
    }

    fn error(fixture: &Fixture, config: Value) -> Option<ConvertError> {
        let config = BundleConfig::from_value(config).unwrap().deployment_config;
        check(&fixture.csv, &fixture.targets, &config).err()
    }

    #[rstest]
    #[case::parts(with_containers(9_999), json!({}))]
    #[case::annotations(with_annotations(60, 1 << 20), json!({}))]
    #[case::roles(with_permissions(100).watching(&["a", "b", "c"]), json!({}))]
    #[case::accounts(with_accounts_of(1 << 19), json!({}))]
    #[case::names(with_a_name_of(1 << 16, with_containers(1000)), json!({}))]
    #[case::conversions(with_conversions(100, of_versions(1000)), json!({}))]
    fn enough(#[case] fixture: Fixture, #[case] config: Value) {
        assert_eq!(error(&fixture, config), None);
    }

    #[rstest]
    #[case::containers(with_containers(10_000), json!({}))]
    #[case::permissions(with_permissions(10_001), json!({}))]
    fn too_many_parts(#[case] fixture: Fixture, #[case] config: Value) {
        let expected = ConvertError::TooManyParts { parts: 10_001, limit: MAX_PARTS };
        assert_eq!(error(&fixture, config), Some(expected));
    }

    #[rstest]
    #[case::annotations(with_annotations(64, 1 << 20), json!({}))]
    #[case::roles(with_permissions(9_999).watching(&["a", "b", "c", "d"]), json!({}))]
    #[case::accounts(with_accounts_of(1 << 20), json!({}))]
    #[case::names_in_containers(with_a_name_of(1 << 16, with_containers(1100)), json!({}))]
    #[case::names_in_roles(with_a_name_of(1 << 16, with_permissions(1100)), json!({}))]
    #[case::review_versions(with_conversions(1000, of_versions(2000)), json!({}))]
    #[case::paths(with_conversions(1000, at_a_path_of(1 << 17)), json!({}))]
    #[case::configuration_of_deployments(with_annotations(64, 0), json!({"deploymentConfig": {"annotations": {"a": "x".repeat(1 << 20)}}}))]
    #[case::configuration(with_containers(5_000), json!({"deploymentConfig": {"env": [{"name": "A", "value": "x".repeat(1 << 14)}]}}))]
    fn too_much_copied(#[case] fixture: Fixture, #[case] config: Value) {
        assert!(matches!(error(&fixture, config), Some(ConvertError::TooMuchCopied { .. })));
    }
}
