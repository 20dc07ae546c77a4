//! What a key of a configuration is for: the kubelet's rule.
//!
//! `HOST[:PORT][/PATH]`, with or without a scheme. Hosts are compared part by part, each a pattern of [`glob`]; ports are
//! equal; the path is the beginning of the repository's, as text: `/org` is the beginning of `/organisation`, too.

use super::glob;
use crate::Reference;

const DOCKER_HUB: &str = "docker.io";

/// The names of Docker Hub.
const DOCKER_HUB_NAMES: [&str; 3] = [DOCKER_HUB, "index.docker.io", "registry-1.docker.io"];

/// What credential helpers know Docker Hub as.
const DOCKER_HUB_SERVER: &str = "https://index.docker.io/v1/";

/// The length to which a host may be a pattern. A name has up to 253 characters, and comparing takes time.
const HOST_LENGTH: usize = 1024;

/// The images that an entry is for. They are ordered by text, so that of those for one host the more specific is greater.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope(String);

impl Scope {
    /// Reads a key. What makes no sense as one matches nothing.
    pub(super) fn of(key: &str) -> Self {
        let (authority, path) = split(key);
        // Docker's older keys name the API rather than the registry.
        let path = match path.strip_prefix("/v1").or_else(|| path.strip_prefix("/v2")) {
            Some(rest) if rest.starts_with('/') => rest,
            _ => path,
        };
        let path = path.split(['?', '#']).next().filter(|path| *path != "/").unwrap_or_default();
        let authority = if DOCKER_HUB_NAMES.contains(&authority) { DOCKER_HUB } else { authority };
        Self(format!("{authority}{path}"))
    }

    /// Whether an image is among them.
    pub(super) fn covers(&self, reference: &Reference) -> bool {
        let (authority, path) = self.0.split_at(self.0.find('/').unwrap_or(self.0.len()));
        let (host, port) = host_and_port(authority);
        let (image_host, image_port) = host_and_port(hub_or(reference.registry()));
        let is_host = || host == image_host || (host.len() <= HOST_LENGTH && is_like(host, image_host));
        let is_path = || match path.strip_prefix('/') {
            Some(path) => reference.repository().starts_with(path),
            None => true,
        };
        port == image_port && is_path() && is_host()
    }
}

/// What a credential helper is asked for.
pub(super) fn server(reference: &Reference) -> &str {
    if hub_or(reference.registry()) == DOCKER_HUB { DOCKER_HUB_SERVER } else { reference.registry() }
}

/// A key as an error shows it: without a scheme, and without a user, who may have a password.
pub(super) fn shown(key: &str) -> String {
    let (authority, path) = split(key);
    format!("{authority}{path}")
}

/// The host with its port, and the rest.
fn split(key: &str) -> (&str, &str) {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let (authority, path) = key.split_at(key.find('/').unwrap_or(key.len()));
    (authority.rsplit('@').next().unwrap_or_default(), path)
}

fn hub_or(registry: &str) -> &str {
    if DOCKER_HUB_NAMES.contains(&registry) { DOCKER_HUB } else { registry }
}

fn host_and_port(authority: &str) -> (&str, &str) {
    match authority.rsplit_once(':') {
        // A colon of an IPv6 address.
        Some((_, port)) if port.ends_with(']') => (authority, ""),
        Some(host_and_port) => host_and_port,
        None => (authority, ""),
    }
}

