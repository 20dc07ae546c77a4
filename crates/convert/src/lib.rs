//! From a registry+v1 bundle to plain manifests.
//!
//! In: a valid bundle ([`rukpak_bundle::RegistryV1`], by value, since its definitions are most of its bytes and are
//! moved into the result) and [`Options`]: where to install it, what it watches, who issues certificates, what an
//! administrator configures, what the cluster serves. Out: [`Converted`], the objects that an installation consists
//! of, in the order in which they are applied.
//!
//! The names and the content of the objects are those of operator-controller's renderer, with exceptions, each of
//! them at its place: a webhook without a port is called at 443, cluster-scoped objects get no namespace,
//! `ServiceAccounts` that only a Deployment names are created, several namespaces can be watched, and certificates
//! can come from the caller.
//!
//! Everything here is a function of its arguments: no input or output, no clock, no environment, no randomness. Key
//! material comes in as [`IssuedCertificates`]; [`required_certificates`] says which.
//!
//! One file per generator stands in `generate/`, one per certificate provider in `certificates/`.

mod certificates;
mod config;
mod convert;
mod deployment_config;
mod error;
mod generate;
mod install_mode;
mod limits;
mod name;
mod options;
mod pod_template;

pub use certificates::{
    CERTIFICATE_ANNOTATION, CertificateProvider, CertificateRequest, IssuedCertificate, IssuedCertificates,
    NextCertificate, UnknownCertificateProvider, required_certificates,
};
pub use config::{BundleConfig, ConfigError, ConfigProblem};
pub use convert::{CREATE_IF_ABSENT, Converted, Warning, convert};
pub use deployment_config::DeploymentConfig;
pub use error::ConvertError;
pub use install_mode::{TargetNamespaces, UnsupportedInstallMode, WatchNamespaces, WatchNamespacesError};
pub use options::Options;
