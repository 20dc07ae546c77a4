//! What the suites against real servers run: the servers, ones that misbehave, and what is in them.
//!
//! ```text
//! programs ─▶ process ──▶ registry   the real one, `distribution`
//!                    └──▶ git        `git http-backend` and `sshd`
//! image ────▶ server ───▶ faults     a registry in memory that misbehaves
//! provisioners                       both of ours on a control plane, and what a user does with them
//! listener                           what `server` and the web server of `git` take connections with
//! certificate                        for those that speak HTTPS
//! noise                              bytes that do not compress
//! tunnel                             a proxy on the way to a server
//! random                             chance that can be had again
//! usage                              what a run takes
//! rotation                           certificates that grow old, on a control plane
//! ```
//!
//! Every server listens on a free port of the loopback interface, belongs to the test that started it and ends with it. A
//! test whose program is missing says `skipped: …` and passes.

pub mod certificate;
pub mod controlplane;
pub mod faults;
pub mod git;
pub mod image;
mod listener;
pub mod noise;
pub mod process;
pub mod programs;
pub mod provisioners;
pub mod random;
pub mod registry;
pub mod rotation;
pub mod server;
pub mod tunnel;
pub mod usage;
