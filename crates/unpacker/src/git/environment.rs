//! What git sees of the world: only what is listed here.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::session::REPOSITORY;
use super::url::{RepositoryUrl, Transport};
use crate::Access;

/// One piece of git's configuration. It goes by variables and so neither to a file nor to a command line.
pub(super) type Setting = (String, String);

const USERNAME: &str = "RUKPAK_GIT_USERNAME";
const PASSWORD: &str = "RUKPAK_GIT_PASSWORD";

/// What git may allocate at once: a tree of a million files, or what it knows of as many objects.
const ALLOC_LIMIT: &str = "64m";

/// Answers git's question for credentials from the two variables. git runs it with `sh` and the word `get`.
const HELPER: &str = "!f() { test \"$1\" = get && \
    printf 'username=%s\\npassword=%s\\n' \"$RUKPAK_GIT_USERNAME\" \"$RUKPAK_GIT_PASSWORD\"; }; f";

/// The variables of every run.
pub(super) fn variables(url: &RepositoryUrl, path: OsString, scratch: &Path) -> Vec<(String, OsString)> {
    // A redirect from https to http is refused, since it would give away what https protects.
    let protocols = match url.transport() {
        Transport::Http => "http:https",
        Transport::Https => "https",
        Transport::Ssh => "ssh",
    };
    let home = scratch.join("home").into_os_string();
    let texts = [
        ("LC_ALL", "C"),
        // Neither the configuration of the host nor of the user.
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        // Nobody is asked.
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ASKPASS", ""),
        ("SSH_ASKPASS", ""),
        ("SSH_ASKPASS_REQUIRE", "never"),
        ("GIT_ALLOW_PROTOCOL", protocols),
        // Without it, git looks for a repository in all directories above.
        ("GIT_DIR", REPOSITORY),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_LFS_SKIP_SMUDGE", "1"),
        // A server can claim any size for an object; git itself has no bound. Larger files are streamed. Commits, trees, and what is
        // made of a difference are held, up to three at a time.
        ("GIT_ALLOC_LIMIT", ALLOC_LIMIT),
    ];
    let texts = texts.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
    let paths = [("PATH", path), ("HOME", home), ("TMPDIR", scratch.into())];
    texts.chain(paths.into_iter().map(|(name, value)| (name.to_owned(), value))).collect()
}

