//! The conversion itself: decide, generate, order.

use std::fmt;

use rukpak_bundle::{Capabilities, RegistryV1, RegistryV1Parts};
use rukpak_manifest::{Collapsed, GroupVersionKind, ManifestSet};

use crate::certificates::{self, Certificates};
use crate::generate::{self, Context};
use crate::limits;
use crate::{CertificateRequest, ConvertError, Options, TargetNamespaces, required_certificates};

/// The annotation, with the value `true`, of an object that is to be created where there is none, and otherwise left
/// as it is and nobody's: one that somebody else made is no collision. Set on `ServiceAccounts` that only a
/// Deployment names.
pub const CREATE_IF_ABSENT: &str = "core.rukpak.io/create-if-absent";

/// What became of a bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The objects of the installation.
    pub manifests: ManifestSet,
    /// What the operator watches. These namespaces have to exist; none of them is among the objects.
    pub target_namespaces: TargetNamespaces,
    /// What the caller should tell its user.
    pub warnings: Vec<Warning>,
}

/// Something in the result that its user should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Several objects of one identity became one.
    Collapsed(Collapsed),
    /// A Secret waits for its certificate: the webhooks behind it do not work before it has one.
    CertificatePending(CertificateRequest),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collapsed(Collapsed { key, count, identical: true }) => {
                write!(f, "{key} is there {count} times with the same content, and written once")
            }
            Self::Collapsed(Collapsed { key, count, identical: false }) => {
                write!(f, "{key} is there {count} times with different content, and the last one is written")
            }
            Self::CertificatePending(CertificateRequest { secret_name, namespace, .. }) => write!(
                f,
                "Secret {namespace}/{secret_name} has no certificate yet, and webhooks do not work before it has one"
            ),
        }
    }
}

/// Converts a bundle to the objects that an installation of it consists of.
pub fn convert(bundle: RegistryV1, options: &Options) -> Result<Converted, ConvertError> {
    let Options {
        install_namespace,
        watch_namespaces,
        certificate_provider,
        deployment_config,
        capabilities,
        issued,
    } = options;
    let RegistryV1Parts { csv, definitions, extras, .. } = bundle.into_parts();
    let target_namespaces =
        TargetNamespaces::resolve(watch_namespaces, &csv.install_modes, install_namespace)?;
    limits::check(&csv, &target_namespaces, deployment_config)?;
    let context = Context {
        csv: &csv,
        install_namespace,
        targets: &target_namespaces,
        certificates: Certificates { provider: *certificate_provider, issued },
        deployment_config,
        serving: certificates::serving_deployments(&csv),
        operator_condition: serves_operator_conditions(capabilities),
    };
    let objects = generate::objects(&context, definitions, extras);
    let (manifests, collapsed) = ManifestSet::new(objects);

    let required = required_certificates(&csv, *certificate_provider, install_namespace);
    let pending = required.into_iter().filter(|request| !issued.contains_key(&request.secret_name));
    let mut warnings: Vec<_> = pending.map(Warning::CertificatePending).collect();
    warnings.extend(collapsed.into_iter().map(Warning::Collapsed));
    Ok(Converted { manifests, target_namespaces, warnings })
}

/// Whether operators of this cluster can have an `OperatorCondition`; `false` where nothing is known of it.
fn serves_operator_conditions(capabilities: &Capabilities) -> bool {
    let condition = GroupVersionKind {
        group: "operators.coreos.com".into(),
        version: "v2".into(),
        kind: "OperatorCondition".into(),
    };
    capabilities.served.as_ref().is_some_and(|served| served.contains(&condition))
}
