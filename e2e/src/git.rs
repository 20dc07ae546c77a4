//! Git servers on this host's loopback address: `git http-backend` behind a web server of our own, and `sshd`.
//!
//! Each belongs to who started it and ends with it. They need `git`, and `sshd` and `ssh-keygen`.

mod http;
mod repository;
mod ssh;

pub use http::{Behaviour, HttpServer, Options, Request};
pub use repository::Repository;
pub use ssh::{SshServer, generate_key};

pub use crate::certificate::Certificate;
pub use crate::process::{Process, of_directory};
use crate::programs::find;
