//! Why a git repository does not become a tree.

use std::io;
use std::time::Duration;

use rukpak_tree::{ByteSize, ShownPath, TreeError};
use thiserror::Error;

use super::message::{Meaning, meaning};
use super::{DirectoryFault, RevisionError, UrlError};

/// Why a git repository does not become a tree. No text of it holds a secret, whatever a server sent.
#[derive(Debug, Error)]
pub enum GitError {
    /// The repository is not one that is accepted.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The commit, tag or branch cannot be one.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// The directory cannot be one.
    #[error("got directory {directory}, {fault}")]
    Directory {
        /// As given.
        directory: ShownPath,
        /// What is wrong with it.
        fault: DirectoryFault,
    },
    /// The credentials do not go with the repository, or cannot be used.
    #[error("cannot log in to {repository}")]
    Credentials {
        /// Where.
        repository: String,
        /// What is wrong with them.
        source: CredentialsError,
    },

    /// A program is not installed.
    #[error("found no program {program} in PATH, which git repositories need")]
    MissingProgram {
        /// Its name.
        program: &'static str,
    },
    /// `git` is too old to be locked down.
    #[error("got {got}, expected git 2.31 or newer")]
    TooOld {
        /// What it calls itself.
        got: String,
    },
    /// `git` cannot be run.
    #[error("cannot run git")]
    Run {
        /// What the system says.
        source: io::Error,
    },
    /// The directory of the call cannot be written.
    #[error("cannot write {file} for git")]
    Write {
        /// Which file of it.
        file: &'static str,
        /// What the system says.
        source: io::Error,
    },

    /// The server cannot be reached.
    #[error("cannot reach {repository}: {said}")]
    Unreachable {
        /// Where.
        repository: String,
        /// What git says.
        said: String,
    },
    /// The server wants credentials, or others than these.
    #[error("{repository} does not accept the credentials, or wants some: {said}")]
    Authentication {
        /// Where.
        repository: String,
        /// What git says.
        said: String,
    },
    /// The server's SSH key is not one of the known hosts.
    #[error("the known hosts (ssh-knownhosts) do not have the key of {repository}: {said}")]
    HostKey {
        /// Where.
        repository: String,
        /// What ssh says.
        said: String,
    },
    /// The server's certificate is not trusted.
    #[error("the certificate of {repository} is not trusted: {said}")]
    Certificate {
        /// Where.
        repository: String,
        /// What git says.
        said: String,
    },
    /// The server knows no such repository, or does not tell.
    #[error("found no repository {repository}, or it is not for everyone: {said}")]
    NoSuchRepository {
        /// Where.
        repository: String,
        /// What git says.
        said: String,
    },
    /// The repository has no such commit, tag or branch.
    #[error("found no {revision} in {repository}")]
    NoSuchRevision {
        /// Where.
        repository: String,
        /// What was looked for.
        revision: String,
    },
    /// What a tag or a commit's name stands for is something else.
    #[error("{revision} of {repository} is a {kind}, expected a commit")]
    NotACommit {
        /// Where.
        repository: String,
        /// The name.
        revision: String,
        /// What it is: `tree`, `blob` or `tag`.
        kind: String,
    },
    /// The server answers with more references than anyone has.
    #[error("{repository} answers with more than {}, the limit", ByteSize(*.limit))]
    AnswerTooLong {
        /// Where.
        repository: String,
        /// The limit.
        limit: u64,
    },
    /// Nothing came for too long.
    #[error("got nothing from {repository} for {idle:?}, the limit")]
    Stalled {
        /// Where.
        repository: String,
        /// The limit.
        idle: Duration,
    },
    /// The connection ended in the midst of something.
    #[error("the connection to {repository} was cut: {said}")]
    Cut {
        /// Where.
        repository: String,
        /// What git says.
        said: String,
    },
    /// [`Limits::git_bytes`](crate::Limits::git_bytes).
    #[error("{repository} needs more than {} on disk, the limit", ByteSize(*.limit))]
    TooLarge {
        /// Where.
        repository: String,
        /// The limit.
        limit: u64,
    },
    /// The repository cannot be read for another reason.
    #[error("cannot fetch from {repository}: {said}")]
    Fetch {
        /// Where.
        repository: String,
        /// What git says.
        said: String,
    },

