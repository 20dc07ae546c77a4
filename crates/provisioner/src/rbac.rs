//! What the provisioners may do in a cluster, as data: every rule with its reason.
//!
//! In: the kinds that bundles may hold and conversion generates. Out: [`Role`]s, and the manifests and templates of the chart that
//! they become ([`manifest`], [`template`]), which are generated, so that neither can say something else. Pure; it knows no cluster.
//!
//! ```text
//! own      what both need to do their work, whatever they install         both overlays
//! act_as   to act as the ServiceAccount that a BundleDeployment names     both overlays
//! targets  the objects of bundles: to write them, or only to watch them   one for each overlay
//! people   for others to be given                                         both overlays
//! ```
//!
//! The roles of the two overlays have the same names, so that whoever changes from one to the other takes the rights away that were there.

mod act_as;
mod kinds;
mod own;
mod people;
mod plain;
mod registry;
mod render;
mod role;

pub use act_as::act_as;
pub use kinds::{GENERATED_KINDS, Kinds, generated_kinds, registry_kinds};
pub use own::own;
pub use people::people;
pub use render::{manifest, template};
pub use role::{Role, Rule, Scope};

/// The `ServiceAccount` of the provisioner for registry+v1 bundles, and what else of it has a name.
pub const REGISTRY_V1: &str = "provisioner-registry-v1";

/// The `ServiceAccount` of the provisioner for plain bundles, and what else of it has a name.
pub const PLAIN: &str = "provisioner-plain";

/// Whose rights decide about the objects of bundles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// The provisioners' own, which are enough for all of them.
    ClusterWide,
    /// Those of the `ServiceAccount` that a `BundleDeployment` names. The provisioners' own are for looking.
    Tenant,
}

/// What the provisioners may do to the objects of bundles.
#[must_use]
pub fn targets(rights: Rights) -> [Role; 2] {
    match rights {
        Rights::ClusterWide => [registry::cluster_wide(), plain::cluster_wide()],
        Rights::Tenant => [registry::tenant(), plain::tenant()],
    }
}
