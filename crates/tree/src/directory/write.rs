//! Writing a tree as a directory of the host.
//!
//! In: a tree, or an archive of one, and where to. Out: a directory that is whole, and was never there in part, whoever is killed when. It is for
//! the system to write it to the disk, as after `cp` or `tar`: waiting for each file would take longer than all else.
//!
//! For `a/b` everything is written into `a/.b.rukpak-new`, which is then renamed. Whoever does so holds the lock file
//! `a/.b.rukpak-lock`, so that what stands in the place of the hidden directory is a leftover, and can go.
//!
//! An empty directory that is there stays the one that it is, with its mode, its owner, what is mounted there and who works in it. So
//! everything is written into `a/b/.rukpak-new`, under the lock `a/b/.rukpak-lock`, and then renamed into `a/b` piece by piece: the
//! directories and files at the top, which are two or three. Who is killed between two of these leaves the hidden directory beside the
//! first, and such a directory is not empty.

mod copy;
mod lock;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lock::Lock;

use super::expect_directory;
use crate::{FileTree, Limits, ShownPath, TreeError};

/// The lock in a directory that is there, and what is written before it has its name.
const LOCK_INSIDE: &str = ".rukpak-lock";
const NEW_INSIDE: &str = ".rukpak-new";

/// Bytes for which a thread is worth its while.
const BYTES_OF_THREAD: usize = 512 << 10;

/// Writes a directory that is absent or empty.
pub(crate) fn write(tree: &FileTree, directory: &Path) -> Result<(), TreeError> {
    let new = NewDirectory::begin(directory)?;
    new.staging.fill(tree)?;
    new.finish()
}

/// A directory of the host in the making. It is whole in the end, or it was never there: see [`FileTree::write_directory`].
pub struct NewDirectory {
    /// Goes before the lock does.
    staging: Staging,
    _lock: Lock,
}

impl NewDirectory {
    /// Begins with one that is absent, or a link to one that is empty, or is empty itself; the directory in which it lies must exist.
    pub fn begin(directory: &Path) -> Result<Self, TreeError> {
        if directory.is_dir() {
            return Self::inside(directory);
        }
        let nameless = || TreeError::NamelessDirectory { path: ShownPath::of_host(directory) };
        let name = directory.file_name().ok_or_else(nameless)?;
        // Without a slash or dot behind it, which would mean something else to some system calls.
        let directory = directory.with_file_name(name);
        let parent = match directory.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        expect_directory(parent)?;
        Self::locked(&parent.join(hidden(name, "lock")), parent.join(hidden(name, "new")), directory, false)
    }

    /// Begins with one that is there.
    fn inside(directory: &Path) -> Result<Self, TreeError> {
        expect_free(directory)?;
        Self::locked(&directory.join(LOCK_INSIDE), directory.join(NEW_INSIDE), directory.to_owned(), true)
    }

    fn locked(lock: &Path, path: PathBuf, target: PathBuf, is_inside: bool) -> Result<Self, TreeError> {
        let lock = Lock::take(lock)
            .map_err(|source| TreeError::Lock { path: ShownPath::of_host(lock), source })?
            .ok_or_else(|| TreeError::BeingWritten { path: ShownPath::of_host(&target) })?;
        let staging = Staging::make(path, target, is_inside)?;
        expect_free(&staging.target)?;
        Ok(Self { staging, _lock: lock })
    }

    /// Fills it with what a tar archive has, as [`FileTree::write_tar`] writes it: files and directories alone, each in one that came
    /// before. They are written as the archive is read, a piece at a time, so that it may be of any size. How many files it has.
    ///
    /// Once.
    pub fn fill(&self, archive: impl Read, limits: &Limits) -> Result<u64, TreeError> {
        copy::copy(&self.staging, archive, limits)
    }

    /// Puts it in its place.
    pub fn finish(self) -> Result<(), TreeError> {
        self.staging.put_in_place()
    }
}

impl fmt::Debug for NewDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewDirectory").field("target", &self.staging.target).finish_non_exhaustive()
    }
}

/// The name of something that stands beside a directory as long as that is written.
fn hidden(name: &OsStr, what: &str) -> OsString {
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".rukpak-{what}"));
    hidden
}

