//! From the server to a bare repository that holds one commit.

use std::fs;
use std::io::ErrorKind;

use super::GitError;
use super::message::{Meaning, meaning};
use super::program::Finished;
use super::session::Session;

/// What every fetch says: no tags beside what is asked for, no notes of it, no submodules, nothing tidied up.
const FETCH: &[&str] = &[
    "fetch",
    "--progress",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
    "--no-auto-maintenance",
    "--force",
];

/// Everything that a clone would have. The commit must be in the history of one of them.
const ALL: &[&str] = &["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

/// Brings the objects of a commit; once more, from the beginning, where nothing came or the connection was cut.
pub(super) async fn objects(session: &Session, commit: &str) -> Result<(), GitError> {
    match attempt(session, commit).await {
        Err(error) if error.is_interruption() => {
            tracing::debug!(repository = %session.url(), %error, "fetching once more");
            attempt(session, commit).await
        }
        outcome => outcome,
    }
}

async fn attempt(session: &Session, commit: &str) -> Result<(), GitError> {
    create(session, commit).await?; // disk
    let url = session.url().to_string();
    let shallow = session.remote(&[FETCH, &["--depth=1", "--", &url, commit]].concat()).await?; // network
    if !shallow.status.success() {
        fetch_all(session, commit, &shallow).await?; // network
    }
    check(session, commit).await // disk
}

/// A new, empty repository.
async fn create(session: &Session, commit: &str) -> Result<(), GitError> {
    let repository = session.repository();
    let removed = tokio::task::spawn_blocking(move || fs::remove_dir_all(repository)).await;
    match removed {
        Ok(Err(source)) if source.kind() != ErrorKind::NotFound => {
            return Err(GitError::Write { file: "the repository", source });
        }
        _ => {}
    }
    let format = if commit.len() == 64 { "--object-format=sha256" } else { "--object-format=sha1" };
    let init = ["init", "--quiet", "--bare", "--template=", "--initial-branch=main", format];
    let finished = session.local(&init).await?;
    if finished.status.success() { Ok(()) } else { Err(GitError::Read { said: session.said(&finished) }) }
}

/// Servers may refuse to hand out a commit by its name (`uploadpack.allowAnySHA1InWant` and its like, over version 0 of the
/// protocol). They hand it out as part of a branch or tag.
///
/// A server that hands out commits by name and says that it has none of this one is believed: to bring the whole history in
/// order to find out the same would punish a mistyped name with a clone.
async fn fetch_all(session: &Session, commit: &str, refusal: &Finished) -> Result<(), GitError> {
    if meaning(&session.said(refusal)) != Meaning::NotAdvertised {
        return Err(session.failed(refusal, &revision(commit)));
    }
    let url = session.url().to_string();
    tracing::debug!(repository = %url, commit, "the server gives no commit by name, fetching all branches and tags");
    let finished = session.remote(&[FETCH, &["--", &url], ALL].concat()).await?;
    if finished.status.success() { Ok(()) } else { Err(session.failed(&finished, &revision(commit))) }
}

/// Whether the commit is there, and is one.
async fn check(session: &Session, commit: &str) -> Result<(), GitError> {
    let repository = session.url().to_string();
    let finished = session.local(&["cat-file", "-t", commit]).await?;
    let kind = String::from_utf8_lossy(&finished.answer).trim().to_owned();
    match (finished.status.success(), kind.as_str()) {
        (true, "commit") => Ok(()),
        (true, _) => Err(GitError::NotACommit { repository, revision: commit.to_owned(), kind }),
        (false, _) => Err(GitError::NoSuchRevision { repository, revision: revision(commit) }),
    }
}

fn revision(commit: &str) -> String {
    format!("commit {commit}")
}
