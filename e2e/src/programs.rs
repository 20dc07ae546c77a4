//! Where the programs are that the suites run: ours, what `make controlplane` and `make helm` build, and those of the
//! system.
//!
//! What is not there is said on standard error (`skipped: …`), past the test harness, which keeps what a test prints. Where
//! `E2E_REQUIRED` is `1`, as where everything was installed before, it fails the test instead.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The root of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where real bundles are, each as `OPERATOR/VERSION`: in what `RUKPAK_CORPUS` names, or else in `../shared/corpus`. It need not be there.
#[must_use]
pub fn real_bundles() -> PathBuf {
    root().join(std::env::var_os("RUKPAK_CORPUS").unwrap_or("../shared/corpus".into())).join("bundles")
}

/// The command line, as it was built beside the test that runs.
///
/// # Panics
///
/// Where it was not built.
#[must_use]
pub fn rukpakctl() -> PathBuf {
    beside("rukpakctl", "rukpakctl")
}

/// What measures a run.
///
/// # Panics
///
/// Where it was not built.
#[must_use]
pub fn measured() -> PathBuf {
    beside("e2e", "measured")
}

/// What runs a command with a control plane of its own.
///
/// # Panics
///
/// Where it was not built.
#[must_use]
pub fn with_controlplane() -> PathBuf {
    beside("e2e", "with-controlplane")
}

/// A provisioner, which is called as its package.
///
/// # Panics
///
/// Where it was not built.
#[must_use]
pub fn provisioner(name: &str) -> PathBuf {
    beside(name, name)
}

/// A program of a package of ours.
fn beside(package: &str, name: &str) -> PathBuf {
    // TARGET/PROFILE/deps/TEST
    let test = std::env::current_exe().unwrap_or_default();
    let program = test.ancestors().nth(2).unwrap_or(&test).join(name);
    assert!(program.is_file(), "found no {}; build it: `cargo build -p {package}`", program.display());
    program
}

/// A server that `make controlplane` builds. Says so where it was not built.
#[must_use]
pub fn controlplane(name: &str) -> Option<PathBuf> {
    made("controlplane", name)
}

/// Helm, which `make helm` builds. Says so where it was not built.
#[must_use]
pub fn helm() -> Option<PathBuf> {
    made("helm", "helm")
}

/// What a target of the Makefile puts into the folder of its name.
fn made(target: &str, name: &str) -> Option<PathBuf> {
    let program = root().join("target").join(target).join(name);
    if program.is_file() {
        return Some(program);
    }
    missing(&format!("found no {}, which `make {target}` builds", program.display()));
    None
}

/// A program of the system. Says so where it is not installed.
#[must_use]
pub fn installed(name: &str) -> Option<PathBuf> {
    let found = find(name);
    if found.is_none() {
        missing(&format!("{name} is not installed"));
    }
    found
}

/// Whether programs of the system are installed. Says so where one is not.
#[must_use]
pub fn all_installed(names: &[&str]) -> bool {
    names.iter().all(|name| installed(name).is_some())
}

/// A program of the system, also where only its administrators look.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The variable that says, as `1`, that all programs and a cluster are there.
pub const REQUIRED_VARIABLE: &str = "E2E_REQUIRED";

/// Says that a test did not run, since a program or a cluster is not there.
///
/// # Panics
///
/// Where they have to be.
pub fn missing(what: &str) {
    let is_required = std::env::var_os(REQUIRED_VARIABLE).is_some_and(|value| value == "1");
    assert!(!is_required, "{what}, and {REQUIRED_VARIABLE} is 1");
    skipped(what);
}

/// Says why a test did not run that need not.
pub fn skipped(why: &str) {
    // Not by a macro: the harness would keep that to itself.
    let _ = writeln!(io::stderr(), "skipped: {why}");
}
