//! The summary as data, which is also its JSON: keys as in Kubernetes, lists in the order of the bundle.

use rukpak_bundle::{Bundle, ClusterServiceVersion, Dependency, Plain, RegistryV1, Webhook};
use rukpak_manifest::{GroupVersionKind, Object};
use serde::Serialize;
use serde_json::Value;

use super::images::{self, Image};
use super::permissions::{self, Grant};

/// What is in a bundle.
#[derive(Serialize)]
#[serde(tag = "format")]
pub(super) enum Summary<'a> {
    #[serde(rename = "registry+v1")]
    RegistryV1(Box<Operator<'a>>),
    #[serde(rename = "plain+v0")]
    Plain { objects: Vec<Identity<'a>>, images: Vec<Image> },
}

/// What is in an operator's bundle.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operator<'a> {
    pub(super) package: &'a str,
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) display_name: &'a str,
    pub(super) channels: Vec<&'a str>,
    pub(super) default_channel: Option<&'a str>,
    pub(super) install_modes: Vec<&'static str>,
    /// Where it is installed unless somebody chooses; null where `<package>-system` is no name of a namespace.
    pub(super) install_namespace: Option<String>,
    pub(super) min_kube_version: Option<&'a str>,
    pub(super) owned: Vec<Api<'a>>,
    pub(super) required: Vec<Api<'a>>,
    pub(super) webhooks: Vec<WebhookSummary<'a>>,
    pub(super) images: Vec<Image>,
    pub(super) permissions: Vec<Grant<'a>>,
    pub(super) dependencies: Vec<DependencySummary<'a>>,
}

/// An API, and what serves it: `CustomResourceDefinition`, `APIService`, or nothing but the cluster.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Api<'a> {
    pub(super) group: &'a str,
    pub(super) version: &'a str,
    pub(super) kind: &'a str,
    pub(super) served_by: Option<&'static str>,
}

/// A webhook, and what calls it: requests that match a rule of `admissionregistration.k8s.io/v1`, or the conversion of
/// objects of some definitions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookSummary<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) deployment: &'a str,
    pub(super) rules: &'a [Value],
    #[serde(rename = "conversionCRDs")]
    pub(super) conversion_crds: &'a [String],
}

/// What the bundle needs besides itself.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(super) enum DependencySummary<'a> {
    Package { name: &'a str, range: &'a str },
    Api { group: &'a str, version: &'a str, kind: &'a str },
    Constraint { message: &'a str, value: &'a Value },
    Other { name: &'a str, value: &'a Value },
}

/// What identifies an object of a plain bundle.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity<'a> {
    pub(super) api_version: &'a str,
    pub(super) kind: &'a str,
    pub(super) namespace: Option<&'a str>,
    pub(super) name: &'a str,
}

impl<'a> Summary<'a> {
    pub(super) fn of(bundle: &'a Bundle) -> Self {
        match bundle {
            Bundle::RegistryV1(bundle) => Self::RegistryV1(Box::new(Operator::of(bundle))),
            Bundle::Plain(Plain { objects, .. }) => Self::Plain {
                objects: objects.iter().map(Identity::of).collect(),
                images: images::of_objects(objects),
            },
        }
    }
}

impl<'a> Operator<'a> {
    fn of(bundle: &'a RegistryV1) -> Self {
        let parts = bundle.parts();
        let csv = &parts.csv;
        Self {
            package: &parts.package,
            name: &csv.name,
            version: &csv.version,
            display_name: &csv.display_name,
            channels: parts.annotations.channels().collect(),
            default_channel: parts.annotations.default_channel(),
            install_modes: csv.install_modes.iter().map(|mode| mode.as_str()).collect(),
            install_namespace: bundle.install_namespace().ok().map(|namespace| namespace.to_string()),
            min_kube_version: Some(csv.min_kube_version.as_str()).filter(|version| !version.is_empty()),
            owned: owned(csv),
            required: required(csv),
            webhooks: csv.webhooks.iter().map(WebhookSummary::of).collect(),
            images: images::of_operator(csv),
            permissions: permissions::of(csv),
            dependencies: parts.dependencies.iter().map(DependencySummary::of).collect(),
        }
    }
}

fn owned(csv: &ClusterServiceVersion) -> Vec<Api<'_>> {
    let definitions = csv.owned_crds.iter().map(|crd| Api::defined(&crd.name, &crd.version, &crd.kind));
    let services =
        csv.owned_api_services.iter().map(|api| Api::aggregated(&api.group, &api.version, &api.kind));
    definitions.chain(services).collect()
}

fn required(csv: &ClusterServiceVersion) -> Vec<Api<'_>> {
    let definitions = csv.required_crds.iter().map(|crd| Api::defined(&crd.name, &crd.version, &crd.kind));
    let services =
        csv.required_api_services.iter().map(|api| Api::aggregated(&api.group, &api.version, &api.kind));
    let native = csv.native_apis.iter().map(|GroupVersionKind { group, version, kind }| Api {
        group,
        version,
        kind,
        served_by: None,
    });
    definitions.chain(services).chain(native).collect()
}

impl<'a> Api<'a> {
    /// By the name of its definition, `<plural>.<group>`.
    fn defined(name: &'a str, version: &'a str, kind: &'a str) -> Self {
        let group = name.split_once('.').map_or("", |(_, group)| group);
        Self { group, version, kind, served_by: Some("CustomResourceDefinition") }
    }

    fn aggregated(group: &'a str, version: &'a str, kind: &'a str) -> Self {
        Self { group, version, kind, served_by: Some("APIService") }
    }
}

impl<'a> WebhookSummary<'a> {
    fn of(webhook: &'a Webhook) -> Self {
        let rules = webhook.fields.get("rules").and_then(Value::as_array);
        Self {
            kind: webhook.kind.as_str(),
            name: &webhook.generate_name,
            deployment: &webhook.deployment_name,
            rules: rules.map_or(&[], Vec::as_slice),
            conversion_crds: &webhook.conversion_crds,
        }
    }
}

impl<'a> DependencySummary<'a> {
    fn of(dependency: &'a Dependency) -> Self {
        match dependency {
            Dependency::Package { name, range } => Self::Package { name, range },
            Dependency::Api(GroupVersionKind { group, version, kind }) => Self::Api { group, version, kind },
            Dependency::Constraint { failure_message, value } => {
                Self::Constraint { message: failure_message, value }
            }
            Dependency::Other { kind, value } => Self::Other { name: kind, value },
        }
    }
}

impl<'a> Identity<'a> {
    fn of(object: &'a Object) -> Self {
        Self {
            api_version: object.api_version(),
            kind: object.kind(),
            namespace: object.namespace(),
            name: object.name(),
        }
    }
}
