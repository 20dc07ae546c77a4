//! Room in memory for what bundles become.
//!
//! A file of a megabyte may say a million values, which take a hundred times its memory (`e2e/tests/hostile.rs` measures that), more than
//! once: as they were read, as they are planned, as the server answers. One bundle may be that large; several at the same time would take a provisioner, and all who depend
//! on it, down. So there is room for one such bundle that is read, and one that is worked on. Before it is read, a bundle takes as much
//! as its bytes may say at most, and then what they do say: of real ones many have room beside each other. A thread cannot be ended from
//! outside: so what it has begun keeps its room until it is done, also where nobody waits for that any more.

use std::panic::resume_unwind;
use std::sync::Arc;

use rukpak_manifest::{MAX_VALUES, ManifestSet, most_values, number_of_values};
use rukpak_tree::FileTree;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::error::ReconcileError;

/// Room for as many values that are read as one bundle may have, and for as many that are worked on.
pub(crate) struct Room {
    reading: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

/// Room for what is being read, until this is dropped, and all that was begun in it is done.
pub(crate) struct Reading<'a> {
    room: &'a Room,
    taken: Taken,
}

/// Room for what is worked on, until this is dropped, and all that was begun in it is done.
pub(crate) struct Working(Taken);

type Taken = Arc<Option<OwnedSemaphorePermit>>;

impl Default for Room {
    fn default() -> Self {
        let [reading, working] = [(); 2].map(|()| Arc::new(Semaphore::new(MAX_VALUES)));
        Self { reading, working }
    }
}

impl Room {
    /// Waits until there is room for all that files may say.
    pub(crate) async fn to_read(&self, files: &FileTree) -> Reading<'_> {
        let bytes: usize = files.iter().map(|(_, content)| content.len()).sum();
        Reading { room: self, taken: take(&self.reading, most_values(bytes)).await }
    }
}

impl Reading<'_> {
    /// Does something that may take its time in this room, on a thread.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ReconcileError> {
        blocking(&self.taken, work).await
    }

    /// Waits until there is room to work on these objects, which is all that they said.
    pub(crate) async fn done(self, set: &ManifestSet) -> Working {
        let said = set.iter().map(|object| number_of_values(object.fields())).sum();
        Working(take(&self.room.working, said).await)
    }
}

impl Working {
    /// Does something that may take its time in this room, on a thread.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ReconcileError> {
        blocking(&self.0, work).await
    }
}

/// It is never closed.
async fn take(semaphore: &Arc<Semaphore>, values: usize) -> Taken {
    let permits = u32::try_from(values.min(MAX_VALUES)).unwrap_or(u32::MAX);
    Arc::new(Arc::clone(semaphore).acquire_many_owned(permits).await.ok())
}

/// A panic of the thread goes on in who waits for it.
async fn blocking<T: Send + 'static>(
    room: &Taken,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ReconcileError> {
    let taken = Arc::clone(room);
    let done = spawn_blocking(move || {
        let done = work();
        drop(taken);
        done
    });
    done.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => ReconcileError::Interrupted,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use rukpak_manifest::Object;
    use rukpak_tree::Limits;
    use serde_json::json;
    use tokio::time::timeout;

    use super::*;

    fn files(bytes: usize) -> FileTree {
        FileTree::from_files([("manifests/a.yaml", "x".repeat(bytes))], &Limits::default()).unwrap()
    }

    #[tokio::test]
    async fn a_large_one_leaves_what_it_does_not_need() {
        let room = Room::default();
        let large = files(4 << 20);
        let first = room.to_read(&large).await;
        let small = files(1000);
        let second = || timeout(Duration::from_millis(20), room.to_read(&small));
        assert!(second().await.is_err(), "all may be needed");
        let mut object = Object::new("v1", "ConfigMap", None, "a");
        object.metadata_mut().insert("x".into(), json!([1, {"a": null}]));
        let (set, _) = ManifestSet::new([object]);
        let first = first.done(&set).await;
        // The object and its metadata, their five keys and three texts, the list with its number, and the mapping in it.
        assert_eq!(MAX_VALUES - room.working.available_permits(), 2 * 5 + 5 + 3 + 2 + 7);
        let second = second().await.unwrap();
        assert_eq!(MAX_VALUES - room.reading.available_permits(), 1750);
        drop((first, second));
        assert_eq!(
            (room.reading.available_permits(), room.working.available_permits()),
            (MAX_VALUES, MAX_VALUES)
        );
    }
    /// Whoever makes and deletes a large one again and again gets its memory once.
    #[tokio::test]
    async fn what_is_begun_keeps_its_room_though_nobody_waits_for_it() {
        let room = Room::default();
        let large = files(4 << 20);
        let (end, ended) = mpsc::channel::<()>();
        let reading = room.to_read(&large).await;
        let read = timeout(Duration::from_millis(20), reading.blocking(move || ended.recv())).await;
        assert!(read.is_err(), "it is being read");
        drop(reading);
        let small = files(1000);
        let second = || timeout(Duration::from_millis(20), room.to_read(&small));
        assert!(second().await.is_err(), "it is being read, still");
        drop(end);
        timeout(Duration::from_secs(10), room.to_read(&small)).await.expect("there is room again");
    }
}
