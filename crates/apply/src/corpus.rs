//! Real bundles for tests, where there are some in `RUKPAK_CORPUS` or, where that is not set, `../shared/corpus`.

#![expect(clippy::print_stderr, reason = "a test that talks to whoever runs it")]

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of bundles. `None`, and a line that says so, where there is none.
pub(crate) fn bundles() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let corpus = std::env::var_os("RUKPAK_CORPUS").unwrap_or_else(|| "../shared/corpus".into());
    let bundles = root.join(corpus).join("bundles");
    if bundles.is_dir() {
        return Some(bundles);
    }
    eprintln!("skipped: there is no corpus at {}, set RUKPAK_CORPUS", bundles.display());
    None
}

/// What is in a folder, in order.
pub(crate) fn entries(of: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// The folders of operators, which have one for each version; those that are made to be invalid are left out.
pub(crate) fn operators(bundles: &Path) -> Vec<PathBuf> {
    entries(bundles).into_iter().filter(|operator| !operator.ends_with("invalid")).collect()
}

/// The content of the files of a bundle's `manifests/`.
pub(crate) fn manifests(bundle: &Path) -> impl Iterator<Item = Vec<u8>> {
    let files = entries(&bundle.join("manifests")).into_iter().filter(|path| path.is_file());
    files.map(|path| fs::read(path).unwrap())
}
