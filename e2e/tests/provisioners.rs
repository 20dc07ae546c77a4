//! The provisioners as their users see them: what becomes of a `BundleDeployment`, whatever happens around it.
//!
//! Both run as processes, on a control plane that this suite has to itself, and, for the tests that need no more than that, on an existing
//! cluster where there is one. Each test has names that no other has; most run beside each other, and those that kill the processes, or
//! start them otherwise, alone.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "provisioners/accounts.rs"]
mod accounts;
#[path = "provisioners/bad_days.rs"]
mod bad_days;
#[path = "provisioners/classes.rs"]
mod classes;
#[path = "provisioners/clock.rs"]
mod clock;
#[path = "provisioners/content.rs"]
mod content;
#[path = "provisioners/definitions.rs"]
mod definitions;
#[path = "provisioners/deletion.rs"]
mod deletion;
#[path = "provisioners/drift.rs"]
mod drift;
#[path = "provisioners/haste.rs"]
mod haste;
#[path = "provisioners/hostile.rs"]
mod hostile;
#[path = "provisioners/images.rs"]
mod images;
#[path = "provisioners/kills.rs"]
mod kills;
#[path = "provisioners/meddling.rs"]
mod meddling;
#[path = "provisioners/outages.rs"]
mod outages;
#[path = "provisioners/quiet.rs"]
mod quiet;
#[path = "provisioners/replicas.rs"]
mod replicas;
#[path = "provisioners/repositories.rs"]
mod repositories;
#[path = "provisioners/served.rs"]
mod served;
#[path = "provisioners/settings.rs"]
mod settings;
#[path = "provisioners/sources.rs"]
mod sources;
#[path = "provisioners/upgrades.rs"]
mod upgrades;
#[path = "provisioners/webhooks.rs"]
mod webhooks;
