//! The engine against a real API server: what it writes, what it leaves alone, and what it takes away.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_in_result,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![expect(clippy::print_stdout, reason = "what was measured is for who asks to see it")]

#[path = "apply/away.rs"]
mod away;
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
#[path = "apply/process.rs"]
mod process;
#[path = "apply/rebuild.rs"]
mod rebuild;
#[path = "apply/refusals.rs"]
mod refusals;
#[path = "apply/restart.rs"]
mod restart;
#[path = "apply/rights.rs"]
mod rights;
#[path = "apply/schema.rs"]
mod schema;
#[path = "apply/sets.rs"]
mod sets;
#[path = "apply/store.rs"]
mod store;
#[path = "apply/teardown.rs"]
mod teardown;
#[path = "apply/upgrades.rs"]
mod upgrades;
#[path = "apply/waiting.rs"]
mod waiting;
#[path = "apply/watches.rs"]
mod watches;
#[path = "apply/webhooks.rs"]
mod webhooks;
