//! What the programs see of this host, and what they leave on it.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use e2e::git::{Behaviour, Certificate, HttpServer, Options, Repository};
use e2e::noise::noise;
use rukpak_unpacker::SshAccess;

use super::*;

/// Runs tests of this file's program once more, with other variables: at least one for each of the filters.
fn again(tests: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(tests).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let passed = text.split_once("test result: ok. ").and_then(|(_, rest)| rest.split_once(" passed"));
    let passed: usize = passed.map_or(0, |(passed, _)| passed.parse().unwrap());
    let filters = tests.iter().filter(|test| !test.starts_with("--")).count();
    assert!(output.status.success() && passed >= filters, "{text}");
    text
}

fn is_again() -> bool {
    std::env::var_os("RUKPAK_E2E_AGAIN").is_some()
}

#[tokio::test]
async fn a_missing_program_is_named() {
    if !is_again() {
        again(
            &["lockdown::a_missing_program_is_named", "--exact"],
            &[("RUKPAK_E2E_AGAIN", "1"), ("PATH", "/nonexistent")],
        );
        return;
    }
    let refusal = Call::anonymous().refused(&source("https://127.0.0.1:1/r", branch("main"))).await;
    assert_eq!(refusal.text, "found no program git in PATH, which git repositories need");
    assert!(!refusal.error.is_permanent());
}

#[tokio::test]
async fn a_git_that_is_too_old_is_named() {
    if !is_again() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("git");
        fs::write(&program, "#!/bin/sh\necho git version 2.30.9\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let path = directory.path().display().to_string();
        again(
            &["lockdown::a_git_that_is_too_old_is_named", "--exact"],
            &[("RUKPAK_E2E_AGAIN", "1"), ("PATH", &path)],
        );
        return;
    }
    let refusal = Call::anonymous().refused(&source("https://127.0.0.1:1/r", branch("main"))).await;
    assert_eq!(refusal.text, "got git version 2.30.9, expected git 2.31 or newer");
}

#[tokio::test]
async fn the_proxy_of_the_environment_is_asked() {
    if !all_installed(&["git"]) {
        return;
    }
    if !is_again() {
        let mut repository = Repository::new().unwrap();
        repository.commit("main", &[("file", b"1")]).unwrap();
        let proxy = HttpServer::start(repository.root(), Options::default()).unwrap();
        again(
            &["lockdown::the_proxy_of_the_environment_is_asked", "--exact"],
            &[("RUKPAK_E2E_AGAIN", "1"), ("http_proxy", ""), ("HTTP_PROXY", &proxy.url(""))],
        );
        let requests = proxy.requests();
        assert!(
            requests.iter().any(|one| one.target.starts_with("http://git.invalid/repository.git/")),
            "{requests:?}"
        );
        return;
    }
    let tree =
        Call::anonymous().get(&source("http://git.invalid/repository.git", branch("main"))).await.unwrap();
    assert_eq!(files(&tree), [("file", "1")]);
}

#[tokio::test]
async fn the_password_is_in_no_command_line_and_no_file() {
    if !all_installed(&["git"]) {
        return;
    }
    let mut repository = Repository::new().unwrap();
    repository.commit("main", &[("file", &noise(1 << 20, 1))]).unwrap();
    let certificate = Certificate::new().unwrap();
    let options = Options {
        credentials: Some(format!("kim:{PASSWORD}")),
        certificate: Some(certificate.clone()),
        behaviour: Behaviour::Throttle { bytes: 10_000 },
        ..Options::default()
    };
    let server = HttpServer::start(repository.root(), options).unwrap();
    let call = Call::new(kim(PASSWORD, certificate.authority()));
    let source = source(server.url(REPOSITORY), branch("main"));
    let mut seen = Vec::new();
    let looking = async {
        loop {
            seen.extend(e2e::git::of_directory(call.scratch.path()).unwrap());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        outcome = call.get(&source) => assert!(outcome.is_ok()),
        () = looking => {}
    }
    assert!(seen.iter().any(|line| line.contains("index-pack")));
    assert!(seen.iter().all(|line| !line.contains(PASSWORD) && !line.contains(ENCODED)));
    let mut directories = vec![call.scratch.path().to_owned()];
    let mut files = 0;
    while let Some(directory) = directories.pop() {
        for path in paths_below(&directory).into_iter().map(std::path::PathBuf::from) {
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let content = fs::read(&path).unwrap();
            for secret in [PASSWORD, ENCODED] {
                assert!(!content.windows(secret.len()).any(|window| window == secret.as_bytes()), "{path:?}");
            }
            files += 1;
        }
    }
    assert!(files > 3);
}

/// The user's configuration sends each request elsewhere, has a helper for credentials, and a template with a hook.
#[tokio::test]
async fn the_configuration_of_the_user_is_not_read() {
    if !all_installed(&["git"]) {
        return;
    }
    if !is_again() {
        let home = tempfile::tempdir().unwrap();
        let marker = home.path().join("marker").display().to_string();
        let configuration = format!(
            "[url \"http://127.0.0.1:1/\"]\n\tinsteadOf = http://\n[credential]\n\thelper = \"!touch {marker}\"\n\
             [core]\n\tsshCommand = \"touch {marker}\"\n\tfsmonitor = \"touch {marker}\"\n"
        );
        fs::write(home.path().join(".gitconfig"), configuration).unwrap();
        let home_path = home.path().display().to_string();
        again(
            &["lockdown::the_configuration_of_the_user_is_not_read", "--exact"],
            &[
                ("RUKPAK_E2E_AGAIN", "1"),
                ("HOME", &home_path),
                ("GIT_DIR", "/nonexistent"),
                ("GIT_SSL_NO_VERIFY", "1"),
                ("GIT_TRACE", &marker),
                ("http_proxy", "http://127.0.0.1:1"),
            ],
        );
        assert!(!Path::new(&marker).exists());
        return;
    }
    let mut repository = Repository::new().unwrap();
    repository.commit("main", &[("file", b"1")]).unwrap();
    let server = HttpServer::start(repository.root(), Options::default()).unwrap();
    let tree = Call::anonymous().get(&source(server.url(REPOSITORY), branch("main"))).await.unwrap();
    assert_eq!(files(&tree), [("file", "1")]);
}

#[tokio::test]
async fn the_files_of_ssh_are_private() {
    if !all_installed(&["git", "ssh"]) {
        return;
    }
    let ssh = SshAccess { private_key: Secret::new("key"), known_hosts: "host".to_owned() };
    let call = Call::new(Access { ssh: Some(ssh), ..Access::default() });
    let refusal = call.refused(&source("ssh://git@127.0.0.1:1/r", branch("main"))).await;
    assert!(matches!(refusal.error, GitError::Unreachable { .. }), "{}", refusal.text);
    let directory = call.scratch.path().join("resolve");
    for file in ["ssh-privatekey", "ssh-knownhosts"] {
        let mode = fs::metadata(directory.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(paths_below(&directory).len(), 2);
}

#[test]
fn nothing_is_left_in_the_directory_for_temporary_files() {
    if !all_installed(&["git"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().display().to_string();
    let text = again(&["ssh::the_", "https::the_", "limits::who_", "content::a_"], &[("TMPDIR", &path)]);
    assert!(text.contains("test limits::who_loses_patience_leaves_no_process ... ok"), "{text}");
    assert_eq!(paths_below(directory.path()), Vec::<String>::new());
}
