//! The controller that both provisioners share.
//!
//! ```text
//! BundleDeployment ──▶ Queue ──▶ reconcile: source ▶ files ▶ bundle ▶ manifests ▶ plan ▶ cluster ▶ status
//!   (watch)                ▲          (Sources)      (Format)              (rukpak-apply)     (Writer)
//!                          └── watches of what is owned, of Secrets and ConfigMaps, timers
//! ```
//!
//! In: a [`Format`] and flags. Out: a daemon that makes the cluster as the `BundleDeployments` of its class say, and reports on them.
//! What a bundle is, the format knows; how objects are applied, `rukpak-apply` does.

mod archive;
mod conditions;
mod contested;
mod context;
mod controller;
mod daemon;
mod deployments;
mod error;
mod events;
#[cfg(test)]
mod example;
mod figures;
#[allow(clippy::doc_markdown, reason = "users read it as the text of --help")]
pub mod flags;
pub mod format;
pub mod lease;
pub mod log;
pub mod metrics;
mod owners;
mod places;
mod queue;
pub mod rbac;
mod reconcile;
mod report;
mod request;
mod room;
pub mod server;
mod sources;
mod turns;
mod writer;

pub use daemon::run;
pub use flags::Flags;
pub use format::Format;
