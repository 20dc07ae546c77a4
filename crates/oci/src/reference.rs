//! Names of images: `REGISTRY/REPOSITORY:TAG@DIGEST`.
//!
//! The grammar is that of `github.com/distribution/reference`, with Docker's defaults: a name without a registry lies at
//! `docker.io`, one of a single component there in `library/`, and one without a tag and a digest means `latest`. It is
//! parsed by hand, since the expression that other parsers use takes 40 ms to compile.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::{Digest, ParseDigestError};

const DOCKER_HUB: &str = "docker.io";

/// What Docker Hub was called before, and is still called in configurations.
const DOCKER_HUB_LEGACY: &str = "index.docker.io";

/// Where the registry of Docker Hub answers.
const DOCKER_HUB_HOST: &str = "registry-1.docker.io";

/// Characters of a repository's name, its registry aside (`RepositoryNameTotalLengthMax`).
const REPOSITORY_LENGTH: usize = 255;

/// Characters of a tag.
const TAG_LENGTH: usize = 128;

/// The name of an image in a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// A text that names no image.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseReferenceError {
    /// Nothing at all.
    #[error("the image reference is empty, expected REGISTRY/REPOSITORY:TAG")]
    Empty,
    /// It begins with the scheme of a URL.
    #[error("got the URL {0:?} as image reference, expected it without {1:?}")]
    Url(String, &'static str),
    /// It says who asks. What it says may be a password, and is in no error.
    #[error(
        "the image reference has a user before its host, expected HOST or HOST:PORT; who asks is told by a file such as `docker login` \
         and `podman login` write"
    )]
    User,
    /// The registry is no `HOST[:PORT]`.
    #[error("got registry {0:?} in an image reference, expected HOST or HOST:PORT")]
    Registry(String),
    /// The repository has a component that is not accepted.
    #[error(
        "got repository {0:?} in an image reference, expected components of lower case letters and digits, separated by \
         `.`, `_`, `__` or dashes"
    )]
    Repository(String),
    /// The repository's name is too long.
    #[error("the repository of an image reference has {0} characters, the limit is {REPOSITORY_LENGTH}")]
    TooLong(usize),
    /// The tag is not accepted.
    #[error(
        "got tag {0:?} in an image reference, expected up to {TAG_LENGTH} letters, digits, `_`, `.` and `-`, not beginning with `.` or `-`"
    )]
    Tag(String),
    /// The digest is none.
    #[error("the image reference has no valid digest")]
    Digest(#[source] ParseDigestError),
}

impl Reference {
    /// The registry as it was named: `HOST[:PORT]`.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Where the registry's API answers: the registry, but for Docker Hub.
    #[must_use]
    pub fn host(&self) -> &str {
        if self.registry == DOCKER_HUB { DOCKER_HUB_HOST } else { &self.registry }
    }

    /// The repository, without the registry.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, where one was given. It is of no account beside a digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, where one was given.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// What stands for the image in a URL: the digest or, without one, the tag.
    #[must_use]
    pub fn identifier(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, tag) => tag.clone().unwrap_or_else(|| "latest".into()),
        }
    }

    /// The image with this digest in the same repository: `REGISTRY/REPOSITORY@DIGEST`.
    #[must_use]
    pub fn pinned(&self, digest: Digest) -> Self {
        Self { tag: None, digest: Some(digest), ..self.clone() }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if matches!(without_user(text), Cow::Owned(_)) {
            return Err(ParseReferenceError::User);
        }
        for scheme in ["http://", "https://", "docker://", "oci://"] {
            if text.starts_with(scheme) {
                return Err(ParseReferenceError::Url(shown(text), scheme));
            }
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.parse().map_err(ParseReferenceError::Digest)?)),
            None => (text, None),
        };
        // A colon before the last slash belongs to the registry's port.
        let tag_from = name.rfind(':').filter(|colon| !name.get(*colon..).unwrap_or_default().contains('/'));
        let (name, tag) = match tag_from {
            Some(colon) => (name.get(..colon).unwrap_or_default(), name.get(colon + 1..)),
            None => (name, None),
        };
        if name.is_empty() {
            return Err(ParseReferenceError::Empty);
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(ParseReferenceError::Tag(shown(tag)));
        }
        let (registry, repository) = split(name);
        if !is_registry(registry) {
            return Err(ParseReferenceError::Registry(shown(registry)));
        }
        if repository.is_empty() || !repository.split('/').all(is_component) {
            return Err(ParseReferenceError::Repository(shown(repository)));
        }
        let registry = if registry == DOCKER_HUB_LEGACY { DOCKER_HUB } else { registry };
        let repository = if registry == DOCKER_HUB && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository.to_owned()
        };
        if repository.len() > REPOSITORY_LENGTH {
            return Err(ParseReferenceError::TooLong(repository.len()));
        }
        let tag = tag.or(digest.is_none().then_some("latest")).map(str::to_owned);
        Ok(Self { registry: registry.to_owned(), repository, tag, digest })
    }
}

/// The registry and the repository of a name. Only what looks like a host is one: it has a dot, a port or an upper case
/// letter, or is `localhost`.
fn split(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first == "localhost"
                || first.contains(['.', ':'])
                || first.contains(|letter: char| letter.is_ascii_uppercase()) =>
        {
            (first, rest)
        }
        _ => (DOCKER_HUB, name),
    }
}

