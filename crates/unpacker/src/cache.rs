//! What was fetched before, on disk.
//!
//! In: a [`Key`], which names content that never changes. Out: its file tree, or nothing. One directory serves any number of
//! processes at once:
//!
//! ```text
//! entries/KEY        a tree as it was fetched; see `entry`
//! work/KEY.lock      held by whoever fetches KEY; the others wait for it, for a while
//! work/KEY.tmp       an entry that is being written; belongs to the holder of the lock
//! work/KEY-N.lock    held by whoever fetches KEY beside that one, as N
//! ```
//!
//! The content of a key is the same wherever it comes from, and some places are slow. Who has waited for another's fetch long
//! enough begins one of its own.
//!
//! An entry is written, synced to disk where the cache is to outlast a crash of the host, and renamed, so that there is all of
//! it or nothing. It is verified when it is read; a damaged one is dropped and fetched anew. What a killed process leaves in
//! `work` is recognised by its lock, which the kernel has released, and removed by the next one that fetches. When the entries
//! are larger than they may be together, those that were not used for the longest time are dropped.
//!
//! Nothing here is needed for a right result: a cache that cannot be read or written costs a fetch, and a warning. Nor is it
//! waited for: what was fetched is used while its entry is written ([`Cache::settled`]).

mod ahead;
mod entry;
mod key;
mod lock;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rukpak_tree::{FileTree, Limits, NewDirectory, TreeError};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use entry::EntryError;
pub(crate) use key::Key;
pub(crate) use lock::{Claim, sweep};

/// How long is waited between two looks at a lock, at first and at last.
const WAIT: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));

/// An entry is marked as used at most this often.
const USED: Duration = Duration::from_hours(1);

/// How long other processes may add entries unseen.
const UNSEEN: Duration = Duration::from_mins(1);

/// Entries that are written at the same time. Who fetches more waits, so that what is in memory is bounded.
const WRITES: u32 = 4;

/// A directory of trees that were fetched.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    bytes: u64,
    is_synced: bool,
    /// A permit for each entry that may be written now.
    writes: Arc<Semaphore>,
    size: Arc<Mutex<Size>>,
}

/// How large all entries are together, as far as is known: it is not looked at each of thousands whenever there is one more.
#[derive(Debug, Default)]
struct Size {
    /// When they were looked at.
    seen: Option<Instant>,
    /// What they were then, and what was written since by us.
    bytes: u64,
}

/// Why the cache is of no use.
#[derive(Debug, Error)]
#[error("cannot {what} the cache at {}", .path.display())]
pub struct CacheError {
    /// What was to be done.
    what: &'static str,
    /// Where.
    path: PathBuf,
    source: io::Error,
}

impl Cache {
    /// All entries together: 1 GiB.
    pub const BYTES: u64 = 1 << 30;

    /// A cache in this directory, which is made when something is to be kept.
    #[must_use]
    pub fn new(root: PathBuf, bytes: u64) -> Self {
        let writes = Arc::new(Semaphore::new(WRITES as usize));
        Self { root, bytes, is_synced: false, writes, size: Arc::default() }
    }

