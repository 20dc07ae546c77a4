//! What was asked of the API server, from its audit log.
//!
//! A request is in the log when it is answered, a watch when it begins; the server writes the line before it has answered.

#![expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a harness fails by panicking")]

mod request;

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use kube::Client;
use tokio::time::{Instant, sleep};

use super::namespace::unique;
pub use request::{Request, Requests};

/// How long it may take until a request is in the log.
const PATIENCE: Duration = Duration::from_secs(10);

/// The audit log of a control plane.
pub struct Audit {
    log: PathBuf,
    client: Client,
}

/// A moment: bytes of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u64);

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit").field("log", &self.log).finish_non_exhaustive()
    }
}

impl Audit {
    pub(super) fn new(log: PathBuf, client: Client) -> Self {
        Self { log, client }
    }

    /// Now: what was answered until now stands before it.
    pub async fn mark(&self) -> Mark {
        let from = std::fs::metadata(&self.log).unwrap().len();
        let (_, end) = self.read_until_now(from).await;
        Mark(end)
    }

    /// What was answered between a mark and now, in the order of the answers.
    pub async fn since(&self, mark: Mark) -> Requests {
        let (text, _) = self.read_until_now(mark.0).await;
        text.lines().map(|line| Request::parse(line).unwrap()).collect()
    }

    /// The lines from a position to now, and the position of now.
    async fn read_until_now(&self, from: u64) -> (String, u64) {
        // A request of our own: where it stands in the log, all that were answered before it do, too.
        let mark = format!("/version?e2e-mark={}", unique());
        let request = hyper::Request::get(&mark).body(Vec::new()).unwrap();
        self.client.request_text(request).await.unwrap();
        let start = Instant::now();
        loop {
            let text = self.read(from);
            if let Some(at) = text.find(&mark) {
                let start_of_line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
                if let Some(length) = text[at..].find('\n') {
                    let end = from + (at + length + 1) as u64;
                    return (text[..start_of_line].to_owned(), end);
                }
            }
            assert!(start.elapsed() < PATIENCE, "the API server does not log {mark}");
            sleep(Duration::from_millis(5)).await;
        }
    }

    fn read(&self, from: u64) -> String {
        let mut log = File::open(&self.log).unwrap();
        log.seek(SeekFrom::Start(from)).unwrap();
        let mut bytes = Vec::new();
        log.read_to_end(&mut bytes).unwrap();
        // The last line may not be whole.
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
