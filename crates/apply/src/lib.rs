//! Makes a cluster match a set of manifests, owns it, and gives it back.
//!
//! In: a [`ManifestSet`](rukpak_manifest::ManifestSet), an [`Owner`], the [`Inventory`] of what that one has, and a cluster. Out:
//! objects in the cluster, an inventory of them, and how they are doing; or what stands in the way, object by object.
//!
//! What is decided is pure: [`plan`], [`Situation`], [`diff`], [`crd_upgrade`], [`schema`], [`rights`], [`probe`]. What is done is
//! [`engine`]'s, by the requests of [`cluster`]. What happens afterwards, [`watch`] tells. The crate knows nothing of bundles.

pub mod cluster;
#[cfg(test)]
mod corpus;
pub mod crd_upgrade;
mod definition;
mod diff;
mod discovery;
pub mod engine;
mod few;
mod id;
mod inventory;
mod managed;
pub mod owner;
mod plan;
pub mod probe;
pub mod rights;
pub mod schema;
mod served;
mod situation;
pub mod watch;

pub use diff::{Change, diff};
pub use discovery::Discovery;
pub use few::few;
pub use id::{ObjectId, ParseObjectIdError, Shown};
pub use inventory::{Entry, Inventory};
pub use owner::{Owner, PLANNED as PLANNED_DIGEST};
pub use plan::{CREATE_IF_ABSENT, Input, Plan, PlanError, Planned, Problem, Unverified, all_known, plan};
pub use served::{Resource, ServedKinds};
pub use situation::{CollisionProtection, Controller, Situation, UnknownProtection, Verdict, marks};
