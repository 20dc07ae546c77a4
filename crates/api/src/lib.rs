//! The custom resources that people write, what is reported on them, and their definitions.
//!
//! In: nothing. Out: [`BundleDeployment`] with its [`BundleDeploymentSpec`] and [`BundleDeploymentStatus`], the names of its
//! conditions and their reasons ([`condition`], [`reason`]), of labels, annotations and classes ([`names`]), and
//! [`definitions`], the `CustomResourceDefinitions` that `manifests/crds` holds; and of objects of the version before
//! ([`v1alpha1`]) those of ours, and back. The crate knows no cluster and no runtime.
//!
//! The API is that of rukpak v0.24 (`core.rukpak.io/v1alpha2`), with more fields, all of them optional.

pub mod condition;
mod definitions;
#[allow(clippy::doc_markdown, reason = "users read it as a description, by kubectl explain")]
#[allow(unreachable_pub, reason = "the derived schemas say pub of what they make")]
mod deployment;
pub mod names;
pub mod reason;
#[allow(clippy::doc_markdown, reason = "users read it as a description, by kubectl explain")]
#[allow(unreachable_pub, reason = "the derived schemas say pub of what they make")]
mod source;
#[allow(clippy::doc_markdown, reason = "users read it as a description, by kubectl explain")]
mod status;
pub mod v1alpha1;

pub use definitions::definitions;
pub use deployment::{
    BundleDeployment, BundleDeploymentSpec, CollisionProtection, CrdUpgradeSafety, DeletionPolicy,
    Enforcement, Preflight, Waiver,
};
pub use source::{
    Authorization, BundleSource, ConfigMapSource, GitRef, GitSource, HttpSource, ImageSource, LocalReference,
};
pub use status::{Bundle, BundleDeploymentStatus, Inventory, InventoryEntry};
