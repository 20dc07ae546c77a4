//! Git servers on this host's loopback address: `git http-backend` behind a web server of our own, and `sshd`.
//!
//! Each belongs to who started it and ends with it. They need `git`, and `sshd` and `ssh-keygen`; [`missing`] says what is
//! not installed.

mod http;
mod repository;
mod ssh;

pub use http::{Behaviour, HttpServer, Options, Request};
pub use repository::Repository;
pub use ssh::{SshServer, generate_key};

pub use crate::certificate::Certificate;
pub use crate::process::{Process, of_directory};
use crate::programs::find;

/// The first of these programs that is not installed. `sshd` is also looked for where only the system's users find it.
#[must_use]
pub fn missing<'p>(programs: &[&'p str]) -> Option<&'p str> {
    programs.iter().copied().find(|program| find(program).is_none())
}