    /// The commit has no such directory.
    #[error("found no directory {directory} in commit {commit}")]
    NoSuchDirectory {
        /// The directory.
        directory: ShownPath,
        /// The commit.
        commit: String,
    },
    /// The commit has something else there.
    #[error("{directory} in commit {commit} is {kind}, expected a directory")]
    NotADirectory {
        /// The directory.
        directory: ShownPath,
        /// The commit.
        commit: String,
        /// What it is, with its article.
        kind: &'static str,
    },
    /// The fetched commit cannot be read.
    #[error("cannot read the fetched commit: {said}")]
    Read {
        /// What git says.
        said: String,
    },
    /// The files are not accepted.
    #[error("cannot take the files of the commit")]
    Tree(#[source] TreeError),
}

/// What is wrong with credentials. The keys are those of the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CredentialsError {
    /// They would go over the network for everyone to read.
    #[error("a password must not go over http, expected https or ssh")]
    OverHttp,
    /// git has no way to take them.
    #[error("username and password must not contain line breaks and NUL, not even at the end")]
    LineBreak,
    /// There is no key for SSH.
    #[error("ssh needs a private key, the secret has no ssh-privatekey")]
    NoPrivateKey,
    /// There is no way to know the host.
    #[error(
        "ssh needs the keys of the host, the secret has no ssh-knownhosts (and insecureSkipVerify is not set)"
    )]
    NoKnownHosts,
    /// The certificates are none.
    #[error("the given certificates hold none in PEM")]
    NoCertificate,
}

impl GitError {
    /// Whether the same source fails in the same way for ever: what is wrong is the specification, or the content of a commit,
    /// which never changes. Everything else may be right the next time: networks and servers heal, a secret is corrected, a
    /// missing tag or commit is pushed, a program is installed.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Url(_)
            | Self::Revision(_)
            | Self::Directory { .. }
            | Self::NotACommit { .. }
            | Self::TooLarge { .. }
            | Self::NoSuchDirectory { .. }
            | Self::NotADirectory { .. } => true,
            Self::Tree(error) => !matches!(error, TreeError::ReadInput { .. }),
            Self::Credentials { .. }
            | Self::MissingProgram { .. }
            | Self::TooOld { .. }
            | Self::Run { .. }
            | Self::Write { .. }
            | Self::Unreachable { .. }
            | Self::Authentication { .. }
            | Self::HostKey { .. }
            | Self::Certificate { .. }
            | Self::NoSuchRepository { .. }
            | Self::NoSuchRevision { .. }
            | Self::AnswerTooLong { .. }
            | Self::Stalled { .. }
            | Self::Cut { .. }
            | Self::Fetch { .. }
            | Self::Read { .. } => false,
        }
    }

    /// Whether it is worth to ask once more at once.
    pub(super) fn is_interruption(&self) -> bool {
        matches!(self, Self::Stalled { .. } | Self::Cut { .. })
    }

    pub(super) fn directory(directory: &str, fault: DirectoryFault) -> Self {
        Self::Directory { directory: ShownPath::new(directory), fault }
    }

    /// The error that a message stands for. `revision` is what was asked for.
    pub(super) fn said(repository: String, revision: &str, idle: Duration, said: String) -> Self {
        match meaning(&said) {
            Meaning::Authentication => Self::Authentication { repository, said },
            Meaning::HostKey => Self::HostKey { repository, said },
            Meaning::Certificate => Self::Certificate { repository, said },
            Meaning::NoSuchRepository => Self::NoSuchRepository { repository, said },
            Meaning::NoSuchRevision => Self::NoSuchRevision { repository, revision: revision.to_owned() },
            Meaning::Unreachable => Self::Unreachable { repository, said },
            Meaning::Stalled => Self::Stalled { repository, idle },
            Meaning::Cut => Self::Cut { repository, said },
            Meaning::NotAdvertised | Meaning::Other => Self::Fetch { repository, said },
        }
    }
}
