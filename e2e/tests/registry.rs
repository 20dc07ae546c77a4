//! Bundles in a real registry: every form of SOURCE, what `push` and `pull` do, TLS, users and proxies.
//!
//! The registry is `distribution`; `skopeo` writes and reads beside us.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "registry/content.rs"]
mod content;
#[path = "registry/proxy.rs"]
mod proxy;
#[path = "registry/pull.rs"]
mod pull;
#[path = "registry/push.rs"]
mod push;
#[path = "registry/sources.rs"]
mod sources;
#[path = "registry/tls.rs"]
mod tls;
#[path = "registry/users.rs"]
mod users;

use std::path::PathBuf;

use e2e::process::{Host, Run, VARIES, run};
use e2e::programs;
use e2e::registry::{Options, Registry};

/// An example bundle of the project.
fn example(name: &str) -> String {
    let path: PathBuf = programs::root().join("examples/bundles").join(name);
    path.canonicalize().unwrap().to_str().unwrap().to_owned()
}

/// The one that has warnings, webhooks and two folders.
fn bundle() -> String {
    example("cache-webhooks")
}

fn registry() -> Option<Registry> {
    Registry::start(&Options::default())
}

/// What a program says, ports and digests aside.
fn assert_says(name: &str, text: &str) {
    insta::with_settings!({ filters => VARIES }, { insta::assert_snapshot!(name, text) });
}

/// Runs `skopeo`, which has to be a success. `false` where it is not installed.
fn skopeo(host: &Host, arguments: &[&str]) -> bool {
    let Some(program) = programs::installed("skopeo") else { return false };
    let Run { code, stderr, .. } = run(host.command(program).arg("--insecure-policy").args(arguments));
    assert_eq!(code, Some(0), "{arguments:?}: {stderr}");
    true
}

/// The digest at the end of `NAME@DIGEST`.
fn digest_of(pushed: &str) -> &str {
    pushed.trim_end().split_once('@').unwrap().1
}
