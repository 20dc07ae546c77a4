//! Directories to work in, among the temporary files of the host.
//!
//! Each has a lock beside it, as the claims of the cache have: what a killed process leaves is recognised by that, and removed by the
//! next one that makes a directory. It may be gibibytes of a repository.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use crate::UnpackError;
use crate::cache::{Claim, Key, sweep};

/// A directory to work in, which goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    held: Option<Held>,
}

/// What goes with the directory, in this order.
#[derive(Debug)]
struct Held {
    /// Removes the directory.
    _claim: Option<Claim>,
    /// The same, where there is no place for claims.
    _directory: Option<TempDir>,
    _permit: Permit,
}

/// The right to fill it. Given back when all of it is gone.
type Permit = Option<OwnedSemaphorePermit>;

impl Scratch {
    /// A directory below this one, which is made where it is not there.
    pub(crate) async fn below(parent: PathBuf, permit: Permit) -> Result<Self, UnpackError> {
        let made = spawn_blocking(move || Self::make(&parent, permit)).await;
        made.map_err(|_| UnpackError::Interrupted)?.map_err(UnpackError::Scratch)
    }

    fn make(parent: &Path, permit: Permit) -> io::Result<Self> {
        if !is_ours(parent)? {
            // Somebody else has made it, and may exchange what lies in it.
            let directory = tempfile::tempdir()?;
            let path = directory.path().to_owned();
            let held = Held { _claim: None, _directory: Some(directory), _permit: permit };
            return Ok(Self { path, held: Some(held) });
        }
        let claim = Claim::beside(parent, &Key::named("scratch"))?;
        let path = claim.scratch()?;
        let _ = sweep(parent);
        let held = Held { _claim: Some(claim), _directory: None, _permit: permit };
        Ok(Self { path, held: Some(held) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it, and waits for that.
    pub(crate) async fn close(mut self) {
        if let Some(held) = self.held.take() {
            let _ = spawn_blocking(move || drop(held)).await;
        }
    }
}

impl Drop for Scratch {
    /// A repository takes its time to be removed, which is nothing for a thread that others wait for.
    fn drop(&mut self) {
        let held = self.held.take();
        if held.is_some()
            && let Ok(runtime) = Handle::try_current()
        {
            drop(runtime.spawn_blocking(move || drop(held)));
        }
    }
}

/// Where this user's directories to work in are.
pub(crate) fn parent() -> PathBuf {
    std::env::temp_dir().join(format!("rukpak-{}", geteuid().as_raw()))
}

/// Makes a directory that nobody else can look into, or tells whether the one that is there is such a one.
fn is_ours(path: &Path) -> io::Result<bool> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let metadata = fs::symlink_metadata(path)?;
    Ok(metadata.is_dir() && metadata.uid() == geteuid().as_raw() && metadata.mode() & 0o777 == 0o700)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;

    fn place() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let parent = folder.path().join("scratch");
        (folder, parent)
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[tokio::test]
    async fn nothing_stays_and_the_permit_comes_back_last() {
        let (_folder, parent) = place();
        let turns = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&turns).acquire_owned().await.ok();
        let scratch = Scratch::below(parent.clone(), permit).await.unwrap();
        fs::create_dir(scratch.path().join("deep")).unwrap();
        assert_eq!(fs::metadata(scratch.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(turns.available_permits(), 0);
        drop(scratch);
        // Where it is removed is another thread's matter.
        let _turn = turns.acquire().await.unwrap();
        assert_eq!(names(&parent), [""; 0]);
    }

    #[tokio::test]
    async fn what_killed_processes_leave_is_removed() {
        let (_folder, parent) = place();
        let held = Scratch::below(parent.clone(), None).await.unwrap();
        fs::create_dir(parent.join("x.d")).unwrap();
        fs::write(parent.join("x.d/pack"), "half a pack").unwrap();
        fs::write(parent.join("x.lock"), "").unwrap();
        Scratch::below(parent.clone(), None).await.unwrap().close().await;
        assert!(held.path().is_dir());
        assert_eq!(names(&parent).len(), 2, "the one that is held, and its lock");
        held.close().await;
        assert_eq!(names(&parent), [""; 0]);
    }

    #[tokio::test]
    async fn what_others_can_write_to_is_not_used() {
        let (_folder, parent) = place();
        fs::create_dir(&parent).unwrap();
        fs::set_permissions(&parent, Permissions::from_mode(0o777)).unwrap();
        let scratch = Scratch::below(parent.clone(), None).await.unwrap();
        let path = scratch.path().to_owned();
        assert!(path.is_dir() && !path.starts_with(&parent));
        scratch.close().await;
        assert!(!path.exists());
        assert_eq!(names(&parent), [""; 0]);
    }
}
