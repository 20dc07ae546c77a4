//! The format registry+v1: operators, turned into plain manifests.

use rukpak_api::{Bundle, names};
use rukpak_bundle::{Bundle as Read, Format as Form, RegistryV1, read_for};
use rukpak_certificates::{Certificates, Request};
use rukpak_convert::{
    BundleConfig, CertificateProvider, ConvertError, Converted, Options, convert, required_certificates,
};
use rukpak_manifest::Object;
use rukpak_provisioner::format::{Content, Format, FormatError, Manifests, Wish};
use rukpak_tree::FileTree;

/// What went wrong is said in rukpak's words.
const CONTEXT: &str = "convert registry+v1 bundle to plain+v0 bundle: ";

/// The format registry+v1.
pub(crate) struct RegistryV1Format {
    /// Who issues certificates where nobody says it.
    pub(crate) default_provider: CertificateProvider,
}

impl Format for RegistryV1Format {
    fn class(&self) -> &'static str {
        names::REGISTRY_CLASS
    }

    fn service(&self) -> &'static str {
        "provisioner-registry-v1"
    }

    fn read(&self, files: &FileTree, wish: Wish) -> Result<Box<dyn Content>, FormatError> {
        let Wish { config, namespace, capabilities } = wish;
        let refused = |findings| FormatError::Bundle { context: CONTEXT.into(), findings };
        let (bundle, findings) = read_for(files, Form::RegistryV1, Some(&capabilities)).map_err(refused)?;
        let failed = |message: String| FormatError::Convert { context: CONTEXT, message };
        let Read::RegistryV1(bundle) = bundle else {
            return Err(failed("it is no operator's bundle".into()));
        };
        let config = BundleConfig::from_value(config.unwrap_or_default())
            .map_err(|error| FormatError::Config(format!("spec.config: {error}")))?;
        let namespace = match namespace {
            Some(namespace) => namespace,
            None => bundle.install_namespace().map_err(|error| {
                FormatError::Config(format!(
                    "spec.installNamespace must be set, since the bundle suggests none: {error}"
                ))
            })?,
        };
        let mut options = Options::new(namespace);
        options.certificate_provider = self.default_provider;
        let mut options = options.configured(config);
        options.capabilities = capabilities;
        let warnings = findings.warnings().map(ToString::to_string).collect();
        Ok(Box::new(Operator { bundle, options, warnings }))
    }
}

/// An operator, and how it is to be installed.
struct Operator {
    bundle: RegistryV1,
    options: Options,
    warnings: Vec<String>,
}

impl Content for Operator {
    fn bundle(&self) -> Bundle {
        let parts = self.bundle.parts();
        Bundle {
            name: Some(parts.csv.name.clone()),
            package: Some(parts.package.clone()),
            version: Some(parts.csv.version.clone()).filter(|version| !version.is_empty()),
        }
    }

    fn namespace(&self) -> Object {
        self.bundle.namespace(&self.options.install_namespace)
    }

    fn certificates(&self) -> Vec<Request> {
        let Options { certificate_provider, install_namespace, .. } = &self.options;
        let required =
            required_certificates(&self.bundle.parts().csv, *certificate_provider, install_namespace);
        required.into_iter().map(Request::from).collect()
    }

    fn manifests(self: Box<Self>, issued: Certificates) -> Result<Manifests, FormatError> {
        let Self { bundle, mut options, mut warnings } = *self;
        options.issued = issued.into_iter().map(|(name, issued)| (name, issued.into())).collect();
        let converted = convert(bundle, &options).map_err(|error| match error {
            ConvertError::InstallMode(error) => FormatError::Config(error.to_string()),
            error => FormatError::Convert { context: CONTEXT, message: error.to_string() },
        })?;
        let Converted { manifests, target_namespaces: _, warnings: more } = converted;
        warnings.extend(more.iter().map(ToString::to_string));
        Ok(Manifests { set: manifests, warnings })
    }
}
