//! Real bundles, where there are some in `RUKPAK_CORPUS` or, where that is not set, `../shared/corpus`:
//! `bundles/<operator>/<version>` are accepted, and `bundles/invalid/*` are refused.

#![expect(clippy::print_stderr, clippy::unwrap_used, reason = "a test that talks to whoever runs it")]

use std::path::{Path, PathBuf};

use rukpak_bundle::{Bundle, Findings, Format, read};
use rukpak_tree::{FileTree, Keep, Limits};

fn bundles() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let corpus = std::env::var_os("RUKPAK_CORPUS").unwrap_or_else(|| "../shared/corpus".into());
    let bundles = root.join(corpus).join("bundles");
    if !bundles.is_dir() {
        eprintln!("skipped: there is no corpus at {}, set RUKPAK_CORPUS", bundles.display());
        return None;
    }
    Some(bundles)
}

fn directories(of: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn tree(of: &Path) -> FileTree {
    let keep = Keep::prefixes(["manifests/", "metadata/"]);
    FileTree::from_directory(of, &keep, &Limits::default()).unwrap()
}

/// Prints what is found where `RUKPAK_SHOW_FINDINGS` is set, for those who write rules.
fn show(bundle: &Path, findings: &Findings) {
    if std::env::var_os("RUKPAK_SHOW_FINDINGS").is_some() {
        eprintln!("== {}\n{findings}", bundle.display());
    }
}

#[test]
fn real_bundles_are_accepted() {
    let Some(bundles) = bundles() else { return };
    let mut refused = Vec::new();
    let mut count = 0;
    for operator in directories(&bundles).iter().filter(|operator| !operator.ends_with("invalid")) {
        for version in directories(operator) {
            count += 1;
            match read(&tree(&version), Format::Auto) {
                Ok((Bundle::RegistryV1(_), findings)) => show(&version, &findings),
                Ok((Bundle::Plain(_), _)) => refused.push(format!("{} is read as plain", version.display())),
                Err(findings) => {
                    let errors: Vec<_> = findings.errors().map(ToString::to_string).collect();
                    refused.push(format!("{}\n{}", version.display(), errors.join("\n")));
                }
            }
        }
    }
    assert_ne!(count, 0, "no bundles in {}", bundles.display());
    assert!(refused.is_empty(), "{} of {count} bundles are refused:\n{}", refused.len(), refused.join("\n"));
}

#[test]
fn invalid_bundles_are_refused() {
    let Some(bundles) = bundles() else { return };
    for bundle in directories(&bundles.join("invalid")) {
        let findings = read(&tree(&bundle), Format::Auto).expect_err(&bundle.display().to_string());
        assert!(findings.has_errors());
        show(&bundle, &findings);
    }
}
