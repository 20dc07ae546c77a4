//! Who fetches what, among processes.
//!
//! A lock is a file that its holder has locked (`flock`), which the kernel releases when the process ends, however it ends.
//! Its holder removes the file; whoever comes to hold a file that is not there any more begins anew.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Key;

/// The right to fetch what a key names, or to work beside who has it. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    key: Key,
    /// What its files are called, their endings aside.
    name: String,
    work: PathBuf,
    /// Holds the lock.
    _file: File,
}

impl Claim {
    /// The claim of a key, unless somebody else has it.
    pub(super) fn of(work: &Path, key: &Key) -> io::Result<Option<Self>> {
        Self::try_take(work, key, key.to_string())
    }

    /// One that nobody else has, whoever has that of the key.
    pub(crate) fn beside(work: &Path, key: &Key) -> io::Result<Self> {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        loop {
            // Processes of other hosts, or of other containers, may have our number.
            let call = CALLS.fetch_add(1, Ordering::Relaxed);
            let name = format!("{key}-{}-{call}", process::id());
            if let Some(claim) = Self::try_take(work, key, name)? {
                return Ok(claim);
            }
        }
    }

    fn try_take(work: &Path, key: &Key, name: String) -> io::Result<Option<Self>> {
        let path = work.join(format!("{name}.lock"));
        let file = File::options().create(true).truncate(false).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // The one who held it may have removed the file since it was opened here.
        let is_there = fs::metadata(&path)
            .is_ok_and(|there| file.metadata().is_ok_and(|held| held.ino() == there.ino()));
        Ok(is_there.then(|| Self { key: key.clone(), name, work: work.to_owned(), _file: file }))
    }

    /// What is claimed.
    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// A file to write the entry into.
    pub(super) fn temporary(&self) -> PathBuf {
        self.work.join(format!("{}.tmp", self.name))
    }

    /// A directory that only the claimant uses, and that goes with the claim.
    pub(crate) fn scratch(&self) -> io::Result<PathBuf> {
        let path = self.work.join(format!("{}.d", self.name));
        remove(&path)?;
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(path)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        for ending in ["tmp", "d", "lock"] {
            let _ = remove(&self.work.join(format!("{}.{ending}", self.name)));
        }
    }
}

/// Removes what killed processes have left: whatever belongs to a lock that nobody holds.
pub(crate) fn sweep(work: &Path) -> io::Result<()> {
    for entry in fs::read_dir(work)? {
        let name = entry?.file_name();
        let Some((name, _)) = name.to_str().and_then(|name| name.rsplit_once('.')) else { continue };
        // Dropping the claim removes all of it.
        drop(Claim::try_take(work, &Key::named(name), name.to_owned())?);
    }
    Ok(())
}

/// Removes whatever is at a path, if anything is.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
