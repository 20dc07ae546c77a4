//! Keys of users and of hosts.

use e2e::git::{Repository, SshServer, generate_key};
use rukpak_unpacker::SshAccess;

use super::*;

fn can_run() -> bool {
    all_installed(&["git", "ssh", "sshd", "ssh-keygen"])
}

fn access(private_key: &str, known_hosts: &str) -> Access {
    let ssh = SshAccess { private_key: Secret::new(private_key), known_hosts: known_hosts.to_owned() };
    Access { ssh: Some(ssh), ..Access::default() }
}

struct Ssh {
    repository: Repository,
    server: SshServer,
    other_key: (String, String),
}

impl Ssh {
    fn start() -> Self {
        let mut repository = Repository::new().unwrap();
        repository.commit("main", &[("file", b"1")]).unwrap();
        repository.commit("main", &[("file", b"2")]).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let other_key = generate_key(&directory.path().join("key")).unwrap();
        Self { repository, server: SshServer::start().unwrap(), other_key }
    }

    fn source(&self) -> GitSource {
        source(self.server.url(&self.repository.path()), branch("main"))
    }
}

#[tokio::test]
async fn the_right_key_and_host() {
    if !can_run() {
        return;
    }
    let ssh = Ssh::start();
    let call = Call::new(access(ssh.server.user_key(), &ssh.server.known_hosts()));
    let tree = call.get(&ssh.source()).await.unwrap();
    assert_eq!(files(&tree), [("file", "2")]);
    // As secrets come out of tools that trim, or of an editor for Windows.
    for key in [ssh.server.user_key().trim().to_owned(), ssh.server.user_key().replace('\n', "\r\n")] {
        let call = Call::new(access(&key, ssh.server.known_hosts().trim()));
        let parent = ssh.repository.name_of("main~1").unwrap();
        let tree = call.get(&GitSource { revision: commit(&parent), ..ssh.source() }).await.unwrap();
        assert_eq!(files(&tree), [("file", "1")]);
    }
}

#[tokio::test]
async fn another_key_is_not_let_in() {
    if !can_run() {
        return;
    }
    let ssh = Ssh::start();
    for key in [ssh.other_key.0.as_str(), "not a key at all, but long enough"] {
        let refusal = Call::new(access(key, &ssh.server.known_hosts())).refused(&ssh.source()).await;
        assert!(matches!(refusal.error, GitError::Authentication { .. }), "{}", refusal.text);
        assert!(refusal.text.contains("Permission denied (publickey)"), "{}", refusal.text);
    }
}

#[tokio::test]
async fn a_host_with_another_key_is_not_talked_to() {
    if !can_run() {
        return;
    }
    let ssh = Ssh::start();
    let changed = ssh.server.known_hosts_with(&ssh.other_key.1);
    for known_hosts in [changed.as_str(), "example.com ssh-ed25519 AAAA\n", "# nothing\n"] {
        let refusal = Call::new(access(ssh.server.user_key(), known_hosts)).refused(&ssh.source()).await;
        assert!(matches!(refusal.error, GitError::HostKey { .. }), "{}", refusal.text);
        assert!(refusal.text.contains("Host key verification failed"), "{}", refusal.text);
    }
    let any = Access { insecure_skip_verify: true, ..access(ssh.server.user_key(), &changed) };
    assert!(Call::new(any).get(&ssh.source()).await.is_ok());
}

#[tokio::test]
async fn what_the_secret_lacks_is_named() {
    let source = source("ssh://git@127.0.0.1:1/repository.git", branch("main"));
    let beginning = format!("cannot log in to {}: ssh needs", source.repository);
    let refusal = Call::new(access("key", "")).refused(&source).await;
    let expected =
        "the keys of the host, the secret has no ssh-knownhosts (and insecureSkipVerify is not set)";
    assert_eq!(refusal.text, format!("{beginning} {expected}"));
    let refusal = Call::new(kim(PASSWORD, "")).refused(&source).await;
    assert_eq!(refusal.text, format!("{beginning} a private key, the secret has no ssh-privatekey"));
}

#[tokio::test]
async fn no_repository_and_no_server() {
    if !can_run() {
        return;
    }
    let ssh = Ssh::start();
    let call = || Call::new(access(ssh.server.user_key(), &ssh.server.known_hosts()));
    let nowhere = source(ssh.server.url(Path::new("/nonexistent.git")), branch("main"));
    let refusal = call().refused(&nowhere).await;
    assert!(matches!(refusal.error, GitError::NoSuchRepository { .. }), "{}", refusal.text);
    let refusal = call().refused(&source("ssh://git@127.0.0.1:1/r", branch("main"))).await;
    assert!(matches!(refusal.error, GitError::Unreachable { .. }), "{}", refusal.text);
}
