//! The definition of `BundleDeployment` on a real API server: what it accepts, what it refuses and how it says so, what it shows.
//!
//! The suite has a control plane of its own, since others notice where the definition is installed.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "api/accepted.rs"]
mod accepted;
#[path = "api/changes.rs"]
mod changes;
#[path = "api/columns.rs"]
mod columns;
#[path = "api/definition.rs"]
mod definition;
#[path = "api/place.rs"]
mod place;
#[path = "api/refused.rs"]
mod refused;
#[path = "api/unknown.rs"]
mod unknown;
