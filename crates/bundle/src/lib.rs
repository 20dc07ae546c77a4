//! From a file tree to a typed, validated bundle.
//!
//! In: a [`FileTree`] and the [`Format`] to read it as. Out: a [`Bundle`] and the warnings about
//! it, or everything that is wrong with it, as [`Findings`]: a broken file, object or field is one finding, and all else
//! is looked at all the same.
//!
//! ```
//! use rukpak_bundle::{Format, read};
//! use rukpak_tree::{FileTree, Limits};
//!
//! let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: greeting}\n";
//! let tree = FileTree::from_files([("manifests/greeting.yaml", manifest)], &Limits::default())?;
//! let (bundle, warnings) = read(&tree, Format::Auto)?;
//! assert!(warnings.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Two rules hold everywhere. A finding is an error only where operator-controller, the reference for this format,
//! refuses the bundle or where something cannot be read (a second `ClusterServiceVersion` is the exception); all that is
//! looked at besides is a warning. And a bundle that has errors never becomes a [`RegistryV1`] or [`Plain`].
//!
//! This crate knows no network, no clock and no cluster; what a caller knows of one is passed as [`Capabilities`].

mod annotations;
mod capabilities;
mod csv;
mod definitions;
mod dependencies;
mod finding;
mod format;
mod kinds;
mod manifests;
mod metadata;
mod namespace;
mod plain;
mod properties;
mod registry_v1;
mod report;
mod typed;
mod v1beta1;
mod validate;
mod version;

use std::collections::BTreeMap;

use rukpak_tree::FileTree;

pub use annotations::Annotations;
pub use capabilities::{Capabilities, InvalidKubeVersion};
pub use csv::{
    ApiServiceDescription, ClusterServiceVersion, CrdDescription, InstallMode, Permission, PolicyRule,
    RelatedImage, StrategyDeployment, Webhook, WebhookType,
};
pub use dependencies::Dependency;
pub use finding::{Finding, Findings, Lack, RULES, Rule, Severity};
pub use format::{Format, UnknownFormat};
pub use kinds::{SUPPORTED_KINDS, SupportedKind, is_namespaced, supported_kind};
pub use manifests::saved_image;
pub use namespace::NamespaceSuggestion;
pub use plain::Plain;
pub use properties::Property;
pub use registry_v1::{RegistryV1, RegistryV1Parts};
pub use version::is_lower;

use report::Report;

/// The folders of which a bundle is read, in either format. Nothing else of what it comes in is needed.
pub const FOLDERS: [&str; 2] = ["manifests", "metadata"];

/// A bundle that was read and has no errors.
#[derive(Debug, Clone, PartialEq)]
pub enum Bundle {
    /// An operator.
    RegistryV1(RegistryV1),
    /// Plain manifests.
    Plain(Plain),
}

/// Reads a bundle for a cluster of which nothing is known.
///
/// # Errors
/// All findings, warnings included, where one of them is an error.
pub fn read(tree: &FileTree, format: Format) -> Result<(Bundle, Findings), Findings> {
    read_for(tree, format, None)
}

/// The labels that an image of these files should have (operator-registry, `docs/design/operator-bundle.md`). Whether the rest of the
/// bundle is right is not looked at.
///
/// # Errors
/// What is wrong with its annotations, where they cannot be read.
pub fn image_labels(tree: &FileTree) -> Result<BTreeMap<String, String>, Findings> {
    let manifests = manifests::read(tree, &mut Report::new(tree));
    let is_registry_v1 = format::is_registry_v1(Format::Auto, tree, &manifests);
    let mut report = Report::new(tree);
    annotations::labels(&mut report, is_registry_v1).ok_or_else(|| report.finish())
}

/// Reads a bundle for a cluster. What is known of it is held against `minKubeVersion`, `nativeAPIs` and the required
/// APIs of a registry+v1 bundle.
///
/// # Errors
/// All findings, warnings included, where one of them is an error.
pub fn read_for(
    tree: &FileTree,
    format: Format,
    capabilities: Option<&Capabilities>,
) -> Result<(Bundle, Findings), Findings> {
    let mut report = Report::new(tree);
    let manifests = manifests::read(tree, &mut report);
    let bundle = if format::is_registry_v1(format, tree, &manifests) {
        registry_v1::read(&mut report, manifests, capabilities).map(Bundle::RegistryV1)
    } else {
        plain::read(&mut report, manifests).map(Bundle::Plain)
    };
    let findings = report.finish();
    bundle.map(|bundle| (bundle, findings.clone())).ok_or(findings)
}