fn is_like(pattern: &str, host: &str) -> bool {
    let mut parts = host.split('.');
    pattern.split('.').all(|pattern| parts.next().is_some_and(|part| glob::matches(pattern, part)))
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    // TestURLsMatch of the kubelet.
    #[case::first_part("*.kubernetes.io", "prefix.kubernetes.io/a", true)]
    #[case::middle_part("prefix.*.io", "prefix.kubernetes.io/a", true)]
    #[case::last_part("prefix.kubernetes.*", "prefix.kubernetes.io/a", true)]
    #[case::some_of_a_part("*-good.kubernetes.io", "prefix-good.kubernetes.io/a", true)]
    #[case::glob_and_path("*.kubernetes.io/blah", "prefix.kubernetes.io/blah", true)]
    #[case::path_is_a_prefix("prefix.*.io/foo", "prefix.kubernetes.io/foo/bar", true)]
    #[case::port("*.kubernetes.io:1111/blah", "prefix.kubernetes.io:1111/blah", true)]
    #[case::port_and_path("prefix.*.io:1111/foo", "prefix.kubernetes.io:1111/foo/bar", true)]
    #[case::fewer_parts("*.kubernetes.io", "kubernetes.io/a", false)]
    #[case::more_parts("*.*.kubernetes.io", "prefix.kubernetes.io/a", false)]
    #[case::more_parts_still("*.*.kubernetes.io", "kubernetes.io/a", false)]
    #[case::no_crossing_of_dots("*kubernetes.io", "a.kubernetes.io/a", false)]
    #[case::empty_star("*kubernetes.io", "kubernetes.io/a", true)]
    #[case::many_parts("*.*.*.kubernetes.io", "a.b.c.kubernetes.io/a", true)]
    #[case::other_domain("kubernetes.io", "kubernetes.com/a", false)]
    #[case::other_letters("k*.io", "quay.io/a", false)]
    #[case::other_port("*.kubernetes.io:1234/blah", "prefix.kubernetes.io:1111/blah", false)]
    #[case::no_port("prefix.*.io/foo", "prefix.kubernetes.io:1111/foo/bar", false)]
    // TestDockerKeyringForGlob, TestKeyringMiss, TestIssue3797.
    #[case::scheme("https://hello.kubernetes.io", "hello.kubernetes.io/a", true)]
    #[case::other_scheme("http://hello.kubernetes.io", "hello.kubernetes.io/a", true)]
    #[case::api_v1("https://*.docker.io/v1/", "prefix.docker.io/path", true)]
    #[case::api_v2("https://*.docker.io/v2/", "prefix.docker.io/path", true)]
    #[case::api_and_path("https://quay.io/v2/org", "quay.io/org/a", true)]
    #[case::api_and_other_path("https://quay.io/v2/org", "quay.io/other/a", false)]
    #[case::no_api("quay.io/v1", "quay.io/a/b", false)]
    #[case::a_namespace("quay.io/v1", "quay.io/v1/b", true)]
    #[case::glob_with_port("*.docker.io:1111", "prefix.docker.io:1111/path", true)]
    #[case::other_host("https://hello.kubernetes.io", "world.mesos.org/foo/bar", false)]
    #[case::port_in_a_path("https://prefix.*.io/path:1111", "prefix.docker.io/path/subpath", false)]
    // TestDockerKeyringLookup.
    #[case::middle_of_a_component("bar.example.com/pong", "bar.example.com/pongz", true)]
    #[case::below_a_path("bar.example.com/pong", "bar.example.com/pong/pang", true)]
    #[case::beside_a_path("bar.example.com/pong", "bar.example.com/ping", false)]
    #[case::trailing_slash("bar.example.com/pong/", "bar.example.com/pong/pang", true)]
    #[case::trailing_slash_is_of_the_path("bar.example.com/pong/", "bar.example.com/pongz", false)]
    #[case::lone_slash("bar.example.com/", "bar.example.com/pong", true)]
    #[case::letters_differ("Bar.example.com", "bar.example.com/pong", false)]
    #[case::user("https://kim:hunter2@bar.example.com", "bar.example.com/pong", true)]
    #[case::query("https://bar.example.com/pong?a#b", "bar.example.com/pong", true)]
    #[case::empty("", "bar.example.com/pong", false)]
    #[case::only_a_path("/pong", "bar.example.com/pong", false)]
    #[case::only_a_star("*", "localhost/pong", true)]
    #[case::empty_port("bar.example.com:", "bar.example.com/pong", true)]
    #[case::malformed("[.example.com", "bar.example.com/pong", false)]
    // TestIsDefaultRegistryMatch and the like.
    #[case::hub("https://index.docker.io/v1/", "foo/bar", true)]
    #[case::hub_library("https://index.docker.io/v1/", "foo", true)]
    #[case::hub_host("index.docker.io", "docker.io/foo/bar", true)]
    #[case::hub_name("docker.io", "index.docker.io/foo/bar", true)]
    #[case::hub_elsewhere("https://index.docker.io/v1/", "registry.tld/foo/bar", false)]
    #[case::hub_elsewhere_with_port("docker.io", "registry:5000/foo/bar", false)]
    #[case::hub_lookalike("docker.io", "myhostdocker.io/foo/bar", false)]
    // Ours.
    #[case::hub_api("registry-1.docker.io", "foo/bar", true)]
    #[case::hub_by_its_api("docker.io", "registry-1.docker.io/foo/bar", true)]
    #[case::hub_namespace("index.docker.io/foo", "foo/bar", true)]
    #[case::hub_other_namespace("https://index.docker.io/v1/foo", "other/bar", false)]
    #[case::one_letter("r?.example.com", "r1.example.com/a", true)]
    #[case::letters("r[1-3].example.com", "r2.example.com/a", true)]
    #[case::other_letter("r[1-3].example.com", "r4.example.com/a", false)]
    #[case::ipv6("[::1]", "[::1]/a", true)]
    #[case::ipv6_with_port("https://[::1]:5000/v2/", "[::1]:5000/a", true)]
    #[case::ipv6_other_port("[::1]", "[::1]:5000/a", false)]
    fn covers(#[case] key: &str, #[case] image: &str, #[case] expected: bool) {
        assert_eq!(Scope::of(key).covers(&image.parse().unwrap()), expected);
    }

    #[test]
    fn helpers_know_docker_hub_by_its_old_address() {
        assert_eq!(server(&"foo".parse().unwrap()), "https://index.docker.io/v1/");
        assert_eq!(server(&"quay.io:443/foo".parse().unwrap()), "quay.io:443");
    }

    #[test]
    fn a_user_in_a_key_is_not_shown() {
        assert_eq!(shown("https://kim:hunter2@quay.io/v1/"), "quay.io/v1/");
        assert!(!format!("{:?}", Scope::of("kim:hunter2@quay.io")).contains("hunter2"));
    }

    #[test]
    fn a_host_that_is_none_takes_no_time() {
        let key = format!("*[{}].io", "a".repeat(4 << 20));
        assert!(!Scope::of(&key).covers(&format!("{}.io/a", "b".repeat(60)).parse().unwrap()));
    }
}
