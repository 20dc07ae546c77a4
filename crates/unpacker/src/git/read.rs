//! From a fetched commit to a file tree.

use std::fs;
use std::io;

use rukpak_tree::{FileTree, Keep, Limits, ShownPath, TreeError};

use super::GitError;
use super::program::{Finished, Running};
use super::session::Session;
use super::watch::Watch;

/// Overrides what `.gitattributes` of the repository say, so that every file comes, and as it was committed. `true` and
/// `false` are no encodings for git: it wants that one taken back, not switched off.
const ATTRIBUTES: &str = "* -export-ignore -export-subst -text !eol -ident !filter !working-tree-encoding\n";

/// The tree object of a directory of a commit.
pub(super) async fn find(
    session: &Session,
    commit: &str,
    directory: Option<&str>,
) -> Result<String, GitError> {
    let Some(directory) = directory else { return Ok(format!("{commit}^{{tree}}")) };
    let finished = session.local(&["ls-tree", "-z", "--full-tree", commit, "--", directory]).await?;
    if !finished.status.success() {
        return Err(GitError::Read { said: session.said(&finished) });
    }
    let answer = String::from_utf8_lossy(&finished.answer);
    let not_a_directory = |kind| GitError::NotADirectory {
        directory: ShownPath::new(directory),
        commit: commit.to_owned(),
        kind,
    };
    match entry(&answer) {
        Some((_, "tree", object)) => Ok(object.to_owned()),
        Some((_, "commit", _)) => Err(not_a_directory("a submodule, which is not fetched")),
        Some(("120000", _, _)) => Err(not_a_directory("a symbolic link")),
        Some(_) => Err(not_a_directory("a file")),
        None => {
            Err(GitError::NoSuchDirectory { directory: ShownPath::new(directory), commit: commit.to_owned() })
        }
    }
}

/// Mode, kind and object of `040000 tree 0123… \tname`.
fn entry(answer: &str) -> Option<(&str, &str, &str)> {
    let (columns, _name) = answer.split_once('\t')?;
    let mut columns = columns.split(' ');
    Some((columns.next()?, columns.next()?, columns.next()?))
}

/// Reads a tree object by way of a tar archive, which goes from git to the reader and nowhere else.
pub(super) async fn tree(
    session: &Session,
    tree: &str,
    keep: &Keep,
    limits: &Limits,
) -> Result<FileTree, GitError> {
    let info = session.repository().join("info");
    fs::create_dir_all(&info)
        .and_then(|()| fs::write(info.join("attributes"), ATTRIBUTES))
        .map_err(|source| GitError::Write { file: "attributes", source })?;
    let (reader, writer) = io::pipe().map_err(|source| GitError::Run { source })?;
    let running = {
        let mut command = session.command(&["archive", "--format=tar", tree]);
        // The command holds the writing end until it is dropped, without which the reader would wait for ever.
        command.stdout(writer);
        Running::start(&mut command).map_err(|source| GitError::Run { source })?
    };
    let (keep, limits) = (keep.clone(), limits.clone());
    let reading = tokio::task::spawn_blocking(move || FileTree::from_archive(reader, &keep, &limits));
    let (finished, tree) = tokio::join!(running.finish(Watch::none()), reading);
    let finished = finished.map_err(|interruption| session.interrupted(interruption))?;
    match tree {
        Ok(outcome) => judge(outcome, &finished, || session.said(&finished)),
        Err(_) => Err(GitError::Read { said: "its reader came to no end".to_owned() }),
    }
}

/// Whose failure it is. git is not at fault where the reader went away before the end.
fn judge(
    outcome: Result<FileTree, TreeError>,
    finished: &Finished,
    said: impl FnOnce() -> String,
) -> Result<FileTree, GitError> {
    match outcome {
        Ok(tree) if finished.status.success() => Ok(tree),
        Ok(_) => Err(GitError::Read { said: said() }),
        Err(TreeError::Truncated { .. } | TreeError::NotATar { .. } | TreeError::ReadInput { .. })
            if !finished.status.success() =>
        {
            Err(GitError::Read { said: said() })
        }
        Err(error) => Err(GitError::Tree(error)),
    }
}
