//! A directory of a git repository, by way of the `git` and `ssh` programs.
//!
//! In: a [`GitSource`], what it takes to get at it ([`Access`]), and a directory of this call's own for all temporary files,
//! which the caller removes. [`resolve`] makes a [`GitCommit`] of it, which names content that never changes; [`fetch`] makes
//! a [`FileTree`] of that. Who drops a future of these ends every process that it started; how long one may take as a whole
//! is the caller's to say.
//!
//! What is asked for is the commit alone, without its history, and only the trees and files of it; submodules are not
//! fetched, and a file that Git LFS manages is the pointer that the commit holds. Files come byte by byte as they were
//! committed: attributes in the repository neither leave out files (`export-ignore`) nor change them (`export-subst`, `eol`,
//! `ident`, `filter`, `working-tree-encoding`). Nothing is ever checked out.
//!
//! The programs are locked down (`environment.rs`): they see no configuration of the host or the user, ask nobody, run no
//! hook, use no other protocol than the one of the URL, and write only into the directory of the call. Against what a
//! server sends there are bounds on time, on progress, on the size of the repository and on what is kept of messages.
//!
//! A password never goes to another host than the one of the URL. git follows a redirect of its first request
//! (`http.followRedirects=initial`, its default), as renamed repositories need it; curl drops the credentials where host,
//! port or protocol change, git then asks anew for the new host, and the only helper that could answer is configured for the
//! old one. From `https` a redirect leads to `https` only.

mod directory;
mod environment;
mod error;
mod fetch;
mod message;
mod program;
mod read;
mod resolve;
mod revision;
mod session;
mod ssh;
mod tls;
mod url;
mod watch;

use std::fmt;
use std::path::Path;

use rukpak_tree::{FileTree, Keep, ShownPath};

use crate::{Access, GitRevision, GitSource, Limits};

pub use directory::DirectoryFault;
pub use error::{CredentialsError, GitError};
pub use revision::RevisionError;
pub use url::{RepositoryUrl, UrlError};

use session::Session;

/// A directory of one commit. It holds no secret, and means the same content for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GitCommit {
    /// As [`RepositoryUrl`] prints it.
    pub repository: String,
    /// The whole name: 40 or 64 hexadecimal digits in lower case.
    pub commit: String,
    /// Relative, normalised; the root where it is `None`.
    pub directory: Option<String>,
}

impl fmt::Display for GitCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { repository, commit, directory } = self;
        write!(f, "{repository}@{commit}")?;
        directory.iter().try_for_each(|directory| write!(f, ":{}", ShownPath::new(directory)))
    }
}

impl GitSource {
    /// The parsed repository.
    pub fn url(&self) -> Result<RepositoryUrl, UrlError> {
        self.repository.parse()
    }
}

/// Finds out which commit a source means now. A tag is followed to its commit. Where the source names a commit, nobody is
/// asked.
///
/// `scratch` is a directory of this call's own. [`Limits::idle`] holds, [`Limits::time`] is the caller's to watch.
pub async fn resolve(
    source: &GitSource,
    access: &Access,
    limits: &Limits,
    scratch: &Path,
) -> Result<GitCommit, GitError> {
    if let Some(commit) = pinned(source)? {
        return Ok(commit);
    }
    let url = source.url()?; // pure
    let directory = directory::normalise(source.directory.as_deref())?; // pure
    let repository = url.to_string();
    let reference = revision::Reference::of(&source.revision)?; // pure
    let session = Session::open(url, access, limits, scratch).await?; // disk
    let commit = resolve::ask(&session, &reference).await?; // network
    Ok(GitCommit { repository, commit, directory })
}

/// The commit that a source names, where it names one.
pub(crate) fn pinned(source: &GitSource) -> Result<Option<GitCommit>, GitError> {
    let GitRevision::Commit(name) = &source.revision else { return Ok(None) };
    let (repository, commit) = (source.url()?.to_string(), revision::commit(name)?);
    let directory = directory::normalise(source.directory.as_deref())?;
    Ok(Some(GitCommit { repository, commit, directory }))
}

/// Fetches a commit and reads its directory.
///
/// `scratch` is a directory of this call's own. [`Limits::idle`], [`Limits::git_bytes`] and [`Limits::tree`] hold,
/// [`Limits::time`] is the caller's to watch.
pub async fn fetch(
    commit: &GitCommit,
    access: &Access,
    keep: &Keep,
    limits: &Limits,
    scratch: &Path,
) -> Result<FileTree, GitError> {
    let url: RepositoryUrl = commit.repository.parse()?; // pure
    let name = revision::commit(&commit.commit)?; // pure
    let directory = directory::normalise(commit.directory.as_deref())?; // pure
    let session = Session::open(url, access, limits, scratch).await?; // disk
    fetch::objects(&session, &name).await?; // network
    let tree = read::find(&session, &name, directory.as_deref()).await?; // disk
    read::tree(&session, &tree, keep, &limits.tree).await // disk
}
