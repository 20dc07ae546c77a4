//! Repositories with exactly the bytes that a test wants.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const WHO: &str = "E2E <e2e@example.com> 1700000000 +0000";

/// A bare repository in a directory of its own, called `repository.git`. It is gone when this is dropped.
#[derive(Debug)]
pub struct Repository {
    parent: TempDir,
    /// For `git fast-import`, which neither filters nor normalises.
    stream: Vec<u8>,
}

impl Repository {
    /// An empty one, whose objects have names by SHA-1.
    pub fn new() -> io::Result<Self> {
        Self::with_format("sha1")
    }

    /// An empty one, whose objects have names by `sha1` or `sha256`.
    pub fn with_format(format: &str) -> io::Result<Self> {
        let repository = Self { parent: tempfile::tempdir()?, stream: Vec::new() };
        let format = format!("--object-format={format}");
        repository.git(&["init", "--quiet", "--bare", "--template=", "--initial-branch=main", &format])?;
        Ok(repository)
    }

    /// The directory that holds it, for servers.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.parent.path()
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.root().join("repository.git")
    }

    /// Adds files to a branch, in one commit, and says its name. A content that begins with `-> ` is the target of a symbolic
    /// link, one that begins with `=> ` the commit of a submodule.
    pub fn commit(&mut self, branch: &str, files: &[(&str, &[u8])]) -> io::Result<String> {
        let reference = format!("refs/heads/{branch}");
        let mut head = format!("commit {reference}\ncommitter {WHO}\ndata 0\n");
        if self.name_of(&reference).is_ok() {
            let _ = writeln!(head, "from {reference}^0");
        }
        self.stream.extend(head.bytes());
        for (path, content) in files {
            if let Some(commit) = content.strip_prefix(b"=> ") {
                let line = format!("M 160000 {} {path}\n", String::from_utf8_lossy(commit));
                self.stream.extend(line.bytes());
                continue;
            }
            let (mode, content) = match content.strip_prefix(b"-> ") {
                Some(target) => ("120000", target),
                None => ("100644", *content),
            };
            self.stream.extend(format!("M {mode} inline {path}\ndata {}\n", content.len()).bytes());
            self.stream.extend_from_slice(content);
            self.stream.push(b'\n');
        }
        let stream = std::mem::take(&mut self.stream);
        self.git_with(&["fast-import", "--quiet"], &stream)?;
        self.name_of(&reference)
    }

    /// Adds a commit without files, with a message, to the branch `main`, and says its name.
    pub fn commit_saying(&self, message: &[u8]) -> io::Result<String> {
        let head = format!("commit refs/heads/main\ncommitter {WHO}\ndata {}\n", message.len());
        self.git_with(&["fast-import", "--quiet"], &[head.as_bytes(), message, b"\n"].concat())?;
        self.name_of("refs/heads/main")
    }

    /// The name of an object.
    pub fn name_of(&self, revision: &str) -> io::Result<String> {
        let output = self.git(&["rev-parse", "--verify", "--quiet", revision])?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Runs git in it.
    pub fn git(&self, arguments: &[&str]) -> io::Result<Output> {
        self.git_with(arguments, b"")
    }

    fn git_with(&self, arguments: &[&str], input: &[u8]) -> io::Result<Output> {
        let mut child = Command::new("git")
            .args(arguments)
            .current_dir(self.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs([("GIT_DIR", "repository.git"), ("LC_ALL", "C"), ("HOME", "/nonexistent")])
            .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
            .envs([("GIT_COMMITTER_NAME", "E2E"), ("GIT_COMMITTER_EMAIL", "e2e@example.com")])
            .env("GIT_COMMITTER_DATE", "1700000000 +0000")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input)?;
        }
        let output = child.wait_with_output()?;
        if output.status.success() {
            return Ok(output);
        }
        let message = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(format!("git {arguments:?}: {}: {message}", output.status)))
    }
}
