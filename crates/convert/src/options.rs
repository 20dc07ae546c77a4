//! What a conversion depends on besides the bundle.

use rukpak_bundle::Capabilities;
use rukpak_manifest::name::Namespace;

use crate::{BundleConfig, CertificateProvider, DeploymentConfig, IssuedCertificates, WatchNamespaces};

/// What a conversion depends on besides the bundle. All of it is data; the caller reads flags, files and clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Where the operator runs.
    pub install_namespace: Namespace,
    /// What it watches.
    pub watch_namespaces: WatchNamespaces,
    /// Who issues the certificates of its webhooks.
    pub certificate_provider: CertificateProvider,
    /// What is changed in its deployments.
    pub deployment_config: DeploymentConfig,
    /// What the cluster serves; nothing, offline.
    pub capabilities: Capabilities,
    /// Certificates for [`CertificateProvider::SelfSigned`].
    pub issued: IssuedCertificates,
}

impl Options {
    /// The defaults: the widest watch that the bundle supports, pending self-signed certificates, nothing configured,
    /// nothing served.
    #[must_use]
    pub fn new(install_namespace: Namespace) -> Self {
        Self {
            install_namespace,
            watch_namespaces: WatchNamespaces::default(),
            certificate_provider: CertificateProvider::default(),
            deployment_config: DeploymentConfig::default(),
            capabilities: Capabilities::default(),
            issued: IssuedCertificates::new(),
        }
    }

    /// The same with everything that a configuration sets.
    #[must_use]
    pub fn configured(mut self, config: BundleConfig) -> Self {
        let BundleConfig { watch_namespaces, certificate_provider, deployment_config } = config;
        if watch_namespaces != WatchNamespaces::Unset {
            self.watch_namespaces = watch_namespaces;
        }
        if let Some(provider) = certificate_provider {
            self.certificate_provider = provider;
        }
        self.deployment_config = deployment_config;
        self
    }
}
