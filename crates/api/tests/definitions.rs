//! `manifests/crds` holds the definitions that the types make. `GENERATE=1` writes it anew.

use std::path::PathBuf;
use std::{env, fs};

use rukpak_manifest::yaml;

/// What the file begins with.
const HEADER: &str = "# Written by `make generate`.\n";

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
