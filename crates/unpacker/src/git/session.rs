//! git, ready to work on one repository.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use super::message::Secrets;
use super::program::{ANSWER_BYTES, Finished, Interruption, Running, find};
use super::url::{RepositoryUrl, Transport};
use super::watch::{Fault, Watch};
use super::{CredentialsError, GitError, environment, ssh, tls};
use crate::{Access, Limits};

/// The bare repository, as git is told: every run of it works in the directory of the call.
pub(super) const REPOSITORY: &str = "repository.git";

/// The oldest version that takes its configuration from `GIT_CONFIG_COUNT`, which everything hangs on.
const OLDEST: (u32, u32) = (2, 31);

/// Where programs are looked for if nothing else is said.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// git with everything that it needs for one repository.
pub(super) struct Session {
    git: PathBuf,
    variables: Vec<(String, OsString)>,
    url: RepositoryUrl,
    secrets: Secrets,
    scratch: PathBuf,
    idle: Duration,
    git_bytes: u64,
}

impl Session {
    /// Checks the credentials, finds the programs and writes the files that they need.
    pub(super) async fn open(
        url: RepositoryUrl,
        access: &Access,
        limits: &Limits,
        scratch: &Path,
    ) -> Result<Self, GitError> {
        check(access, &url)
            .map_err(|source| GitError::Credentials { repository: url.to_string(), source })?;
        let path = std::env::var_os("PATH").unwrap_or_else(|| USUAL_PATH.into());
        let git = programs(&url, access, &path)?;
        let scratch = std::path::absolute(scratch)
            .map_err(|source| GitError::Write { file: "the directory", source })?;
        let mut configuration = environment::configuration(&url, access, limits.idle);
        let mut variables = environment::variables(&url, path, &scratch);
        match url.transport() {
            Transport::Ssh => variables.extend(ssh::prepare(access, limits.idle, &scratch)?),
            Transport::Https => configuration.extend(tls::prepare(access, &scratch)?),
            Transport::Http => {}
        }
        variables.extend(environment::proxies(&url));
        variables.extend(environment::basic(access, url.transport()));
        variables.extend(environment::as_variables(configuration));
        let secrets = Secrets::of(access);
        let session =
            Self { git, variables, url, secrets, scratch, idle: limits.idle, git_bytes: limits.git_bytes };
        session.check_version().await?;
        Ok(session)
    }

    pub(super) fn url(&self) -> &RepositoryUrl {
        &self.url
    }

    /// The whole path of the bare repository.
    pub(super) fn repository(&self) -> PathBuf {
        self.scratch.join(REPOSITORY)
    }

    /// A run of git.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.git);
        command.args(arguments).current_dir(&self.scratch).env_clear();
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs git on this disk. It may fail.
    pub(super) async fn local(&self, arguments: &[&str]) -> Result<Finished, GitError> {
        self.run(arguments, Watch::none()).await
    }

    /// Runs git against the server. It may fail.
    pub(super) async fn remote(&self, arguments: &[&str]) -> Result<Finished, GitError> {
        let repository = self.repository();
        self.run(arguments, Watch::idle(self.idle).growth(&repository, self.git_bytes)).await
    }

    async fn run(&self, arguments: &[&str], watch: Watch<'_>) -> Result<Finished, GitError> {
        tracing::debug!(repository = %self.url, ?arguments, "git");
        let mut command = self.command(arguments);
        command.stdout(std::process::Stdio::piped());
        let running = Running::start(&mut command).map_err(|source| GitError::Run { source })?;
        running.finish(watch).await.map_err(|interruption| self.interrupted(interruption))
    }

    /// What an interruption is called.
    pub(super) fn interrupted(&self, interruption: Interruption) -> GitError {
        let repository = self.url.to_string();
        match interruption {
            Interruption::System(source) => GitError::Run { source },
            Interruption::Watch(Fault::Stalled) => GitError::Stalled { repository, idle: self.idle },
            Interruption::Watch(Fault::TooLarge) => GitError::TooLarge { repository, limit: self.git_bytes },
            Interruption::AnswerTooLong => GitError::AnswerTooLong { repository, limit: ANSWER_BYTES },
        }
    }

    /// What a failed run against the server is called. `revision` is what was asked for.
    pub(super) fn failed(&self, finished: &Finished, revision: &str) -> GitError {
        GitError::said(self.url.to_string(), revision, self.idle, self.said(finished))
    }

    /// What a run said, or how it ended.
    pub(super) fn said(&self, finished: &Finished) -> String {
        let said = finished.tail.shown(&self.secrets);
        let said = said.replace(&*self.scratch.to_string_lossy(), ".");
        if said.is_empty() { format!("git said nothing, {}", finished.status) } else { said }
    }

    async fn check_version(&self) -> Result<(), GitError> {
        let finished = self.local(&["version"]).await?;
        let got = String::from_utf8_lossy(&finished.answer);
        if version(&got).is_some_and(|version| version >= OLDEST) {
            return Ok(());
        }
        let got = rukpak_tree::ShownPath::new(got.trim());
        Err(GitError::TooOld { got: got.to_string() })
    }
}

