//! Whole files against what Kubernetes' own reader makes of them.
//!
//! Beside each file of `tests/cases/yaml/pass` stands what Go printed for it: one JSON document a line, keys sorted
//! (`bench/go documents FILE`). A file of `tests/cases/yaml/fail` is refused, and a snapshot holds the error.

#![expect(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    reason = "a test fails where its files cannot be read"
)]

use std::fs;
use std::path::{Path, PathBuf};

use rukpak_manifest::read;
use serde_json::Value;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "json"));
    files.sort();
    files
}

/// The documents of an `.expected` file, without the empty ones.
fn expected(text: &str) -> Vec<Value> {
    let documents = text.split('\n').filter(|line| !line.is_empty());
    documents
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|value: &Value| !value.is_null())
        .collect()
}

fn documents(path: &Path) -> Result<Vec<Value>, rukpak_manifest::ReadError> {
    let (documents, _) = read(&fs::read(path).unwrap())?;
    Ok(documents.into_iter().map(|document| document.value).collect())
}

#[test]
fn files_read_as_kubernetes_reads_them() {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/yaml/pass"));
    assert!(files.len() > 10, "the cases are missing");
    for path in files {
        let want = fs::read_to_string(
            path.with_extension(format!("{}.expected", path.extension().unwrap().to_str().unwrap())),
        );
        assert_eq!(documents(&path).unwrap(), expected(&want.unwrap()), "{}", path.display());
    }
}

#[test]
fn broken_files_are_refused_with_the_place() {
    insta::glob!("cases/yaml/fail/*", |path| {
        let error = documents(path).expect_err("the file is broken");
        insta::assert_snapshot!(error.to_string());
    });
}

/// The reference's own cases, where they are at hand.
#[test]
#[expect(clippy::print_stdout, reason = "who runs the tests is told what was left out")]
fn corpus_files_read_as_kubernetes_reads_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let corpus =
        std::env::var_os("RUKPAK_CORPUS").map_or(root.join("../shared/corpus"), |path| root.join(path));
    let folder = corpus.join("yaml");
    if !folder.is_dir() {
        println!("skipped: there is no corpus at {}, set RUKPAK_CORPUS", folder.display());
        return;
    }
    for path in files(&folder) {
        let want = fs::read_to_string(path.with_extension("expected")).unwrap();
        let got = documents(&path);
        if want.starts_with("ERR") {
            assert!(got.is_err(), "{} is read", path.display());
        } else {
            assert_eq!(got.unwrap(), expected(&want), "{}", path.display());
        }
    }
}
