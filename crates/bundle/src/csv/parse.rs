//! From the object to [`ClusterServiceVersion`].
//!
//! In: an object that [`prune`](rukpak_manifest::types::prune) went through. What does not have the type of its field was
//! reported there; here it is read as if it were missing, so that the rules can say what else is wrong. Values are moved.

use std::collections::{BTreeMap, BTreeSet};

use rukpak_manifest::{GroupVersionKind, Object};
use serde_json::{Map, Value};

use super::{
    ApiServiceDescription, ClusterServiceVersion, CrdDescription, InstallMode, Permission, PolicyRule,
    RelatedImage, StrategyDeployment, Webhook, WebhookType,
};
use crate::finding::{INSTALL_MODE_UNKNOWN, WEBHOOK_TYPE};
use crate::report::{Place, Report, steps};

/// The fields of a webhook definition that go into a webhook configuration as they are.
const WEBHOOK_FIELDS: [&str; 6] =
    ["failurePolicy", "matchPolicy", "objectSelector", "rules", "sideEffects", "timeoutSeconds"];

/// A parsed `ClusterServiceVersion`, and what is needed to say where something in it stands.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) csv: ClusterServiceVersion,
    /// For each of `csv.webhooks` its index in `spec.webhookdefinitions`.
    pub(crate) webhook_indexes: Vec<usize>,
}

