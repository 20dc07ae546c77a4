//! A thread with a runtime of its own.
//!
//! What runs there goes on while a test blocks, and does not end with the thread of the test that started it: a child that
//! is to die with its parent dies with the thread that started it.

use std::convert::Infallible;
use std::io;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

/// Work in the background. It is cancelled when this is dropped, and what it held is dropped before that returns.
#[derive(Debug)]
pub(super) struct Background {
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    pub(super) fn start<W: Future<Output = ()>>(
        name: &str,
        work: impl FnOnce() -> W + Send + 'static,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! { _ = stopped => {}, () = work() => {} }
            });
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
