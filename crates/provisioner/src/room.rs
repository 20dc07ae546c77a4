//! Room in memory for what bundles become.
//!
//! A file of a megabyte may say a million values, which take a hundred times its memory (`e2e/tests/hostile.rs` measures that), more than
//! once: as they were read, as they are planned, as the server answers. One bundle may be that large; several at the same time would take a provisioner, and all who depend
//! on it, down. So there is room for one such bundle that is read, and one that is worked on. Before it is read, a bundle takes as much
//! as its bytes may say at most, and then what they do say: of real ones many have room beside each other.

use std::sync::Arc;

use rukpak_manifest::{MAX_VALUES, ManifestSet, most_values, number_of_values};
use rukpak_tree::FileTree;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for as many values that are read as one bundle may have, and for as many that are worked on.
pub(crate) struct Room {
    reading: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

/// Room for what is being read, until this is dropped.
pub(crate) struct Reading<'a> {
    room: &'a Room,
    _taken: Option<OwnedSemaphorePermit>,
}

/// Room for what is worked on, until this is dropped.
pub(crate) struct Working(#[expect(dead_code, reason = "it is held")] Option<OwnedSemaphorePermit>);

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
        Reading { room: self, _taken: take(&self.reading, most_values(bytes)).await }
    }
}

impl Reading<'_> {
    /// Waits until there is room to work on these objects, which is all that they said.
    pub(crate) async fn done(self, set: &ManifestSet) -> Working {
        let said = set.iter().map(|object| number_of_values(object.fields())).sum();
        Working(take(&self.room.working, said).await)
    }
}

/// It is never closed.
async fn take(semaphore: &Arc<Semaphore>, values: usize) -> Option<OwnedSemaphorePermit> {
    let permits = u32::try_from(values.min(MAX_VALUES)).unwrap_or(u32::MAX);
    Arc::clone(semaphore).acquire_many_owned(permits).await.ok()
}

#[cfg(test)]
mod tests {
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
}