/// Takes the object apart. Install modes and webhooks of a type that there is not are reported and left out.
pub(crate) fn parse(report: &mut Report<'_>, place: &Place<'_>, object: Object) -> Parsed {
    let mut fields = match object.into_value() {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let mut metadata = take_map(&mut fields, "metadata");
    let mut spec = take_map(&mut fields, "spec");
    let mut install = take_map(&mut take_map(&mut spec, "install"), "spec");
    let mut crds = take_map(&mut spec, "customresourcedefinitions");
    let mut api_services = take_map(&mut spec, "apiservicedefinitions");
    let (webhooks, webhook_indexes) = webhooks(report, place, &mut spec);
    let csv = ClusterServiceVersion {
        name: take_string(&mut metadata, "name"),
        annotations: take_strings_by_key(&mut metadata, "annotations"),
        display_name: take_string(&mut spec, "displayName"),
        version: take_string(&mut spec, "version"),
        min_kube_version: take_string(&mut spec, "minKubeVersion"),
        native_apis: take_each(&mut spec, "nativeAPIs", native_api),
        install_modes: install_modes(report, place, &mut spec),
        permissions: take_each(&mut install, "permissions", permission),
        cluster_permissions: take_each(&mut install, "clusterPermissions", permission),
        deployments: take_each(&mut install, "deployments", deployment),
        webhooks,
        owned_crds: take_each(&mut crds, "owned", crd_description),
        required_crds: take_each(&mut crds, "required", crd_description),
        owned_api_services: take_each(&mut api_services, "owned", api_service_description),
        required_api_services: take_each(&mut api_services, "required", api_service_description),
        related_images: take_each(&mut spec, "relatedImages", related_image),
    };
    Parsed { csv, webhook_indexes }
}

fn native_api(mut fields: Map<String, Value>) -> GroupVersionKind {
    GroupVersionKind {
        group: take_string(&mut fields, "group"),
        version: take_string(&mut fields, "version"),
        kind: take_string(&mut fields, "kind"),
    }
}

fn permission(mut fields: Map<String, Value>) -> Permission {
    let has_rules = fields.get("rules").is_some_and(Value::is_array);
    let rules = take_each(&mut fields, "rules", policy_rule);
    Permission {
        service_account_name: take_string(&mut fields, "serviceAccountName"),
        rules: has_rules.then_some(rules),
    }
}

fn policy_rule(mut fields: Map<String, Value>) -> PolicyRule {
    let has_verbs = fields.get("verbs").is_some_and(Value::is_array);
    let verbs = take_strings(&mut fields, "verbs");
    PolicyRule {
        verbs: has_verbs.then_some(verbs),
        api_groups: take_strings(&mut fields, "apiGroups"),
        resources: take_strings(&mut fields, "resources"),
        resource_names: take_strings(&mut fields, "resourceNames"),
        non_resource_urls: take_strings(&mut fields, "nonResourceURLs"),
    }
}

fn deployment(mut fields: Map<String, Value>) -> StrategyDeployment {
    StrategyDeployment {
        name: take_string(&mut fields, "name"),
        labels: take_strings_by_key(&mut fields, "label"),
        spec: take_map(&mut fields, "spec"),
    }
}

fn crd_description(mut fields: Map<String, Value>) -> CrdDescription {
    CrdDescription {
        name: take_string(&mut fields, "name"),
        version: take_string(&mut fields, "version"),
        kind: take_string(&mut fields, "kind"),
    }
}

fn api_service_description(mut fields: Map<String, Value>) -> ApiServiceDescription {
    ApiServiceDescription {
        name: take_string(&mut fields, "name"),
        group: take_string(&mut fields, "group"),
        version: take_string(&mut fields, "version"),
        kind: take_string(&mut fields, "kind"),
    }
}

fn related_image(mut fields: Map<String, Value>) -> RelatedImage {
    RelatedImage { name: take_string(&mut fields, "name"), image: take_string(&mut fields, "image") }
}

/// The modes that are supported. Of several entries for one mode one that says so is enough, as in the reference.
fn install_modes(
    report: &mut Report<'_>,
    place: &Place<'_>,
    spec: &mut Map<String, Value>,
) -> BTreeSet<InstallMode> {
    let mut modes = BTreeSet::new();
    for (index, mut entry) in take_each(spec, "installModes", |entry| entry).into_iter().enumerate() {
        let name = take_string(&mut entry, "type");
        let supported = entry.get("supported").and_then(Value::as_bool).unwrap_or_default();
        match InstallMode::of(&name) {
            Some(mode) if supported => drop(modes.insert(mode)),
            Some(_) => {}
            None => {
                let path = steps!["spec", "installModes", index, "type"];
                let message = format_args!("there is no install mode {name:?}");
                report
                    .tell(&INSTALL_MODE_UNKNOWN, place, &path, message)
                    .hint("there are AllNamespaces, MultiNamespace, OwnNamespace and SingleNamespace");
            }
        }
    }
    modes
}

fn webhooks(
    report: &mut Report<'_>,
    place: &Place<'_>,
    spec: &mut Map<String, Value>,
) -> (Vec<Webhook>, Vec<usize>) {
    let mut webhooks = Vec::new();
    let mut indexes = Vec::new();
    for (index, mut fields) in take_each(spec, "webhookdefinitions", |entry| entry).into_iter().enumerate() {
        let kind = take_string(&mut fields, "type");
        if let Some(kind) = WebhookType::of(&kind) {
            webhooks.push(webhook(kind, fields));
            indexes.push(index);
            continue;
        }
        let path = steps!["spec", "webhookdefinitions", index, "type"];
        let name = take_string(&mut fields, "generateName");
        let message =
            format_args!("the webhook {name:?} is left out, since there is no webhook type {kind:?}");
        report
            .tell(&WEBHOOK_TYPE, place, &path, message)
            .hint("there are ConversionWebhook, MutatingAdmissionWebhook and ValidatingAdmissionWebhook");
    }
    (webhooks, indexes)
}

fn webhook(kind: WebhookType, mut fields: Map<String, Value>) -> Webhook {
    let container_port = fields.get("containerPort").and_then(Value::as_i64);
    Webhook {
        kind,
        generate_name: take_string(&mut fields, "generateName"),
        deployment_name: take_string(&mut fields, "deploymentName"),
        container_port: container_port.and_then(|port| i32::try_from(port).ok()).filter(|port| *port != 0),
        target_port: fields.remove("targetPort"),
        path: fields.remove("webhookPath").and_then(into_string),
        admission_review_versions: take_strings(&mut fields, "admissionReviewVersions"),
        conversion_crds: take_strings(&mut fields, "conversionCRDs"),
        fields: {
            let mutating = kind == WebhookType::Mutating;
            fields.retain(|key, _| {
                WEBHOOK_FIELDS.contains(&&**key) || (mutating && key == "reinvocationPolicy")
            });
            fields
        },
    }
}

fn take_string(fields: &mut Map<String, Value>, key: &str) -> String {
    fields.remove(key).and_then(into_string).unwrap_or_default()
}

fn take_map(fields: &mut Map<String, Value>, key: &str) -> Map<String, Value> {
    match fields.remove(key) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

fn take_strings_by_key(fields: &mut Map<String, Value>, key: &str) -> BTreeMap<String, String> {
    let entries = take_map(fields, key).into_iter();
    entries.filter_map(|(key, value)| Some((key, into_string(value)?))).collect()
}

fn take_strings(fields: &mut Map<String, Value>, key: &str) -> Vec<String> {
    take_list(fields, key).into_iter().map(|item| into_string(item).unwrap_or_default()).collect()
}

/// The items of a list of mappings; one that is no mapping is an empty one, so that indexes stay.
fn take_each<T>(
    fields: &mut Map<String, Value>,
    key: &str,
    parse: impl Fn(Map<String, Value>) -> T,
) -> Vec<T> {
    let items = take_list(fields, key).into_iter();
    items
        .map(|item| if let Value::Object(fields) = item { parse(fields) } else { parse(Map::new()) })
        .collect()
}

fn take_list(fields: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    match fields.remove(key) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn into_string(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}
