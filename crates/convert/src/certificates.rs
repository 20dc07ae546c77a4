//! Serving certificates for webhooks: who issues them, what they are called, and how an API server learns to trust
//! them.
//!
//! In: the deployments that serve webhooks. Out: the [`CertificateRequest`]s that somebody has to answer before the
//! conversion, and, within it, the annotations, bundles of authorities and objects of each [`CertificateProvider`].
//! Whatever the provider, the certificate ends up in one Secret per deployment with the keys `tls.crt` and `tls.key`.
//! No key is ever made here: key material comes in as [`IssuedCertificates`].

mod cert_manager;
mod self_signed;
mod service_ca;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use rukpak_bundle::ClusterServiceVersion;
use rukpak_manifest::Object;
use rukpak_manifest::name::Namespace;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::name;

pub(crate) use self_signed::CERTIFICATE_DIGEST;
pub use self_signed::{CERTIFICATE_ANNOTATION, IssuedCertificate, NextCertificate};

/// Who issues the certificates that webhooks serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum CertificateProvider {
    /// Whoever calls the conversion: the certificates are its input, and a Secret and `caBundle`s its output.
    #[default]
    SelfSigned,
    /// cert-manager, through a self-signed Issuer and a Certificate.
    CertManager,
    /// The service CA of `OpenShift`, through annotations.
    ServiceCa,
    /// Nobody. The deployments bring their own certificates, and someone else fills the `caBundle`s.
    None,
}

/// A name that no certificate provider has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown certificate provider {0:?}, expected self-signed, cert-manager, service-ca or none")]
pub struct UnknownCertificateProvider(pub String);

impl CertificateProvider {
    /// Every provider, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::SelfSigned, Self::CertManager, Self::ServiceCa, Self::None];

    /// The name by which flags and configurations call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SelfSigned => "self-signed",
            Self::CertManager => "cert-manager",
            Self::ServiceCa => "service-ca",
            Self::None => "none",
        }
    }
}

impl fmt::Display for CertificateProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CertificateProvider {
    type Err = UnknownCertificateProvider;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|provider| provider.as_str() == text);
        found.ok_or_else(|| UnknownCertificateProvider(text.to_owned()))
    }
}

/// Certificates by the name of the Secret that is to hold them. One that is missing here is rendered as pending.
pub type IssuedCertificates = BTreeMap<String, IssuedCertificate>;

/// A certificate that webhooks of a bundle need.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CertificateRequest {
    /// The Secret that is to hold it, and its key in [`IssuedCertificates`].
    pub secret_name: String,
    /// The namespace of that Secret.
    pub namespace: Namespace,
    /// The names that the certificate must be valid for; the API server asks for the second one,
    /// `<service>.<ns>.svc`.
    pub dns_names: Vec<String>,
    /// The subject's common name, which nothing verifies. It may be longer than the 64 characters of X.520.
    pub common_name: String,
}

/// The certificates that somebody has to issue for a conversion of this `ClusterServiceVersion`: none unless the
/// provider is [`CertificateProvider::SelfSigned`]. Sorted by the Secret's name.
#[must_use]
pub fn required_certificates(
    csv: &ClusterServiceVersion,
    provider: CertificateProvider,
    install_namespace: &Namespace,
) -> Vec<CertificateRequest> {
    if provider != CertificateProvider::SelfSigned {
        return Vec::new();
    }
    let serving = serving_deployments(csv);
    let mut requests: Vec<_> =
        serving.into_iter().map(|deployment| Names::of(deployment, install_namespace).request()).collect();
    requests.sort();
    // Names are cut, so that two deployments may share one.
    requests.dedup();
    requests
}

/// The names of the deployments that serve a webhook of any type and exist.
pub(crate) fn serving_deployments(csv: &ClusterServiceVersion) -> BTreeSet<&str> {
    let named: BTreeSet<&str> = csv.webhooks.iter().map(|webhook| webhook.deployment_name.as_str()).collect();
    let deployments = csv.deployments.iter().map(|deployment| deployment.name.as_str());
    deployments.filter(|name| named.contains(name)).collect()
}

/// What the objects around one deployment's certificate are called.
///
/// Source: operator-controller's `render/certprovider.go`.
#[derive(Debug, Clone)]
pub(crate) struct Names<'a> {
    /// The Service in front of the deployment.
    pub(crate) service: String,
    /// The Secret that holds the certificate, and the Certificate that asks for it.
    pub(crate) certificate: String,
    /// Where all of it is.
    pub(crate) namespace: &'a Namespace,
}

