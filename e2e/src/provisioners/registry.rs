//! The registry of all tests of a binary, in which each has a repository of its own.

#![expect(clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::thread;

use crate::image::Image;
use crate::registry::{Options, Registry};

/// The one that tests share. The last of them ends it.
static SHARED: Mutex<Weak<Shared>> = Mutex::new(Weak::new());

/// A registry that does not end with the thread of the test that started it.
#[derive(Debug)]
pub(super) struct Shared {
    registry: Registry,
    _thread: mpsc::Sender<Infallible>,
}

impl Shared {
    /// The one that others have, or a new one.
    pub(super) fn get() -> Option<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = shared.upgrade() {
            return Some(shared);
        }
        let (started, is_started) = mpsc::channel();
        let (end, ended) = mpsc::channel::<Infallible>();
        thread::spawn(move || {
            started.send(Registry::start(&Options::default())).unwrap();
            let _ = ended.recv();
        });
        let registry = Arc::new(Self { registry: is_started.recv().unwrap()?, _thread: end });
        *shared = Arc::downgrade(&registry);
        Some(registry)
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }
}

/// Stores an image. Whoever asks may be in a runtime.
pub(super) fn put(registry: &Registry, name: &str, image: &Image) {
    thread::scope(|scope| scope.spawn(|| registry.put(name, image)).join()).unwrap();
}