/// The first two numbers of `git version 2.39.5 (Apple Git-154)`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("git version ")?.split(['.', ' ', '-', '\n']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Whether the credentials go with the repository.
fn check(access: &Access, url: &RepositoryUrl) -> Result<(), CredentialsError> {
    let Access { basic, ssh, certificates, insecure_skip_verify, keyring: _, scheme: _, verify_access: _ } =
        access;
    let is_pem = |text: &String| text.contains("-----BEGIN CERTIFICATE-----");
    if url.transport() == Transport::Https && !certificates.as_ref().is_none_or(is_pem) {
        return Err(CredentialsError::NoCertificate);
    }
    match (url.transport(), basic, ssh) {
        (Transport::Http, Some(_), _) => Err(CredentialsError::OverHttp),
        (Transport::Https, Some(basic), _) => {
            let texts = [&basic.username, basic.password.expose()];
            let breaks = |text: &str| text.contains(['\n', '\r', '\0']);
            if texts.into_iter().any(breaks) { Err(CredentialsError::LineBreak) } else { Ok(()) }
        }
        (Transport::Ssh, _, Some(ssh)) if !ssh.private_key.expose().trim().is_empty() => {
            let knows = *insecure_skip_verify || !ssh.known_hosts.trim().is_empty();
            if knows { Ok(()) } else { Err(CredentialsError::NoKnownHosts) }
        }
        (Transport::Ssh, _, _) => Err(CredentialsError::NoPrivateKey),
        (Transport::Http | Transport::Https, None, _) => Ok(()),
    }
}

/// Where git is, if everything that it needs is there too.
fn programs(url: &RepositoryUrl, access: &Access, path: &OsStr) -> Result<PathBuf, GitError> {
    let found = |program| find(program, path).ok_or(GitError::MissingProgram { program });
    let git = found("git")?;
    let is_ssh = url.transport() == Transport::Ssh;
    if is_ssh {
        found("ssh")?;
    }
    if is_ssh || access.basic.is_some() {
        found("sh")?;
    }
    Ok(git)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SshAccess;
    use rstest::rstest;
    use rukpak_oci::{Basic, Secret};

    #[rstest]
    #[case::debian("git version 2.39.5\n", Some((2, 39)))]
    #[case::apple("git version 2.39.5 (Apple Git-154)\n", Some((2, 39)))]
    #[case::candidate("git version 2.48-rc1\n", Some((2, 48)))]
    #[case::built("git version 2.45.GIT\n", Some((2, 45)))]
    #[case::something_else("hub version 2.14.2\n", None)]
    #[case::empty("", None)]
    fn versions(#[case] text: &str, #[case] expected: Option<(u32, u32)>) {
        assert_eq!(version(text), expected);
    }

    fn certificates(text: &str) -> Access {
        Access { certificates: Some(text.to_owned()), ..Access::default() }
    }

    fn basic(username: &str, password: &str) -> Access {
        let basic = Basic { username: username.to_owned(), password: Secret::new(password) };
        Access { basic: Some(basic), ..Access::default() }
    }

    fn ssh(private_key: &str, known_hosts: &str, insecure_skip_verify: bool) -> Access {
        let ssh = SshAccess { private_key: Secret::new(private_key), known_hosts: known_hosts.to_owned() };
        Access { ssh: Some(ssh), insecure_skip_verify, ..Access::default() }
    }

    #[rstest]
    #[case::anonymous("https://a/b", Access::default(), None)]
    #[case::anonymous_http("http://a/b", Access::default(), None)]
    #[case::password("https://a/b", basic("kim", "x"), None)]
    #[case::password_over_http("http://a/b", basic("kim", "x"), Some(CredentialsError::OverHttp))]
    #[case::password_with_line_break("https://a/b", basic("kim", "x\n"), Some(CredentialsError::LineBreak))]
    #[case::user_with_line_break("https://a/b", basic("a\nhost=b", "x"), Some(CredentialsError::LineBreak))]
    #[case::certificate("https://a/b", certificates("-----BEGIN CERTIFICATE-----\n"), None)]
    #[case::no_certificate("https://a/b", certificates("ca.crt"), Some(CredentialsError::NoCertificate))]
    #[case::certificate_of_nobody("ssh://a/b", certificates("ca.crt"), Some(CredentialsError::NoPrivateKey))]
    #[case::key_over_http("http://a/b", ssh("key", "hosts", false), None)]
    #[case::ssh("ssh://a/b", ssh("key", "hosts", false), None)]
    #[case::ssh_without_key("ssh://a/b", Access::default(), Some(CredentialsError::NoPrivateKey))]
    #[case::ssh_with_password("ssh://a/b", basic("kim", "x"), Some(CredentialsError::NoPrivateKey))]
    #[case::ssh_with_empty_key("git@a:b", ssh("\n", "hosts", true), Some(CredentialsError::NoPrivateKey))]
    #[case::ssh_without_hosts("git@a:b", ssh("key", " \n", false), Some(CredentialsError::NoKnownHosts))]
    #[case::ssh_of_any_host("git@a:b", ssh("key", "", true), None)]
    fn credentials(#[case] url: &str, #[case] access: Access, #[case] expected: Option<CredentialsError>) {
        assert_eq!(check(&access, &url.parse().unwrap()).err(), expected);
    }

    #[test]
    fn a_missing_program_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let missing = |url: &str, access: &Access, path: &Path| {
            programs(&url.parse().unwrap(), access, path.as_os_str()).unwrap_err().to_string()
        };
        let text = |program| format!("found no program {program} in PATH, which git repositories need");
        assert_eq!(missing("https://a/b", &Access::default(), directory.path()), text("git"));
        assert_eq!(missing("https://a/b", &Access::default(), Path::new("relative")), text("git"));
        std::os::unix::fs::symlink("/bin/true", directory.path().join("git")).unwrap();
        assert_eq!(missing("ssh://a/b", &ssh("key", "hosts", false), directory.path()), text("ssh"));
        assert_eq!(missing("https://a/b", &basic("kim", "x"), directory.path()), text("sh"));
    }
}
