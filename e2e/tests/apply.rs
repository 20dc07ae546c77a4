//! The engine against a real API server: what it writes, what it leaves alone, and what it takes away.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "apply/bench.rs"]
mod bench;
#[path = "apply/definitions.rs"]
mod definitions;
#[path = "apply/faults.rs"]
mod faults;
#[path = "apply/lists.rs"]
mod lists;
#[path = "apply/meanwhile.rs"]
mod meanwhile;
#[path = "apply/ownership.rs"]
mod ownership;
#[path = "apply/refusals.rs"]
mod refusals;
#[path = "apply/restart.rs"]
mod restart;
#[path = "apply/sets.rs"]
mod sets;
#[path = "apply/teardown.rs"]
mod teardown;
#[path = "apply/waiting.rs"]
mod waiting;
#[path = "apply/webhooks.rs"]
mod webhooks;
