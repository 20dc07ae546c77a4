//! Real upgrades, where there is a corpus: each definition that two versions of an operator have.

#![expect(clippy::print_stderr, reason = "a test that talks to whoever runs it")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{check, lines};
use crate::corpus;

/// A version's numbers: `0.9.1` comes before `0.10.0`.
fn numbers(path: &Path) -> Vec<u64> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split(|c: char| !c.is_ascii_digit()).map(|digits| digits.parse().unwrap_or_default()).collect()
}

/// The definitions of a bundle, by their names.
fn definitions(of: &Path) -> BTreeMap<String, Value> {
    let mut definitions = BTreeMap::new();
    for file in corpus::manifests(of) {
        let Ok((documents, _)) = rukpak_manifest::read(&file) else { continue };
        for document in documents {
            let value = document.value;
            if value["kind"] == "CustomResourceDefinition" && value["apiVersion"] == "apiextensions.k8s.io/v1"
            {
                definitions.insert(value["metadata"]["name"].as_str().unwrap_or_default().to_owned(), value);
            }
        }
    }
    definitions
}

/// The definition as a cluster has it, where every version may have been stored that was.
fn installed(mut definition: Value) -> Value {
    let versions = definition["spec"]["versions"].as_array().cloned().unwrap_or_default();
    let stored: Vec<_> = versions.into_iter().filter(|version| version["storage"] == true).collect();
    definition["status"]["storedVersions"] = stored.iter().map(|version| version["name"].clone()).collect();
    definition
}

#[test]
fn real_upgrades_are_checked() {
    let Some(bundles) = corpus::bundles() else { return };
    let (mut upgrades, mut safe) = (0, 0);
    for operator in corpus::operators(&bundles) {
        let mut versions = corpus::entries(&operator);
        versions.sort_by_key(|version| numbers(version));
        let versions: Vec<_> = versions.iter().map(|version| definitions(version)).collect();
        for [old, new] in versions.array_windows() {
            for (name, old) in old {
                let Some(new) = new.get(name) else { continue };
                let old = installed(old.clone());
                let findings = check(&old, new, &[]);
                assert!(findings.is_sorted_by(|a, b| a < b), "{name}");
                assert_eq!(check(&old, new, &[]), findings, "{name}");
                assert_eq!(check(&old, &old, &[]), [], "{name}");
                upgrades += 1;
                safe += usize::from(findings.is_empty());
                if std::env::var_os("RUKPAK_SHOW_FINDINGS").is_some() && !findings.is_empty() {
                    eprintln!("== {} {name}\n{}", operator.display(), lines(&findings).join("\n"));
                }
            }
        }
    }
    assert_ne!(upgrades, 0, "no upgrades in {}", bundles.display());
    eprintln!("{safe} of {upgrades} upgrades of definitions are safe");
}
