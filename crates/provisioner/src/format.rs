//! What a provisioner knows of the format of its bundles, and the rest of it does not.

use std::borrow::Cow;

use rukpak_api::Bundle;
use rukpak_bundle::{Capabilities, Finding, Findings, Lack};
use rukpak_certificates::{Certificates, Request};
use rukpak_manifest::name::Namespace;
use rukpak_manifest::{ManifestSet, Object};
use rukpak_tree::FileTree;
use serde_json::Value;
use thiserror::Error;

/// A format of bundles. What it does is pure: values in, values out.
pub trait Format: Send + Sync + 'static {
    /// The class of the `BundleDeployments` that it is for.
    fn class(&self) -> &'static str;

    /// What the provisioner is called in a cluster: its Service, its Lease and its `ServiceAccount`.
    fn service(&self) -> &'static str;

    /// Reads files as a bundle that is to be installed so.
    fn read(&self, files: &FileTree, wish: Wish) -> Result<Box<dyn Content>, FormatError>;
}

/// How a bundle is to be installed.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// `spec.config`.
    pub config: Option<Value>,
    /// The namespace to install it into; the one that the bundle suggests where it is `None`.
    pub namespace: Option<Namespace>,
    /// What the cluster can do.
    pub capabilities: Capabilities,
}

/// A bundle that can be installed.
pub trait Content: Send {
    /// Which one it is.
    fn bundle(&self) -> Bundle;

    /// The namespace that it is installed into, as it is made where it is absent.
    fn namespace(&self) -> Object;

    /// The certificates that somebody has to issue.
    fn certificates(&self) -> Vec<Request>;

    /// The objects.
    fn manifests(self: Box<Self>, issued: Certificates) -> Result<Manifests, FormatError>;
}

/// Objects, and what their user should know.
#[derive(Debug)]
pub struct Manifests {
    /// The objects.
    pub set: ManifestSet,
    /// What is not as somebody may expect.
    pub warnings: Vec<String>,
}

/// Why files cannot be installed as it is wished.
#[derive(Debug, Error)]
pub enum FormatError {
    /// They are no bundle of this format, or one with errors.
    #[error("{context}{}", Errors(.findings))]
    Bundle {
        /// What was tried, up to a colon and a space.
        context: Cow<'static, str>,
        /// What is wrong.
        findings: Findings,
    },
    /// They are one, and cannot be converted.
    #[error("{context}{message}")]
    Convert {
        /// What was tried, up to a colon and a space.
        context: &'static str,
        /// Why.
        message: String,
    },
    /// The configuration does not fit.
    #[error("{0}")]
    Config(String),
}

impl FormatError {
    /// What the cluster lacks, where that is all that is wrong: the same files may be installed when it has it.
    pub(crate) fn lack(&self) -> Option<Lack> {
        let Self::Bundle { findings, .. } = self else { return None };
        let lacks: Option<Vec<Lack>> = findings.errors().map(Finding::lack).collect();
        lacks?.into_iter().min()
    }
}

/// The errors among findings, one behind the other.
struct Errors<'a>(&'a Findings);

impl std::fmt::Display for Errors<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, finding) in self.0.errors().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            // The hint stands in a line of its own.
            let text = finding.to_string();
            match text.split_once("\n  hint: ") {
                Some((text, hint)) => write!(f, "{separator}{text} ({hint})")?,
                None => write!(f, "{separator}{text}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use rstest::rstest;
    use rukpak_bundle::RULES;

    #[rstest]
    #[case::api(&["native-api-missing"], Some(Lack::Api))]
    #[case::version(&["kube-version-too-low", "dependency"], Some(Lack::Version))]
    #[case::both(&["kube-version-too-low", "native-api-missing"], Some(Lack::Api))]
    #[case::bundle_as_well(&["native-api-missing", "subdirectory"], None)]
    #[case::bundle(&["subdirectory"], None)]
    fn only_what_the_cluster_alone_lacks_may_come(#[case] codes: &[&str], #[case] lack: Option<Lack>) {
        let findings = RULES.iter().filter(|rule| codes.contains(&rule.code)).map(|rule| Finding {
            severity: rule.severity,
            code: rule.code,
            file: String::new(),
            position: None,
            object: None,
            message: String::new(),
            hint: None,
        });
        let error = FormatError::Bundle { context: "".into(), findings: findings.collect() };
        assert_eq!(error.lack(), lack);
    }
}
