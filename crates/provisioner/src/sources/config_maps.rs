//! Bundles in `ConfigMaps` of the provisioner's namespace.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rukpak_api::ConfigMapSource;
use rukpak_apply::cluster::{Address, Cluster};
use rukpak_manifest::Object;
use rukpak_oci::{Algorithm, Hasher};
use rukpak_unpacker::ConfigMapFiles;
use serde_json::Value;

use super::SourceError;

/// Reads the files of `ConfigMaps`, all of which must be immutable.
pub(super) async fn read(
    cluster: &Cluster,
    namespace: &str,
    sources: &[ConfigMapSource],
) -> Result<Vec<ConfigMapFiles>, SourceError> {
    let mut maps = Vec::new();
    for ConfigMapSource { config_map, path, sha256 } in sources {
        let name = &config_map.name;
        let address = Address::known(["", "v1", "ConfigMap", "configmaps"], Some(namespace), name);
        let Some(map) = cluster.get(&address).await? else {
            return Err(SourceError::NoConfigMap { namespace: namespace.into(), name: name.clone() });
        };
        if map.get(&["immutable"]) != Some(&Value::Bool(true)) {
            return Err(SourceError::NotImmutable { namespace: namespace.into(), name: name.clone() });
        }
        let files = files(&map);
        if sha256.as_ref().is_some_and(|expected| *expected != digest(&files)) {
            return Err(SourceError::OtherFiles { namespace: namespace.into(), name: name.clone() });
        }
        maps.push(ConfigMapFiles { name: name.clone(), path: path.clone().unwrap_or_default(), files });
    }
    Ok(maps)
}

/// What they are called together.
pub(super) fn names(sources: &[ConfigMapSource]) -> String {
    let names: Vec<_> = sources.iter().map(|source| source.config_map.name.as_str()).collect();
    names.join(", ")
}

/// What files hash to, as hexadecimal digits: each key and what is under it, both behind their lengths, in the order of the keys.
pub(super) fn digest(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    for part in files.iter().flat_map(|(key, content)| [key.as_bytes(), content]) {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finish().hex().to_owned()
}

fn files(map: &Object) -> BTreeMap<String, Vec<u8>> {
    let entries = |field| map.get(&[field]).and_then(Value::as_object).into_iter().flatten();
    let texts =
        entries("data").filter_map(|(key, value)| Some((key.clone(), value.as_str()?.as_bytes().to_vec())));
    let binaries = entries("binaryData")
        .filter_map(|(key, value)| Some((key.clone(), STANDARD.decode(value.as_str()?).ok()?)));
    texts.chain(binaries).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::the_same(&[("b", "2"), ("a", "1")], true)]
    #[case::other_files(&[("a", "1"), ("b", "3")], false)]
    #[case::other_names(&[("a", "1"), ("c", "2")], false)]
    #[case::fewer(&[("a", "1")], false)]
    #[case::cut_elsewhere(&[("a1", ""), ("b", "2")], false)]
    fn files_are_told_from_others(#[case] files: &[(&str, &str)], #[case] expected: bool) {
        let digest = |files: &[(&str, &str)]| {
            let files = files.iter().map(|(key, content)| ((*key).to_owned(), content.as_bytes().to_vec()));
            digest(&files.collect())
        };
        let same = digest(&[("a", "1"), ("b", "2")]);
        assert_eq!((digest(files) == same, same.len()), (expected, 64));
    }
}
