//! Bundles in `ConfigMaps` of the provisioner's namespace.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rukpak_api::ConfigMapSource;
use rukpak_apply::cluster::{Address, Cluster};
use rukpak_manifest::Object;
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
    for ConfigMapSource { config_map, path } in sources {
        let name = &config_map.name;
        let address = Address::known(["", "v1", "ConfigMap", "configmaps"], Some(namespace), name);
        let Some(map) = cluster.get(&address).await? else {
            return Err(SourceError::NoConfigMap { namespace: namespace.into(), name: name.clone() });
        };
        if map.get(&["immutable"]) != Some(&Value::Bool(true)) {
            return Err(SourceError::NotImmutable { namespace: namespace.into(), name: name.clone() });
        }
        let path = path.clone().unwrap_or_default();
        maps.push(ConfigMapFiles { name: name.clone(), path, files: files(&map) });
    }
    Ok(maps)
}

/// What they are called together.
pub(super) fn names(sources: &[ConfigMapSource]) -> String {
    let names: Vec<_> = sources.iter().map(|source| source.config_map.name.as_str()).collect();
    names.join(", ")
}

fn files(map: &Object) -> BTreeMap<String, Vec<u8>> {
    let entries = |field| map.get(&[field]).and_then(Value::as_object).into_iter().flatten();
    let texts =
        entries("data").filter_map(|(key, value)| Some((key.clone(), value.as_str()?.as_bytes().to_vec())));
    let binaries = entries("binaryData")
        .filter_map(|(key, value)| Some((key.clone(), STANDARD.decode(value.as_str()?).ok()?)));
    texts.chain(binaries).collect()
}