/// Makes sure that a directory can take a place: there is nothing, or an empty directory, apart from what is ours.
fn expect_free(directory: &Path) -> Result<(), TreeError> {
    let path = || ShownPath::of_host(directory);
    match fs::metadata(directory).or_else(|_| fs::symlink_metadata(directory)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(TreeError::NotADirectory { path: path() }),
        Err(source) => return Err(TreeError::ReadDirectory { path: path(), source }),
    }
    let read = |source| TreeError::ReadDirectory { path: path(), source };
    for entry in fs::read_dir(directory).map_err(read)? {
        let name = entry.map_err(read)?.file_name();
        if name != LOCK_INSIDE && name != NEW_INSIDE {
            return Err(TreeError::NotEmpty { path: path() });
        }
    }
    Ok(())
}

/// The hidden directory. It is removed where it did not take its place.
struct Staging {
    path: PathBuf,
    /// The place that it is to take.
    target: PathBuf,
    /// Whether that is a directory in which it lies, and which takes what is in it.
    is_inside: bool,
}

impl Staging {
    /// An empty directory, in the place of whatever an earlier run left.
    fn make(path: PathBuf, target: PathBuf, is_inside: bool) -> Result<Self, TreeError> {
        let removed = match fs::remove_dir_all(&path) {
            Err(error) if error.kind() == ErrorKind::NotADirectory => fs::remove_file(&path),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        };
        removed.map_err(|source| TreeError::RemoveLeftover { path: ShownPath::of_host(&path), source })?;
        create_directory(&path)
            .map_err(|source| TreeError::Write { path: ShownPath::of_host(&path), source })?;
        Ok(Self { path, target, is_inside })
    }

    /// Writes all directories and files.
    fn fill(&self, tree: &FileTree) -> Result<(), TreeError> {
        for path in tree.all_directories() {
            self.directory(path)?;
        }
        let files: Vec<_> = tree.iter().collect();
        let next = AtomicUsize::new(0);
        let write = || {
            while let Some((path, content)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut file = self.file(path)?;
                file.write_all(content).map_err(|error| self.explain(path, error))?;
            }
            Ok(())
        };
        // Most of the time goes into the kernel's copying, which processors do at the same time.
        let bytes: usize = files.iter().map(|(_, content)| content.len()).sum();
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(bytes / BYTES_OF_THREAD);
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(write)).collect();
            others.into_iter().fold(write(), |written, other| {
                written.and(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            })
        })
    }

    /// Makes a directory in it.
    fn directory(&self, path: &str) -> Result<(), TreeError> {
        create_directory(&self.path.join(path)).map_err(|error| self.explain(path, error))
    }

    /// Makes an empty file in it.
    fn file(&self, path: &str) -> Result<File, TreeError> {
        create_file(&self.path.join(path)).map_err(|error| self.explain(path, error))
    }

    /// Renames the directory, or what is in it. Whatever came into its place in the meantime stays.
    fn put_in_place(&self) -> Result<(), TreeError> {
        if self.is_inside {
            return self.empty_into_target();
        }
        let path = || ShownPath::of_host(&self.target);
        fs::rename(&self.path, &self.target).map_err(|source| match source.kind() {
            // Which of the two it is, depends on the file system.
            ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists => TreeError::NotEmpty { path: path() },
            ErrorKind::NotADirectory => TreeError::NotADirectory { path: path() },
            _ => TreeError::Write { path: path(), source },
        })
    }

    /// Renames what is in the directory, all of it or nothing.
    fn empty_into_target(&self) -> Result<(), TreeError> {
        expect_free(&self.target)?;
        let failed = |source| TreeError::Write { path: ShownPath::of_host(&self.target), source };
        let entries = fs::read_dir(&self.path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut moved = vec![];
        for entry in entries.map_err(failed)? {
            let place = self.target.join(entry.file_name());
            if let Err(source) = fs::rename(entry.path(), &place) {
                for (from, to) in moved {
                    let _ = fs::rename(to, from);
                }
                return Err(failed(source));
            }
            moved.push((entry.path(), place));
        }
        Ok(())
    }

    fn explain(&self, path: &str, source: io::Error) -> TreeError {
        let path = ShownPath::of_host(self.target.join(path));
        match source.kind() {
            // The directory was new and empty, and no path of a tree comes twice.
            ErrorKind::AlreadyExists => TreeError::NamesCollide { path },
            _ => TreeError::Write { path, source },
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // The lock is still held, so after the renaming nothing is there. An error leaves what the next run removes.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.create(path)
}

fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    options.write(true).create_new(true).open(path)
}