/// The configuration of every run.
///
/// `transfer.fsckObjects` is off: nothing is checked out, so that the names that it looks for (`.git`, `..`) can do no harm,
/// and the tree refuses what it must; but it refuses old repositories that every other client takes. That objects are what
/// their names say is checked in any case.
pub(super) fn configuration(url: &RepositoryUrl, access: &Access, idle: Duration) -> Vec<Setting> {
    let seconds = idle.as_secs().max(1).to_string();
    let verify = if access.insecure_skip_verify { "false" } else { "true" };
    let mut settings = vec![
        ("core.hooksPath", "/dev/null"),
        ("core.attributesFile", "/dev/null"),
        ("core.askPass", ""),
        // Nothing of it outlives the call.
        ("core.fsync", "none"),
        // Larger files are streamed instead of held.
        ("core.bigFileThreshold", "1m"),
        // Each thread of it has objects of its own in memory; and what was made of differences is remembered.
        ("pack.threads", "1"),
        ("core.deltaBaseCacheLimit", "16m"),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        // A pack is written as it comes, however small: the growth of the file is the progress.
        ("fetch.unpackLimit", "1"),
        ("fetch.recurseSubmodules", "false"),
        ("submodule.recurse", "false"),
        ("transfer.bundleURI", "false"),
        ("transfer.fsckObjects", "false"),
        ("http.followRedirects", "initial"),
        ("http.sslVerify", verify),
        ("http.sslVersion", "tlsv1.2"),
        ("http.lowSpeedLimit", "1"),
        ("http.lowSpeedTime", &seconds),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect::<Vec<_>>();
    if access.basic.is_some() && url.transport() == Transport::Https {
        settings.push((format!("credential.{}.helper", url.origin()), HELPER.to_owned()));
    }
    settings
}

/// Settings as git takes them from variables.
pub(super) fn as_variables(settings: Vec<Setting>) -> Vec<(String, OsString)> {
    let count = ("GIT_CONFIG_COUNT".to_owned(), settings.len().to_string().into());
    let pairs = settings.into_iter().enumerate().flat_map(|(index, (key, value))| {
        [(format!("GIT_CONFIG_KEY_{index}"), key.into()), (format!("GIT_CONFIG_VALUE_{index}"), value.into())]
    });
    std::iter::once(count).chain(pairs).collect()
}

/// User and password, for the helper alone.
pub(super) fn basic(access: &Access, transport: Transport) -> Vec<(String, OsString)> {
    match &access.basic {
        Some(basic) if transport == Transport::Https => vec![
            (USERNAME.to_owned(), basic.username.clone().into()),
            (PASSWORD.to_owned(), basic.password.expose().into()),
        ],
        _ => Vec::new(),
    }
}

/// The proxies of our own environment, for hosts that a proxy can reach. curl reads some only in lower case.
pub(super) fn proxies(url: &RepositoryUrl) -> Vec<(String, OsString)> {
    if url.is_loopback() || url.transport() == Transport::Ssh {
        return Vec::new();
    }
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let value = |name: &str| set(name).or_else(|| set(&name.to_ascii_uppercase()));
    let names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];
    names.into_iter().filter_map(|name| Some((name.to_owned(), value(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rukpak_oci::{Basic, Secret};

    #[test]
    fn only_the_variable_of_the_helper_has_the_password() {
        let basic_access = Basic { username: "kim".into(), password: Secret::new("hunter2") };
        let access = Access { basic: Some(basic_access), ..Access::default() };
        let url: RepositoryUrl = "https://example.com:8443/r".parse().unwrap();
        let settings = configuration(&url, &access, Duration::from_secs(20));
        let helper = settings.iter().find(|(key, _)| key == "credential.https://example.com:8443.helper");
        assert_eq!(helper.unwrap().1, HELPER);
        assert!(!format!("{settings:?}").contains("hunter2"));
        let variables = basic(&access, Transport::Https);
        assert_eq!(variables.last().unwrap(), &(PASSWORD.to_owned(), "hunter2".into()));
        assert!(HELPER.contains(USERNAME) && HELPER.contains(PASSWORD));
    }

    #[test]
    fn a_password_for_https_does_not_go_elsewhere() {
        let basic_access = Basic { username: "kim".into(), password: Secret::new("hunter2") };
        let access = Access { basic: Some(basic_access), ..Access::default() };
        for url in ["http://example.com/r", "ssh://example.com/r"] {
            let url: RepositoryUrl = url.parse().unwrap();
            let settings = configuration(&url, &access, Duration::from_secs(20));
            assert!(!settings.iter().any(|(key, _)| key.starts_with("credential.")));
            assert!(basic(&access, url.transport()).is_empty());
        }
    }

    #[test]
    fn settings_are_counted() {
        let variables = as_variables(vec![("a.b".into(), "1".into()), ("c.d".into(), "2".into())]);
        let expected = [
            ("GIT_CONFIG_COUNT", "2"),
            ("GIT_CONFIG_KEY_0", "a.b"),
            ("GIT_CONFIG_VALUE_0", "1"),
            ("GIT_CONFIG_KEY_1", "c.d"),
            ("GIT_CONFIG_VALUE_1", "2"),
        ];
        assert_eq!(variables, expected.map(|(name, value)| (name.to_owned(), value.into())));
    }

    #[test]
    fn no_proxy_is_asked_for_this_host() {
        assert!(proxies(&"http://127.0.0.1/r".parse().unwrap()).is_empty());
        assert!(proxies(&"https://localhost/r".parse().unwrap()).is_empty());
    }
}
