//! A process that ends with this one, and not with the thread of the test that started it.

#![expect(clippy::unwrap_used, reason = "a harness fails by panicking")]

use std::convert::Infallible;
use std::process::{Command, ExitStatus};
use std::sync::mpsc;
use std::thread;

use crate::process::Process;

/// A process, and the thread that started it: where `setpriv` is installed, it is killed when that is gone.
#[derive(Debug)]
pub(super) struct Kept {
    process: Process,
    _thread: mpsc::Sender<Infallible>,
}

impl Kept {
    /// Starts it.
    pub(super) fn start(mut command: Command) -> Self {
        let (started, is_started) = mpsc::channel();
        let (end, ended) = mpsc::channel::<Infallible>();
        thread::spawn(move || {
            started.send(Process::start(&mut command)).unwrap();
            // Until this is dropped, or the process ends.
            let _ = ended.recv();
        });
        Self { process: is_started.recv().unwrap().unwrap(), _thread: end }
    }

    pub(super) fn id(&mut self) -> u32 {
        self.process.child().id()
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.child().try_wait().unwrap()
    }
}
