//! The operators whose bundles are there.

use std::fs;
use std::path::{Path, PathBuf};

use e2e::process::below;
use e2e::programs;

/// How many are taken for a test that is run each time.
const TAKEN: usize = 12;

/// What is no operator there, but bundles that are to be refused.
const INVALID: &str = "invalid";

/// An operator's oldest and newest version.
pub(crate) struct Operator {
    pub(crate) name: String,
    pub(crate) versions: [PathBuf; 2],
}

/// All of them, or those that `RUKPAK_OPERATORS` names with spaces between them, from the smallest to the largest. `None`, and a line that
/// says so, where there are none.
pub(crate) fn all() -> Option<Vec<Operator>> {
    let named = std::env::var("RUKPAK_OPERATORS").unwrap_or_default();
    let named: Vec<_> = named.split_whitespace().collect();
    let mut all: Vec<_> =
        folders(&programs::real_bundles()).iter().filter_map(|folder| operator(folder)).collect();
    all.retain(|operator| named.is_empty() || named.contains(&operator.name.as_str()));
    if all.is_empty() {
        programs::skipped("no real bundles to install, RUKPAK_CORPUS may name some");
        return None;
    }
    all.sort_by_cached_key(|operator| operator.versions.iter().map(|folder| bytes(folder)).sum::<u64>());
    Some(all)
}

/// Some of those with two versions. `None`, and a line that says so, where there are none.
pub(crate) fn some() -> Option<Vec<Operator>> {
    let mut all = all()?;
    all.retain(|operator| operator.versions[0] != operator.versions[1]);
    if all.is_empty() {
        programs::skipped("none of the operators has two versions");
        return None;
    }
    let step = all.len().div_ceil(TAKEN);
    Some(all.into_iter().step_by(step).collect())
}

fn operator(folder: &Path) -> Option<Operator> {
    let name = name(folder);
    if name == INVALID {
        return None;
    }
    let mut versions = folders(folder);
    versions.sort_by_cached_key(|version| numbers(&self::name(version)));
    let versions = [versions.first()?.clone(), versions.last()?.clone()];
    Some(Operator { name, versions })
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn bytes(folder: &Path) -> u64 {
    below(folder).iter().map(|path| path.metadata().unwrap().len()).sum()
}

/// The order of versions that have three numbers, whatever follows.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|letter: char| !letter.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}
