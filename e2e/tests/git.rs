//! Directories of git repositories, from real servers: `git http-backend` and `sshd`.
//!
//! What is not installed is not tested, and says so.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "git/content.rs"]
mod content;
#[path = "git/https.rs"]
mod https;
#[path = "git/limits.rs"]
mod limits;
#[path = "git/lockdown.rs"]
mod lockdown;
#[path = "git/revisions.rs"]
mod revisions;
#[path = "git/ssh.rs"]
mod ssh;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use e2e::programs::all_installed;
use rukpak_oci::{Basic, Secret};
use rukpak_tree::{FileTree, Keep};
use rukpak_unpacker::git::{self, GitCommit, GitError};
use rukpak_unpacker::{Access, GitRevision, GitSource, Limits};
use tempfile::TempDir;

/// A password that stands nowhere by chance, and what the header makes of it for `kim`.
const PASSWORD: &str = "hunter2-hunter2";
const ENCODED: &str = "a2ltOmh1bnRlcjItaHVudGVyMg==";

/// The path of every repository here.
const REPOSITORY: &str = "/repository.git";

fn source(url: impl Into<String>, revision: GitRevision) -> GitSource {
    GitSource { repository: url.into(), revision, directory: None }
}

fn branch(name: &str) -> GitRevision {
    GitRevision::Branch(name.to_owned())
}

fn tag(name: &str) -> GitRevision {
    GitRevision::Tag(name.to_owned())
}

fn commit(name: &str) -> GitRevision {
    GitRevision::Commit(name.to_owned())
}

fn kim(password: &str, authority: &str) -> Access {
    let basic = Basic { username: "kim".to_owned(), password: Secret::new(password) };
    Access { basic: Some(basic), certificates: Some(authority.to_owned()), ..Access::default() }
}

/// A call with a directory of its own, as the unpacker makes them.
struct Call {
    scratch: TempDir,
    access: Access,
    limits: Limits,
}

impl Call {
    fn new(access: Access) -> Self {
        let limits = Limits { idle: Duration::from_secs(10), ..Limits::default() };
        Self { scratch: tempfile::tempdir().unwrap(), access, limits }
    }

    fn anonymous() -> Self {
        Self::new(Access::default())
    }

    fn idle(mut self, idle: Duration) -> Self {
        self.limits.idle = idle;
        self
    }

    fn git_bytes(mut self, bytes: u64) -> Self {
        self.limits.git_bytes = bytes;
        self
    }

    /// A directory that nothing else is in: each step has one of its own.
    fn directory(&self, step: &str) -> std::path::PathBuf {
        let directory = self.scratch.path().join(step);
        fs::create_dir(&directory).unwrap();
        directory
    }

    async fn resolve(&self, source: &GitSource) -> Result<GitCommit, GitError> {
        git::resolve(source, &self.access, &self.limits, &self.directory("resolve")).await
    }

    async fn fetch(&self, commit: &GitCommit) -> Result<FileTree, GitError> {
        git::fetch(commit, &self.access, &Keep::everything(), &self.limits, &self.directory("fetch")).await
    }

    async fn get(&self, source: &GitSource) -> Result<FileTree, GitError> {
        self.fetch(&self.resolve(source).await?).await
    }

    /// The text of the error that it must come to. Whatever happens, no text holds a secret, and nothing runs any more.
    async fn refused(&self, source: &GitSource) -> Refusal {
        let error = self.get(source).await.unwrap_err();
        let texts = format!("{} {error:?}", chain(&error));
        for secret in [PASSWORD, ENCODED, "PRIVATE KEY", "b3BlbnNzaC1rZXk"] {
            assert!(!texts.contains(secret), "{texts}");
        }
        assert_eq!(e2e::git::of_directory(self.scratch.path()).unwrap(), Vec::<String>::new());
        Refusal { text: chain(&error), error }
    }
}

struct Refusal {
    text: String,
    error: GitError,
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

/// Paths and contents.
fn files(tree: &FileTree) -> Vec<(&str, &str)> {
    tree.iter().map(|(path, content)| (path, str::from_utf8(content).unwrap())).collect()
}

/// Everything below a directory, for what a test expects to be there or not.
fn paths_below(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.map(|path| path.display().to_string()).collect();
    paths.sort();
    paths
}
