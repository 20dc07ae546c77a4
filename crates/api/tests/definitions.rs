//! `manifests/crds` holds the definitions that the types make. `GENERATE=1` writes it anew.

use std::path::PathBuf;
use std::{env, fs};

use rukpak_manifest::yaml;

/// What the file begins with.
const HEADER: &str = "# Written by `make generate`.\n";

/// The tables of `kubectl get` in the documentation have the columns that there are.
#[test]
fn the_documentation_shows_the_columns_of_the_definition() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/bundledeployments.md");
    let definition = &rukpak_api::definitions()[0];
    let columns = definition["spec"]["versions"][0]["additionalPrinterColumns"].as_array().unwrap();
    let columns = columns.iter().map(|column| column["name"].as_str().unwrap().to_uppercase());
    let expected: Vec<_> = ["NAME".to_owned()].into_iter().chain(columns).collect();
    let text = fs::read_to_string(file).unwrap();
    let shown: Vec<_> = text.lines().filter(|line| line.starts_with("NAME ")).collect();
    assert!(shown.len() > 3, "{shown:?}");
    for line in shown {
        let columns: Vec<_> = line.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
        assert_eq!(columns, expected, "{line}");
    }
}

#[test]
fn the_manifests_are_those_of_the_types() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../manifests/crds");
    for definition in rukpak_api::definitions() {
        let (plural, group) = definition["metadata"]["name"].as_str().unwrap().split_once('.').unwrap();
        let path = folder.join(format!("{group}_{plural}.yaml"));
        let expected = format!("{HEADER}{}", yaml::to_string(&definition));
        if env::var_os("GENERATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &expected).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap();
        assert!(found == expected, "{} is stale: make generate writes it", path.display());
    }
}