impl<'a> Names<'a> {
    pub(crate) fn of(deployment: &str, namespace: &'a Namespace) -> Self {
        // A Service's name is a label, in which a dot is not allowed.
        let service = name::join(&deployment.replace('.', "-"), "service");
        let certificate = name::join(&service, "cert");
        Self { service, certificate, namespace }
    }

    fn dns_names(&self) -> Vec<String> {
        let host = self.host();
        vec![host.clone(), format!("{host}.svc"), format!("{host}.svc.cluster.local")]
    }

    /// `<service>.<namespace>`.
    fn host(&self) -> String {
        format!("{}.{}", self.service, self.namespace)
    }

    fn request(&self) -> CertificateRequest {
        CertificateRequest {
            secret_name: self.certificate.clone(),
            namespace: self.namespace.clone(),
            dns_names: self.dns_names(),
            common_name: self.host(),
        }
    }
}

/// A certificate provider and what it was given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Certificates<'a> {
    pub(crate) provider: CertificateProvider,
    pub(crate) issued: &'a IssuedCertificates,
}

impl<'a> Certificates<'a> {
    /// Whether deployments get their certificate as a volume.
    pub(crate) fn are_mounted(self) -> bool {
        self.provider != CertificateProvider::None
    }

    /// The certificate that is to be served, where it is known here.
    pub(crate) fn issued(self, names: &Names<'_>) -> Option<&'a IssuedCertificate> {
        match self.provider {
            CertificateProvider::SelfSigned => self.issued.get(&names.certificate),
            CertificateProvider::CertManager | CertificateProvider::ServiceCa | CertificateProvider::None => {
                None
            }
        }
    }

    /// Lets an object that calls a webhook trust it: marks it for an injector, or puts the authority into its client
    /// configuration.
    pub(crate) fn trust(
        self,
        names: &Names<'_>,
        object: &mut Object,
        client_config: &mut Map<String, Value>,
    ) {
        match self.provider {
            CertificateProvider::SelfSigned => {
                if let Some(issued) = self.issued(names) {
                    client_config.insert("caBundle".into(), issued.ca_bundle().into());
                }
            }
            CertificateProvider::CertManager => cert_manager::annotate(names, object),
            CertificateProvider::ServiceCa => service_ca::annotate(object),
            CertificateProvider::None => {}
        }
    }

    /// Prepares the Service in front of a serving deployment.
    pub(crate) fn annotate_service(self, names: &Names<'_>, service: &mut Object) {
        if self.provider == CertificateProvider::ServiceCa {
            service_ca::annotate_service(names, service);
        }
    }

    /// The objects that bring the certificate about.
    pub(crate) fn objects(self, names: &Names<'_>) -> Vec<Object> {
        match self.provider {
            CertificateProvider::SelfSigned => vec![self_signed::secret(names, self.issued(names))],
            CertificateProvider::CertManager => cert_manager::objects(names),
            CertificateProvider::ServiceCa | CertificateProvider::None => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn names(deployment: &str) -> (String, String) {
        let namespace = "ns".parse().unwrap();
        let Names { service, certificate, namespace: _ } = Names::of(deployment, &namespace);
        (service, certificate)
    }

    #[rstest]
    #[case::short("op", "op-service", "op-service-cert")]
    #[case::dots("my.op", "my-op-service", "my-op-service-cert")]
    #[case::cut(
        &"d".repeat(60),
        &format!("{}-service", "d".repeat(55)),
        &format!("{}-se-cert", "d".repeat(55))
    )]
    fn names_of_objects(#[case] deployment: &str, #[case] service: &str, #[case] certificate: &str) {
        assert_eq!(names(deployment), (service.into(), certificate.into()));
    }

    #[test]
    fn providers_are_read_as_they_are_written() {
        for provider in CertificateProvider::ALL {
            assert_eq!(provider.to_string().parse(), Ok(provider));
        }
        let unknown = "Self-Signed".parse::<CertificateProvider>();
        assert_eq!(unknown, Err(UnknownCertificateProvider("Self-Signed".into())));
    }

    #[test]
    fn a_key_is_in_no_log() {
        let text = |text: &str| text.to_owned();
        let next = NextCertificate { certificate: text("n"), private_key: text("secret") };
        let issued = IssuedCertificate {
            certificate: text("c"),
            private_key: text("secret"),
            authorities: text("a"),
            next: Some(next),
        };
        let expected = "IssuedCertificate { certificate: \"c\", authorities: \"a\", \
                        next: Some(NextCertificate { certificate: \"n\", .. }), .. }";
        assert_eq!(format!("{issued:?}"), expected);
    }
}
