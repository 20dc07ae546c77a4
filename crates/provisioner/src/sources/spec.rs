//! `spec.source` as the unpacker has it, and back.

use rukpak_api::{BundleSource, GitRef, GitSource as Git, HttpSource as Http, ImageSource};
use rukpak_oci::{Digest, Reference};
use rukpak_unpacker::{GitRevision, GitSource, HttpSource, Pinned, Source};
use thiserror::Error;
use url::Url;

use super::config_maps;

/// A source that says something that no source says. The definition refuses most of it.
#[derive(Debug, Error)]
pub(crate) enum SpecError {
    /// What `type` names is not set.
    #[error("source.{0} must be set for source type {0}")]
    NotSet(String),
    /// The image has no name of one.
    #[error("source.image.ref {reference:?} is no reference of an image")]
    Reference {
        /// What it says.
        reference: String,
        /// Why.
        source: rukpak_oci::ParseReferenceError,
    },
    /// None of branch, tag and commit is set.
    #[error("exactly one of source.git.ref.branch, source.git.ref.tag and source.git.ref.commit must be set")]
    Revision,
    /// The address is none.
    #[error("source.http.url is no address")]
    Url(#[source] url::ParseError),
    /// The digest is none.
    #[error("source.http.sha256 {0:?} is not 64 hexadecimal digits")]
    Sha256(String),
}

/// What a source names.
pub(super) fn source(spec: &BundleSource) -> Result<Source, SpecError> {
    match (spec.kind.as_str(), spec) {
        ("image", BundleSource { image: Some(image), .. }) => {
            let ImageSource { reference, pull_secret: _, insecure_skip_tls_verify: _, certificate_data: _ } =
                image;
            let parsed = reference.parse::<Reference>();
            let invalid = |source| SpecError::Reference { reference: reference.clone(), source };
            parsed.map(Source::Image).map_err(invalid)
        }
        ("git", BundleSource { git: Some(git), .. }) => {
            let Git { repository, directory, reference, auth: _ } = git;
            let revision = match reference {
                GitRef { commit: Some(commit), branch: None, tag: None } => {
                    GitRevision::Commit(commit.clone())
                }
                GitRef { tag: Some(tag), branch: None, commit: None } => GitRevision::Tag(tag.clone()),
                GitRef { branch: Some(branch), tag: None, commit: None } => {
                    GitRevision::Branch(branch.clone())
                }
                _ => return Err(SpecError::Revision),
            };
            Ok(Source::Git(GitSource {
                repository: repository.clone(),
                revision,
                directory: directory.clone(),
            }))
        }
        ("http", BundleSource { http: Some(http), .. }) => {
            let Http { url, sha256, auth: _ } = http;
            let digest = |hex: &String| {
                format!("sha256:{hex}").parse::<Digest>().map_err(|_| SpecError::Sha256(hex.clone()))
            };
            let url = url.parse::<Url>().map_err(SpecError::Url)?;
            Ok(Source::Http(HttpSource { url, sha256: sha256.as_ref().map(digest).transpose()? }))
        }
        (kind, _) => Err(SpecError::NotSet(kind.to_owned())),
    }
}

/// A source with what it is pinned to, for `status.resolvedSource`. Certificates stay in the spec, and do not stand there twice.
#[must_use]
pub(crate) fn resolved(spec: &BundleSource, pinned: &Pinned) -> BundleSource {
    let mut resolved = spec.clone();
    resolved.poll_interval_minutes = None;
    match pinned {
        Pinned::Image(reference) => {
            if let Some(image) = &mut resolved.image {
                image.reference = reference.to_string();
                image.certificate_data = None;
            }
        }
        Pinned::Git(commit) => {
            if let Some(git) = &mut resolved.git {
                git.reference = GitRef { commit: Some(commit.commit.clone()), ..GitRef::default() };
            }
        }
        Pinned::Http { url: _, sha256 } => {
            if let Some(http) = &mut resolved.http {
                http.sha256 = Some(sha256.hex().to_owned());
            }
        }
        Pinned::ConfigMaps(maps) => {
            for (source, map) in resolved.config_maps.iter_mut().flatten().zip(maps) {
                source.sha256 = Some(config_maps::digest(&map.files));
            }
        }
        Pinned::Host(_) => {}
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    use rstest::rstest;
    use serde_json::{Value, json};

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn spec(value: Value) -> BundleSource {
        serde_json::from_value(value).unwrap()
    }

    #[rstest]
    #[case::image(json!({"type": "image", "image": {"ref": format!("quay.io/a/b@{DIGEST}"), "certificateData": "x"}}))]
    #[case::git(json!({"type": "git", "git": {"repository": "https://example.com/a.git", "directory": "x", "ref": {"commit": COMMIT}}}))]
    #[case::http(json!({"type": "http", "http": {"url": "https://example.com/a.tgz", "sha256": &DIGEST[7..]}}))]
    fn what_is_pinned_is_a_source_that_means_the_same(#[case] value: Value) {
        let spec = spec(value);
        let pinned = source(&spec).unwrap().pinned().unwrap();
        let resolved = resolved(&spec, &pinned);
        assert_eq!(source(&resolved).unwrap().pinned().unwrap(), pinned);
        assert!(!serde_json::to_string(&resolved).unwrap().contains("certificateData"));
    }

    #[rstest]
    #[case::no_body(json!({"type": "http"}), "source.http must be set for source type http")]
    #[case::unknown(json!({"type": "ftp"}), "source.ftp must be set for source type ftp")]
    #[case::reference(json!({"type": "image", "image": {"ref": "A B"}}), "source.image.ref \"A B\" is no reference of an image")]
    #[case::revision(
        json!({"type": "git", "git": {"repository": "https://x/y", "ref": {}}}),
        "exactly one of source.git.ref.branch, source.git.ref.tag and source.git.ref.commit must be set"
    )]
    #[case::url(json!({"type": "http", "http": {"url": "x"}}), "source.http.url is no address")]
    #[case::sha256(
        json!({"type": "http", "http": {"url": "https://x/y", "sha256": "zz"}}),
        "source.http.sha256 \"zz\" is not 64 hexadecimal digits"
    )]
    fn what_is_no_source(#[case] value: Value, #[case] expected: &str) {
        assert_eq!(source(&spec(value)).unwrap_err().to_string(), expected);
    }
}
