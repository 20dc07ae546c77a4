//! A source in a line: `spec.source`, and what it was pinned to.

use rukpak_api::{BundleSource, ConfigMapSource, GitRef, GitSource};

/// What a source is, as it would be typed. Nothing of it is secret: credentials are in Secrets that it names.
pub(crate) fn shown(source: &BundleSource) -> String {
    let BundleSource { kind, image, git, config_maps, http, poll_interval_minutes: _ } = source;
    if let Some(image) = image {
        return image.reference.clone();
    }
    if let Some(git) = git {
        return repository(git);
    }
    if let Some(http) = http {
        return http.url.clone();
    }
    match config_maps {
        Some(maps) => {
            let names: Vec<_> = maps.iter().map(map).collect();
            format!("ConfigMaps {}", names.join(", "))
        }
        None => kind.clone(),
    }
}

/// `REPOSITORY@REF:DIRECTORY`.
fn repository(GitSource { repository, directory, reference, auth: _ }: &GitSource) -> String {
    let GitRef { branch, tag, commit } = reference;
    let what = commit.as_ref().or(tag.as_ref()).or(branch.as_ref());
    let what = what.map(|what| format!("@{what}")).unwrap_or_default();
    let directory = directory.as_ref().map(|directory| format!(":{directory}")).unwrap_or_default();
    format!("{repository}{what}{directory}")
}

fn map(ConfigMapSource { config_map, path, sha256: _ }: &ConfigMapSource) -> String {
    match path {
        Some(path) => format!("{} ({path})", config_map.name),
        None => config_map.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    #[rstest]
    #[case(json!({"type": "image", "image": {"ref": "a/b:v1"}}), "a/b:v1")]
    #[case(json!({"type": "http", "http": {"url": "https://a/b.tgz"}}), "https://a/b.tgz")]
    #[case(json!({"type": "git", "git": {"repository": "https://a/b", "ref": {"tag": "v1"}}}), "https://a/b@v1")]
    #[case(
        json!({"type": "git", "git": {"repository": "https://a/b", "directory": "d", "ref": {"commit": "00"}}}),
        "https://a/b@00:d"
    )]
    #[case(
        json!({"type": "configMaps", "configMaps": [{"configMap": {"name": "a"}, "path": "manifests"}, {"configMap": {"name": "b"}}]}),
        "ConfigMaps a (manifests), b"
    )]
    fn in_a_line(#[case] source: Value, #[case] expected: &str) {
        assert_eq!(shown(&serde_json::from_value(source).unwrap()), expected);
    }
}
