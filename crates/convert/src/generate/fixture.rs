//! A small `ClusterServiceVersion` for the tests of the generators.

use std::collections::{BTreeMap, BTreeSet};

use rukpak_bundle::{
    ClusterServiceVersion, Permission, PolicyRule, StrategyDeployment, Webhook, WebhookType,
};
use rukpak_manifest::Object;
use serde_json::{Map, Value, json};

use super::Context;
use crate::certificates::{self, Certificates};
use crate::{CertificateProvider, DeploymentConfig, IssuedCertificate, IssuedCertificates, TargetNamespaces};

/// What a test may change before it generates.
pub(crate) struct Fixture {
    pub(crate) csv: ClusterServiceVersion,
    pub(crate) targets: TargetNamespaces,
    pub(crate) provider: CertificateProvider,
    pub(crate) issued: IssuedCertificates,
    pub(crate) operator_condition: bool,
}

impl Fixture {
    /// A `ClusterServiceVersion` called `gadgets.v1.0.0` with nothing in it, for all namespaces.
    pub(crate) fn new() -> Self {
        let csv = ClusterServiceVersion {
            name: "gadgets.v1.0.0".into(),
            annotations: BTreeMap::new(),
            display_name: String::new(),
            version: String::new(),
            min_kube_version: String::new(),
            native_apis: vec![],
            install_modes: BTreeSet::new(),
            permissions: vec![],
            cluster_permissions: vec![],
            deployments: vec![],
            webhooks: vec![],
            owned_crds: vec![],
            required_crds: vec![],
            owned_api_services: vec![],
            required_api_services: vec![],
            related_images: vec![],
        };
        Self {
            csv,
            targets: TargetNamespaces::All,
            provider: CertificateProvider::None,
            issued: IssuedCertificates::new(),
            operator_condition: false,
        }
    }

    pub(crate) fn watching(mut self, namespaces: &[&str]) -> Self {
        let namespaces = namespaces.iter().map(|name| name.parse().unwrap()).collect();
        self.targets = TargetNamespaces::Listed(namespaces);
        self
    }

    pub(crate) fn certificates(mut self, provider: CertificateProvider) -> Self {
        self.provider = provider;
        self
    }

    /// Self-signed certificates, one of them issued.
    pub(crate) fn issued(mut self, secret: &str) -> Self {
        self.provider = CertificateProvider::SelfSigned;
        let text = |text: &str| text.to_owned();
        let certificate = IssuedCertificate {
            certificate: text("cert"),
            private_key: text("key"),
            authorities: text("ca"),
            next: None,
        };
        self.issued.insert(secret.into(), certificate);
        self
    }

    pub(crate) fn deployment(mut self, name: &str, spec: Value) -> Self {
        let Value::Object(spec) = spec else { unreachable!() };
        self.csv.deployments.push(StrategyDeployment { name: name.into(), labels: BTreeMap::new(), spec });
        self
    }

    pub(crate) fn webhook(
        mut self,
        kind: WebhookType,
        deployment: &str,
        change: impl FnOnce(&mut Webhook),
    ) -> Self {
        let mut webhook = Webhook {
            kind,
            generate_name: "check.example.org".into(),
            deployment_name: deployment.into(),
            container_port: None,
            target_port: None,
            path: None,
            admission_review_versions: vec!["v1".into()],
            conversion_crds: vec![],
            fields: Map::new(),
        };
        change(&mut webhook);
        self.csv.webhooks.push(webhook);
        self
    }

    /// Generates in the namespace `install-ns`.
    pub(crate) fn run<T>(&self, generate: impl FnOnce(&Context<'_>) -> T) -> T {
        let install_namespace = "install-ns".parse().unwrap();
        generate(&Context {
            csv: &self.csv,
            install_namespace: &install_namespace,
            targets: &self.targets,
            certificates: Certificates { provider: self.provider, issued: &self.issued },
            serving: certificates::serving_deployments(&self.csv),
            deployment_config: &DeploymentConfig::default(),
            operator_condition: self.operator_condition,
        })
    }
}

/// A permission of an account to get one resource of the core group.
pub(crate) fn permission(account: &str, resource: &str) -> Permission {
    let rule = PolicyRule {
        verbs: Some(vec!["get".into()]),
        api_groups: vec![String::new()],
        resources: vec![resource.into()],
        ..PolicyRule::default()
    };
    Permission { service_account_name: account.into(), rules: Some(vec![rule]) }
}

/// A deployment's spec whose pods run as an account.
pub(crate) fn running_as(account: &str) -> Value {
    json!({"template": {"spec": {"serviceAccountName": account}}})
}

/// `Kind namespace/name` of each object.
pub(crate) fn keys(objects: &[Object]) -> Vec<String> {
    objects.iter().map(|object| object.key().to_string()).collect()
}