/// `HOST[:PORT]`, where the host is a name, an IPv4 address or an IPv6 address in brackets.
fn is_registry(registry: &str) -> bool {
    let (host, port) = match registry.rfind(':').filter(|_| !registry.ends_with(']')) {
        Some(colon) => (registry.get(..colon).unwrap_or_default(), registry.get(colon + 1..)),
        None => (registry, None),
    };
    let is_label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.split('.').all(is_label),
    };
    // A number may have a sign, a port may not.
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    is_host && port.is_none_or(is_port)
}

/// Runs of lower case letters and digits, between them `.`, `_`, `__` or any number of dashes.
fn is_component(component: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    let ends_well = |byte: Option<&u8>| byte.is_some_and(|byte| is_letter(*byte));
    let separators = component.split(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    let separated_well = separators
        .into_iter()
        .all(|run| matches!(run, "" | "." | "_" | "__") || run.bytes().all(|byte| byte == b'-'));
    ends_well(bytes.first()) && ends_well(bytes.last()) && separated_well
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
        && tag.len() <= TAG_LENGTH
}

/// A text that was to be a reference or a URL as it may be shown: without who asks, and with what password, if it says that before the
/// host.
#[must_use]
pub fn without_user(text: &str) -> Cow<'_, str> {
    let (scheme, rest) = text.find("://").map_or(("", text), |colon| text.split_at(colon + 3));
    let is_user = |at: &usize| {
        let behind = rest.get(*at..).unwrap_or_default();
        // A digest has no slash, and no URL has one before its host.
        behind.contains('/') || !scheme.is_empty() && !rest.get(..*at).unwrap_or_default().contains('/')
    };
    match rest.match_indices('@').map(|(at, _)| at).rfind(is_user) {
        Some(at) => Cow::Owned(format!("{scheme}<redacted>{}", rest.get(at..).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// As much of a text as an error shows.
fn shown(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use rstest::rstest;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[rstest]
    #[case::short("busybox", "docker.io/library/busybox:latest")]
    #[case::user("user/app", "docker.io/user/app:latest")]
    #[case::legacy("index.docker.io/app", "docker.io/library/app:latest")]
    #[case::tag_that_looks_like_a_port("test.com:5000", "docker.io/library/test.com:5000")]
    #[case::registry("quay.io/a/b/c:v1", "quay.io/a/b/c:v1")]
    #[case::port("localhost:5000/a", "localhost:5000/a:latest")]
    #[case::localhost("localhost/a", "localhost/a:latest")]
    #[case::address("127.0.0.1:5000/a_b/c__d/e--f:V_1.0-x", "127.0.0.1:5000/a_b/c__d/e--f:V_1.0-x")]
    #[case::ipv6("[::1]:5000/a", "[::1]:5000/a:latest")]
    #[case::ipv6_without_port("[2001:db8::1]/a", "[2001:db8::1]/a:latest")]
    #[case::upper_case_host("Registry/a", "Registry/a:latest")]
    fn parse(#[case] text: &str, #[case] whole: &str) {
        let reference: Reference = text.parse().unwrap();
        assert_eq!(reference.to_string(), whole);
        assert_eq!(whole.parse(), Ok(reference));
    }

    #[test]
    fn a_digest_counts_more_than_a_tag() {
        let reference: Reference = format!("quay.io/a/b:v1@{DIGEST}").parse().unwrap();
        assert_eq!((reference.tag(), reference.identifier().as_str()), (Some("v1"), DIGEST));
        let pinned = reference.pinned(Digest::sha256(b""));
        assert_eq!(pinned.to_string(), format!("quay.io/a/b@{DIGEST}"));
    }

    #[test]
    fn docker_hub_answers_elsewhere() {
        assert_eq!("a/b".parse::<Reference>().unwrap().host(), "registry-1.docker.io");
        assert_eq!("quay.io/a/b".parse::<Reference>().unwrap().host(), "quay.io");
    }

    #[rstest]
    #[case::url("https://me:x@y@example.com/a.tgz", "https://<redacted>@example.com/a.tgz")]
    #[case::url_of_a_host("https://me:x@example.com", "https://<redacted>@example.com")]
    #[case::slash("https://me:x/y@example.com/a", "https://<redacted>@example.com/a")]
    #[case::reference("me:x@quay.io/a@sha256:12", "<redacted>@quay.io/a@sha256:12")]
    fn who_asks_is_not_shown(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(without_user(text), expected);
        assert_eq!(text.parse::<Reference>(), Err(ParseReferenceError::User));
    }

    #[rstest]
    #[case("quay.io/a:v1@sha256:12")]
    #[case("https://quay.io/a@sha256:12")]
    #[case("a@sha256:12")]
    fn a_digest_is_no_host(#[case] text: &str) {
        assert_eq!(without_user(text), text);
    }

    #[test]
    fn errors() {
        let long = format!("quay.io/{}", "a".repeat(256));
        let texts = [
            "",
            ":v1",
            "https://quay.io/a",
            "quay.io/",
            "quay.io/A",
            "quay.io//a",
            "quay.io/a..b",
            "quay.io/-a",
            "Upper",
            "quay.io/a:",
            "quay.io/a:.x",
            "quay.io/a@sha256:12",
            "quay.io:x/a",
            "quay.io:0/a",
            "quay.io:+5000/a",
            "-a.b/c",
            "a b/c",
            "quay.io/a\nb",
            "[::x]/a",
            &long,
        ];
        let errors = texts.map(|text| match text.parse::<Reference>() {
            Ok(reference) => format!("{text:?} -> {reference}"),
            Err(error) => format!("{text:.40?} -> {error}"),
        });
        assert_snapshot!(errors.join("\n"));
    }
}