    /// The same, whose entries outlast a crash of the host. Without, a crash may cost what was kept in the half minute before.
    #[must_use]
    pub fn synced(self) -> Self {
        Self { is_synced: true, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Waits until all that was fetched is kept. A process that ends earlier loses what it was about to keep, and nothing else.
    pub async fn settled(&self) {
        // It is never closed.
        let _all = self.writes.acquire_many(WRITES).await;
    }

    /// The right to write an entry, beside a few others.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.writes).acquire_owned().await.ok()
    }

    /// What is kept under a key. Blocks.
    pub(crate) fn get(&self, key: &Key, limits: &Limits) -> Result<Option<FileTree>, CacheError> {
        let Some((path, file)) = self.open(key)? else { return Ok(None) };
        let read = entry::read(&file, limits);
        Ok(read.inspect(|_| self.was_used(&file)).inspect_err(|error| drop_damaged(&path, error)).ok())
    }

    /// Makes a directory of what is kept under a key, if that has any files, without a tree in memory. Whether it did so. Blocks.
    pub(crate) fn copy(
        &self,
        key: &Key,
        limits: &Limits,
        directory: &Path,
    ) -> Result<Result<bool, TreeError>, CacheError> {
        let Some((path, file)) = self.open(key)? else { return Ok(Ok(false)) };
        let made = NewDirectory::begin(directory).and_then(|new| match entry::copy(&file, limits, &new) {
            Ok(0) => Ok(false),
            Ok(_) => {
                self.was_used(&file);
                new.finish().map(|()| true)
            }
            // The archive is the one that was written, and has nothing wrong with it.
            Err(EntryError::Tree(error)) => Err(error),
            Err(error) => {
                drop_damaged(&path, &error);
                Ok(false)
            }
        });
        Ok(made)
    }

    fn open(&self, key: &Key) -> Result<Option<(PathBuf, File)>, CacheError> {
        let path = self.entry(key);
        match File::open(&path) {
            Ok(file) => Ok(Some((path, file))),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(source) => Err(CacheError { what: "read", path, source }),
        }
    }

    fn was_used(&self, entry: &File) {
        mark_used(entry);
        // A killed process may have left something after all was done.
        let _ = sweep(&self.work());
    }

    /// Keeps a tree under the key of a claim. Blocks.
    pub(crate) fn put(&self, claim: &Claim, tree: &FileTree, limits: &Limits) -> Result<(), CacheError> {
        let fail = |what, path: &Path| {
            let path = path.to_owned();
            move |source| CacheError { what, path, source }
        };
        let (temporary, path) = (claim.temporary(), self.entry(claim.key()));
        let write = || {
            let mut file = File::create(&temporary)?;
            entry::write(&mut file, tree, limits)?;
            if self.is_synced {
                file.sync_all()?;
            }
            fs::rename(&temporary, &path)?;
            if self.is_synced {
                File::open(self.entries())?.sync_all()?;
            }
            file.metadata().map(|metadata| metadata.len())
        };
        let written = write().map_err(fail("write to", &temporary));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        self.make_room(written?).map_err(fail("tidy", &self.entries()))
    }

    /// Makes room where, with an entry of so many bytes more, all of them may be larger than they may be together.
    fn make_room(&self, more: u64) -> io::Result<()> {
        let mut size = self.size.lock().unwrap_or_else(PoisonError::into_inner);
        size.bytes = size.bytes.saturating_add(more);
        if size.bytes > self.bytes || size.seen.is_none_or(|seen| seen.elapsed() >= UNSEEN) {
            *size = Size { seen: Some(Instant::now()), bytes: self.shrink()? };
        }
        Ok(())
    }

    /// Claims a key for fetching: waits until nobody else fetches it, but no longer than this; who then still does is no reason to
    /// fetch nothing.
    pub(crate) async fn claim(&self, key: &Key, patience: Duration) -> Result<Claim, CacheError> {
        let (start, mut wait) = (Instant::now(), WAIT.0);
        loop {
            let (cache, key, is_late) = (self.clone(), key.clone(), start.elapsed() >= patience);
            let tried = spawn_blocking(move || cache.try_claim(&key, is_late)).await;
            let fail =
                |error| CacheError { what: "write to", path: self.work(), source: io::Error::other(error) };
            if let Some(claim) = tried.map_err(fail)?? {
                return Ok(claim);
            }
            sleep(wait).await;
            wait = (wait * 2).min(WAIT.1);
        }
    }

    /// Claims a key, or takes a place beside who has it already, and removes what killed processes have left. Blocks.
    fn try_claim(&self, key: &Key, or_beside: bool) -> Result<Option<Claim>, CacheError> {
        let work = self.work();
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| CacheError { what: "write to", path, source }
        };
        for directory in [&self.root, &self.entries(), &work] {
            create_private(directory).map_err(fail(directory))?;
        }
        let claim = match Claim::of(&work, key).map_err(fail(&work))? {
            None if or_beside => Some(Claim::beside(&work, key).map_err(fail(&work))?),
            claim => claim,
        };
        if claim.is_some() {
            sweep(&work).map_err(fail(&work))?;
        }
        Ok(claim)
    }

    /// Drops what was not used for the longest time, until the rest is small enough. How large that is.
    fn shrink(&self) -> io::Result<u64> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.entries())? {
            let entry = entry?;
            // Another process may have dropped it meanwhile.
            if let Ok(metadata) = entry.metadata() {
                let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                entries.push((used, metadata.len(), entry.path()));
            }
        }
        let mut total: u64 = entries.iter().map(|(_, bytes, _)| bytes).sum();
        entries.sort();
        for (_, bytes, path) in entries {
            if total <= self.bytes {
                break;
            }
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => total -= bytes,
            }
        }
        Ok(total)
    }

    fn entry(&self, key: &Key) -> PathBuf {
        self.entries().join(key.as_str())
    }

    fn entries(&self) -> PathBuf {
        self.root.join("entries")
    }

    fn work(&self) -> PathBuf {
        self.root.join("work")
    }
}

fn drop_damaged(path: &Path, error: &EntryError) {
    let is_of_the_moment = error.is_of_the_moment();
    let error: &dyn std::error::Error = error;
    if is_of_the_moment {
        tracing::warn!(path = %path.display(), error, "cannot read a cache entry now");
        return;
    }
    tracing::warn!(path = %path.display(), error, "dropping a damaged cache entry");
    let _ = lock::remove(path);
}

/// Makes a directory that only we can look into, since what lies there may have taken credentials to get.
fn create_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if path.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Sets the time of last use. Where that cannot be done, the entry is dropped earlier than others.
fn mark_used(file: &File) {
    let now = SystemTime::now();
    let used = file.metadata().and_then(|metadata| metadata.modified());
    if used.is_ok_and(|used| now.duration_since(used).is_ok_and(|since| since > USED)) {
        let _ = file.set_modified(now);
    }
}
